"""Replay of candle files: what comes out is what was in the file."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.exchange.feeds.errors import FeedError
from jackline.exchange.feeds.path import PathMode
from jackline.exchange.feeds.replay import CandleReplay, open_replay
from jackline.exchange.feeds.window import Window
from jackline.exchange.ports import Candle, Feed
from tests.exchange.feeds.support import (
    FIRST_MS,
    INTERVAL_MS,
    NOW_MS,
    candle,
    candle_file,
    csv_rows,
    flat,
    fold,
    plain_candles,
    write_csv,
)

PRICES = st.integers(900, 1_100).map(lambda units: Decimal(units).scaleb(-1))


@st.composite
def series(draw: st.DrawFn) -> list[Candle]:
    bars = []
    for index in range(draw(st.integers(2, 6))):
        low, *inner, high = sorted(draw(PRICES) for _ in range(4))
        open_, close = draw(st.permutations(inner))
        volume = Decimal(draw(st.integers(0, 10**7))).scaleb(-4)
        bars.append(
            Candle(
                open_ms=FIRST_MS + index * INTERVAL_MS,
                open=open_,
                high=high,
                low=low,
                close=close,
                volume=volume,
            )
        )
    return bars


def whole(bars: list[Candle]) -> Window:
    return Window(start_ms=bars[0].open_ms, end_ms=bars[-1].open_ms + INTERVAL_MS)


@given(series(), st.sampled_from(PathMode), st.sampled_from([-1, 0, 1]))
def test_ticks_aggregate_to_the_candles_of_the_file(bars: list[Candle], mode: PathMode, side: int) -> None:
    replay = CandleReplay(files=[candle_file(bars)], window=whole(bars), mode=mode, seed=3)
    ticks = list(replay.ticks(lambda symbol: side))
    assert fold(ticks, interval_ms=INTERVAL_MS) == {"BTCUSDT": bars}
    assert [tick.closes for tick in ticks if tick.closes is not None] == bars
    assert all(tick.mark == tick.last for tick in ticks)


def test_a_candle_closes_in_the_last_millisecond_of_its_bar() -> None:
    bars = plain_candles(3)
    replay = CandleReplay(files=[candle_file(bars)], window=whole(bars))
    closing = [tick.market_ms for tick in replay.ticks(flat) if tick.closes is not None]
    assert closing == [bar.open_ms + INTERVAL_MS - 1 for bar in bars]


def test_a_gap_between_bars_is_one_step() -> None:
    bars = [
        candle(FIRST_MS, open="100", high="101", low="99", close="100"),
        candle(FIRST_MS + INTERVAL_MS, open="80", high="81", low="79", close="80"),
    ]
    replay = CandleReplay(files=[candle_file(bars)], window=whole(bars))
    prices = [tick.last for tick in replay.ticks(flat)]
    assert not [price for price in prices if Decimal(81) < price < Decimal(99)]


def test_the_position_is_asked_for_when_each_bar_starts() -> None:
    bars = plain_candles(3)
    replay = CandleReplay(files=[candle_file(bars)], window=whole(bars))
    served: list[int] = []
    asked: list[int] = []

    def long_then_short(symbol: str) -> int:
        assert symbol == "BTCUSDT"
        asked.append(len(served))
        return 1 if len(asked) == 1 else -1

    first_extremes: list[Decimal] = []
    for tick in replay.ticks(long_then_short):
        served.append(tick.market_ms)
        if tick.last in (bars[0].low, bars[0].high) and len(first_extremes) < len(asked):
            first_extremes.append(tick.last)
    assert first_extremes == [bars[0].low, bars[0].high, bars[0].high]
    # Asked once a bar, after every tick of the bar before has been handed out.
    assert asked == [sum(ms < bar.open_ms for ms in served) for bar in bars]


def test_several_files_are_merged_by_time() -> None:
    bars = plain_candles(4)
    files = [candle_file(bars), candle_file(bars, symbol="ETHUSDT")]
    replay: Feed = CandleReplay(files=files, window=whole(bars), mode=PathMode.SEEDED, seed=5)
    ticks = list(replay.ticks(flat))
    times = [tick.market_ms for tick in ticks]
    assert times == sorted(times)
    assert replay.symbols == ("BTCUSDT", "ETHUSDT")
    assert fold(ticks, interval_ms=INTERVAL_MS) == {"BTCUSDT": bars, "ETHUSDT": bars}


def test_history_precedes_the_window_and_a_replay_can_be_pulled_again() -> None:
    bars = plain_candles(400)
    window = Window(start_ms=bars[350].open_ms, end_ms=bars[360].open_ms)
    replay = CandleReplay(files=[candle_file(bars)], window=window)
    assert (replay.start_ms, replay.end_ms) == (window.start_ms, window.end_ms)
    assert list(replay.history("BTCUSDT")) == bars[:350]
    assert list(replay.bars("BTCUSDT")) == bars[350:360]
    assert list(replay.ticks(flat)) == list(replay.ticks(flat))


def test_a_record_cannot_be_crashed() -> None:
    bars = plain_candles(2)
    replay = CandleReplay(files=[candle_file(bars)], window=whole(bars))
    with pytest.raises(ValueError, match="a replay cannot be bent"):
        replay.crash(symbol="BTCUSDT", fraction=Decimal("-0.1"), over_ms=1_000)


def test_files_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    five = write_csv(tmp_path / "BTC-USDT-5m.csv", csv_rows(plain_candles(400)))
    again = write_csv(tmp_path / "BTC-USDT-again.csv", csv_rows(plain_candles(400)))
    one = write_csv(tmp_path / "ETH-USDT-1m.csv", csv_rows(plain_candles(400, interval_ms=60_000)))
    cases: list[tuple[list[Path], str]] = [
        ([], "no data file"),
        ([five, again], "two files of one symbol"),
        ([five, one], "files of different intervals"),
    ]
    for paths, what in cases:
        with pytest.raises(FeedError) as caught:
            open_replay(paths, now_ms=NOW_MS)
        assert caught.value.what == what


def test_open_replay_loads_and_windows(tmp_path: Path) -> None:
    bars = plain_candles(1_500, big_at=900)
    path = write_csv(tmp_path / "BTC-USDT-5m.csv.gz", csv_rows(bars))
    replay = open_replay([path], now_ms=NOW_MS, tick_sizes={"BTCUSDT": Decimal("0.5")})
    assert replay.start_ms == bars[900 - 288].open_ms
    assert replay.tick_size("BTCUSDT") == Decimal("0.5")
    chosen = open_replay([path], now_ms=NOW_MS, from_ms=bars[400].open_ms, to_ms=bars[402].open_ms)
    assert list(chosen.bars("BTCUSDT")) == bars[400:402]
