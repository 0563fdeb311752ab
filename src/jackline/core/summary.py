"""The account in a sentence and a figure: what somebody wants to know who has been woken up."""

from __future__ import annotations

from collections.abc import Sequence

from jackline.core.picture import PositionPicture
from jackline.core.values import ZERO, Quote


def sentence(positions: Sequence[PositionPicture], now_ms: int) -> str:
    """``All 5 positions have a confirmed stop.`` The worst comes first; `now_ms` is wire time."""
    opened = [one for one in positions if one.quantity > ZERO]
    naked = [one for one in opened if not one.is_protected]
    if naked:
        worst = max(naked, key=lambda one: now_ms - (one.naked_since_ms or now_ms))
        others = len(naked) - 1
        more = f", and {_count(others, 'other')} too" if others else ""
        return f"{_what(worst, now_ms)}{more}."
    if not opened:
        under_way = [one for one in positions if one.phase in {"arming", "entering", "doubtful"}]
        return (
            f"Flat; {_count(len(under_way), 'entry')} under way." if under_way else "Flat: nothing is open."
        )
    if len(opened) == 1:
        return f"The one position, {opened[0].symbol} {opened[0].side}, has a confirmed stop."
    return f"All {len(opened)} positions have a confirmed stop."


def result_at_stops(positions: Sequence[PositionPicture]) -> Quote | None:
    """What equity would change by from now if every confirmed stop fired at its price; fees and slippage apart.

    None where a position has no confirmed stop or no mark: then nobody can tell.
    """
    total = ZERO
    for one in positions:
        if one.quantity == ZERO:
            continue
        if one.confirmed_price is None or one.mark is None:
            return None
        sign = 1 if one.side == "long" else -1
        total += (one.confirmed_price - one.mark) * one.quantity * sign
    return Quote(total)


def _what(one: PositionPicture, now_ms: int) -> str:
    if one.phase == "closing":
        return f"{one.symbol} {one.side} has no covering stop and is being closed, try {max(1, one.close_attempts)}"
    if one.covered_quantity > ZERO:
        share = one.covered_quantity / one.quantity
        return f"{one.symbol} {one.side} is covered to {share:.0%} only"
    if one.naked_since_ms is None:
        return f"{one.symbol} {one.side} has no confirmed stop"
    return f"{one.symbol} {one.side} has had no stop for {max(0, now_ms - one.naked_since_ms) / 1_000:.1f} s"


def _count(number: int, word: str) -> str:
    many = {"entry": "entries", "other": "others"}[word]
    return f"{number} {word if number == 1 else many}"
