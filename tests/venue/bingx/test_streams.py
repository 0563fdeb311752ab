"""The two pumps against a socket that speaks BingX's frames as told: gzip, Ping, keys that die, silence."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

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
from jackline.core.orders import Bar, OrderState, PositionMode
from jackline.core.outcomes import Refusal, Refused, Unknown
from jackline.core.plan import Rung
from jackline.core.values import MarketMs, Price, Quantity, Symbol, price
from jackline.venue.aiohttp_net import AiohttpNet
from jackline.venue.bingx.market_stream import MarketStream
from jackline.venue.bingx.packed import PackedNet
from jackline.venue.bingx.user_stream import EVENT_SILENCE_S, KEEP_ALIVE_S, UserStream
from jackline.venue.port import Failed
from tests.venue.benches import BINGX
from tests.venue.cards import Table, entry
from tests.venue.local import MINUTE, START_MS, local_bingx
from tests.venue.makers import BTC_DASH

DEADLINE_S = 10
GONE = Refused(kind=Refusal.OTHER, code=100400, text="listenKey not exist")
Script = Callable[[web.WebSocketResponse], Awaitable[None]]


class Inbox:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self._more = asyncio.Event()

    def put(self, event: Event) -> None:
        self.events.append(event)
        self._more.set()

    async def until(self, kind: type[Event], count: int = 1) -> list[Any]:
        async with asyncio.timeout(DEADLINE_S):
            while len(found := [event for event in self.events if isinstance(event, kind)]) < count:
                self._more.clear()
                await self._more.wait()
        return found


@dataclass
class Speaker:
    """A socket server: each connection plays the next script; the last one stays. Remembers dials and words."""

    root: str = ""
    scripts: list[Script] = field(default_factory=list)
    dialled: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        self.dialled.append(request.query_string)
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        await script(socket)
        return socket

    def says(self, *frames: str | bytes, then_closes: bool = False) -> Script:
        """Send these, packed, and listen until the other side goes."""

        async def script(socket: web.WebSocketResponse) -> None:
            for frame in frames:
                await socket.send_bytes(frame if isinstance(frame, bytes) else gzip.compress(frame.encode()))
            if then_closes:
                await socket.close()
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self.heard.append(message.data)

        return script


@asynccontextmanager
async def speaker() -> AsyncIterator[Speaker]:
    server = Speaker()
    app = web.Application()
    app.router.add_get("/swap-market", server.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.01, access_log=None)
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


class Keys:
    """Mints k1, k2 …; extends what `dead` does not name. `often`: it was asked three times."""

    def __init__(self, *, dead: tuple[str, ...] = ()) -> None:
        self.made = 0
        self.extended: list[str] = []
        self.often = asyncio.Event()
        self.dead = dead

    async def make(self) -> str | Failed:
        self.made += 1
        return f"k{self.made}"

    async def extend(self, key: str) -> Failed | None:
        self.extended.append(key)
        if len(self.extended) >= 3:
            self.often.set()
        return GONE if key in self.dead else None


def user(
    server: Speaker,
    inbox: Inbox,
    keys: Keys,
    *,
    keep_alive_s: float = KEEP_ALIVE_S,
    event_silence_s: float = EVENT_SILENCE_S,
) -> UserStream:
    return UserStream(
        net=AiohttpNet(),
        root=server.root,
        make_key=keys.make,
        extend_key=keys.extend,
        sink=inbox.put,
        keep_alive_s=keep_alive_s,
        event_silence_s=event_silence_s,
    )


def order(**changes: object) -> str:
    body = {
        "s": "BTC-USDT",
        "c": "jentry",
        "i": 8,
        "o": "LIMIT",
        "x": "TRADE",
        "X": "PARTIALLY_FILLED",
        "l": "0.004",
        "L": "60000.1",
        "z": "0.004",
        "t": 31,
        "T": 1000,
        "sp": "",
        "ap": "",
    }
    return json.dumps({"e": "ORDER_TRADE_UPDATE", "E": 9, "o": body | changes})


FILL = FillHinted(
    symbol=BTC_DASH,
    client_id="jentry",
    order_id=8,
    quantity=Quantity(Decimal("0.004")),
    price=price("60000.1"),
    wire_ms=1000,  # type: ignore[arg-type] # a plain number will do
    market_ms=1000,  # type: ignore[arg-type] # likewise
)
SETTING = '{"e":"ACCOUNT_CONFIG_UPDATE","E":9,"ac":{"s":"BTC-USDT","l":4,"S":4,"mt":"isolated"}}'


async def hints(*frames: str | bytes) -> list[Event]:
    """What the core is told of these frames, before a mark that ends them."""
    inbox = Inbox()
    end = '{"e":"ACCOUNT_CONFIG_UPDATE","E":9,"ac":{"s":"END-USDT","l":1,"S":1}}'
    async with speaker() as server:
        server.scripts = [server.says(*frames, end)]
        async with running(user(server, inbox, Keys())):
            await inbox.until(LeverageChanged, 1 + sum(frame == SETTING for frame in frames[:1]))
    at = next(
        i
        for i, one in enumerate(inbox.events)
        if isinstance(one, LeverageChanged) and one.symbol == "END-USDT"
    )
    assert inbox.events[0] == StreamChanged(up=True)
    return inbox.events[1:at]


async def test_a_fill_is_told_once_and_its_order_each_time() -> None:
    state = OrderHinted(symbol=BTC_DASH, client_id="jentry", state=OrderState.PARTIALLY_FILLED, child_id=None)
    assert await hints(order(), order()) == [FILL, state, state]


async def test_a_stop_has_no_name_and_is_worth_a_look() -> None:
    look = AccountHinted(symbol=BTC_DASH)
    told = await hints(
        order(c="", o="STOP_MARKET", x="NEW", X="NEW", l="0", L="0"),
        order(c="", o="STOP_MARKET", X="FILLED", t=32),
    )
    assert told[0] == look
    assert isinstance(told[1], FillHinted)
    assert (told[1].client_id, told[1].order_id, told[2]) == ("", 8, look)


async def test_fills_without_a_trade_id_are_told_apart_by_what_is_filled() -> None:
    told = await hints(order(t=0), order(t=0), order(t=0, z="0.008"))
    assert len([one for one in told if isinstance(one, FillHinted)]) == 2


async def test_the_account_event_is_the_authority_on_exposure() -> None:
    update = (
        '{"e":"ACCOUNT_UPDATE","E":9,"a":{"m":"ORDER","B":[],"P":[{"s":"BTC-USDT","pa":"0","ps":"LONG"}]}}'
    )
    transfer = '{"e":"ACCOUNT_UPDATE","E":9,"a":{"m":"DEPOSIT","B":[],"P":[]}}'
    assert await hints(update, transfer) == [
        AccountHinted(symbol=BTC_DASH),
        AccountHinted(symbol=None, transfer=True),
    ]


async def test_a_setting_is_told_when_it_changes_and_not_every_five_seconds() -> None:
    told = await hints(SETTING, SETTING, SETTING.replace('"l":4,"S":4', '"l":9,"S":4'))
    assert told == [
        LeverageChanged(symbol=BTC_DASH, leverage=4),
        LeverageChanged(symbol=BTC_DASH, leverage=9),
    ]


async def test_an_empty_frame_is_harmless_and_an_unreadable_one_is_worth_a_look() -> None:
    look = AccountHinted(symbol=None)
    assert await hints("{}", '{"code":0}') == []
    assert await hints("nonsense", b"no gzip", '{"e":"SNAPSHOT"}', order(i="x")) == [look] * 4


async def test_a_ping_is_answered_in_their_words() -> None:
    inbox = Inbox()
    async with speaker() as server:
        server.scripts = [server.says("Ping", SETTING)]
        async with running(user(server, inbox, Keys())):
            await inbox.until(LeverageChanged)
        assert server.heard == ["Pong"]


async def test_an_expired_key_is_replaced_and_each_connection_asks_for_a_look() -> None:
    inbox, keys = Inbox(), Keys()
    async with speaker() as server:
        server.scripts = [
            server.says('{"e":"listenKeyExpired","E":9,"listenKey":"k1"}'),
            server.says(SETTING),
        ]
        async with running(user(server, inbox, keys)):
            await inbox.until(LeverageChanged)
        assert server.dialled == ["listenKey=k1", "listenKey=k2"]
    changes = [one.up for one in inbox.events if isinstance(one, StreamChanged)]
    assert changes[:3] == [True, False, True]


async def test_a_lost_connection_comes_back_with_the_same_key_where_it_lives() -> None:
    inbox, keys = Inbox(), Keys()
    async with speaker() as server:
        server.scripts = [server.says(then_closes=True), server.says(SETTING)]
        async with running(user(server, inbox, keys)):
            await inbox.until(LeverageChanged)
        assert server.dialled == ["listenKey=k1", "listenKey=k1"]
        assert keys.extended == ["k1"]


async def test_a_key_that_died_behind_open_pings_is_found_out_by_silence() -> None:
    inbox, keys = Inbox(), Keys(dead=("k1",))
    async with speaker() as server:
        server.scripts = [server.says("Ping", "{}"), server.says(SETTING)]
        async with running(user(server, inbox, keys, event_silence_s=0.1)):
            await inbox.until(LeverageChanged)
        assert server.dialled[:2] == ["listenKey=k1", "listenKey=k2"]


async def test_the_key_is_extended_in_time_and_replaced_when_the_venue_has_forgotten_it() -> None:
    inbox, keys = Inbox(), Keys(dead=("k2",))
    async with speaker() as server:
        server.scripts = [server.says(SETTING)]
        keys.dead = ()
        async with running(user(server, inbox, keys, keep_alive_s=0.02)):
            async with asyncio.timeout(DEADLINE_S):
                await keys.often.wait()
            assert server.dialled == ["listenKey=k1"]
            keys.dead = ("k1",)
            await inbox.until(StreamChanged, 3)
        assert server.dialled[:2] == ["listenKey=k1", "listenKey=k2"]


async def test_no_key_no_dial() -> None:
    inbox = Inbox()
    asked = asyncio.Event()

    async def none() -> str | Failed:
        asked.set()
        return Unknown(cause="no answer")

    async with speaker() as server:
        server.scripts = [server.says()]
        stream = UserStream(
            net=AiohttpNet(), root=server.root, make_key=none, extend_key=Keys().extend, sink=inbox.put
        )
        async with running(stream), asyncio.timeout(DEADLINE_S):
            await asked.wait()
        assert (server.dialled, inbox.events) == ([], [])


async def test_a_silent_socket_ends() -> None:
    async with speaker() as server:
        server.scripts = [server.says("one")]
        socket = await PackedNet(AiohttpNet(), silence_s=0.05).connect(
            f"{server.root}/swap-market", heartbeat_s=1
        )
        assert await socket.receive() == "one"
        assert await socket.receive() is None
        await socket.close()


# -- market --------------------------------------------------------------------------------------------------


def bar(minute: int) -> Bar:
    at = Price(Decimal(60_000 + minute))
    return Bar(
        symbol=BTC_DASH,
        open_ms=MarketMs(START_MS + minute * MINUTE),
        interval_ms=MINUTE,
        open=at,
        high=at,
        low=at,
        close=at,
        volume=Quantity(Decimal(1)),
    )


class History:
    """Bars up to a minute that the test moves on; remembers how many were asked for."""

    def __init__(self, newest: int) -> None:
        self.newest = newest
        self.asked: list[int] = []
        self.fails = 0

    async def read(self, symbol: Symbol, interval_ms: int, limit: int) -> tuple[Bar, ...] | Failed:
        self.asked.append(limit)
        if self.fails:
            self.fails -= 1
            return Unknown(cause="lost")
        return tuple(bar(minute) for minute in range(max(0, self.newest - limit + 1), self.newest + 1))


def told(inbox: Inbox) -> list[int]:
    """The minutes whose bars have been told."""
    bars = [one.bar for one in inbox.events if isinstance(one, BarClosed)]
    return [(one.open_ms - START_MS) // MINUTE for one in bars]


def candle(minute: int) -> str:
    open_ms = START_MS + minute * MINUTE
    data = [{"c": "1", "o": "1", "h": "1", "l": "1", "v": "1", "T": open_ms}]
    return json.dumps({"code": 0, "dataType": "BTC-USDT@kline_1m", "s": "BTC-USDT", "data": data})


def mark(minute: int, ms: int = 0) -> str:
    data = {"e": "markPriceUpdate", "E": START_MS + minute * MINUTE + ms, "s": "BTC-USDT", "p": "60000.5"}
    return json.dumps({"code": 0, "dataType": "BTC-USDT@markPrice", "data": data})


async def told_bars(history: History, *frames: str, after: int, count: int) -> tuple[list[int], Speaker]:
    inbox = Inbox()
    async with speaker() as server:
        server.scripts = [server.says('{"id":"x","code":0,"msg":"SUCCESS"}', *frames)]
        stream = MarketStream(
            net=AiohttpNet(),
            root=server.root,
            symbols=(BTC_DASH,),
            interval_ms=MINUTE,
            after={BTC_DASH: MarketMs(START_MS + after * MINUTE)},
            read_bars=history.read,
            sink=inbox.put,
        )
        async with running(stream):
            await inbox.until(BarClosed, count)
            if any("markPrice" in frame for frame in frames):
                await inbox.until(MarkMoved)
    return told(inbox), server


@pytest.mark.owns("D1")
async def test_D1_a_bar_is_told_when_the_next_one_has_begun_and_once() -> None:
    history = History(newest=3)
    minutes, server = await told_bars(
        history, candle(3), candle(4), candle(4), mark(4, 300), after=2, count=1
    )
    assert minutes == [3]
    assert [json.loads(one)["dataType"] for one in server.heard] == [
        "BTC-USDT@kline_1m",
        "BTC-USDT@markPrice",
    ]


@pytest.mark.owns("D1")
async def test_D1_a_mark_of_the_next_bar_says_it_too_and_gaps_are_filled() -> None:
    history = History(newest=0)
    inbox = Inbox()
    stream = MarketStream(
        net=AiohttpNet(),
        root="",
        symbols=(BTC_DASH,),
        interval_ms=MINUTE,
        after={BTC_DASH: bar(0).open_ms},
        read_bars=history.read,
        sink=inbox.put,
    )
    history.newest = 3
    # A tenth of a second into minute 5 the venue may still be closing the candle of minute 4.
    assert await stream._frame(mark(5, 100))
    assert told(inbox) == [1, 2, 3]
    history.newest = 5
    history.fails = 1
    assert await stream._frame(mark(6, 300))
    assert told(inbox) == [1, 2, 3]
    # What could not be read is asked for again.
    assert await stream._frame(mark(6, 400))
    assert told(inbox) == [1, 2, 3, 4, 5]
    assert history.asked == [3, 2, 2]


async def test_a_refused_subscription_asks_for_another_socket() -> None:
    async with speaker() as server:
        server.scripts = [
            server.says('{"id":"x","code":80015,"msg":"not exist"}'),
            server.says(mark(1)),
        ]
        inbox = Inbox()
        stream = MarketStream(
            net=AiohttpNet(),
            root=server.root,
            symbols=(BTC_DASH,),
            interval_ms=MINUTE,
            after={},
            read_bars=History(newest=0).read,
            sink=inbox.put,
        )
        async with running(stream):
            await inbox.until(MarkMoved)
        assert len(server.dialled) == 2


# -- the served exchange -------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", PositionMode)
async def test_served_a_leg_that_fires_is_hinted_and_a_forgotten_key_is_replaced(mode: PositionMode) -> None:
    inbox = Inbox()
    async with local_bingx(hedge=mode is PositionMode.HEDGE, path={3: "58500"}) as local:
        at = Table(bench=BINGX, local=local, mode=mode)
        async with running(local.venue.user_stream(inbox.put)):
            await inbox.until(StreamChanged)
            await at.enter(Rung.ATTACHED)
            (told,) = await inbox.until(FillHinted)
            assert told.client_id == entry(Rung.ATTACHED).client_id
            (leg,) = (await at.look()).orders
            await local.run_to(3)
            fills = await inbox.until(FillHinted, 2)
            assert (fills[1].price, fills[1].client_id) == (price(58_500), "")
            assert (await at.look()).positions == ()
            assert leg.key.venue_id is not None
            await local.control("faults", {"kind": "hang_up", "account": "test"})
            await inbox.until(StreamChanged, 3)


@pytest.mark.owns("D1")
async def test_D1_served_every_bar_of_a_running_market_arrives_once_in_order() -> None:
    inbox = Inbox()
    async with local_bingx(path={5: "60100.5"}) as local:
        history = await local.venue.read_bars(BTC_DASH, MINUTE, 10)
        assert isinstance(history, tuple)
        stream = local.venue.market_stream(
            symbols=[BTC_DASH], interval_ms=MINUTE, after={BTC_DASH: history[-1].open_ms}, sink=inbox.put
        )
        async with running(stream):
            await inbox.until(MarkMoved)
            await local.run_to(9)
            bars = [event.bar for event in await inbox.until(BarClosed, 9)]
    assert [one.open_ms for one in bars[:9]] == [START_MS + minute * MINUTE for minute in range(9)]
    assert bars[5].close == price("60100.5")
