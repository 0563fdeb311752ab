"""Figures of positions that pages, metrics and answers share."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from jackline.core.picture import PositionPicture
from jackline.core.values import ZERO
from jackline.web.account import Seen


def open_ones(seen: Seen) -> list[PositionPicture]:
    """Positions that hold something; an entry under way holds nothing yet."""
    return [one for one in seen.positions if one.quantity > ZERO]


def coverage(positions: Sequence[PositionPicture]) -> Decimal:
    """Covered notional over open notional; 1 of nothing."""
    total = sum(((one.mark or ZERO) * one.quantity for one in positions), ZERO)
    covered = sum(((one.mark or ZERO) * min(one.covered_quantity, one.quantity) for one in positions), ZERO)
    return covered / total if total else Decimal(1)


def naked_ms(one: PositionPicture, seen: Seen) -> int:
    """How long the exposure clock of a position has been running."""
    return 0 if one.naked_since_ms is None else max(0, seen.now_ms - one.naked_since_ms)


def liquidation_ratio(one: PositionPicture) -> Decimal | None:
    """Distance to the confirmed stop over distance to liquidation; None where either is unknown."""
    if one.mark is None or one.confirmed_price is None or one.liquidation_price is None:
        return None
    room = abs(one.mark - one.liquidation_price)
    return abs(one.mark - one.confirmed_price) / room if room else None


def stop_distance(one: PositionPicture) -> Decimal | None:
    """From mark to the confirmed stop, as a fraction of mark."""
    if not one.mark or one.confirmed_price is None:
        return None
    return abs(one.mark - one.confirmed_price) / one.mark
