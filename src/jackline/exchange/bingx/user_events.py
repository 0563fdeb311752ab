"""The user stream's events. A stop speaks as an order from its placement to its fill, under one id."""

from typing import Final

from jackline.exchange.account import Account
from jackline.exchange.bingx.book import Book
from jackline.exchange.bingx.names import spelled
from jackline.exchange.bingx.order_payloads import shown_client_id
from jackline.exchange.conditions import Algo
from jackline.exchange.events import AccountEvent, AlgoEvent, Event, Execution, LeverageEvent, OrderEvent
from jackline.exchange.market import Market
from jackline.exchange.symbols import QUOTE
from jackline.exchange.values import AlgoStatus, MarginType, OrderType, PositionSide, money, text
from jackline.exchange.venue import Venue
from jackline.exchange.wire.account_payloads import amount_text
from jackline.exchange.wire.json import Json
from jackline.exchange.wire.order_payloads import price_text, quantity_text

_TOLD: Final = {
    AlgoStatus.NEW: ("NEW", "NEW"),
    AlgoStatus.CANCELED: ("CANCELED", "CANCELED"),
    AlgoStatus.EXPIRED: ("EXPIRED", "EXPIRED"),
    AlgoStatus.REJECTED: ("EXPIRED", "EXPIRED"),
}
"""Of a waiting order (execution, status); its other states are told by what it released."""


def user_messages(event: Event, venue: Venue, book: Book) -> list[Json]:
    """What one event of the venue sends to the account's listeners, in order."""
    match event:
        case OrderEvent():
            return _order_messages(event, venue, book)
        case AccountEvent():
            return [account_update(event)]
        case AlgoEvent():
            return _algo_messages(event, venue, book)
        case LeverageEvent():
            account, market = venue.state.accounts[event.account], venue.state.markets[event.symbol]
            return [config_update(account, market, wire_ms=event.wire_ms)]


def _order_messages(event: OrderEvent, venue: Venue, book: Book) -> list[Json]:
    order, fill, trigger = event.order, event.fill, event.order.trigger
    if trigger is not None and (event.execution is Execution.NEW or venue.whims.triggered_stops_untold):
        return []
    account = venue.state.accounts[event.account]
    algo = None if trigger is None else account.algos.get(trigger.algo_id)
    last = venue.state.markets[order.symbol].last
    body: dict[str, Json] = {
        "s": spelled(order.symbol),
        "c": "" if trigger is not None else shown_client_id(order),
        "i": order.order_id,
        "S": order.side.value,
        # What the venue takes over is CALCULATED, which ccxt does not count among its trades.
        "o": "LIQUIDATION" if event.execution is Execution.CALCULATED else order.type.value,
        "q": quantity_text(order.symbol, order.quantity),
        "p": price_text(order.symbol, order.price or last),
        "sp": "0",
        "ap": text(money(order.average)),
        "x": event.execution.value,
        "X": order.status.value,
        "N": QUOTE,
        "n": "0" if fill is None else text(-fill.commission),
        "T": 0 if fill is None else fill.wire_ms,
        "t": 0 if fill is None else fill.trade_id,
        "l": quantity_text(order.symbol, order.quantity * 0 if fill is None else fill.quantity),
        "L": "0" if fill is None else price_text(order.symbol, fill.price),
        "m": fill is not None and fill.maker,
        "wt": "MARK_PRICE",
        "ps": order.position_side.value,
        "rp": "0" if fill is None else amount_text(fill.realised),
        "z": quantity_text(order.symbol, order.executed),
        "ti": 0,
        "ro": order.reduce_only,
        # Our own: market time.
        "mt": (order if fill is None else fill).market_ms,
    }
    if algo is not None:
        body |= _stop_facts(algo, venue, book)
    return [_told(event.wire_ms, body)]


def _algo_messages(event: AlgoEvent, venue: Venue, book: Book) -> list[Json]:
    algo = event.algo
    told = _TOLD.get(algo.status)
    # The activation of a trailing stop is not told of.
    activation = algo.type is OrderType.TRAILING_STOP_MARKET and algo.activated and algo.activate_price
    untold = algo.status is AlgoStatus.REJECTED and venue.whims.triggered_stops_untold
    if told is None or (algo.status is AlgoStatus.NEW and activation) or untold:
        return []
    nothing = quantity_text(algo.symbol, algo.quantity * 0)
    body: dict[str, Json] = {
        "s": spelled(algo.symbol),
        "c": "",
        "S": algo.side.value,
        "q": quantity_text(algo.symbol, algo.quantity),
        "p": price_text(algo.symbol, algo.price),
        "ap": "0",
        "x": told[0],
        "X": told[1],
        "N": QUOTE,
        "n": "0",
        "T": 0,
        "t": 0,
        "l": nothing,
        "L": "0",
        "m": False,
        "ps": algo.position_side.value,
        "rp": "0",
        "z": nothing,
        "ro": algo.reduce_only,
    }
    return [_told(event.wire_ms, body | _stop_facts(algo, venue, book))]


def _stop_facts(algo: Algo, venue: Venue, book: Book) -> dict[str, Json]:
    """What makes a stop recognisable: its own id and type, its trigger, and the entry it came with."""
    return {
        "i": algo.algo_id,
        "o": book.types.get(algo.algo_id, algo.type.value),
        "sp": price_text(algo.symbol, algo.trigger_price),
        "wt": algo.working_type.value,
        "ti": venue.attached.parents.get(algo.algo_id, 0),
    }


def _told(wire_ms: int, body: dict[str, Json]) -> Json:
    return {"e": "ORDER_TRADE_UPDATE", "E": wire_ms, "T": wire_ms, "o": body}


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
                    "s": spelled(one.symbol),
                    # Signed where one position has both directions, a plain size where the side names it.
                    "pa": quantity_text(
                        one.symbol, one.amount if one.side is PositionSide.BOTH else abs(one.amount)
                    ),
                    "ep": amount_text(one.entry_price),
                    "up": amount_text(one.unrealised),
                    "mt": "cross" if one.margin_type is MarginType.CROSSED else "isolated",
                    "iw": amount_text(one.isolated_margin),
                    "ps": one.side.value,
                }
                for one in event.positions
            ],
        },
    }


def config_update(account: Account, market: Market, *, wire_ms: int) -> Json:
    """Leverage and margin mode of a symbol: sent at a change, and every few seconds to whoever listens."""
    setting = account.setting(market.symbol.name)
    return {
        "e": "ACCOUNT_CONFIG_UPDATE",
        "E": wire_ms,
        "ac": {
            "s": spelled(market.symbol.name),
            "l": setting.leverage,
            "S": setting.leverage,
            "mt": "cross" if setting.margin_type is MarginType.CROSSED else "isolated",
        },
    }
