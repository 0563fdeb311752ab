"""How people and their programs write a side, and the one meaning it has here. Anything else is refused."""

from __future__ import annotations

from jackline.core.values import Side

SPELLINGS = {"long": Side.LONG, "buy": Side.LONG, "short": Side.SHORT, "sell": Side.SHORT}


def side_of(text: str) -> Side:
    """``long``, ``buy``, ``short`` or ``sell``, in small or large letters. Raises ValueError for anything else.

    Incident B: ``BUY`` met a comparison with ``buy``, and a long was closed as a short.
    """
    side = SPELLINGS.get(text.strip().lower())
    if side is None:
        raise ValueError(f"{text!r} is no side; give one of {', '.join(SPELLINGS)}")
    return side
