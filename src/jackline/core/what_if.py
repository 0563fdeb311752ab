"""A dry verdict on an order that somebody else thinks of: every rule in turn, and nothing is changed by it.

The caller's balance and positions are a supposition. What is known of the account itself, its kill level, its day and
its streak, is not the caller's to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from jackline.core.risk_limits import RiskLimits
from jackline.core.values import ZERO, Fraction, Price, Quantity, Quote, Side, Symbol

QUANTITY_STEP = Decimal("1E-8")
"""Quantities are told to eight digits; the venue's own step is the engine's to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A supposed position: its worth in quote, and its signed quantity, long above zero."""

    value_quote: Quote
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposed:
    """The order, on the account as it is supposed to be."""

    symbol: Symbol
    side: Side
    quantity: Quantity
    price: Price
    balance_quote: Quote
    positions: Mapping[Symbol, Held]

    @property
    def notional_quote(self) -> Quote:
        """What it is worth."""
        return Quote(self.quantity * self.price)

    @property
    def reduces(self) -> bool:
        """It closes a part of what is held, and no more than that."""
        held = self.positions.get(self.symbol)
        if held is None or held.quantity == ZERO:
            return False
        return (held.quantity > 0) is (self.side is Side.SHORT) and self.quantity <= abs(held.quantity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of the account itself.

    Attributes:
        denied: why nothing may enter on the whole account; empty when it may.
        day_result_quote, day_start_quote: None while no engine has said.
        stop_fraction: distance of a stop from its entry, of price, for the loss of what has none of its own here.
        symbols: what is traded.
    """

    denied: str
    day_result_quote: Quote | None
    day_start_quote: Quote | None
    losing_streak: int
    stop_fraction: Fraction
    symbols: frozenset[Symbol]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`quantity`: what may be ordered, at most what was asked for; 0 where nothing may. `reason` says why."""

    is_valid: bool
    quantity: Quantity
    reason: str


def verdict(order: Supposed, standing: Standing, limits: RiskLimits) -> Verdict:
    """Ask every rule; a denial anywhere outweighs a size that could be shrunk. A reduction passes them all (K2)."""
    if order.reduces:
        return Verdict(is_valid=True, quantity=order.quantity, reason="reduces a position")
    shrunk, why = _shrunk(order, limits)
    for denied in (
        standing.denied,
        _unknown(order, standing),
        _too_poor(order, limits),
        _day(standing, limits),
        _streak(standing, limits),
        _heat(order, shrunk, standing, limits),
    ):
        if denied:
            return Verdict(is_valid=False, quantity=Quantity(ZERO), reason=denied)
    if shrunk <= ZERO:
        return Verdict(is_valid=False, quantity=Quantity(ZERO), reason=why)
    return Verdict(is_valid=True, quantity=shrunk, reason=why or "within every limit")


def adverse_slippage_fraction(*, expected: Price, actual: Price, side: Side) -> Decimal:
    """How much worse than expected, of what was expected; negative where it is better, which is never a reason."""
    return (actual - expected) / expected * side.sign


def _shrunk(order: Supposed, limits: RiskLimits) -> tuple[Quantity, str]:
    """The size that the cap leaves: 10 % of 10,000 makes an order of 25,000 one of 1,000."""
    cap = limits.size_cap_fraction * order.balance_quote
    if order.notional_quote <= cap:
        return order.quantity, ""
    left = (cap / order.price).quantize(QUANTITY_STEP, rounding=ROUND_DOWN)
    return Quantity(left), f"worth {order.notional_quote:.2f}, shrunk to the cap of {cap:.2f} quote"


def _unknown(order: Supposed, standing: Standing) -> str:
    return "" if order.symbol in standing.symbols else f"unknown_symbol: {order.symbol} is not traded here"


def _too_poor(order: Supposed, limits: RiskLimits) -> str:
    if order.balance_quote >= limits.equity_min_quote:
        return ""
    return f"equity_too_small: {order.balance_quote:.2f} is below {limits.equity_min_quote:f} quote"


def _day(standing: Standing, limits: RiskLimits) -> str:
    result, start = standing.day_result_quote, standing.day_start_quote
    if result is None or start is None:
        return ""
    worst = -limits.daily_loss_max_fraction * start
    return f"daily_loss: {result:.2f} is at the limit of {worst:.2f} quote" if result <= worst else ""


def _streak(standing: Standing, limits: RiskLimits) -> str:
    most = limits.losing_streak_max
    if most is None or standing.losing_streak < most:
        return ""
    return f"losing_streak: {standing.losing_streak} closed trades in a row lost; the limit is {most}"


def _heat(order: Supposed, quantity: Quantity, standing: Standing, limits: RiskLimits) -> str:
    """Both heats, after shrinking: what all is worth, and what all loses at its stops."""
    worth = sum((abs(held.value_quote) for held in order.positions.values()), ZERO) + quantity * order.price
    most = limits.heat_notional_max_fraction * order.balance_quote
    if worth > most:
        return f"heat_notional: {worth:.2f} in all is above {most:.2f} quote"
    lost, most_lost = worth * standing.stop_fraction, limits.heat_loss_max_fraction * order.balance_quote
    if lost > most_lost:
        return f"heat_loss: {lost:.2f} lost at all stops is above {most_lost:.2f} quote"
    return ""
