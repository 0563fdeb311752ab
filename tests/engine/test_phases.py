"""Phases end to end: evidence is earned by a real engine, refused while it lacks, and taken away by a breach."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from jackline.cli.compose import open_venue, venue_access
from jackline.cli.config import load_config
from jackline.cli.errors import ExitCode
from jackline.core.phases import Cause, DrillNote, Evidence, Parity, PhaseChange, Stage, Validation
from jackline.core.promotion import clean_ms
from jackline.engine.clock import TwoClocks
from jackline.engine.host import HostWorld
from jackline.engine.options import StartRefused
from jackline.engine.phase_keeper import check_mode
from jackline.engine.process import Surroundings, run_engine
from jackline.engine.recorder import Recorder
from jackline.store.batch import AccountKey, JournalKind
from jackline.store.boot import ENGINE_FILE, open_store
from jackline.store.encode import decode
from jackline.store.evidence import collect, read_standing
from jackline.store.host_disk import HostDisk
from jackline.store.reader import StoreReader
from tests.cli.test_account import GENERATE, buy, jackline
from tests.core.test_phases import ended
from tests.core.test_promotion import HOUR_MS, WHOLE
from tests.engine.test_ladder import EAGER
from tests.patience import patience
from tests.processes import Child, Exchange, exchange, spawn, write_config
from tests.store.test_evidence import done, finish

EARNING_S = 200
DAY_MS = 24 * HOUR_MS


async def with_key(directory: Path, url: str, **changes: str) -> str:
    key = directory / "phase.key.toml"
    if not key.exists():
        assert (await jackline("phase", "key", str(key))).code == 0
    return str(write_config(directory, url, phase__key_file=f'"{key}"', **changes))


def reader(directory: Path) -> StoreReader:
    return StoreReader(HostDisk(), directory / "state" / ENGINE_FILE)


def changes(directory: Path) -> list[PhaseChange]:
    with reader(directory) as store:
        return [decode(row.body, PhaseChange) for row in store.journal_of((JournalKind.PHASE,), after_seq=0)]


def stage(directory: Path) -> Stage:
    with reader(directory) as store:
        standing = read_standing(store)
    assert standing is not None
    return standing.stage


def evidence(directory: Path, config: str) -> Evidence:
    with reader(directory) as store:
        standing = read_standing(store)
        assert standing is not None
        return collect(store, standing, load_config(Path(config)).phase_options().needs)


async def until(venue: Exchange, found: Callable[[], bool], *, within_s: float = 30) -> None:
    """Ask again and again, with a word from the exchange between."""
    async with patience(within_s):
        while not found():
            await venue.get("witness")


async def started(config: str) -> Child:
    engine = await spawn("engine", "--config", config)
    await engine.event("running")
    engine.drain()
    return engine


async def leave_evidence(config: str) -> None:
    """What an engine earns in a day, and what validation and parity will write: by the recorder that writes it."""
    loaded = load_config(Path(config))
    with open_store(HostDisk(), loaded.state_dir / ENGINE_FILE) as store:
        standing = read_standing(store.read)
        assert standing is not None
        writer = store.writer(on_broken=pytest.fail, on_mended=lambda: None)
        recorder = Recorder(writer, TwoClocks(HostWorld()))
        for number in range(1, 6):
            finish(recorder, done(number, ended()))
        for span in WHOLE.watched:
            recorder.evidence(JournalKind.WATCHED, span)
        recorder.evidence(JournalKind.DRILL, DrillNote(drill_id="d1", positions=1, failed=()))
        identity = standing.identity
        recorder.evidence(JournalKind.VALIDATION, Validation(identity=identity, proven=True, detail="ok"))
        drift = replace(WHOLE.parities[0], identity=identity)
        assert isinstance(drift, Parity)
        recorder.evidence(JournalKind.PARITY, drift)
        assert await writer.close(deadline_ms=5_000) == 0


async def promoted(directory: Path, config: str) -> Child:
    """An engine whose account was promoted to testnet by whole evidence and a signature."""
    engine = await started(config)
    await engine.stop()
    await leave_evidence(config)
    engine = await started(config)
    done = await jackline(
        "phase", "promote", "--config", config, "--to", "testnet", "--reason", "ready", "--json"
    )
    assert (done.code, done.json) == (0, {"answer": "promoted to testnet", "engine": True}), done.said
    assert stage(directory) is Stage.TESTNET
    return engine


@pytest.mark.timeout(180)
@pytest.mark.owns("K5")
async def test_K5_a_breach_demotes_and_a_kill_changes_nothing_about_it(tmp_path: Path) -> None:
    async with exchange(*GENERATE) as venue:
        config = await with_key(tmp_path, venue.url, risk__daily_loss_max_fraction="0.0001")
        engine = await promoted(tmp_path, config)
        again = await jackline("phase", "promote", "--config", config, "--to", "live", "--reason", "on")
        assert again.code == ExitCode.NOTHING
        assert "next is live_canary" in " ".join(again.said.split())
        await buy(venue, "0.2")  # its fee alone is the day's loss
        await until(venue, lambda: stage(tmp_path) is Stage.PAPER)
        await engine.kill()
        engine = await started(config)
        assert stage(tmp_path) is Stage.PAPER
        await engine.stop()
    begun, promotion, breach = changes(tmp_path)
    assert (begun.cause, promotion.cause, breach.cause) == (Cause.BEGUN, Cause.PROMOTED, Cause.BREACH)
    assert (promotion.reason, breach.before, breach.stage) == ("ready", Stage.TESTNET, Stage.PAPER)
    assert "K5 limit" in breach.details[0]
    with reader(tmp_path) as store:
        alerts = " ".join(row.body for row in store.journal_of((JournalKind.ALERT,), after_seq=0))
    assert "phase testnet → paper: K5 limit" in alerts


@pytest.mark.timeout(180)
async def test_another_configuration_is_back_on_paper_and_named(tmp_path: Path) -> None:
    async with exchange(*GENERATE) as venue:
        config = await with_key(tmp_path, venue.url)
        engine = await promoted(tmp_path, config)
        await engine.stop()
        engine = await started(config)
        assert stage(tmp_path) is Stage.TESTNET, "the same settings keep it over a restart"
        await engine.stop()
        config = await with_key(tmp_path, venue.url, risk__leverage="3")
        engine = await started(config)
        await until(venue, lambda: stage(tmp_path) is Stage.PAPER)
        await engine.stop()
    last = changes(tmp_path)[-1]
    assert (last.cause, last.before, last.details) == (Cause.CHANGED, Stage.TESTNET, ("risk.leverage",))


@pytest.mark.timeout(180)
@pytest.mark.owns("K3", "K4")
async def test_K3_a_drill_passes_on_a_running_engine_and_is_evidence(tmp_path: Path) -> None:
    async with exchange(*GENERATE) as venue:
        config = await with_key(tmp_path, venue.url)
        dead = await jackline("drill", "kill", "--config", config)
        assert dead.code == ExitCode.UNANSWERED
        assert "no engine runs" in " ".join(dead.said.split())
        engine = await started(config)
        flat = await jackline("drill", "kill", "--config", config)
        assert flat.code == ExitCode.NOTHING
        assert "flattening nothing proves nothing" in " ".join(flat.said.split())
        await buy(venue)
        await venue.witnessed(lambda seen: bool(seen["episodes"]) and not seen["episodes"][-1]["naked_now"])
        drilled = await jackline("drill", "kill", "--config", config, "--reason", "monthly", "--json")
        assert drilled.code == 0, drilled.said
        assert (drilled.json["passed"], drilled.json["positions"]) == (True, 1)
        assert not (await venue.get("witness"))["accounts"]["main"]["positions"]
        (note,) = evidence(tmp_path, config).drills
        assert note.drill_id == drilled.json["drill"]
        with reader(tmp_path) as store:
            assert store.load_account()[AccountKey.KILL_LEVEL.value] == "normal"
        shown = await jackline("phase", "status", "--config", config)
        assert f"kill-switch drill: passed, {note.drill_id}" in shown.out
        await engine.stop()


@pytest.mark.long
@pytest.mark.timeout(EARNING_S + 60)
@pytest.mark.owns("C2")
async def test_C2_an_engine_earns_evidence_and_is_refused_for_what_it_lacks(tmp_path: Path) -> None:
    """A market at 1,500 times its pace: a day of monitoring in a minute, trades by the built-in strategy."""
    market = ("--bars", "3000", "--speed", "1500", "--hold")
    async with exchange(*GENERATE, *market) as venue:
        config = await with_key(tmp_path, venue.url, risk__hold_max_ms="1_800_000", **EAGER)
        engine = await started(config)
        await venue.post("market", {"hold": False, "ratio": 1_500})

        await until(venue, lambda: bool(changes(tmp_path)))

        def earned() -> bool:
            found = evidence(tmp_path, config)
            return len(found.closed) >= 5 and clean_ms(found.watched) >= DAY_MS

        await until(venue, earned, within_s=EARNING_S)
        told = (await jackline("phase", "status", "--config", config, "--json")).json
        passed = {check["name"] for check in told["checks"] if check["passed"]}
        assert {"closed trades", "monitoring", "stops read back", "losses within plan"} <= passed
        assert {"strategy validated", "parity", "kill-switch drill"}.isdisjoint(passed)
        refused = await jackline("phase", "promote", "--config", config, "--to", "testnet", "--reason", "now")
        assert refused.code == ExitCode.NOTHING
        said = " ".join(refused.said.split())
        for name in (
            "strategy validated: not proven",
            "parity: not measured yet",
            "kill-switch drill: no drill yet",
        ):
            assert name in said
        assert "closed trades" not in said
        await engine.stop()


@pytest.mark.owns("C2")
async def test_C2_a_mode_beyond_the_phase_is_refused_at_the_start(tmp_path: Path) -> None:
    async with exchange(*GENERATE) as venue:
        config = load_config(Path(await with_key(tmp_path, venue.url)))
        around = Surroundings(
            world=HostWorld(),
            disk=HostDisk(),
            open_venue=lambda clock, permit: open_venue(venue_access(config), clock, permit),
        )
        options = replace(config.engine_options(), mode="testnet")
        with pytest.raises(
            StartRefused, match="mode testnet needs the phase testnet; the account is in paper"
        ):
            await run_engine(options, around, asyncio.Event())


@pytest.mark.owns("C2")
def test_C2_what_holds_something_is_guarded_in_any_phase_and_enters_nothing(tmp_path: Path) -> None:
    options = replace(
        load_config(write_config(tmp_path, "http://127.0.0.1:9")).engine_options(), mode="testnet"
    )
    with open_store(HostDisk(), tmp_path / ENGINE_FILE) as store:
        check_mode(options, store, holds_nothing=False)
        with pytest.raises(StartRefused, match='Fix: set mode = "paper", or promote it'):
            check_mode(options, store, holds_nothing=True)
        with pytest.raises(StartRefused, match="needs a phase, none is kept"):
            check_mode(replace(options, phase=None), store, holds_nothing=True)
        check_mode(replace(options, mode="paper", phase=None), store, holds_nothing=True)
