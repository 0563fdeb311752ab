"""What a replay proves for a phase: the present settings alone, and one turn that differs is too many."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from jackline.cli.parity import parity_of
from jackline.cli.replay_page import Outcome
from jackline.core.phases import Evidence, Needs, Parity
from jackline.core.promotion import judge
from jackline.engine.decisions import Agreement
from jackline.engine.replay import LifeCount, Report
from jackline.store.tape import written_by
from tests.cli.test_ledger import NOWHERE, run
from tests.processes import write_config

CHANGED_SEQ = 102
"""Written by the third life as it started."""


def outcome(*, third_differs: int = 0, agreement: Agreement | None = None, damage: str = "") -> Outcome:
    """Three lives; the first two with settings that were changed since, and decided otherwise today."""
    report = Report(
        by_life={
            1: LifeCount(journal_seq=0, turns=50, differing=9, first_ms=1, last_ms=9),
            2: LifeCount(journal_seq=40, turns=50, differing=9, first_ms=11, last_ms=19),
            3: LifeCount(journal_seq=100, turns=300, differing=third_differs, first_ms=21, last_ms=29),
            4: LifeCount(journal_seq=200, turns=100, first_ms=31, last_ms=39),
        },
        damage=[damage] if damage else [],
        versions=["1.0"],
    )
    return Outcome(directory=Path("tape"), report=report, agreement=agreement)


def found(one: Outcome, begun_seq: int = CHANGED_SEQ) -> Parity:
    parity = parity_of(one, "identity", begun_seq)
    assert isinstance(parity, Parity), parity
    return parity


def passes(parity: Parity) -> bool:
    (check,) = [one for one in judge(Evidence(parities=(parity,)), Needs()).checks if one.name == "parity"]
    return check.passed


@pytest.mark.owns("D4")
def test_D4_only_turns_of_the_present_settings_count() -> None:
    parity = found(outcome())
    assert (parity.turns, parity.first_ms, parity.last_ms) == (400, 21, 39)
    assert (parity.written_by, parity.replayed_by) == ("1.0", written_by()[0])
    assert parity.drift_fraction == 0
    assert passes(parity)


@pytest.mark.owns("D4")
@pytest.mark.parametrize(
    "one", [outcome(third_differs=1), outcome(agreement=Agreement(differences=["journal row 7"]))]
)
def test_D4_one_turn_that_differs_is_too_many(one: Outcome) -> None:
    parity = found(one)
    assert parity.drift_fraction == Decimal("0.0025")
    assert not passes(parity)


def test_D4_what_cannot_be_read_and_what_was_not_decided_prove_nothing() -> None:
    assert "cannot be read" in str(parity_of(outcome(damage="x.tape, byte 7"), "identity", CHANGED_SEQ))
    empty = Outcome(directory=Path("tape"), report=Report(), agreement=None)
    assert "no turn on the tape" in str(parity_of(empty, "identity", CHANGED_SEQ))


@pytest.mark.parametrize("more", [["--from", "2025-10-10T08:00"], ["--with-config"]])
def test_a_part_of_the_tape_or_other_settings_are_not_recorded(tmp_path: Path, more: list[str]) -> None:
    config = write_config(tmp_path, NOWHERE)
    told = run("replay", "--config", str(config), "--record", *more)
    assert "--record is for the whole tape" in str(told.exception)
