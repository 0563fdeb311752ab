"""The market stream against a scripted socket: every gap filled, every bar told once and in order."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jackline.core.events import BarClosed, Event, MarkMoved
from jackline.core.orders import Bar
from jackline.core.outcomes import Unknown
from jackline.core.values import MarketMs, Symbol, price, quantity
from jackline.venue.aiohttp_net import AiohttpNet
from jackline.venue.binance.market_stream import MarketStream
from tests.venue.makers import BTC
from tests.venue.scripted import Inbox, Script, running, serving, tells, tells_and_closes

MINUTE = 60_000


def a_bar(minute: int) -> Bar:
    return Bar(
        symbol=BTC,
        open_ms=MarketMs(minute * MINUTE),
        interval_ms=MINUTE,
        open=price(100),
        high=price(102),
        low=price(99),
        close=price(101),
        volume=quantity(5),
    )


def kline(minute: int, *, complete: bool = True) -> str:
    return (
        f'{{"stream":"btcusdt@kline_1m","data":{{"e":"kline","E":1,"s":"BTCUSDT","k":{{"t":{minute * MINUTE},'
        f'"T":{minute * MINUTE + MINUTE - 1},"s":"BTCUSDT","o":"100","c":"101","h":"102","l":"99","v":"5",'
        f'"x":{"true" if complete else "false"}}}}}}}'
    )


def mark_frame(mark: str, market: str = "") -> str:
    return (
        '{"stream":"btcusdt@markPrice@1s","data":{"e":"markPriceUpdate","E":1000,"s":"BTCUSDT",'
        f'"p":"{mark}","i":"1","r":"0","T":0{market}}}}}'
    )


async def market_events(
    *scripts: Script, after: int | None, history: list[int], enough: Callable[[list[Event]], bool]
) -> tuple[list[Event], int]:
    """Events of a market stream whose REST history holds `history`; and how often it was read."""
    inbox, reads = Inbox(), 0

    async def read_bars(symbol: Symbol, interval_ms: int, limit: int) -> tuple[Bar, ...] | Unknown:
        nonlocal reads
        reads += 1
        assert (symbol, interval_ms) == (BTC, MINUTE)
        return tuple(a_bar(minute) for minute in history) if history else Unknown(cause="down")

    async with serving(*scripts) as server:
        stream = MarketStream(
            net=AiohttpNet(),
            root=server.root,
            symbols=(BTC,),
            interval_ms=MINUTE,
            after={} if after is None else {BTC: MarketMs(after * MINUTE)},
            read_bars=read_bars,
            sink=inbox.put,
        )
        async with running(stream):
            events = await inbox.until(enough)
        assert server.dialled[0] == "/market/stream?streams=btcusdt@kline_1m/btcusdt@markPrice@1s"
    return list(events), reads


def told(minutes: list[int]) -> list[Event]:
    return [BarClosed(bar=a_bar(minute)) for minute in minutes]


@pytest.mark.owns("D1")
async def test_d1_bars_are_told_complete_once_and_in_order() -> None:
    frames = (kline(5, complete=False), kline(5), kline(5), kline(4), kline(6, complete=False), kline(6))
    events, reads = await market_events(
        tells(*frames, mark_frame("7")), after=None, history=[], enough=lambda events: len(events) == 3
    )
    assert events == [*told([5, 6]), MarkMoved(symbol=BTC, mark=price(7), market_ms=MarketMs(1000))]
    assert reads == 0


async def test_a_mark_carries_market_time_where_there_is_one() -> None:
    events, _ = await market_events(
        tells("junk", mark_frame("60000.1", ',"mt":55')), after=None, history=[], enough=bool
    )
    assert events == [MarkMoved(symbol=BTC, mark=price("60000.1"), market_ms=MarketMs(55))]


async def test_d1_a_gap_is_read_before_the_next_bar() -> None:
    events, reads = await market_events(
        tells(kline(5), kline(8)), after=4, history=[3, 4, 5, 6, 7], enough=lambda events: len(events) == 4
    )
    # The history already held 5 … 7 when the socket opened.
    assert events == told([5, 6, 7, 8])
    assert reads == 1


async def test_d1_a_bar_behind_an_unreadable_gap_is_held_back() -> None:
    events, reads = await market_events(
        tells(kline(8), kline(9), mark_frame("7")), after=4, history=[], enough=bool
    )
    assert events == [MarkMoved(symbol=BTC, mark=price(7), market_ms=MarketMs(1000))]
    assert reads == 3


async def test_what_closed_while_the_socket_was_down_is_told_after_the_reconnect() -> None:
    events, _ = await market_events(
        tells_and_closes(kline(5)),
        tells(kline(7)),
        after=4,
        history=[5, 6],
        enough=lambda events: len(events) == 3,
    )
    assert events == told([5, 6, 7])
