"""Orders, conditional orders and trades as the REST wire spells them: money as strings, ids and times as
integers."""

from decimal import Decimal

from jackline.exchange.conditions import Algo
from jackline.exchange.errors import VenueError
from jackline.exchange.orders import Fill, Order
from jackline.exchange.symbols import QUOTE, symbol_named
from jackline.exchange.values import OrderType, TimeInForce, WorkingType, money, text
from jackline.exchange.wire.json import Json


def quantity_text(symbol: str, quantity: Decimal) -> str:
    return _padded(quantity, symbol_named(symbol).step)


def price_text(symbol: str, price: Decimal) -> str:
    return _padded(price, symbol_named(symbol).tick)


def _padded(value: Decimal, step: Decimal) -> str:
    """With the places of the symbol's usual step, and more where a changed filter let finer values in."""
    shown = value.quantize(step)
    return text(shown if shown == value else value.normalize())


def order_payload(order: Order, *, fill_prices: bool = True) -> dict[str, Json]:
    """An order as it stands."""
    trigger = order.trigger
    payload: dict[str, Json] = {
        "orderId": order.order_id,
        "symbol": order.symbol,
        "status": order.status.value,
        "clientOrderId": order.client_id,
        "price": price_text(order.symbol, order.price),
        "origQty": quantity_text(order.symbol, order.quantity),
        "executedQty": quantity_text(order.symbol, order.executed),
        "cumQty": quantity_text(order.symbol, order.executed),
        "timeInForce": order.time_in_force.value,
        "type": order.type.value,
        "reduceOnly": order.reduce_only,
        "closePosition": trigger is not None and trigger.close_position,
        "side": order.side.value,
        "positionSide": order.position_side.value,
        "stopPrice": "0" if trigger is None else text(money(trigger.price)),
        "workingType": (WorkingType.CONTRACT_PRICE if trigger is None else trigger.working_type).value,
        "priceProtect": False,
        "origType": (order.type if trigger is None else trigger.type).value,
        "priceMatch": "NONE",
        "selfTradePreventionMode": "EXPIRE_MAKER",
        "goodTillDate": 0,
        "time": order.created_ms,
        "updateTime": order.updated_ms,
    }
    if fill_prices:
        payload["avgPrice"] = text(money(order.average))
        payload["cumQuote"] = text(money(order.paid))
    return payload


def order_ack(order: Order, *, fill_prices: bool) -> dict[str, Json]:
    """The short answer to a placement: the order as it was taken, before anything filled."""
    payload = order_payload(order, fill_prices=fill_prices)
    payload |= {"status": "NEW", "executedQty": quantity_text(order.symbol, Decimal(0))}
    payload["cumQty"] = payload["executedQty"]
    if fill_prices:
        payload |= {"avgPrice": "0.00", "cumQuote": "0.00"}
    return payload


def algo_payload(algo: Algo) -> dict[str, Json]:
    """A conditional order as its placement is answered."""
    trailing = algo.type is OrderType.TRAILING_STOP_MARKET
    return {
        "algoId": algo.algo_id,
        "clientAlgoId": algo.client_id,
        "algoType": "CONDITIONAL",
        "orderType": algo.type.value,
        "symbol": algo.symbol,
        "side": algo.side.value,
        "positionSide": algo.position_side.value,
        "timeInForce": algo.time_in_force.value,
        "quantity": quantity_text(algo.symbol, algo.quantity),
        "algoStatus": algo.status.value,
        "triggerPrice": price_text(algo.symbol, algo.trigger_price),
        "price": price_text(algo.symbol, algo.price),
        "icebergQuantity": None,
        "selfTradePreventionMode": "NONE",
        "workingType": algo.working_type.value,
        "priceMatch": "NONE",
        "closePosition": algo.close_position,
        "priceProtect": algo.price_protect,
        "reduceOnly": algo.reduce_only,
        "activatePrice": price_text(algo.symbol, algo.activate_price) if trailing else "",
        "callbackRate": callback_text(algo) if trailing else "",
        "createTime": algo.created_ms,
        "updateTime": algo.updated_ms,
        "triggerTime": algo.triggered_ms,
        "goodTillDate": 0,
    }


def algo_record(algo: Algo) -> dict[str, Json]:
    """A conditional order as queries and listings show it: with its child."""
    return algo_payload(algo) | {
        "actualOrderId": "" if algo.child_order_id is None else str(algo.child_order_id),
        "actualPrice": text(money(algo.child_price)),
        "actualType": child_type(algo),
        "actualQty": quantity_text(algo.symbol, algo.child_quantity),
        "tpTriggerPrice": "0.000",
        "tpPrice": "0.000",
        "slTriggerPrice": "0.000",
        "slPrice": "0.000",
        "tpOrderType": "",
    }


def child_type(algo: Algo) -> str:
    if algo.child_order_id is None:
        return ""
    return (OrderType.LIMIT if algo.type.limited else OrderType.MARKET).value


def callback_text(algo: Algo) -> str:
    """The callback rate in percent, as it was sent."""
    return text((algo.callback_fraction * 100).normalize())


def trade_payload(fill: Fill) -> dict[str, Json]:
    """A row of userTrades. `mt` (market time) is ours."""
    return {
        "symbol": fill.symbol,
        "id": fill.trade_id,
        "orderId": fill.order_id,
        "side": fill.side.value,
        "price": price_text(fill.symbol, fill.price),
        "qty": quantity_text(fill.symbol, fill.quantity),
        "realizedPnl": text(money(fill.realised)),
        "quoteQty": text(money(fill.price * fill.quantity)),
        "commission": text(money(fill.commission)),
        "commissionAsset": QUOTE,
        "time": fill.wire_ms,
        "positionSide": fill.position_side.value,
        "buyer": fill.side.sign > 0,
        "maker": fill.maker,
        "mt": fill.market_ms,
    }


def plain_time_in_force(value: TimeInForce | None, default: TimeInForce) -> TimeInForce:
    """The time in force of a plain order; the one of conditional orders does not exist there (-1115)."""
    if value is TimeInForce.GTE_GTC:
        raise VenueError(-1115)
    return default if value is None else value
