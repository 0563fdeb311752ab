"""The dead-man ping of the watchdog process: composed here, beside its loop and never in its way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import structlog

from jackline.cli.config import Config
from jackline.cli.errors import CommandFailed
from jackline.cli.secret_lines import read_deadman_url
from jackline.core.ports import World
from jackline.engine.sight import Sight
from jackline.notify.deadman import DeadMan
from jackline.venue.aiohttp_net import AiohttpNet
from jackline.venue.net import NetTrouble, Pool

log = structlog.get_logger("deadman")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinged:
    """Who is to hear of the watchdog, and how often."""

    url: str = field(repr=False)
    period_s: float


def pinged(config: Config) -> Pinged | None:
    """None where nobody is. A file that cannot be used is a warning: a watchdog without ping is better than none."""
    path = config.alerts.deadman_url_file
    if path is None:
        return None
    try:
        url = read_deadman_url(config.path.parent / path)
    except CommandFailed as failed:
        log.warning("deadman_off", detail=str(failed))
        return None
    return Pinged(url=url, period_s=config.alerts.deadman_period_s)


@contextlib.asynccontextmanager
async def pinging(who: Pinged | None, sight: Sight, world: World, stop: asyncio.Event) -> AsyncIterator[None]:
    """Ping while the block runs, over a pool of its own. What goes wrong with it is logged and ends nothing."""
    if who is None:
        yield
        return
    pool = AiohttpNet().open_pool()
    deadman = DeadMan(
        url=who.url,
        period_s=who.period_s,
        ping=lambda url: _ping(pool, url),
        standing=lambda: sight.trouble(world.wire_ms()),
        failures=(NetTrouble, ValueError),
    )
    task = asyncio.create_task(deadman.run(stop))
    task.add_done_callback(_say_ended)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        await pool.close()


async def _ping(pool: Pool, url: str) -> int:
    """Redirects are answers and are not followed."""
    return (await pool.fetch("GET", url, {}, None)).status


def _say_ended(task: asyncio.Task[None]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        log.warning("deadman_ended", error=type(error).__name__)
