"""The same on a real market, where the data is at hand: the folder JACKLINE_DATA, else ../shared/data."""

import os
from decimal import Decimal
from pathlib import Path

import pytest

from jackline.exchange.feeds.path import PathMode
from jackline.exchange.feeds.replay import CandleReplay, open_replay
from jackline.exchange.feeds.window import largest_bar
from tests.exchange.feeds.support import INTERVAL_MS, NOW_MS, fold

_DEFAULT_FOLDER = Path(__file__).parents[3] / ".." / "shared" / "data"
FOLDER = Path(os.environ.get("JACKLINE_DATA") or _DEFAULT_FOLDER)
NAME = "bingx-BTC-USDT-5m-2025-08-06_2025-10-20.csv.gz"
CRASH_MS = 1_760_130_900_000  # 2025-10-10 21:15 UTC
HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def replay() -> CandleReplay:
    path = FOLDER / NAME
    if not path.exists():
        pytest.skip(f"NO REAL DATA: {path} is absent; set JACKLINE_DATA to the folder that holds {NAME}")
    return open_replay([path], now_ms=NOW_MS)


def test_the_default_window_is_the_crash_of_october_2025(replay: CandleReplay) -> None:
    assert (replay.symbols, replay.interval_ms) == (("BTCUSDT",), INTERVAL_MS)
    assert (replay.start_ms, replay.end_ms) == (CRASH_MS - 24 * HOUR_MS, CRASH_MS + 24 * HOUR_MS)
    assert replay.window.note is None
    assert len(replay.history("BTCUSDT")) >= 300
    assert replay.tick_size("BTCUSDT") == Decimal("0.1")
    crash = largest_bar(replay.bars("BTCUSDT"))
    assert (crash.open_ms, crash.open, crash.low) == (CRASH_MS, Decimal("112123.1"), Decimal("103162.2"))


@pytest.mark.parametrize("mode", PathMode)
def test_the_whole_window_round_trips(replay: CandleReplay, mode: PathMode) -> None:
    again = open_replay([FOLDER / NAME], now_ms=NOW_MS, mode=mode, seed=1)
    ticks = list(again.ticks(lambda symbol: 1))
    assert fold(ticks, interval_ms=INTERVAL_MS) == {"BTCUSDT": list(replay.bars("BTCUSDT"))}
