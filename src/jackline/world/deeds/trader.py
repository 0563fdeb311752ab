"""Somebody else who trades the account: turns positions round, is out and in again, and brings orders of their own."""

from __future__ import annotations

from decimal import Decimal

from jackline.exchange.conditions import AlgoRequest
from jackline.exchange.orders import OrderRequest
from jackline.exchange.position import Position
from jackline.exchange.values import OrderType, PositionSide, Side, TimeInForce, WorkingType
from jackline.world.acts import Act
from jackline.world.deeds.means import DONE, NOTHING_THERE, Means, Result, exact
from jackline.world.wires import Wire

REENTRY_S_MAX = 8.0
"""Sooner than a sweep, or just after it."""


def flips(means: Means, act: Act) -> Result:
    """A position becomes one of the other side: in netting mode by one order."""
    position = means.a_position(act)
    if position is None:
        return NOTHING_THERE
    closing = Side.SELL if position.amount > 0 else Side.BUY
    size, more = abs(position.amount), means.quantity(position.symbol, act.size)
    if position.side is PositionSide.BOTH:
        means.trade(position.symbol, closing, position.side, size + more, reduce_only=False)
        return DONE
    other = PositionSide.SHORT if position.side is PositionSide.LONG else PositionSide.LONG
    means.trade(position.symbol, closing, position.side, size, reduce_only=True)
    means.trade(position.symbol, closing, other, more, reduce_only=False)
    return DONE


def reenters(means: Means, act: Act) -> Result:
    """Out, and in again on the same side within seconds, at another price."""
    position = means.a_position(act)
    if position is None:
        return NOTHING_THERE
    opening, closing = (Side.BUY, Side.SELL) if position.amount > 0 else (Side.SELL, Side.BUY)
    symbol, side, size = position.symbol, position.side, abs(position.amount)
    means.trade(symbol, closing, side, size, reduce_only=True)

    def again() -> None:
        means.attempt(lambda: means.trade(symbol, opening, side, size, reduce_only=False))

    means.stage.network.later(0.2 + REENTRY_S_MAX * act.size, again)
    return DONE


def brings_orders(means: Means, act: Act) -> Result:
    """A stop and a target of theirs, both good: as many bots place them beside each entry.

    No target in hedge mode: a limit on the closing side of a leg binds its whole quantity, so the venue takes no close
    of ours beside it (-4118), and an order of theirs is not ours to cancel. docs/guard.md says so.
    """
    position = means.a_position(act)
    if position is None:
        return NOTHING_THERE
    whole = act.pick < 0.5 and (means.wire is Wire.BINANCE or means.stage.account.hedge)
    _rest_stop(means, position, away=exact(0.004 + 0.02 * act.size), whole=whole)
    if means.wire is Wire.BINANCE and not means.stage.account.hedge:
        _rest_target(means, position, away=exact(0.004 + 0.02 * act.size))
    means.deliver()
    return DONE


def _rest_stop(means: Means, position: Position, *, away: Decimal, whole: bool) -> None:
    sign = 1 if position.amount > 0 else -1
    market = means.stage.venue.state.markets[position.symbol]
    trigger = market.mark * (1 - sign * away)
    means.stage.venue.place_algo(
        means.stage.account,
        AlgoRequest(
            symbol=position.symbol,
            side=Side.SELL if sign > 0 else Side.BUY,
            position_side=position.side,
            type=OrderType.STOP_MARKET,
            quantity=Decimal(0) if whole else abs(position.amount),
            price=None,
            trigger_price=trigger // market.symbol.tick * market.symbol.tick,
            activate_price=None,
            callback_fraction=None,
            time_in_force=TimeInForce.GTC,
            working_type=WorkingType.MARK_PRICE,
            close_position=whole,
            reduce_only=not whole and position.side is PositionSide.BOTH,
            price_protect=False,
            client_id=None,
        ),
    )


def _rest_target(means: Means, position: Position, *, away: Decimal) -> None:
    sign = 1 if position.amount > 0 else -1
    market = means.stage.venue.state.markets[position.symbol]
    price = market.mark * (1 + sign * away)
    means.stage.venue.place_order(
        means.stage.account,
        OrderRequest(
            symbol=position.symbol,
            side=Side.SELL if sign > 0 else Side.BUY,
            position_side=position.side,
            type=OrderType.LIMIT,
            quantity=abs(position.amount),
            price=price // market.symbol.tick * market.symbol.tick,
            time_in_force=TimeInForce.GTC,
            reduce_only=True,
            client_id=None,
        ),
    )
