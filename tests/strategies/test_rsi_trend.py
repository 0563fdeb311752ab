"""RSI with a trend filter: when it speaks, when it is silent, what it saw in October 2025."""

import csv
import gzip
import os
from pathlib import Path

import pytest

from jackline.core.orders import Bar
from jackline.core.values import Side
from jackline.strategies.indicators import ema, rsi
from jackline.strategies.rsi_trend import RsiTrend
from tests.strategies.making import bars_of

_DEFAULT_FOLDER = Path(__file__).parents[2] / ".." / "shared" / "data"
FOLDER = Path(os.environ.get("JACKLINE_DATA") or _DEFAULT_FOLDER)
NAME = "bingx-BTC-USDT-5m-2025-08-06_2025-10-20.csv.gz"
DAY_MS = 86_400_000
CRASH_DAY_MS = 1_760_054_400_000  # 2025-10-10

SMALL = RsiTrend(rsi_period=5, ema_period=4)


def sawtooth(count: int, start: float = 100.0) -> list[float]:
    """Up one, down one: RSI near 50, the average at the middle."""
    return [start + index % 2 for index in range(count)]


def test_the_defaults_need_300_bars() -> None:
    assert RsiTrend().warmup_bars == 300
    calm = sawtooth(299)
    assert RsiTrend().signal(bars_of([*calm[:-1], 200.0])) is None, "299 bars"
    assert RsiTrend().signal(bars_of([100.0, *calm[:-1], 200.0])) is not None, "300 bars"


def test_long_on_the_bar_that_crosses_up_and_on_no_later_one() -> None:
    calm = sawtooth(30)
    crossing = SMALL.signal(bars_of([*calm, 110.0]))
    assert crossing is not None
    assert crossing.side is Side.LONG
    assert "crossed above 60" in crossing.reason
    assert SMALL.signal(bars_of([*calm, 110.0, 120.0])) is None


def test_short_on_the_bar_that_crosses_down() -> None:
    crossing = SMALL.signal(bars_of([*sawtooth(30), 100.0, 90.0]))
    assert crossing is not None
    assert crossing.side is Side.SHORT


def test_no_long_below_the_average() -> None:
    """A bounce in a fall crosses 60, and the slow average is still above it."""
    fall = [200.0 - 5 * index for index in range(30)]
    bars = bars_of([*fall, fall[-1] + 9])
    strengths = rsi([float(bar.close) for bar in bars], 2)
    assert strengths[-2] is not None
    assert strengths[-1] is not None
    assert strengths[-2] <= 60 < strengths[-1]
    assert RsiTrend(rsi_period=2, ema_period=20).signal(bars) is None


def crash_day_bars() -> list[Bar]:
    path = FOLDER / NAME
    if not path.exists():
        pytest.skip(f"NO REAL DATA: {path} is absent; set JACKLINE_DATA to the folder that holds {NAME}")
    with gzip.open(path, "rt") as file:
        rows = [
            (int(row["timestamp"]), row["close"])
            for row in csv.DictReader(file)
            if CRASH_DAY_MS - 2 * DAY_MS <= int(row["timestamp"]) < CRASH_DAY_MS + DAY_MS
        ]
    return bars_of([close for _, close in rows], start_ms=rows[0][0])


def test_it_trades_the_crash_of_october_2025_as_the_indicators_say() -> None:
    strategy, bars = RsiTrend(), crash_day_bars()
    assert bars[-1].open_ms == CRASH_DAY_MS + DAY_MS - 300_000
    closes = [float(bar.close) for bar in bars]
    strengths, trend = rsi(closes, 14), ema(closes, 100)
    wishes: dict[int, Side] = {}
    expected: dict[int, Side] = {}
    for index in range(len(bars) - 288, len(bars)):
        before, now, average = strengths[index - 1], strengths[index], trend[index]
        assert before is not None
        assert now is not None
        assert average is not None
        if before <= 60 < now and closes[index] > average * 1.001:
            expected[index] = Side.LONG
        if before >= 40 > now and closes[index] < average * 0.999:
            expected[index] = Side.SHORT
        signal = strategy.signal(bars[: index + 1])
        if signal is not None:
            wishes[index] = signal.side
    assert len(wishes) >= 4
    assert set(wishes.values()) == {Side.LONG, Side.SHORT}
    assert expected.items() <= wishes.items(), "clear on the whole history, so clear on 300 bars"
