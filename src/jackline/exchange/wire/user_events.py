"""The user stream's events. `mt` (market time) inside each is ours; everything else is the venue's."""

from jackline.exchange.events import AccountEvent, AlgoEvent, Event, Execution, LeverageEvent, OrderEvent
from jackline.exchange.orders import Fill
from jackline.exchange.symbols import QUOTE
from jackline.exchange.values import MarginType, OrderType, WorkingType, money, text
from jackline.exchange.wire import order_payloads
from jackline.exchange.wire.account_payloads import amount_text
from jackline.exchange.wire.json import Json


def user_messages(event: Event) -> list[Json]:
    """What one event of the venue sends to the account's listeners, in order."""
    match event:
        case OrderEvent():
            lite = [] if event.fill is None else [trade_lite(event, event.fill)]
            return [*lite, order_update(event)]
        case AccountEvent():
            return [account_update(event)]
        case AlgoEvent():
            return [algo_update(event)]
        case LeverageEvent():
            return [
                {
                    "e": "ACCOUNT_CONFIG_UPDATE",
                    "E": event.wire_ms,
                    "T": event.wire_ms,
                    "ac": {"s": event.symbol, "l": event.leverage},
                }
            ]


def trade_lite(event: OrderEvent, fill: Fill) -> Json:
    order = event.order
    return {
        "e": "TRADE_LITE",
        "E": event.wire_ms,
        "T": fill.wire_ms,
        "s": order.symbol,
        "q": order_payloads.quantity_text(order.symbol, order.quantity),
        "p": order_payloads.price_text(order.symbol, order.price),
        "m": fill.maker,
        "c": order.client_id,
        "S": order.side.value,
        "L": order_payloads.price_text(order.symbol, fill.price),
        "l": order_payloads.quantity_text(order.symbol, fill.quantity),
        "t": fill.trade_id,
        "i": order.order_id,
    }


def order_update(event: OrderEvent) -> Json:
    order, fill, trigger = event.order, event.fill, event.order.trigger
    symbol = order.symbol
    body: dict[str, Json] = {
        "s": symbol,
        "c": order.client_id,
        "S": order.side.value,
        "o": "LIQUIDATION" if event.execution is Execution.CALCULATED else order.type.value,
        "f": order.time_in_force.value,
        "q": order_payloads.quantity_text(symbol, order.quantity),
        "p": order_payloads.price_text(symbol, order.price),
        "ap": text(money(order.average)),
        "sp": "0" if trigger is None else text(money(trigger.price)),
        "x": event.execution.value,
        "X": order.status.value,
        "i": order.order_id,
        "l": order_payloads.quantity_text(symbol, order.quantity * 0 if fill is None else fill.quantity),
        "z": order_payloads.quantity_text(symbol, order.executed),
        "L": "0" if fill is None else order_payloads.price_text(symbol, fill.price),
        "T": event.wire_ms if fill is None else fill.wire_ms,
        "t": 0 if fill is None else fill.trade_id,
        "b": "0",
        "a": "0",
        "m": fill is not None and fill.maker,
        "R": order.reduce_only,
        "wt": (WorkingType.CONTRACT_PRICE if trigger is None else trigger.working_type).value,
        "ot": (order.type if trigger is None else trigger.type).value,
        "ps": order.position_side.value,
        "cp": trigger is not None and trigger.close_position,
        "rp": "0" if fill is None else amount_text(fill.realised),
        "pP": False,
        "si": 0,
        "ss": 0,
        "V": "EXPIRE_MAKER",
        "pm": "NONE",
        "gtd": 0,
        "er": str(order.expiry_reason),
        "mt": order.market_ms,
    }
    if fill is not None:
        body |= {"N": QUOTE, "n": amount_text(fill.commission)}
    return {"e": "ORDER_TRADE_UPDATE", "E": event.wire_ms, "T": body["T"], "o": body}


def account_update(event: AccountEvent) -> Json:
    return {
        "e": "ACCOUNT_UPDATE",
        "E": event.wire_ms,
        "T": event.wire_ms,
        "a": {
            "m": event.reason,
            "B": [
                {
                    "a": QUOTE,
                    "wb": amount_text(event.wallet),
                    "cw": amount_text(event.cross_wallet),
                    "bc": amount_text(event.change),
                }
            ],
            "P": [
                {
                    "s": one.symbol,
                    "pa": order_payloads.quantity_text(one.symbol, one.amount),
                    "ep": amount_text(one.entry_price),
                    "bep": amount_text(one.entry_price),
                    "cr": "0",
                    "up": amount_text(one.unrealised),
                    "mt": "cross" if one.margin_type is MarginType.CROSSED else "isolated",
                    "iw": amount_text(one.isolated_margin),
                    "ps": one.side.value,
                }
                for one in event.positions
            ],
            "mt": event.market_ms,
        },
    }


def algo_update(event: AlgoEvent) -> Json:
    algo = event.algo
    trailing = algo.type is OrderType.TRAILING_STOP_MARKET
    body: dict[str, Json] = {
        "caid": algo.client_id,
        "aid": algo.algo_id,
        "at": "CONDITIONAL",
        "o": algo.type.value,
        "s": algo.symbol,
        "S": algo.side.value,
        "ps": algo.position_side.value,
        "f": algo.time_in_force.value,
        "q": order_payloads.quantity_text(algo.symbol, algo.quantity),
        "X": algo.status.value,
        "ai": "" if algo.child_order_id is None else str(algo.child_order_id),
        "ap": text(money(algo.child_price)),
        "aq": order_payloads.quantity_text(algo.symbol, algo.child_quantity),
        "act": order_payloads.child_type(algo) or "0",
        "tp": order_payloads.price_text(algo.symbol, algo.trigger_price),
        "p": order_payloads.price_text(algo.symbol, algo.price),
        "V": "NONE",
        "wt": algo.working_type.value,
        "pm": "NONE",
        "cp": algo.close_position,
        "pP": algo.price_protect,
        "R": algo.reduce_only,
        "tt": algo.triggered_ms,
        "gtd": 0,
        "rm": algo.reject_reason,
        "mt": algo.market_ms,
    }
    if trailing:
        body |= {
            "ia": algo.activated,
            "AP": text(algo.activate_price),
            "cr": order_payloads.callback_text(algo),
        }
    return {"e": "ALGO_UPDATE", "E": event.wire_ms, "T": event.wire_ms, "o": body}
