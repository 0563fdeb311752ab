"""The trade state machine is one table: total, and with a way out of every phase."""

from __future__ import annotations

import pytest

from jackline.core.machine import BEFORE_ANSWER, IN_POSITION, TABLE, Phase, Trigger, advance

DRAWN = """
intended + intent_durable -> arming
intended + entry_dead -> sweeping
intended + close_wanted -> sweeping
intended + recovered -> doubtful
intended + exposure_seen -> exposed
arming + entry_sent -> entering
arming + entry_dead -> sweeping
arming + close_wanted -> sweeping
arming + recovered -> doubtful
arming + exposure_seen -> exposed
entering + exposure_seen -> exposed
entering + entry_doubtful -> doubtful
entering + entry_dead -> sweeping
entering + recovered -> doubtful
doubtful + exposure_seen -> exposed
doubtful + entry_dead -> sweeping
exposed + stop_confirmed -> protected
exposed + close_wanted -> closing
exposed + flat_seen -> sweeping
protected + stop_lost -> exposed
protected + added -> exposed
protected + close_wanted -> closing
protected + flat_seen -> sweeping
protected + recovered -> exposed
closing + flat_seen -> sweeping
sweeping + exposure_seen -> exposed
sweeping + swept -> done
"""


def test_the_table_as_drawn() -> None:
    rows = [
        f"{phase} + {trigger} -> {after}" for phase, row in TABLE.items() for trigger, after in row.items()
    ]
    assert rows == DRAWN.strip().splitlines()


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("trigger", list(Trigger))
def test_every_pair_has_an_answer_and_no_row_is_idle(phase: Phase, trigger: Trigger) -> None:
    after = advance(phase, trigger)
    assert after in Phase
    assert (after is phase) == (trigger not in TABLE[phase])


@pytest.mark.parametrize("phase", list(Phase))
def test_every_phase_can_end_and_every_phase_can_be_reached(phase: Phase) -> None:
    assert Phase.DONE in reachable(phase)
    assert phase in reachable(Phase.INTENDED)


def reachable(start: Phase) -> set[Phase]:
    found, open_ends = {start}, [start]
    while open_ends:
        for after in TABLE[open_ends.pop()].values():
            if after not in found:
                found.add(after)
                open_ends.append(after)
    return found


@pytest.mark.owns("O1")
def test_O1_an_entry_leaves_from_one_phase_only_and_never_after_a_restart() -> None:
    senders = [phase for phase, row in TABLE.items() if Trigger.ENTRY_SENT in row]
    assert senders == [Phase.ARMING]
    after_restart = {advance(phase, Trigger.RECOVERED) for phase in Phase if phase in BEFORE_ANSWER}
    assert after_restart == {Phase.DOUBTFUL}
    assert Phase.ARMING not in reachable(Phase.DOUBTFUL)


@pytest.mark.owns("P1")
def test_P1_nothing_is_protected_after_a_restart_until_read_back() -> None:
    assert advance(Phase.PROTECTED, Trigger.RECOVERED) is Phase.EXPOSED
    assert [phase for phase, row in TABLE.items() if Phase.PROTECTED in row.values()] == [Phase.EXPOSED]


def test_the_sets_of_phases_part_them() -> None:
    assert BEFORE_ANSWER | IN_POSITION | {Phase.SWEEPING} == frozenset(Phase) - {Phase.DONE}
    assert not BEFORE_ANSWER & IN_POSITION
