"""The stop lab: what a stop of each kind would have cost on the same entries, beyond the price it names.

Every entry is made on both sides and kept until its stop is touched or its hold ends. From the touch on each kind of
protection acts by itself, on the same prices. A loss is what a fill lies beyond the stop, in basis points of the entry
price; less than nothing where the fill was better than the stop.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Times = NDArray[np.int64]

BPS = 10_000.0
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
RESAMPLES = 2_000
"""Of the bootstrap; more moves the ends of an interval by less than they are shown."""
BLOCKS_MIN = 5
"""An interval from fewer blocks would be a guess."""
INTERVAL_FRACTION = 0.95


class Kind(StrEnum):
    """Kinds of protection: two of a program that looks, the others rest at the venue."""

    VENUE = "venue_stop_market"
    VENUE_MARK = "venue_stop_market_on_mark"
    POLL = "poll"
    SLOW_POLL = "slow_poll"
    LIMIT = "stop_limit_at_trigger"
    LIMIT_THROUGH = "stop_limit_through"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """What the lab assumes; each has a reason or is an option of the command.

    Attributes:
        stop_fraction: distance of the stop from the entry, on candles.
        tick_stop_fraction: the same on ticks: minutes of ticks hardly reach a stop of one per cent, and what is
            measured there is the moment after the trigger.
        leverage: times the margin; a loss of price costs so many times as much of the margin.
        hold_ms: an entry whose stop is not touched by then does not count.
        latency_ms: from the trigger to the fill of an order that rests at the venue, drawn evenly.
        poll_ms, slow_poll_ms: how often a program looks.
        through_fraction: how far beyond its trigger the limit of the second stop-limit lies.
        jump_leg_fraction: a leg of a bar longer than this is a jump in four steps, not a way.
        wait_ms: how long a stop-limit is watched after its trigger, on candles.
        tick_wait_ms: the same on ticks.
        tick_every: an entry at every so many-th trade.
        entries: so many bars drawn; None enters at the open of every bar.
        seed: of every draw.
    """

    stop_fraction: float = 0.01
    tick_stop_fraction: float = 0.0001
    leverage: float = 4.0
    hold_ms: int = 8 * HOUR_MS
    latency_ms: tuple[float, float] = (50.0, 300.0)
    poll_ms: int = 10_000
    slow_poll_ms: int = 300_000
    through_fraction: float = 0.001
    jump_leg_fraction: float = 0.01
    wait_ms: int = HOUR_MS
    tick_wait_ms: int = 60_000
    tick_every: int = 10
    entries: int | None = None
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A distribution in bps of price. `mean_low`, `mean_high`: 95 % of block bootstraps; None from too few blocks."""

    count: int
    mean: float
    mean_low: float | None
    mean_high: float | None
    p50: float
    p95: float
    p99: float
    max: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one kind of protection came to on one set of prices.

    Attributes:
        label: the kind for a reader.
        basis: where its prices are from, e.g. `path model`, `real closes`, `ticks`.
        touched: stops that were touched.
        beyond: of those that closed; None where none did.
        never_fraction: never closed while it was watched.
        came_back_fraction: of a poll: at its first look the price was back, so it did not fire then.
        all_mean: mean of all touched, those that never closed at what they stood at when they were no more watched.
        waited: share unfilled after so many seconds; of a stop-limit.
        stranded_mean, stranded_max: of a stop-limit never filled: where it stood at the end, and the worst on the way.
    """

    kind: Kind
    label: str
    basis: str
    touched: int
    beyond: Spread | None
    never_fraction: float
    came_back_fraction: float | None = None
    all_mean: float | None = None
    waited: dict[str, float] = field(default_factory=dict)
    stranded_mean: float | None = None
    stranded_max: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """The entry that cost the slow poll most, and what the other kinds lost on it.

    Attributes:
        lost_fraction: of the entry price, the stop's own distance included; None where it never closed.
    """

    entry_ms: int
    touched_ms: int
    side: int
    entry: float
    stop: float
    lost_fraction: dict[Kind, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One set of prices, measured.

    Attributes:
        losses: bps beyond the stop of every touched stop that a kind closed, for plots.
        sampling: in words, with the seed.
        notes: what these prices cannot tell.
    """

    name: str
    first_ms: int
    last_ms: int
    stop_fraction: float
    entries: int
    touched: int
    sampling: str
    rows: tuple[Row, ...]
    worst: Worst | None
    losses: dict[Kind, Floats]
    notes: tuple[str, ...] = ()


def label(kind: Kind, assumed: Assumed, *, slow_poll_ms: int) -> str:
    """The kind in few words."""
    through = f"{assumed.through_fraction * BPS:g}"
    return {
        Kind.VENUE: "venue stop-market",
        Kind.VENUE_MARK: "the same, on mark",
        Kind.POLL: f"polled every {assumed.poll_ms // 1_000} s",
        Kind.SLOW_POLL: f"polled every {slow_poll_ms // 60_000} min",
        Kind.LIMIT: "stop-limit at trigger",
        Kind.LIMIT_THROUGH: f"the same, {through} bps on",
    }[kind]


class NothingTouched(ValueError):
    """No stop was touched, so there is nothing to compare. The text says what to change."""


def spread(losses: Floats, blocks: Times, *, seed: int) -> Spread | None:
    """The distribution of `losses`, shape (stops,); `blocks` says to which block of time each belongs.

    The interval resamples whole blocks, because stops of one day are touched by the same move: many entries of it are
    one observation. Percentile bootstrap of the ratio of sums.
    """
    if len(losses) == 0:
        return None
    low, high = _interval(losses, blocks, seed)
    p50, p95, p99 = (float(one) for one in np.percentile(losses, (50, 95, 99)))
    return Spread(
        count=len(losses),
        mean=float(losses.mean()),
        mean_low=low,
        mean_high=high,
        p50=p50,
        p95=p95,
        p99=p99,
        max=float(losses.max()),
    )


def _interval(losses: Floats, blocks: Times, seed: int) -> tuple[float | None, float | None]:
    from scipy.stats import bootstrap  # noqa: PLC0415 - heavy, and only this needs it

    _, which = np.unique(blocks, return_inverse=True)
    counts = np.bincount(which).astype(np.float64)
    sums = np.bincount(which, weights=losses)
    if len(counts) < BLOCKS_MIN:
        return None, None

    def ratio(total: Floats, count: Floats, axis: int) -> Floats:
        found: Floats = total.sum(axis=axis) / count.sum(axis=axis)
        return found

    result = bootstrap(
        (sums, counts),
        ratio,
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=RESAMPLES,
        confidence_level=INTERVAL_FRACTION,
        rng=np.random.default_rng(seed),
    )
    return float(result.confidence_interval.low), float(result.confidence_interval.high)


def unfilled(waits_ms: Floats, seconds: Iterable[int]) -> dict[str, float]:
    """Share of stop-limits still unfilled so many seconds after they were sent; `waits_ms` is NaN where never."""
    return {
        f"{second} s": float(np.mean(~(waits_ms <= second * 1_000))) if len(waits_ms) else 0.0
        for second in seconds
    }
