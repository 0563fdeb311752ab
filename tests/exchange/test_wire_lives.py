"""What ends by itself: listen keys after an hour, sockets after a day, both sooner where a switch says so."""

import asyncio
from typing import Any

import aiohttp
import msgspec
import pytest

from jackline.exchange.wire.call import WireOptions
from jackline.exchange.wire.floor import SOCKET_LIFE_MS
from jackline.exchange.wire.listen_keys import LIFE_MS
from tests.exchange.served import DEADLINE_S, KEY, Ear, Unserved, exchange, receive

ENDED = {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED}


def names(ear: Ear) -> list[str]:
    return [one["e"] for one in ear.heard]


def keyed(world: Unserved, method: str) -> Any:
    answer = world.exchange.rest.respond(world.request(method, "v1/listenKey"))
    return answer.status, msgspec.json.decode(answer.body)


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_post_and_put_give_a_key_another_hour_and_the_same_name(method: str) -> None:
    world = Unserved()
    ear = world.user_ear()
    key = keyed(world, "POST")[1]["listenKey"]
    world.clock.now_ms += LIFE_MS - 1
    assert keyed(world, method) == (200, {"listenKey": key})
    world.clock.now_ms += LIFE_MS - 1
    world.tick(60_000)
    assert ear.heard == []
    world.clock.now_ms += 1
    world.tick(60_000)
    (farewell,) = ear.heard
    assert (farewell["e"], farewell["listenKey"]) == ("listenKeyExpired", key)


def test_an_expired_key_is_told_once_and_hears_nothing_more() -> None:
    world = Unserved()
    ear = world.user_ear()
    world.clock.now_ms += LIFE_MS
    world.tick(60_000)
    world.buy(quantity="0.05")
    world.tick(60_000)
    assert names(ear) == ["listenKeyExpired"]
    assert keyed(world, "PUT")[1]["code"] == -1125
    assert not ear.closed  # the socket stays; only its key is gone
    later = world.user_ear()
    world.buy(quantity="0.05")
    assert "ORDER_TRADE_UPDATE" in names(later)


def test_a_socket_is_closed_after_a_day_whatever_it_carries() -> None:
    world = Unserved()
    market, api = Ear(), Ear()
    hub = world.exchange.floor.hub
    assert hub.attach("/market/stream", "streams=btcusdt@bookTicker", market)
    assert hub.enter(api)
    world.clock.now_ms += SOCKET_LIFE_MS - 1
    late = world.user_ear()
    world.tick(60_000)
    assert not market.closed
    world.clock.now_ms += 1
    world.tick(60_000)
    assert (market.closed, api.closed, late.closed) == (True, True, False)


async def ended(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    """Reads to the end; the code of the close frame."""
    async with asyncio.timeout(DEADLINE_S):
        while (await socket.receive()).type not in ENDED:
            pass
    return socket.close_code


@pytest.mark.parametrize("path", ["/market/ws", "/public/stream", "/private/ws", "/ws-fapi/v1"])
async def test_every_kind_of_socket_ends_with_going_away_at_a_scaled_day(path: str) -> None:
    async with exchange(options=WireOptions(wire_speed=1_000_000)) as served, served.socket(path) as socket:
        assert await ended(socket) == aiohttp.WSCloseCode.GOING_AWAY


async def test_a_scaled_hour_ends_a_key_over_a_real_socket_unless_it_is_extended() -> None:
    async with exchange() as served:
        _, opened = await served.raw("POST", "/fapi/v1/listenKey", key=KEY)
        async with served.socket(f"/private/ws?listenKey={opened['listenKey']}") as socket:
            told = await served.control("switches", wire_speed=20_000)
            assert told["switches"]["wire_speed"] == 20_000
            assert await served.raw("PUT", "/fapi/v1/listenKey", key=KEY) == (
                200,
                opened,
            )  # now it has 180 ms
            (farewell,) = await receive(socket, lambda one: one["e"] == "listenKeyExpired")
            assert farewell["listenKey"] == opened["listenKey"]
        assert (await served.raw("PUT", "/fapi/v1/listenKey", key=KEY))[1]["code"] == -1125
        assert "error" in await served.control("switches", wire_speed=0)
