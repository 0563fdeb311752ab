"""The process: one port on loopback that carries REST, sockets, control surface and the running market."""

import asyncio
import errno
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from jackline.exchange.account import AccountSpec
from jackline.exchange.feeds.clock import MarketClock
from jackline.exchange.ports import Feed
from jackline.exchange.state import Rules
from jackline.exchange.venue import Venue, VenueSpec
from jackline.exchange.wire.auth import Gatekeeper
from jackline.exchange.wire.call import WireOptions
from jackline.exchange.wire.control import Control
from jackline.exchange.wire.floor import Floor
from jackline.exchange.wire.rest import Rest
from jackline.exchange.wire.runner import Runner

HOST: Final = "127.0.0.1"
"""Never anything else: the control surface is open to whoever reaches the port."""

REQUEST_BYTES_MAX: Final = 64 * 1024
SHUTDOWN_S: Final = 2.0
"""How long open requests may finish at the end."""


class PortError(OSError):
    """The port cannot be had: which, why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeConfig:
    """`port` 0 lets the system choose. `ratio` is market time per wire time; `held` starts with market time
    standing still until the control surface resumes it."""

    port: int
    feed: Feed
    accounts: tuple[AccountSpec, ...]
    ratio: float = 1.0
    held: bool = False
    rules: Rules = field(default_factory=Rules)
    options: WireOptions = field(default_factory=WireOptions)


class SystemClock:
    """The machine's clock. `exact_ms` is monotonic, anchored at the wall time of its creation."""

    def __init__(self) -> None:
        self._anchor_ms = time.time() * 1_000 - time.monotonic() * 1_000

    def wire_ms(self) -> int:
        return int(time.time() * 1_000)

    def exact_ms(self) -> float:
        return self._anchor_ms + time.monotonic() * 1_000


async def serve(config: ServeConfig, *, ready: Callable[[int], None]) -> None:
    """Runs until cancelled; calls `ready` with the port once requests are answered.

    Raises:
        PortError: the port is in use or may not be had.
        ValueError: a symbol or ratio that cannot be served.
    """
    clock = SystemClock()
    feed = config.feed
    venue = Venue(
        VenueSpec(
            accounts=config.accounts,
            symbols=feed.symbols,
            interval_ms=feed.interval_ms,
            history={symbol: feed.history(symbol) for symbol in feed.symbols},
            rules=config.rules,
        ),
        clock,
    )
    floor = Floor(venue=venue)
    market_clock = MarketClock(feed.start_ms, config.ratio, clock.exact_ms)
    if config.held:
        market_clock.hold()
    runner = Runner(floor, feed, market_clock)
    app = web.Application(client_max_size=REQUEST_BYTES_MAX)
    Rest(floor, Gatekeeper(config.accounts, venue.state.accounts), config.options).add_to(app)
    Control(floor, feed=feed, clock=market_clock, runner=runner).add_to(app)
    _add_sockets(app, floor)
    web_runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
    await web_runner.setup()
    market = asyncio.create_task(runner.run())
    try:
        ready(await _bind(web_runner, config.port))
        await market
    finally:
        market.cancel()
        await asyncio.gather(market, return_exceptions=True)
        await floor.hub.close()
        await web_runner.cleanup()


async def _bind(runner: web.AppRunner, port: int) -> int:
    site = web.TCPSite(runner, HOST, port)
    try:
        await site.start()
    except OSError as error:
        reason = "is in use by another process" if error.errno == errno.EADDRINUSE else str(error.strerror)
        message = (
            f"local exchange: port {port} on {HOST} {reason}. Fix: end that process, or choose another --port"
        )
        raise PortError(message) from error
    return int(runner.addresses[0][1])


def _add_sockets(app: web.Application, floor: Floor) -> None:
    """`/ws`, `/ws/<stream>` and `/stream?streams=` under each of the venue's three roots, and bare as of
    old."""

    async def plain(request: web.Request) -> web.WebSocketResponse:
        named = [one for one in request.match_info.get("streams", "").split("/") if one]
        key = request.query.get("listenKey")
        return await floor.hub.serve(request, combined=False, streams=named if key is None else [*named, key])

    async def combined(request: web.Request) -> web.WebSocketResponse:
        named = [one for one in request.query.get("streams", "").split("/") if one]
        key = request.query.get("listenKey")
        return await floor.hub.serve(request, combined=True, streams=named if key is None else [*named, key])

    for root in ("", "/public", "/market", "/private"):
        app.router.add_get(f"{root}/ws", plain)
        app.router.add_get(root + "/ws/{streams:.+}", plain)
        app.router.add_get(f"{root}/stream", combined)
