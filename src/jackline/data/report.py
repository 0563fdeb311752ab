"""What is odd in a set of candles: what is missing, what jumps, what stands still. It judges nothing and mends nothing.

Scales are robust: a crash is an outlier, and does not make the next one look ordinary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from jackline.data.candles import Candles, Floats
from jackline.data.sound import Gap, gaps

SIGMA_OF_MAD: Final = 1.4826
"""Standard deviations of a normal distribution in one median absolute deviation."""
JUMP_SIGMAS: Final = 20.0
"""A close this far from the one before. Tails are long: seven of 21,695 real bars lie beyond, one at 113."""
WICK_SIGMAS: Final = 20.0
FROZEN_BARS: Final = 12
"""So many bars in a row at one price stand still."""
LISTED_MAX: Final = 20
"""Of each kind, the largest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Oddity:
    """One thing worth a look.

    Attributes:
        kind: `jump`, `wick`, `open_gap` or `frozen`.
        size: of price as a fraction (signed for a jump), or bars where it is frozen.
        sigmas: the same in robust standard deviations; 0 where it is frozen.
    """

    kind: str
    open_ms: int
    size: float
    sigmas: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A set at a glance. `oddities` holds at most LISTED_MAX of a kind; `counts` has them all."""

    rows: int
    first_ms: int
    last_ms: int
    interval_ms: int
    gaps: tuple[Gap, ...]
    counts: dict[str, int]
    oddities: tuple[Oddity, ...]
    zero_volume_bars: int
    sigma_fraction: float
    """Robust standard deviation of a bar's return."""


def report(candles: Candles) -> Report:
    """Look at every bar once."""
    returns = _joined_returns(candles, candles.close)
    found = {
        "jump": _outliers("jump", candles, returns, JUMP_SIGMAS),
        "open_gap": _outliers("open_gap", candles, _open_gaps(candles), JUMP_SIGMAS, sigma=_sigma(returns)),
        "wick": _outliers("wick", candles, _wicks(candles), WICK_SIGMAS, sigma=_sigma(returns)),
        "frozen": _frozen(candles),
    }
    return Report(
        rows=len(candles),
        first_ms=int(candles.open_ms[0]),
        last_ms=int(candles.open_ms[-1]),
        interval_ms=candles.interval_ms,
        gaps=tuple(gaps(candles)),
        counts={kind: len(some) for kind, some in found.items()},
        oddities=tuple(
            one
            for some in found.values()
            for one in sorted(some, key=lambda one: -abs(one.size))[:LISTED_MAX]
        ),
        zero_volume_bars=int(np.count_nonzero(candles.volume == 0)),
        sigma_fraction=_sigma(returns),
    )


def _joined_returns(candles: Candles, price: Floats) -> Floats:
    """Log of a price over the close before, shape (bars,); 0 for the first bar and after a gap."""
    found = np.zeros(len(candles))
    found[1:] = np.log(price[1:] / candles.close[:-1])
    found[1:][np.diff(candles.open_ms) != candles.interval_ms] = 0.0
    return found


def _open_gaps(candles: Candles) -> Floats:
    return _joined_returns(candles, candles.open)


def _wicks(candles: Candles) -> Floats:
    """The longer of both shadows, as a fraction of price; negative below the body."""
    upper = np.log(candles.high / np.maximum(candles.open, candles.close))
    lower = np.log(candles.low / np.minimum(candles.open, candles.close))
    return np.where(upper >= -lower, upper, lower)


def _sigma(values: Floats) -> float:
    """1.4826 × median |x − median|; 0 where more than half stand still."""
    if not len(values):
        return 0.0
    return float(SIGMA_OF_MAD * np.median(np.abs(values - np.median(values))))


def _outliers(
    kind: str, candles: Candles, values: Floats, limit: float, *, sigma: float | None = None
) -> list[Oddity]:
    sigma = _sigma(values) if sigma is None else sigma
    if sigma <= 0:  # a market that hardly moves has no scale to measure by; `frozen` tells it
        return []
    return [
        Oddity(
            kind=kind,
            open_ms=int(candles.open_ms[index]),
            size=float(np.expm1(values[index])),
            sigmas=float(abs(values[index]) / sigma),
        )
        for index in np.flatnonzero(np.abs(values) > limit * sigma)
    ]


def _frozen(candles: Candles) -> list[Oddity]:
    """Runs of at least FROZEN_BARS bars whose high, low and close are all one price."""
    still = (candles.high == candles.low) & (np.diff(candles.close, prepend=candles.close[:1]) == 0)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], still, [False])).astype(np.int8)))
    return [
        Oddity(kind="frozen", open_ms=int(candles.open_ms[begin]), size=float(end - begin), sigmas=0.0)
        for begin, end in zip(edges[::2], edges[1::2], strict=True)
        if end - begin >= FROZEN_BARS
    ]
