"""Pages of a listing by key: a bounded number of rows, and an opaque cursor to the next."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, TypeVar

from fastapi import Query, Response

from jackline.web.problems import Problem

LIMIT_MAX = 500
ALL = 2**62
"""More rows than there will be: a listing from its newest on."""

Row = TypeVar("Row")

Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="Rows of one page.")]
Cursor = Annotated[
    str | None,
    Query(max_length=64, pattern=r"^[A-Za-z0-9_-]+$", description="`next_cursor` of the page before."),
]


def after(cursor: str | None, *, first: int) -> int:
    """The key that a cursor stands for. Raises Problem for one that we did not make."""
    if cursor is None:
        return first
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        if text.startswith("k") and text[1:].lstrip("-").isdecimal() and len(text) <= 24:
            return int(text[1:])
    except (binascii.Error, UnicodeDecodeError):
        pass
    raise Problem("bad-request", "cursor: none of ours")


def cursor_of(key: int) -> str:
    """The cursor that stands for a key."""
    return base64.urlsafe_b64encode(f"k{key}".encode()).decode().rstrip("=")


def link_next(response: Response, path: str, key: int | None, limit: int) -> str | None:
    """The cursor of the next page, also as a `Link` header; None on the last."""
    if key is None:
        return None
    cursor = cursor_of(key)
    response.headers["link"] = f'<{path}?limit={limit}&cursor={cursor}>; rel="next"'
    return cursor


def newest_first(rows: Sequence[Row], *, before: int, limit: int) -> tuple[Sequence[Row], int | None]:
    """A page of `rows`, which grow at their end, and the key of the next one; None on the last.

    A key counts the rows that are older: what is added while somebody turns pages shows no row twice.
    """
    end = max(0, min(before, len(rows)))
    first = max(0, end - limit)
    return rows[first:end][::-1], first or None
