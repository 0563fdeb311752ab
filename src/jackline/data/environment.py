"""Whether prices are from where they are said to be: compared with every stored set of the same symbol (D3, D8).

Two production venues quote one market within a few basis points. A test network is another market: its prices stand
still, jump, or lie percents away, and orders planned on them are wrong on the real one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from jackline.data.candles import Candles, Floats, Times
from jackline.data.problems import DataRefused, counted

COMMON_MIN: Final = 20
"""Closes at the same moment, below which nothing can be said."""
MEDIAN_BPS_MAX: Final = 20.0
"""Two production venues lie 1 … 10 bps apart in the median; a market of its own lies anywhere."""
FAR_BPS: Final = 100.0
FAR_FRACTION_MAX: Final = 0.02
"""One bar in fifty further apart than one per cent: no arbitrage holds the two together."""
SAME_FRACTION_MIN: Final = 0.95
"""So many closes equal to the last digit are one source, whatever its label."""
STILL_FRACTION: Final = 0.5
STILL_OF_OTHER: Final = 0.1
"""Half of all closes unmoved or untraded, where at the reference it is one in ten at most."""

TOGETHER_MIN: Final = 0.5
MOVED_MIN: Final = 0.8
"""Correlation of returns: two venues of one market move together. Where they do not, and do when one is moved by a bar,
its times are those of another bar."""

_HOUR_MS: Final = 3_600_000
_SHIFTS_HOURS: Final = tuple(hours for hours in range(-14, 15) if hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two sets at the moments at which both have a close.

    Attributes:
        common: such moments; below COMMON_MIN the rest says nothing.
        median_bps: of the distance of the closes, in basis points of the reference.
        far_fraction: of bars further apart than FAR_BPS, by their closes; by highs and lows too where both are of one
            length.
        same_fraction: of closes that are equal to the last digit.
        still_fraction: of closes that are the one before, or without volume.
        reference_still_fraction: the same, of the reference.
        shift_hours: moved by so many hours the closes lie within MEDIAN_BPS_MAX; 0 where no shift explains it.
        shift_bars: moved by one bar the returns go together, and unmoved they do not; 0 where it is not so.
    """

    reference: str
    reference_environment: str
    common: int
    median_bps: float
    far_fraction: float
    same_fraction: float
    still_fraction: float
    reference_still_fraction: float
    shift_hours: int = 0
    shift_bars: int = 0

    @property
    def apart(self) -> str:
        """In which way the two cannot be one market; empty where they can."""
        if self.common < COMMON_MIN:
            return ""
        if self.shift_bars:
            return f"closes move with those one bar {'later' if self.shift_bars > 0 else 'earlier'}"
        if self.median_bps > MEDIAN_BPS_MAX:
            return f"closes lie {self.median_bps:,.0f} bps apart in the median, above {MEDIAN_BPS_MAX:g}"
        if self.far_fraction > FAR_FRACTION_MAX:
            return f"{self.far_fraction:.1%} of bars lie more than {FAR_BPS:g} bps apart"
        if self.still_fraction >= STILL_FRACTION and self.reference_still_fraction <= STILL_OF_OTHER:
            return f"{self.still_fraction:.0%} of its bars stand still, {self.reference_still_fraction:.0%} there"
        return ""


def compared(candles: Candles, reference: Candles, *, name: str) -> Comparison:
    """By closes at the same moment, whatever the lengths of the bars."""
    at, here, there = _common(candles, reference, shift_ms=0)
    distance_bps = np.abs(here / there - 1) * 10_000
    found = Comparison(
        reference=name,
        reference_environment=reference.environment or "unknown",
        common=len(at),
        median_bps=float(np.median(distance_bps)) if len(at) else 0.0,
        far_fraction=_far(candles, reference),
        same_fraction=float(np.mean(here == there)) if len(at) else 0.0,
        still_fraction=_still(_within(candles, at)),
        reference_still_fraction=_still(_within(reference, at)),
        shift_bars=_bars_late(candles, reference),
    )
    if not found.apart:
        return found
    hours = next((hours for hours in _SHIFTS_HOURS if _agrees(candles, reference, hours)), 0)
    return replace(found, shift_hours=hours)


def check_environment(candles: Candles, comparisons: tuple[Comparison, ...], *, where: str) -> None:
    """Raise DataRefused where bars are labelled as what they cannot be.

    Production bars must lie where every overlapping production reference lies. Bars of production or of a testnet must
    not be the very prices of another environment; a local exchange may replay whatever it likes, and what it replayed
    is no evidence against production bars that a production set vouches for.
    """
    told = [one for one in comparisons if one.common >= COMMON_MIN]
    same = [one for one in told if one.same_fraction >= SAME_FRACTION_MIN]
    vouched = any(one.reference_environment == candles.environment for one in same)
    for one in same:
        if candles.environment != "generated" and not vouched:
            raise DataRefused(
                what=f"data of another environment: these are prices of {one.reference_environment}",
                where=where,
                value=f"{one.same_fraction:.0%} of {counted(one.common, 'common close')} equal those of "
                f"{one.reference}, and they are given as {candles.environment}",
                fix=f"import them with --environment {one.reference_environment}, or get the right ones",
            )
    for one in told:
        if candles.environment == "production" and one.reference_environment == "production" and one.apart:
            raise DataRefused(
                what="not the prices of a production market",
                where=where,
                value=f"{one.apart}, at {counted(one.common, 'common close')} with {one.reference}"
                + (f"; moved by {one.shift_hours:+d} h they agree" if one.shift_hours else ""),
                fix=_advice(one),
            )


def _advice(one: Comparison) -> str:
    if one.shift_bars:
        return "write the time at which a bar opens, not that at which it closes"
    if one.shift_hours:
        return "write the times in UTC"
    return (
        "import them with --environment testnet if that is what they are; else see which of the two is wrong"
    )


def _common(candles: Candles, reference: Candles, *, shift_ms: int) -> tuple[Times, Floats, Floats]:
    """(moment, close here, close there) wherever both have a close."""
    at, here, there = np.intersect1d(
        candles.open_ms + candles.interval_ms + shift_ms,
        reference.open_ms + reference.interval_ms,
        assume_unique=True,
        return_indices=True,
    )
    return at, candles.close[here], reference.close[there]


def _far(candles: Candles, reference: Candles) -> float:
    """The share of common bars that lie too far apart."""
    at, here, there = _common(candles, reference, shift_ms=0)
    if not len(at):
        return 0.0
    far = np.abs(here / there - 1) * 10_000 > FAR_BPS
    if candles.interval_ms == reference.interval_ms:
        _, ours, theirs = np.intersect1d(
            candles.open_ms, reference.open_ms, assume_unique=True, return_indices=True
        )
        for name in ("high", "low"):
            ratio = getattr(candles, name)[ours] / getattr(reference, name)[theirs]
            far = far | (np.abs(ratio - 1) * 10_000 > FAR_BPS)
    return float(np.mean(far))


def _agrees(candles: Candles, reference: Candles, hours: int) -> bool:
    at, here, there = _common(candles, reference, shift_ms=hours * _HOUR_MS)
    return len(at) >= COMMON_MIN and bool(np.median(np.abs(here / there - 1)) * 10_000 <= MEDIAN_BPS_MAX)


def _bars_late(candles: Candles, reference: Candles) -> int:
    """By how many bars the times are off, as where a bar is stamped with its close instead of its open (D2)."""
    if candles.interval_ms != reference.interval_ms or _correlation(candles, reference, 0) >= TOGETHER_MIN:
        return 0
    return next((bars for bars in (-1, 1) if _correlation(candles, reference, bars) >= MOVED_MIN), 0)


def _correlation(candles: Candles, reference: Candles, bars: int) -> float:
    """Of the returns of both, bar by bar; where too few meet to tell, 1 unmoved and 0 moved."""
    at, here, there = _common(candles, reference, shift_ms=bars * candles.interval_ms)
    joined = np.diff(at) == candles.interval_ms
    ours, theirs = np.diff(np.log(here))[joined], np.diff(np.log(there))[joined]
    if len(ours) < COMMON_MIN or not ours.std() or not theirs.std():
        return 1.0 if bars == 0 else 0.0
    return float(np.corrcoef(ours, theirs)[0, 1])


def _within(candles: Candles, at: Times) -> Candles:
    """The bars between the first and the last common moment."""
    if not len(at):
        return candles.part(0, 0)
    ends = candles.open_ms + candles.interval_ms
    return candles.part(int(np.searchsorted(ends, at[0])), int(np.searchsorted(ends, at[-1], side="right")))


def _still(candles: Candles) -> float:
    if len(candles) < 2:
        return 0.0
    still = (np.diff(candles.close) == 0) | (candles.volume[1:] == 0)
    return float(np.mean(still))
