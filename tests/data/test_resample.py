"""Longer bars from shorter ones: equal to those a venue made, and whole or not there."""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackline.data.files import read_candles
from jackline.data.intervals import OF_VENUES, parse, spell
from jackline.data.problems import DataRefused
from jackline.data.resample import resampled
from tests.data.making import MINUTE_MS, START_MS, chosen, same, wandering, without

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
FIVE = SHARED / "bingx-BTC-USDT-5m-2025-08-06_2025-10-20.csv.gz"
FIFTEEN = SHARED / "bingx-BTC-USDT-15m-2024-12-26_2025-10-20.csv.gz"


@pytest.mark.skipif(
    not (FIVE.exists() and FIFTEEN.exists()), reason=f"the BingX files are not in {SHARED.name}/: not proven"
)
def test_five_minutes_make_the_fifteen_that_the_venue_told() -> None:
    now_ms = time.time_ns() // 1_000_000
    made = resampled(read_candles(FIVE, now_ms=now_ms), parse("15m"))
    told = read_candles(FIFTEEN, now_ms=now_ms)
    at, ours, theirs = np.intersect1d(made.open_ms, told.open_ms, return_indices=True)
    assert len(at) == len(made) == 7_231
    assert np.array_equal(made.table[:4, ours], told.table[:4, theirs])
    assert np.array_equal(np.round(made.volume[ours], 4), told.volume[theirs])
    assert np.abs(made.volume[ours] / told.volume[theirs] - 1).max() < 1e-15


@settings(max_examples=60, deadline=None)
@given(
    bars=st.integers(1, 120),
    late=st.integers(0, 60),
    parts=st.integers(1, 12),
    seed=st.integers(0, 1_000),
    holes=st.sets(st.integers(0, 119), max_size=20),
)
def test_a_longer_bar_is_what_its_parts_are(
    bars: int, late: int, parts: int, seed: int, holes: set[int]
) -> None:
    whole = wandering(bars, interval_ms=MINUTE_MS, seed=seed, start_ms=START_MS + late * MINUTE_MS)
    market = chosen(whole, np.array([row for row in range(bars) if row not in holes], dtype=np.intp))
    by_minute = {int(ms): row for row, ms in enumerate(market.open_ms)}
    length_ms = parts * MINUTE_MS
    expected = [
        first_ms
        for first_ms in sorted({int(ms) // length_ms * length_ms for ms in market.open_ms})
        if all(first_ms + part * MINUTE_MS in by_minute for part in range(parts))
    ]
    if not expected:
        with pytest.raises(DataRefused, match="no whole bar"):
            resampled(market, length_ms)
        return
    made = resampled(market, length_ms)
    assert made.open_ms.tolist() == expected
    for row, first_ms in enumerate(expected):
        rows = [by_minute[first_ms + part * MINUTE_MS] for part in range(parts)]
        assert made.open[row] == market.open[rows[0]]
        assert made.close[row] == market.close[rows[-1]]
        assert made.high[row] == max(market.high[one] for one in rows)
        assert made.low[row] == min(market.low[one] for one in rows)
        assert made.volume[row] == float(sum(Fraction(market.volume[one]) for one in rows))


def test_two_steps_are_one() -> None:
    market = wandering(720, interval_ms=MINUTE_MS)
    once, twice = resampled(market, parse("1h")), resampled(resampled(market, parse("15m")), parse("1h"))
    assert np.array_equal(once.table[:4], twice.table[:4])
    assert np.allclose(once.volume, twice.volume, rtol=1e-15, atol=0)


def test_a_bar_with_a_hole_is_a_gap() -> None:
    market = wandering(60, interval_ms=MINUTE_MS)
    made = resampled(without(market, 7, 8), 5 * MINUTE_MS)
    assert [int(ms - START_MS) // MINUTE_MS for ms in made.open_ms] == [0, *range(10, 60, 5)]


def test_a_week_begins_on_a_monday() -> None:
    days = wandering(30, interval_ms=parse("1d"), start_ms=1_749_945_600_000)  # a Sunday
    weeks = resampled(days, parse("1w"))
    assert [time.gmtime(int(ms) / 1_000).tm_wday for ms in weeks.open_ms] == [0, 0, 0, 0]


@pytest.mark.parametrize("interval", ["1m", "7m", "4m"])
def test_what_does_not_fit_is_refused(interval: str) -> None:
    with pytest.raises(DataRefused, match="cannot be resampled"):
        resampled(wandering(60), parse(interval))


def test_too_few_for_one() -> None:
    with pytest.raises(DataRefused, match="no whole bar"):
        resampled(wandering(2), parse("15m"))
    assert same(resampled(wandering(3), parse("5m")), wandering(3))


def test_lengths_are_spelled_as_they_are_read() -> None:
    assert [spell(parse(one)) for one in OF_VENUES] == list(OF_VENUES)
    for text in ("", "5", "m", "5 m", "0m", "5M", "1y", "-5m"):
        with pytest.raises(DataRefused, match="no length of a bar"):
            parse(text)
