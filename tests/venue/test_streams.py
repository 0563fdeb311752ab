"""The stream pumps against a scripted socket: every frame a hint, every gap filled, every loss noticed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import WSMsgType, web

from jackline.core.events import (
    AccountHinted,
    BarClosed,
    Event,
    FillHinted,
    LeverageChanged,
    MarkMoved,
    OrderHinted,
    StreamChanged,
)
from jackline.core.orders import Bar, OrderState
from jackline.core.outcomes import Unknown
from jackline.core.values import MarketMs, Symbol, WireMs, price, quantity
from jackline.venue.aiohttp_net import AiohttpNet
from jackline.venue.binance.market_stream import MarketStream
from jackline.venue.binance.user_stream import UserStream
from tests.venue.makers import BTC

Script = Callable[[web.WebSocketResponse], Awaitable[None]]
MINUTE = 60_000


class Inbox:
    """A sink that can be waited on."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._more = asyncio.Event()

    def put(self, event: Event) -> None:
        self.events.append(event)
        self._more.set()

    async def until(self, enough: Callable[[list[Event]], bool]) -> list[Event]:
        async with asyncio.timeout(10):
            while not enough(self.events):
                self._more.clear()
                await self._more.wait()
        return self.events


@dataclass
class Server:
    """Plays one script per connection; the last one stays. Remembers the addresses dialled."""

    scripts: list[Script]
    autoping: bool = True
    dialled: list[str] = field(default_factory=list)
    root: str = ""

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=self.autoping)
        await socket.prepare(request)
        self.dialled.append(request.path_qs)
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        await script(socket)
        return socket


@asynccontextmanager
async def serving(*scripts: Script, autoping: bool = True) -> AsyncIterator[Server]:
    server = Server(scripts=list(scripts), autoping=autoping)
    app = web.Application()
    app.router.add_get("/{path:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.root = f"ws://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


@asynccontextmanager
async def running(stream: UserStream | MarketStream) -> AsyncIterator[None]:
    task = asyncio.ensure_future(stream.run())
    try:
        yield
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def tells(*frames: str) -> Script:
    """Send these, then listen until the other side goes."""

    async def script(socket: web.WebSocketResponse) -> None:
        for frame in frames:
            await socket.send_str(frame)
        async for message in socket:
            assert message.type is not WSMsgType.TEXT

    return script


def tells_and_closes(*frames: str) -> Script:
    async def script(socket: web.WebSocketResponse) -> None:
        for frame in frames:
            await socket.send_str(frame)
        await socket.close()

    return script


def keys(*names: str) -> Callable[[], Awaitable[str]]:
    """Listen keys in turn; the last one stays."""
    left = list(names)

    async def key() -> str:
        return left.pop(0) if len(left) > 1 else left[0]

    return key


LITE = (
    '{"e":"TRADE_LITE","E":9,"T":1000,"s":"BTCUSDT","q":"0.010","p":"0","m":false,"c":"jentry","S":"BUY",'
    '"L":"60000.1","l":"0.004","t":31,"i":8}'
)


def order_frame(
    *, execution: str, state: str, client_id: str = "jentry", order_id: int = 8, trade: int = 31
) -> str:
    return (
        f'{{"e":"ORDER_TRADE_UPDATE","E":9,"T":1000,"o":{{"s":"BTCUSDT","c":"{client_id}","S":"BUY",'
        f'"x":"{execution}","X":"{state}","i":{order_id},"l":"0.004","z":"0.004","L":"60000.1","T":1000,'
        f'"t":{trade},"ps":"BOTH","rp":"0","mt":777}}}}'
    )


def algo_frame(state: str, child: str = "") -> str:
    return (
        f'{{"e":"ALGO_UPDATE","T":1,"E":1,"o":{{"caid":"jstop","aid":5,"at":"CONDITIONAL","o":"STOP_MARKET",'
        f'"s":"BTCUSDT","S":"SELL","ps":"BOTH","X":"{state}","ai":"{child}","tp":"59000","cp":true}}}}'
    )


FILL = FillHinted(
    symbol=BTC,
    client_id="jentry",
    order_id=8,
    quantity=quantity("0.004"),
    price=price("60000.1"),
    wire_ms=WireMs(1000),
    market_ms=MarketMs(1000),
)


def hint(client_id: str, state: OrderState, child_id: int | None = None) -> OrderHinted:
    return OrderHinted(symbol=BTC, client_id=client_id, state=state, child_id=child_id)


async def user_events(*frames: str, count: int) -> list[Event]:
    """What the frames become, after the event that the stream is up."""
    inbox = Inbox()
    async with serving(tells(*frames)) as server:
        stream = UserStream(net=AiohttpNet(), root=server.root, listen_key=keys("K"), sink=inbox.put)
        async with running(stream):
            events = await inbox.until(lambda events: len(events) > count)
        assert server.dialled == ["/private/ws?listenKey=K"]
    assert events[0] == StreamChanged(up=True)
    return events[1 : count + 1]


async def test_a_fill_is_hinted_once_and_at_its_first_telling() -> None:
    filled = order_frame(execution="TRADE", state="PARTIALLY_FILLED")
    events = await user_events(LITE, filled, count=2)
    assert events == [FILL, hint("jentry", OrderState.PARTIALLY_FILLED)]
    late = await user_events(filled, LITE, algo_frame("NEW"), count=3)
    assert isinstance(late[0], FillHinted)
    assert late[0].market_ms == 777
    assert late[1:] == [hint("jentry", OrderState.PARTIALLY_FILLED), hint("jstop", OrderState.NEW)]


async def test_an_order_update_without_execution_is_no_fill() -> None:
    assert await user_events(order_frame(execution="NEW", state="NEW"), count=1) == [
        hint("jentry", OrderState.NEW)
    ]


async def test_the_child_of_a_stop_is_linked_by_its_order_id() -> None:
    child = order_frame(execution="TRADE", state="FILLED", client_id="algo_9", order_id=91, trade=44)
    events = await user_events(algo_frame("TRIGGERED", "91"), child, count=3)
    assert events[0] == hint("jstop", OrderState.TRIGGERED, 91)
    assert isinstance(events[1], FillHinted)
    assert (events[1].client_id, events[1].order_id) == ("jstop", 91)
    assert events[2] == hint("algo_9", OrderState.FILLED)


async def test_account_events_and_frames_we_do_not_know_wake_the_core() -> None:
    frames = (
        '{"e":"ACCOUNT_UPDATE","E":1,"T":1,"a":{"m":"ORDER","B":[],"P":[{"s":"ETHUSDT"},{"s":"BTCUSDT"}]}}',
        '{"e":"ACCOUNT_UPDATE","E":1,"T":1,"a":{"m":"FUNDING_FEE","B":[]}}',
        '{"e":"ACCOUNT_UPDATE","E":1,"T":1,"a":{"m":"DEPOSIT","B":[]}}',
        '{"e":"MARGIN_CALL","E":1}',
        '{"e":"ACCOUNT_CONFIG_UPDATE","E":1,"ac":{"s":"BTCUSDT","l":5}}',
        '{"e":"SOMETHING_NEW"}',
        '{"e":"ORDER_TRADE_UPDATE","o":{"s":"BTCUSDT"}}',
        "not json",
        algo_frame("A_NEW_STATE"),
    )
    symbols = [Symbol("BTCUSDT"), Symbol("ETHUSDT"), None, None, None, None, None, None, None]
    events = await user_events(*frames, count=10)
    wanted: list[Event] = [AccountHinted(symbol=symbol) for symbol in symbols]
    wanted[3] = AccountHinted(symbol=None, transfer=True)
    wanted[5] = LeverageChanged(symbol=Symbol("BTCUSDT"), leverage=5)
    assert events[:9] == wanted
    assert events[9] == hint("jstop", OrderState.OTHER)


async def test_an_expired_key_and_a_closed_socket_are_told_and_replaced() -> None:
    inbox = Inbox()
    expired = '{"e":"listenKeyExpired","E":1,"listenKey":"K1"}'
    async with serving(tells(expired), tells_and_closes(LITE), tells()) as server:
        stream = UserStream(
            net=AiohttpNet(), root=server.root, listen_key=keys("K1", "K2", "K3"), sink=inbox.put
        )
        async with running(stream):
            events = await inbox.until(lambda events: len(events) == 6)
            assert server.dialled == [f"/private/ws?listenKey=K{number}" for number in (1, 2, 3)]
    up, down = StreamChanged(up=True), StreamChanged(up=False)
    assert events[:6] == [up, down, up, FILL, down, up]


async def test_a_half_open_socket_is_noticed_by_its_silence() -> None:
    inbox = Inbox()

    async def deaf(socket: web.WebSocketResponse) -> None:
        async for _ in socket:
            pass

    async with serving(deaf, autoping=False) as server:
        stream = UserStream(
            net=AiohttpNet(), root=server.root, listen_key=keys("K"), sink=inbox.put, heartbeat_s=0.1
        )
        async with running(stream):
            events = await inbox.until(lambda events: StreamChanged(up=False) in events)
    assert events[:2] == [StreamChanged(up=True), StreamChanged(up=False)]


async def test_the_key_is_extended_and_a_new_one_moves_the_stream() -> None:
    inbox = Inbox()
    async with serving(tells()) as server:
        stream = UserStream(
            net=AiohttpNet(),
            root=server.root,
            listen_key=keys("K1", "K1", "K1", "K2"),
            sink=inbox.put,
            keep_alive_s=0.01,
        )
        async with running(stream):
            await inbox.until(lambda events: events.count(StreamChanged(up=True)) == 2)
        assert server.dialled == ["/private/ws?listenKey=K1", "/private/ws?listenKey=K2"]


async def test_no_key_means_no_stream_and_another_try() -> None:
    inbox = Inbox()
    answers: list[str | Unknown] = [Unknown(cause="down"), Unknown(cause="down"), "K"]

    async def key() -> str | Unknown:
        return answers.pop(0)

    async with serving(tells()) as server:
        async with running(UserStream(net=AiohttpNet(), root=server.root, listen_key=key, sink=inbox.put)):
            await inbox.until(lambda events: events == [StreamChanged(up=True)])
        assert answers == []


# -- market ------------------------------------------------------------------------------------------------


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
