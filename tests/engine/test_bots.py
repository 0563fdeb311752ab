"""Several bots on one running engine: whose a trade is, what stopping one means, and what comes from outside."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from jackline.cli.errors import ExitCode
from jackline.core.ids import Role, parse_client_id
from jackline.store.boot import ENGINE_FILE
from jackline.store.encode import decode
from jackline.store.host_disk import HostDisk
from jackline.store.reader import StoreReader
from tests.cli.test_account import jackline
from tests.patience import patience
from tests.processes import LINE_S, Child, Exchange, Json, exchange, spawn, write_config

BTC, ETH, SOL = "BTCUSDT", "ETHUSDT", "SOLUSDT"
RUNS = {"hold": False, "ratio": 1_200.0}
"""A bar of five minutes every quarter of a second."""
SECRET = "a secret of the alerts"
ALWAYS = """
from dataclasses import dataclass
from jackline.core.ports import Signal
from jackline.core.values import Side

@dataclass(frozen=True)
class Always:
    name = "always"
    warmup_bars = 2

    def signal(self, bars):
        return Signal(side=Side.{side}, reason="always")
"""
THREE = """
[bot.trend]
file = "long.py"
symbols = ["BTCUSDT"]

[bot.fade]
file = "short.py"
symbols = ["ETHUSDT"]
trades_max = 1

[bot.tiny]
file = "long.py"
symbols = ["SOLUSDT"]
budget_fraction = 0.0001
"""
OUTSIDE = """
[webhook]
secret_file = "webhook.secret"

[bot.alerts]
strategy = "webhook"
symbols = ["ETHUSDT"]

[bot.hand]
strategy = "manual"
symbols = ["BTCUSDT"]
"""


def configured(directory: Path, venue: Exchange, bots: str) -> str:
    path = write_config(
        directory,
        venue.url,
        venue__symbols=f'["{BTC}", "{ETH}", "{SOL}"]',
        risk__stop_value_fraction="0.08",
        risk__hold_max_ms="2_592_000_000",
    )
    path.write_text(path.read_text().replace('[strategy]\nname = "rsi_trend"\n', "") + bots)
    for name in ("long", "short"):
        (directory / f"{name}.py").write_text(ALWAYS.format(side=name.upper()))
    secret = directory / "webhook.secret"
    secret.write_text(f"{SECRET}\n")
    secret.chmod(0o600)
    return str(path)


async def started(config: str) -> tuple[Child, Json]:
    """An engine that has told what it runs with."""
    engine = await spawn("engine", "--config", config)
    return engine, await engine.event("running")


async def rungs(engine: Child, *symbols: str) -> None:
    """Until every symbol knows its rung."""
    waited = set(symbols)
    while waited:
        waited.discard((await engine.event("rung"))["symbol"])


def entered(testimony: Json) -> dict[str, list[Json]]:
    """The positions that entries of ours have opened, by symbol."""
    found: dict[str, list[Json]] = {}
    for one in testimony["episodes"]:
        name = parse_client_id(one["entry_client_id"])
        if name is not None and name.role is Role.ENTRY:
            found.setdefault(one["symbol"], []).append(one)
    return found


def covered(testimony: Json, symbol: str) -> bool:
    return any(one["symbol"] == symbol and one["status"] == "NEW" for one in testimony["algos"])


def owners(directory: Path) -> dict[str, str]:
    """Symbol and bot of every trade that is not done, from the records."""
    with StoreReader(HostDisk(), directory / "state" / ENGINE_FILE) as reader:
        return {trade.symbol: trade.bot for trade in reader.load_trades()}


async def listed(config: str) -> dict[str, dict[str, str]]:
    done = await jackline("bots", "list", "--config", config, "--json")
    return {row["bot"]: row for row in done.json["bots"]}


@pytest.mark.timeout(240)
@pytest.mark.owns("K2", "P1")
@pytest.mark.long
async def test_P1_two_bots_own_their_trades_and_one_that_is_stopped_stays_so_over_a_kill(
    tmp_path: Path,
) -> None:
    async with exchange("--generate", f"{BTC},{ETH},{SOL}", "--hold") as venue:
        config = configured(tmp_path, venue, THREE)
        engine, told = await started(config)
        assert {name: told[f"bot.{name}"]["state"] for name in ("trend", "fade", "tiny")} == {
            "trend": "running",
            "fade": "running",
            "tiny": "running",
        }
        await rungs(engine, BTC, ETH, SOL)
        await venue.post("market", RUNS)
        denied = await engine.line(
            lambda line: line.get("event") == "entry_denied" and line["reason"] == "budget"
        )
        assert (denied["bot"], denied["symbol"]) == ("tiny", SOL)
        engine.drain()
        seen = await venue.witnessed(lambda seen: {BTC, ETH} <= entered(seen).keys())
        await venue.post("market", {"hold": True})
        sides = {symbol: one[0]["side"].lower() for symbol, one in entered(seen).items()}
        assert sides == {BTC: "buy", ETH: "sell"}
        assert all(covered(seen, symbol) for symbol in (BTC, ETH))
        stopped = await jackline("bots", "stop", "fade", "--config", config, "--reason", "drill", "--json")
        assert stopped.json == {"bot": "fade", "state": "stopped", "engine": True}

        await engine.kill()
        engine, told = await started(config)
        assert told["bot.fade"]["state"] == "stopped", "a restart starts no bot"
        engine.drain()
        assert owners(tmp_path) == {BTC: "trend", ETH: "fade"}
        rows = await listed(config)
        assert {name: (row["state"], row["open"]) for name, row in rows.items()} == {
            "trend": ("running", f"{BTC}:long"),
            "fade": ("stopped", f"{ETH}:short"),
            "tiny": ("running", "–"),
        }
        seen = await venue.witnessed(lambda seen: covered(seen, BTC) and covered(seen, ETH))
        assert not any(one["naked_now"] for one in seen["episodes"]), "stopped and killed, and stops go on"
        shown = (await jackline("positions", "--config", config, "--json")).json["positions"]
        assert {row["symbol"]: row["bot"] for row in shown} == {BTC: "trend", ETH: "fade"}

        assert (await jackline("close-all", "--config", config, "--yes", "--json")).json["flat"]
        await venue.post("market", RUNS)
        again = await venue.witnessed(lambda seen: len(entered(seen).get(BTC, [])) > 1)
        assert len(entered(again)[ETH]) == 1, "the one that runs opens again, the other does not"
        assert (await jackline("bots", "start", "fade", "--config", config, "--json")).json[
            "state"
        ] == "running"
        await venue.witnessed(lambda seen: len(entered(seen).get(ETH, [])) > 1)
        assert await engine.stop() == 0
        final = await venue.get("witness")
    assert max(one["naked_ms"] for found in entered(final).values() for one in found) == 0


async def posted(url: str, **said: object) -> tuple[int, dict[str, Any]]:
    """An alert, and its answer."""
    body = {"secret": SECRET, "bot": "alerts", "symbol": "BINANCE:ETHUSDT.P", "side": "sell", **said}
    async with aiohttp.ClientSession() as http, http.post(url, json=body) as answer:
        return answer.status, await answer.json()


def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def answered(directory: Path, command_id: str) -> str:
    """What the engine answered to a command."""
    async with patience(LINE_S):
        while True:
            with StoreReader(HostDisk(), directory / "state" / ENGINE_FILE) as reader:
                answer = reader.answer(command_id)
            if answer is not None:
                return decode(answer.result, str)
            await asyncio.sleep(0)


@pytest.mark.timeout(240)
@pytest.mark.owns("S1", "S2")
async def test_S2_an_alert_opens_with_its_stop_and_one_that_is_forged_old_or_told_twice_does_not(
    tmp_path: Path,
) -> None:
    async with exchange("--generate", f"{BTC},{ETH},{SOL}") as venue:
        config = configured(tmp_path, venue, OUTSIDE)
        listener = await spawn("webhook", "--config", config, "--port", "0")
        url = str((await listener.event("listening"))["url"])
        listener.drain()
        assert (await posted(url, time=now_ms()))[0] == 503, "no engine runs, and no alert waits for one"
        engine, _ = await started(config)
        await rungs(engine, BTC, ETH)
        engine.drain()
        assert await posted(url, secret="guessed", time=now_ms()) == (
            401,
            {"taken": False, "error": "forged", "detail": "the secret is missing or wrong"},
        )
        status, said = await posted(url, time=now_ms() - 600_000)
        assert (status, said["error"]) == (422, "old")
        status, said = await posted(url, reason="x" * 5_000, time=now_ms())
        assert (status, said["error"]) == (413, "too_long")
        made_ms = now_ms()
        status, said = await posted(url, time=made_ms)
        assert (status, said["taken"]) == (202, True)
        assert (await answered(tmp_path, said["id"])).startswith("taken: trade ")
        seen = await venue.witnessed(lambda seen: ETH in entered(seen) and covered(seen, ETH))
        assert entered(seen)[ETH][0]["side"].lower() == "sell"
        status, said = await posted(url, time=made_ms)
        assert (status, said["error"]) == (409, "duplicate")
        assert owners(tmp_path) == {ETH: "alerts"}
        assert len(entered(await venue.get("witness"))[ETH]) == 1
        await listener.stop()
        await engine.stop()
    with StoreReader(HostDisk(), tmp_path / "state" / ENGINE_FILE) as reader:
        rows = "".join(row.body for row in reader.journal_after(0, 10_000))
    noise = "\n".join([*listener.noise, *engine.noise, *map(str, engine.seen)])
    assert SECRET not in noise + rows
    assert "guessed" not in noise + rows


@pytest.mark.timeout(240)
async def test_a_signal_by_hand_passes_the_gates_and_is_told_what_they_said(tmp_path: Path) -> None:
    async with exchange("--generate", f"{BTC},{ETH},{SOL}") as venue:
        config = configured(tmp_path, venue, OUTSIDE)
        by_hand = ("signal", "--config", config, "--bot", "hand", "--symbol", BTC, "--side", "buy", "--json")
        alone = await jackline(*by_hand)
        assert (alone.code, "no engine runs" in " ".join(alone.said.split())) == (ExitCode.UNANSWERED, True)
        engine, _ = await started(config)
        await rungs(engine, BTC)
        engine.drain()
        await jackline("bots", "stop", "hand", "--config", config)
        stopped = await jackline(*by_hand)
        assert (stopped.code, stopped.json["taken"]) == (ExitCode.NOTHING, False)
        assert stopped.json["answer"].startswith("denied: bot_stopped: ")
        restarted = await jackline("bots", "restart", "hand", "--config", config, "--json")
        assert restarted.json["state"] == "running"
        taken = await jackline(*by_hand)
        assert (taken.code, taken.json["taken"]) == (0, True)
        await venue.witnessed(lambda seen: BTC in entered(seen) and covered(seen, BTC))
        again = await jackline(*by_hand)
        assert again.json["answer"].startswith("denied: symbol_busy: ")
        other = await jackline(
            "signal", "--config", config, "--bot", "alerts", "--symbol", ETH, "--side", "long", "--json"
        )
        assert other.json["answer"] == "refused: bot alerts takes its signals from webhook, not from manual"
        assert await engine.stop() == 0


async def test_a_command_for_nobody_or_for_no_side_is_refused_before_it_is_written(tmp_path: Path) -> None:
    async with exchange("--generate", f"{BTC},{ETH},{SOL}") as venue:
        config = configured(tmp_path, venue, OUTSIDE)
    wrong = await jackline("bots", "stop", "nobody", "--config", config)
    assert (wrong.code, "one of alerts, hand" in " ".join(wrong.said.split())) == (ExitCode.BAD_INPUT, True)
    by_hand = ("signal", "--config", config, "--bot", "hand", "--symbol", BTC, "--side")
    assert "long or short" in (await jackline(*by_hand, "up")).said
    sure = await jackline(*by_hand, "long", "--confidence", "70")
    assert (sure.code, "0 … 1" in sure.said) == (ExitCode.BAD_INPUT, True)
    waiting = await jackline("bots", "stop", "hand", "--config", config, "--json")
    assert waiting.json == {"bot": "hand", "state": None, "engine": False}
    assert (await listed(config))["hand"]["state"] == "running", "not before an engine has taken it"
