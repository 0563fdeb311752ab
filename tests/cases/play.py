"""A scenario by hand: one world, one symbol, no noise, and a script that waits for facts and then does something.

Everything under test is the shipped code: engine, watchdog, transport with ccxt's signing, SQLite, local exchange.
The script stands where the world stands: it sees the venue's truth and the disk, never an engine's memory.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any

from jackline.core.ids import Role
from jackline.core.orders import Bar, MarginType
from jackline.core.plan import Rung
from jackline.core.ports import Signal, Strategy
from jackline.core.values import Side
from jackline.engine.options import EngineOptions
from jackline.exchange.position import Position
from jackline.exchange.venue import Venue
from jackline.world.acts import Act, Kind
from jackline.world.configured import options, risk
from jackline.world.crashing import Crashing
from jackline.world.deeds.means import Means
from jackline.world.experiment import Experiment, Noise
from jackline.world.hands import Hands
from jackline.world.judges.breach import Breach
from jackline.world.jury import Jury, NakedTime
from jackline.world.logs import captured
from jackline.world.loop import Order as Turns
from jackline.world.operator import Operator
from jackline.world.stage import Stage
from jackline.world.supervisor import ENGINE
from jackline.world.watching import Arrival, Departure, ProcessEvent
from tests.cases.facts import SYMBOL, Facts, name_of, role_of

LOOK_S = 0.02
NEVER_MS = 1_000_000_000
STILL = Noise(
    median_ms=2.0, tail=3.0, lose_request=0, lose_answer=0, reset=0, late=0, twice=0, mangled=0, lose_event=0,
    event_twice=0, event_late=0,
)  # fmt: skip
SETTLE_S = 12.0
"""Two flat reads three seconds apart, the sweep, and the journal's last words."""

Script = Callable[["Play"], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Wants the same side at the close of every bar: one trade, where the cool-down is long. None wants nothing."""

    side: Side | None
    name: str = "wish"
    warmup_bars: int = 1

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        """Always."""
        if self.side is None:
            return None
        return Signal(side=self.side, reason=f"bar {bars[-1].open_ms}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trap:
    """Springs once, at the next request of a role."""

    role: Role
    method: str
    do: Callable[[], object]


class Play(Facts):
    """The world of one scenario, while it runs and after."""

    def __init__(self, experiment: Experiment, *, options: EngineOptions, wallet: Decimal) -> None:
        super().__init__(Stage(experiment, keep=600))
        self.stage.quiet = True
        self.stage.processes.options = options
        self.account.wallet = self.account.wallet_at_start = wallet
        self.crashing = Crashing(
            processes=self.stage.processes, network=self.stage.network, trace=self.stage.trace
        )
        self.crashing.watch()
        self.operator = Operator(self.stage)
        self.means = Means(stage=self.stage, crashing=self.crashing, operator=self.operator)
        self.jury = Jury(self.stage)
        self.stage.watchers += [self.jury.panel, self]
        self.stage.on_arrival = self.crashing.on_arrival
        self._hands = Hands(self.means)
        self._at_departure: list[_Trap] = []
        self._at_arrival: list[_Trap] = []

    # -- running ---------------------------------------------------------------------------------------------

    def run(self, script: Script) -> Play:
        """Play the script, let everything settle, judge. What the script asserts is the scenario's own affair."""
        gc.disable()
        try:
            with captured(self.stage.trace, self.stage.loop, keep=True):
                self.stage.loop.run_until_complete(self._play(script))
        finally:
            self._rows = self._read()
            self.jury.close()
            troubles = list(self.stage.loop.troubles)
            self.stage.close()
            gc.enable()
        assert troubles == []
        assert self.stage.processes.bugs == []
        return self

    async def _play(self, script: Script) -> None:
        self.stage.begin()
        await script(self)
        self._hands.end()
        self.stage.heal()
        await self.flat()
        await self.passes(SETTLE_S)
        self.jury.finish(calm_ms=SETTLE_S * 1_000, healed=True)

    async def flat(self, within_s: float = 60.0) -> None:
        """Close everything by the switch, and wait until nothing of ours is left."""
        self.operator.flatten()
        await self.until(lambda: not self.positions() and not self.ours(), "flat and swept", within_s)

    async def passes(self, seconds: float) -> None:
        """Let virtual time pass."""
        over = self.stage.loop.create_future()
        self.stage.network.later(seconds, lambda: over.set_result(None))
        await over

    async def until(self, fact: Callable[[], object], what: str, within_s: float = 30.0) -> None:
        """Wait for a fact. Raises AssertionError with the last events where it does not come about."""
        for _ in range(int(within_s / LOOK_S)):
            assert self.stage.processes.bugs == []
            if fact():
                return
            await self.passes(LOOK_S)
        raise AssertionError(f"not within {within_s} s: {what}\n{self.story()}")

    async def ready(self) -> None:
        """Wait until the canary is over: the next signal may enter."""
        await self.until(lambda: self.asked(Role.CANARY), "a canary")
        await self.passes(1.0)

    async def protected(self, within_s: float = 30.0) -> Position:
        """Wait for a position of ours with a stop at the venue."""
        await self.until(lambda: self.positions() and self.stops(), "a protected position", within_s)
        await self.passes(0.5)
        return self.positions()[0]

    def do(self, kind: Kind, *, lasts_s: float = 5.0, size: float = 0.5, pick: float = 0.0) -> None:
        """One act of the world, now. Raises AssertionError where it found nothing to strike."""
        before = self.stage.trace.faults[kind]
        self._hands.do(Act(at_s=self.stage.loop.time(), kind=kind, lasts_s=lasts_s, size=size, pick=pick))
        assert self.stage.trace.faults[kind] == before + 1, f"{kind} found nothing to strike"

    def on_sending(self, role: Role, do: Callable[[], object], *, method: str = "POST") -> None:
        """Once: when a request for an order of this role has left and not arrived."""
        self._at_departure.append(_Trap(role=role, method=method, do=do))

    def on_taking(self, role: Role, do: Callable[[], object], *, method: str = "POST") -> None:
        """Once: when the venue has executed it and nobody was answered."""
        self._at_arrival.append(_Trap(role=role, method=method, do=do))

    def end_acts(self) -> None:
        """Whatever lasts is over."""
        self._hands.end()

    def jump(self, fraction: float) -> None:
        """The price moves by this fraction of itself at the next tick."""
        self.stage.markets[SYMBOL].jump(fraction)

    def gap(self, fraction: float) -> None:
        """The price has moved by this fraction of itself, now."""
        self.jump(fraction)
        market_ms = self.stage.calendar.next()
        for market in self.stage.markets.values():
            self.stage.door.floor.apply(market.step(market_ms, quiet=True))
        self.stage.door.floor.flush()
        self.stage.look()

    # -- verdicts --------------------------------------------------------------------------------------------

    @property
    def breaches(self) -> list[Breach]:
        return self.jury.panel.breaches

    def naked(self) -> list[NakedTime]:
        return list(self.jury.naked())

    def alive(self, role: str = ENGINE) -> bool:
        """Whether a process of this role is up."""
        return role in self.stage.processes.living

    def story(self) -> str:
        """The last events, for whoever must read a failure."""
        return "\n".join(
            f"{one.at_ms:10.1f} {one.lane:12} {one.text}" for one in list(self.stage.trace.last)[-120:]
        )

    # -- `Watcher` -------------------------------------------------------------------------------------------

    def on_departure(self, departure: Departure) -> None:
        self.sent.append(departure)
        self._spring(self._at_departure, departure)

    def on_arrival(self, arrival: Arrival) -> None:
        self.arrived.append(arrival)
        self._spring(self._at_arrival, arrival.departure)

    def _spring(self, traps: list[_Trap], departure: Departure) -> None:
        for trap in [one for one in traps if one.method == departure.method]:
            if role_of(name_of(departure)) is trap.role:
                traps.remove(trap)
                self.stage.network.later(0.0, partial(_spring, trap))

    def on_venue(self, venue: Venue, at_ms: float) -> None:
        return None

    def on_process(self, process: str, event: ProcessEvent, at_ms: float) -> None:
        return None

    def on_reach(self, process: str, *, reachable: bool, at_ms: float) -> None:
        return None

    def on_command(self, kind: str, *, acknowledged: bool, at_ms: float) -> None:
        return None

    def on_act(self, act: str, detail: str, at_ms: float) -> None:
        return None


def play(
    script: Script,
    *,
    side: Side | None = Side.LONG,
    strategy: Strategy | None = None,
    wallet: str = "10000",
    rung: Rung | None = Rung.STOP_FIRST,
    hedge: bool = False,
    watchdog: bool = False,
    leverage: int = 4,
    isolated: bool = False,
    stop: str = "0.02",
    trailing: str | None = None,
    target: str | None = None,
    hold_max_ms: int = NEVER_MS,
    cooldown_ms: int = NEVER_MS,
    stop_while_flat: bool = True,
    fill_parts: int = 1,
    seed: int = 1,
) -> Play:
    """Set the stage and play. Bars close every five seconds; the first signal comes about eight seconds in."""
    experiment = Experiment(
        seed=seed,
        profile="case",
        order=Turns.FIFO,
        rung=rung,
        hedge=hedge,
        symbols=(SYMBOL,),
        leverage=leverage,
        stop_fraction=Decimal(stop),
        trailing_fraction=None if trailing is None else Decimal(trailing),
        target_fraction=None if target is None else Decimal(target),
        hold_max_ms=hold_max_ms,
        signal_rate=0.0,
        volatility=0.0001,
        stop_while_flat=stop_while_flat,
        fill_parts=fill_parts,
        watchdog=watchdog,
        clock_offset_ms=0.0,
        clock_drift_ppm=0.0,
        commit_ms=(0.2, 4.0),
        noise=STILL,
        acts=(),
        broken_for_ever=(),
    )
    settings = replace(
        options(experiment),
        strategy=strategy or Wish(side=side),
        margin_type=MarginType.ISOLATED if isolated else MarginType.CROSS,
        risk=replace(risk(experiment), cooldown_ms=cooldown_ms),
    )
    return Play(experiment, options=settings, wallet=Decimal(wallet)).run(script)


def _spring(trap: _Trap) -> None:
    trap.do()
