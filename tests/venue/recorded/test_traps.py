"""Traps of the real ccxt, sprung by the real ccxt: what it would have sent does not pass our gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from jackline.core.requests import SendEntry
from jackline.core.values import Side
from jackline.venue.recorded.registry import VENUES
from jackline.venue.recorded.shape import Action
from jackline.venue.recorded.values import market_values
from jackline.venue.recorded.wire import ShapeRefused
from tests.venue.recorded.capture import CLIENT_SECONDS_MAX, Call, capture, flat
from tests.venue.recorded.cases import HTX_BY_MARK, ISOLATED, OKX_ALGO, Named, entering, method, reducing
from tests.venue.recorded.gates import gate_of, tickets
from tests.venue.recorded.samples import NAMES, entry, terms_of

pytestmark = pytest.mark.timeout(CLIENT_SECONDS_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """A call that looks right, what arrives (as a part of the captured request), and what our gate says."""

    name: str
    what: str
    call: Call
    sends: str
    says: str
    options: Mapping[str, Any] = field(default_factory=dict)
    side: Side = Side.LONG


def ids(name: str) -> Named:
    return Named(VENUES[name])


AMOUNTS = {
    "bybit": 0.01,
    "okx": 1,
    "bitget": 0.01,
    "kucoin-futures": 10,
    "hyperliquid": 0.01,
    "htx": 10,
    "gate": 100,
    "mexc": 100,
}
BY_MARK = {"triggerPriceType": "mark"}
TEN = {"slippage": "0.1"}
TRAPS = [
    *(
        Trap(
            name=name,
            what="a stop with the entry is ignored in silence",
            call=entering(Side.LONG, AMOUNTS[name], {"clientOrderId": ids(name).entry}),
            sends='"stopLoss":{"triggerPrice":59548.5',
            says="immediate market order" if name == "mexc" else "59548.5: prices and quantities leave as text",
        )
        for name in ("gate", "mexc")
    ),
    Trap(
        name="mexc",
        what="a stop is a market order, now",
        call=reducing(100, {"stopLossPrice": 59000}),
        sends='"type":6,"openType":2,"side":4',
        says="immediate market order",
    ),
    Trap(
        name="mexc",
        what="a stop without reduceOnly opens a short, now",
        call=method("create_order", "market", "sell", 100, None, {"stopLossPrice": 59000}),
        sends='"side":3',
        says="immediate market order",
    ),
    Trap(
        name="mexc",
        what="an IOC limit rests: its time in force is no field there",
        call=method("create_order", "limit", "buy", 100, 60150, {"timeInForce": "IOC"}),
        sends='"type":1,',
        says="immediate market order",
    ),
    *(
        Trap(
            name=name,
            what="a trailing stop is a market order, now",
            call=reducing(AMOUNTS[name], {"trailingPercent": 1}),
            sends='"trailingPercent":1',
            says="immediate market order" if name == "mexc" else "trailingPercent is not ours",
        )
        for name in ("bybit", "gate", "kucoin-futures", "mexc")
    ),
    *(
        Trap(
            name=name,
            what="the unified source of a trigger leaks, and the stop fires on the default",
            call=reducing(AMOUNTS[name], {**BY_MARK, "stopLossPrice": 59000, "clientOrderId": ids(name).stop}),
            sends='"triggerPriceType":"mark"',
            says="triggerPriceType is not ours",
        )
        for name in ("bybit", "okx", "bitget", "gate", "htx", "kucoin-futures")
    ),
    Trap(
        name="bitget",
        what="mark is no word of the venue's",
        call=reducing(0.01, {"stopLossPrice": 59000, "triggerPriceType": "mark"}),
        sends='"triggerType":"mark"',
        says="triggerType='mark' is not of the form word",
    ),
    Trap(
        name="kucoin-futures",
        what="a leverage of 1 that nobody asked for",
        call=entering(Side.LONG, 10, {**ISOLATED, "clientOrderId": ids("kucoin-futures").entry}),
        sends='"leverage":1',
        says="differs from its plan: leverage 1",
    ),
    Trap(
        name="kucoin-futures",
        what="a short's stop on the winning side",
        call=entering(Side.SHORT, 10, {**ISOLATED, "leverage": 4, "clientOrderId": ids("kucoin-futures").entry}),
        sends='"triggerStopDownPrice":"60448.5"',
        says="P2",
        side=Side.SHORT,
    ),
    Trap(
        name="hyperliquid",
        what="the type of a stop is limit, at its trigger: it does not fill in a fall",
        call=lambda client, symbol: client.create_order(
            symbol, "limit", "buy", 0.01, 60150,
            {"timeInForce": "IOC", "stopLoss": {"triggerPrice": 59549}, "clientOrderId": ids("hyperliquid").entry},
        ),
        sends='"isMarket":false',
        says="isMarket=False, not True",
    ),
    Trap(
        name="hyperliquid",
        what="the worst price of a separate stop counts from the price that is given, here above the trigger",
        call=reducing(0.01, {"stopLossPrice": 50000, "clientOrderId": ids("hyperliquid").stop}, 60000),
        sends='"p":"57000","s":"0.01","r":true,"t":{"trigger":{"isMarket":true,"triggerPx":"50000"',
        says="worst price 57000 of a stop that has to reach 45000",
    ),
    Trap(
        name="hyperliquid",
        what="a builder's fee is approved before the first order",
        call=reducing(0.01, {"stopLossPrice": 59000}, 59000),
        sends='"type":"approveBuilderFee"',
        says="is not ours",
    ),
    Trap(
        name="hyperliquid",
        what="a builder rides along with every order",
        call=reducing(0.01, {**TEN, "stopLossPrice": 59000, "clientOrderId": ids("hyperliquid").stop}, 59000),
        sends='"builder":{"b":',
        says="action.builder is not ours",
        options={"approvedBuilderFee": True},
    ),
    Trap(
        name="hyperliquid",
        what="entry and leg under one id",
        call=entering(Side.LONG, 0.01, {"clientOrderId": ids("hyperliquid").entry}, {"triggerPrice": 59549}),
        sends='"grouping":"normalTpsl"',
        says="P2",
    ),
    Trap(
        name="okx",
        what="the id of an algo order arrives under the name of a plain one's",
        call=reducing(1, {**OKX_ALGO, "stopLossPrice": 59000, "clientOrderId": ids("okx").stop}),
        sends='"clOrdId":',
        says="algoClOrdId is missing",
    ),
    Trap(
        name="okx",
        what="a stop fires on the last price unless told otherwise, and waits at the price that came with it",
        call=reducing(1, {**ISOLATED, "stopLossPrice": 59000, "algoClOrdId": ids("okx").stop}, 60000),
        sends='"slOrdPx":"60000","slTriggerPxType":"last"',
        says="slOrdPx='60000', not '-1'",
    ),
    Trap(
        name="okx",
        what="cross margin unless told otherwise",
        call=entering(Side.LONG, 1, {"clientOrderId": ids("okx").entry}, {"triggerPriceType": "mark"}),
        sends='"tdMode":"cross"',
        says="is missing",
        options={"createOrder": "privatePostTradeOrder"},
    ),
    Trap(
        name="htx",
        what="a stop that does not say reduce-only",
        call=reducing(10, {**ISOLATED, **HTX_BY_MARK, "stopLossPrice": 59000, "clientOrderId": ids("htx").stop}),
        sends='"type":"sl"',
        says="reduce_only is missing",
    ),
    Trap(
        name="htx",
        what="an id of letters leaks and the order has none",
        call=reducing(10, {**ISOLATED, "clientOrderId": "jabc0000010001w001zz"}),
        sends='"clientOrderId":"jabc0000010001w001zz"',
        says="client_order_id is missing",
    ),
    Trap(
        name="bybit",
        what="an attached stop that does not say what fires it",
        call=entering(Side.LONG, 0.01, {"positionIdx": 0, "clientOrderId": ids("bybit").entry}),
        sends='"stopLoss":"59548.5"',
        says="slTriggerBy is missing",
        options={"recvWindow": 1500},
    ),
    Trap(
        name="gate",
        what="the id of a stop without the prefix that the venue asks for",
        call=reducing(100, {"stopLossPrice": 59000, "price_type": 1, "clientOrderId": "jabc0000010001w001zz"}),
        sends='"text":"jabc0000010001w001zz"',
        says="initial.text='jabc0000010001w001zz' is not of the form text",
    ),
]  # fmt: skip


def planned(trap: Trap) -> SendEntry:
    return entry(VENUES[trap.name], trap.side)


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: f"{trap.name}: {trap.what}")
async def test_P2_what_ccxt_would_send_does_not_leave(trap: Trap) -> None:
    venue = VENUES[trap.name]
    sent = await capture(venue.profile.ccxt_id, trap.call, trap.options)
    seen = [request for request in sent if trap.sends in (request.body or "").replace(": ", ":")]
    assert len(seen) == 1, [request.body for request in sent]
    gate = gate_of(venue)
    with tickets(gate, venue, planned(trap)), pytest.raises(ShapeRefused) as refused:
        gate.check(method=seen[0].method, url=seen[0].url, headers=seen[0].headers, body=seen[0].body)
    assert trap.says in str(refused.value)


BLIND: dict[str, dict[str, Any]] = {
    "bybit": {},
    "okx": {"trigger": True},
    "bitget": {"trigger": True},
    "kucoin-futures": {},
    "htx": {"trigger": True},
    "gate": {},
}
"""The listing that ccxt makes of open (trigger) orders, and in which a stop of ours is not."""


@pytest.mark.parametrize("name", sorted(BLIND))
async def test_P1_the_listing_that_ccxt_makes_by_itself_does_not_show_our_stop(name: str) -> None:
    venue = VENUES[name]
    (only,) = await capture(venue.profile.ccxt_id, method("fetch_open_orders", None, None, BLIND[name]))
    asked = only.fields(venue)
    needed = venue.of(Action.LIST_CONDITIONAL)[0].write(market_values(venue, terms_of(venue)))
    told = flat(method=needed.method, path=needed.path, query=needed.query, headers={}, body=None)
    kinds = {"path", "orderFilter", "ordType", "planType", "type"}
    assert {key: asked.get(key) for key in kinds} != {key: told.get(key) for key in kinds}


def test_every_wired_venue_has_a_trap_of_its_own() -> None:
    assert {trap.name for trap in TRAPS} == {*NAMES, "mexc"}
