"""Every code of the promise has a page, and no page is about a code that nobody promised."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jackline.core.codes import PAGES, page

PROMISE = Path(__file__).resolve().parents[2] / "PROMISE.md"


def test_every_code_of_the_promise_has_a_page_and_no_other() -> None:
    promised = set(re.findall(r"^- \*\*([A-Z][0-9])\*\*", PROMISE.read_text(encoding="utf-8"), re.M))
    assert set(PAGES) == promised


@pytest.mark.parametrize("code", PAGES)
def test_a_page_says_what_to_do(code: str) -> None:
    found = page(f" {code.lower()} ")
    assert found is not None
    assert all(
        len(text) > 2 and text.rstrip().endswith(".") for text in (found.meaning, found.risk, found.to_do)
    )
    assert len(found.to_do) < 200, "it is read on a phone"
