"""The user stream against scripted sockets: every event a hint, once; every loss noticed; down only when both are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from jackline.core.events import (
    AccountHinted,
    Event,
    FillHinted,
    LeverageChanged,
    OrderHinted,
    StreamChanged,
)
from jackline.core.orders import OrderState
from jackline.core.outcomes import Unknown
from jackline.core.values import MarketMs, Symbol, WireMs, price, quantity
from jackline.venue.aiohttp_net import AiohttpNet
from jackline.venue.binance.told import Memory
from jackline.venue.binance.user_stream import FRAMES_MAX, SOCKETS, UserStream
from tests.venue.makers import BTC
from tests.venue.memory_net import MemoryNet, answered
from tests.venue.scripted import Inbox, Server, running, serving, tells

UP, DOWN = StreamChanged(up=True), StreamChanged(up=False)
LOOK = AccountHinted(symbol=None)


def keys(*names: str) -> Callable[[], Awaitable[str]]:
    """Listen keys in turn; the last one stays. Each takes a moment, as over any network."""
    left = list(names)

    async def key() -> str:
        await asyncio.sleep(0)
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


LAST = algo_frame("EXPIRED")


async def user_events(*frames: str, count: int) -> list[Event]:
    """What the frames become when both sockets tell them, after the event that the stream is up. One socket says more
    at the end: by then it has repeated everything."""
    told: list[list[Event]] = []
    for scripts in (
        (tells(*frames), tells(*frames, LAST)),
        (tells(*frames, LAST), tells(*frames)),
    ):
        inbox = Inbox()
        async with serving(*scripts) as server:
            stream = UserStream(net=AiohttpNet(), root=server.root, listen_key=keys("K"), sink=inbox.put)
            async with running(stream):
                events = await inbox.until(lambda events: hint("jstop", OrderState.EXPIRED) in events)
            assert set(server.dialled) == {"/private/ws?listenKey=K"}
        assert events[0] == UP
        told.append([event for event in events[1:] if event != hint("jstop", OrderState.EXPIRED)])
    assert told[0] == told[1]
    assert len(told[0]) == count
    return told[0]


async def both_up(server: Server, inbox: Inbox) -> list[web.WebSocketResponse]:
    """The sockets at the venue's end, once the pump has heard from each; what it said until then is forgotten."""
    await server.until(lambda server: len(server.live) == SOCKETS)
    for child, socket in enumerate(server.live, start=1):
        await socket.send_str(algo_frame("WORKING", str(child)))
    await inbox.until(lambda events: sum(isinstance(event, OrderHinted) for event in events) >= SOCKETS)
    assert [event for event in inbox.events if not isinstance(event, OrderHinted)] == [UP]
    inbox.events.clear()
    return list(server.live)


def user_stream(root: str, inbox: Inbox, listen_key: Callable[[], Awaitable[str | Unknown]]) -> UserStream:
    return UserStream(net=AiohttpNet(), root=root, listen_key=listen_key, sink=inbox.put)


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
        # A digit to Python, and no number.
        algo_frame("NEW", "²"),
        algo_frame("A_NEW_STATE"),
    )
    symbols = [Symbol("BTCUSDT"), Symbol("ETHUSDT"), None, None, None, None, None, None, None, None]
    events = await user_events(*frames, count=11)
    wanted: list[Event] = [AccountHinted(symbol=symbol) for symbol in symbols]
    wanted[3] = AccountHinted(symbol=None, transfer=True)
    wanted[5] = LeverageChanged(symbol=Symbol("BTCUSDT"), leverage=5)
    assert events[:10] == wanted
    assert events[10] == hint("jstop", OrderState.OTHER)


async def test_an_event_that_differs_in_one_word_is_another_event() -> None:
    """A trailing stop says NEW twice: before and after it is active."""
    waits = algo_frame("NEW").replace('"cp":true', '"cp":true,"ia":false')
    active = waits.replace('"ia":false', '"ia":true')
    news = hint("jstop", OrderState.NEW)
    assert await user_events(waits, active, waits, count=2) == [news, news]
    filled = order_frame(execution="TRADE", state="PARTIALLY_FILLED")
    more = order_frame(execution="TRADE", state="PARTIALLY_FILLED", trade=32)
    assert len(await user_events(filled, more, filled, count=4)) == 4


async def test_a_start_asks_for_one_key_and_looks_once() -> None:
    inbox, asked = Inbox(), 0

    async def key() -> str:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        return "K"

    async with serving(tells()) as server, running(user_stream(server.root, inbox, key)):
        await both_up(server, inbox)
        assert inbox.events == []
    assert asked == 1


async def test_one_lost_socket_is_looked_after_and_blinds_nobody() -> None:
    inbox = Inbox()
    async with serving(tells()) as server, running(user_stream(server.root, inbox, keys("K"))):
        gone, stays = await both_up(server, inbox)
        await gone.close()
        await stays.send_str(LITE)
        events = await inbox.until(lambda events: len(events) == 2)
        assert sorted(map(str, events)) == sorted(map(str, [FILL, LOOK]))
        for socket in list(server.live):
            await socket.close()
        events = await inbox.until(lambda events: events[-1] == UP)
        assert events[2:] == [DOWN, UP]


async def test_an_expired_key_moves_both_sockets() -> None:
    inbox = Inbox()
    expired = '{"e":"listenKeyExpired","E":1,"listenKey":"K1"}'
    async with (
        serving(tells()) as server,
        running(user_stream(server.root, inbox, keys("K1", "K2"))),
    ):
        first = await both_up(server, inbox)
        await first[0].send_str(expired)
        await server.until(lambda server: len(server.live) == SOCKETS and not set(first) & set(server.live))
        # The other socket's copy, and what an old one still says, is about a key that nobody uses.
        await server.live[0].send_str(expired)
        await server.live[0].send_str(expired.replace("K1", "K0"))
        await server.live[0].send_str(LITE)
        events = await inbox.until(lambda events: FILL in events)
        assert server.dialled == [f"/private/ws?listenKey=K{number}" for number in (1, 1, 2, 2)]
    assert events == [DOWN, UP, FILL]


async def test_half_open_sockets_are_noticed_by_their_silence() -> None:
    inbox = Inbox()

    async def deaf(socket: web.WebSocketResponse) -> None:
        async for _ in socket:
            pass

    async with serving(deaf, autoping=False) as server:
        stream = UserStream(
            net=AiohttpNet(), root=server.root, listen_key=keys("K"), sink=inbox.put, heartbeat_s=0.1
        )
        async with running(stream):
            events = await inbox.until(lambda events: DOWN in events)
    assert events[0] == UP


async def test_the_key_is_extended_and_a_new_one_moves_the_stream() -> None:
    inbox = Inbox()
    async with serving(tells()) as server:
        stream = UserStream(
            net=AiohttpNet(),
            root=server.root,
            listen_key=keys("K1", "K1", "K1", "K2"),
            sink=inbox.put,
            keep_alive_s=0.05,
        )
        async with running(stream):
            await inbox.until(lambda events: events.count(UP) == 2)
            await server.until(lambda server: server.dialled.count("/private/ws?listenKey=K2") == SOCKETS)
        assert server.dialled.count("/private/ws?listenKey=K1") == SOCKETS


async def test_no_key_means_no_stream_and_another_try() -> None:
    inbox = Inbox()
    answers: list[str | Unknown] = [Unknown(cause="down"), Unknown(cause="down"), "K"]

    async def key() -> str | Unknown:
        return answers.pop(0) if len(answers) > 1 else answers[0]

    async with serving(tells()) as server, running(user_stream(server.root, inbox, key)):
        await inbox.until(lambda events: events == [UP])
    # One question for both sockets, whatever comes of it.
    assert answers == ["K"]


async def test_a_key_that_cannot_be_confirmed_now_is_dialled_all_the_same() -> None:
    """Requests are banned or cut: a socket on the key of a minute ago still tells what happens."""
    inbox = Inbox()
    answers: list[str | Unknown] = ["K", Unknown(cause="banned")]

    async def key() -> str | Unknown:
        return answers.pop(0) if len(answers) > 1 else answers[0]

    async with serving(tells()) as server, running(user_stream(server.root, inbox, key)):
        for socket in await both_up(server, inbox):
            await socket.close()
        await inbox.until(lambda events: events.count(UP) == 1)
        assert set(server.dialled) == {"/private/ws?listenKey=K"}


async def test_sockets_are_renewed_in_turn_and_the_stream_stays_up() -> None:
    inbox = Inbox()
    async with serving(tells()) as server:
        stream = UserStream(
            net=AiohttpNet(), root=server.root, listen_key=keys("K"), sink=inbox.put, life_s=0.3
        )
        async with running(stream):
            await server.until(lambda server: len(server.dialled) >= 5)
            events = list(inbox.events)
    assert events[0] == UP
    assert set(events[1:]) == {LOOK}


def test_the_oldest_fill_is_forgotten_and_nothing_else() -> None:
    memory: Memory[int, str] = Memory(2)
    assert [memory.keep(key, "kept") for key in (1, 2, 2, 3)] == [True, True, False, True]
    assert [memory.get(key, "gone") for key in (1, 2, 3)] == ["gone", "kept", "kept"]


async def test_more_frames_than_anybody_reads_become_one_look() -> None:
    """A flood that arrives while the loop does not turn: the account is read instead."""
    inbox = Inbox()
    flood = [f'{{"e":"SOMETHING","number":{number}}}' for number in range(FRAMES_MAX + 1)]
    net = MemoryNet(respond=lambda _: answered(""), dialled=[flood, [LITE]])
    async with running(UserStream(net=net, root="ws://venue", listen_key=keys("K"), sink=inbox.put)):
        events = await inbox.until(lambda events: FILL in events)
        assert events[:2] == [UP, UP]
        assert LOOK not in events
        async with asyncio.timeout(10):
            await net.sockets[0].closed.wait()
