"""Windows and bans: what is counted where, what going on leads to, and how fast a switch lets it pass."""

from typing import Any

import aiohttp
import msgspec
import pytest

from jackline.exchange.errors import VenueError
from jackline.exchange.wire.bans import FIRST_MS, FORGOTTEN_MS, GROWTH, LONGEST_MS, REFUSALS_MAX
from jackline.exchange.wire.limits import MINUTE_MS, WEIGHT_PER_MINUTE, Limits
from jackline.exchange.wire.lives import Lives
from jackline.exchange.wire.messages import Outbound
from jackline.exchange.wire.ws_api import WsApi
from tests.exchange.served import KEY, Served, Unserved, exchange


def said(answer: Outbound) -> Any:
    return msgspec.json.decode(answer.body)


def refused(
    limits: Limits, wire_ms: int, *, address: str = "10.0.0.1", on_socket: bool = False
) -> VenueError:
    with pytest.raises(VenueError) as refusal:
        limits.take_weight(wire_ms, 1, address=address, on_socket=on_socket)
    return refusal.value


def ban(limits: Limits, wire_ms: int, *, address: str = "10.0.0.1") -> int:
    """Goes on asking over the limit until there is a ban; its length."""
    with pytest.raises(VenueError):
        limits.take_weight(wire_ms, WEIGHT_PER_MINUTE + 1, address=address)
    for _ in range(REFUSALS_MAX - 1):
        assert refused(limits, wire_ms, address=address).http == 429
    refusal = refused(limits, wire_ms, address=address)
    assert refusal.http == 418
    return int(refusal.text.split("until ")[1].split(".")[0]) - wire_ms


def test_going_on_after_429_is_a_ban_that_grows_from_two_minutes_to_three_days() -> None:
    limits, wire_ms, lengths = Limits(), 0, list[int]()
    for _ in range(8):
        lengths.append(ban(limits, wire_ms))
        assert refused(limits, wire_ms + lengths[-1] - 1).http == 418
        wire_ms += lengths[-1]
        limits.take_weight(wire_ms + MINUTE_MS, 1, address="10.0.0.1")
        wire_ms += 2 * MINUTE_MS
    assert lengths[:3] == [FIRST_MS, FIRST_MS * GROWTH, FIRST_MS * GROWTH**2]
    assert lengths == sorted(lengths)
    assert lengths[-1] == LONGEST_MS == 3 * 86_400_000
    assert ban(limits, wire_ms + FORGOTTEN_MS + MINUTE_MS) == FIRST_MS


def test_backing_off_after_429_is_no_ban() -> None:
    limits = Limits()
    for minute in range(30):
        with pytest.raises(VenueError):
            limits.take_weight(minute * MINUTE_MS, WEIGHT_PER_MINUTE + 1, address="10.0.0.1")
        assert refused(limits, minute * MINUTE_MS + 40_001).retry_after_s == 20


def test_addresses_are_counted_and_banned_apart() -> None:
    limits = Limits()
    ban(limits, 0)
    assert limits.weight_header(0, address="10.0.0.2") == {"X-MBX-USED-WEIGHT-1M": "0"}
    limits.take_weight(0, 5, address="10.0.0.2")
    assert limits.weight_header(0, address="10.0.0.2") == {"X-MBX-USED-WEIGHT-1M": "5"}


@pytest.mark.parametrize("spared", [False, True])
def test_a_ban_reaches_open_sockets_unless_a_whim_spares_them(spared: bool) -> None:
    limits = Limits(spares_sockets=lambda: spared)
    ban(limits, 0)
    later_ms = MINUTE_MS  # the window is open again, the ban is not over
    assert refused(limits, later_ms).http == 418
    if spared:
        limits.take_weight(later_ms, 1, address="10.0.0.1", on_socket=True)
    else:
        assert refused(limits, later_ms, on_socket=True).http == 418


def test_a_speed_shortens_bans_and_not_windows() -> None:
    limits = Limits(Lives(speed=1_000.0))
    assert ban(limits, 0) == FIRST_MS / 1_000
    assert refused(limits, FIRST_MS // 1_000).http == 429
    with pytest.raises(ValueError, match=r"wire_speed 0: fix: above 0"):
        Lives().turn(0)


def test_a_ban_over_the_wire_names_its_end_and_covers_rest_and_socket() -> None:
    world = Unserved()
    for _ in range(WEIGHT_PER_MINUTE // 40):
        assert world.ask("GET", "v1/openOrders").status == 200
    limited = world.ask("GET", "v1/openOrders")
    assert (limited.status, limited.headers["Retry-After"]) == (
        429,
        "20",
    )  # the clock stands 40 s into its minute
    assert limited.headers["X-MBX-USED-WEIGHT-1M"] == "2440"
    for _ in range(REFUSALS_MAX):
        banned = world.ask("GET", "v1/openOrders")
    assert (banned.status, banned.headers["Retry-After"]) == (418, "120")
    assert said(world.buy(quantity="0.05"))["msg"].startswith(
        "Way too many requests; IP(127.0.0.1) banned until "
    )
    frame = '{"id": 1, "method": "ping", "params": {}}'
    api = WsApi(world.exchange.rest)
    assert msgspec.json.decode(api.answer(frame).frame)["status"] == 418
    assert msgspec.json.decode(api.answer(frame, address="127.0.0.9").frame)["status"] == 200
    world.exchange.venue.whims.ban_spares_sockets = True
    world.clock.now_ms += 60_000
    assert msgspec.json.decode(api.answer(frame).frame)["status"] == 200
    assert world.ask("GET", "v1/openOrders").status == 418
    world.clock.now_ms += 60_000
    assert world.ask("GET", "v1/openOrders").status == 200


async def used(served: Served, http: aiohttp.ClientSession) -> int:
    async with http.get(f"{served.url}/fapi/v1/klines?symbol=BTCUSDT&interval=1m") as answer:
        assert answer.status == 200
        return int(answer.headers["X-MBX-USED-WEIGHT-1M"])


async def test_a_second_address_has_a_window_of_its_own_on_a_real_socket() -> None:
    async with exchange() as served:
        connector = aiohttp.TCPConnector(local_addr=("127.0.0.2", 0))
        async with aiohttp.ClientSession(connector=connector) as other:
            here = [await used(served, served.http) for _ in range(3)]
            there = await used(served, other)
    assert max(here) > 5  # a minute may turn once between them
    assert there == 5


def test_orders_are_counted_per_account_and_told_in_the_headers() -> None:
    world = Unserved()
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01"}
    batch = msgspec.json.encode([order | {"price": str(58_000 + index)} for index in range(4)]).decode()
    counted = [
        world.buy(quantity="0.01"),
        world.ask("POST", "v1/batchOrders", batchOrders=batch),
        world.buy(quantity="0.01", key="other-key"),
    ]
    assert [one.headers["X-MBX-ORDER-COUNT-10S"] for one in counted] == ["1", "5", "1"]
    world.clock.now_ms += 10_000
    assert world.buy(quantity="0.01").headers["X-MBX-ORDER-COUNT-10S"] == "1"
    assert said(world.ask("GET", "v1/rateLimit/order")) == [
        {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 300},
        {"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": 1_200},
    ]
    assert "X-MBX-ORDER-COUNT-10S" not in world.ask("GET", "v3/account", key=KEY).headers
