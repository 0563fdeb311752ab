"""Settlements: read under the names that venues and freqtrade give them, and refused where they are no fractions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars
import pytest

from jackline.data.funding import Funding, merged, read_funding
from jackline.data.importing import Label, import_funding
from jackline.data.problems import DataRefused
from jackline.data.store import list_sets

EIGHT_HOURS_MS = 28_800_000
FIRST_MS = 1_749_600_000_000
NOW_MS = FIRST_MS + 100 * EIGHT_HOURS_MS
TIMES = FIRST_MS + EIGHT_HOURS_MS * np.arange(30, dtype=np.int64)
RATES = np.round(np.random.default_rng(1).normal(0.0001, 0.0001, 30), 8)


def frame(time: str = "timestamp", rate: str = "rate", *, late_ms: int = 0) -> polars.DataFrame:
    return polars.DataFrame({time: TIMES + late_ms, rate: RATES})


@pytest.mark.parametrize(
    ("time", "rate"),
    [("timestamp", "rate"), ("fundingTime", "fundingRate"), ("calc_time", "last_funding_rate")],
)
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_the_names_of_venues(tmp_path: Path, time: str, rate: str, ending: str) -> None:
    path = tmp_path / f"BTCUSDT-funding.{ending}"
    rows = frame(time, rate, late_ms=7)  # as venues stamp them
    if ending == "csv":
        rows.write_csv(path)
    else:
        rows.write_parquet(path)
    read = read_funding(path, now_ms=NOW_MS)
    assert read.time_ms.tolist() == TIMES.tolist()
    assert read.rate_fraction.tolist() == RATES.tolist()


def test_the_feather_of_freqtrade_has_the_rate_where_a_candle_opens(tmp_path: Path) -> None:
    path = tmp_path / "BTC_USDT_USDT-8h-funding_rate.feather"
    date = polars.col("timestamp").cast(polars.Datetime("ms", "UTC")).alias("date")
    frame(rate="open").select(date, "open").write_ipc(path, compression="lz4")
    read = read_funding(path, now_ms=NOW_MS)
    assert (read.symbol, read.rate_fraction.tolist()) == ("BTCUSDT", RATES.tolist())


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        (frame().with_columns(rate=polars.lit(0.01)), "funding rates are no fractions"),
        (frame().with_columns(rate=polars.Series([*RATES[:29], 0.06])), "funding rates are no fractions"),
        (frame().with_columns(rate=polars.lit(None, dtype=polars.Float64)), "column 'rate' holds no number"),
        (frame(rate="price"), "missing column"),
        (frame().reverse(), "timestamps go back"),
        (frame(late_ms=-EIGHT_HOURS_MS * 0 + 10**10 * 100), "a settlement in the future"),
    ],
    ids=["per cent", "one too large", "nothing", "no rate", "newest first", "future"],
)
def test_what_is_no_funding(tmp_path: Path, rows: polars.DataFrame, what: str) -> None:
    path = tmp_path / "BTCUSDT.csv"
    rows.write_csv(path)
    with pytest.raises(DataRefused) as refused:
        read_funding(path, now_ms=NOW_MS)
    assert refused.value.what == what


def test_an_import_is_joined_on_and_a_change_is_refused(tmp_path: Path) -> None:
    store, label = tmp_path / "data", Label(venue="binance", environment="production")
    path = tmp_path / "BTCUSDT.csv"
    frame().head(20).write_csv(path)
    first = import_funding(path, store, label, now_ms=NOW_MS)
    assert (first.rows, first.kind, first.interval) == (20, "funding", "8h")
    frame().tail(15).write_csv(path)
    assert import_funding(path, store, label, now_ms=NOW_MS).rows == 30
    frame().with_columns(rate=polars.col("rate") + 0.0001).write_csv(path)
    with pytest.raises(DataRefused, match="settled rates are told otherwise"):
        import_funding(path, store, label, now_ms=NOW_MS)
    ((found, manifest),) = list_sets(store)
    kept = read_funding(found, now_ms=NOW_MS)
    assert kept.rate_fraction.tolist() == RATES.tolist()
    assert (kept.venue, kept.environment, manifest.revised) == ("binance", "production", 0)
    assert import_funding(path, store, label, now_ms=NOW_MS, accept_changes=True).revised == 30


def test_between_takes_the_begin_and_leaves_the_end() -> None:
    funding = Funding(symbol="BTCUSDT", time_ms=TIMES, rate_fraction=RATES)
    part = funding.between(int(TIMES[3]), int(TIMES[5]))
    assert part.time_ms.tolist() == TIMES[3:5].tolist()
    assert part.rate_fraction.tolist() == RATES[3:5].tolist()
    assert len(merged(funding, part)[0]) == 30
