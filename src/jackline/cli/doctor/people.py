"""Who is told: channels of alerts, and the dead-man ping that says when nobody tells any more."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit

from jackline.cli.alert_host import LOCK_FILE, channels_of, writer_of
from jackline.cli.config import Config
from jackline.cli.doctor.finding import Finding, fail, ok, warn
from jackline.cli.errors import CommandFailed, explain
from jackline.cli.notify import try_channels
from jackline.cli.secret_lines import read_deadman_url
from jackline.cli.stored import engine_holder
from jackline.core.effects import Level
from jackline.store.host_disk import HostDisk
from jackline.venue.transport.endpoint import VenueMode

ALERTS, DEADMAN = "alerts", "dead-man ping"
DIAL_S = 5.0


async def channels(config: Config, *, sends: bool) -> Finding:
    """Whether there is somebody to tell; with `sends` a test message is, and what became of it."""
    if config.alerts.urls_file is None:
        seen, fix = "nobody is told of anything", 'alerts.urls_file = "alerts.urls": docs/alerts.md'
        return ok(ALERTS, f"{seen}; paper can do without") if _is_paper(config) else warn(ALERTS, seen, fix)
    try:
        found = channels_of(config)
        names = ", ".join(channel.name for channel in found)
        if sends:
            return _sent(await try_channels(config, found, writer_of(config), Level.CRITICAL))
    except CommandFailed as failed:
        what, _, fix = explain(failed)[0].partition("Fix: ")
        return fail(ALERTS, what.strip(), fix or "jackline alerts test")
    if engine_holder(config) is not None and HostDisk().probe(config.state_dir / LOCK_FILE) is None:
        return warn(ALERTS, f"{names}, and nobody sends", "jackline alerts run, or jackline run")
    return ok(ALERTS, f"{names}; --alert sends a test")


def _sent(results: dict[str, str]) -> Finding:
    failed = [name for name, result in results.items() if result != "ok"]
    if failed or not results:
        seen = f"the test did not reach {', '.join(failed)}" if failed else "no address gets critical ones"
        return fail(ALERTS, seen, "see that the address is right and its service up; docs/alerts.md")
    return ok(ALERTS, f"a test reached {', '.join(results)}")


async def deadman(config: Config) -> Finding:
    """Whether the service can be reached. It is not pinged: that says the watchdog lives, which nobody asked it."""
    file = config.alerts.deadman_url_file
    if file is None:
        seen, fix = (
            "none: when this machine dies nobody hears of it",
            "alerts.deadman_url_file: docs/alerts.md",
        )
        return ok(DEADMAN, f"{seen}; paper can do without") if _is_paper(config) else warn(DEADMAN, seen, fix)
    try:
        url = urlsplit(read_deadman_url(config.path.parent / file))
    except CommandFailed as failed:
        what, _, fix = explain(failed)[0].partition("Fix: ")
        return fail(DEADMAN, what.strip(), fix or "docs/alerts.md")
    host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    try:
        async with asyncio.timeout(DIAL_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError) as error:
        what = getattr(error, "strerror", None) or type(error).__name__
        return fail(DEADMAN, f"{host} port {port}: {what}", "see that the service and the network are up")
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return ok(DEADMAN, f"{host} answers; the watchdog pings it every {config.alerts.deadman_period_s} s")


def _is_paper(config: Config) -> bool:
    return config.mode is VenueMode.PAPER
