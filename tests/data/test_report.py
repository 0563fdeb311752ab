"""The report: what was planted is found, where and how large; what is ordinary is not mentioned."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from jackline.data.files import read_candles
from jackline.data.report import FROZEN_BARS, LISTED_MAX, report
from tests.data.making import wandering, without
from tests.data.test_resample import FIVE

MARKET = wandering(2_000)


@pytest.mark.parametrize("seed", range(5))
def test_an_ordinary_market_has_nothing_to_tell(seed: int) -> None:
    found = report(wandering(2_000, seed=seed))
    assert found.counts == {"jump": 0, "open_gap": 0, "wick": 0, "frozen": 0}
    assert (found.rows, found.gaps, found.oddities, found.zero_volume_bars) == (2_000, (), (), 0)
    assert found.sigma_fraction == pytest.approx(0.001, rel=0.1)


def test_a_jump_a_gap_a_wick_and_a_standstill_are_found_where_they_are() -> None:
    level = np.where(np.arange(2_000) >= 500, 1.1, 1.0)
    jumped = replace(
        MARKET, **{name: getattr(MARKET, name) * level for name in ("open", "high", "low", "close")}
    )
    low = jumped.low.copy()
    low[800] *= 0.93
    still = slice(1_000, 1_000 + FROZEN_BARS + 1)
    flat = {name: getattr(jumped, name).copy() for name in ("open", "high", "close")} | {"low": low}
    for prices in flat.values():
        prices[still] = jumped.close[999]
    volume = jumped.volume.copy()
    volume[1_200:1_203] = 0
    found = report(without(replace(jumped, **flat, volume=volume), 1_500, 1_504))
    places = {kind: [one for one in found.oddities if one.kind == kind] for kind in found.counts}
    assert places["open_gap"][0].open_ms == MARKET.open_ms[500]
    assert places["open_gap"][0].size == pytest.approx(0.1, abs=1e-6)
    (wick,) = places["wick"]
    assert wick.open_ms == MARKET.open_ms[800]
    assert wick.size == pytest.approx(-0.07, abs=0.002)
    (frozen,) = places["frozen"]
    assert (frozen.open_ms, frozen.size) == (MARKET.open_ms[1_000], FROZEN_BARS + 1)
    assert found.zero_volume_bars == 3
    ((gap),) = found.gaps
    assert (gap.first_ms, gap.bars) == (MARKET.open_ms[1_500], 4)
    assert MARKET.open_ms[500] in {one.open_ms for one in places["jump"]}


def test_one_bar_less_does_not_stand_still() -> None:
    still = slice(1_000, 1_000 + FROZEN_BARS - 1)
    prices = {name: getattr(MARKET, name).copy() for name in ("open", "high", "low", "close")}
    for one in prices.values():
        one[still] = MARKET.close[999]
    assert report(replace(MARKET, **prices)).counts["frozen"] == 0


def test_every_jump_is_counted_and_the_largest_are_listed() -> None:
    level = np.cumprod(np.where(np.arange(2_000) % 40 == 39, 1.05, 1.0))
    wild = replace(
        MARKET, **{name: getattr(MARKET, name) * level for name in ("open", "high", "low", "close")}
    )
    found = report(wild)
    assert found.counts["jump"] == 50
    assert len([one for one in found.oddities if one.kind == "jump"]) == LISTED_MAX


def test_a_market_that_never_moves_has_no_scale_and_stands_still() -> None:
    flat = np.full(2_000, 60_000.0)
    found = report(replace(MARKET, open=flat, high=flat, low=flat, close=flat))
    assert found.counts == {"jump": 0, "open_gap": 0, "wick": 0, "frozen": 1}
    assert found.sigma_fraction == 0


@pytest.mark.skipif(
    not FIVE.exists(), reason="the BingX file is not in shared/: the real crash is not looked at"
)
def test_the_crash_of_october_is_an_outlier_and_no_reason_to_refuse() -> None:
    found = report(read_candles(FIVE, now_ms=time.time_ns() // 1_000_000))
    worst = found.oddities[0]
    assert (worst.kind, worst.open_ms) == ("jump", 1_760_130_900_000)
    assert worst.size == pytest.approx(-0.0770, abs=1e-4)
    assert worst.sigmas > 100
    assert found.gaps == ()


def test_what_happened_in_a_gap_is_no_jump() -> None:
    level = np.where(np.arange(2_000) >= 502, 1.1, 1.0)
    jumped = replace(
        MARKET, **{name: getattr(MARKET, name) * level for name in ("open", "high", "low", "close")}
    )
    assert report(without(jumped, 500, 503)).counts == {"jump": 0, "open_gap": 0, "wick": 0, "frozen": 0}
