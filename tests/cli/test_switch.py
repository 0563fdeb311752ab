"""kill, reset and account-for as a user runs them: beside an engine, after its death, and without one."""

from __future__ import annotations

from pathlib import Path

from jackline.cli.errors import ExitCode
from jackline.core.effects import SaveKill
from jackline.core.state import KillLevel
from jackline.store.batch import AccountKey, JournalKind
from jackline.store.boot import ENGINE_FILE
from jackline.store.encode import decode
from jackline.store.host_disk import HostDisk
from jackline.store.reader import StoreReader
from tests.cli.test_account import GENERATE, buy, jackline
from tests.processes import Child, Json, exchange, spawn, write_config

JOURNAL_MAX = 10_000


async def started(config: str) -> tuple[Child, Json]:
    """An engine that has recovered, and what it said of that."""
    engine = await spawn("engine", "--config", config)
    recovered = await engine.event("recovered")
    engine.drain()
    return engine, recovered


def stored_level(directory: Path) -> str:
    with StoreReader(HostDisk(), directory / "state" / ENGINE_FILE) as reader:
        return reader.load_account()[AccountKey.KILL_LEVEL.value]


def levels(directory: Path) -> list[tuple[str, str]]:
    """Every change of the level in the journal, with its reason."""
    with StoreReader(HostDisk(), directory / "state" / ENGINE_FILE) as reader:
        rows = reader.journal_after(0, JOURNAL_MAX)
    changes = [decode(row.body, SaveKill) for row in rows if row.kind == JournalKind.KILL]
    return [(change.level.value, change.reason) for change in changes]


def no_positions(testimony: Json) -> bool:
    return not testimony["accounts"]["main"]["positions"]


async def test_K3_kill_flattens_by_a_running_engine_and_only_a_reset_brings_it_back(tmp_path: Path) -> None:
    async with exchange(*GENERATE) as venue:
        config = str(write_config(tmp_path, venue.url))
        engine, _ = await started(config)
        await buy(venue)
        killed = await jackline(
            "kill", "--config", config, "--level", "flatten", "--reason", "drill", "--json"
        )
        assert (killed.code, killed.json) == (0, {"level": "flatten", "engine": True, "flat": True})
        assert no_positions(await venue.get("witness"))
        assert stored_level(tmp_path) == "flatten", "durable before it was acknowledged"
        await engine.kill()
        engine, recovered = await started(config)
        assert recovered["kill_level"] == KillLevel.FLATTEN
        await buy(venue)
        await venue.witnessed(lambda seen: len(seen["episodes"]) == 2 and no_positions(seen))
        lower = await jackline("kill", "--config", config, "--level", "no_new_risk", "--reason", "less")
        assert lower.out == "Kill level flatten. No new risk.\n"
        reset = await jackline("reset", "--config", config, "--reason", "drill over")
        assert (reset.code, reset.out) == (0, "Kill level normal.\n")
        nothing = await jackline("account-for", "--config", config, "--reason", "tidy")
        assert (nothing.code, nothing.out) == (0, "nothing to account for.\n")
        await engine.stop()
    assert levels(tmp_path) == [("flatten", "drill"), ("flatten", "less"), ("normal", "drill over")]


async def test_K1_a_kill_without_an_engine_waits_for_the_next_one(tmp_path: Path) -> None:
    async with exchange(*GENERATE) as venue:
        config = str(write_config(tmp_path, venue.url))
        await buy(venue)
        killed = await jackline("kill", "--config", config, "--level", "locked", "--reason", "drill")
        assert killed.code == ExitCode.UNANSWERED
        assert "Written: locked holds from the next start" in killed.out
        assert "Fix: close at the venue itself: jackline close-all --direct" in killed.said
        engine, _ = await started(config)
        await venue.witnessed(no_positions)
        await engine.stop()
        assert stored_level(tmp_path) == "locked"


async def test_K4_a_reset_without_a_reason_is_refused(tmp_path: Path) -> None:
    config = str(write_config(tmp_path, "http://127.0.0.1:9"))
    for command in ("reset", "account-for"):
        blank = await jackline(command, "--config", config, "--reason", " ")
        assert blank.code == ExitCode.BAD_INPUT
        assert "--reason: it is empty. Fix: say why" in blank.said
    lax = await jackline("kill", "--config", config, "--level", "normal", "--reason", "x")
    assert lax.code == ExitCode.BAD_INPUT
    written = await jackline("kill", "--config", config, "--level", "no_new_risk", "--reason", "x", "--json")
    assert (written.code, written.json) == (0, {"level": "no_new_risk", "engine": False})
