"""People who ask for stops and targets beside the plan's, take them away again, and want a stop tighter."""

from __future__ import annotations

from decimal import Decimal

from jackline.core.asked_order import AskedKind, AskedTerms
from jackline.core.values import Fraction, Price, Quantity, Side, Symbol, WireMs
from jackline.exchange.position import Position
from jackline.store.commands import CommandKind
from jackline.store.order_wishes import DropWish, TightenWish
from jackline.world.acts import Act
from jackline.world.deeds.means import DONE, NOTHING_THERE, Means, Result

KINDS = (AskedKind.STOP, AskedKind.STOP, AskedKind.TARGET, AskedKind.TRAILING)
NEAREST, STEP = Decimal("0.001"), Decimal("0.00015")
"""Distances from mark: 0.1 % to 1.6 %, so that some are tighter than D, some looser, and some fire."""


def asks(means: Means, act: Act) -> Result:
    """A stop, a target or a trailing stop, for all or half of what is open."""
    position = means.a_position(act)
    if position is None:
        return NOTHING_THERE
    drawn = int(act.size * 10_000)
    kind, distance = KINDS[drawn % 4], NEAREST + STEP * (drawn // 4 % 100)
    market = means.stage.venue.state.markets[position.symbol]
    side = _side(position)
    away = distance * side.sign * (1 if kind is AskedKind.TARGET else -1)
    half = abs(position.amount) / 2 // market.symbol.step * market.symbol.step
    trails = kind is AskedKind.TRAILING
    wish = AskedTerms(
        order_id=means.operator.next_order_id(kind),
        kind=kind,
        symbol=_symbol(means, position),
        side=side,
        quantity=Quantity(half) if drawn // 400 % 2 and half else None,
        trigger_price=None if trails else Price(market.mark * (1 + away)),
        trailing_fraction=Fraction(distance) if trails else None,
        position_id="pos",
        created_ms=WireMs(means.stage.clock.wire_ms()),
    )
    return DONE if means.operator.wish(CommandKind.ORDER_ASKED, wish) else NOTHING_THERE


def drops(means: Means, act: Act) -> Result:
    """One of the orders that were asked for, whatever has become of it."""
    known = means.operator.order_ids
    if not known:
        return NOTHING_THERE
    replacement = known[-1] if act.size < 0.2 else None
    wish = DropWish(
        order_id=known[int(act.pick * len(known))], replace_with=replacement, close=act.size > 0.9
    )
    return DONE if means.operator.wish(CommandKind.ORDER_DROPPED, wish) else NOTHING_THERE


def tightens(means: Means, act: Act) -> Result:
    """The stop of a position to somewhere under mark, or to break-even."""
    position = means.a_position(act)
    if position is None:
        return NOTHING_THERE
    side, mark = _side(position), means.stage.venue.state.markets[position.symbol].mark
    price = mark * (1 - side.sign * Decimal(str(act.size)) / 100)
    even = act.size > 0.8
    wish = TightenWish(symbol=_symbol(means, position), side=side, price=None if even else Price(price))
    return DONE if means.operator.wish(CommandKind.TIGHTEN, wish) else NOTHING_THERE


def _side(position: Position) -> Side:
    return Side.LONG if position.amount > 0 else Side.SHORT


def _symbol(means: Means, position: Position) -> Symbol:
    return Symbol(means.wire.spelled(position.symbol))
