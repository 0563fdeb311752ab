"""How a trade of ours ends when its stop is not reached: the numbers of the exits, kept in the plan of each trade."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from jackline.core.errors import invariant
from jackline.core.values import ZERO, Fraction


class TrailingBy(StrEnum):
    """Who follows the best price: we, by moving W, or an order of the venue's beside the fixed stop."""

    ENGINE = "engine"
    VENUE = "venue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """A stop that follows in stages. Gains are those of the best mark since entry, as fractions of the entry price.

    Attributes:
        break_even_gain_fraction: from here on the stop stands at the entry plus the costs of the trade.
        lock_gain_fraction, lock_fraction: from the first on it stands at a gain of the second.
        peak_gain_fraction, peak_distance_fraction: from the first on it trails the best mark by the second.
    """

    break_even_gain_fraction: Fraction = Fraction(Decimal("0.015"))
    lock_gain_fraction: Fraction = Fraction(Decimal("0.03"))
    lock_fraction: Fraction = Fraction(Decimal("0.015"))
    peak_gain_fraction: Fraction = Fraction(Decimal("0.05"))
    peak_distance_fraction: Fraction = Fraction(Decimal("0.01"))

    def __post_init__(self) -> None:
        rising = (
            ZERO < self.break_even_gain_fraction < self.lock_gain_fraction < self.peak_gain_fraction
            and ZERO < self.lock_fraction < self.lock_gain_fraction
            and ZERO < self.peak_distance_fraction < self.peak_gain_fraction
        )
        invariant(rising, "P4", stages=self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitSettings:
    """Exits besides stop, target, trail and longest hold, whose numbers stand in the plan itself.

    A trade keeps those it was planned with: a restart with another configuration moves no stop of it.

    Attributes:
        model_exit_long_fraction, model_exit_short_fraction: from this confidence of the strategy on that side closes.
        stages: None moves no stop in stages.
        no_progress_ms: market time without a step of progress after which the trade is closed; None never does.
        progress_step_fraction: the best mark beats the last step by this share of it, or it is no progress.
        trailing_by: who trails by the plan's `trailing_fraction`. Stages are ours in any case.
    """

    model_exit_long_fraction: Fraction = Fraction(Decimal("0.70"))
    model_exit_short_fraction: Fraction = Fraction(Decimal("0.72"))
    stages: Stages | None = None
    no_progress_ms: int | None = None
    progress_step_fraction: Fraction = Fraction(Decimal("0.005"))
    trailing_by: TrailingBy = TrailingBy.ENGINE
