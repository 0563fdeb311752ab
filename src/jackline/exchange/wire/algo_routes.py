"""Conditional orders over REST: the algoOrder family."""

from decimal import Decimal
from typing import Final

from jackline.exchange.conditions import Algo, AlgoRequest
from jackline.exchange.errors import VenueError
from jackline.exchange.values import ZERO, OrderType, PositionSide, Side, TimeInForce, WorkingType
from jackline.exchange.wire import order_payloads
from jackline.exchange.wire.call import Call, Route, one_order
from jackline.exchange.wire.json import Json
from jackline.exchange.wire.order_routes import (
    LISTING_DEFAULT,
    LISTING_MAX,
    read_client_id,
    read_position_side,
    read_reduce_only,
    read_self_trade_prevention,
    read_span,
)
from jackline.exchange.wire.params import Params, need

CALLBACK_PERCENT_MIN: Final = Decimal("0.1")
CALLBACK_PERCENT_MAX: Final = Decimal(20)
_CLOSES_POSITION: Final = frozenset({OrderType.STOP_MARKET, OrderType.TAKE_PROFIT_MARKET})


def place(call: Call) -> Json:
    request = _request(call.params, hedge=call.account.hedge)
    if call.params.text("newOrderRespType") not in {None, "ACK", "RESULT"}:
        raise VenueError(-1130, name="newOrderRespType")
    call.finish()
    return order_payloads.algo_payload(call.venue.place_algo(call.account, request))


def _request(params: Params, *, hedge: bool) -> AlgoRequest:
    if need(params.text("algoType"), "algoType") != "CONDITIONAL":
        raise VenueError(-1130, name="algoType")
    kind = need(params.word("type", OrderType, code=-1116), "type")
    if not kind.conditional:
        raise VenueError(-1116)
    side = need(params.word("side", Side, code=-1117), "side")
    position_side = read_position_side(params)
    close_position = bool(params.boolean("closePosition"))
    quantity, sent_reduce_only = params.decimal("quantity"), params.text("reduceOnly")
    reduce_only = read_reduce_only(params, hedge=hedge)
    if close_position:
        _check_close_position(kind, side, position_side, quantity, sent_reduce_only)
    price = params.decimal("price")
    if kind.limited:
        need(price, "price")
    elif price is not None:
        raise VenueError(-1106, name="price")
    trigger_price, activate_price, callback = _read_triggers(params, kind)
    time_in_force = params.word("timeInForce", TimeInForce, code=-1115) or TimeInForce.GTC
    read_self_trade_prevention(params)
    return AlgoRequest(
        symbol=need(params.symbol(), "symbol"),
        side=side,
        position_side=position_side,
        type=kind,
        quantity=ZERO if close_position else need(quantity, "quantity"),
        price=price,
        trigger_price=trigger_price,
        activate_price=activate_price,
        callback_fraction=callback,
        time_in_force=time_in_force,
        working_type=params.word("workingType", WorkingType, code=-1130) or WorkingType.CONTRACT_PRICE,
        close_position=close_position,
        reduce_only=reduce_only,
        price_protect=bool(params.boolean("priceProtect")),
        client_id=read_client_id(params, "clientAlgoId"),
    )


def _check_close_position(
    kind: OrderType,
    side: Side,
    position_side: PositionSide,
    quantity: Decimal | None,
    reduce_only: str | None,
) -> None:
    """Close-position excludes a quantity and reduce-only, fits two types, and only the closing side."""
    if kind not in _CLOSES_POSITION:
        raise VenueError(-4136, type=kind.value)
    if quantity is not None:
        raise VenueError(-4137)
    if reduce_only is not None and reduce_only.lower() == "false":
        raise VenueError(-4138)
    if reduce_only is not None:
        raise VenueError(-1106, name="reduceOnly")
    opens = {PositionSide.LONG: Side.BUY, PositionSide.SHORT: Side.SELL}.get(position_side)
    if side is opens:
        raise VenueError(-4061)


def _read_triggers(params: Params, kind: OrderType) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """Trigger price, activation price, callback as a fraction. A trailing stop has no trigger price
    (-2021)."""
    trigger_price, activate_price = params.decimal("triggerPrice"), params.decimal("activatePrice")
    percent = params.decimal("callbackRate")
    if kind is OrderType.TRAILING_STOP_MARKET:
        if trigger_price is not None:
            raise VenueError(-2021)
        if not CALLBACK_PERCENT_MIN <= need(percent, "callbackRate") <= CALLBACK_PERCENT_MAX:
            raise VenueError(-2007)
        return None, activate_price, need(percent, "callbackRate") / 100
    for name, value in (("activatePrice", activate_price), ("callbackRate", percent)):
        if value is not None:
            raise VenueError(-1106, name=name)
    return need(trigger_price, "triggerPrice"), None, None


def _named(call: Call, *, code: int) -> Algo:
    algo_id, client_id = call.params.integer("algoId"), call.params.text("clientAlgoId")
    symbol = call.params.symbol()
    if algo_id is None and client_id is None:
        raise VenueError(-1102, name="algoId")
    call.finish()
    if algo_id is None:
        algo_id = call.account.algo_ids.get(client_id or "")
    algo = call.account.algos.get(algo_id or 0)
    if algo is None or symbol not in {None, algo.symbol}:
        raise VenueError(code)
    return algo


def query(call: Call) -> Json:
    call.venue.require_conditional()
    return order_payloads.algo_record(_named(call, code=-2013))


def cancel(call: Call) -> Json:
    algo = call.venue.cancel_algo(call.account, _named(call, code=-20124))
    return {"algoId": algo.algo_id, "clientAlgoId": algo.client_id, "code": "200", "msg": "success"}


def list_open(call: Call) -> Json:
    call.venue.require_conditional()
    symbol, algo_id = call.params.symbol(), call.params.integer("algoId")
    if call.params.text("algoType") not in {None, "CONDITIONAL"}:
        raise VenueError(-1130, name="algoType")
    call.finish()
    return [
        order_payloads.algo_record(algo)
        for algo in call.account.open_algos.values()
        if symbol in {None, algo.symbol} and algo_id in {None, algo.algo_id}
    ]


def list_all(call: Call) -> Json:
    call.venue.require_conditional()
    params = call.params
    symbol = need(params.symbol(), "symbol")
    from_id, span = params.integer("algoId"), read_span(params)
    limit = params.limit(default=LISTING_DEFAULT, largest=LISTING_MAX)
    call.finish()
    rows = [one for one in call.account.algos.values() if one.symbol == symbol and one.created_ms in span]
    if from_id is not None:
        rows = [algo for algo in rows if algo.algo_id >= from_id][:limit]
    return [order_payloads.algo_record(algo) for algo in rows[-limit:]]


def cancel_open(call: Call) -> Json:
    symbol = need(call.params.symbol(), "symbol")
    call.finish()
    for algo in [one for one in call.account.open_algos.values() if one.symbol == symbol]:
        call.venue.cancel_algo(call.account, algo)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


ROUTES: Final = (
    Route(method="POST", path="/fapi/v1/algoOrder", handler=place, weight=0, orders=one_order),
    Route(method="GET", path="/fapi/v1/algoOrder", handler=query),
    Route(method="DELETE", path="/fapi/v1/algoOrder", handler=cancel),
    Route(method="GET", path="/fapi/v1/openAlgoOrders", handler=list_open, weight_all=40),
    Route(method="GET", path="/fapi/v1/allAlgoOrders", handler=list_all, weight=5),
    Route(method="DELETE", path="/fapi/v1/algoOpenOrders", handler=cancel_open),
)
