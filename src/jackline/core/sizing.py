"""How much a trade is worth before the risk budget: by its mode, under the cap. Size only ever shrinks (P8)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from jackline.core.gate_settings import Rule
from jackline.core.outcomes import Denied, Reason
from jackline.core.regime import Regime
from jackline.core.settings import CapBasis, RiskSettings, SizeMode
from jackline.core.values import ONE, ZERO, Fraction, Quote

HALF = Decimal("0.5")
SIGNAL_FRACTION_MIN, SIGNAL_FRACTION_MAX = Decimal("0.20"), Decimal("0.95")
"""Bounds of the formula. Its reachable range is 25 … 75 % of equity."""


SIGNAL_WEIGHT, VOLATILITY_WEIGHT = Decimal("0.4"), Decimal("0.3")
REGIME_WEIGHT, STREAK_WEIGHT = Decimal("0.2"), Decimal("0.1")
"""They add up to 1."""
REGIME_FACTORS = {
    Regime.UP: ONE,
    Regime.SIDEWAYS: Decimal("0.6"),
    Regime.DOWN: Decimal("0.3"),
    Regime.UNKNOWN: HALF,
}
LOSS_FACTORS = (ONE, Decimal("0.9"), Decimal("0.6"), Decimal("0.3"))
"""By closed trades in a row that lost; the last one from there on."""
WINS_FACTOR, WINS_MANY = Decimal("0.8"), 3
"""So many wins in a row are no reason to grow bold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What a size by weights looks at besides the signal.

    Attributes:
        volatility_ratio: the last bars' range against the usual one; None while it is not known.
        wins, losses: closed trades in a row; one of them is 0.
    """

    volatility_ratio: Decimal | None = None
    regime: Regime = Regime.UNKNOWN
    wins: int = 0
    losses: int = 0


def volatility_factor(ratio: Decimal) -> Decimal:
    """1 up to a ratio of 0.5, 0.5 at 1, 0 from 2 on; straight lines between (`policy.md`, size)."""
    if ratio <= 1:
        return min(ONE, ONE + HALF - ratio)
    return max(ZERO, ONE - ratio / 2)


def signal_strength(confidence: Decimal) -> Decimal:
    """``f = clip(((p − 0.5)/0.5)^1.5, 0, 1)`` of a confidence p, 0 … 1; one below 0.5 is worth what 0.5 is."""
    excess = min(max((confidence - HALF) / HALF, ZERO), ONE)
    return excess * excess.sqrt()


def weighted_strength(confidence: Decimal, conditions: Conditions) -> Decimal:
    """The signal's strength with volatility, regime and the last results: a weighted mean of four factors, 0 … 1.

    A volatility that is not known counts as the usual one. Source: `policy.md`, size, weights for `signal`.
    """
    ratio = ONE if conditions.volatility_ratio is None else conditions.volatility_ratio
    streak = WINS_FACTOR if conditions.wins >= WINS_MANY else LOSS_FACTORS[min(conditions.losses, 3)]
    return (
        SIGNAL_WEIGHT * signal_strength(confidence)
        + VOLATILITY_WEIGHT * volatility_factor(ratio)
        + REGIME_WEIGHT * REGIME_FACTORS[conditions.regime]
        + STREAK_WEIGHT * streak
    )


def signal_fraction(confidence: Decimal, conditions: Conditions | None = None) -> Fraction:
    """Share of equity taken as margin: ``clip(0.5·(0.5 + f), 0.20, 0.95)``, ``f = clip(((p − 0.5)/0.5)^1.5, 0, 1)``.

    Args:
        confidence: p, the probability of the signal, 0 … 1; one below 0.5 is worth what 0.5 is.
        conditions: then f is the weighted strength in place of the signal's alone.

    Source: `policy.md`, size, mode `signal`.
    """
    strength = (
        signal_strength(confidence) if conditions is None else weighted_strength(confidence, conditions)
    )
    return Fraction(min(max(HALF * (HALF + strength), SIGNAL_FRACTION_MIN), SIGNAL_FRACTION_MAX))


def smallest_notional_share(risk: RiskSettings) -> Decimal | None:
    """Of equity: the least a mode ever wants, where that is known without a price or an account; else None."""
    if risk.size_mode is not SizeMode.SIGNAL:
        return None
    return signal_fraction(HALF) * risk.leverage


def cap_share(risk: RiskSettings) -> Decimal:
    """Of equity: the largest notional that one trade may have."""
    return risk.size_cap_fraction * (risk.leverage if risk.size_cap_basis is CapBasis.MARGIN else 1)


def wanted_notional(
    *,
    risk: RiskSettings,
    equity_quote: Quote,
    confidence: Fraction | None,
    conditions: Conditions | None = None,
) -> Quote | Denied:
    """The notional before the risk budget, in quote: what the mode wants, and no more than the cap.

    In mode `risk` that is the cap. Denied where mode `signal` meets a signal below 0.5, or one that says nothing.
    """
    cap = equity_quote * cap_share(risk)
    match risk.size_mode:
        case SizeMode.RISK:
            return Quote(cap)
        case SizeMode.FIXED:
            return Quote(cap if risk.size_fixed_quote is None else min(cap, risk.size_fixed_quote))
        case SizeMode.SIGNAL:
            if confidence is None or not HALF <= confidence <= ONE:
                said = "says no confidence" if confidence is None else f"has a confidence of {confidence}"
                text = f"the signal {said}; a size by signal needs 0.5 … 1"
                return Denied(reason=Reason.CONFIDENCE, detail=text)
            weighed = conditions if risk.size_weights is Rule.ON else None
            return Quote(min(cap, equity_quote * signal_fraction(confidence, weighed) * risk.leverage))
