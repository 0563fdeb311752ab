"""Position mode and side, as tables of shapes go through them."""

from __future__ import annotations

from collections.abc import Iterator

from jackline.core.orders import PositionMode
from jackline.core.values import Side

BOTH_MODES = (PositionMode.NETTING, PositionMode.HEDGE)
NETTING_ONLY = (PositionMode.NETTING,)


def combos(modes: tuple[PositionMode, ...]) -> Iterator[tuple[PositionMode, Side]]:
    """Every mode with every side."""
    return ((mode, side) for mode in modes for side in Side)


def opens(side: Side) -> str:
    """``buy`` or ``sell``: what increases a position of this side."""
    return side.opens_with.value.lower()


def closes(side: Side) -> str:
    """``buy`` or ``sell``: what reduces a position of this side."""
    return side.closes_with.value.lower()
