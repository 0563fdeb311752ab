"""The kill switch: what each level does to entries and positions, and what brings it down again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jackline.core import gates
from jackline.core.effects import Alert, NoteDenied, SaveKill
from jackline.core.errors import InvariantBroken
from jackline.core.events import KillAsked, Receipt, ResetAsked, ResetDurable
from jackline.core.machine import Phase
from jackline.core.outcomes import Reason
from jackline.core.plan import Rung
from jackline.core.requests import CancelOrder, SendClose, SendEntry
from jackline.core.state import KillLevel
from jackline.core.trade import ExitReason
from tests.core.driver import Driver

RECEIPT = Receipt(command_id="c1", position=1)
CLOSING = (KillLevel.FLATTEN, KillLevel.LOCKED)
RAISED = (KillLevel.NO_NEW_RISK, *CLOSING)


def kill(level: KillLevel) -> KillAsked:
    return KillAsked(level=level, actor="test", reason="drill", receipt=RECEIPT)


def reset(reason: str = "drill over") -> ResetAsked:
    return ResetAsked(actor="test", reason=reason, receipt=RECEIPT)


def level_of(driver: Driver) -> KillLevel:
    return driver.state.kill_level


def saved(driver: Driver) -> list[KillLevel]:
    return [effect.level for effect in driver.effects if isinstance(effect, SaveKill)]


def denied(driver: Driver) -> list[Reason]:
    return [effect.denied.reason for effect in driver.effects if isinstance(effect, NoteDenied)]


@pytest.mark.parametrize("level", RAISED)
def test_K3_a_raised_level_denies_at_every_gate_at_once(level: KillLevel) -> None:
    driver = Driver().start()
    driver.feed(kill(level))
    asked = gates.account_denial(driver.state)
    assert asked is not None
    assert asked.reason is Reason.KILL_LEVEL
    driver.signal()
    driver.run(2_000)
    assert denied(driver) == [Reason.KILL_LEVEL]
    assert driver.sent == []
    assert saved(driver) == [level]


@pytest.mark.parametrize("level", RAISED)
@pytest.mark.parametrize("rung", list(Rung))
def test_K3_an_entry_that_is_being_armed_does_not_leave_any_more(level: KillLevel, rung: Rung) -> None:
    driver = Driver().start(rung)
    driver.signal()
    driver.feed(kill(level))
    driver.reach(Phase.DONE)
    assert driver.count(SendEntry) == 0
    assert driver.venue.is_clean()


@pytest.mark.parametrize("level", CLOSING)
@pytest.mark.parametrize("phase", [Phase.ENTERING, Phase.EXPOSED, Phase.PROTECTED])
def test_K3_flatten_closes_and_the_stop_stays_until_flat_is_read_back(level: KillLevel, phase: Phase) -> None:
    driver = Driver().start()
    driver.signal()
    driver.reach(phase)
    driver.feed(kill(level))
    driver.reach(Phase.SWEEPING)
    assert driver.venue.live_stops, "the stop stays until flat is read back"
    flat_ms = driver.now_ms
    driver.run(5_000, until=lambda: driver.count(CancelOrder) > 0)
    assert driver.now_ms - flat_ms >= driver.state.protection.sweep_gap_ms
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.KILL_SWITCH
    assert driver.venue.is_clean()


def test_K3_no_new_risk_leaves_a_protected_position_alone() -> None:
    driver = Driver().start()
    driver.signal()
    driver.reach(Phase.PROTECTED)
    driver.feed(kill(KillLevel.NO_NEW_RISK))
    driver.run(5_000)
    assert driver.phase is Phase.PROTECTED
    assert driver.count(SendClose) == 0


@pytest.mark.parametrize("level", CLOSING)
def test_K3_a_position_that_appears_while_the_account_is_to_be_flat_is_closed_too(level: KillLevel) -> None:
    driver = Driver().start()
    driver.feed(kill(level))
    driver.venue.stranger_trades(driver.state.instruments[next(iter(driver.state.markets))].quantity_min)
    driver.run(20_000, until=lambda: len(driver.ended) == 1)
    assert driver.ended[0].reason is ExitReason.KILL_SWITCH
    assert driver.venue.is_clean()


@pytest.mark.parametrize("level", CLOSING)
def test_K1_a_flattening_goes_on_after_a_crash(level: KillLevel) -> None:
    driver = Driver().start()
    driver.signal()
    driver.reach(Phase.PROTECTED)
    driver.feed(kill(level))
    driver.crash()
    driver.recover()
    driver.state = replace(driver.state, kill_level=level)  # as `first_state` takes it from the store
    driver.reach(Phase.DONE)
    assert driver.venue.is_clean()


@pytest.mark.parametrize("lower", list(KillLevel))
@pytest.mark.parametrize("higher", RAISED)
def test_K4_a_level_never_falls_by_a_kill(lower: KillLevel, higher: KillLevel) -> None:
    driver = Driver().start()
    driver.feed(kill(higher))
    driver.feed(kill(lower))
    assert level_of(driver) is max(lower, higher, key=lambda level: level.rank)
    assert saved(driver)[-1] is driver.state.kill_level, "every kill is written and answered"


def test_K4_a_reset_holds_only_once_it_is_durable() -> None:
    driver = Driver().start()
    driver.feed(kill(KillLevel.LOCKED))
    driver.feed(reset())
    assert level_of(driver) is KillLevel.LOCKED, "asked for, and not on disk yet"
    driver.feed(ResetDurable())
    assert level_of(driver) is KillLevel.NORMAL
    written = [effect for effect in driver.effects if isinstance(effect, SaveKill)][-1]
    assert (written.level, written.reason, written.receipt) == (KillLevel.NORMAL, "drill over", RECEIPT)
    assert any(isinstance(effect, Alert) and effect.code == "K4" for effect in driver.effects)
    driver.signal()
    driver.reach(Phase.PROTECTED)


@pytest.mark.parametrize("later", RAISED)
def test_K4_a_kill_after_a_reset_overrules_it(later: KillLevel) -> None:
    driver = Driver().start()
    driver.feed(kill(KillLevel.NO_NEW_RISK))
    driver.feed(reset())
    driver.feed(kill(later))
    driver.feed(ResetDurable())
    assert level_of(driver) is later
    assert saved(driver)[-1] is later, "on disk as in memory"


@pytest.mark.parametrize("reason", ["", "  "])
def test_K4_a_reset_without_a_reason_cannot_be_built(reason: str) -> None:
    with pytest.raises(InvariantBroken, match="K4"):
        reset(reason)
