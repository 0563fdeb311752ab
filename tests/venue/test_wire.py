"""The signed wire in front of a pool: what leaves, through which pool, and that ccxt reads no clock of its own."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import sys
from typing import Any
from urllib.parse import parse_qs

import pytest

from jackline.core.events import Now
from jackline.core.outcomes import Absent, Unknown
from jackline.core.requests import ReadOrder
from jackline.core.values import MarketMs, WireMs
from jackline.venue.binance.connection import BinanceSettings, Connection, Section
from jackline.venue.binance.orders import OrderDesk
from jackline.venue.binance.rows import TimeRow
from jackline.venue.binance.wire import SignedWire
from jackline.venue.net import HttpAnswer, NetTrouble
from jackline.venue.transport.endpoint import Credentials, Endpoint, VenueMode
from jackline.venue.transport.failures import VenueSaid
from jackline.venue.transport.lanes import Lane
from jackline.venue.transport.pace import WEIGHT_S, Pace
from tests.venue.makers import BTC, send_stop
from tests.venue.memory_net import MemoryNet, Sent, answered

ROOT = "http://127.0.0.1:8090"
NOW_MS = 1_790_000_000_000
TIME = answered('{"serverTime": 1}')
ABSENT = answered('{"code": -2013, "msg": "no such order"}', status=400)
QUESTION = ReadOrder(symbol=BTC, client_id=send_stop().client_id, conditional=True)


class StillClock:
    """It is always the same moment."""

    def __init__(self) -> None:
        self.now_ms = NOW_MS

    def now(self) -> Now:
        return Now(wire_ms=WireMs(self.now_ms), market_ms=MarketMs(self.now_ms))

    def steady_ms(self) -> int:
        return 77


def says(answer: HttpAnswer) -> MemoryNet:
    return MemoryNet(respond=lambda _: answer)


def connection(net: MemoryNet, clock: StillClock | None = None) -> Connection:
    endpoint = Endpoint(mode=VenueMode.PAPER, base_url=ROOT)
    settings = BinanceSettings(endpoint=endpoint, credentials=Credentials(api_key="k", secret="s"))
    return Connection(settings=settings, clock=clock or StillClock(), permit=lambda _: None, net=net)


async def read_time(lanes: Connection, lane: Lane) -> TimeRow:
    return await lanes.read("time", {}, row=TimeRow, deadline_s=5, lane=lane, section=Section.PUBLIC)


class Forbidden:
    """Stands for a module or function that must not be touched."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"ccxt reached for {self._name}.{name}")

    def __call__(self) -> float:
        raise AssertionError(f"ccxt called {self._name}")


@pytest.fixture
def lanes(monkeypatch: pytest.MonkeyPatch) -> tuple[MemoryNet, Connection]:
    """A connection whose copy of ccxt finds no clock, no chance and no identity once it has been built.

    Building draws one identity, for a header of proxies that is never sent.
    """
    net = MemoryNet(respond=lambda sent: TIME if "/time" in sent.url else ABSENT)
    built = connection(net)
    for module, name in (
        ("ccxt.base.exchange", "time"),
        ("ccxt.base.exchange", "random"),
        ("ccxt.base.exchange", "uuid"),
        ("ccxt.async_support.base.throttler", "time"),
    ):
        monkeypatch.setattr(sys.modules[module], name, Forbidden(f"{module}.{name}"))
    return net, built


def test_the_copy_of_ccxt_that_was_forbidden_its_clock_is_ours(lanes: tuple[MemoryNet, Connection]) -> None:
    # Behind our mechanics stands the class of ccxt.
    parent: Any = SignedWire.__mro__[2]
    with pytest.raises(AssertionError, match="time_ns"):
        parent.milliseconds()


async def test_every_lane_sends_through_its_own_pool_without_a_clock_of_ccxts(
    lanes: tuple[MemoryNet, Connection],
) -> None:
    net, built = lanes
    for lane in (Lane.GUARD, Lane.TRADE, Lane.DATA):
        assert (await read_time(built, lane)).serverTime == 1
    assert await OrderDesk(built).ask(QUESTION) == Absent()
    assert [sent.pool for sent in net.sent] == [1, 2, 3, 0]
    await built.shut()
    assert [pool.closed for pool in net.pools] == [True] * 4


async def test_an_order_leaves_signed_by_our_clock_with_key_and_form() -> None:
    net = says(answered("{}"))
    outcome = await OrderDesk(connection(net)).send(send_stop())
    assert isinstance(outcome, Unknown)
    sent, *again = net.sent
    same = [sent.body] * 2
    assert [one.body for one in again] == same, "without a clear answer a stop is sent again, the very same"
    fields = parse_qs(sent.body)
    assert (sent.method, sent.pool, sent.url) == ("POST", 0, f"{ROOT}/fapi/v1/algoOrder")
    assert sent.headers["X-MBX-APIKEY"] == "k"
    assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert fields["clientAlgoId"] == [send_stop().client_id]
    assert fields["timestamp"] == [str(NOW_MS)]
    unsigned = str(sent.body).rpartition("&signature=")[0]
    assert fields["signature"] == [hmac.new(b"s", unsigned.encode(), hashlib.sha256).hexdigest()]


async def test_a_step_of_the_wall_clock_moves_no_signature_and_is_known_at_once() -> None:
    """A request is signed by the venue's clock, which our steady one keeps; the wall is compared with it."""
    clock = StillClock()
    built = connection(says(answered(f'{{"serverTime": {NOW_MS + 40}}}')), clock)
    await built.sample_clock()
    assert built.behind_ms == 40
    clock.now_ms -= 5_000
    assert (built.venue_ms(), built.behind_ms) == (NOW_MS + 40, 5_040)


async def test_weight_and_ban_are_heard_in_lower_case() -> None:
    limits = {"x-mbx-used-weight-1m": "2399", "retry-after": "7"}
    built = connection(says(answered("{}", status=429, headers=limits)))
    with pytest.raises(VenueSaid):
        await read_time(built, Lane.GUARD)
    assert built.budget.reduction_wait_ms(NOW_MS) == 7_000
    assert "2399" in str(built.budget.bulk_refusal(NOW_MS + 7_000))


async def test_o3_trouble_of_the_net_is_unknown() -> None:
    def respond(_: Sent) -> HttpAnswer:
        raise NetTrouble("cut")

    desk = OrderDesk(connection(MemoryNet(respond=respond)))
    assert await desk.send(send_stop()) == Unknown(cause="no whole answer: cut")


async def test_bulk_reads_are_paced_on_the_loops_clock_and_who_gives_up_has_used_nothing() -> None:
    loop, pace = asyncio.get_running_loop(), Pace()
    began = loop.time()
    await pace.take(2)
    assert loop.time() - began < WEIGHT_S
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(WEIGHT_S / 5):
            await pace.take(1_000)
    await pace.take(1)
    assert 2 * WEIGHT_S <= loop.time() - began < 20 * WEIGHT_S
