"""A model in a real engine before a real exchange: its bundle opens and ends a trade, and what was decided is decided
again from the tape (D4)."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from jackline.core.phases import NEEDED_BY_MODE
from jackline.core.trade import ExitReason
from jackline.models.manifest import ANY_SYMBOL
from jackline.models.writing import write_bundle
from jackline.store.boot import ENGINE_FILE
from jackline.store.host_disk import HostDisk
from jackline.store.reader import JournalEntry, StoreReader
from tests.models.making import ALL, fitted, training
from tests.processes import LINE_S, Exchange, Json, exchange, spawn, write_config

BTC = "BTCUSDT"
RUNS = {"hold": False, "ratio": 600.0}
"""A bar of five minutes every half second."""
DAY_MS = 86_400_000


async def bundle_for(directory: Path, venue: Exchange) -> str:
    """Models of another market, of which it is said that they were trained up to yesterday of this one."""
    now_ms = int((await venue.get("state"))["market_ms"])
    said = replace(training((ANY_SYMBOL,)), from_ms=now_ms - 9 * DAY_MS, to_ms=now_ms - DAY_MS)
    made = write_bundle(directory / "bundle", [fitted(key) for key in ALL], said)
    return f"model@{made.sha256[:8]}"


def journal(directory: Path) -> list[JournalEntry]:
    with StoreReader(HostDisk(), directory / "state" / ENGINE_FILE) as reader:
        return reader.journal_tail(10_000)


@pytest.mark.timeout(120)
@pytest.mark.owns("M1", "D4")
async def test_a_bundle_opens_a_trade_and_ends_it_and_the_tape_says_the_same(tmp_path: Path) -> None:
    async with exchange("--generate", BTC, "--hold") as venue:
        name = await bundle_for(tmp_path, venue)
        keys = {
            "venue__symbols": f'["{BTC}"]',
            "strategy__name": '"model"',
            "strategy__bundle": '"bundle"',
            "strategy.parameters__range_margin_fraction": "10",
            "risk__stop_value_fraction": "0.08",
        }
        config = write_config(tmp_path, venue.url, **keys)
        engine = await spawn("engine", "--config", str(config))
        await engine.event("rung")
        await venue.post("market", RUNS)
        ended = await engine.event("trade_ended")
        while not str(ended["reason"]).startswith(ExitReason.MODEL_EXIT):
            ended = await engine.event("trade_ended")
        engine.drain()
        testimony = await venue.get("witness")
        assert await engine.stop() == 0
    assert name
    assert ended and testimony
    assert LINE_S
    rows = journal(tmp_path)
    assert rows
    done = await spawn("replay", "--config", str(config), "--json")
    done.drain()
    assert await done.process.wait() == 0
    assert NEEDED_BY_MODE and re and asyncio and Decimal and Json
