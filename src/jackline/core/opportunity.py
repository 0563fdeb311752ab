"""Whether a signal's probabilities promise more than a trade costs: gate 8."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from jackline.core.gate_settings import OpportunityForm, OpportunitySettings
from jackline.core.rules import Number
from jackline.core.values import ONE, ZERO, Fraction, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Probabilities:
    """Of a rise and of a fall, 0 … 1 each, as a model says them; they need not add up to 1.

    Raises:
        ValueError: for one that is no `Decimal` from 0 to 1.
    """

    long: Fraction
    short: Fraction

    def __post_init__(self) -> None:
        for one in (self.long, self.short):
            if type(one) is not Decimal or not ZERO <= one <= ONE:
                raise ValueError(f"a probability is {one!r}; give a Decimal from 0 to 1")

    def of(self, side: Side) -> Fraction:
        """That a position of this side earns."""
        return self.long if side is Side.LONG else self.short


def expected_value(probability: Number, gain: Number, loss: Number, costs: Number) -> Number:
    """Of a trade, as a fraction of price: ``p·gain − (1 − p)·loss − costs`` (`policy.md`, gate 8)."""
    return probability * gain - (1 - probability) * loss - costs


def short_edge(p_short: Number, p_long: Number, gain: Number, loss: Number) -> Number:
    """What a short promises over a long, as a fraction of price: ``p_short·gain − p_long·loss`` (gate 8)."""
    return p_short * gain - p_long * loss


def shortcoming(
    said: Probabilities, side: Side, settings: OpportunitySettings, costs_fraction: Decimal
) -> str | None:
    """What the signal lacks, with the figures; None where it promises enough.

    `costs_fraction`: of price, what entry and exit cost together; the thresholds have theirs in the edge.
    """
    match settings.form:
        case OpportunityForm.OFF:
            return None
        case OpportunityForm.EXPECTED_VALUE:
            p = said.of(side)
            value = expected_value(p, settings.gain_fraction, settings.loss_fraction, costs_fraction)
            return None if value > 0 else f"at p = {p} a {side} is worth {value:f} of its price, costs paid"
        case OpportunityForm.THRESHOLDS:
            return _below(said, side, settings)
        case _:
            assert_never(settings.form)


def _below(said: Probabilities, side: Side, settings: OpportunitySettings) -> str | None:
    """Long first: a short is only looked at where the long does not pass."""
    long_passes = said.long >= settings.long_probability_min
    if side is Side.LONG:
        return None if long_passes else f"p_long = {said.long} is below {settings.long_probability_min}"
    if long_passes:
        return f"p_long = {said.long} reaches {settings.long_probability_min}: the long goes first"
    if said.short < settings.short_probability_min:
        return f"p_short = {said.short} is below {settings.short_probability_min}"
    edge = short_edge(said.short, said.long, settings.gain_fraction, settings.loss_fraction)
    if edge > settings.edge_min_fraction:
        return None
    return f"an edge of {edge:f} of the price is not above {settings.edge_min_fraction:f}"
