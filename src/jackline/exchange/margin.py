"""What an account can carry: initial and maintenance margin, what is available, and where liquidation lies.

Formulas: Binance USDⓈ-M "How to calculate liquidation price" with its bracket table, generalised to both
sides of one symbol moving together. All amounts in quote.
"""

from decimal import Decimal
from typing import Final

from jackline.exchange.account import Account
from jackline.exchange.market import Market
from jackline.exchange.orders import Order
from jackline.exchange.position import Position
from jackline.exchange.state import State
from jackline.exchange.values import ZERO, PositionSide, Side

_BRACKET_STEPS_MAX: Final = 16
"""The search walks brackets in one direction; there are at most a dozen."""


def maintenance(market: Market, position: Position) -> Decimal:
    return market.symbol.maintenance(abs(position.amount) * market.mark) if position.amount else ZERO


def initial_margin(state: State, account: Account, position: Position) -> Decimal:
    notional = abs(position.amount) * state.markets[position.symbol].mark
    return notional / account.setting(position.symbol).leverage


def cross_positions(account: Account) -> list[Position]:
    return [position for position in account.open_positions() if account.crossed(position)]


def cross_equity(state: State, account: Account) -> Decimal:
    """The wallet that backs cross positions, with their unrealised profit at mark."""
    profit = (one.unrealised(state.markets[one.symbol].mark) for one in cross_positions(account))
    return account.cross_wallet + sum(profit, ZERO)


def cross_maintenance(state: State, account: Account) -> Decimal:
    return sum((maintenance(state.markets[one.symbol], one) for one in cross_positions(account)), ZERO)


def opening_quantity(
    account: Account, *, symbol: str, position_side: PositionSide, side: Side, quantity: Decimal
) -> Decimal:
    """How much of an order would increase exposure rather than reduce it."""
    amount = account.position(symbol, position_side).amount
    if position_side is not PositionSide.BOTH:
        opens = (side is Side.BUY) == (position_side is PositionSide.LONG)
        return quantity if opens else ZERO
    if amount * side.sign >= 0:
        return quantity
    return max(ZERO, quantity - abs(amount))


def order_margin(account: Account, order: Order) -> Decimal:
    """Margin set aside for a resting order."""
    if order.reducing:
        return ZERO
    opening = opening_quantity(
        account,
        symbol=order.symbol,
        position_side=order.position_side,
        side=order.side,
        quantity=order.remaining,
    )
    return opening * order.price / account.setting(order.symbol).leverage


def available(state: State, account: Account) -> Decimal:
    """What new exposure may be opened against."""
    used = sum((initial_margin(state, account, one) for one in cross_positions(account)), ZERO)
    resting = sum((order_margin(account, order) for order in account.open_orders.values()), ZERO)
    return max(ZERO, cross_equity(state, account) - used - resting)


def liquidation_price(state: State, account: Account, position: Position) -> Decimal:
    """The mark price at which margin balance meets maintenance, other symbols standing still; 0 when none
    does.

    At price p: base + Σ(amount·p - cost) = others' maintenance + Σ(|amount|·p·rate - deduction), solved for
    p with the brackets of p itself. Maintenance is convex in p, so stepping from bracket to bracket ends.
    """
    if not position.amount:
        return ZERO
    market = state.markets[position.symbol]
    if account.crossed(position):
        together = [one for one in cross_positions(account) if one.symbol == position.symbol]
        others = [one for one in cross_positions(account) if one.symbol != position.symbol]
        base = account.cross_wallet + sum(
            (one.unrealised(state.markets[one.symbol].mark) for one in others), ZERO
        )
        base -= sum((maintenance(state.markets[one.symbol], one) for one in others), ZERO)
    else:
        together, base = [position], position.isolated_margin
    price = market.mark
    for _ in range(_BRACKET_STEPS_MAX):
        rows = [market.symbol.bracket(abs(one.amount) * price) for one in together]
        slope = sum(
            (
                one.amount - abs(one.amount) * row.maintenance_fraction
                for one, row in zip(together, rows, strict=True)
            ),
            ZERO,
        )
        fixed = sum((one.cost - row.deduction for one, row in zip(together, rows, strict=True)), ZERO) - base
        if slope == 0 or fixed / slope <= 0:
            return ZERO
        if fixed / slope == price:
            break
        price = fixed / slope
    return price
