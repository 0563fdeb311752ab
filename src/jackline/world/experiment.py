"""One seed, one experiment: everything that will be done to the system, drawn beforehand and printed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Decimal

from jackline.core.plan import Rung
from jackline.world.acts import Act, Kind
from jackline.world.draws import Draws
from jackline.world.loop import Order
from jackline.world.market import STARTS
from jackline.world.profiles import RUNGS, SWARM, Profile
from jackline.world.wires import Wire

SAFETY_S = 62.0
"""Faults strike within this time; it is stretched until two entries and one crash have happened."""
CALM_S = 24.0
"""The liveness phase: everything heals and the system must come to rest."""
_CLAMP = Decimal("0.003")
"""Below some of the distances that are asked for, above others."""
MARKET_TICK_MS = 6_000
TICK_S = 0.5
"""So market time runs twelve times as fast as the world: a one-minute bar closes every five seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """What happens to single messages: on their way (`network.Weather`), and at the venue's own door (its board)."""

    median_ms: float
    tail: float
    lose_request: float
    lose_answer: float
    reset: float
    late: float
    twice: float
    mangled: float
    lose_event: float
    event_twice: float
    event_late: float
    late_orders: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """What one seed does.

    Attributes:
        rung: the rung forced where the canary allows it; None takes the best proven.
        stop_fraction, trailing_fraction, target_fraction: of price; None is off.
        signal_rate: probability of a wish at the close of a bar.
        stop_while_flat: whether the venue takes a stop on a flat symbol (the canary finds out).
        fill_parts: trades per market fill.
        broken_for_ever: what breaks when everything else heals, and stays so.
        staged: stops follow in stages.
        opinion_rate: probability of an opinion at the close of a bar that an open trade should end.
        no_progress_ms: market time without a step of progress; None is off.
        filtered: symbols are chosen by their spread, anew every few seconds, but the last, which is read for its
            regime alone; and what the engine decides is kept on tape.
        trailed: the venue trails beside the stop; `callback_max_fraction`: at most so far behind, whatever is asked.
        trades_per_symbol_max: entries that one position may be built of.
        guards: nothing is entered by the engine; what others open is protected.
        wire: whose client trades. Symbols are spelled as the exchange has them, whatever it is.
    """

    seed: int
    profile: str
    order: Order
    rung: Rung | None
    hedge: bool
    symbols: tuple[str, ...]
    leverage: int
    stop_fraction: Decimal
    trailing_fraction: Decimal | None
    target_fraction: Decimal | None
    hold_max_ms: int
    signal_rate: float
    volatility: float
    stop_while_flat: bool
    fill_parts: int
    watchdog: bool
    clock_offset_ms: float
    clock_drift_ppm: float
    commit_ms: tuple[float, float]
    noise: Noise
    acts: tuple[Act, ...]
    broken_for_ever: tuple[Act, ...]
    safety_s: float = SAFETY_S
    calm_s: float = CALM_S
    wire: Wire = Wire.BINANCE
    staged: bool = False
    opinion_rate: float = 0.0
    no_progress_ms: int | None = None
    filtered: bool = False
    guards: bool = False
    trailed: bool = False
    callback_max_fraction: Decimal | None = None
    trades_per_symbol_max: int = 1

    def without(self, acts: frozenset[int]) -> Experiment:
        """The same experiment less some acts, by index; for shrinking."""
        return replace(self, acts=tuple(act for index, act in enumerate(self.acts) if index not in acts))


def draw(seed: int, profile: Profile = SWARM) -> Experiment:
    """Expand a seed. Pure: the same seed and profile give the same experiment everywhere."""
    draws = Draws(seed, f"experiment/{profile.name}")
    wire = Draws(seed, f"wire/{profile.name}").pick(profile.wires)
    exits = Draws(seed, f"exits/{profile.name}")
    trailing = Draws(seed, f"trailing/{profile.name}")
    rung = draws.pick(profile.rungs or RUNGS[wire])
    symbols = tuple(list(STARTS)[: draws.pick((1, 1, 2, 3))])
    acts = _acts(draws, profile)
    return Experiment(
        seed=seed,
        profile=profile.name,
        order=draws.pick((Order.FIFO, Order.PROCESSES, Order.PROCESSES)),
        rung=rung,
        hedge=draws.chance(profile.hedge),
        symbols=symbols,
        leverage=draws.pick((2, 4, 10, 20)),
        stop_fraction=draws.pick((Decimal("0.006"), Decimal("0.01"), Decimal("0.02"))),
        trailing_fraction=draws.pick(profile.trailings),
        target_fraction=draws.pick((None, None, Decimal("0.012"))),
        hold_max_ms=draws.pick(profile.holds_ms),
        signal_rate=draws.between(*profile.signal_rates),
        volatility=draws.pick((0.0002, 0.0005, 0.001)) * profile.wildness,
        stop_while_flat=rung is not Rung.AFTER_FILL or draws.chance(0.5),
        fill_parts=draws.pick((1, 1, 2, 5)),
        watchdog=draws.chance(0.9),
        clock_offset_ms=draws.pick((0.0, 0.0, -180.0, 150.0)),
        clock_drift_ppm=draws.pick((0.0, 0.0, 50.0, -200.0)),
        commit_ms=draws.pick(((0.2, 4.0), (0.2, 4.0), (2.0, 30.0))),
        noise=_noise(draws, profile),
        acts=acts,
        broken_for_ever=_lasting(draws, profile),
        wire=wire,
        staged=exits.chance(profile.staged),
        opinion_rate=exits.between(0.3, 0.9) if exits.chance(profile.opinions) else 0.0,
        no_progress_ms=exits.pick(profile.patiences_ms),
        guards=profile.guards,
        trailed=trailing.chance(profile.trailed),
        callback_max_fraction=_CLAMP if profile.trailed and trailing.chance(0.1) else None,
        trades_per_symbol_max=Draws(seed, f"pyramid/{profile.name}").pick(profile.trades_per_symbol),
    )


def _noise(draws: Draws, profile: Profile) -> Noise:
    """Each kind of trouble is off in half of the seeds: a swarm finds more than a uniform mixture."""
    scale = profile.noise

    def rate(most: float) -> float:
        on = draws.chance(0.5)
        return draws.between(0.0, most) * scale if on else 0.0

    return Noise(
        median_ms=draws.pick((2.0, 8.0, 40.0)) * profile.slowness,
        tail=draws.pick((3.0, 6.0, 12.0)),
        lose_request=rate(0.04),
        lose_answer=rate(0.04),
        reset=rate(0.03),
        late=rate(0.02),
        twice=rate(0.10),
        mangled=rate(0.03),
        lose_event=rate(0.30),
        event_twice=rate(0.30),
        event_late=rate(0.10),
        late_orders=profile.late_orders,
    )


def _acts(draws: Draws, profile: Profile) -> tuple[Act, ...]:
    """A handful of acts, at least one of them a crash; sorted by time."""
    kinds = [draws.pick(profile.crashes)]
    kinds += [draws.pick(profile.kinds) for _ in range(draws.count(*profile.acts))]
    kinds += profile.always
    acts = [
        Act(
            at_s=round(draws.between(6.0, SAFETY_S - 5.0), 3),
            kind=kind,
            lasts_s=round(draws.between(0.5, 12.0), 3),
            size=int(10_000 * draws.rng.random()) / 10_000,
            pick=int(10_000 * draws.rng.random()) / 10_000,
        )
        for kind in kinds
    ]
    return tuple(sorted(acts, key=lambda act: (act.at_s, act.kind)))


def _lasting(draws: Draws, profile: Profile) -> tuple[Act, ...]:
    """In one seed of eight something stays broken when everything else heals."""
    may_last = [kind for kind in _MAY_LAST if kind in profile.kinds]
    if not may_last or not draws.chance(0.125):
        return ()
    kind = draws.pick(may_last)
    return (
        Act(at_s=SAFETY_S, kind=kind, lasts_s=math.inf, size=draws.rng.random(), pick=draws.rng.random()),
    )


_MAY_LAST = (Kind.SILENT_STREAMS, Kind.CUT_STREAMS, Kind.NO_WATCHDOG, Kind.DISK_FULL, Kind.SLOW_DISK,
                       Kind.EVENTS_MISSING)  # fmt: skip
"""The system must be able to live with these: protected, if without new entries."""
