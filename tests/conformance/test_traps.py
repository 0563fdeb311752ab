"""The traps of a client on this wire: each one sprung by ccxt as people use it, and our adapter beside it, not caught.

Numbers are those of the findings (exchanges, 0). Those of streams, of throttling and of BingX stand in files of their
own beside this one; `test_every_trap.py` counts them all.
"""

from __future__ import annotations

from decimal import Decimal

import ccxt.async_support as ccxt
import pytest

from jackline.core.orders import OrderState, OrderView, PositionMode, PriceSource, Snapshot
from jackline.core.outcomes import Acked, Refusal, Refused, Unknown
from jackline.core.plan import Rung
from jackline.core.requests import CancelOrder, Mutation, ReadOrder, ReadSnapshot
from jackline.core.values import price, quantity
from jackline.exchange.state import Rules
from jackline.exchange.values import StopWhileFlat
from jackline.exchange.wire.call import WireOptions
from jackline.exchange.wire.faults import Answer
from jackline.exchange.wire.forms import Form
from jackline.venue.binance.venue import BinanceVenue
from jackline.venue.canary import CanaryProof, CanaryTask, prove_rung
from jackline.venue.transport.gate import GateRefused
from tests.conformance.adapter import ours
from tests.exchange.served import exchange
from tests.venue.makers import (
    BTC,
    TRADE,
    WallClock,
    entry_plan,
    instrument,
    send_close,
    send_entry,
    send_stop,
)
from tests.venue.test_gate import a_gate, offer

SYMBOL = "BTC/USDT:USDT"
LENIENT = WireOptions(strict=False)
STOPS = {"trigger": True}


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


@pytest.mark.owns("P2")
async def test_P2_trap_2_a_stop_misspelled_is_an_order_at_the_market() -> None:
    """A venue that ignores what it does not know sells at once, and the account is short. Ours refuses to sign it."""
    misspelled = {"stopLossPrise": 59_000}
    async with exchange(options=LENIENT) as served, served.ccxt() as client:
        assert (await client.create_order(SYMBOL, "market", "sell", 0.01, None, misspelled))[
            "status"
        ] == "closed"
        assert (await client.fetch_positions())[0]["side"] == "short"
    async with exchange() as served, served.ccxt() as client:
        with pytest.raises(ccxt.BadRequest, match="-1104"):
            await client.create_order(SYMBOL, "market", "sell", 0.01, None, misspelled)
    order = {
        "symbol": "BTCUSDT",
        "side": "SELL",
        "type": "MARKET",
        "quantity": "0.01",
        "newClientOrderId": "x",
    }
    for leak in ({}, {"stopLossPrise": "59000"}):
        with pytest.raises(GateRefused):
            offer(a_gate(), "POST", "order", order | leak)


async def test_trap_2_the_unified_trigger_source_leaks_and_changes_nothing() -> None:
    """Asked for the mark, the stop rests on the last price. Ours says it in the venue's word, and reads it back."""
    asked = {"stopLossPrice": 59_000, "triggerPriceType": "mark", "reduceOnly": True}
    async with exchange(options=LENIENT) as served, served.ccxt() as client, ours(served) as venue:
        await client.create_order(SYMBOL, "market", "sell", 0.01, None, asked)
        (stop,) = await client.fetch_open_orders(SYMBOL, params=STOPS)
        assert stop["info"]["workingType"] == "CONTRACT_PRICE"
        assert isinstance(await venue.send(send_stop()), Acked)
        found = await venue.read_order(
            ReadOrder(symbol=BTC, client_id=send_stop().client_id, conditional=True)
        )
        assert isinstance(found, OrderView)
        assert found.price_source is PriceSource.MARK
    async with exchange() as served, served.ccxt() as client:
        with pytest.raises(ccxt.BadRequest, match="-1104"):
            await client.create_order(SYMBOL, "market", "sell", 0.01, None, asked)


async def test_trap_2_over_the_socket_a_stop_leaves_with_a_float_and_with_a_stray_name() -> None:
    """Numbers with a fraction travel as strings there: the venue refuses both, and there is no stop."""
    async with exchange() as served, served.ccxt(pro=True) as client, ours(served) as venue:
        for params in ({"triggerPrice": 57_000.07}, {"stopLossPrice": 57_000.5}):
            with pytest.raises(ccxt.BaseError, match="neither a string, an integer nor a boolean"):
                await client.create_order_ws(SYMBOL, "market", "sell", 0.01, None, params)
        assert await client.fetch_open_orders(SYMBOL, params=STOPS) == []
        assert isinstance(await venue.send(send_stop(trigger="57000.1")), Acked)


@pytest.mark.owns("P1")
async def test_P1_a_listing_that_leaves_the_stops_out() -> None:
    """Ccxt lists plain orders unless told otherwise, and a protected position looks naked. We read both listings."""
    async with exchange() as served, served.ccxt() as client, ours(served) as venue:
        await venue.read_account()
        assert isinstance(await venue.send(send_stop()), Acked)
        assert await client.fetch_open_orders(SYMBOL) == []
        seen = await venue.read_snapshot(ReadSnapshot(asked=1, symbols=(BTC,)))
        assert isinstance(seen, Snapshot)
        assert [order.key.client_id for order in seen.orders] == [send_stop().client_id]


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


async def proven(venue: BinanceVenue) -> CanaryProof:
    """What our canary finds out about this account."""

    async def on_stop(_: Mutation) -> None:
        """Nothing is journalled here."""

    def on_cancel(_: CancelOrder) -> None:
        """Nor here."""

    task = CanaryTask(
        trade_id=TRADE,
        attempt=1,
        instrument=instrument(),
        mark=price(60_000),
        position_mode=PositionMode.NETTING,
        price_source=PriceSource.MARK,
    )
    return await prove_rung(venue=venue, task=task, on_stop=on_stop, on_cancel=on_cancel, clock=WallClock())


@pytest.mark.owns("C4")
async def test_C4_trap_13_a_venue_that_takes_no_stop_while_flat() -> None:
    """Whoever sends both at once and looks at the entry alone is naked. Our canary asks before the first entry."""
    stop = {"triggerPrice": 59_000, "closePosition": True}
    for rule, rung in ((StopWhileFlat.REFUSE, Rung.AFTER_FILL), (StopWhileFlat.ACCEPT, Rung.STOP_FIRST)):
        async with (
            exchange(rules=Rules(stop_while_flat=rule)) as served,
            served.ccxt() as client,
            ours(served) as venue,
        ):
            await venue.read_account()
            assert (await proven(venue)).rung is rung
            if rule is StopWhileFlat.REFUSE:
                with pytest.raises(ccxt.ExchangeError, match="-4509"):
                    await client.create_order(SYMBOL, "market", "sell", 0.01, None, stop)
            else:
                await client.create_order(SYMBOL, "market", "sell", 0.01, None, stop)
            await client.create_order(SYMBOL, "market", "buy", 0.01)
            (episode,) = (await served.control("witness"))["episodes"]
            assert episode["naked_now"] is (rule is StopWhileFlat.REFUSE)


async def test_trap_13_a_stop_that_was_taken_while_flat_is_refused_when_it_fires() -> None:
    """It fires before the entry, and is gone: the entry stands naked beside an acknowledgement. We read the stop back
    after the entry, and it does not work."""
    async with (
        exchange([60_000, 60_000, 58_000, 60_000, 60_000]) as served,
        served.ccxt() as client,
        ours(served) as venue,
    ):
        await venue.read_account()
        stop = await client.create_order(
            SYMBOL, "market", "sell", 0.01, None, {"triggerPrice": 59_000, "reduceOnly": True}
        )
        assert isinstance(await venue.send(send_stop()), Acked)
        assert stop["id"]
        await served.advance(4)
        assert isinstance(await venue.send(send_entry()), Acked)
        assert (await served.control("witness"))["episodes"][0]["naked_now"]
        found = await venue.read_order(
            ReadOrder(symbol=BTC, client_id=send_stop().client_id, conditional=True)
        )
        assert isinstance(found, OrderView)
        assert not found.state.is_open
