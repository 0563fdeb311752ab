"""Verdicts on parity as evidence of a phase: handed to the engine, which alone writes the journal."""

from __future__ import annotations

from decimal import ROUND_UP, Decimal
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from jackline.cli.config import Config, load_config
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.replay_page import Outcome
from jackline.cli.stored import await_answer, engine_holder, read_store, submit
from jackline.core.phases import Against, Cause, Parity, PhaseChange, Standing, changed_keys
from jackline.engine.replay import LifeCount, Report
from jackline.store.batch import JournalKind
from jackline.store.commands import CommandKind
from jackline.store.encode import decode
from jackline.store.evidence import read_standing
from jackline.store.reader import StoreReader
from jackline.store.tape import written_by

if TYPE_CHECKING:
    from jackline.research.parity.run import Parity as Played

DRIFT_ALLOWED_FRACTION = Decimal(0)
"""The same state and the same event decide the same, digit by digit: one turn that differs is too many (D4)."""

SHOWN = Decimal("0.000001")


def hand_in(config: Path, outcome: Outcome) -> str:
    """Give the verdict to the engine, now or at its next start; what to tell. Raises CommandFailed where it is none."""
    loaded = load_config(config)
    standing, begun, _ = phase_on_record(loaded)
    found = parity_of(outcome, standing.identity, begun)
    if isinstance(found, str):
        raise CommandFailed(ExitCode.NOTHING, f"nothing is recorded: {found}")
    return f"{_submit(loaded, found, 'jackline replay --record')}: {found.turns:,} turns."


def hand_in_backtest(loaded: Config, played: Played) -> str:
    """The same for a run that was played again as a backtest with the settings that hold."""
    standing, _, _ = phase_on_record(loaded)
    changed = changed_keys(standing.bound, loaded.phase_options().bound)
    if changed:
        raise CommandFailed(
            ExitCode.NOTHING,
            f"nothing is recorded: {', '.join(changed)} differ from what the run was decided with."
            " Fix: start the engine with this file first",
        )
    one = played.comparison
    if not one.compared:
        raise CommandFailed(
            ExitCode.NOTHING, "nothing is recorded: nothing was decided yet. Fix: let the engine run"
        )
    found = Parity(
        identity=standing.identity,
        drift_fraction=one.drift_fraction.quantize(SHOWN, rounding=ROUND_UP),
        allowed_fraction=one.bounds.drift_fraction,
        turns=one.compared,
        first_ms=played.from_ms,
        last_ms=played.to_ms,
        written_by=written_by()[0],
        replayed_by=written_by()[0],
        against=Against.BACKTEST,
    )
    return f"{_submit(loaded, found, 'jackline parity --record')}: {found.turns:,} decisions and trades."


def phase_on_record(loaded: Config) -> tuple[Standing, int, int]:
    """Where the account stands, and the journal row and the market time since which its settings hold."""
    standing, begun, begun_ms = read_store(loaded, _standing)
    if standing is None:
        raise CommandFailed(
            ExitCode.BAD_INPUT,
            f"{loaded.state_dir}: no phase is on record. Fix: start the engine once: it begins on paper",
        )
    return standing, begun, begun_ms


def _submit(loaded: Config, found: Parity, reason: str) -> str:
    """What the engine answers, or that it has to be waited for."""
    command_id = submit(loaded, CommandKind.PARITY, reason=reason, proof=found)
    holder = engine_holder(loaded)
    if holder is None:
        return "Handed in, the next engine takes it"
    answer = await_answer(loaded, holder, command_id)
    if answer.startswith("refused"):
        raise CommandFailed(ExitCode.NOTHING, answer)
    return answer.capitalize()


def parity_of(outcome: Outcome, identity: str, begun_seq: int) -> Parity | str:
    """What the replay says of the settings that hold since journal row `begun_seq`; or why it says nothing of them.

    Turns of earlier settings were decided by other rules: they are left out. What the journal says otherwise than the
    tape counts as a turn that differs.
    """
    report = outcome.report
    if report.damage:
        return f"a part of the tape cannot be read: {report.damage[0]}"
    lives = _since(report, begun_seq)
    turns = sum(one.turns for one in lives)
    if not turns:
        return "no turn on the tape was decided with the present settings. Fix: let the engine run"
    agreement = outcome.agreement
    differing = sum(one.differing for one in lives) + (len(agreement.differences) if agreement else 0)
    return Parity(
        identity=identity,
        drift_fraction=(Decimal(differing) / turns).quantize(SHOWN, rounding=ROUND_UP),
        allowed_fraction=DRIFT_ALLOWED_FRACTION,
        turns=turns,
        first_ms=min(one.first_ms for one in lives if one.turns),
        last_ms=max(one.last_ms for one in lives),
        written_by=", ".join(report.versions),
        replayed_by=written_by()[0],
    )


def _since(report: Report, begun_seq: int) -> list[LifeCount]:
    """Lives with the present settings. A life writes what changed as it starts: it has begun when the next one begins
    behind that row."""
    lives = list(report.by_life.values())
    return [
        one for one, after in zip_longest(lives, lives[1:]) if after is None or after.journal_seq >= begun_seq
    ]


def _standing(store: StoreReader) -> tuple[Standing | None, int, int]:
    """Where the account stands, and the journal row and its market time since which its settings hold."""
    rows = store.journal_of((JournalKind.PHASE,), after_seq=0)
    changes = [(row.seq, row.market_ms, decode(row.body, PhaseChange).cause) for row in rows]
    begun = [(seq, at) for seq, at, cause in changes if cause in {Cause.BEGUN, Cause.CHANGED}]
    return read_standing(store), *(begun[-1] if begun else (0, 0))
