"""The strategy that a model drives: what its bundle makes of the last bar, held to thresholds that can only be raised.

Which bundle, and whether it may be believed, is decided where it is read; here it is a `core.ports.Model`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from jackline.core.opportunity import Probabilities
from jackline.core.orders import Bar
from jackline.core.ports import Model, Signal
from jackline.core.values import Fraction, Side
from jackline.strategies.parameters import check_parameters, injected, parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDriven:
    """Long when its model gives a rise the probability that bundle and configuration ask for; else short when it gives
    it to a fall.

    It ends a trade when the bundle's exit model of that side reaches the bundle's threshold and that of `[exits]`. No
    opinion wishes for nothing and ends nothing (M2). In a process that asks no strategy it has no model.

    Raises:
        ParametersRefused: with every parameter that is out of its range.
    """

    long_probability_min: float = parameter(
        0.65, low=0.5, high=1, meaning="a long needs it; a bundle that asks for more gets more"
    )
    short_probability_min: float = parameter(
        0.70, low=0.5, high=1, meaning="a short needs it; a bundle that asks for more gets more"
    )
    model_age_days_max: int = parameter(
        30,
        low=1,
        high=3_650,
        unit="days",
        meaning="from the end of the training; an older model has no opinion",
    )
    range_margin_fraction: float = parameter(
        0.25, low=0, high=10, meaning="of a feature's range in the training: so far outside it is no stranger"
    )
    model: Model | None = injected()

    def __post_init__(self) -> None:
        check_parameters(self)

    @property
    def name(self) -> str:
        """With a short hash of the bundle behind it."""
        return "model" if self.model is None else self.model.name

    @property
    def warmup_bars(self) -> int:
        """What the features of a bundle look at; 1 without one."""
        return 1 if self.model is None else self.model.warmup_bars

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        """A wish on every bar where a side is likely enough, the long first; None without an opinion."""
        both = None if self.model is None or len(bars) < self.warmup_bars else self.model.entry(bars)
        if both is None:
            return None
        if self._reaches(Side.LONG, both):
            return self._wish(Side.LONG, both)
        return self._wish(Side.SHORT, both) if self._reaches(Side.SHORT, both) else None

    def exit_confidence(self, bars: Sequence[Bar], side: Side) -> Fraction | None:
        """The exit model's probability where it reaches the bundle's own threshold; None where it says to go on."""
        if self.model is None or len(bars) < self.warmup_bars:
            return None
        sure, least = self.model.exit(bars, side), self.model.exit_threshold(side)
        return sure if sure is not None and least is not None and sure >= least else None

    def _reaches(self, side: Side, both: Probabilities) -> bool:
        """Both thresholds; a side without a model reaches none."""
        asked = self.long_probability_min if side is Side.LONG else self.short_probability_min
        least = None if self.model is None else self.model.entry_threshold(side)
        return least is not None and both.of(side) >= max(least, Decimal(str(asked)))

    def _wish(self, side: Side, both: Probabilities) -> Signal:
        reason = f"{self.name}: p_long {both.long}, p_short {both.short}"
        return Signal(side=side, reason=reason, confidence=both.of(side), probabilities=both)
