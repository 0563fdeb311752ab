"""Lengths of bars: as venues write them, in milliseconds, and where on the clock a bar of each may open."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from jackline.data.candles import Times
from jackline.data.problems import DataRefused

UNIT_MS: Final = {"w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000}
"""Longest first, so that a length is written with the largest unit that divides it. A month has no length."""

OF_VENUES: Final = ("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w")

_WEEK_OFFSET_MS: Final = 4 * UNIT_MS["d"]
"""Weeks open on Mondays; 1970 began on a Thursday."""

_WRITTEN: Final = re.compile(r"([1-9][0-9]{0,4})([smhdw])")


def parse(text: str) -> int:
    """`5m` as milliseconds. Raises DataRefused."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise DataRefused(
            what="no length of a bar",
            where="interval",
            value=repr(text),
            fix=f"write one as venues do: {', '.join(OF_VENUES)}",
        )
    return int(found[1]) * UNIT_MS[found[2]]


def spell(interval_ms: int) -> str:
    """300,000 as `5m`: whole seconds at least."""
    unit = next((unit for unit, unit_ms in UNIT_MS.items() if interval_ms % unit_ms == 0), None)
    if unit is None or interval_ms <= 0:
        raise DataRefused(
            what="no length of a bar",
            where="interval",
            value=f"{interval_ms} ms",
            fix="use bars of whole seconds",
        )
    return f"{interval_ms // UNIT_MS[unit]}{unit}"


def offset_ms(interval_ms: int) -> int:
    """What is left when the open of a bar is divided by its length: nothing, but for weeks."""
    return _WEEK_OFFSET_MS if interval_ms % UNIT_MS["w"] == 0 else 0


def misaligned(open_ms: Times, interval_ms: int) -> Times:
    """Indices of bars that do not open on a whole multiple of their length, counted in UTC."""
    return np.flatnonzero((open_ms - offset_ms(interval_ms)) % interval_ms)
