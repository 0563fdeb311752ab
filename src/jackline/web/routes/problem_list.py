"""`/api/problems`: every code of a problem, what it means and what to do, for programs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel

from jackline.web.access import Reader
from jackline.web.problems import KINDS, Problem

router = APIRouter(prefix="/api/problems", tags=["problems"])


class Kind(BaseModel):
    """One code."""

    code: str
    status: int
    title: str
    fix: str


class Kinds(BaseModel):
    """All of them."""

    count: int
    problems: list[Kind]


@router.get("")
async def kinds(_: Reader) -> Kinds:
    """Every code."""
    rows = [_kind(code) for code in KINDS]
    return Kinds(count=len(rows), problems=rows)


@router.get("/{code}")
async def kind(code: Annotated[str, Path(max_length=40, pattern=r"^[a-z-]+$")], _: Reader) -> Kind:
    """One of them."""
    if code not in KINDS:
        raise Problem("not-found", f"no problem has the code {code}")
    return _kind(code)


def _kind(code: str) -> Kind:
    found = KINDS[code]
    return Kind(code=found.code, status=found.status, title=found.title, fix=found.fix)
