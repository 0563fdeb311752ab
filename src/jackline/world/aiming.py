"""Worlds that lead to every crash point: in each of them a process dies at the first visit of one not yet hit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from jackline.core.plan import Rung
from jackline.world.acts import Act, Kind
from jackline.world.crash_points import CrashPoint
from jackline.world.experiment import Experiment, draw
from jackline.world.market import STARTS
from jackline.world.profiles import PROFILES
from jackline.world.simulation import Verdict, simulate
from jackline.world.wires import Wire

AN_HOUR_S = 3_400.0
"""Twice the twenty minutes after which a listen key is extended, and what it takes to come to that."""
BEYOND_A_KEY_S = 1_300.0
"""Longer than those twenty minutes."""
EVERY_S = 6.0
LATE_CLOSINGS_S = tuple(range(26, 105, 20))
CLOSINGS_S = tuple(range(15, 105, 9))
"""Far enough apart that something is open again."""
FIRST_S, LAST_S = 8.0, 62.0
_BLOCKED, _ID_TAKEN, _WRONG_PARAMETER = 0.7, 0.87, 0.55
"""Picks of `Kind.REFUSES` on the wire of BingX: 110424, 101400, 109400."""


def aimed(missed: Iterable[CrashPoint], *, wires: Iterable[Wire] = Wire) -> Iterator[Verdict]:
    """Play these worlds, plainest first, until every point of `missed` was hit or no world is left."""
    left = set(missed)
    for experiment in (experiment for wire in wires for experiment in worlds(wire)):
        if not left:
            return
        verdict = simulate(experiment, keep=1, aims=left)
        left -= verdict.hit
        yield verdict


def worlds(wire: Wire = Wire.BINANCE) -> Iterator[Experiment]:
    """Each with what its corner of the code needs; seeds are arbitrary."""
    return _binance_worlds() if wire is Wire.BINANCE else _bingx_worlds()


def _binance_worlds() -> Iterator[Experiment]:
    yield from (draw(seed, PROFILES["swarm"]) for seed in (0, 1))
    plain = replace(
        draw(1, PROFILES["quiet"]), hedge=False, watchdog=True, rung=Rung.STOP_FIRST, signal_rate=0.9
    )
    yield replace(plain, acts=_often((Kind.STOP_ENGINE, 0.5), (Kind.STOP_WATCHDOG, 0.5)))
    yield replace(
        plain, acts=(*_often((Kind.BARS_MISSING, 0.5)), _once(Kind.CUT_STREAMS, 40.0, lasts_s=24.0))
    )
    yield replace(plain, signal_rate=0.0, acts=_often((Kind.SETS_MARGIN, 0.0), (Kind.STOP_ENGINE, 0.5)))
    # The host sleeps for longer than a close may take to arrive, and is told to close: the venue refuses its time.
    for at_s in (12.0, 100.0):
        sleep, close = _once(Kind.SLEEPS, at_s, lasts_s=70.0), _once(Kind.CLOSES_ALL, at_s + 1.0, lasts_s=1.0)
        yield replace(plain, acts=(sleep, close), safety_s=at_s + 80.0)
    # A close is refused as blocked, so that only an order without the flag is left.
    yield replace(plain, target_fraction=None, acts=_often((Kind.REFUSES, 0.85), (Kind.CLOSES_ALL, 0.5)))
    # Nobody but the watchdog is there, the stop is gone and no other is taken.
    nobody = _often(
        (Kind.KILL_ENGINE, 0.5), (Kind.TYPE_WITHDRAWN, 0.5), (Kind.STOP_EXPIRED, 0.5), lasts_s=12.0
    )
    yield replace(plain, acts=nobody)
    yield replace(plain, acts=_often((Kind.STOP_EXPIRED, 0.5), (Kind.KILL_ENGINE, 0.5), lasts_s=12.0))
    yield replace(plain, acts=_often((Kind.STOP_EXPIRED, 0.5), (Kind.KILL_BOTH, 0.5), lasts_s=2.0))
    yield replace(
        plain,
        acts=_often(
            (Kind.STICKY_TRIGGERING, 0.5), (Kind.KILL_ENGINE, 0.5), (Kind.THROUGH_STOP, 0.5), lasts_s=12.0
        ),
    )
    # Nobody but the watchdog is there, the stop is gone and the price is past where it stood, but not past
    # liquidation: that takes some luck with the market.
    reached = _often(
        (Kind.KILL_ENGINE, 0.5), (Kind.THROUGH_STOP, 0.5), (Kind.STOP_DROPPED, 0.5), lasts_s=20.0
    )
    for seed in (3, 1, 2, 4, 5):
        market = draw(seed, PROFILES["quiet"])
        yield replace(market, hedge=False, watchdog=True, rung=Rung.STOP_FIRST, signal_rate=0.9, acts=reached)
    # Nobody but the watchdog is there, and a stop that covers nothing keeps its own out.
    in_the_way = _often(
        (Kind.KILL_ENGINE, 0.5), (Kind.STOP_DROPPED, 0.5), (Kind.PLACES_STOP, 0.5), lasts_s=12.0
    )
    yield replace(plain, acts=in_the_way)
    # An entry goes on filling, the journal that knew of it is gone, and the position is closed meanwhile.
    slow = _once(Kind.SLOW_FILLS, 2.0, lasts_s=58.0)
    lost = [_once(Kind.LOST_DISK, at_s, lasts_s=2.0) for at_s in (6.0, 22.0, 38.0)]
    closed = [_once(Kind.CLOSES_BY_HAND, act.at_s + 6.0, lasts_s=1.0) for act in lost]
    yield replace(plain, acts=(slow, *lost, *closed))
    yield from _filtered(plain)
    # The key is extended after twenty minutes, and is another one then. Of two lives one ends at the question, the
    # other at what follows from the answer.
    acts = (
        _once(Kind.CUT_STREAMS, 100.0, lasts_s=600.0),
        _once(Kind.KEY_FORGOTTEN, 1_500.0, lasts_s=1.0),
        _once(Kind.KEY_FORGOTTEN, 2_500.0, lasts_s=1.0),
    )
    yield replace(plain, watchdog=False, signal_rate=0.01, acts=acts, safety_s=AN_HOUR_S)


def _bingx_worlds() -> Iterator[Experiment]:
    """What only this client has: the stop in the entry, turns at narrow doors, streams that are asked for."""
    yield from (draw(seed, PROFILES["bingx"]) for seed in (0, 1, 2, 3))
    plain = replace(
        draw(1, PROFILES["quiet"]),
        wire=Wire.BINGX,
        hedge=False,
        watchdog=True,
        rung=Rung.ATTACHED,
        signal_rate=0.9,
        target_fraction=None,
    )
    three = replace(plain, symbols=tuple(STARTS))
    # The host sleeps for longer than a close may take to arrive, and is told to close: the venue refuses its time.
    sleep, close = _once(Kind.SLEEPS, 12.0, lasts_s=70.0), _once(Kind.CLOSES_ALL, 13.0, lasts_s=1.0)
    yield replace(plain, acts=(sleep, close), safety_s=92.0)
    # A close is refused as blocked, so that only an order without the flag is left; that one, as a wrong parameter.
    blocked = replace(plain, acts=_refusing((_BLOCKED, 0.0), (_WRONG_PARAMETER, 0.5)), safety_s=110.0)
    yield from (replace(blocked, seed=seed) for seed in (1, 2, 3))
    yield replace(plain, acts=_refusing((_ID_TAKEN, 0.5)), safety_s=110.0)
    # The key is refused and taken again: the account is asked before any symbol is opened anew.
    yield replace(plain, acts=_often((Kind.KEY_REVOKED, 0.5), lasts_s=2.0))
    # Somebody opens by hand: the stop of a position that nobody planned waits for its record.
    yield replace(plain, signal_rate=0.0, acts=_often((Kind.OPENS_BY_HAND, 0.5), lasts_s=2.0))
    # Stops and targets of three positions are cancelled in one second, which has room for three orders. They open one
    # after the other.
    yield replace(
        three,
        rung=Rung.AFTER_FILL,
        target_fraction=Decimal("0.012"),
        acts=tuple(_once(Kind.CLOSES_ALL, at_s, lasts_s=3.0) for at_s in LATE_CLOSINGS_S),
        safety_s=110.0,
    )
    # Nobody but the watchdog is there, the stop is gone, and no answer tells whether the next one was taken.
    yield replace(
        plain,
        acts=_often(
            (Kind.CONDITIONAL_DOWN, 0.5), (Kind.STOP_EXPIRED, 0.5), (Kind.KILL_ENGINE, 0.5), lasts_s=5.0
        ),
    )
    # Others trade: the first stop of what they open waits for its record, for it has no id.
    others = _often((Kind.OPENS_BY_HAND, 0.5), (Kind.CLOSES_BY_HAND, 0.5), lasts_s=5.0)
    yield replace(plain, guards=True, signal_rate=0.0, acts=others)
    # Sockets break under what is said on them.
    yield replace(plain, acts=_often((Kind.RESETS, 0.5), (Kind.HANG_UP, 0.5)))
    # The canary's far entry stays in the book, and must be cancelled.
    yield replace(plain, signal_rate=0.0, acts=(_once(Kind.IMMEDIATE_RESTS, 0.0, lasts_s=30.0),))
    # Leverage of both sides and the margin type are set again and again, over connections that break.
    settings = _often(
        (Kind.SETS_MARGIN, 0.0), (Kind.SETS_LEVERAGE, 0.5), (Kind.STOP_ENGINE, 0.5), lasts_s=2.0
    )
    broken = replace(plain.noise, median_ms=2.0, tail=3.0, reset=0.25)
    again = replace(three, hedge=True, signal_rate=0.0, acts=settings, noise=broken)
    yield from (replace(again, seed=seed) for seed in (1, 2, 6))
    yield from _filtered(plain)
    # The key is extended after twenty minutes.
    yield replace(plain, watchdog=False, signal_rate=0.01, safety_s=BEYOND_A_KEY_S)


def _filtered(plain: Experiment) -> Iterator[Experiment]:
    """Spreads blow out: symbols leave and come back, with trades open on them and without."""
    chosen = replace(plain, symbols=tuple(STARTS), filtered=True)
    yield replace(chosen, acts=_often((Kind.SPREAD, 0.5), lasts_s=5.0))
    yield replace(chosen, acts=_often((Kind.SPREAD, 0.5), (Kind.STOP_ENGINE, 0.5), lasts_s=5.0))


def _refusing(*refusals: tuple[float, float]) -> tuple[Act, ...]:
    """A close is wanted, and the next placements are refused: each for its reason (pick), so many of them (size)."""
    return tuple(
        Act(at_s=at_s + 0.01 * index, kind=kind, lasts_s=3.0, size=size, pick=pick)
        for at_s in CLOSINGS_S
        for index, (kind, pick, size) in enumerate(
            [*((Kind.REFUSES, pick, size) for pick, size in refusals), (Kind.CLOSES_ALL, 0.5, 0.5)]
        )
    )


def _once(kind: Kind, at_s: float, *, lasts_s: float) -> Act:
    return Act(at_s=at_s, kind=kind, lasts_s=lasts_s, size=1.0, pick=0.5)


def _often(*kinds: tuple[Kind, float], lasts_s: float = 4.0) -> tuple[Act, ...]:
    """These kinds with their picks, one shortly after the other, again and again."""
    times = range(math.ceil((LAST_S - FIRST_S) / EVERY_S))
    return tuple(
        Act(at_s=FIRST_S + EVERY_S * time + 0.2 * index, kind=kind, lasts_s=lasts_s, size=1.0, pick=pick)
        for time in times
        for index, (kind, pick) in enumerate(kinds)
    )
