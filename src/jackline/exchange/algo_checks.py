"""The questions a conditional order must answer before it is taken. Each raises VenueError with the venue's
code."""

from jackline.exchange import checks, margin
from jackline.exchange.account import Account
from jackline.exchange.conditions import AlgoRequest
from jackline.exchange.errors import VenueError
from jackline.exchange.market import Market
from jackline.exchange.state import State
from jackline.exchange.triggers import reference
from jackline.exchange.values import ZERO


def check_algo(
    state: State, account: Account, request: AlgoRequest, market: Market, *, reducing: bool
) -> None:
    """Everything but the trigger's side of the market. `reducing`: the order can only reduce."""
    whims = state.whims
    if request.type in whims.algo_withdrawn:
        raise VenueError(-4120)
    checks.check_position_side(account, request.position_side)
    checks.check_status(market, reducing=reducing)
    if request.client_id is not None and account.algo_ids.get(request.client_id) in account.open_algos:
        raise VenueError(-20132)
    if len(account.open_algos) >= whims.open_algos_max:
        raise VenueError(-4045)
    for price in (request.trigger_price, request.price, request.activate_price):
        if price is not None:
            checks.check_price(market.symbol, price)
    if request.activate_price is not None:
        price = reference(request.working_type, market)
        if (request.activate_price - price) * request.side.sign > 0:
            raise VenueError(-2021)
    if request.close_position:
        _check_single(account, request)
        return
    limited = request.type.limited
    largest = market.symbol.quantity_max if limited else market.symbol.market_quantity_max
    checks.check_quantity(market.symbol, request.quantity, largest=largest)
    price = request.price or request.trigger_price or market.last
    if not reducing:
        checks.check_notional(market.symbol, request.quantity * price)
    if whims.margin_for_stops:
        backed = checks.reducible_quantity(
            account, symbol=request.symbol, position_side=request.position_side, side=request.side
        )
        unbacked = max(ZERO, request.quantity - backed)
        if unbacked * price / account.setting(request.symbol).leverage > margin.available(state, account):
            raise VenueError(-2019)


def _check_single(account: Account, request: AlgoRequest) -> None:
    """One close-position stop and one close-position target per direction."""
    for other in account.open_algos.values():
        same = (other.symbol, other.side, other.position_side) == (
            request.symbol,
            request.side,
            request.position_side,
        )
        if same and other.close_position and other.type.takes_profit == request.type.takes_profit:
            raise VenueError(-4130)
