"""Alerts of real processes: an engine dies with a position, and somebody is told within ten seconds."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.notify.making import Inbox, inbox
from tests.processes import exchange, spawn, write_config

TOLD_S = 10.0
MINE = "adopts BTCUSDT long 0.01"


def says(box: Inbox, *words: str) -> bool:
    return any(all(word in f"{one['title']} {one['message']}" for word in words) for one in box.taken)


@pytest.mark.long  # six processes, one after the other, and five seconds of silence: half a minute
@pytest.mark.timeout(120)
@pytest.mark.owns("L2", "P1")
async def test_L2_P1_an_engine_killed_with_a_position_is_told_of_within_ten_seconds(tmp_path: Path) -> None:
    """Whatever the hour, and though the sender is killed with the engine; the watchdog's ping is heard meanwhile."""
    async with exchange("--generate", "BTCUSDT,ETHUSDT") as venue, inbox() as box, inbox() as pings:
        for name, text in (
            ("urls", f"phone={box.url}\n"),
            ("deadman", f"http://127.0.0.1:{pings.port}/uuid\n"),
        ):
            (tmp_path / name).write_text(text)
            (tmp_path / name).chmod(0o600)
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
        watchdog = await spawn("watchdog", "--config", config)
        engine = await spawn("engine", "--config", config)
        alerts = await spawn("alerts", "run", "--config", config)
        for child, event in ((watchdog, "watching"), (engine, "running"), (alerts, "alerting")):
            await child.event(event)
            child.drain()
        try:
            await pings.until(lambda box: {"/uuid/start", "/uuid"} <= set(box.asked))
            await venue.signed(
                "POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01"
            )
            await box.until(lambda box: says(box, "P1", MINE))
            await alerts.kill()
            begun = time.monotonic()
            await engine.kill()
            alerts = await spawn("alerts", "run", "--config", config)
            await alerts.event("alerting")
            alerts.drain()
            await box.until(
                lambda box: says(box, "[critical]", "L2", "engine silent, dead", "BTCUSDT long"),
                within_s=2 * TOLD_S,
            )
            told_s = time.monotonic() - begun
        finally:
            for child in (alerts, engine, watchdog):
                await child.kill()
    assert told_s <= TOLD_S, f"told after {told_s:.1f} s, of which the sender's start is a part"
    # Killed between the answer of the server and its own book, it tells the last message again: never less than once.
    assert len([one for one in box.taken if MINE in one["message"]]) in {1, 2}
    assert "/uuid/fail" not in pings.asked, "a watchdog that has just begun is no emergency"
