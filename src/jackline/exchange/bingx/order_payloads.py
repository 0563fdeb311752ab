"""Orders and fills as BingX spells them over REST: quantities and prices as strings, ids as integers and again as
strings."""

from datetime import UTC, datetime
from decimal import Decimal

from jackline.exchange.account import Account
from jackline.exchange.bingx import legs
from jackline.exchange.bingx.book import AttachedTexts, Book
from jackline.exchange.bingx.names import spelled
from jackline.exchange.bingx.records import Record
from jackline.exchange.conditions import Algo
from jackline.exchange.orders import Fill, Order
from jackline.exchange.symbols import QUOTE
from jackline.exchange.values import ZERO, OrderType, WorkingType, money, text
from jackline.exchange.wire.json import Json
from jackline.exchange.wire.order_payloads import price_text, quantity_text


def placed_row(book: Book, record: Record) -> dict[str, Json]:
    """The answer to a placement: `data.order`."""
    facts = _facts(book, record)
    texts = book.attached.get(record.order_id, AttachedTexts())
    return facts | {"stopLoss": texts.stop_loss, "takeProfit": texts.take_profit, "status": _placed(record)}


def _placed(record: Record) -> str:
    """An order that was taken and not filled yet is NEW, whatever listings call it."""
    return "NEW" if record.open and record.status == "PENDING" else record.status


def order_row(book: Book, account: Account, record: Record) -> dict[str, Json]:
    """An order as queries, listings and cancels show it."""
    executed = ZERO if record.order is None else record.order.executed
    texts = book.attached.get(record.order_id, AttachedTexts())
    own = [] if not executed else [one for one in account.fills if one.order_id == _filled_id(record)]
    return _facts(book, record) | {
        "profit": text(sum((one.realised for one in own), ZERO).quantize(Decimal("1e-4"))),
        "commission": text(-sum((one.commission for one in own), ZERO)),
        "leverage": f"{account.setting(record.symbol).leverage}X",
        "onlyOnePosition": not account.hedge,
        "stopLoss": legs.shown(texts.stop_loss),
        "takeProfit": legs.shown(texts.take_profit),
        "time": record.created_ms,
        "updateTime": _updated_ms(record),
        "triggerOrderId": 0,
        "status": record.status,
    }


def _filled_id(record: Record) -> int:
    return 0 if record.order is None else record.order.order_id


def _updated_ms(record: Record) -> int:
    times = [one.updated_ms for one in (record.order, record.algo) if one is not None]
    return max(times, default=0)


def _facts(book: Book, record: Record) -> dict[str, Json]:
    order, algo = record.order, record.algo
    executed = ZERO if order is None else order.executed
    asked: dict[str, Json]
    if algo is not None:
        asked = _algo_facts(book, algo)
    elif order is not None:
        asked = _order_facts(order)
    else:
        asked = {}
    average = ZERO if order is None else order.average
    paid = ZERO if order is None else order.paid
    return asked | {
        "orderId": record.order_id,
        "orderID": str(record.order_id),
        "symbol": spelled(record.symbol),
        "executedQty": quantity_text(record.symbol, executed),
        "avgPrice": text(money(average)),
        "cumQuote": text(money(paid)),
    }


def _order_facts(order: Order) -> dict[str, Json]:
    client_id = shown_client_id(order)
    return {
        "side": order.side.value,
        "positionSide": order.position_side.value,
        "type": order.type.value,
        "origQty": quantity_text(order.symbol, order.quantity),
        "quantity": float(order.quantity),
        # A market order shows what it was filled at.
        "price": price_text(order.symbol, order.price or order.average),
        "stopPrice": "",
        "workingType": WorkingType.MARK_PRICE.value,
        "clientOrderID": client_id,
        "clientOrderId": client_id,
        "timeInForce": "PostOnly" if order.time_in_force == "GTX" else order.time_in_force.value,
        "reduceOnly": order.reduce_only,
        "closePosition": False,
    }


def _algo_facts(book: Book, algo: Algo) -> dict[str, Json]:
    trailing = algo.type is OrderType.TRAILING_STOP_MARKET
    return {
        "side": algo.side.value,
        "positionSide": algo.position_side.value,
        "type": book.types.get(algo.algo_id, algo.type.value),
        "origQty": quantity_text(algo.symbol, algo.quantity),
        "quantity": float(algo.quantity),
        "price": price_text(algo.symbol, algo.price),
        "stopPrice": "" if trailing else price_text(algo.symbol, algo.trigger_price),
        "activationPrice": text(algo.activate_price),
        "priceRate": text(algo.callback_fraction),
        "workingType": algo.working_type.value,
        "clientOrderID": "",
        "clientOrderId": "",
        "timeInForce": "GTC",
        "reduceOnly": algo.reduce_only,
        "closePosition": algo.close_position,
    }


def shown_client_id(order: Order) -> str:
    """Empty where the client gave none; the venue's own orders keep theirs."""
    return "" if order.client_id == f"local_{order.order_id}" else order.client_id


def fill_row(account: Account, fill: Fill) -> dict[str, Json]:
    """A row of allFillOrders; the fill of a triggered stop is the stop's. `mt` is our own: market time."""
    order = account.orders[fill.order_id]
    order_id = fill.order_id if order.trigger is None else order.trigger.algo_id
    at = datetime.fromtimestamp(fill.wire_ms / 1_000, UTC)
    return {
        "filledTm": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "filledTime": at.strftime(f"%Y-%m-%dT%H:%M:%S.{fill.wire_ms % 1_000:03d}+0000"),
        "volume": quantity_text(fill.symbol, fill.quantity),
        "price": price_text(fill.symbol, fill.price),
        "amount": text(money(fill.price * fill.quantity)),
        "commission": text(-fill.commission),
        "currency": QUOTE,
        "orderId": str(order_id),
        "tradeId": str(fill.trade_id),
        "liquidatedPrice": "0.00",
        "liquidatedMarginRatio": "0.00",
        "clientOrderID": "" if order.trigger is not None else shown_client_id(order),
        "symbol": spelled(fill.symbol),
        "side": fill.side.value,
        "positionSide": fill.position_side.value,
        "onlyOnePosition": not account.hedge,
        "role": "maker" if fill.maker else "taker",
        "realisedPNL": text(money(fill.realised)),
        "mt": fill.market_ms,
    }
