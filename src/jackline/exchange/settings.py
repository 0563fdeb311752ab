"""What an account may set about itself, and when the venue lets it."""

from jackline.exchange import margin
from jackline.exchange.account import Account
from jackline.exchange.errors import VenueError
from jackline.exchange.events import LeverageEvent
from jackline.exchange.state import State
from jackline.exchange.values import ZERO, MarginType


def set_leverage(state: State, account: Account, symbol: str, leverage: int) -> None:
    """Raises VenueError: -4028 outside the symbol's table, -2027, -2028, -4161 where a position forbids it."""
    market, setting = state.market(symbol), account.setting(symbol)
    if not 1 <= leverage <= market.symbol.leverage_max:
        raise VenueError(-4028, leverage=leverage)
    positions = [one for one in account.open_positions() if one.symbol == symbol]
    for position in positions:
        if abs(position.amount) * market.mark > market.symbol.notional_max(leverage):
            raise VenueError(-2027)
    if positions and leverage < setting.leverage:
        if setting.margin_type is MarginType.ISOLATED:
            raise VenueError(-4161)
        notional = sum((abs(one.amount) * market.mark for one in positions), ZERO)
        if notional / leverage - notional / setting.leverage > margin.available(state, account):
            raise VenueError(-2028)
    setting.leverage = leverage
    state.outbox.append(
        LeverageEvent(account=account.name, symbol=symbol, leverage=leverage, wire_ms=state.clock.wire_ms())
    )


def set_margin_type(state: State, account: Account, symbol: str, margin_type: MarginType) -> None:
    """Raises VenueError: -4046 unchanged, -4047 with open orders, -4048 with a position."""
    state.market(symbol)
    setting = account.setting(symbol)
    if setting.margin_type is margin_type:
        raise VenueError(-4046)
    resting = any(order.symbol == symbol for order in account.open_orders.values())
    if resting or any(algo.symbol == symbol for algo in account.open_algos.values()):
        raise VenueError(-4047)
    if any(one.symbol == symbol for one in account.open_positions()):
        raise VenueError(-4048)
    setting.margin_type = margin_type


def set_hedge(account: Account, hedge: bool) -> None:
    """Raises VenueError: -4059 unchanged, -4067 open orders, -4068 a position, on any symbol."""
    if account.hedge is hedge:
        raise VenueError(-4059)
    if account.open_orders or account.open_algos:
        raise VenueError(-4067)
    if account.open_positions():
        raise VenueError(-4068)
    account.hedge = hedge
