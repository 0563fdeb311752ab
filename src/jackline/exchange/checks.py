"""The questions an order must answer before it is taken. Each raises VenueError with the venue's code."""

from decimal import Decimal

from jackline.exchange import margin
from jackline.exchange.account import Account
from jackline.exchange.errors import VenueError
from jackline.exchange.market import Market
from jackline.exchange.orders import Order
from jackline.exchange.state import State
from jackline.exchange.symbols import Symbol
from jackline.exchange.values import (
    ZERO,
    OrderType,
    PositionSide,
    Side,
    SymbolStatus,
    TimeInForce,
    is_multiple,
    text,
    to_nearest,
)
from jackline.exchange.whims import ThinBook, Whims


def check_position_side(account: Account, position_side: PositionSide) -> None:
    """-4061 where the order's position side does not fit the account's mode."""
    if account.hedge == (position_side is PositionSide.BOTH):
        raise VenueError(-4061)


def check_quantity(symbol: Symbol, quantity: Decimal, *, largest: Decimal) -> None:
    if quantity <= 0:
        raise VenueError(-4003)
    if not is_multiple(quantity, symbol.step):
        raise VenueError(-1111)
    if quantity > largest:
        raise VenueError(-4005)


def check_price(symbol: Symbol, price: Decimal) -> None:
    """-1111 for more decimals than a tick has, -4014 for a price between two ticks."""
    if price <= 0 or price > symbol.price_max:
        raise VenueError(-1130, name="price")
    places = -int(symbol.tick.as_tuple().exponent)
    if not is_multiple(price, Decimal(1).scaleb(-places)):
        raise VenueError(-1111)
    if not is_multiple(price, symbol.tick):
        raise VenueError(-4014)


def check_status(market: Market, *, reducing: bool) -> None:
    """-4141 while the symbol does not trade at all, -4140 while it may only be left."""
    if market.standing is SymbolStatus.BREAK:
        raise VenueError(-4141)
    if market.standing is SymbolStatus.SETTLING and not reducing:
        raise VenueError(-4140)


def check_price_band(market: Market, whims: Whims, *, side: Side, price: Decimal, taking: bool) -> None:
    """A limit may not lie further than the band beyond mark, on the side where it would give money away; a
    market order (`taking`) only where the band was set by a whim."""
    symbol = market.symbol
    fraction = whims.price_band_fraction.get(symbol.name)
    if taking and fraction is None:
        return
    if fraction is None:
        fraction = symbol.price_band_fraction
    bound = to_nearest(market.mark * (1 + side.sign * fraction), symbol.tick)
    if (price - bound) * side.sign <= 0:
        return
    if taking:
        raise VenueError(-4131)
    raise VenueError(-4016 if side is Side.BUY else -4024, price=text(bound))


def check_depth(whims: Whims, order: Order) -> None:
    """-4131 for a market order, -5021 for fill-or-kill, where a thin book does not carry it."""
    depth = whims.market_depth.get(order.symbol)
    if depth is None:
        return
    if order.type is OrderType.MARKET and depth == 0 and whims.thin_book is ThinBook.REFUSE:
        raise VenueError(-4131)
    if order.time_in_force is TimeInForce.FOK and depth < order.quantity:
        raise VenueError(-5021)


def check_notional(symbol: Symbol, notional: Decimal) -> None:
    if notional < symbol.notional_min:
        raise VenueError(-4164, notional=text(symbol.notional_min))


def reserved_quantity(account: Account, *, symbol: str, position_side: PositionSide, side: Side) -> Decimal:
    """How much of a position resting orders that can only reduce already claim."""
    claims = (
        order.remaining
        for order in account.open_orders.values()
        if order.reducing and (order.symbol, order.position_side, order.side) == (symbol, position_side, side)
    )
    return sum(claims, ZERO)


def reducible_quantity(account: Account, *, symbol: str, position_side: PositionSide, side: Side) -> Decimal:
    """The size of the position that this side would reduce; 0 when there is none."""
    amount = account.position(symbol, position_side).amount
    return abs(amount) if amount * side.sign < 0 else ZERO


def check_reducing(account: Account, order: Order, *, triggered: bool) -> None:
    """-2022 when there is nothing to reduce, -4118 when resting orders already claim it.

    Larger than the position is trimmed when filled, except for an order sent on the closing side in hedge
    mode, which is refused. A child of a stop is trimmed in both modes (an assumption; undocumented at the
    real venue).
    """
    symbol, position_side, side = order.symbol, order.position_side, order.side
    reducible = reducible_quantity(account, symbol=symbol, position_side=position_side, side=side)
    if reducible == 0:
        raise VenueError(-2022)
    if order.trigger is not None and order.trigger.close_position:
        return
    if account.hedge and not triggered and order.quantity > reducible:
        raise VenueError(-2022)
    reserved = reserved_quantity(account, symbol=symbol, position_side=position_side, side=side)
    if reserved and reserved + min(order.quantity, reducible) > reducible:
        raise VenueError(-4118)


def check_margin(state: State, account: Account, order: Order, *, price: Decimal) -> None:
    """-2019 when the margin does not reach, -2027 when the position would outgrow its leverage's bracket."""
    opening = margin.opening_quantity(
        account,
        symbol=order.symbol,
        position_side=order.position_side,
        side=order.side,
        quantity=order.quantity,
    )
    if opening == 0:
        return
    leverage = account.setting(order.symbol).leverage
    position = account.position(order.symbol, order.position_side)
    held = abs(position.amount) if opening == order.quantity else ZERO
    if (held + opening) * price > state.markets[order.symbol].symbol.notional_max(leverage):
        raise VenueError(-2027)
    if opening * price / leverage > margin.available(state, account):
        raise VenueError(-2019)
