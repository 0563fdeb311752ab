"""`/static`: our own files, read once at the start. Nothing is ever loaded from anywhere else."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response

from jackline.web.problems import Problem

TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
}

pages = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A file, its type, and the hash by which a browser asks whether it is still the same."""

    body: bytes
    media_type: str
    etag: str


@cache
def served() -> dict[str, Served]:
    """Every file by its name."""
    found = {}
    for one in files("jackline.web").joinpath("static").iterdir():
        media_type = TYPES.get(one.name.rpartition(".")[2])
        if media_type is not None:
            body = one.read_bytes()
            etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
            found[one.name] = Served(body=body, media_type=media_type, etag=etag)
    return found


@pages.get("/static/{name}")
async def static(
    request: Request, name: Annotated[str, Path(max_length=80, pattern=r"^[A-Za-z0-9_.-]+$")]
) -> Response:
    """One of them. It needs no token: it says nothing of the account."""
    found = served().get(name)
    if found is None:
        raise Problem("not-found", "no such file")
    headers = {"etag": found.etag, "cache-control": "no-cache"}
    if request.headers.get("if-none-match") == found.etag:
        return Response(status_code=304, headers=headers)
    return Response(found.body, media_type=found.media_type, headers=headers)
