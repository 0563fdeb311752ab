"""Pages of a listing by key: a bounded number of rows, and an opaque cursor to the next."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from fastapi import Query, Response

from jackline.web.problems import Problem

LIMIT_MAX = 500

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
