"""positions, orders and close-all as a user runs them: beside an engine, without one, and without a venue."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jackline.cli.errors import ExitCode
from jackline.core.ids import Role, account_tag, client_id, mint_trade_id
from tests.patience import patience
from tests.processes import Exchange, Json, exchange, spawn, write_config

DEADLINE_S = 40
GENERATE = ("--generate", "BTCUSDT,ETHUSDT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    said: str

    @property
    def json(self) -> Json:
        return dict(json.loads(self.out))


async def jackline(*arguments: str, typed: bytes | None = None) -> Done:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "jackline",
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with patience(DEADLINE_S):
        out, said = await process.communicate(typed)
    assert "Traceback" not in said.decode()
    return Done(code=process.returncode or 0, out=out.decode(), said=said.decode())


async def buy(venue: Exchange, quantity: str = "0.01") -> None:
    await venue.signed(
        "POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity=quantity
    )


async def rest_stop(venue: Exchange, name: str, *, trigger: str = "1000") -> None:
    await venue.signed(
        "POST",
        "/fapi/v1/algoOrder",
        algoType="CONDITIONAL",
        symbol="BTCUSDT",
        side="SELL",
        type="STOP_MARKET",
        closePosition="true",
        triggerPrice=trigger,
        workingType="MARK_PRICE",
        clientAlgoId=name,
    )


async def test_direct_shows_closes_and_verifies_without_engine_or_store(tmp_path: Path) -> None:
    ours = client_id(mint_trade_id(tag=account_tag("test"), fence=1_700_000_000, ordinal=1), Role.DISASTER, 1)
    async with exchange(*GENERATE) as venue:
        config = str(write_config(tmp_path, venue.url))
        await buy(venue)
        naked = (await jackline("positions", "--config", config, "--direct", "--json")).json
        assert naked["positions"][0]["state"] == "NAKED"
        await rest_stop(venue, ours)
        shown = await jackline("positions", "--config", config, "--direct")
        assert "protected" in shown.out
        assert max(len(line) for line in shown.out.splitlines()) <= 80
        listed = (await jackline("orders", "--config", config, "--direct", "--json")).json
        (order,) = listed["orders"]
        assert (order["client_id"], order["owner"], order["protects"]) == (ours, "ours", "yes")
        done = await jackline("close-all", "--config", config, "--direct", "--json", "--yes")
        assert done.code == ExitCode.DONE
        assert done.json["flat"] is True
        assert done.json["closed"] == [{"symbol": "BTCUSDT", "side": "long", "quantity": "0.010"}]
        assert done.json["orders_removed"] == [ours]
        left = await venue.signed("GET", "/fapi/v1/openAlgoOrders")
        assert left["rows"] == []
        assert not (tmp_path / "state").exists(), "no store was needed, so none was made"


async def test_close_all_asks_first(tmp_path: Path) -> None:
    config = str(write_config(tmp_path, "http://127.0.0.1:1"))
    for typed in (b"n\n", b""):
        done = await jackline("close-all", "--config", config, "--direct", typed=typed)
        assert done.code == ExitCode.NOTHING
        assert "Nothing was sent" in done.said


async def test_an_absent_venue_is_said_and_counted(tmp_path: Path) -> None:
    config = str(write_config(tmp_path, "http://127.0.0.1:1"))
    done = await jackline("close-all", "--config", config, "--direct", "--yes")
    assert done.code == ExitCode.UNANSWERED
    assert "http://127.0.0.1:1: the venue does not answer" in done.said


async def test_a_wrong_key_is_bad_input_and_not_shown(tmp_path: Path) -> None:
    async with exchange(*GENERATE) as venue:
        config = str(write_config(tmp_path, venue.url))
        keys = tmp_path / "keys.toml"
        keys.write_text('key = "stranger"\nsecret = "hunter2"\n')
        done = await jackline("positions", "--config", config, "--direct")
    assert done.code == ExitCode.BAD_INPUT
    assert "venue.key_file" in done.said
    assert "hunter2" not in done.said


async def test_without_an_engine_the_store_is_not_asked_to_close(tmp_path: Path) -> None:
    config = str(write_config(tmp_path, "http://127.0.0.1:1"))
    shown = await jackline("positions", "--config", config)
    assert shown.code == ExitCode.BAD_INPUT
    assert "--direct" in shown.said
    done = await jackline("close-all", "--config", config, "--yes")
    assert done.code == ExitCode.UNANSWERED
    assert "no engine runs" in " ".join(done.said.split())
    assert "--direct" in done.said
    assert not (tmp_path / "state" / "commands.db").exists(), (
        "no order waits for an engine that may come back"
    )


async def shown_until(wanted: Callable[[list[Json]], bool], *arguments: str) -> list[Json]:
    async with patience(DEADLINE_S):
        while True:
            done = await jackline(*arguments)
            if done.code == ExitCode.DONE:
                rows: list[Json] = next(value for value in done.json.values() if isinstance(value, list))
                if wanted(rows):
                    return rows


async def test_beside_an_engine(tmp_path: Path) -> None:
    """One engine life: what it holds is shown, an order closes it, and a dead engine is told."""
    async with exchange(*GENERATE) as venue:
        config = str(write_config(tmp_path, venue.url))
        engine = await spawn("engine", "--config", config)
        await engine.event("recovered")
        engine.drain()
        try:
            await buy(venue)
            (row,) = await shown_until(
                lambda rows: bool(rows) and rows[0]["state"] == "protected",
                "positions",
                "--config",
                config,
                "--json",
            )
            assert (row["symbol"], row["quantity"], row["covered"]) == ("BTCUSDT", "0.010", "0.010")
            orders = (await jackline("orders", "--config", config, "--json")).json
            assert orders["engine"] == {"running": True, "pid": engine.process.pid}
            assert [order["protects"] for order in orders["orders"]] == ["working"]
            done = await jackline("close-all", "--config", config, "--yes", "--json")
            assert (done.code, done.json["flat"]) == (ExitCode.DONE, True)
            positions = (await jackline("positions", "--config", config, "--direct", "--json")).json
            assert positions["positions"] == []
        finally:
            await engine.kill()
        dead = await jackline("positions", "--config", config)
        assert "NO ENGINE RUNS" in dead.out


async def test_a_damaged_store_is_told_with_its_file_and_left_alone(tmp_path: Path) -> None:
    config = str(write_config(tmp_path, "http://127.0.0.1:1"))
    store = tmp_path / "state" / "engine.db"
    store.parent.mkdir()
    store.write_bytes(b"this is no database, whatever its name says" * 100)
    before = store.read_bytes()
    done = await jackline("positions", "--config", config)
    assert done.code == ExitCode.STORE_DAMAGED
    assert store.read_bytes() == before
