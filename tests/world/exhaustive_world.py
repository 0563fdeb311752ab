"""A small world on the wire: one symbol, one wish, at most one gap in the price, every message equally long on its way.

The parts are the shipped ones: engine, watchdog, transport with ccxt's signing, SQLite on the simulated disk, local
exchange, and all judges. Nothing is left to chance, so that a world is known by its script and by what is done to it.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from random import Random

from jackline.core.orders import Bar
from jackline.core.plan import Rung
from jackline.core.ports import Signal
from jackline.core.values import Side
from jackline.store.boot import ENGINE_FILE
from jackline.store.errors import DbTrouble
from jackline.world.errors import Deadlock, Livelock
from jackline.world.experiment import MARKET_TICK_MS, TICK_S, Experiment, Noise
from jackline.world.jury import Jury
from jackline.world.logs import captured
from jackline.world.loop import Order
from jackline.world.market import BAR_MS
from jackline.world.operator import Operator
from jackline.world.stage import EPOCH_MS, Stage
from jackline.world.supervisor import ENGINE, STATE_DIR
from jackline.world.trace import Noted

SYMBOL = "BTCUSDT"
WISH_S = (BAR_MS // MARKET_TICK_MS - 1) * TICK_S
"""The tick that ends the first bar; the first one comes at once."""
GAP_FRACTION = -0.03
"""Five times the distance of the stop."""
LOOK_S = 0.5
RECOVERED_S = 4.0
"""An engine that has been up for so long has read the venue back and acted on it."""
HELP_S = 22.0
"""A position that is still there was adopted, and adopted ones are held until a person says otherwise."""
HORIZON_S = 60.0
_UNDER_WAY = "SELECT count(*) FROM trades WHERE phase != 'done'"


class Ending(StrEnum):
    """How the trade ends."""

    GAP = "gap"
    """The price falls through every stop at once and stays there."""
    CLOSE = "close"
    """An operator closes everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What happens in a world where nothing goes wrong. `end_s`: when it ends; `one_way_ms`: of every message."""

    rung: Rung
    hedge: bool = False
    watchdog: bool = True
    ending: Ending = Ending.GAP
    end_s: float = 6.25
    one_way_ms: float = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What came of one world.

    Attributes:
        findings: breaches of any judge, bugs of any process, and what was left at the end; empty is good.
        naked_able_ms, naked_raw_ms: the worst position of the world.
        fills: of the account, whoever traded.
        helped: a person had to close an adopted position.
        digest: hash of everything that happened.
    """

    findings: tuple[str, ...]
    naked_able_ms: float
    naked_raw_ms: float
    fills: int
    helped: bool
    ended_s: float
    digest: str
    last: tuple[Noted, ...]


class Fixed(Random):
    """Chance that always says the same."""

    def __init__(self, value: float) -> None:
        super().__init__(0)
        self._value = value

    def random(self) -> float:
        """The value."""
        return self._value


@dataclass(frozen=True, slots=True, kw_only=True)
class OneWish:
    """Long, at the close of the first bar of the world, and never again."""

    name: str = "one wish"
    warmup_bars: int = 1

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        """Once."""
        return Signal(side=Side.LONG, reason="once") if bars[-1].open_ms == EPOCH_MS else None


def experiment(script: Script) -> Experiment:
    """A world without noise."""
    return Experiment(
        seed=1,
        profile="small",
        order=Order.FIFO,
        rung=script.rung,
        hedge=script.hedge,
        symbols=(SYMBOL,),
        leverage=4,
        stop_fraction=Decimal("0.006"),
        trailing_fraction=None,
        target_fraction=None,
        hold_max_ms=100 * BAR_MS,
        signal_rate=0.0,
        volatility=0.0,
        stop_while_flat=True,
        fill_parts=1,
        watchdog=script.watchdog,
        clock_offset_ms=0.0,
        clock_drift_ppm=0.0,
        commit_ms=(2.0, 2.0),
        noise=Noise(
            median_ms=script.one_way_ms,
            tail=3.0,
            lose_request=0,
            lose_answer=0,
            reset=0,
            late=0,
            twice=0,
            mangled=0,
            lose_event=0,
            event_twice=0,
            event_late=0,
        ),
        acts=(),
        broken_for_ever=(),
    )


class SmallWorld:
    """One world, from its start until the trade is flat and swept and everybody is up. Run it once."""

    def __init__(self, script: Script, *, keep: int = 1) -> None:
        self.script = script
        self.keep = keep
        self.stage = Stage(experiment(script), keep=keep)
        self.stage.quiet = True
        self.stage.processes.options = replace(self.stage.processes.options, strategy=OneWish())
        self.stage.network._rng = Fixed(0.5)  # every message takes the median
        self.stage.disk._rng = Fixed(0.0)  # a power cut loses all that was not synced
        self.jury = Jury(self.stage)
        self.stage.watchers.append(self.jury.panel)
        self.operator = Operator(self.stage)
        self.helped = False
        self._over = self.stage.loop.create_future()

    def run(self) -> Ended:
        """To the end."""
        stage, stuck = self.stage, ""
        stage.network.later(0.0, stage.begin)
        stage.network.later(self.script.end_s, self._end)
        stage.network.later(HELP_S, self._help)
        self._watch()
        gc.disable()
        try:
            with captured(stage.trace, stage.loop, keep=self.keep > 1):
                stage.loop.run_until_complete(self._over)
        except (Deadlock, Livelock) as error:
            stuck = f"{type(error).__name__}: {error}"
        self.jury.finish(calm_ms=(stage.loop.time() - self.script.end_s) * 1_000, healed=True)
        ended = self._ended(stuck)
        self.jury.close()
        troubles = list(stage.loop.troubles)
        stage.close()
        gc.enable()
        if troubles:
            raise troubles[0]
        return ended

    def _end(self) -> None:
        if self.script.ending is Ending.CLOSE:
            self.operator.close_all()
            return
        self.stage.markets[SYMBOL].jump(GAP_FRACTION)
        self.stage.tell_act("gap")

    def _help(self) -> None:
        if self.stage.account.open_positions():
            self.helped = True
            self.operator.close_all()

    def _watch(self) -> None:
        def look() -> None:
            if self._is_clean() or self.stage.loop.time() >= HORIZON_S:
                self._over.set_result(None)
            else:
                self._watch()

        self.stage.network.later(LOOK_S, look)

    def _is_clean(self) -> bool:
        return self.stage.loop.time() > self.script.end_s + LOOK_S and not self._left()

    def _left(self) -> list[str]:
        """What is still to be done."""
        stage, account = self.stage, self.stage.account
        left = [f"position {one.symbol} {one.amount}" for one in account.open_positions()]
        left += [f"order {one.client_id} rests" for one in account.open_orders.values()]
        left += [f"stop {one.client_id} rests" for one in account.open_algos.values()]
        if left:
            return left
        for role in sorted(stage.processes.wanted):
            process = stage.processes.living.get(role)
            if process is None or stage.loop.time() < process.started_s + RECOVERED_S:
                left.append(f"{role} is not back")
        return left or self._trades_left()

    def _trades_left(self) -> list[str]:
        try:
            with closing(self.stage.disk.look(STATE_DIR / ENGINE_FILE, durable=True)) as db:
                ((under_way,),) = db.run(_UNDER_WAY)
        except DbTrouble as trouble:
            return [f"the journal cannot be read: {trouble}"]
        return [f"{under_way} trades are under way"] if under_way else []

    def _ended(self, stuck: str) -> Ended:
        stage = self.stage
        naked = self.jury.naked()
        findings = [f"{one.code} at {one.at_ms:.0f}: {one.detail}" for one in self.jury.panel.breaches]
        findings += [f"L2: {bug}" for bug in stage.processes.bugs]
        findings += [f"left: {what}" for what in self._left()]
        if stuck:
            findings.append(f"L1: {stuck}")
        return Ended(
            findings=tuple(findings),
            naked_able_ms=max((one.able_ms for one in naked), default=0.0),
            naked_raw_ms=max((one.raw_ms for one in naked), default=0.0),
            fills=len(stage.account.fills),
            helped=self.helped,
            ended_s=stage.loop.time(),
            digest=stage.trace.digest(),
            last=tuple(stage.trace.last),
        )


def engine_steps(world: SmallWorld, do: Callable[[int], None]) -> None:
    """Call `do` with the number of each step of the first engine, after it."""
    first = f"{ENGINE}-1"
    world.stage.loop.after_step = lambda process: do(process.steps) if process.name == first else None
