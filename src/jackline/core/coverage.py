"""Which orders protect a position, and why the others do not. Shared by guard, engine and watchdog."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from jackline.core import rules
from jackline.core.orders import OrderKind, OrderState, OrderView, PositionView, PriceSource
from jackline.core.values import ZERO, Price, Quantity, tightest


class StopFault(StrEnum):
    """Why a stop does not count towards coverage."""

    NOT_A_STOP = "not_a_stop"
    NOT_LIVE = "not_live"
    ELSEWHERE = "elsewhere"
    WRONG_SIDE = "wrong_side"
    CAN_INCREASE = "can_increase"
    PRICE_SOURCE = "price_source"
    PRICE_PROTECTED = "price_protected"
    REACHED = "reached"
    BEYOND_LIQUIDATION = "beyond_liquidation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What the working stops of a position would close.

    Attributes:
        quantity: covered quantity, at most the position's.
        tightest_price: trigger of the tightest working stop; None without one.
        working: client ids of the stops that count.
        triggering: stops that have fired and are not finished; they count as flattening for a while (P1).
    """

    quantity: Quantity
    tightest_price: Price | None
    working: frozenset[str]
    triggering: tuple[OrderView, ...]


def only_reduces(order: OrderView, position: PositionView) -> bool:
    """True when the order can only reduce this position (P3): by flag, or by the hedge-mode leg it names."""
    return order.reduce_only or order.close_position or order.position_side is position.side


def stop_fault(order: OrderView, position: PositionView, price_source: PriceSource) -> StopFault | None:
    """Why `order` does not protect `position`; None when it is a working stop."""
    if order.key.symbol != position.symbol or order.mode is not position.mode:
        return StopFault.ELSEWHERE
    if order.position_side not in {None, position.side}:
        return StopFault.ELSEWHERE
    if not order.is_stop or order.trigger_price is None:
        return StopFault.NOT_A_STOP
    if order.state is not OrderState.NEW:
        return StopFault.NOT_LIVE
    if order.side is not position.side.closes_with:
        return StopFault.WRONG_SIDE
    if not only_reduces(order, position):
        return StopFault.CAN_INCREASE
    if order.price_source is not price_source:
        return StopFault.PRICE_SOURCE
    if order.price_protect:
        return StopFault.PRICE_PROTECTED
    sign = position.side.sign
    if rules.is_beyond(position.mark, order.trigger_price, sign):
        return StopFault.REACHED
    liquidation = position.losing_liquidation_price
    if liquidation is not None and (order.trigger_price - liquidation) * sign <= ZERO:
        return StopFault.BEYOND_LIQUIDATION
    return None


def _fires(order: OrderView, fault: StopFault | None, position: PositionView) -> bool:
    """What is TRIGGERING closes this position: a stop; or one that followed the price, which covered nothing before."""
    if fault is StopFault.NOT_LIVE:
        return True
    trailed = fault is StopFault.NOT_A_STOP and order.kind is OrderKind.TRAILING
    return trailed and order.side is position.side.closes_with and order.quantity >= position.quantity


def coverage(position: PositionView, orders: tuple[OrderView, ...], price_source: PriceSource) -> Coverage:
    """Sum the working stops of a position. A close-position stop covers all of it."""
    covered, best = ZERO, None
    working: set[str] = set()
    triggering: list[OrderView] = []
    for order in orders:
        fault = stop_fault(order, position, price_source)
        if (
            order.state is OrderState.TRIGGERING
            and only_reduces(order, position)
            and _fires(order, fault, position)
        ):
            triggering.append(order)
        if fault is not None or order.trigger_price is None:
            continue
        covered += position.quantity if order.close_position else order.quantity
        best = order.trigger_price if best is None else tightest(position.side, order.trigger_price, best)
        working.add(order.key.client_id)
    return Coverage(
        quantity=Quantity(min(covered, position.quantity)),
        tightest_price=best,
        working=frozenset(working),
        triggering=tuple(triggering),
    )
