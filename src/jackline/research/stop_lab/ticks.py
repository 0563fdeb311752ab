"""The stop lab on ticks: what happens in the seconds after a stop is touched, on real trades and quotes.

A fill is the best bid of a long, the best ask of a short: the size of one lot. A limit that has to wait stands at the
back of its queue: it is filled once a trade goes through it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from jackline.research.stop_lab.frames import Ticks
from jackline.research.stop_lab.kinds import (
    BPS,
    Assumed,
    Kind,
    Measured,
    NothingTouched,
    Row,
    label,
    spread,
    unfilled,
)

Floats = NDArray[np.float64]
Times = NDArray[np.int64]

MARK_EVERY_MS = 1_000
"""How often the venue sends a mark price."""
BLOCK_MS = 20_000
WAITS_S = (1, 10, 60)
SIDES = (1, -1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """One touched stop; losses in bps beyond it, None where it never closed within the wait."""

    touched_ms: float
    losses: dict[Kind, float | None]
    left: float
    worst: float
    waits_ms: dict[Kind, float]
    poll_missed: bool


def measure_ticks(ticks: Ticks, assumed: Assumed, *, name: str) -> Measured:
    """Measure every kind that minutes can tell of. Raises NothingTouched where no stop was touched in time."""
    rng = np.random.default_rng(assumed.seed)
    marks_ms, marks = _marks(ticks)
    fates: list[Fate] = []
    made = 0
    for side in SIDES:
        for entry in range(0, len(ticks.trade), assumed.tick_every):
            made += 1
            latency_ms, phase_ms = rng.uniform(*assumed.latency_ms), rng.uniform(0, assumed.poll_ms)
            touch = _touch(ticks, entry, side, assumed)
            if touch is not None:
                fates.append(
                    _fate(ticks, entry, touch, side, (latency_ms, phase_ms), (marks_ms, marks), assumed)
                )
    if not fates:
        raise NothingTouched(
            f"{name}: none of {made:,} stops at {assumed.tick_stop_fraction:.2%} was touched"
            f" {assumed.tick_wait_ms / 1_000:g} s before the end\n  Fix: a nearer --tick-stop, or more ticks"
        )
    kinds = [kind for kind in Kind if kind is not Kind.SLOW_POLL]
    return Measured(
        name=name,
        first_ms=int(ticks.trade_ms[0]),
        last_ms=int(ticks.trade_ms[-1]),
        stop_fraction=assumed.tick_stop_fraction,
        entries=made,
        touched=len(fates),
        sampling=f"an entry at every {assumed.tick_every}th trade, on both sides: they overlap",
        rows=tuple(_row(kind, fates, assumed) for kind in kinds),
        worst=None,
        losses={kind: _losses(kind, fates) for kind in kinds},
        notes=(
            f"stops at {assumed.tick_stop_fraction * BPS:g} bps: minutes do not reach one per cent, and what is"
            " measured is the moment after the trigger",
            "mark is modelled as the middle of the book once a second: no mark price is in this file",
            f"each stop is watched for {assumed.tick_wait_ms / 1_000:g} s after its touch",
        ),
    )


def _touch(ticks: Ticks, entry: int, side: int, assumed: Assumed) -> int | None:
    """The first trade at or beyond the stop with the whole wait still on the file; None where there is none."""
    stop = ticks.trade[entry] * (1 - side * assumed.tick_stop_fraction)
    hits = side * (ticks.trade[entry + 1 :] - stop) <= 0
    if not hits.any():
        return None
    touch = entry + 1 + int(np.argmax(hits))
    end_ms = ticks.trade_ms[touch] + assumed.latency_ms[1] + assumed.tick_wait_ms
    return touch if end_ms <= min(ticks.trade_ms[-1], ticks.book_ms[-1]) else None


def _fate(
    ticks: Ticks,
    entry: int,
    touch: int,
    side: int,
    drawn: tuple[float, float],
    marks: tuple[Floats, Floats],
    assumed: Assumed,
) -> Fate:
    latency_ms, phase_ms = drawn
    entered = float(ticks.trade[entry])
    stop = entered * (1 - side * assumed.tick_stop_fraction)
    touched_ms = float(ticks.trade_ms[touch])
    until_ms = touched_ms + assumed.tick_wait_ms

    def beyond(price: float) -> float:
        return side * (stop - price) / entered * BPS

    arrival = touched_ms + latency_ms
    first = _quote(ticks, arrival, side)
    losses: dict[Kind, float | None] = {Kind.VENUE: beyond(first)}
    mark_ms = _first_mark(marks, float(ticks.trade_ms[entry]), until_ms, stop, side)
    losses[Kind.VENUE_MARK] = None if mark_ms is None else beyond(_quote(ticks, mark_ms + latency_ms, side))
    begun = float(ticks.trade_ms[entry]) + phase_ms
    looks = np.arange(
        begun + np.ceil((touched_ms - begun) / assumed.poll_ms) * assumed.poll_ms, until_ms, assumed.poll_ms
    )
    fired = next((at for at in looks if side * (_last(ticks, at) - stop) <= 0), None)
    losses[Kind.POLL] = None if fired is None else beyond(_quote(ticks, float(fired), side))
    waits: dict[Kind, float] = {}
    for kind, through in ((Kind.LIMIT, 0.0), (Kind.LIMIT_THROUGH, assumed.through_fraction)):
        limit = stop * (1 - side * through)
        waits[kind], price = _limited(ticks, arrival, until_ms, limit, side, first)
        losses[kind] = None if price is None else beyond(price)
    after = (ticks.trade_ms >= arrival) & (ticks.trade_ms <= until_ms)
    hurt = ticks.trade[after] * side
    return Fate(
        touched_ms=touched_ms,
        losses=losses,
        left=beyond(_quote(ticks, until_ms, side)),
        worst=max(beyond(first), beyond(side * float(hurt.min())) if len(hurt) else -np.inf),
        waits_ms=waits,
        poll_missed=len(looks) > 0 and (fired is None or fired > looks[0]),
    )


def _limited(
    ticks: Ticks, arrival: float, until_ms: float, limit: float, side: int, first: float
) -> tuple[float, float | None]:
    """Milliseconds until a stop-limit is filled, and its price; NaN and None where it is not in time."""
    if side * (first - limit) >= 0:
        return 0.0, first
    begin, end = np.searchsorted(ticks.trade_ms, (arrival, until_ms), side="right")
    through = side * (ticks.trade[begin:end] - limit) > 0
    if not through.any():
        return float("nan"), None
    return float(ticks.trade_ms[begin + int(np.argmax(through))]) - arrival, limit


def _quote(ticks: Ticks, at_ms: float, side: int) -> float:
    """What a market order that closes gets then."""
    at = max(0, int(np.searchsorted(ticks.book_ms, at_ms, side="right")) - 1)
    return float((ticks.bid if side > 0 else ticks.ask)[at])


def _last(ticks: Ticks, at_ms: float) -> float:
    at = max(0, int(np.searchsorted(ticks.trade_ms, at_ms, side="right")) - 1)
    return float(ticks.trade[at])


def _marks(ticks: Ticks) -> tuple[Floats, Floats]:
    """The middle of the book at whole seconds, and those seconds."""
    seconds = np.arange(
        np.ceil(ticks.book_ms[0] / MARK_EVERY_MS) * MARK_EVERY_MS, ticks.book_ms[-1], MARK_EVERY_MS
    )
    at = np.searchsorted(ticks.book_ms, seconds, side="right") - 1
    return seconds, (ticks.bid[at] + ticks.ask[at]) / 2


def _first_mark(
    marks: tuple[Floats, Floats], after_ms: float, until_ms: float, stop: float, side: int
) -> float | None:
    seconds, prices = marks
    begin, end = np.searchsorted(seconds, (after_ms, until_ms), side="right")
    hit = side * (prices[begin:end] - stop) <= 0
    return float(seconds[begin + int(np.argmax(hit))]) if hit.any() else None


def _losses(kind: Kind, fates: list[Fate]) -> Floats:
    return np.array([one.losses[kind] for one in fates if one.losses[kind] is not None], dtype=np.float64)


def _row(kind: Kind, fates: list[Fate], assumed: Assumed) -> Row:
    never = np.array([one.losses[kind] is None for one in fates])
    losses = _losses(kind, fates)
    left = np.array([one.left for one in fates])
    blocks = np.array([int(one.touched_ms // BLOCK_MS) for one in fates])
    every = left.copy()
    every[~never] = losses
    row = Row(
        kind=kind,
        label=label(kind, assumed, slow_poll_ms=assumed.slow_poll_ms),
        basis="ticks, mark modelled" if kind is Kind.VENUE_MARK else "ticks",
        touched=len(fates),
        beyond=spread(losses, blocks[~never], seed=assumed.seed),
        never_fraction=float(never.mean()),
        all_mean=float(every.mean()),
    )
    if kind is Kind.POLL:
        return replace(row, came_back_fraction=float(np.mean([one.poll_missed for one in fates])))
    if kind not in (Kind.LIMIT, Kind.LIMIT_THROUGH):
        return row
    waited = unfilled(np.array([one.waits_ms[kind] for one in fates]), WAITS_S)
    if not never.any():
        return replace(row, waited=waited)
    worst = max(one.worst for one in fates if one.losses[kind] is None)
    return replace(row, waited=waited, stranded_mean=float(left[never].mean()), stranded_max=worst)
