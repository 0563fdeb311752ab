"""What a check for leaks has found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Leak(StrEnum):
    """Ways in which a backtest knew what nobody could know, or did what nobody could do."""

    FUTURE_FEATURE = "future_feature"
    TRAINING_IN_TEST = "training_in_test"
    UNFINISHED_BAR = "unfinished_bar"
    IMPOSSIBLE_FILL = "impossible_fill"
    OVERLAPPING_WINDOWS = "overlapping_windows"
    SHUFFLED_FOLDS = "shuffled_folds"
    SAME_MODEL_TWO_ROLES = "same_model_two_roles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The answer of one check. `count`: places where it was found, 0 for a clean one; `detail`: the first of them."""

    leak: Leak
    count: int
    detail: str

    @property
    def caught(self) -> bool:
        """There is a leak."""
        return self.count > 0
