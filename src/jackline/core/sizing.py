"""How much a trade is worth before the risk budget: by its mode, under the cap. Size only ever shrinks (P8)."""

from __future__ import annotations

from decimal import Decimal

from jackline.core.outcomes import Denied, Reason
from jackline.core.settings import CapBasis, RiskSettings, SizeMode
from jackline.core.values import ONE, ZERO, Fraction, Quote

HALF = Decimal("0.5")
SIGNAL_FRACTION_MIN, SIGNAL_FRACTION_MAX = Decimal("0.20"), Decimal("0.95")
"""Bounds of the formula. Its reachable range is 25 … 75 % of equity."""


def signal_fraction(confidence: Decimal) -> Fraction:
    """Share of equity taken as margin: ``clip(0.5·(0.5 + f), 0.20, 0.95)``, ``f = clip(((p − 0.5)/0.5)^1.5, 0, 1)``.

    Args:
        confidence: p, the probability of the signal, 0 … 1; one below 0.5 is worth what 0.5 is.

    Source: `policy.md`, size, mode `signal`.
    """
    excess = min(max((confidence - HALF) / HALF, ZERO), ONE)
    strength = excess * excess.sqrt()
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
    *, risk: RiskSettings, equity_quote: Quote, confidence: Fraction | None
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
            return Quote(min(cap, equity_quote * signal_fraction(confidence) * risk.leverage))
