"""The life of a process: put an engine or a watchdog together from its surroundings, and run it until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from jackline.core.ports import World
from jackline.core.requests import SendEntry
from jackline.engine import heartbeat
from jackline.engine.clock import TwoClocks
from jackline.engine.engine import Engine
from jackline.engine.key_gate import check_key
from jackline.engine.options import EngineOptions, VenueUnreadable
from jackline.engine.phase_keeper import check_mode
from jackline.engine.reloading import Ending
from jackline.engine.sight import Sight
from jackline.engine.startup import (
    StreamingVenue,
    VenueFacts,
    check_fit,
    first_state,
    protect_first,
    read_opening,
    read_venue,
    with_margin_tables,
)
from jackline.engine.universe import choose_first
from jackline.engine.watchdog import Watchdog
from jackline.store.boot import ENGINE_FILE, WATCHDOG_FILE, open_store
from jackline.store.disk import Disk
from jackline.store.lease import LeaseHeld, acquire, is_held
from jackline.store.watch import open_watch_store
from jackline.venue.port import Venue

log = structlog.get_logger("process")

VENUE_RETRY_S = 1.0
"""Pause of a watchdog whose venue does not answer yet."""
ENTRY_DENIED = "this process never enters"

Permit = Callable[[SendEntry], str | None]
"""The request gate's last question before an entry is signed: None, or why it must not leave."""
OpenVenue = Callable[[TwoClocks, Permit], Awaitable[StreamingVenue]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Everything outside that a process needs: a host's, or a simulated world's."""

    world: World
    disk: Disk
    open_venue: OpenVenue


async def run_engine(
    options: EngineOptions,
    around: Surroundings,
    stop: asyncio.Event,
    shown: Callable[[Engine], None] = lambda _: None,
) -> None:
    """One engine, whoever begins the next; see `run_until`."""
    await run_until(options, around, stop, shown)


async def run_until(
    options: EngineOptions,
    around: Surroundings,
    stop: asyncio.Event,
    shown: Callable[[Engine], None] = lambda _: None,
) -> Ending:
    """Start up in the protocol's order and run until `stop` is set, or the configuration is to be taken up again.

    Before it runs the engine is `shown`. What is returned says why it ended.

    Raises:
        StartRefused: configuration and account do not fit.
        LeaseHeld: another engine owns the account (C3).
        StoreDamaged: the journal cannot be believed; what is open was protected first.
    """
    clock = TwoClocks(around.world)
    leave_to_holder(around.disk, options.state_dir, clock.now().wire_ms)
    running: list[Engine] = []
    venue = await around.open_venue(clock, _permit(options, running))
    try:
        facts = await read_venue(venue)
        first = await protect_first(options, venue, clock, facts, around.disk)
        options = await choose_first(
            options, venue, clock, facts, around.disk, holds_nothing=first.holds_nothing
        )
        facts = await with_margin_tables(options, venue, facts)
        check_fit(options, facts, first)
        if first.holds_nothing:
            check_key(await venue.read_key(), options)
        lease = acquire(
            around.disk,
            options.state_dir,
            world=around.world,
            mode=options.mode,
            wire_ms=clock.now().wire_ms,
            fence_floor=options.fence_floor,
        )
        if lease.took_over_from is not None:
            log.warning("lease_taken_over", code="C3", dead_pid=lease.took_over_from.pid, fence=lease.fence)
        with open_store(around.disk, options.state_dir / ENGINE_FILE) as store:
            check_mode(options, store, holds_nothing=first.holds_nothing)
            opening = await read_opening(venue, facts, store)
            state = await first_state(options, venue, clock, facts, store, lease.fence, opening)
            engine = Engine(options=options, venue=venue, clock=clock, store=store, lease=lease, state=state)
            engine.owes(opening, first.actions)
            running.append(engine)
            shown(engine)
            ending = await engine.run(stop)
        lease.release()
    finally:
        await venue.close()
    return ending


def _permit(options: EngineOptions, running: list[Engine]) -> Permit:
    """Who is asked before an entry is signed. A guard needs no engine for its answer (P2)."""
    if options.guards_only:
        return lambda _: ENTRY_DENIED
    return lambda request: running[0].may_enter(request) if running else "the engine has not started"


def leave_to_holder(disk: Disk, state_dir: Path, now_ms: int) -> None:
    """Raise LeaseHeld where an engine holds the lease and makes progress.

    Beside one that does not, the start goes on: it protects first, and is refused the lease after. A refused start that
    is repeated every second must not use up the request weight of the engine that works (K2). What cannot be read is no
    reason not to protect.
    """
    try:
        holder = is_held(disk, state_dir)
    except OSError as error:
        log.warning("lease_unreadable", code="C3", detail=str(error))
        return
    if holder is not None and heartbeat.silence(heartbeat.read(disk, state_dir), now_ms) is None:
        raise LeaseHeld(state_dir, holder)


async def run_watchdog(
    options: EngineOptions, around: Surroundings, stop: asyncio.Event, sight: Sight | None = None
) -> None:
    """Watch until `stop` is set. A venue that does not answer yet is waited for. `sight` is kept for whoever asks."""
    clock = TwoClocks(around.world)
    venue = await around.open_venue(clock, lambda _: ENTRY_DENIED)
    try:
        facts = await _wait_for_venue(venue, stop, sight)
        if facts is None:
            return
        with open_watch_store(around.disk, options.state_dir / WATCHDOG_FILE) as store:
            log.info("watching", account=options.account, symbols=options.symbols, records=str(store.path))
            watchdog = Watchdog(
                options=options, venue=venue, clock=clock, store=store, facts=facts, sight=sight
            )
            await watchdog.run(stop)
    finally:
        await venue.close()


async def _wait_for_venue(venue: Venue, stop: asyncio.Event, sight: Sight | None) -> VenueFacts | None:
    """Ask until the venue answers; None when told to stop first."""
    while not stop.is_set():
        if sight is not None:
            sight.turns += 1
        try:
            return await read_venue(venue)
        except VenueUnreadable as error:
            log.warning("venue_unreadable", detail=str(error))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(VENUE_RETRY_S):
                    await stop.wait()
    return None
