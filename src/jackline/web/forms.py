"""Fields of a form, as a browser without scripts sends them."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request

from jackline.web.problems import Problem

FORM_TYPE: Final = "application/x-www-form-urlencoded"
FIELDS_MAX: Final = 20
FIELD_CHARS_MAX: Final = 1_000
CSRF_FIELD: Final = "csrf"


async def fields(request: Request) -> dict[str, str]:
    """Every field once. Empty where the body is no form. Raises Problem for one that none of our pages sends."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        return {}
    try:
        pairs = parse_qsl(
            (await request.body()).decode("utf-8"),
            keep_blank_values=True,
            max_num_fields=FIELDS_MAX,
            errors="strict",
        )
    except ValueError:  # UnicodeDecodeError is one
        raise Problem("bad-request", "the form cannot be read") from None
    found = dict(pairs)
    if len(found) != len(pairs) or any(len(value) > FIELD_CHARS_MAX for value in found.values()):
        raise Problem("bad-request", "the form has a field twice, or one that is too long")
    return found
