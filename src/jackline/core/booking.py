"""The venue's trade list comes in: what was executed is booked once, and every trade keeps its balance (rule 7)."""

from __future__ import annotations

from jackline.core import accounting
from jackline.core.effects import BookFills
from jackline.core.events import FillsAnswered
from jackline.core.orders import FillView
from jackline.core.outcomes import Unknown
from jackline.core.replacing import replace
from jackline.core.state import MarketState
from jackline.core.trade import Trade
from jackline.core.turn import Turn
from jackline.core.values import OrderSide, Quantity, Quote


def on_fills(turn: Turn, event: FillsAnswered) -> None:
    """Book what the venue executed, and keep each trade's balance (rule 7)."""
    symbol = event.request.symbol
    market = replace(turn.market(symbol), fills_asked_ms=None)
    turn.put_market(market)
    if isinstance(event.answer, Unknown):
        turn.want_fills(symbol, turn.state.protection.reread_ms)
        return
    fills = tuple(fill for fill in event.answer if _is_news(turn, market, fill))
    if not event.complete:
        turn.want_fills(symbol)
        # A whole page of the time before the ledger: the next one is read, not this one again.
        read_to = max((fill.fill_id for fill in event.answer), default=market.fills_read_to)
        turn.put_market(replace(turn.market(symbol), fills_read_to=max(market.fills_read_to, read_to)))
    if not fills:
        return
    last = max(fill.fill_id for fill in fills)
    booked_to = max(last, market.booked_to)
    turn.put_market(replace(turn.market(symbol), fills_read_to=last, booked_to=booked_to))
    accounting.on_fills(turn, (fill for fill in fills if fill.fill_id > market.booked_to))
    owned: set[int] = set()
    for trade in list(turn.trades.values()):
        mine = tuple(fill for fill in fills if _belongs(fill, trade))
        if mine:
            owned.update(fill.fill_id for fill in mine)
            turn.effects.append(BookFills(trade=turn.put(_after_fills(trade, mine)), fills=mine))
    rest = tuple(fill for fill in fills if fill.fill_id not in owned)
    if rest:
        turn.effects.append(BookFills(trade=None, fills=rest))


def _is_news(turn: Turn, market: MarketState, fill: FillView) -> bool:
    """Not booked yet, and not of the time before the ledger, which its opening balance stands for (A3).

    A symbol without a baseline is read from the first fill that ever was, page by page.
    """
    return fill.wire_ms >= turn.state.books_from_ms and fill.fill_id > market.fills_read_to


def _belongs(fill: FillView, trade: Trade) -> bool:
    same_leg = fill.position_side is None or fill.position_side is trade.side
    return fill.symbol == trade.symbol and same_leg and fill.fill_id > trade.fills_after


def _after_fills(trade: Trade, fills: tuple[FillView, ...]) -> Trade:
    """The trade with the balance, the result, the exit orders and the opening time that these fills give."""
    balance, exits, opened_ms = trade.balance, list(trade.exit_order_ids), trade.opened_market_ms
    result, opened = trade.result_quote, trade.opened
    for fill in fills:
        opening = fill.side is trade.side.opens_with
        if opening and balance == 0:
            opened_ms = fill.market_ms
        signed = fill.quantity * (1 if fill.side is OrderSide.BUY else -1)
        balance += signed
        opened = Quantity(opened + fill.quantity) if opening else opened
        result = Quote(result - signed * fill.price - fill.fee_quote)
        if not opening and fill.order_id not in exits:
            exits.append(fill.order_id)
    return replace(
        trade,
        balance=balance,
        exit_order_ids=tuple(exits),
        opened_market_ms=opened_ms,
        result_quote=result,
        opened=opened,
    )
