"""The same intents said to ccxt: which call, with which raw parameters, comes out as ours; and where none does, why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jackline.core.values import Side
from jackline.venue.recorded.bitget import BITGET
from jackline.venue.recorded.bybit import BYBIT
from jackline.venue.recorded.gate_io import GATE
from jackline.venue.recorded.htx import HTX
from jackline.venue.recorded.hyperliquid import HYPERLIQUID
from jackline.venue.recorded.ids import leg_id
from jackline.venue.recorded.kucoin import KUCOIN
from jackline.venue.recorded.okx import OKX
from jackline.venue.recorded.venue import RecordedVenue
from tests.venue.recorded.capture import Call
from tests.venue.recorded.samples import WHOLE_STOP, cancel, close, entry, reading, stop, target


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One golden case and the call that is to agree with it.

    Attributes:
        added: what we say and ccxt does not, with the reason.
        surplus: what ccxt says and we do not, with the reason.
        differs: what both say differently, with the reason.
    """

    venue: RecordedVenue
    golden: str
    call: Call
    options: Mapping[str, Any] = field(default_factory=dict)
    added: Mapping[str, str] = field(default_factory=dict)
    surplus: Mapping[str, str] = field(default_factory=dict)
    differs: Mapping[str, str] = field(default_factory=dict)

    @property
    def exact(self) -> bool:
        return not self.added and not self.surplus and not self.differs


class Named:
    """Client ids of the samples, in the venue's own form."""

    def __init__(self, venue: RecordedVenue) -> None:
        spell = venue.profile.client_id
        self.entry = spell(entry(venue).client_id)
        self.leg = spell(leg_id(entry(venue)) or "")
        self.whole = spell(stop(venue).client_id)
        self.stop = spell(stop(venue, size="0.010").client_id)
        self.target = spell(target(venue).client_id)
        self.close = spell(close(venue).client_id)
        self.plain = spell(cancel(venue, conditional=False).key.client_id)
        self.algo = spell(cancel(venue, conditional=True).key.client_id)
        self.read = spell(reading(venue, conditional=False).client_id)


COLLAR = {Side.LONG: 60150, Side.SHORT: 59850}
LEG = {Side.LONG: 59548.5, Side.SHORT: 60448.5}
OPENS = {Side.LONG: "buy", Side.SHORT: "sell"}
IOC = {"timeInForce": "IOC"}
ISOLATED = {"marginMode": "isolated"}
ALL: list[Case] = []


def case(venue: RecordedVenue, golden: str, call: Call, **rest: Any) -> None:
    ALL.append(Case(venue=venue, golden=golden, call=call, **rest))


def entering(
    side: Side, amount: float, params: Mapping[str, Any], sl: Mapping[str, Any] | None = None
) -> Call:
    stop_loss = {"triggerPrice": LEG[side], "type": "market", **(sl or {})}
    told = {**IOC, **params, "stopLoss": stop_loss}
    return lambda client, symbol: client.create_order(
        symbol, "limit", OPENS[side], amount, COLLAR[side], told
    )


def reducing(
    amount: float | None, params: Mapping[str, Any], price: float | None = None, kind: str = "market"
) -> Call:
    told = {"reduceOnly": True, **params}
    return lambda client, symbol: client.create_order(symbol, kind, "sell", amount, price, told)


def method(name: str, *arguments: Any, symbol_at: int = 0) -> Call:
    """A unified method; the symbol stands at `symbol_at`."""

    def call(client: Any, symbol: str) -> Any:
        placed = [*arguments[:symbol_at], symbol, *arguments[symbol_at:]]
        return getattr(client, name)(*placed)

    return call


def levering(params: Mapping[str, Any]) -> Call:
    return lambda client, symbol: client.set_leverage(4, symbol, params)


def bare(side: Side, params: Mapping[str, Any]) -> Call:
    """An entry without a stop: on the venue where the stop follows the fill."""
    return lambda client, symbol: client.create_order(symbol, "limit", OPENS[side], 100, COLLAR[side], params)


def raw(name: str, params: Any = None) -> Call:
    """An implicit method: path and signature are ccxt's, the parameters ours."""
    return lambda client, symbol: getattr(client, name)({} if params is None else params)


# ------------------------------------------------------------------------------------------------ Bybit

_B = Named(BYBIT)
_LONG = {"recvWindow": 10_000}
_BY_MARK = {"triggerBy": "MarkPrice", "positionIdx": 0}
_BY_LEG = {"slTriggerBy": "MarkPrice", "tpslMode": "Full", "slOrderType": "Market"}
for _side in Side:
    case(
        BYBIT,
        f"entry, netting {_side}",
        entering(_side, 0.01, {**_BY_LEG, "clientOrderId": _B.entry, "positionIdx": 0}),
        options={"recvWindow": 1500},
    )
    case(
        BYBIT,
        f"entry, hedge {_side}",
        entering(_side, 0.01, {**_BY_LEG, "clientOrderId": _B.entry, "hedged": True}),
        options={"recvWindow": 1500},
    )
case(
    BYBIT,
    "stop of the whole position, netting long",
    reducing(
        None,
        {"stopLossPrice": 59000, "tradingStopEndpoint": True, "slTriggerBy": "MarkPrice", "positionIdx": 0},
    ),
    options=_LONG,
    surplus={"reduceOnly": "left over from the unified parameters; trading-stop knows no such field"},
)
case(
    BYBIT,
    "stop of a quantity, netting long",
    reducing(0.01, {**_BY_MARK, "stopLossPrice": 59000, "clientOrderId": _B.stop}),
    options=_LONG,
)
case(
    BYBIT,
    "target, netting long",
    reducing(0.01, {**_BY_MARK, "takeProfitPrice": 63000, "clientOrderId": _B.target}),
    options=_LONG,
)
case(
    BYBIT,
    "close at market, netting long",
    reducing(0.01, {"positionIdx": 0, "clientOrderId": _B.close}),
    options=_LONG,
)
case(
    BYBIT,
    "close at market, hedge long",
    reducing(0.01, {"hedged": True, "clientOrderId": _B.close}),
    options=_LONG,
    added={"reduceOnly": "ccxt drops the flag in hedge mode; the venue takes it there too"},
)
case(
    BYBIT,
    "close by limit, netting long",
    reducing(0.01, {**IOC, "positionIdx": 0, "clientOrderId": _B.close}, 59400, "limit"),
    options=_LONG,
)
case(
    BYBIT,
    "move stop, long",
    raw(
        "privatePostV5OrderAmend",
        {
            "category": "linear",
            "symbol": "BTCUSDT",
            "orderLinkId": _B.stop,
            "triggerPrice": "59500",
            "triggerBy": "MarkPrice",
        },
    ),
    options=_LONG,
)
case(
    BYBIT,
    "cancel plain by name",
    method("cancel_order", None, {"orderLinkId": _B.plain}, symbol_at=1),
    options=_LONG,
)
case(
    BYBIT,
    "cancel conditional by name",
    method("cancel_order", None, {"orderLinkId": _B.algo}, symbol_at=1),
    options=_LONG,
)
case(BYBIT, "read plain", method("fetch_open_orders", None, None, {"orderLinkId": _B.read}), options=_LONG)
case(
    BYBIT,
    "read conditional",
    method("fetch_open_orders", None, None, {"orderLinkId": _B.read, "trigger": True}),
    options=_LONG,
)
case(BYBIT, "list 1", method("fetch_open_orders", None, 50), options=_LONG)
case(BYBIT, "list 2", method("fetch_open_orders", None, 50, {"trigger": True}), options=_LONG)
case(BYBIT, "positions 1", lambda client, symbol: client.fetch_positions([symbol]), options=_LONG)
case(BYBIT, "settings 1", method("fetch_leverage"), options=_LONG)
case(BYBIT, "prepare netting 1", lambda client, symbol: client.set_leverage(4, symbol), options=_LONG)
case(
    BYBIT,
    "prepare netting 2",
    lambda client, symbol: client.set_margin_mode("isolated", symbol),
    options=_LONG,
)

# -------------------------------------------------------------------------------------------------- OKX

_O = Named(OKX)
_ONE = {"createOrder": "privatePostTradeOrder"}
_OKX_ENTRY_ADDED = {
    "attachAlgoOrds.0.attachAlgoClOrdId": "the unified stopLoss has no place for an id of the leg",
    "expTime": "ccxt sends no expiry",
}
for _side in Side:
    for _mode, _hedged in (("netting", {}), ("hedge", {"hedged": True})):
        case(
            OKX,
            f"entry, {_mode} {_side}",
            entering(
                _side, 1, {**ISOLATED, **_hedged, "clientOrderId": _O.entry}, {"triggerPriceType": "mark"}
            ),
            options=_ONE,
            added=_OKX_ENTRY_ADDED,
        )
OKX_ALGO = {**ISOLATED, "slTriggerPxType": "mark"}
_LEFT = {"clOrdId": "none was given: ccxt makes one up", "tag": "ccxt's broker id"}
for _mode, _hedged in (("netting", {}), ("hedge", {"hedged": True})):
    case(
        OKX,
        f"stop of a quantity, {_mode} long",
        reducing(1, {**OKX_ALGO, **_hedged, "stopLossPrice": 59000, "algoClOrdId": _O.stop}),
        surplus=_LEFT,
    )
    case(
        OKX,
        f"close at market, {_mode} long",
        reducing(1, {**ISOLATED, **_hedged, "clientOrderId": _O.close}),
        options=_ONE,
    )
case(
    OKX,
    "stop of the whole position, netting long",
    reducing(1, {**OKX_ALGO, "stopLossPrice": 59000, "closeFraction": "1", "algoClOrdId": _O.whole}),
    surplus=_LEFT,
)
case(
    OKX,
    "target, netting long",
    reducing(1, {**ISOLATED, "tpTriggerPxType": "mark", "takeProfitPrice": 63000, "algoClOrdId": _O.target}),
    surplus=_LEFT,
)
case(
    OKX,
    "close by limit, netting long",
    reducing(1, {**ISOLATED, **IOC, "clientOrderId": _O.close}, 59400, "limit"),
    options=_ONE,
)
case(OKX, "cancel plain by name", method("cancel_order", "x", {"clOrdId": _O.plain}, symbol_at=1))
case(OKX, "cancel plain by id", method("cancel_order", "12345", symbol_at=1))
case(OKX, "cancel conditional by id", method("cancel_order", "12345", {"trigger": True}, symbol_at=1))
case(
    OKX,
    "cancel conditional by name",
    raw("privatePostTradeCancelAlgos", [{"instId": "BTC-USDT-SWAP", "algoClOrdId": _O.algo}]),
)
case(
    OKX,
    "move stop, long",
    raw(
        "privatePostTradeAmendAlgos",
        {
            "instId": "BTC-USDT-SWAP",
            "algoClOrdId": _O.stop,
            "newSlTriggerPx": "59500",
            "newSlOrdPx": "-1",
            "newSlTriggerPxType": "mark",
        },
    ),
)
case(OKX, "read plain", method("fetch_order", "x", {"clOrdId": _O.read}, symbol_at=1))
case(
    OKX,
    "read conditional",
    method("fetch_order", "x", {"clOrdId": _O.read, "trigger": True}, symbol_at=1),
)
case(OKX, "list 1", method("fetch_open_orders", None, 100))
for _place, _kind in enumerate(("conditional", "oco", "trigger", "move_order_stop"), start=2):
    case(OKX, f"list {_place}", method("fetch_open_orders", None, 100, {"ordType": _kind}))
case(OKX, "positions 1", lambda client, symbol: client.fetch_positions([symbol]))
case(OKX, "settings 1", method("fetch_leverage", {"mgnMode": "isolated"}))
case(OKX, "settings 2", method("fetch_position_mode"))
_LEVER = {"lever": "ccxt sends a number where the venue's documents say text"}
for _mode, _pos, _net in (
    ("netting", {}, {"posSide": "ccxt says net, which the documents ask for in no case"}),
    ("hedge", {"posSide": "long"}, {}),
):
    case(
        OKX,
        f"prepare {_mode} 1",
        levering({"mgnMode": "isolated", **_pos}),
        differs=_LEVER,
        surplus=_net,
    )

# ----------------------------------------------------------------------------------------------- Bitget

_G = Named(BITGET)
for _side in Side:
    for _mode, _hedged in (("netting", {}), ("hedge", {"hedged": True})):
        case(
            BITGET,
            f"entry, {_mode} {_side}",
            entering(_side, 0.01, {**ISOLATED, **_hedged, "clientOrderId": _G.entry}),
        )
_PLACED = {
    "orderType": "a stop of a position has none: the venue closes it at market",
    "force": "the same",
}
for _mode, _hedged in (("netting", {}), ("hedge", {"hedged": True})):
    case(
        BITGET,
        f"stop of the whole position, {_mode} long",
        reducing(
            0.01, {**_hedged, "stopLossPrice": 59000, "triggerType": "mark_price", "clientOrderId": _G.whole}
        ),
        surplus={**_PLACED, "size": "a whole position has no size"},
    )
    case(
        BITGET,
        f"stop of a quantity, {_mode} long",
        reducing(
            0.01,
            {
                **_hedged,
                "stopLossPrice": 59000,
                "triggerType": "mark_price",
                "planType": "loss_plan",
                "clientOrderId": _G.stop,
            },
        ),
        surplus=_PLACED,
    )
    case(
        BITGET,
        f"close at market, {_mode} long",
        reducing(0.01, {**ISOLATED, **_hedged, "clientOrderId": _G.close}),
    )
case(
    BITGET,
    "target, netting long",
    reducing(
        0.01,
        {
            "takeProfitPrice": 63000,
            "triggerType": "mark_price",
            "planType": "profit_plan",
            "clientOrderId": _G.target,
        },
    ),
    surplus=_PLACED,
)
case(
    BITGET,
    "close by limit, netting long",
    reducing(0.01, {**ISOLATED, **IOC, "clientOrderId": _G.close}, 59400, "limit"),
)
case(BITGET, "cancel plain by id", method("cancel_order", "12345", symbol_at=1))
case(BITGET, "cancel plain by name", method("cancel_order", None, {"clientOid": _G.plain}, symbol_at=1))
case(
    BITGET,
    "cancel conditional by id",
    method("cancel_order", "12345", {"trigger": True, "planType": "loss_plan"}, symbol_at=1),
)
case(
    BITGET,
    "move stop, long",
    lambda client, symbol: client.edit_order(
        None, symbol, "market", "sell", 0.01, None,
        {"stopLossPrice": 59500, "clientOid": _G.stop, "triggerType": "mark_price"},
    ),
    added={"triggerType": "ccxt drops it: the moved stop would fire on the venue's default"},
)  # fmt: skip
case(BITGET, "read plain", method("fetch_order", None, {"clientOid": _G.read}, symbol_at=1))
case(
    BITGET,
    "read conditional",
    method(
        "fetch_open_orders", None, None, {"trigger": True, "planType": "profit_loss", "clientOid": _G.read}
    ),
)
case(BITGET, "list 1", method("fetch_open_orders", None, 100))
for _place, _kind in enumerate(("profit_loss", "normal_plan", "track_plan"), start=2):
    case(
        BITGET, f"list {_place}", method("fetch_open_orders", None, 100, {"trigger": True, "planType": _kind})
    )
case(BITGET, "positions 1", lambda client, symbol: client.fetch_positions([symbol]))
case(BITGET, "settings 1", method("fetch_leverage"))
case(BITGET, "prepare netting 1", lambda client, symbol: client.set_leverage(4, symbol))
case(BITGET, "prepare netting 2", lambda client, symbol: client.set_margin_mode("isolated", symbol))

# ----------------------------------------------------------------------------------------------- KuCoin

_K = Named(KUCOIN)
_FOUR = {"leverage": 4}
_DEFAULT = {"leverage": "a default of 1 that nobody asked for; a reduction needs none"}
for _mode, _hedged in (("netting", {}), ("hedge", {"hedged": True})):
    case(
        KUCOIN,
        f"entry, {_mode} long",
        entering(
            Side.LONG,
            10,
            {**ISOLATED, **_FOUR, **_hedged, "clientOrderId": _K.entry},
            {"triggerPriceType": "mark"},
        ),
    )
    case(
        KUCOIN,
        f"entry, {_mode} short",
        entering(Side.SHORT, 10, {**ISOLATED, **_FOUR, **_hedged, "clientOrderId": _K.entry}),
        added={"triggerStopUpPrice": "a short loses upwards"},
        surplus={
            "triggerStopDownPrice": "ccxt calls every stop the lower one: for a short that is its target"
        },
    )
    case(
        KUCOIN,
        f"stop of a quantity, {_mode} long",
        reducing(10, {**ISOLATED, **_hedged, "stopLossPrice": 59000, "clientOrderId": _K.stop}),
        surplus=_DEFAULT,
    )
    case(
        KUCOIN,
        f"close at market, {_mode} long",
        reducing(10, {**ISOLATED, **_hedged, "clientOrderId": _K.close}),
        surplus=_DEFAULT,
    )
case(
    KUCOIN,
    "stop of the whole position, netting long",
    reducing(10, {**ISOLATED, "stopLossPrice": 59000, "closeOrder": True, "clientOrderId": _K.whole}),
    surplus={
        **_DEFAULT,
        "size": "a whole position has no size",
        "reduceOnly": "closeOrder says it",
    },
)
case(
    KUCOIN,
    "target, netting long",
    reducing(10, {**ISOLATED, "takeProfitPrice": 63000, "clientOrderId": _K.target}),
    surplus=_DEFAULT,
)
case(
    KUCOIN,
    "close by limit, netting long",
    reducing(10, {**ISOLATED, **IOC, "clientOrderId": _K.close}, 59400, "limit"),
    surplus=_DEFAULT,
)
case(KUCOIN, "cancel plain by id", method("cancel_order", "12345", symbol_at=1))
case(KUCOIN, "cancel plain by name", method("cancel_order", None, {"clientOid": _K.plain}, symbol_at=1))
case(KUCOIN, "read plain", method("fetch_order", None, {"clientOid": _K.read}, symbol_at=1))
case(KUCOIN, "list 1", method("fetch_open_orders", None, None, {"pageSize": 1000}))
case(KUCOIN, "list 2", method("fetch_open_orders", None, None, {"trigger": True, "pageSize": 1000}))
case(KUCOIN, "positions 1", lambda client, symbol: client.fetch_positions([symbol]))
case(KUCOIN, "settings 1", method("fetch_leverage"))
case(KUCOIN, "settings 2", method("fetch_position_mode"))
case(KUCOIN, "prepare netting 1", lambda client, symbol: client.set_leverage(4, symbol))
case(KUCOIN, "prepare netting 2", lambda client, symbol: client.set_margin_mode("isolated", symbol))

# ------------------------------------------------------------------------------------------ Hyperliquid

_H = Named(HYPERLIQUID)
_TEN = {"slippage": "0.1"}
for _side in Side:
    case(
        HYPERLIQUID,
        f"entry, netting {_side}",
        entering(_side, 0.01, {**_TEN, "clientOrderId": _H.entry}, {"triggerPrice": int(WHOLE_STOP[_side])}),
        added={"expiresAfter": "ccxt sends no expiry with orders"},
        differs={
            "action.orders.1.c": "ccxt names the leg as it names the entry",
        },
    )
case(
    HYPERLIQUID,
    "stop of a quantity, netting long",
    # ccxt counts the slippage of a separate stop from the price it is given: it is given the trigger.
    reducing(0.01, {**_TEN, "stopLossPrice": 59000, "clientOrderId": _H.stop}, 59000),
)
case(
    HYPERLIQUID,
    "target, netting long",
    reducing(0.01, {**_TEN, "takeProfitPrice": 63000, "clientOrderId": _H.target}, 63000),
)
case(
    HYPERLIQUID,
    "stop of the whole position, netting long",
    lambda client, symbol: client.create_order(
        symbol, "market", "buy", 0.01, 60000,
        {**_TEN, "clientOrderId": _H.whole, "grouping": "positionTpsl", "stopLoss": {"triggerPrice": 59000}},
    ),
)  # fmt: skip
case(HYPERLIQUID, "close at market, netting long", reducing(0.01, {**_TEN, "clientOrderId": _H.close}, 60000))
case(
    HYPERLIQUID,
    "close by limit, netting long",
    reducing(0.01, {**IOC, "clientOrderId": _H.close}, 59400, "limit"),
)
case(HYPERLIQUID, "cancel plain by id", method("cancel_order", "12345", symbol_at=1))
case(
    HYPERLIQUID,
    "cancel plain by name",
    method("cancel_order", None, {"clientOrderId": _H.plain}, symbol_at=1),
)
case(HYPERLIQUID, "read plain", method("fetch_order", None, {"clientOrderId": _H.read}, symbol_at=1))
case(HYPERLIQUID, "list 1", method("fetch_open_orders"))
case(HYPERLIQUID, "positions 1", lambda client, symbol: client.fetch_positions([symbol]))
case(
    HYPERLIQUID,
    "prepare netting 1",
    lambda client, symbol: client.set_leverage(4, symbol, {"marginMode": "isolated"}),
)

# -------------------------------------------------------------------------------------------------- HTX

_X = Named(HTX)
_BROKER = {"channel_code": "ccxt's broker id"}
HTX_BY_MARK = {"sl_trigger_price_type": "mark"}
for _side in Side:
    case(
        HTX,
        f"entry, netting {_side}",
        entering(_side, 10, {**ISOLATED, **HTX_BY_MARK, "clientOrderId": _X.entry}),
        surplus=_BROKER,
    )
    case(
        HTX,
        f"entry, hedge {_side}",
        entering(
            _side,
            10,
            {
                **ISOLATED,
                **HTX_BY_MARK,
                "clientOrderId": _X.entry,
                "hedged": True,
                "position_side": _side.value,
            },
        ),
        surplus=_BROKER,
    )
case(
    HTX,
    "stop of a quantity, netting long",
    reducing(
        10,
        {
            **ISOLATED,
            **HTX_BY_MARK,
            "sl_type": "market",
            "stopLossPrice": 59000,
            "clientOrderId": _X.stop,
            "reduce_only": 1,
        },
    ),
    surplus=_BROKER,
)
case(
    HTX,
    "target, netting long",
    reducing(
        10,
        {
            **ISOLATED,
            "tp_trigger_price_type": "mark",
            "tp_type": "market",
            "takeProfitPrice": 63000,
            "clientOrderId": _X.target,
            "reduce_only": 1,
        },
    ),
    surplus=_BROKER,
)
case(
    HTX,
    "close at market, netting long",
    reducing(10, {**ISOLATED, "clientOrderId": _X.close}),
    surplus=_BROKER,
)
case(
    HTX,
    "close by limit, netting long",
    reducing(10, {**ISOLATED, **IOC, "clientOrderId": _X.close}, 59400, "limit"),
    surplus=_BROKER,
)
case(HTX, "cancel plain by id", method("cancel_order", "12345", symbol_at=1))
case(HTX, "cancel plain by name", method("cancel_order", None, {"client_order_id": _X.plain}, symbol_at=1))
case(HTX, "cancel conditional by id", method("cancel_order", "12345", {"trigger": True}, symbol_at=1))
case(HTX, "read plain", method("fetch_order", None, {**ISOLATED, "client_order_id": _X.read}, symbol_at=1))
case(HTX, "list 1", method("fetch_open_orders", None, 50))
for _place, _kind in enumerate(
    ("stopLoss", "takeProfit", "stopLossTakeProfit", "trigger", "trailing"), start=2
):
    case(HTX, f"list {_place}", method("fetch_open_orders", None, 50, {_kind: True}))
case(HTX, "positions 1", lambda client, symbol: client.fetch_positions([symbol]))
case(
    HTX,
    "settings 1",
    raw("contractPrivateGetV5PositionLever", {"contract_code": "BTC-USDT", "margin_mode": "isolated"}),
)
case(HTX, "settings 2", raw("contractPrivateGetV5PositionMode"))
case(
    HTX,
    "prepare netting 1",
    lambda client, symbol: client.set_leverage(4, symbol, {"margin_mode": "isolated"}),
)

# ------------------------------------------------------------------------------------------------- Gate

_T = Named(GATE)
_OWN = {"X-Gate-Exptime": "ccxt sends no expiry"}
for _side in Side:
    case(
        GATE,
        f"entry, netting {_side}",
        bare(_side, {**IOC, "clientOrderId": _T.entry}),
        added=_OWN,
    )
case(
    GATE,
    "stop of a quantity, netting long",
    reducing(100, {"stopLossPrice": 59000, "price_type": 1, "clientOrderId": _T.stop}),
)
case(
    GATE,
    "target, netting long",
    reducing(100, {"takeProfitPrice": 63000, "price_type": 1, "clientOrderId": _T.target}),
)
case(GATE, "close at market, netting long", reducing(100, {"clientOrderId": _T.close}))
case(GATE, "close by limit, netting long", reducing(100, {**IOC, "clientOrderId": _T.close}, 59400, "limit"))
case(GATE, "cancel plain by id", method("cancel_order", "12345", symbol_at=1))
case(GATE, "cancel plain by name", method("cancel_order", _T.plain, symbol_at=1))
case(GATE, "cancel conditional by id", method("cancel_order", "12345", {"trigger": True}, symbol_at=1))
case(GATE, "read plain", method("fetch_order", None, {"clientOrderId": _T.read}, symbol_at=1))
case(GATE, "list 1", method("fetch_open_orders", None, 100))
case(GATE, "list 2", method("fetch_open_orders", None, 100, {"trigger": True}))
case(GATE, "positions 1", lambda client, symbol: client.fetch_positions([symbol]))
case(GATE, "settings 1", raw("privateFuturesGetSettleAccounts", {"settle": "usdt"}))
case(GATE, "prepare netting 1", lambda client, symbol: client.set_leverage(4, symbol))
