"""The stop lab on ticks: fills worked out by hand, frames that are refused, and the real minutes where they are."""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jackline.data.problems import DataRefused
from jackline.research.stop_lab.frames import Ticks, read_ticks
from jackline.research.stop_lab.kinds import Assumed, Kind, NothingTouched
from jackline.research.stop_lab.ticks import measure_ticks
from tests.research.stop_lab_making import START_MS, row

_DEFAULT_FOLDER = Path(__file__).parents[2] / ".." / "shared" / "data"
TICKS_FILE = (
    Path(os.environ.get("JACKLINE_DATA", _DEFAULT_FOLDER))
    / "binance-usdm-btcusdt-raw-stream-2024-08-08.jsonl.gz"
)
ONE_ENTRY = Assumed(tick_stop_fraction=0.001, tick_every=10**6, latency_ms=(100.0, 100.0))
"""One long and one short at the first trade, stops 10 bps away; every order takes 100 ms."""


def ticks(prices: dict[float, float], *, until_s: float = 120.0) -> Ticks:
    """Trades at seconds; the book follows at once, a hundredth to both sides. The last price holds to the end."""
    at = np.array([*prices, until_s]) * 1_000 + START_MS
    traded = np.array([*prices.values(), list(prices.values())[-1]])
    return Ticks(symbol="MADE", trade_ms=at, trade=traded, book_ms=at, bid=traded - 0.01, ask=traded + 0.01)


def test_a_stop_is_filled_at_the_bid_that_stands_when_its_order_arrives() -> None:
    # touched at 1 s at 99.9; a fill 100 ms later sees the trade at 1.05 s, not the one at 1.2 s
    measured = measure_ticks(ticks({0: 100.0, 1: 99.9, 1.05: 99.7, 1.2: 99.0}), ONE_ENTRY, name="fall")
    assert measured.touched == 1
    beyond = row(measured, Kind.VENUE).beyond
    assert beyond is not None
    assert beyond.max == pytest.approx(21)  # 99.9 to 99.69


def test_a_stop_limit_waits_for_a_trade_through_it_and_not_for_one_at_it() -> None:
    touched = {0: 100.0, 1: 99.9, 1.05: 99.7}
    at_it = measure_ticks(ticks({**touched, 5: 99.9}), ONE_ENTRY, name="at")
    assert row(at_it, Kind.LIMIT).never_fraction == 1
    assert row(at_it, Kind.LIMIT).stranded_max == pytest.approx(21)
    through = measure_ticks(ticks({**touched, 5: 99.92}), ONE_ENTRY, name="through")
    found = row(through, Kind.LIMIT)
    assert found.never_fraction == 0
    assert found.waited == {"1 s": 1.0, "10 s": 0.0, "60 s": 0.0}


def test_a_poll_sees_a_price_that_is_back_and_does_not_fire() -> None:
    measured = measure_ticks(ticks({0: 100.0, 10.2: 99.8, 10.3: 100.0}), ONE_ENTRY, name="back")
    found = row(measured, Kind.POLL)
    assert (found.never_fraction, found.came_back_fraction) == (1, 1)
    assert row(measured, Kind.VENUE_MARK).never_fraction == 1


def test_mark_is_the_middle_of_the_book_once_a_second() -> None:
    measured = measure_ticks(ticks({0: 100.0, 1.5: 99.8, 2.05: 99.5}), ONE_ENTRY, name="mark")
    beyond = row(measured, Kind.VENUE_MARK).beyond
    assert beyond is not None
    assert beyond.max == pytest.approx(41)  # seen at 2 s, filled at 2.1 s at 99.49


def test_a_touch_too_near_the_end_does_not_count() -> None:
    with pytest.raises(NothingTouched, match="a nearer --tick-stop, or more ticks"):
        measure_ticks(ticks({0: 100.0, 1: 99.0}, until_s=61.0), ONE_ENTRY, name="end")


TRADE: dict[str, object] = {
    "stream": "x@trade",
    "data": {"e": "trade", "T": START_MS, "s": "BTCUSDT", "p": "100.0"},
}
QUOTE: dict[str, object] = {
    "stream": "x@bookTicker",
    "data": {"e": "bookTicker", "T": START_MS, "s": "BTCUSDT", "b": "99.9", "a": "100.1"},
}


def frames(path: Path, *said: object) -> Path:
    with gzip.open(path, "wt") as file:
        file.writelines(f"{number} {json.dumps(one)}\n" for number, one in enumerate(said))
    return path


def other(frame: dict[str, object], **changed: object) -> dict[str, object]:
    data = frame["data"]
    assert isinstance(data, dict)
    return {**frame, "data": {**data, **changed}}


def test_frames_are_read(tmp_path: Path) -> None:
    depth = {"stream": "x@depth", "data": {"e": "depthUpdate", "b": [], "a": []}}
    found = read_ticks(frames(tmp_path / "x.jsonl.gz", depth, TRADE, QUOTE, other(TRADE, p="101")))
    assert list(found.trade) == [100.0, 101.0]
    assert (found.symbol, list(found.bid), list(found.ask)) == ("BTCUSDT", [99.9], [100.1])


@pytest.mark.parametrize(
    ("said", "what"),
    [
        pytest.param([TRADE], "no best bids and asks", id="trades alone"),
        pytest.param([QUOTE], "no trades", id="quotes alone"),
        pytest.param([TRADE, QUOTE, other(TRADE, s="ETHUSDT")], "several symbols", id="two symbols"),
        pytest.param([TRADE, QUOTE, other(TRADE, T=START_MS - 1)], "time goes back", id="order"),
        pytest.param([QUOTE, other(TRADE, p="none")], "not a frame", id="no number"),
        pytest.param([QUOTE, other(TRADE, p="nan")], "without a price", id="nan"),
        pytest.param([QUOTE, other(TRADE, p="-1")], "without a price", id="negative"),
    ],
)
def test_frames_that_are_none_are_refused(tmp_path: Path, said: list[object], what: str) -> None:
    with pytest.raises(DataRefused, match=what) as refused:
        read_ticks(frames(tmp_path / "x.jsonl.gz", *said))
    assert "Fix:" in str(refused.value)


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    path = frames(tmp_path / "x.jsonl.gz", TRADE, QUOTE)
    path.write_bytes(path.read_bytes()[:-6])
    with pytest.raises(DataRefused, match="unreadable file"):
        read_ticks(path)


def test_the_real_minutes_of_2024() -> None:
    if not TICKS_FILE.is_file():
        pytest.skip(f"{TICKS_FILE.name} is not here: set JACKLINE_DATA to the folder of the market data")
    measured = measure_ticks(read_ticks(TICKS_FILE), replace(Assumed(), tick_every=20), name="ticks")
    venue = row(measured, Kind.VENUE).beyond
    assert venue is not None
    assert 0.8 < venue.mean < 1.3
    assert venue.max < 12
    waited = row(measured, Kind.LIMIT).waited
    assert 0.5 < waited["1 s"] < 0.75
    assert row(measured, Kind.LIMIT_THROUGH).never_fraction == 0
