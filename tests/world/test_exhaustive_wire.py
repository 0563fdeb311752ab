"""Small worlds on the wire: a crash at every step and every order of the messages around an entry, with the real parts.

The figures stand in docs/small-worlds.md, section "On the wire". `--long` searches whole; without it a coarse part.
"""

from __future__ import annotations

import pytest

from jackline.core.plan import Rung
from jackline.world.judges.deadlines import PROTECT_MS
from jackline.world.mutants.table import MUTANTS
from tests.world.exhaustive_crashes import Crashes, Death, crash, survey
from tests.world.exhaustive_orders import Message, Orders, play
from tests.world.exhaustive_page import CRASHES, HELD_LONG_MS, HELD_MS, LATE, ORDERS, Case
from tests.world.exhaustive_tally import Tally
from tests.world.exhaustive_world import Script, SmallWorld

STRIDES = {Death.KILL: 40, Death.POWER: 60, Death.CANCEL: 120}
"""Of the test command: some fifty worlds a run; the long command takes them all."""
NAKED_MS_MAX = {Rung.STOP_FIRST: 0, Rung.CONCURRENT: PROTECT_MS, Rung.AFTER_FILL: PROTECT_MS}
CAUSAL_ORDERS = {Rung.STOP_FIRST: 10, Rung.CONCURRENT: 80, Rung.AFTER_FILL: 16}
"""Linear extensions of what causes what. Stop first: request < event, request < answer < entry < its answer and events.
Concurrent: two requests, each before its own answer and event. After fill: the entry's request, then its answer and
events, and the stop's request behind the first of them."""


def check(case: Case, seen: Tally) -> None:
    assert seen.bad == []
    assert seen.naked_able_ms_max <= NAKED_MS_MAX[case.rung]
    assert seen.helped == 0, "nothing was forgotten and adopted"
    assert seen.untraded <= seen.worlds / 3, "these worlds have a trade in them"


def quick_crashes() -> list[Case]:
    plain = {"kill, with watchdog", "power cut", "cancelled"}
    return [case for case in CRASHES if case.name in plain]


@pytest.mark.owns("P1", "O1", "O4", "P6", "L1")
@pytest.mark.parametrize("case", quick_crashes(), ids=lambda case: case.id)
def test_P1_crashes_here_and_there(case: Case) -> None:
    assert isinstance(case.of, Crashes)
    seen = case.run(stride=STRIDES[case.of.death])
    check(case, seen)
    assert seen.untraded, "the first deaths come before the entry"


@pytest.mark.owns("P1", "O1", "O3", "L1")
@pytest.mark.parametrize("rung", [Rung.STOP_FIRST, Rung.AFTER_FILL])
def test_P1_every_order_of_the_messages_around_an_entry(rung: Rung) -> None:
    (case,) = [case for case in ORDERS if case.rung is rung and case.name == "every order"]
    seen = case.run()
    check(case, seen)
    assert seen.points == CAUSAL_ORDERS[rung]


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.owns("P1", "O1", "O4", "P6", "L1")
@pytest.mark.parametrize("case", CRASHES, ids=lambda case: case.id)
def test_P1_a_crash_at_every_step(case: Case) -> None:
    seen = case.run()
    check(case, seen)
    assert seen.untraded, "the first deaths come before the entry"
    assert seen.points > 500


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.owns("P1", "O1", "O3", "L1")
@pytest.mark.parametrize("case", ORDERS, ids=lambda case: case.id)
def test_P1_every_order_and_every_loss(case: Case) -> None:
    seen = case.run()
    check(case, seen)
    if case.name == "every order":
        assert seen.points == CAUSAL_ORDERS[case.rung]


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.owns("P1")
def test_P1_runs_from_the_first_evidence_of_a_fill() -> None:
    """Where that evidence is held and the stop is lost as well, the judge, who counts from the fill, objects."""
    seen = LATE.run()
    assert all(": P1 at " in finding and "stop request lost" in finding for finding in seen.bad)
    assert seen.naked_able_ms_max - HELD_LONG_MS <= PROTECT_MS


# -- the searches themselves -----------------------------------------------------------------------------------


@pytest.mark.parametrize("death", [Death.KILL, Death.POWER])
def test_deaths_of_one_group_lead_to_one_world(death: Death) -> None:
    crashes = Crashes(script=Script(rung=Rung.STOP_FIRST, watchdog=False), death=death)
    groups = survey(crashes).groups
    steps = [step for group in groups for step in group]
    assert steps == list(range(steps[0], steps[-1] + 1)), "no step is left out"
    largest = max(groups, key=len)
    assert len(largest) > 5
    ends = {crash(crashes, step).digest for step in (largest[0], largest[len(largest) // 2], largest[-1])}
    assert len(ends) == 1


def test_the_same_choices_make_the_same_world() -> None:
    orders = Orders(
        script=Script(rung=Rung.CONCURRENT, end_s=9.0, one_way_ms=1.0, watchdog=False),
        hold_ms=HELD_MS,
        losses=1,
    )
    wanted = [1, 0, 2]
    (first, taken), (second, _) = play(orders, wanted), play(orders, wanted)
    assert first == second
    assert {choice.message for choice, _ in taken} == set(Message)


def test_a_world_without_trouble_trades_once_and_needs_nobody() -> None:
    ended = SmallWorld(Script(rung=Rung.STOP_FIRST)).run()
    assert (ended.findings, ended.fills, ended.helped) == ((), 2, False)


# -- proof that they can fail ------------------------------------------------------------------------------------


BROKEN = {mutant.name: mutant for mutant in MUTANTS}


def test_an_entry_before_its_intent_is_found() -> None:
    crashes = Crashes(script=Script(rung=Rung.CONCURRENT, watchdog=False), death=Death.POWER)
    step = survey(crashes).groups[0][0]
    with BROKEN["no_write_ahead_intent"].applied(masked=True):
        ended = crash(crashes, step + 200)
    assert any(finding.startswith("O4 at") for finding in ended.findings)


def test_an_entry_sent_again_is_found_by_the_loss_of_its_answer() -> None:
    script = Script(rung=Rung.AFTER_FILL, end_s=9.0, one_way_ms=1.0, watchdog=False)
    orders = Orders(script=script, hold_ms=HELD_MS, losses=1)
    with BROKEN["blind_resend_of_entry"].applied(masked=True):
        ended, taken = play(orders, [0, 3])
    assert [str(choice) for choice, _ in taken][:2] == ["entry request", "entry answer lost"]
    assert any(finding.startswith("O1 at") for finding in ended.findings)
