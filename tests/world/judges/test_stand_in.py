"""K3 of the watchdog alone: what it took is closed in time, while it can and no engine can."""

from __future__ import annotations

from jackline.world.judges.deadlines import FLATTEN_MS
from jackline.world.judges.stand_in import StandInJudge
from tests.world.judges.court import ENGINE, Court

WATCHDOG = "watchdog-2"
AROUND_MS = 1_000


def alone(command: str, *, taken: bool = True, accepted: bool = False) -> Court:
    """A position is open, the engine is dead, and this command was given; `accepted`: the engine had answered it."""
    court = Court(StandInJudge)
    court.stop()
    court.enter()
    court.start(WATCHDOG)
    if accepted:
        court.panel.on_command(command, acknowledged=False, at_ms=court.now_ms)
        court.panel.on_command(command, acknowledged=True, at_ms=court.now_ms)
    court.end(ENGINE)
    court.passing(3_000)
    if not accepted:
        court.panel.on_command(
            f"watchdog:{command}" if taken else command, acknowledged=taken, at_ms=court.now_ms
        )
    return court


def test_K3_what_the_watchdog_took_stays_open() -> None:
    for command in ("kill:flatten", "kill:locked", "close_all"):
        court = alone(command)
        court.passing(FLATTEN_MS - AROUND_MS)
        assert court.codes == []
        court.passing(2 * AROUND_MS)
        assert court.codes == ["K3"], command


def test_what_closes_nothing_or_was_not_taken_binds_nobody() -> None:
    for court in (alone("kill:no_new_risk"), alone("kill:flatten", taken=False)):
        court.passing(3 * FLATTEN_MS)
        assert court.codes == []


def test_only_time_counts_in_which_the_watchdog_could_act_and_no_engine_could() -> None:
    court = alone("kill:flatten")
    court.reach(WATCHDOG, reachable=False)
    court.passing(3 * FLATTEN_MS)
    court.reach(WATCHDOG, reachable=True)
    court.start("engine-3")
    court.passing(3 * FLATTEN_MS)
    assert court.codes == []
    court.end("engine-3")
    court.passing(FLATTEN_MS + AROUND_MS)
    assert court.codes == ["K3"]


def test_an_engine_that_answers_takes_a_close_over_and_a_reset_ends_a_kill() -> None:
    for command, kind, acknowledged in (
        ("close_all", "kill:no_new_risk", True),
        ("kill:flatten", "reset", False),
    ):
        court = alone(command)
        court.panel.on_command(kind, acknowledged=acknowledged, at_ms=court.now_ms)
        court.passing(3 * FLATTEN_MS)
        assert court.codes == []


def test_K3_what_the_engine_accepted_before_it_died_stays_open() -> None:
    for command, codes in (("kill:flatten", ["K3"]), ("kill:locked", ["K3"]), ("kill:no_new_risk", [])):
        court = alone(command, accepted=True)
        court.passing(FLATTEN_MS - 2 * AROUND_MS)
        assert court.codes == []
        court.passing(2 * AROUND_MS)
        assert court.codes == codes, command


def test_a_kill_accepted_after_the_reset_that_followed_it_binds_nobody() -> None:
    court = alone("kill:flatten", taken=False)
    court.panel.on_command("reset", acknowledged=False, at_ms=court.now_ms + 1)
    court.panel.on_command("kill:flatten", acknowledged=True, at_ms=court.now_ms + 2)
    court.passing(3 * FLATTEN_MS)
    assert court.codes == []


def test_a_close_ends_when_it_is_flat_and_a_kill_does_not() -> None:
    for command, codes in (("close_all", []), ("kill:flatten", ["K3"])):
        court = alone(command)
        court.close()
        court.passing(AROUND_MS)
        court.enter("jabctest010002")
        court.passing(FLATTEN_MS + AROUND_MS)
        assert court.codes == codes, command
