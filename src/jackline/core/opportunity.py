"""Whether a signal's probabilities promise more than a trade costs: gate 8."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from jackline.core.gate_settings import OpportunityForm, OpportunitySettings
from jackline.core.rules import Scalar
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


def expected_value(probability: Scalar, gain: Scalar, loss: Scalar, costs: Scalar, one: int = 1) -> Scalar:
    """Of a trade, as a fraction of price: ``p·gain − (1 − p)·loss − costs`` (`policy.md`, gate 8)."""
    return probability * gain - (one - probability) * loss - costs * one


def short_edge(p_short: Scalar, p_long: Scalar, gain: Scalar, loss: Scalar) -> Scalar:
    """What a short promises over a long, as a fraction of price: ``p_short·gain − p_long·loss`` (gate 8)."""
    return p_short * gain - p_long * loss


def threshold_side(
    p_long: Scalar,
    p_short: Scalar,
    long_min: Scalar,
    short_min: Scalar,
    gain: Scalar,
    loss: Scalar,
    edge_min: Scalar,
    one: int = 1,
) -> int:
    """The side that the thresholds let pass: +1 long, −1 short, 0 none. Long first: a short is only looked at where the
    long does not pass (gate 8)."""
    if p_long >= long_min:
        return 1
    if p_short >= short_min and short_edge(p_short, p_long, gain, loss) > edge_min * one:
        return -1
    return 0


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
    """What is below which threshold; None where the side passes."""
    gain, loss = settings.gain_fraction, settings.loss_fraction
    passing = threshold_side(
        said.long,
        said.short,
        settings.long_probability_min,
        settings.short_probability_min,
        gain,
        loss,
        settings.edge_min_fraction,
    )
    if passing == side.sign:
        return None
    if side is Side.LONG:
        return f"p_long = {said.long} is below {settings.long_probability_min}"
    if passing == Side.LONG.sign:
        return f"p_long = {said.long} reaches {settings.long_probability_min}: the long goes first"
    if said.short < settings.short_probability_min:
        return f"p_short = {said.short} is below {settings.short_probability_min}"
    edge = short_edge(said.short, said.long, gain, loss)
    return f"an edge of {edge:f} of the price is not above {settings.edge_min_fraction:f}"
