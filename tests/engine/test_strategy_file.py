"""A user's strategy in a real engine: its wishes are traded under its name, and what it breaks is its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jackline.core.ids import Role, parse_client_id
from jackline.store.boot import ENGINE_FILE
from jackline.store.host_disk import HostDisk
from jackline.store.reader import StoreReader
from tests.patience import patience
from tests.processes import LINE_S, Exchange, Json, exchange, spawn, write_config

BTC, ETH = "BTCUSDT", "ETHUSDT"
RUNS = {"hold": False, "ratio": 1_200.0}
"""A bar of five minutes every quarter of a second."""
HALF_BROKEN = """
from dataclasses import dataclass
from jackline.core.ports import Signal
from jackline.core.values import Side

@dataclass(frozen=True)
class HalfBroken:
    name = "half_broken"
    warmup_bars = 2

    def signal(self, bars):
        if bars[-1].symbol == "ETHUSDT":
            raise SystemExit(bars[-1].closes)
        return Signal(side=Side.LONG, reason="always")
"""


def configured(directory: Path, venue: Exchange, strategy: str) -> Path:
    (directory / "mine.py").write_text(strategy, encoding="utf-8")
    path = write_config(directory, venue.url, risk__stop_value_fraction="0.08")
    path.write_text(path.read_text().replace('name = "rsi_trend"', 'file = "mine.py"'))
    return path


async def entered(venue: Exchange) -> Json:
    """The first position that an entry of ours has opened."""
    async with patience(LINE_S):
        while True:
            for one in (await venue.get("witness"))["episodes"]:
                name = parse_client_id(one["entry_client_id"])
                if name is not None and name.role is Role.ENTRY:
                    return dict(one)


@pytest.mark.timeout(120)
@pytest.mark.owns("P1")
async def test_P1_a_strategy_that_raises_opens_nothing_and_what_is_open_is_guarded_on(tmp_path: Path) -> None:
    async with exchange("--generate", f"{BTC},{ETH}", "--hold") as venue:
        await venue.signed("POST", "/fapi/v1/order", symbol=ETH, side="BUY", type="MARKET", quantity="0.1")
        engine = await spawn("engine", "--config", str(configured(tmp_path, venue, HALF_BROKEN)))
        await engine.event("rung")
        await venue.post("market", RUNS)
        denied = await engine.event("entry_denied")
        while denied["reason"] != "strategy":
            denied = await engine.event("entry_denied")
        assert denied["symbol"] == ETH
        assert re.fullmatch(
            r"half_broken@[0-9a-f]{8}: AttributeError: .*closes.* \(from_file\.py:\d+ > mine\.py:13\)",
            denied["detail"],
        )
        engine.drain()
        opened = await entered(venue)
        assert (opened["symbol"], opened["naked_ms"]) == (BTC, 0)
        testimony = await venue.witnessed(
            lambda seen: any(one["symbol"] == ETH and one["status"] == "NEW" for one in seen["algos"])
        )
        assert not any(one["naked_now"] for one in testimony["episodes"])
        assert engine.process.returncode is None
        assert await engine.stop() == 0
    with StoreReader(HostDisk(), tmp_path / "state" / ENGINE_FILE) as reader:
        rows = reader.journal_tail(10_000)
    name = re.escape(denied["detail"].partition(":")[0])
    assert any(
        re.search(rf'"signal_reason":"{name}: always"', row.body) for row in rows if row.kind == "intent"
    )
    assert any(
        re.search(rf'"side":null.*"reason":"strategy".*{name}', row.body)
        for row in rows
        if row.kind == "denied"
    )


@pytest.mark.long
async def test_a_broken_file_stops_the_engine_at_its_start_and_no_other_command(tmp_path: Path) -> None:
    async with exchange("--generate", BTC, "--hold") as venue:
        config = configured(tmp_path, venue, "x = 1 /\n")
        engine = await spawn("engine", "--config", str(config))
        engine.drain()
        assert await engine.process.wait() == 2
        await engine.kill()
        said = " ".join(" ".join(engine.noise).split())
        assert re.search(
            r'strategy\.file = ".*mine\.py".* line 1: invalid syntax\. Fix: correct the line', said
        ), said
        closing = await spawn("close-all", "--config", str(config), "--direct", "--yes", "--json")
        closing.drain()
        assert await closing.process.wait() == 0
        await closing.kill()
