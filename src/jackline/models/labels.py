"""What a trade begun at each bar would have come to: the triple barrier of stop, target and longest hold.

Decided at the close of bar `i`, entered at the open of the next one, never at the close that was decided on. Inside a
bar the price goes from the open to the extreme that hurts first, so a bar that touches both ends at its stop. A stop
that the open has passed fills at the open; inside a jump, at the first step beyond it. Each label says the last bar it
has looked at: whoever splits rows for training must purge by it (`models.folds`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from jackline.core.values import Side
from jackline.data.candles import Candles
from jackline.models.features import WILDER_BARS, Floats

Places = NDArray[np.int64]

FUNDING_MS = 28_800_000
"""Funding is paid at 00:00, 08:00 and 16:00 UTC."""
JUMP_LEG_FRACTION = 0.01
"""A longer way between two prices of a bar, as a share of the price, was not walked but jumped."""
JUMP_STEPS = 4
"""A jump is so many equal steps, and an order inside it fills at the end of a step."""
DISTANCE_MIN_FRACTION, DISTANCE_MAX_FRACTION = 0.001, 0.10
"""Where a stop or target of so many ATRs may stand: the range of a stop in `[risk]`."""


class Unit(StrEnum):
    """What the distance of a barrier is a multiple of: the price, or the average true range of 14 bars."""

    FRACTION = "fraction"
    ATR = "atr"


@dataclass(frozen=True, slots=True, kw_only=True)
class Barriers:
    """How a trade ends. Without a target it ends at its stop or at `hold_bars` after the entry.

    Raises:
        ValueError: a distance that is not above 0, or no bar to hold.
    """

    stop: float
    target: float | None
    hold_bars: int
    unit: Unit = Unit.FRACTION

    def __post_init__(self) -> None:
        most = 1.0 if self.unit is Unit.FRACTION else 100.0
        for name, value in (("stop", self.stop), ("target", self.target)):
            if value is not None and not 0 < value <= most:
                raise ValueError(f"{name} = {value:g}; allowed: above 0 … {most:g} as a {self.unit}")
        if self.hold_bars < 1:
            raise ValueError(f"hold_bars = {self.hold_bars}; at least 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What trading costs, as shares of the price: the fee of each market fill, its slippage, and funding.

    `funding_8h_fraction` is paid by longs and earned by shorts where it is above 0.
    """

    taker_fraction: float
    slippage_fraction: float
    funding_8h_fraction: float


class Outcome(IntEnum):
    """How it ended. `UNKNOWN` where the history ends before the trade must have."""

    UNKNOWN = -2
    STOP = -1
    TIME = 0
    TARGET = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Labels:
    """One trade for each bar, all of shape (bars,).

    Attributes:
        outcome: of `Outcome`, int8.
        end: index of the last bar that was looked at; −1 where the outcome is unknown.
        entry, exit: prices of the two fills, slippage in them; nan where unknown.
        net_fraction: earned, fees and funding paid, as a share of the entry price; nan where unknown.
    """

    outcome: NDArray[np.int8]
    end: Places
    entry: Floats
    exit: Floats
    net_fraction: Floats

    @property
    def known(self) -> NDArray[np.bool_]:
        """Where the history is long enough to tell."""
        found: NDArray[np.bool_] = self.outcome != Outcome.UNKNOWN
        return found


def triple_barrier(
    candles: Candles,
    side: Side,
    barriers: Barriers,
    costs: Costs,
    *,
    jump_leg_fraction: float = JUMP_LEG_FRACTION,
) -> Labels:
    """What a trade of `side` decided at the close of each bar comes to (López de Prado 2018, chapter 3).

    A bar whose longest trade would run beyond the history has no label, even if it had ended early: else the last
    labels would all be quick ones. So a label, once known, never changes with later bars.
    """
    sign, count = side.sign, len(candles)
    last = max(0, count - 1 - barriers.hold_bars)
    start = np.arange(last)
    entry = candles.open[1 : last + 1] * (1 + sign * costs.slippage_fraction)
    stop_distance, target_distance = _distances(candles, barriers)
    stop = entry * (1 - sign * stop_distance[:last])
    target = entry * (1 + sign * target_distance[:last])
    outcome = np.full(count, Outcome.UNKNOWN, dtype=np.int8)
    end, leave = np.full(count, -1, dtype=np.int64), np.full(count, np.nan)
    outcome[:last] = Outcome.TIME
    end[:last] = start + 1 + barriers.hold_bars
    leave[:last] = candles.open[end[:last]]
    alive = start
    for ahead in range(1, barriers.hold_bars + 1):
        at = alive + ahead
        stopped, stop_fill = _stopped(candles, at, stop[alive], sign, jump_leg_fraction)
        reached, target_fill = _reached(candles, at, target[alive], sign)
        for ended, fill, how in (
            (stopped, stop_fill, Outcome.STOP),
            (reached & ~stopped, target_fill, Outcome.TARGET),
        ):
            which = alive[ended]
            outcome[which], end[which], leave[which] = how, which + ahead, fill[ended]
        alive = alive[~(stopped | reached)]
    return _priced(candles, outcome, end, entry, leave, sign, costs)


def uniqueness(start: Places, end: Places) -> Floats:
    """How much of each label is its own: the mean of ``1 / labels under way`` over its bars `start` … `end`, 0 … 1.

    López de Prado 2018, section 4.4. Trades begun at neighbouring bars share nearly all of their future: without this
    weight a quiet week counts as often as it has bars.
    """
    if not len(start):
        return np.empty(0)
    steps = np.zeros(int(end.max()) + 2)
    np.add.at(steps, start, 1.0)
    np.add.at(steps, end + 1, -1.0)
    under_way = np.cumsum(steps)[:-1]
    share = np.divide(1.0, under_way, out=np.zeros_like(under_way), where=under_way > 0.5)
    summed = np.concatenate(([0.0], np.cumsum(share)))
    found: Floats = (summed[end + 1] - summed[start]) / (end - start + 1)
    return found


def net_fraction(
    entry: Floats, leave: Floats, sign: int, costs: Costs, funding_times: Places | Floats
) -> Floats:
    """``sign · (exit / entry − 1) − fee · (1 + exit / entry) − sign · funding · times`` of fills with slippage in."""
    ratio = leave / entry
    paid = sign * costs.funding_8h_fraction * funding_times
    found: Floats = sign * (ratio - 1) - costs.taker_fraction * (1 + ratio) - paid
    return found


def funding_times(from_ms: Places, to_ms: Places) -> Places:
    """How often funding is paid after `from_ms` up to `to_ms`, its own moment in it."""
    return to_ms // FUNDING_MS - from_ms // FUNDING_MS


def _distances(candles: Candles, barriers: Barriers) -> tuple[Floats, Floats]:
    """Of stop and target at each bar, as shares of the price; a target that is not there is out of reach."""
    count = len(candles)
    unit = np.ones(count) if barriers.unit is Unit.FRACTION else _atr_fraction(candles)
    far = np.full(count, np.inf)
    stop, target = unit * barriers.stop, far if barriers.target is None else unit * barriers.target
    if barriers.unit is Unit.FRACTION:
        return stop, target
    low, high = DISTANCE_MIN_FRACTION, DISTANCE_MAX_FRACTION
    return np.clip(stop, low, high), far if barriers.target is None else np.clip(target, low, high)


def _atr_fraction(candles: Candles) -> Floats:
    """Average true range of the 14 bars that end with each, as a share of its close; of all there are before that."""
    before = np.concatenate((candles.close[:1], candles.close[:-1]))
    ranges = np.maximum(candles.high, before) - np.minimum(candles.low, before)
    padded = np.concatenate((np.full(WILDER_BARS - 1, np.nan), ranges))
    windows = sliding_window_view(padded, WILDER_BARS)
    found: Floats = np.nanmean(windows, axis=-1) / candles.close
    return found


def _stopped(
    candles: Candles, at: Places, stop: Floats, sign: int, jump_leg_fraction: float
) -> tuple[NDArray[np.bool_], Floats]:
    """Where bar `at` ends a trade at its stop, and at what price: the open, the trigger, or the end of a step."""
    opened = candles.open[at]
    worst = (candles.low if sign > 0 else candles.high)[at]
    hit = (worst - stop) * sign <= 0
    step = (worst - opened) / JUMP_STEPS
    is_jump = np.abs(worst - opened) > jump_leg_fraction * opened
    moving = np.where(step == 0, 1.0, step)
    steps = np.clip(np.ceil((stop - opened) / moving), 1, JUMP_STEPS)
    fill = np.where(is_jump, opened + steps * step, stop)
    return hit, np.where((opened - stop) * sign <= 0, opened, fill)


def _reached(candles: Candles, at: Places, target: Floats, sign: int) -> tuple[NDArray[np.bool_], Floats]:
    """Where bar `at` reaches the target, and at what price: the open where it is already there."""
    opened = candles.open[at]
    best = (candles.high if sign > 0 else candles.low)[at]
    return (best - target) * sign >= 0, np.where((opened - target) * sign >= 0, opened, target)


def _priced(
    candles: Candles,
    outcome: NDArray[np.int8],
    end: Places,
    entry: Floats,
    leave: Floats,
    sign: int,
    costs: Costs,
) -> Labels:
    """Slippage of the exit, fees and funding."""
    last, count = len(entry), len(candles)
    filled = np.full(count, np.nan)
    filled[:last] = entry
    left = leave * (1 - sign * costs.slippage_fraction)
    net = np.full(count, np.nan)
    times = funding_times(candles.open_ms[1 : last + 1], candles.open_ms[end[:last]])
    net[:last] = net_fraction(entry, left[:last], sign, costs, times)
    return Labels(outcome=outcome, end=end, entry=filled, exit=left, net_fraction=net)
