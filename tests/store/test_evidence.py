"""Evidence is what the journal holds, written by the real recorder: since the last change, of this identity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from jackline.core.effects import SaveKill, SaveTrade, TradeEnded
from jackline.core.ids import TradeId
from jackline.core.machine import Phase
from jackline.core.phases import (
    Cause,
    DrillNote,
    Evidence,
    Needs,
    Parity,
    PhaseChange,
    Stage,
    Standing,
    Validation,
    Watched,
    demoted,
    settle,
    trade_breaches,
)
from jackline.core.state import KillLevel
from jackline.core.trade import ExitReason, Trade
from jackline.core.values import Quote
from jackline.engine.clock import TwoClocks
from jackline.engine.host import HostWorld
from jackline.engine.recorder import Recorder
from jackline.store.batch import JournalKind
from jackline.store.boot import open_store
from jackline.store.evidence import breaches_since, collect, read_standing
from jackline.store.host_disk import HostDisk
from jackline.store.reader import StoreReader
from tests.core.test_phases import ended

BOUND = {"risk.leverage": "4"}
STANDING, BEGUN = settle(None, BOUND)
NEEDS = Needs()
LIMIT = SaveKill(
    before=KillLevel.NORMAL,
    level=KillLevel.NO_NEW_RISK,
    actor="limit",
    reason="daily loss",
    receipt=None,
    awaited=False,
)


def done(number: int, trade: Trade) -> Trade:
    """Another trade of the same kind, swept."""
    return replace(trade, trade_id=TradeId(f"{trade.trade_id[:-1]}{number}"), phase=Phase.DONE)


async def written(directory: Path, write: Callable[[Recorder], None]) -> Path:
    """A store in which `write` left rows after the beginning of the phase."""
    path = directory / "engine.db"
    with open_store(HostDisk(), path) as store:
        writer = store.writer(on_broken=pytest.fail, on_mended=lambda: None)
        recorder = Recorder(writer, TwoClocks(HostWorld()))
        assert BEGUN is not None
        recorder.phase(BEGUN, STANDING)
        write(recorder)
        assert await writer.close(deadline_ms=5_000) == 0
    return path


def finish(recorder: Recorder, trade: Trade) -> None:
    recorder.trade(SaveTrade(trade=trade, why="test", intent=False))
    recorder.ended(TradeEnded(trade=trade, reason=ExitReason.STOP))


def read(path: Path, standing: Standing = STANDING) -> Evidence:
    with StoreReader(HostDisk(), path) as reader:
        return collect(reader, standing, NEEDS)


async def test_everything_that_is_written_is_found(tmp_path: Path) -> None:
    span = Watched(from_ms=1, to_ms=2, trouble="")
    note = DrillNote(drill_id="d", positions=1, failed=())
    proof = Validation(identity=STANDING.identity, proven=True, detail="ok")
    strange = replace(proof, identity="another")
    drift = Parity(identity=STANDING.identity, drift_fraction=Decimal(0), allowed_fraction=Decimal(1))

    def write(recorder: Recorder) -> None:
        for number in (1, 2):
            finish(recorder, done(number, ended(lost=Decimal(3))))
        finish(recorder, done(3, ended(entry=None)))
        recorder.trade(SaveTrade(trade=done(4, ended()), why="not ended", intent=False))
        recorder.evidence(JournalKind.WATCHED, span)
        recorder.evidence(JournalKind.DRILL, note)
        for one in (proof, strange):
            recorder.evidence(JournalKind.VALIDATION, one)
        recorder.evidence(JournalKind.PARITY, drift)

    path = await written(tmp_path, write)
    found = read(path)
    assert [one.trade_id[-1] for one in found.closed] == ["1", "2"]
    assert (found.closed[0].lost_quote, found.closed[0].confirm_ms) == (Quote(Decimal(3)), 4)
    assert (found.watched, found.drills, found.breaches, found.unknown) == ((span,), (note,), (), ())
    assert (found.validations, found.parities) == ((proof,), (drift,))
    with StoreReader(HostDisk(), path) as reader:
        assert read_standing(reader) == STANDING


async def test_a_change_of_phase_begins_anew_and_keeps_only_what_is_of_the_identity(tmp_path: Path) -> None:
    proof = Validation(identity=STANDING.identity, proven=True, detail="ok")
    change = PhaseChange(
        before=Stage.PAPER, stage=Stage.TESTNET, cause=Cause.PROMOTED, identity=STANDING.identity
    )

    def write(recorder: Recorder) -> None:
        finish(recorder, done(1, ended()))
        recorder.evidence(JournalKind.DRILL, DrillNote(drill_id="d", positions=1, failed=()))
        recorder.evidence(JournalKind.VALIDATION, proof)
        recorder.phase(change, replace(STANDING, stage=Stage.TESTNET))
        finish(recorder, done(2, ended()))

    found = read(await written(tmp_path, write))
    assert [one.trade_id[-1] for one in found.closed] == ["2"]
    assert (found.drills, found.validations) == ((), (proof,))


@pytest.mark.owns("K5")
async def test_K5_a_breach_that_a_crash_left_untold_is_found_and_one_that_was_told_is_not_told_again(
    tmp_path: Path,
) -> None:
    late = done(1, ended(late_ms=9_999))

    def untold(recorder: Recorder) -> None:
        finish(recorder, late)
        recorder.kill(LIMIT)
        recorder.kill(replace(LIMIT, actor="cli:me"))
        recorder.kill(replace(LIMIT, before=LIMIT.level))

    path = await written(tmp_path, untold)
    with StoreReader(HostDisk(), path) as reader:
        found = breaches_since(reader, NEEDS)
    assert sorted((one.code, one.subject) for one in found) == [("K5", "limit"), ("P1", late.trade_id)]
    assert set(read(path).breaches) == set(found)

    def told(recorder: Recorder) -> None:
        recorder.kill(LIMIT)
        fell, change = demoted(STANDING, trade_breaches(late, deadline_ms=1_500))
        recorder.phase(change, fell)
        finish(recorder, late)

    (tmp_path / "told").mkdir()
    path = await written(tmp_path / "told", told)
    with StoreReader(HostDisk(), path) as reader:
        assert breaches_since(reader, NEEDS) == ()
    assert read(path).closed == (), "what a breach told of is no evidence afterwards"
