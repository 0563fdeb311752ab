"""The attached `stopLoss` and `takeProfit` of an entry: JSON in a parameter, with numbers that are numbers."""

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import msgspec

from jackline.exchange.bingx.errors import wrong
from jackline.exchange.bingx.prices import check_trigger_side, read_working_type
from jackline.exchange.checks import check_price, check_quantity
from jackline.exchange.conditions import AlgoRequest
from jackline.exchange.market import Market
from jackline.exchange.orders import OrderRequest
from jackline.exchange.triggers import reference
from jackline.exchange.values import OrderType, Side, TimeInForce, WorkingType
from jackline.exchange.wire.params import Params

_KEYS: Final = frozenset({"type", "stopPrice", "price", "workingType", "stopGuaranteed", "quantity"})
_TYPES: Final = {
    "stopLoss": (OrderType.STOP_MARKET, OrderType.STOP),
    "takeProfit": (OrderType.TAKE_PROFIT_MARKET, OrderType.TAKE_PROFIT),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One attached order as asked for. `quantity` None: the entry's."""

    type: OrderType
    trigger_price: Decimal
    price: Decimal | None
    working_type: WorkingType
    quantity: Decimal | None


def read_leg(params: Params, name: str, *, strict: bool) -> Leg | None:
    """None where nothing is attached. Raises BingxError 109400.

    A lenient venue takes names it does not know, and an object without a trigger price is to it no leg at all: the
    entry stands bare, and nobody is told.
    """
    sent = params.text(name)
    if sent is None:
        return None
    fields = _object(name, sent)
    unknown = sorted(fields.keys() - _KEYS)
    if unknown and strict:
        raise wrong(f"{name}: unknown {', '.join(unknown)}")
    if "stopPrice" not in fields and not strict:
        return None
    kind = next((one for one in _TYPES[name] if one.value == fields.get("type", _TYPES[name][0])), None)
    if kind is None:
        raise wrong(f"{name}.type: {fields.get('type')!r}")
    if kind.limited and "price" not in fields:
        raise wrong(f"{name}.price: required for {kind.value}")
    return Leg(
        type=kind,
        trigger_price=_number(name, fields, "stopPrice"),
        price=_number(name, fields, "price") if kind.limited else None,
        working_type=read_working_type(fields.get("workingType")),
        quantity=_number(name, fields, "quantity") if "quantity" in fields else None,
    )


def leg_request(market: Market, entry: OrderRequest, leg: Leg, *, hedge: bool) -> AlgoRequest:
    """What will be placed when the entry fills. Raises BingxError 110411 to 110414 for a trigger that lies on the wrong
    side of the entry's price: its limit, or the price the leg watches. Raises VenueError for a price or size between
    two steps, which would be refused only when the leg is armed, and nobody would hear of it."""
    symbol = market.symbol
    for price_sent in (leg.trigger_price, leg.price):
        if price_sent is not None:
            check_price(symbol, price_sent)
    quantity = entry.quantity if leg.quantity is None else leg.quantity
    check_quantity(symbol, quantity, largest=symbol.quantity_max)
    closing = Side.SELL if entry.side is Side.BUY else Side.BUY
    price = reference(leg.working_type, market) if entry.price is None else entry.price
    check_trigger_side(leg.type, closing, trigger_price=leg.trigger_price, price=price)
    return AlgoRequest(
        symbol=entry.symbol,
        side=closing,
        position_side=entry.position_side,
        type=leg.type,
        quantity=quantity,
        price=leg.price,
        trigger_price=leg.trigger_price,
        activate_price=None,
        callback_fraction=None,
        time_in_force=TimeInForce.GTC,
        working_type=leg.working_type,
        close_position=False,
        reduce_only=not hedge,
        price_protect=False,
        client_id=None,
    )


def shown(text: str) -> dict[str, Any]:
    """An attached leg as the rows of its entry show it; `text` as it was sent, "" without one."""
    nothing = {"type": "", "quantity": 0, "stopPrice": 0, "price": 0, "workingType": "", "stopGuaranteed": ""}
    return nothing if not text else nothing | msgspec.json.decode(text, type=dict[str, Any])


def _object(name: str, sent: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(sent, type=dict[str, Any])
    except msgspec.MsgspecError:
        raise wrong(f"{name}: not a JSON object") from None


def _number(name: str, fields: dict[str, Any], field: str) -> Decimal:
    """A JSON number above 0; a number in quotes is refused, as the reference says it is."""
    value = fields.get(field)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
        raise wrong(f"{name}.{field}: mismatch type float64 with value {value!r}")
    return Decimal(str(value))
