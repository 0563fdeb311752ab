"""The limits of an account that may be changed while it runs, and what makes one looser than another."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from decimal import Decimal

from jackline.core.settings import RiskSettings
from jackline.core.values import Fraction, Quote


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskLimits:
    """As in `RiskSettings`; None bounds nothing."""

    size_cap_fraction: Fraction
    daily_loss_max_fraction: Fraction
    losing_streak_max: int | None
    equity_min_quote: Quote
    slippage_adverse_max_fraction: Fraction
    heat_loss_max_fraction: Fraction
    heat_notional_max_fraction: Fraction


LEAST_IS_LOOSE = frozenset({"equity_min_quote"})
"""Of these a smaller value allows more; of all others a larger one."""
NAMES = tuple(field.name for field in fields(RiskLimits))


def limits_of(risk: RiskSettings) -> RiskLimits:
    """The limits that these settings have."""
    return RiskLimits(**{name: getattr(risk, name) for name in NAMES})


def with_limits(risk: RiskSettings, limits: RiskLimits) -> RiskSettings:
    """The settings with these limits in the place of their own."""
    return replace(risk, **{name: getattr(limits, name) for name in NAMES})


def loosened(before: RiskLimits, after: RiskLimits) -> tuple[str, ...]:
    """Names of what `after` allows more of than `before`."""
    return tuple(name for name in NAMES if _is_looser(name, getattr(before, name), getattr(after, name)))


def tightest(one: RiskLimits, other: RiskLimits) -> RiskLimits:
    """Of each limit the one that allows less."""
    return RiskLimits(
        **{
            name: getattr(other, name)
            if _is_looser(name, getattr(other, name), getattr(one, name))
            else getattr(one, name)
            for name in NAMES
        }
    )


def _is_looser(name: str, before: Decimal | int | None, after: Decimal | int | None) -> bool:
    """`after` allows more than `before`. Without a limit everything is allowed."""
    if before is None or after is None:
        return after is None and before is not None
    return after < before if name in LEAST_IS_LOOSE else after > before
