"""Tables of the account: what a terminal of 80 columns shows of them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from jackline.cli.views import PositionRow, show

ROW = PositionRow(
    symbol="BTCUSDT",
    side="long",
    quantity=Decimal("0.018"),
    entry=Decimal("53975.90000000"),
    mark=None,
    stop=Decimal("53046.3"),
    covered=Decimal("0.018"),
    state="protected",
    bot="hand",
    opened_by="jackline",
    plan=Decimal("53046.3"),
)


def test_a_position_of_the_store_breaks_no_word(capsys: pytest.CaptureFixture[str]) -> None:
    """The column of the mark, which no store knows, took the room of "protected"."""
    show([ROW], empty="", note="as it was written down")
    heading, line, row, note = capsys.readouterr().out.splitlines()
    assert row.split() == "BTCUSDT long 0.018 53975.9 53046.3 0.018 protected hand jackline 53046.3".split()
    assert "mark" not in heading
    assert set(line) == {"─"}
    assert note == "as it was written down"
