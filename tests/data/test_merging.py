"""What is new, what is the same, what is told otherwise: D5 hangs on it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackline.data.merging import merged, refuse_changes
from jackline.data.problems import DataRefused
from tests.data.making import chosen, same, wandering

MARKET = wandering(60)
ROWS = st.sets(st.integers(0, 59), min_size=1)


@settings(max_examples=60, deadline=None)
@given(kept=ROWS, told=ROWS)
def test_every_bar_once_in_order(kept: set[int], told: set[int]) -> None:
    both = merged(chosen(MARKET, np.array(sorted(kept))), chosen(MARKET, np.array(sorted(told))))
    assert same(both.candles, chosen(MARKET, np.array(sorted(kept | told))))
    assert both.added == len(told - kept)
    assert both.changed == ()


@pytest.mark.parametrize("name", ["open", "high", "low", "close", "volume"])
def test_a_bar_that_is_told_otherwise_is_shown_with_both_words(name: str) -> None:
    column = getattr(MARKET, name).copy()
    column[30] += 0.1
    both = merged(MARKET, replace(MARKET, **{name: column}).part(20, 40))
    (change,) = both.changed
    assert change.open_ms == MARKET.open_ms[30]
    assert f"{name} {getattr(MARKET, name)[30]:.15g} → {column[30]:.15g}" in str(change)
    assert getattr(both.candles, name)[30] == column[30], "the later word stands where it is taken"
    with pytest.raises(DataRefused, match="told otherwise than before"):
        refuse_changes(both.changed, where="a test", fix="look")


def test_two_markets_are_never_one() -> None:
    for other in (replace(MARKET, symbol="ETHUSDT"), replace(MARKET, interval_ms=60_000)):
        with pytest.raises(DataRefused, match="another market or length"):
            merged(MARKET, other)
