"""The traps of a client on this wire: each one sprung by ccxt as people use it, and our adapter beside it, not caught.

Numbers are those of the findings (exchanges, 0). Those of other venues and of time that passes are elsewhere: half-open
sockets, listen keys and lost events in `tests/world`, throttling in the latency benchmark.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import ccxt.async_support as ccxt
import pytest

from jackline.core.orders import OrderState, OrderView
from jackline.core.outcomes import Acked, Refusal, Refused, Unknown
from jackline.core.requests import ReadOrder
from jackline.core.values import quantity
from jackline.exchange.wire.call import WireOptions
from jackline.exchange.wire.faults import Answer
from jackline.exchange.wire.forms import Form
from jackline.venue.aiohttp_net import AiohttpNet
from jackline.venue.binance.connection import BinanceSettings
from jackline.venue.binance.endpoint import Credentials, Endpoint, VenueMode
from jackline.venue.binance.gate import GateRefused
from jackline.venue.binance.venue import BinanceVenue, open_binance
from tests.exchange.served import KEY, SECRET, Served, exchange
from tests.venue.makers import BTC, WallClock, entry_plan, send_close, send_entry, send_stop
from tests.venue.test_gate import a_gate, offer

SYMBOL = "BTC/USDT:USDT"
LENIENT = WireOptions(strict=False)


@asynccontextmanager
async def ours(served: Served) -> AsyncIterator[BinanceVenue]:
    """Our adapter on the same account."""
    settings = BinanceSettings(
        endpoint=Endpoint(mode=VenueMode.PAPER, base_url=served.url),
        credentials=Credentials(api_key=KEY, secret=SECRET),
    )
    venue = await open_binance(settings=settings, clock=WallClock(), permit=lambda _: None, net=AiohttpNet())
    try:
        yield venue
    finally:
        await venue.close()


@pytest.mark.owns("P2")
async def test_P2_trap_1_an_attached_stop_that_the_venue_ignores() -> None:
    """`stopLoss` leaves as a junk field of a market order, and the position has no stop. Ours cannot spell it."""
    async with exchange(options=LENIENT) as served, served.ccxt() as client:
        order = await client.create_order(
            SYMBOL, "market", "buy", 0.01, None, {"stopLoss": {"triggerPrice": 59_000}}
        )
        assert order["status"] == "closed"
        assert await client.fetch_open_orders(SYMBOL, params={"trigger": True}) == []
        assert len((await served.control("witness"))["episodes"]) == 1
    async with exchange() as served, served.ccxt() as client:
        with pytest.raises(ccxt.BadRequest, match="-1104"):
            await client.create_order(
                SYMBOL, "market", "buy", 0.01, None, {"stopLoss": {"triggerPrice": 59_000}}
            )
    entry = {
        "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "IOC", "quantity": "0.01",
        "price": "60100", "stopLoss": "59000",
    }  # fmt: skip
    with pytest.raises(GateRefused, match="stopLoss"):
        offer(a_gate(), "POST", "order", entry)


@pytest.mark.owns("O1", "P1")
@pytest.mark.parametrize("form", [Form.EMPTY, Form.OBJECT, Form.HTML, Form.TRUNCATED])
async def test_O1_trap_7_an_answer_of_200_that_says_nothing(form: Form) -> None:
    """Ccxt returns an order without an id, and raises nothing. To us it is unknown, and asked about."""
    paths = ("/fapi/v1/algoOrder",)
    lie = Answer(form=form, executed=form is Form.TRUNCATED, paths=paths, methods=("POST",))
    async with exchange(faults=(lie,)) as served, served.ccxt() as client, ours(served) as venue:
        stop = await client.create_order(
            SYMBOL, "market", "sell", 0.01, None, {"triggerPrice": 59_000, "reduceOnly": True}
        )
        assert (stop["id"], stop["status"]) == (None, None)
        assert isinstance(await venue.send(send_stop()), Unknown)


@pytest.mark.owns("P1")
async def test_P1_trap_8_another_address_takes_the_meaning_from_the_errors() -> None:
    """-2021 is a plain error to ccxt away from its own address. We read the number."""
    async with exchange() as served, served.ccxt(as_shipped=True) as client, ours(served) as venue:
        with pytest.raises(ccxt.ExchangeError) as refused:
            await client.create_order(
                SYMBOL, "market", "sell", 0.01, None, {"stopLossPrice": 61_000, "reduceOnly": True}
            )
        assert type(refused.value) is ccxt.ExchangeError
        outcome = await venue.send(send_stop(trigger="61000"))
        assert isinstance(outcome, Refused)
        assert (outcome.kind, outcome.code) == (Refusal.STOP_REACHED, -2021)


@pytest.mark.owns("P1")
async def test_P1_trap_6_a_stop_that_says_it_fires_is_not_filled() -> None:
    """Ccxt calls it closed. To us it is firing, and what it became is read from its child."""
    async with (
        exchange([60_000, 60_000, 58_000, 58_000]) as served,
        served.ccxt() as client,
        ours(served) as venue,
    ):
        await served.control("switches", whims={"triggering_ms": 3_600_000})
        await venue.read_account()
        assert isinstance(await venue.send(send_stop()), Acked)
        assert isinstance(await venue.send(send_entry()), Acked)
        await served.advance(3)
        assert await client.fetch_open_orders(SYMBOL, params={"trigger": True}) == []
        (position,) = await client.fetch_positions()
        assert position["contracts"] > 0
        found = await venue.read_order(
            ReadOrder(symbol=BTC, client_id=send_stop().client_id, conditional=True)
        )
        assert isinstance(found, OrderView)
        assert (found.state, found.child_id) == (OrderState.TRIGGERING, None)


@pytest.mark.owns("P3")
async def test_P3_trap_11_a_size_made_of_floats_is_one_step_short() -> None:
    """Three times 0.3 is 0.899: the stop covers less than the position. Ours are decimals, and whole positions."""
    async with exchange() as served, served.ccxt() as client:
        assert client.amount_to_precision(SYMBOL, 0.3 * 3) == "0.899"
    assert quantity("0.3") * 3 == Decimal("0.9")


@pytest.mark.owns("A1")
async def test_A1_trap_12_an_acknowledgement_without_its_price() -> None:
    """Newer schemas leave the average out: ccxt knows no price of a filled order. We read it back."""
    options = WireOptions(fill_prices=False)
    async with exchange(options=options) as served, served.ccxt() as client, ours(served) as venue:
        order = await client.create_order(SYMBOL, "market", "buy", 0.01)
        assert (order["status"], order["average"], order["price"]) == ("closed", None, None)
        entry = send_entry(entry_plan())
        assert isinstance(await venue.send(entry), Acked)
        found = await venue.read_order(ReadOrder(symbol=BTC, client_id=entry.client_id, conditional=False))
        assert isinstance(found, OrderView)
        assert found.average_price == 60_000
        assert isinstance(await venue.send(send_close()), Acked)
