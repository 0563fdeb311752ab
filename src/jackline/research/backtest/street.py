"""Where a backtest's engine and exchange meet: over the direct port, or over the transport that trades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Protocol

from jackline.core.orders import PositionMode
from jackline.engine.clock import TwoClocks
from jackline.engine.options import EngineOptions
from jackline.engine.process import OpenVenue, Permit
from jackline.engine.startup import StreamingVenue
from jackline.exchange.account import Account, AccountSpec
from jackline.exchange.ports import Candle, Tick
from jackline.exchange.state import Rules
from jackline.exchange.venue import Venue
from jackline.exchange.wire.exchange import ExchangeConfig, open_venue
from jackline.research.backtest.loop import BacktestLoop
from jackline.research.backtest.port import DirectPort
from jackline.research.costs import Costs
from jackline.world.doors import open_door
from jackline.world.network import Network
from jackline.world.openings import opener
from jackline.world.process import Process
from jackline.world.process_net import ProcessNet
from jackline.world.trace import Trace
from jackline.world.weather import Weather
from jackline.world.wires import Wire

ACCOUNT, KEY, SECRET = "backtest", "k", "s"
STATE_DIR = Path("/backtest")
TRACE_KEPT = 16
FRAME_S = 0.0005
"""One way of the simulated network where the weather is still."""
HEARD_S = FRAME_S * 1.2
"""A frame has arrived, and what is sent upon it has not."""


class Transport(StrEnum):
    """How the engine speaks to the exchange; what comes of it is the same."""

    DIRECT = "direct"
    WIRE = "wire"


class VenueClock:
    """The exchange's clock is the loop's."""

    def __init__(self, loop: BacktestLoop, *, epoch_ms: int) -> None:
        self._loop, self._epoch_ms = loop, epoch_ms

    def wire_ms(self) -> int:
        """UTC epoch ms."""
        return self._epoch_ms + int(self._loop.time() * 1_000)

    def exact_ms(self) -> float:
        """The same, exact."""
        return self._epoch_ms + self._loop.time() * 1_000


class Street(Protocol):
    """An exchange with the way to it."""

    venue: Venue
    hear_s: float
    """Virtual seconds until the engine has heard of a step, and nothing it sends upon it has arrived."""
    is_exact: bool
    """Timers must keep to their moment: a transport that measures clocks would find them wrong."""

    def apply(self, tick: Tick) -> None:
        """One step of a market; everybody is told."""
        ...

    def breathe(self) -> None:
        """Time has passed: what the exchange says by the clock."""
        ...

    def opening(self, process: Process) -> OpenVenue:
        """How the engine's process connects."""
        ...


@dataclass(slots=True, kw_only=True)
class DirectStreet:
    """No wire between them."""

    venue: Venue
    port: DirectPort | None = None
    hear_s: float = 0.0
    is_exact: bool = False

    def apply(self, tick: Tick) -> None:
        """One step."""
        if self.port is None:
            self.venue.on_tick(tick)
        else:
            self.port.apply(tick)

    def breathe(self) -> None:
        """Nothing is said by the clock here."""

    def opening(self, process: Process) -> OpenVenue:
        """The direct port."""

        async def connect(clock: TwoClocks, permit: Permit) -> StreamingVenue:
            self.port = DirectPort(self.venue, self.venue.state.accounts[ACCOUNT], clock=clock, permit=permit)
            return self.port

        return connect


class WireStreet:
    """The wire protocol, the transport that trades, and a network without weather."""

    def __init__(self, wire: Wire, config: ExchangeConfig, clock: VenueClock, loop: BacktestLoop) -> None:
        self._wire = wire
        self._door = open_door(wire, config, clock, loop)
        self._network = Network(loop=loop, rng=Random(0), venue=self._door, trace=Trace(keep=TRACE_KEPT))
        self._network.weather = Weather(median_ms=0.0, tail=1.0)
        self.venue = self._door.venue
        self.hear_s = HEARD_S
        self.is_exact = True

    def apply(self, tick: Tick) -> None:
        """One step; the prices first, as over the direct port."""
        self._door.floor.apply(tick)
        self._door.floor.flush(force=True)

    def breathe(self) -> None:
        """Prices are said again every second; a stream that says nothing looks dead."""
        self._door.floor.flush()

    def opening(self, process: Process) -> OpenVenue:
        """The client of this wire."""
        opening, net = opener(self._wire, api_key=KEY, secret=SECRET), ProcessNet(self._network, process)

        async def connect(clock: TwoClocks, permit: Permit) -> StreamingVenue:
            return await opening(clock, permit, net)

        return connect


def open_street(
    transport: Transport,
    *,
    options: EngineOptions,
    histories: Mapping[str, Sequence[Candle]],
    balance: Decimal,
    costs: Costs,
    clock: VenueClock,
    loop: BacktestLoop,
    wire: Wire = Wire.BINANCE,
) -> Street:
    """An exchange with one account, before its first step. Raises ValueError for a symbol it cannot serve."""
    config = ExchangeConfig(
        symbols=tuple(histories),
        interval_ms=options.interval_ms,
        history=histories,
        accounts=(
            AccountSpec(
                name=ACCOUNT,
                key=KEY,
                secret=SECRET,
                balance=balance,
                hedge=options.position_mode is PositionMode.HEDGE,
            ),
        ),
        rules=Rules(
            taker_fraction=costs.taker_fraction,
            maker_fraction=costs.maker_fraction,
            half_spread_fraction=costs.slippage_fraction,
            funding_fraction=costs.funding_fraction,
        ),
        draw=lambda: 0.0,
    )
    if transport is Transport.WIRE:
        return WireStreet(wire, config, clock, loop)
    return DirectStreet(venue=open_venue(config, clock))


def account_of(street: Street) -> Account:
    """The only account."""
    return street.venue.state.accounts[ACCOUNT]
