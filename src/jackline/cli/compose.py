"""Composition root of the two long-running processes: a host's surroundings for what `engine.process` runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import structlog

from jackline.cli.config import Config
from jackline.cli.deadman import Pinged, pinging
from jackline.cli.holding import while_held
from jackline.cli.service_manager import kept_alive, take_manager
from jackline.cli.stopping import stop_on_signals
from jackline.engine.clock import TwoClocks
from jackline.engine.engine import Engine
from jackline.engine.held_lease import HeldLease
from jackline.engine.host import HostWorld
from jackline.engine.options import EngineOptions, StartRefused, VenueUnreadable
from jackline.engine.process import Permit, Surroundings, run_until, run_watchdog
from jackline.engine.reloading import Ending
from jackline.engine.sight import Sight
from jackline.store.disk import Disk
from jackline.venue.aiohttp_net import AiohttpNet
from jackline.venue.binance.connection import BinanceSettings
from jackline.venue.binance.venue import BinanceVenue, open_binance
from jackline.venue.bingx.connection import BingxSettings
from jackline.venue.bingx.venue import BingxVenue, open_bingx
from jackline.venue.net import TalkingNet
from jackline.venue.transport.endpoint import Credentials, Endpoint, VenueMode
from jackline.venue.transport.gate import Speaks, alone

log = structlog.get_logger("engine")


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueAccess:
    """Where the venue is, and the key to it. The mode decides which addresses may be reached (C2). `speaks`: asked
    before every request, whether this process still may (C3)."""

    name: Literal["binance", "bingx"]
    mode: VenueMode
    url: str
    credentials: Credentials
    speaks: Speaks = alone


def venue_access(config: Config) -> VenueAccess:
    """Address and key from the configuration."""
    return VenueAccess(
        name=config.venue.name,
        mode=config.mode,
        url=config.venue.url,
        credentials=config.credentials,
    )


async def open_venue(
    access: VenueAccess, clock: TwoClocks, permit: Permit, *, net: TalkingNet | None = None
) -> BinanceVenue | BingxVenue:
    """Connect, over `net` or the host's own. Raises EndpointRefused where the mode may not reach the address."""
    endpoint, net = Endpoint(mode=access.mode, base_url=access.url), net or AiohttpNet()
    if access.name == "bingx":
        bingx = BingxSettings(endpoint=endpoint, credentials=access.credentials, speaks=access.speaks)
        return await open_bingx(settings=bingx, clock=clock, permit=permit, net=net)
    binance = BinanceSettings(endpoint=endpoint, credentials=access.credentials, speaks=access.speaks)
    return await open_binance(settings=binance, clock=clock, permit=permit, net=net)


async def host_engine(
    options: EngineOptions,
    access: VenueAccess,
    again: Callable[[EngineOptions], EngineOptions] | None = None,
    *,
    disk: Disk,
    held: HeldLease | None = None,
) -> None:
    """An engine on this host until SIGTERM or SIGINT; raises what `run_until` raises, and LeaseGone."""
    manager, stop, running = take_manager(), stop_on_signals(), list[Engine]()
    options, access = _under(held, options, access)

    def shown(engine: Engine) -> None:
        running[:] = [engine]
        if manager is not None:
            manager.ready("what was open is protected; the loop runs")

    lives = _one_after_another(options, _surroundings(access, disk), stop, shown, again)
    async with kept_alive(manager, lambda: running[0].turns if running else None):
        await while_held(lives, held, stop)


async def _one_after_another(
    options: EngineOptions,
    around: Surroundings,
    stop: asyncio.Event,
    shown: Callable[[Engine], None],
    again: Callable[[EngineOptions], EngineOptions] | None,
) -> None:
    """Where the configuration is to be taken up again the engine ends in order and one begins with what `again` gives,
    in this process: there are never two, and nothing has to be unlocked anew. A start that is refused with it goes on
    with what held before: an account is not left without its engine for a change of its bots.
    """
    former = None
    while True:
        try:
            ending = await run_until(options, around, stop, shown)
        except VenueUnreadable:
            raise  # whatever it was begun with: whoever supervises tries again
        except StartRefused as refused:
            if former is None:
                raise
            log.critical("not_taken_up", code="C1", said=str(refused), note="it goes on as configured before")
            options, former = former, None
            continue
        if ending is Ending.STOPPED or again is None or stop.is_set():
            return
        options, former = replace(again(options), fence_floor=options.fence_floor), options


async def host_watchdog(
    options: EngineOptions,
    access: VenueAccess,
    deadman: Pinged | None = None,
    *,
    disk: Disk,
    held: HeldLease | None = None,
) -> None:
    """A watchdog on this host until SIGTERM or SIGINT; somebody outside hears that it watches, if told to."""
    options, access = _under(held, options, access)
    around, stop = _surroundings(access, disk), stop_on_signals()
    sight, manager = Sight(begun_ms=around.world.wire_ms()), take_manager()
    if manager is not None:  # at once: an engine that starts behind it must not wait for a venue that is away
        manager.ready("watching, as soon as the venue answers")
    async with kept_alive(manager, lambda: sight.turns), pinging(deadman, sight, around.world, stop):
        await while_held(run_watchdog(options, around, stop, sight), held, stop)


def _under(
    held: HeldLease | None, options: EngineOptions, access: VenueAccess
) -> tuple[EngineOptions, VenueAccess]:
    """The same, of a process that speaks for its account only as long as a worker's lease says so."""
    if held is None:
        return options, access
    return replace(options, fence_floor=held.number), replace(access, speaks=held.standing)


def _surroundings(access: VenueAccess, disk: Disk) -> Surroundings:
    return Surroundings(
        world=HostWorld(),
        disk=disk,
        open_venue=lambda clock, permit: open_venue(access, clock, permit),
    )
