"""`/openapi.json`: what every call takes and answers, for programs with a token."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from jackline.web.access import Reader

router = APIRouter(tags=["documents"])


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request, _: Reader) -> JSONResponse:
    """The OpenAPI document."""
    document: dict[str, Any] = request.app.openapi()
    return JSONResponse(document)
