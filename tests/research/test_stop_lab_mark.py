"""Stops triggered by candles of the mark price: the mark says when, the last price at what; worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from jackline.data.problems import DataRefused
from jackline.research.stop_lab.candles import measure_candles
from jackline.research.stop_lab.kinds import Kind, Measured
from jackline.research.stop_lab.marked import aligned
from tests.research.stop_lab_making import FLAT, SHORT, Bar, candles, row

WINDOW = 22
INSTANT = replace(SHORT, latency_ms=(0.0, 0.0))


def bars(*these: Bar) -> list[Bar]:
    """One quiet bar, then these, then quiet ones at the last close: a whole window behind the first entry alone."""
    last = these[-1][3]
    return [FLAT, *these, *([(last, last, last, last)] * (WINDOW - 1 - len(these)))]


def measured(last: list[Bar], mark: list[Bar]) -> Measured:
    prices = candles(last)
    return measure_candles(prices, INSTANT, name="made", mark=aligned(candles(mark), prices, name="mark"))


def test_a_mark_that_lags_triggers_later_and_is_filled_where_the_price_is_then() -> None:
    last = bars((100.0, 100.0, 98.0, 98.0), (98.0, 98.0, 97.0, 97.0))
    mark = bars((100.0, 100.0, 99.5, 99.5), (98.5, 98.5, 98.5, 98.5))
    found = measured(last, mark)
    on_last, on_mark = row(found, Kind.VENUE).beyond, row(found, Kind.VENUE_MARK).beyond
    assert on_last is not None
    assert on_mark is not None
    assert on_last.max == pytest.approx(0, abs=1e-6), "a jump of four steps: the second is at 99"
    assert on_mark.max == pytest.approx(100), (
        "mark is beyond 99 at the next open, and the last price is 98 there"
    )


def test_a_mark_that_never_goes_there_spares_the_stop() -> None:
    last = bars((100.0, 100.0, 98.0, 100.0))
    found = row(measured(last, bars((100.0, 100.0, 99.5, 100.0))), Kind.VENUE_MARK)
    assert (found.beyond, found.never_fraction) == (None, 1.0)


def test_the_same_prices_twice_are_the_same_stop() -> None:
    rng = np.random.default_rng(5)
    closes = 100 * np.exp(np.cumsum(rng.normal(0, 0.003, 400)))
    opens = np.concatenate(([100.0], closes[:-1]))
    walk = [
        (o, max(o, c) + 0.05, min(o, c) - 0.05, c)
        for o, c in zip(opens.tolist(), closes.tolist(), strict=True)
    ]
    prices = candles(walk)
    found = measure_candles(prices, SHORT, name="walk", mark=prices)
    assert np.array_equal(found.losses[Kind.VENUE], found.losses[Kind.VENUE_MARK])
    assert found.touched > 50


def test_a_mark_of_more_bars_is_cut_to_those_asked_for() -> None:
    whole = candles([FLAT] * 10)
    found = aligned(whole, whole.part(3, 7), name="mark")
    assert np.array_equal(found.open_ms, whole.open_ms[3:7])


@pytest.mark.parametrize(
    ("spoil", "what"),
    [("interval", "another interval"), ("missing", "no mark price"), ("before", "no mark price")],
)
def test_a_mark_that_does_not_lie_beside_the_candles_is_refused(spoil: str, what: str) -> None:
    prices = candles([FLAT] * 10)
    mark = {
        "interval": replace(prices, interval_ms=300_000),
        "missing": candles([FLAT] * 9, missing_before=4),
        "before": prices.part(0, 5),
    }[spoil]
    with pytest.raises(DataRefused, match=what):
        aligned(mark, prices, name="mark.csv")
