"""The numbers of two gates that have a table of their own: a market's regime, and a signal's opportunity."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from jackline.core.values import Fraction, Symbol


class Rule(StrEnum):
    """Whether a rule is asked."""

    OFF = "off"
    ON = "on"


class OpportunityForm(StrEnum):
    """How a signal's probabilities are judged.

    `EXPECTED_VALUE`: what the trade is worth on average, costs paid. `THRESHOLDS`: long first, then short with an edge.
    """

    OFF = "off"
    EXPECTED_VALUE = "expected_value"
    THRESHOLDS = "thresholds"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegimeSettings:
    """Which regime forbids which side.

    Attributes:
        reference_symbol: the market whose regime holds for all; it need not be traded.
        band_fraction: half the width of sideways, around the average.
        short_exception_confidence: from here on a short of a symbol below its own average is allowed in up.
        counter_trend_confidence: what a short of a symbol above its own band needs.
        mirror_rule: longs are then judged in down as shorts are in up.
    """

    gate: Rule = Rule.ON
    reference_symbol: Symbol = Symbol("BTCUSDT")
    ema_period_bars: int = 200
    band_fraction: Fraction = Fraction(Decimal("0.02"))
    short_exception_confidence: Fraction = Fraction(Decimal("0.65"))
    counter_trend_confidence: Fraction = Fraction(Decimal("0.55"))
    mirror_rule: Rule = Rule.OFF


@dataclass(frozen=True, slots=True, kw_only=True)
class OpportunitySettings:
    """What a signal that carries probabilities must promise; one that carries none is not asked.

    Attributes:
        long_probability_min, short_probability_min: of `THRESHOLDS`.
        gain_fraction, loss_fraction: of price, what a right and a wrong signal are worth.
        edge_min_fraction: of price, what a short must promise above the long of `THRESHOLDS`.
    """

    form: OpportunityForm = OpportunityForm.EXPECTED_VALUE
    long_probability_min: Fraction = Fraction(Decimal("0.65"))
    short_probability_min: Fraction = Fraction(Decimal("0.70"))
    gain_fraction: Fraction = Fraction(Decimal("0.0047"))
    loss_fraction: Fraction = Fraction(Decimal("0.0041"))
    edge_min_fraction: Fraction = Fraction(Decimal("0.001"))
