"""The guard: one pure pass over venue truth. Level-triggered, so there is no transition to miss.

`guard(snapshot, plans, now)` compares what is open with what should protect it and returns findings. The engine
and the watchdog read the same findings; what each may do about them differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from jackline.core import rules
from jackline.core.coverage import Coverage, coverage
from jackline.core.ids import is_ours
from jackline.core.instrument import Instrument
from jackline.core.orders import OrderView, PositionView, PriceSource, Snapshot
from jackline.core.plan import StopPlan, stop_distance
from jackline.core.settings import RiskSettings, StopBasis
from jackline.core.values import ZERO, Fraction, Price, Quantity, Quote, Side, Symbol, WireMs, tightest

PositionKey = tuple[Symbol, Side]


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """What a position's stop should be: the price a missing one is placed at, and what fires it."""

    stop_price: Price
    price_source: PriceSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """Working stops cover the position: protected."""

    position: PositionView
    coverage: Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class Naked:
    """Working stops cover too little. A whole-position stop at the plan's price is missing."""

    position: PositionView
    coverage: Coverage
    missing: Quantity
    protection: Protection


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """Mark is at or beyond the stop price and nothing covers the position: close, never re-price (P4)."""

    position: PositionView
    protection: Protection


@dataclass(frozen=True, slots=True, kw_only=True)
class Flattening:
    """A stop has fired and is not finished. Past `triggering_ms_max` it is `Stuck`."""

    position: PositionView
    order: OrderView


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """A stop says it is firing and the position stays open: close."""

    position: PositionView
    order: OrderView


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplanned:
    """A position no plan knows: protect first, attribute later."""

    position: PositionView


@dataclass(frozen=True, slots=True, kw_only=True)
class Flat:
    """A plan whose position is gone: find the fills, book them, sweep."""

    key: PositionKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """An order of ours on a position that is flat or has no plan."""

    order: OrderView


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """An order that is not ours: shown, never cancelled, never counted unless it truly protects."""

    order: OrderView


Finding = Covered | Naked | Reached | Flattening | Stuck | Unplanned | Flat | Leftover | Foreign


def guard(
    snapshot: Snapshot,
    plans: Mapping[PositionKey, Protection],
    *,
    now_ms: WireMs,
    tag: str,
    triggering_ms_max: int,
) -> tuple[Finding, ...]:
    """Compare venue truth with the plans. Positions whose orders were not listed are left for the next read."""
    findings: list[Finding] = []
    open_keys: set[PositionKey] = set()
    for position in snapshot.positions:
        key = (position.symbol, position.side)
        open_keys.add(key)
        plan = plans.get(key)
        if plan is None:
            findings.append(Unplanned(position=position))
        elif snapshot.lists(position.symbol):
            findings.append(_judge(position, plan, snapshot, now_ms, triggering_ms_max))
    findings.extend(Flat(key=key) for key in plans if key not in open_keys)
    for order in snapshot.orders:
        if not is_ours(order.key.client_id, tag):
            findings.append(Foreign(order=order))
        elif not any(key[0] == order.key.symbol for key in open_keys | set(plans)):
            findings.append(Leftover(order=order))
    return tuple(findings)


def _judge(
    position: PositionView, plan: Protection, snapshot: Snapshot, now_ms: WireMs, triggering_ms_max: int
) -> Finding:
    """What to say about one planned position whose orders were listed."""
    covered = coverage(position, snapshot.orders, plan.price_source)
    if covered.quantity >= position.quantity:
        return Covered(position=position, coverage=covered)
    for order in covered.triggering:
        if now_ms - order.updated_ms <= triggering_ms_max:
            return Flattening(position=position, order=order)
        return Stuck(position=position, order=order)
    if rules.is_beyond(position.mark, plan.stop_price, position.side.sign):
        return Reached(position=position, protection=plan)
    missing = Quantity(position.quantity - covered.quantity)
    return Naked(position=position, coverage=covered, missing=missing, protection=plan)


def adopted_stop(
    position: PositionView, instrument: Instrument, risk: RiskSettings, *, equity_quote: Quote | None = None
) -> StopPlan:
    """The stop of a position nobody planned: the default distance from its entry price.

    Where mark is already past that, the distance counts from mark: its loss limit begins when we meet it. The
    liquidation price bounds it either way (P7). `equity_quote` is asked for by one stop basis only.
    """
    distance = adopted_distance(position, risk, equity_quote)
    sign = position.side.sign
    trigger = instrument.stop_price(rules.stop_level(position.entry_price, distance, sign), position.side)
    if rules.is_beyond(position.mark, trigger, sign):
        trigger = instrument.stop_price(rules.stop_level(position.mark, distance, sign), position.side)
    trigger = inside_liquidation(trigger, position, instrument, risk)
    return StopPlan(
        side=position.side,
        distance_fraction=distance,
        disaster_price=trigger,
        price_source=risk.stop.price_source,
    )


def adopted_distance(position: PositionView, risk: RiskSettings, equity_quote: Quote | None) -> Fraction:
    """How far its stop stands, as a fraction of price: `plan.stop_distance` with what the position really is.

    Its own leverage and what it is worth, not what the configuration would have given it. What is not told is taken
    for the worst: the configured leverage, and a position bought with the whole equity. A planned stop outside its
    band is denied; this position is open, so its stop goes to the end of the band.
    """
    stop = risk.stop
    leverage = position.leverage or Decimal(risk.leverage)
    share = leverage
    if equity_quote is not None and equity_quote > ZERO:
        share = position.quantity * position.entry_price / equity_quote
    asked = stop_distance(stop=stop, leverage=leverage, notional_share=share)
    if stop.basis is StopBasis.PRICE:
        return asked
    return Fraction(max(stop.distance_min_fraction, min(stop.distance_max_fraction, asked)))


def inside_liquidation(
    trigger: Price, position: PositionView, instrument: Instrument, risk: RiskSettings
) -> Price:
    """The trigger, or a tighter one where the liquidation price is too near for it (P7)."""
    if position.losing_liquidation_price is None:
        return trigger
    room = abs(position.mark - position.losing_liquidation_price) * risk.stop.liquidation_share_max
    bound = instrument.stop_price(position.mark - position.side.sign * room, position.side)
    return tightest(position.side, trigger, bound)
