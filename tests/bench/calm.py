"""A world in which nothing goes wrong: engine, watchdog and exchange on virtual time, with as many symbols as wanted.

What is measured here does not depend on the machine: requests, their weight and their order, and exposure by the
exchange's own record.
"""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal

from jackline.core.orders import Bar
from jackline.core.plan import Rung
from jackline.core.ports import Signal
from jackline.core.values import MarketMs, Side
from jackline.exchange.wire.params import Params
from jackline.exchange.wire.rest import ROUTES
from jackline.world.experiment import Experiment, Noise
from jackline.world.logs import captured
from jackline.world.loop import Order
from jackline.world.market import BAR_MS
from jackline.world.stage import EPOCH_MS, Stage
from jackline.world.watching import Arrival
from tests.out_of_process.lasting import lasting

ROUTE = {(route.method, route.path): route for route in ROUTES}
ONE_WAY_MS = 5.0
"""Half of the messages travel at most so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllAtOnce:
    """Wants a long on every symbol at the close of the bar that opens then, and nothing else."""

    open_ms: MarketMs

    @property
    def name(self) -> str:
        return "all_at_once"

    @property
    def warmup_bars(self) -> int:
        return 1

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        return Signal(side=Side.LONG, reason="all") if bars[-1].open_ms == self.open_ms else None


@dataclass
class Calm:
    """A stage, and what arrived at its exchange. Weights by minute of wire time, as the exchange's windows count."""

    stage: Stage
    arrivals: list[Arrival] = field(default_factory=list)
    weights: dict[int, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))

    def note(self, arrival: Arrival) -> None:
        self.arrivals.append(arrival)
        sent = arrival.departure
        weight = ROUTE[sent.method, sent.path].weight_of(Params.of(sent.params))
        role = sent.process.partition("-")[0]
        self.weights[int(arrival.at_ms // 60_000)][f"{role} {sent.method} {sent.path}"] += weight

    def weight(self, minute: int) -> int:
        """Of one whole minute."""
        return sum(self.weights[minute].values())

    @property
    def refused(self) -> list[Arrival]:
        """What the exchange turned away for being too much."""
        return [one for one in self.arrivals if one.status in {418, 429}]

    def run_for(self, seconds: float) -> None:
        """Of virtual time."""
        self.stage.loop.run_until_complete(lasting(seconds * 1_000))


@contextmanager
def calm(
    symbols: tuple[str, ...], *, rung: Rung, watchdog: bool = True, signal_bar: int | None = None
) -> Iterator[Calm]:
    """A world that has begun. `signal_bar`: the bar, counted from the start, at whose close everything is wanted."""
    stage = Stage(_experiment(symbols, rung=rung, watchdog=watchdog), keep=100)
    never = MarketMs(0)
    wanted = never if signal_bar is None else MarketMs(EPOCH_MS + signal_bar * BAR_MS)
    stage.processes.options = replace(stage.processes.options, strategy=AllAtOnce(open_ms=wanted))
    found = Calm(stage)
    stage.on_arrival = found.note
    gc.disable()  # a collection in the middle would run clean-up code of processes that are dead
    try:
        with captured(stage.trace, stage.loop, keep=False):
            stage.begin()
            yield found
    finally:
        troubles, bugs = list(stage.loop.troubles), list(stage.processes.bugs)
        stage.close()
        gc.enable()
    assert troubles == []
    assert bugs == []


def _experiment(symbols: tuple[str, ...], *, rung: Rung, watchdog: bool) -> Experiment:
    return Experiment(
        seed=1,
        profile="calm",
        order=Order.FIFO,
        rung=rung,
        hedge=False,
        symbols=symbols,
        leverage=4,
        stop_fraction=Decimal("0.05"),
        trailing_fraction=None,
        target_fraction=None,
        hold_max_ms=10**9,
        signal_rate=0.0,
        volatility=0.0,
        stop_while_flat=True,
        fill_parts=1,
        watchdog=watchdog,
        clock_offset_ms=0.0,
        clock_drift_ppm=0.0,
        commit_ms=(0.2, 2.0),
        noise=Noise(
            median_ms=ONE_WAY_MS,
            tail=3.0,
            lose_request=0.0,
            lose_answer=0.0,
            reset=0.0,
            late=0.0,
            twice=0.0,
            mangled=0.0,
            lose_event=0.0,
            event_twice=0.0,
            event_late=0.0,
        ),
        acts=(),
        broken_for_ever=(),
    )
