"""The stop lab on candles: entries at the open of bars, both sides, every kind of protection from the touch on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from jackline.data.candles import Candles
from jackline.research.stop_lab.kinds import (
    BPS,
    DAY_MS,
    Assumed,
    Kind,
    Measured,
    NothingTouched,
    Row,
    Worst,
    label,
    spread,
)
from jackline.research.stop_lab.marked import marked
from jackline.research.stop_lab.path import drawn_times, paths_of
from jackline.research.stop_lab.touched import Closed, Touched, at_end

Floats = NDArray[np.float64]
Times = NDArray[np.int64]
Flags = NDArray[np.bool_]

SIDES = (1, -1)
COARSE_MS = 60_000
"""Of longer bars the ways are too straight for a look every ten seconds; the notes say so."""


def measure_candles(
    candles: Candles, assumed: Assumed, *, name: str, mark: Candles | None = None
) -> Measured:
    """Measure every kind on candles; what triggers on mark only with `mark`, as `marked.aligned` gives it.

    Raises:
        NothingTouched: no stop was touched in a whole window.
    """
    hold = max(1, assumed.hold_ms // candles.interval_ms)
    wait = max(1, -(-assumed.wait_ms // candles.interval_ms))
    entries, sampling = _entries(candles, hold + wait + 1, assumed)
    times = drawn_times(len(candles), seed=assumed.seed)
    sides: list[Touched] = []
    found: dict[Kind, list[Closed]] = {kind: [] for kind in Kind if mark or kind is not Kind.VENUE_MARK}
    for number, side in enumerate(SIDES):
        touched = _touched(candles, entries, side, times, hold, assumed)
        rng = np.random.default_rng([assumed.seed, number])
        sides.append(touched)
        latency_ms = rng.uniform(*assumed.latency_ms, size=len(touched.bars))
        for kind, closed in _all_kinds(touched, wait, latency_ms, rng, assumed).items():
            found[kind].append(closed)
        if mark is not None:
            found[Kind.VENUE_MARK].append(marked(touched, mark, times, latency_ms, assumed))
    count = sum(len(one.bars) for one in sides)
    if count == 0:
        raise NothingTouched(
            f"{name}: none of {len(SIDES) * len(entries):,} stops at {assumed.stop_fraction:.2%} was touched within"
            f" {assumed.hold_ms / 3_600_000:g} h\n  Fix: a nearer --stop, or more candles"
        )
    joined = {kind: _joined(parts) for kind, parts in found.items()}
    slow_ms = slow_period_ms(candles.interval_ms, assumed)
    blocks = np.concatenate([one.candles.open_ms[one.entry_bars] // DAY_MS for one in sides])
    return Measured(
        name=name,
        first_ms=int(candles.open_ms[0]),
        last_ms=int(candles.open_ms[-1]) + candles.interval_ms,
        stop_fraction=assumed.stop_fraction,
        entries=len(SIDES) * len(entries),
        touched=count,
        sampling=sampling,
        rows=tuple(_row(kind, closed, blocks, slow_ms, assumed) for kind, closed in joined.items()),
        worst=_worst(sides, joined, assumed),
        losses={kind: closed.losses[~np.isnan(closed.losses)] for kind, closed in joined.items()},
        notes=_notes(candles, assumed, has_mark=mark is not None),
    )


def _entries(candles: Candles, window: int, assumed: Assumed) -> tuple[Times, str]:
    """Bars at whose open an entry is made: those followed by a whole window without a missing bar."""
    count = len(candles)
    if count < window:
        raise NothingTouched(
            f"{candles.symbol}: {count:,} bars, and a hold with the wait after it takes {window:,}\n"
            "  Fix: more candles, or a shorter --hold"
        )
    breaks = np.concatenate(([0], np.cumsum(np.diff(candles.open_ms) != candles.interval_ms)))
    whole: Times = np.flatnonzero(breaks[: count - window + 1] == breaks[window - 1 :])
    if assumed.entries is None or assumed.entries >= len(whole):
        return whole, "an entry at the open of every bar, on both sides: they overlap"
    drawn = np.random.default_rng(assumed.seed).choice(whole, assumed.entries, replace=False)
    return (
        np.sort(drawn),
        f"entries at the open of {assumed.entries:,} bars drawn with seed {assumed.seed}, on both sides",
    )


def _touched(
    candles: Candles, entry_bars: Times, side: int, times: Floats, hold: int, assumed: Assumed
) -> Touched:
    paths = paths_of(candles, side=side, times=times, jump_leg_fraction=assumed.jump_leg_fraction)
    hurting = paths.prices[1]
    stops = candles.open[entry_bars] * (1 - side * assumed.stop_fraction)
    touch = np.full(len(entry_bars), -1, dtype=np.int64)
    waiting = np.arange(len(entry_bars))
    for ahead in range(hold):
        bars = entry_bars[waiting] + ahead
        hit = side * (hurting[bars] - stops[waiting]) <= 0
        touch[waiting[hit]] = bars[hit]
        waiting = waiting[~hit]
    is_touched = touch >= 0
    bars, stops = touch[is_touched], stops[is_touched]
    chosen = entry_bars[is_touched]
    return Touched(
        candles=candles,
        paths=paths,
        side=side,
        entry_bars=chosen,
        bars=bars,
        entries=candles.open[chosen],
        stops=stops,
        at_ms=bars * candles.interval_ms + paths.touched_ms(bars, stops),
        until_ms=((chosen + hold) * candles.interval_ms).astype(np.float64),
    )


def _all_kinds(
    touched: Touched, wait: int, latency_ms: Floats, rng: np.random.Generator, assumed: Assumed
) -> dict[Kind, Closed]:
    arrived = touched.price(touched.at_ms + latency_ms)
    phase = rng.uniform(0, assumed.poll_ms, size=len(touched.bars))
    venue = touched.beyond(arrived)
    return {
        Kind.VENUE: Closed(losses=venue, left=venue),
        Kind.POLL: _polled(touched, phase, assumed),
        Kind.SLOW_POLL: _polled_at_closes(touched, assumed),
        Kind.LIMIT: _limited(touched, arrived, 0.0, wait),
        Kind.LIMIT_THROUGH: _limited(touched, arrived, assumed.through_fraction, wait),
    }


def _polled(touched: Touched, phase: Floats, assumed: Assumed) -> Closed:
    """A program that looks every `poll_ms` and closes at the price it sees: without a latency of its own."""
    interval_ms, every = touched.candles.interval_ms, assumed.poll_ms
    begun = touched.entry_bars * interval_ms + phase
    look = begun + np.ceil((touched.at_ms - begun) / every) * every
    losses = np.full(len(look), np.nan)
    missed = np.zeros(len(look), dtype=np.bool_)
    waiting, is_first = np.flatnonzero(look < touched.until_ms), True
    missed[look >= touched.until_ms] = True
    while len(waiting):
        at = look[waiting]
        prices = touched.price(at)
        fires = touched.side * (prices - touched.stops[waiting]) <= 0
        losses[waiting[fires]] = touched.beyond_of(waiting[fires], prices[fires])
        waiting = waiting[~fires]
        if is_first:
            missed[waiting] = True
            is_first = False
        look[waiting] = _next_look(touched, waiting, look[waiting], every)
        waiting = waiting[look[waiting] < touched.until_ms[waiting]]
    return Closed(losses=losses, left=at_end(touched), missed=missed)


def _next_look(touched: Touched, waiting: Times, look: Floats, every: int) -> Floats:
    """The next look at which the bar at least reaches the stop; a bar that does not is passed over at once."""
    interval_ms = touched.candles.interval_ms
    after = look + every
    bars = (after // interval_ms).astype(np.int64)
    last = len(touched.candles) - 1
    quiet = touched.side * (touched.paths.hurting(np.minimum(bars, last)) - touched.stops[waiting]) > 0
    to_next_bar = np.ceil(((bars + 1) * interval_ms - after) / every) * every
    found: Floats = np.where(quiet, after + to_next_bar, after)
    return found


def _polled_at_closes(touched: Touched, assumed: Assumed) -> Closed:
    """A program that looks at real closes: of the bars that end when it looks."""
    candles = touched.candles
    period_ms = slow_period_ms(candles.interval_ms, assumed)
    is_look = (candles.open_ms + candles.interval_ms) % period_ms == 0
    last = (touched.until_ms // candles.interval_ms).astype(np.int64)
    losses = np.full(len(last), np.nan)
    missed = np.zeros(len(last), dtype=np.bool_)
    looked = np.zeros(len(last), dtype=np.bool_)
    waiting, ahead = np.arange(len(last)), 0
    while len(waiting):
        bars = touched.bars[waiting] + ahead
        looks = is_look[bars]
        closes = candles.close[bars]
        fires = looks & (touched.side * (closes - touched.stops[waiting]) <= 0)
        losses[waiting[fires]] = touched.beyond_of(waiting[fires], closes[fires])
        missed[waiting[looks & ~fires & ~looked[waiting]]] = True
        looked[waiting[looks]] = True
        ahead += 1
        waiting = waiting[~fires & (bars + 1 < last[waiting])]
    return Closed(losses=losses, left=at_end(touched), missed=missed | ~looked)


def _limited(touched: Touched, arrived: Floats, through_fraction: float, wait: int) -> Closed:
    """A stop-limit whose limit lies `through_fraction` beyond its trigger.

    Filled where the price on arrival allows it. Else it rests, and is filled when real bars show that the price was
    back: the close of the bar of the touch, or any price of a later one.
    """
    candles, side = touched.candles, touched.side
    limits = touched.stops * (1 - side * through_fraction)
    kind_best = candles.high if side > 0 else candles.low
    hurting = touched.paths.prices[1]
    fills = np.where(side * (arrived - limits) >= 0, arrived, np.nan)
    closes_back = np.isnan(fills) & (side * (candles.close[touched.bars] - limits) >= 0)
    fills = np.where(closes_back, limits, fills)
    worst = np.full(len(limits), -np.inf)
    for ahead in range(1, wait + 1):
        bars = touched.bars + ahead
        is_open = np.isnan(fills)
        worst = np.where(is_open, np.maximum(worst, touched.beyond(hurting[bars])), worst)
        is_back = is_open & (side * (kind_best[bars] - limits) >= 0)
        opened = candles.open[bars]
        fills = np.where(is_back, np.where(side * (opened - limits) > 0, opened, limits), fills)
    left = touched.beyond(candles.close[touched.bars + wait])
    return Closed(losses=touched.beyond(fills), left=left, worst=worst)


def slow_period_ms(interval_ms: int, assumed: Assumed) -> int:
    """How often the slow poll can look: at closes of bars, so never between two."""
    return -(-assumed.slow_poll_ms // interval_ms) * interval_ms


# -- summing up ----------------------------------------------------------------------------------------------


def _joined(parts: list[Closed]) -> Closed:
    missed = [one.missed for one in parts if one.missed is not None]
    worst = [one.worst for one in parts if one.worst is not None]
    return Closed(
        losses=np.concatenate([one.losses for one in parts]),
        left=np.concatenate([one.left for one in parts]),
        missed=np.concatenate(missed) if missed else None,
        worst=np.concatenate(worst) if worst else None,
    )


BASIS = {
    Kind.VENUE: "path model",
    Kind.VENUE_MARK: "path model, candles of mark",
    Kind.POLL: "path model",
    Kind.SLOW_POLL: "real closes",
    Kind.LIMIT: "real bars",
    Kind.LIMIT_THROUGH: "real bars",
}


def _row(kind: Kind, closed: Closed, blocks: Times, slow_ms: int, assumed: Assumed) -> Row:
    never = np.isnan(closed.losses)
    row = Row(
        kind=kind,
        label=label(kind, assumed, slow_poll_ms=slow_ms),
        basis=BASIS[kind],
        touched=len(never),
        beyond=spread(closed.losses[~never], blocks[~never], seed=assumed.seed),
        never_fraction=float(never.mean()),
        came_back_fraction=None if closed.missed is None else float(closed.missed.mean()),
        all_mean=float(np.where(never, closed.left, closed.losses).mean()),
    )
    if closed.worst is None or not never.any():
        return row
    return replace(
        row, stranded_mean=float(closed.left[never].mean()), stranded_max=float(closed.worst[never].max())
    )


def _worst(sides: list[Touched], joined: dict[Kind, Closed], assumed: Assumed) -> Worst | None:
    losses = joined[Kind.SLOW_POLL].losses
    if np.isnan(losses).all():
        return None
    at = int(np.nanargmax(losses))
    touched, own = (sides[0], at) if at < len(sides[0].bars) else (sides[1], at - len(sides[0].bars))
    candles, bar = touched.candles, int(touched.bars[own])
    return Worst(
        entry_ms=int(candles.open_ms[touched.entry_bars[own]]),
        touched_ms=int(candles.open_ms[bar]),
        side=touched.side,
        entry=float(touched.entries[own]),
        stop=float(touched.stops[own]),
        lost_fraction={
            kind: None
            if np.isnan(closed.losses[at])
            else assumed.stop_fraction + float(closed.losses[at]) / BPS
            for kind, closed in joined.items()
        },
    )


def _notes(candles: Candles, assumed: Assumed, *, has_mark: bool) -> tuple[str, ...]:
    notes = [
        "inside a bar the price goes open, the extreme that hurts, the other, close; when it passes them is drawn"
        f" (seed {assumed.seed})",
        "mark passes its extremes when the last price does, and a stop that mark alone touches is not counted"
        if has_mark
        else "no mark price in this file: every trigger is the last price",
    ]
    if candles.interval_ms > COARSE_MS:
        notes.append(
            "inside bars of more than a minute the model's way is straighter than a market's: what is seen every"
            " 10 s there is flattered"
        )
    if slow_period_ms(candles.interval_ms, assumed) != assumed.slow_poll_ms:
        notes.append("the slow poll can look no oftener than a bar closes")
    return tuple(notes)
