"""When a conditional order triggers, and what the market did at that moment."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from jackline.exchange.conditions import Algo, StopFill
from jackline.exchange.market import Market
from jackline.exchange.orders import Order
from jackline.exchange.values import OrderType, WorkingType

GAP_FRACTION: Final = Decimal("0.0005")
"""A step that goes past a trigger by more than 5 bps (and a tick) has jumped it rather than reached it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Triggered:
    """What the market did when an order triggered. `gap`: the step jumped past the trigger, from `prev_last`."""

    trigger_price: Decimal
    gap: bool
    prev_last: Decimal


def triggered(algo: Algo, market: Market) -> Triggered:
    trigger_price = threshold(algo)
    beyond = abs(reference(algo.working_type, market) - trigger_price)
    return Triggered(
        trigger_price=trigger_price,
        gap=beyond > max(market.symbol.tick, trigger_price * GAP_FRACTION),
        prev_last=market.prev_last,
    )


def reference(working_type: WorkingType, market: Market) -> Decimal:
    """The price that an order of this working type watches."""
    return market.mark if working_type is WorkingType.MARK_PRICE else market.last


def threshold(algo: Algo) -> Decimal:
    """The price at which the order triggers now."""
    if algo.type is OrderType.TRAILING_STOP_MARKET:
        return algo.extreme * (1 + algo.side.sign * algo.callback_fraction)
    return algo.trigger_price


def reached(algo: Algo, price: Decimal) -> bool:
    """A stop triggers on a price at or beyond its trigger in the order's direction, a target against it."""
    rising = (algo.side.sign > 0) is not algo.type.takes_profit
    return price >= threshold(algo) if rising else price <= threshold(algo)


def suppressed(algo: Algo, market: Market) -> bool:
    """Whether price protection holds the order back: mark and last are too far apart."""
    if not algo.price_protect:
        return False
    return abs(market.mark - market.last) / market.mark > market.symbol.trigger_protect_fraction


def stop_fill(algo: Algo, child: Order, release: Triggered) -> StopFill:
    """How the child of a triggered order was filled."""
    slip = (child.average - release.trigger_price) * algo.side.sign
    return StopFill(
        account=algo.account,
        symbol=algo.symbol,
        position_side=algo.position_side,
        side=algo.side,
        algo_id=algo.algo_id,
        client_algo_id=algo.client_id,
        order_id=child.order_id,
        type=algo.type,
        trigger_price=release.trigger_price,
        fill_price=child.average,
        quantity=child.executed,
        slip_bps=slip / release.trigger_price * 10_000,
        gap=release.gap,
        prev_last=release.prev_last,
        wire_ms=child.updated_ms,
        market_ms=child.market_ms,
    )
