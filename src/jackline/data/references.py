"""What else is known of a symbol: every other stored set of it, to judge new prices by."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from jackline.data.candles import Candles
from jackline.data.environment import COMMON_MIN, Comparison, compared
from jackline.data.files import read_candles
from jackline.data.store import CANDLES, list_sets


def references(directory: Path, symbol: str, *, but: Path, now_ms: int) -> Iterator[tuple[str, Candles]]:
    """(name, candles) of the other sets of a symbol, whoever they are from. Raises DataRefused where one is damaged."""
    if not directory.is_dir():
        return
    for path, manifest in list_sets(directory):
        if path != but and manifest.kind == CANDLES and manifest.symbol == symbol:
            yield path.stem, read_candles(path, environment=None, now_ms=max(now_ms, manifest.created_ms))


def comparisons(candles: Candles, known: tuple[tuple[str, Candles], ...]) -> tuple[Comparison, ...]:
    """With every one that has enough closes at the same moments to tell anything."""
    found = (compared(candles, one, name=name) for name, one in known)
    return tuple(one for one in found if one.common >= COMMON_MIN)
