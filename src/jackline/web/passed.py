"""Stops that the mark has passed while their position is still open: triggered, and not filled.

The web sees marks four times a second, so a time here is at most so much too short. It is no order: the engine closes
such a position by itself.
"""

from __future__ import annotations

from typing import Final

from jackline.core.picture import PositionPicture
from jackline.core.values import Side
from jackline.web.account import Seen
from jackline.web.measures import open_ones

OVERDUE_MS: Final = 2_000
"""A stop that fires is filled at once; one that is not by then has a page of its own to be read."""


def is_passed(one: PositionPicture) -> bool:
    """Whether the mark stands beyond the tightest stop that was read back."""
    if one.mark is None or one.confirmed_price is None or not one.quantity:
        return False
    return (one.mark - one.confirmed_price) * Side(one.side).sign <= 0


class Passed:
    """Since when, by position. Forgotten when it is flat, when its mark comes back, and when nobody says."""

    def __init__(self) -> None:
        self._since: dict[tuple[str, str], int] = {}

    def take(self, seen: Seen) -> None:
        """Add one look."""
        now = {(one.symbol, one.side): seen.now_ms for one in open_ones(seen) if is_passed(one)}
        self._since = {name: self._since.get(name, at_ms) for name, at_ms in now.items()}

    def age_ms(self, one: PositionPicture, now_ms: int) -> int | None:
        """How long the stop of this position has been passed; None where it is not."""
        since = self._since.get((one.symbol, one.side))
        return None if since is None else max(0, now_ms - since)
