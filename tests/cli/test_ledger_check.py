"""`jackline ledger check` against the venue's own listings: beside an engine, without one, and when they differ."""

from __future__ import annotations

from pathlib import Path

import pytest

from jackline.cli.errors import ExitCode
from tests.cli.test_account import Done, buy, jackline
from tests.engine.test_bingx import eager, first_entry, rung_told, served
from tests.engine.test_ladder import RUNS
from tests.processes import exchange, spawn, write_config

GENERATE = ("--generate", "BTCUSDT,ETHUSDT")


async def checked(config: str) -> Done:
    return await jackline("ledger", "check", "--config", config, "--json")


@pytest.mark.timeout(120)
@pytest.mark.owns("A1", "A3")
@pytest.mark.long
async def test_A1_the_ledger_is_the_venues_own_word_alive_and_dead(tmp_path: Path) -> None:
    async with exchange(*GENERATE) as venue:
        config = str(write_config(tmp_path, venue.url))
        engine = await spawn("engine", "--config", config)
        await engine.event("running")
        await buy(venue)
        await venue.witnessed(lambda seen: bool(seen["episodes"]) and not seen["episodes"][-1]["naked_now"])
        assert (await jackline("close-all", "--config", config, "--yes", "--json")).json["flat"]
        await engine.event("trade_ended")  # swept: what is bought after this is another position
        engine.drain()
        alive = await checked(config)
        assert (alive.code, alive.json["agrees"], alive.json["differences"]) == (0, True, []), alive.out
        assert alive.json["fills"] >= 2
        assert alive.json["income_rows"] >= 2
        assert (await venue.get("witness"))["episodes"], "only read"
        await engine.kill()
        dead = await checked(config)
        assert (dead.code, dead.json["agrees"]) == (0, True)
        await buy(venue)
        missing = await jackline("ledger", "check", "--config", config)
        assert missing.code == ExitCode.BREACH
        assert "missing" in missing.out
        assert "fill:BTCUSDT:" in missing.out
        assert "No engine runs. Fix: start it" in missing.out
        assert max(len(line) for line in missing.out.splitlines()) <= 80
        shown = await jackline("trades", "--config", config)
        assert "operator" in shown.out
        engine = await spawn("engine", "--config", config)
        await engine.event("running")
        engine.drain()
        booked = await checked(config)
        assert booked.code == 0, booked.out
        direct = await jackline("trades", "--config", config, "--direct", "--json")
        assert [row["open_quantity"] for row in direct.json["trades"]][-1] == "0.010"
        assert direct.json["trades"][-1]["unrealised_quote"] is not None
        await engine.stop()


@pytest.mark.long  # half a minute; the venue's own word is compared in the short command on the other wire
@pytest.mark.timeout(120)
@pytest.mark.owns("A1")
async def test_A1_at_bingx_too(tmp_path: Path) -> None:
    async with exchange(*served("netting")) as venue:
        config = str(eager(tmp_path, venue, "netting"))
        engine = await spawn("engine", "--config", config)
        await rung_told(engine)
        engine.drain()
        await venue.post("market", RUNS)
        await first_entry(venue)
        await venue.post("market", {"hold": True})
        await jackline("kill", "--config", config, "--level", "flatten", "--reason", "test")
        alive = await checked(config)
        assert (alive.code, alive.json["agrees"]) == (0, True), alive.out
        assert alive.json["fills"] >= 2
        await engine.stop()
        dead = await checked(config)
        assert (dead.code, dead.json["agrees"]) == (0, True), dead.out
