"""The process: one port on loopback that carries REST, sockets, control surface and the running market."""

import asyncio
import errno
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from jackline.exchange.account import AccountSpec
from jackline.exchange.feeds.clock import MarketClock
from jackline.exchange.feeds.draws import Draws
from jackline.exchange.ports import Feed
from jackline.exchange.state import Rules
from jackline.exchange.wire.call import WireOptions
from jackline.exchange.wire.control import Control
from jackline.exchange.wire.exchange import ExchangeConfig
from jackline.exchange.wire.fault_routes import FaultRoutes
from jackline.exchange.wire.faults import Rule
from jackline.exchange.wire.markets import MirrorSpec, open_market
from jackline.exchange.wire.wires import Wire, hang

HOST: Final = "127.0.0.1"
"""Never anything else: the control surface is open to whoever reaches the port."""

REQUEST_BYTES_MAX: Final = 64 * 1024
SHUTDOWN_S: Final = 2.0
"""How long open requests may finish at the end."""


class PortError(OSError):
    """The port cannot be had: which, why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeConfig:
    """`port` 0 lets the system choose. `feed` is a market, or another venue to be mirrored. `ratio` is market time per
    wire time; `held` starts with market time standing still until the control surface resumes it; a mirrored market
    knows neither. `faults` are put up before the first request, and
    `seed` draws the uncertain ones. With `tls` a second port speaks it. `wire` says whose clients it is for."""

    port: int
    feed: Feed | MirrorSpec
    accounts: tuple[AccountSpec, ...]
    ratio: float = 1.0
    held: bool = False
    faults: tuple[Rule, ...] = ()
    seed: int = 1
    rules: Rules = field(default_factory=Rules)
    options: WireOptions = field(default_factory=WireOptions)
    tls: ssl.SSLContext | None = None
    wire: Wire = Wire.BINANCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The ports that were had. `tls_port`: the same exchange for clients with their production addresses. The market
    runs from `start_ms` to `end_ms` (market time); a mirrored one has no end, and says its start twice."""

    port: int
    tls_port: int | None
    start_ms: int
    end_ms: int


class SystemClock:
    """The machine's clock. `exact_ms` is monotonic, anchored at the wall time of its creation."""

    def __init__(self) -> None:
        self._anchor_ms = time.time() * 1_000 - time.monotonic() * 1_000

    def wire_ms(self) -> int:
        return int(time.time() * 1_000)

    def exact_ms(self) -> float:
        return self._anchor_ms + time.monotonic() * 1_000


async def serve(config: ServeConfig, *, ready: Callable[[Bound], None]) -> None:
    """Runs until cancelled; calls `ready` with the ports once requests are answered.

    Raises:
        PortError: the port is in use or may not be had.
        ValueError: a symbol, ratio or fault that cannot be served.
        SourceSilentError: a mirrored venue that is out of reach.
    """
    clock = SystemClock()
    market = await open_market(config.feed)
    feed = market.feed
    app = web.Application(client_max_size=REQUEST_BYTES_MAX)
    served = hang(
        config.wire,
        app,
        ExchangeConfig(
            accounts=config.accounts,
            symbols=feed.symbols,
            interval_ms=feed.interval_ms,
            draw=Draws(f"misbehaviour|{config.seed}").uniform,
            history={symbol: feed.history(symbol) for symbol in feed.symbols},
            rules=config.rules,
            options=config.options,
        ),
        clock,
    )
    floor = served.floor
    for rule in config.faults:
        floor.put_up(rule)
    market_clock = MarketClock(feed.start_ms, config.ratio, clock.exact_ms)
    if config.held:
        market_clock.hold()
    for symbol, (tick, step) in market.steps.items():
        floor.venue.set_filters(symbol, tick=tick, step=step)
    runner = market.drive(floor, market_clock)
    Control(floor, feed=feed, clock=market_clock, runner=runner).add_to(app)
    FaultRoutes(floor).add_to(app)
    web_runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
    await web_runner.setup()
    running = asyncio.create_task(runner.run())
    try:
        port = await _bind(web_runner, config.port)
        tls_port = None if config.tls is None else await _bind(web_runner, 0, config.tls)
        ready(Bound(port=port, tls_port=tls_port, start_ms=feed.start_ms, end_ms=feed.end_ms))
        await running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await served.sockets.close()
        await web_runner.cleanup()


async def _bind(runner: web.AppRunner, port: int, tls: ssl.SSLContext | None = None) -> int:
    site = web.TCPSite(runner, HOST, port, ssl_context=tls)
    try:
        await site.start()
    except OSError as error:
        reason = "is in use by another process" if error.errno == errno.EADDRINUSE else str(error.strerror)
        message = (
            f"local exchange: port {port} on {HOST} {reason}. Fix: end that process, or choose another --port"
        )
        raise PortError(message) from error
    return int(runner.addresses[-1][1])
