"""Alerts of real processes: an engine dies with a position, and somebody is told within ten seconds."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.notify.making import Inbox, inbox
from tests.processes import exchange, spawn, write_config

TOLD_S = 10.0
START_S = 60.0
"""Of one process, on a machine with other work."""
MINE = "adopts BTCUSDT long 0.01"


def says(box: Inbox, *words: str) -> bool:
    return any(all(word in f"{one['title']} {one['message']}" for word in words) for one in box.taken)


def _secret(directory: Path, name: str, text: str) -> None:
    (directory / name).write_text(text)
    (directory / name).chmod(0o600)


@pytest.mark.timeout(120)
@pytest.mark.owns("P1")
async def test_P1_the_ping_of_a_watchdog_says_fail_while_it_acts(tmp_path: Path) -> None:
    async with exchange("--generate", "BTCUSDT,ETHUSDT") as venue, inbox() as pings:
        _secret(tmp_path, "deadman", f"http://127.0.0.1:{pings.port}/uuid\n")
        config = write_config(tmp_path, venue.url, alerts__deadman_url_file='"deadman"')
        watchdog = await spawn("watchdog", "--config", str(config))
        await watchdog.event("watching", within_s=START_S)
        watchdog.drain()
        try:
            await pings.until(lambda box: box.asked == ["/uuid/start", "/uuid"])
            await venue.signed(
                "POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01"
            )
            await pings.until(lambda box: box.asked[-1] == "/uuid/fail")
        finally:
            await watchdog.kill()


@pytest.mark.long  # four processes, one after the other, and five seconds of silence: half a minute
@pytest.mark.timeout(120)
@pytest.mark.owns("L2", "P1")
async def test_L2_P1_an_engine_killed_with_a_position_is_told_of_within_ten_seconds(tmp_path: Path) -> None:
    """Whatever the hour. The watchdog's ping is heard meanwhile."""
    async with exchange("--generate", "BTCUSDT,ETHUSDT") as venue, inbox() as box, inbox() as pings:
        _secret(tmp_path, "urls", f"phone={box.url}\n")
        _secret(tmp_path, "deadman", f"http://127.0.0.1:{pings.port}/uuid\n")
        config = str(
            write_config(
                tmp_path,
                venue.url,
                alerts__urls_file='"urls"',
                alerts__quiet_hours='"00:00-23:59"',
                alerts__deadman_url_file='"deadman"',
                alerts__deadman_period_s="10",
            )
        )
        started = []
        for command, event in (
            (("watchdog",), "watching"),
            (("engine",), "running"),
            (("alerts", "run"), "alerting"),
        ):
            started.append(await spawn(*command, "--config", config))
            await started[-1].event(event, within_s=START_S)
            started[-1].drain()
        try:
            await pings.until(lambda box: {"/uuid/start", "/uuid"} <= set(box.asked))
            await venue.signed(
                "POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01"
            )
            await box.until(lambda box: says(box, "P1", MINE))
            begun = time.monotonic()
            await started[1].kill()
            await box.until(
                lambda box: says(box, "[critical]", "L2", "engine silent, dead", "BTCUSDT long"),
                within_s=3 * TOLD_S,
            )
            told_s = time.monotonic() - begun
        finally:
            for child in started:
                await child.kill()
    assert told_s <= TOLD_S, f"told after {told_s:.1f} s"
    assert len([one for one in box.taken if MINE in one["message"]]) == 1
    assert pings.asked[1] == "/uuid", "a watchdog that has just begun is no emergency"
