"""When connections break so often that no entry may leave."""

from __future__ import annotations

import pytest

from jackline.venue.transport.line import BROKEN_MAX, REMEMBERED, Line


@pytest.mark.owns("P1")
def test_P1_nothing_enters_over_a_line_that_breaks_and_all_may_again_once_it_holds() -> None:
    line = Line()
    assert line.entry_refusal() is None
    for _ in range(BROKEN_MAX):
        line.note(broke=True)
    assert line.entry_refusal() is None
    line.note(broke=True)
    assert line.entry_refusal() == f"{BROKEN_MAX + 1} of the last {BROKEN_MAX + 1} connections broke"
    for _ in range(REMEMBERED - BROKEN_MAX):
        line.note(broke=False)
    assert line.entry_refusal() is None
