"""A key that is in a JSON object twice: readers disagree which one counts, so neither does."""

from __future__ import annotations

import json

from jackline.web.problems import Problem

SHOWN_CHARS_MAX = 40


def refuse_doubled(body: bytes) -> None:
    """Raises Problem for a body with such a key. What is no JSON at all is told by whoever reads it."""
    if b"{" not in body:
        return
    try:
        json.loads(body, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            shown = name[:SHOWN_CHARS_MAX]
            what = "it is there twice, and nobody knows which one counts; send it once"
            raise Problem(
                "bad-request", f"body.{shown}: {what}", errors=[{"where": f"body.{shown}", "what": what}]
            )
        found[name] = value
    return found
