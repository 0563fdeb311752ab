"""One world, built from one experiment: the exchange with its markets, the network, the host with its processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from jackline.core.values import fraction
from jackline.exchange.account import Account, AccountSpec
from jackline.exchange.state import Rules
from jackline.exchange.values import StopWhileFlat
from jackline.exchange.wire.exchange import ExchangeConfig
from jackline.exchange.wire.faults import Answer, Stream, StreamDeed
from jackline.exchange.wire.faults import Side as StreamSide
from jackline.exchange.wire.forms import Form
from jackline.world.acts import Kind
from jackline.world.configured import options
from jackline.world.disk import SimulatedDisk
from jackline.world.doors import open_door
from jackline.world.draws import Draws
from jackline.world.experiment import MARKET_TICK_MS, TICK_S, Experiment
from jackline.world.loop import VirtualLoop
from jackline.world.market import BAR_MS, Calendar, SimMarket, markets
from jackline.world.network import Network
from jackline.world.openings import opener
from jackline.world.process import HostClock
from jackline.world.supervisor import ENGINE, WATCHDOG, Supervisor
from jackline.world.trace import Trace
from jackline.world.watching import Arrival, ProcessEvent, Watcher
from jackline.world.weather import Weather

EPOCH_MS = 1_760_054_400_000
"""2025-10-10 00:00 UTC: wire time and market time of every world begin here."""
ACCOUNT, KEY, SECRET = "main", "k", "s"
BALANCE = Decimal(10_000)
STEPS_MAX = 2_000_000
MANGLED = (
    Form.EMPTY,
    Form.HTML,
    Form.OBJECT,
    Form.TRUNCATED,
    Form.TIMEOUT,
    Form.UNAVAILABLE,
    Form.BAD_GATEWAY,
)


class VenueClock:
    """The venue's clock is right by definition."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def wire_ms(self) -> int:
        """UTC epoch ms."""
        return EPOCH_MS + int(self._loop.time() * 1_000)

    def exact_ms(self) -> float:
        """The same, exact."""
        return EPOCH_MS + self._loop.time() * 1_000


class Stage:
    """Everything that exists in one world. `begin` sets it in motion; its parts are there to be acted upon."""

    def __init__(self, experiment: Experiment, *, keep: int) -> None:
        self.experiment = experiment
        seed = experiment.seed
        self.loop = VirtualLoop(Draws(seed, "order").rng, experiment.order, steps_max=STEPS_MAX)
        self.trace = Trace(keep=keep)
        self.watchers: list[Watcher] = []
        self.markets = {
            market.name: market
            for market in markets(
                experiment.symbols, seed, volatility=experiment.volatility, start_ms=EPOCH_MS
            )
        }
        self.door = open_door(
            experiment.wire, _served(experiment, self.markets), VenueClock(self.loop), self.loop
        )
        self.venue = self.door.venue
        self.board = self.door.floor.board
        self.network = Network(
            loop=self.loop,
            rng=Draws(seed, "network").rng,
            venue=self.door,
            trace=self.trace,
        )
        self.clock = HostClock(self.loop, epoch_ms=EPOCH_MS)
        self.disk = SimulatedDisk(loop=self.loop, rng=Draws(seed, "disk").rng)
        self.processes = Supervisor(
            loop=self.loop,
            network=self.network,
            disk=self.disk,
            clock=self.clock,
            trace=self.trace,
            options=options(experiment),
            open_venue=opener(experiment.wire, api_key=KEY, secret=SECRET),
            seed=seed,
            tell=self._tell_process,
        )
        self.calendar = Calendar(start_ms=EPOCH_MS, tick_market_ms=MARKET_TICK_MS)
        self.quiet = False
        self.network.on_departure = lambda departure: _each(self.watchers, "on_departure", departure)
        self.network.on_arrival = self._tell_arrival
        self.on_arrival: Callable[[Arrival], None] = _ignore
        self._blocks: Counter[str] = Counter()
        self._delay_ms = 0
        self.on_delay: Callable[[int], None] = _ignore

    @property
    def account(self) -> Account:
        """The only account."""
        return self.venue.state.accounts[ACCOUNT]

    def now_ms(self) -> float:
        """Virtual milliseconds since the start."""
        return self.network.now_ms()

    def look(self) -> None:
        """The venue may have changed."""
        at_ms = self.now_ms()
        for watcher in self.watchers:
            watcher.on_venue(self.venue, at_ms)

    def begin(self) -> None:
        """Noise on, disk and clock as drawn, markets running, processes up."""
        experiment = self.experiment
        self.set_noise(on=True)
        self.clock.offset_ms = experiment.clock_offset_ms
        self.clock.drift(experiment.clock_drift_ppm)
        self.disk.commit_ms = experiment.commit_ms
        self.venue.keeps_history = any(act.kind is Kind.READ_LAG for act in experiment.acts)
        self.venue.whims.callback_max_fraction = experiment.callback_max_fraction
        self.network.later(0.0, self._tick)
        self.processes.want(ENGINE)
        if experiment.watchdog:
            self.processes.want(WATCHDOG)

    def set_noise(self, *, on: bool) -> None:
        """Message trouble as drawn, or none."""
        noise = self.experiment.noise
        weather = Weather(median_ms=min(noise.median_ms, 40.0), tail=3.0)
        self.board.clear()
        if on:
            weather = Weather(
                median_ms=noise.median_ms,
                tail=noise.tail,
                lose_request=noise.lose_request,
                lose_answer=noise.lose_answer,
                reset=noise.reset,
                late=noise.late,
                twice=noise.twice,
                event_late=noise.event_late,
                late_orders=noise.late_orders,
            )
            self._post_noise()
        self.network.weather = weather

    def _post_noise(self) -> None:
        noise = self.experiment.noise
        if noise.mangled:
            each = noise.mangled / (2 * len(MANGLED))
            for form in MANGLED:
                for executed in (True, False):
                    self.board.put_up(Answer(form=form, executed=executed, probability=each))
        for rate, deed in ((noise.lose_event, StreamDeed.DROP), (noise.event_twice, StreamDeed.DUPLICATE)):
            if rate:
                self.board.put_up(Stream(deed=deed, side=StreamSide.USER, probability=rate))

    def _tick(self) -> None:
        """One step of every market, twice a second."""
        market_ms = self.calendar.next()
        for market in self.markets.values():
            self.door.floor.apply(market.step(market_ms, quiet=self.quiet))
        self.door.floor.flush()
        self.look()
        self.network.later(TICK_S, self._tick)

    # -- telling the judges ----------------------------------------------------------------------------------

    def tell_act(self, act: str, detail: str = "") -> None:
        """The world did something by itself."""
        _each(self.watchers, "on_act", act, detail, self.now_ms())

    def tell_command(self, kind: str, *, acknowledged: bool) -> None:
        """An operator gave a command, or saw its durable answer."""
        for watcher in self.watchers:
            watcher.on_command(kind, acknowledged=acknowledged, at_ms=self.now_ms())

    def _tell_process(self, name: str, event: ProcessEvent, at_ms: float) -> None:
        if event is ProcessEvent.STARTED:
            self._tell_reach(name)
        _each(self.watchers, "on_process", name, event, at_ms)

    def _tell_arrival(self, arrival: Arrival) -> None:
        _each(self.watchers, "on_arrival", arrival)
        self.on_arrival(arrival)

    def delay(self, more_ms: int) -> None:
        """Evidence of a fill, or what follows from it, takes so much longer from now on, or (negative) no more."""
        self._delay_ms += more_ms
        self.on_delay(self._delay_ms)

    # -- reach: whether the venue answers a role at all --------------------------------------------------------

    def block(self, *roles: str, on: bool) -> None:
        """A cut, a ban, an outage begins or ends for these roles; they overlap."""
        for role in roles:
            self._blocks[role] += 1 if on else -1
            process = self.processes.living.get(role)
            if process is not None:
                self._tell_reach(process.name)

    def _tell_reach(self, name: str) -> None:
        reachable = self._blocks[name.partition("-")[0]] <= 0
        for watcher in self.watchers:
            watcher.on_reach(name, reachable=reachable, at_ms=self.now_ms())

    # -- healing ---------------------------------------------------------------------------------------------

    def heal(self) -> None:
        """Messages travel, clocks are right, disks work, nobody is stopped, everybody runs."""
        self.set_noise(on=False)
        self.clock.set_right()
        self.disk.heal()
        self.processes.wake_all()
        self.quiet = True
        self.processes.want(ENGINE)
        if self.experiment.watchdog:
            self.processes.want(WATCHDOG)

    def reconfigure(self, size: float) -> None:
        """Other risk settings for whoever starts next."""
        before = self.processes.options
        stop = replace(before.risk.stop, value_fraction=fraction(str(round(0.006 + 0.02 * size, 4))))
        self.processes.options = replace(before, risk=replace(before.risk, stop=stop))

    def close(self) -> None:
        """The world is over: give its memory back."""
        self.processes.bury_all()
        self.loop.close()


def _served(experiment: Experiment, lanes: dict[str, SimMarket]) -> ExchangeConfig:
    """What the local exchange is opened with: no server, no feed."""
    return ExchangeConfig(
        symbols=experiment.symbols,
        interval_ms=BAR_MS,
        history={name: market.history() for name, market in lanes.items()},
        accounts=(
            AccountSpec(name=ACCOUNT, key=KEY, secret=SECRET, balance=BALANCE, hedge=experiment.hedge),
        ),
        rules=Rules(
            stop_while_flat=StopWhileFlat.ACCEPT if experiment.stop_while_flat else StopWhileFlat.REFUSE,
            fill_parts=experiment.fill_parts,
        ),
        draw=Draws(experiment.seed, "board").rng.random,
    )


def _each(watchers: list[Watcher], method: str, *args: object) -> None:
    for watcher in watchers:
        getattr(watcher, method)(*args)


def _ignore(_: object) -> None:
    return None
