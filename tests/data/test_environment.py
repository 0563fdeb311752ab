"""Prices of a test network given as real ones: told apart from another venue's, which are off by basis points only."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jackline.data.candles import Candles
from jackline.data.environment import MEDIAN_BPS_MAX, check_environment, compared
from jackline.data.importing import Label, import_file
from jackline.data.problems import DataRefused
from jackline.data.resample import resampled
from jackline.data.store import list_sets, write_set
from tests.data.making import MINUTE_MS, NOW_MS, quoted_elsewhere, wandering, write

REAL = wandering(600)
HOUR_MS = 60 * MINUTE_MS


def judge(candles: Candles, reference: Candles) -> str:
    """What is refused; empty where nothing is."""
    try:
        check_environment(candles, (compared(candles, reference, name="known"),), where="a test")
    except DataRefused as refused:
        return f"{refused.what}: {refused.value} {refused.fix}"
    return ""


@pytest.mark.owns("D3")
@pytest.mark.parametrize("bps", [0.0, 1.0, 3.0, 10.0])
@pytest.mark.parametrize("seed", range(5))
def test_another_production_venue_is_believed(bps: float, seed: int) -> None:
    assert judge(quoted_elsewhere(REAL, bps=bps, seed=seed), REAL) == ""


@pytest.mark.owns("D3")
@pytest.mark.parametrize("bps", [50.0, 100.0, 300.0])
@pytest.mark.parametrize("seed", range(5))
def test_a_market_of_its_own_is_not(bps: float, seed: int) -> None:
    told = judge(quoted_elsewhere(REAL, bps=bps, seed=seed), REAL)
    assert told.startswith("not the prices of a production market: ")
    assert "--environment testnet" in told


def test_the_border_is_where_it_is_said_to_be() -> None:
    for factor, refused in ((0.9, False), (1.1, True)):
        shifted = 1 + factor * MEDIAN_BPS_MAX / 10_000
        moved = replace(
            REAL,
            **{name: getattr(REAL, name) * shifted for name in ("open", "high", "low", "close")},
        )
        assert bool(judge(moved, REAL)) is refused


def test_wicks_that_nobody_else_saw() -> None:
    """A test network follows the real price most of the time, and has no book to stop an order that runs through it."""
    near = quoted_elsewhere(REAL, bps=2)
    spiky = np.arange(len(near)) % 25 == 0
    told = judge(replace(near, low=np.where(spiky, near.low * 0.9, near.low)), REAL)
    assert "4.0% of bars lie more than 100 bps apart" in told
    rare = np.arange(len(near)) == 300
    assert judge(replace(near, low=np.where(rare, near.low * 0.9, near.low)), REAL) == ""


def test_a_market_that_stands_still() -> None:
    near = quoted_elsewhere(REAL, bps=2)
    assert judge(replace(near, volume=np.zeros(len(near))), REAL).startswith("not the prices")
    assert judge(quoted_elsewhere(REAL, bps=2), replace(REAL, volume=np.zeros(len(REAL)))) == ""


def test_the_prices_of_a_known_testnet_under_another_label() -> None:
    testnet = replace(REAL, environment="testnet")
    assert judge(REAL, testnet).startswith("data of another environment: these are prices of testnet: 100%")
    assert judge(testnet, REAL).startswith("data of another environment: these are prices of production")
    assert judge(testnet, quoted_elsewhere(REAL, bps=200)) == "", "a testnet may lie where it likes"


def test_what_a_local_exchange_replayed_is_no_evidence_against_what_production_says() -> None:
    replayed = replace(REAL, environment="generated")
    assert judge(replayed, REAL) == ""
    assert judge(REAL, replayed).startswith("data of another environment: these are prices of generated")
    both = tuple(compared(REAL, one, name="known") for one in (replayed, replace(REAL, venue="bingx")))
    check_environment(REAL, both, where="a test")


@pytest.mark.parametrize("hours", [9, -4])
def test_times_of_another_zone_are_told_as_such(hours: int) -> None:
    """D3: nine hours away the prices are those of another market, until they are moved."""
    market = wandering(3_000, seed=3)
    local = replace(quoted_elsewhere(market, bps=2), open_ms=market.open_ms + hours * HOUR_MS)
    told = judge(local, market)
    assert f"moved by {-hours:+d} h they agree write the times in UTC" in told


def test_bars_that_are_stamped_with_their_close() -> None:
    """D2: an open time was read as a close time, and unfinished bars were traded on."""
    late = replace(quoted_elsewhere(REAL, bps=1), open_ms=REAL.open_ms + REAL.interval_ms)
    assert "write the time at which a bar opens" in judge(late, REAL)


def test_bars_of_another_length_meet_at_their_closes() -> None:
    longer = resampled(REAL, 3 * REAL.interval_ms)
    assert compared(longer, REAL, name="known").same_fraction == 1.0
    assert judge(quoted_elsewhere(longer, bps=3), REAL) == ""
    assert judge(quoted_elsewhere(longer, bps=300), REAL).startswith("not the prices")


def test_too_little_overlap_says_nothing() -> None:
    elsewhere = quoted_elsewhere(REAL, bps=500)
    assert judge(elsewhere.part(0, 19), REAL) == ""
    assert judge(elsewhere.part(0, 20), REAL) != ""
    assert judge(replace(elsewhere, open_ms=elsewhere.open_ms + 10**10), REAL) == ""


@pytest.mark.owns("D3")
def test_a_testnet_file_imported_as_production_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    store = tmp_path / "data"
    write_set(store, REAL, source="a test", now_ms=NOW_MS)
    path = write(tmp_path / "BTCUSDT-5m.csv", quoted_elsewhere(REAL, bps=150))
    with pytest.raises(DataRefused, match="not the prices of a production market"):
        import_file(path, store, Label(venue="bingx", environment="production"), now_ms=NOW_MS)
    assert [found.name for found, _ in list_sets(store)] == ["binance-production-BTCUSDT-5m.parquet"]
    import_file(path, store, Label(venue="bingx", environment="testnet"), now_ms=NOW_MS)
    with pytest.raises(DataRefused, match="these are prices of testnet"):
        import_file(path, store, Label(venue="okx", environment="production"), now_ms=NOW_MS)
    assert len(list(list_sets(store))) == 2
