"""Composition root of the two long-running processes: venue, store, clock and loop put together, and run."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from jackline.cli.config import Config
from jackline.core.requests import SendEntry
from jackline.engine.clock import TwoClocks
from jackline.engine.engine import Engine
from jackline.engine.options import EngineOptions, VenueUnreadable
from jackline.engine.startup import VenueFacts, first_state, protect_first, read_venue
from jackline.engine.watchdog import Watchdog
from jackline.store.boot import ENGINE_FILE, WATCHDOG_FILE, open_store
from jackline.store.lease import acquire
from jackline.store.watch import open_watch_store
from jackline.venue.binance.connection import BinanceSettings
from jackline.venue.binance.endpoint import Credentials, Endpoint, VenueMode
from jackline.venue.binance.venue import BinanceVenue, open_binance

log = structlog.get_logger("process")

VENUE_RETRY_S = 1.0
"""Pause of a watchdog whose venue does not answer yet."""
ENTRY_DENIED = "this process never enters"


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueAccess:
    """Where the venue is, and the key to it. The mode decides which addresses may be reached (C2)."""

    mode: VenueMode
    url: str
    credentials: Credentials


def venue_access(config: Config) -> VenueAccess:
    """Address and key from the configuration."""
    return VenueAccess(mode=config.mode, url=config.venue.url, credentials=config.credentials)


async def open_venue(
    access: VenueAccess, clock: TwoClocks, permit: Callable[[SendEntry], str | None]
) -> BinanceVenue:
    """Connect. Raises EndpointRefused where the mode may not reach the address."""
    endpoint = Endpoint(mode=access.mode, base_url=access.url)
    settings = BinanceSettings(endpoint=endpoint, credentials=access.credentials)
    return await open_binance(settings=settings, clock=clock, permit=permit)


async def run_engine(options: EngineOptions, access: VenueAccess) -> None:
    """Start up in the protocol's order and run until SIGTERM or SIGINT.

    Raises:
        StartRefused: configuration and account do not fit.
        LeaseHeld: another engine owns the account (C3).
        StoreDamaged: the journal cannot be believed; what is open was protected first.
    """
    stop = _stop_on_signals()
    clock = TwoClocks()
    running: list[Engine] = []
    venue = await open_venue(
        access,
        clock,
        lambda request: running[0].may_enter(request) if running else "the engine has not started",
    )
    try:
        facts = await read_venue(options, venue)
        await protect_first(options, venue, clock, facts)
        lease = acquire(options.state_dir, mode=options.mode, wire_ms=clock.now().wire_ms)
        if lease.took_over_from is not None:
            log.warning("lease_taken_over", code="C3", dead_pid=lease.took_over_from.pid, fence=lease.fence)
        with open_store(options.state_dir / ENGINE_FILE) as store:
            state = await first_state(options, venue, clock, facts, store, lease.fence)
            engine = Engine(options=options, venue=venue, clock=clock, store=store, lease=lease, state=state)
            running.append(engine)
            await engine.run(stop)
        lease.release()
    finally:
        await venue.close()


async def run_watchdog(options: EngineOptions, access: VenueAccess) -> None:
    """Watch until SIGTERM or SIGINT. A venue that does not answer yet is waited for."""
    stop = _stop_on_signals()
    clock = TwoClocks()
    venue = await open_venue(access, clock, lambda _: ENTRY_DENIED)
    try:
        facts = await _wait_for_venue(options, venue, stop)
        if facts is None:
            return
        with open_watch_store(options.state_dir / WATCHDOG_FILE) as store:
            log.info("watching", account=options.account, symbols=options.symbols, records=str(store.path))
            await Watchdog(options=options, venue=venue, clock=clock, store=store, facts=facts).run(stop)
    finally:
        await venue.close()


async def _wait_for_venue(
    options: EngineOptions, venue: BinanceVenue, stop: asyncio.Event
) -> VenueFacts | None:
    """Ask until the venue answers; None when told to stop first."""
    while not stop.is_set():
        try:
            return await read_venue(options, venue)
        except VenueUnreadable as error:
            log.warning("venue_unreadable", detail=str(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), VENUE_RETRY_S)
    return None


def _stop_on_signals() -> asyncio.Event:
    """An orderly stop on SIGTERM and SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
