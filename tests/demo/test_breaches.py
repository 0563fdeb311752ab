"""The judge sees each way to break the promise, and calls a flawless run flawless."""

from dataclasses import replace
from decimal import Decimal

import pytest

from jackline.cli.demo.breaches import START_GRACE_MS, Breach, Evidence, Span, able_ms, judge
from jackline.core.ids import Role, client_id
from jackline.core.settings import ProtectionSettings
from tests.core.making import TRADE
from tests.demo.making import (
    ENTRY,
    NEVER_DIES,
    OPENED_MS,
    PLAN,
    STOP,
    account,
    adopted,
    changed,
    episode,
    evidence,
    order,
    orphan,
    position,
    witnessed,
)

SETTINGS = ProtectionSettings()


def codes(found: Evidence) -> list[str]:
    return [breach.code for breach in judge(found, SETTINGS)]


def test_a_flawless_run_has_no_breach() -> None:
    assert codes(evidence()) == []


@pytest.mark.parametrize(
    ("naked", "expected"),
    [
        pytest.param((0.0, 1_500.0), [], id="protected at the deadline"),
        pytest.param((0.0, 1_501.0), ["P1"], id="protected after the deadline"),
        pytest.param((3_000.0, 8_000.0), [], id="repaired at the deadline"),
        pytest.param((3_000.0, 8_001.0), ["P1"], id="repaired after the deadline"),
    ],
)
def test_P1_naked_time_is_held_against_its_own_deadline(
    naked: tuple[float, float], expected: list[str]
) -> None:
    assert codes(evidence(witnessed(episodes=(episode(naked=(naked,)),)))) == expected


def test_P1_time_in_which_no_process_could_act_does_not_count() -> None:
    told = witnessed(episodes=(episode(naked=((0.0, 6_000.0),)),))
    died = Span(start_ms=0.0, end_ms=OPENED_MS + 1_000)
    back = Span(start_ms=OPENED_MS + 4_000, end_ms=1e12)
    assert codes(evidence(told, lives=(died, back))) == []  # 1,000 before, none in the 2,000 after the start
    assert codes(evidence(told, lives=(died,))) == []
    assert codes(evidence(told, lives=(died, NEVER_DIES))) == ["P1"]  # the watchdog was there


def test_able_time_of_several_processes_is_not_counted_twice() -> None:
    naked = Span(start_ms=10_000, end_ms=20_000)
    half = Span(start_ms=0, end_ms=15_000)
    assert able_ms(naked, (half, half)) == 5_000
    assert able_ms(naked, (half, NEVER_DIES)) == 10_000
    assert able_ms(naked, (Span(start_ms=12_000, end_ms=20_000),)) == 10_000 - 2_000 - START_GRACE_MS
    assert able_ms(naked, ()) == 0


def test_P3_a_stop_that_opened_something_is_seen() -> None:
    name = client_id(TRADE, Role.DISASTER, 1)
    told = witnessed(
        episodes=(episode(entry_client_id=name),), orders=(order(name, reducing=True, algo_id=9),)
    )
    assert codes(evidence(told)) == ["P3"]


def test_P2_an_opening_that_is_no_entry_of_ours_is_seen() -> None:
    told = witnessed(episodes=(episode(entry_client_id="web_1"),), orders=(order("web_1"),))
    assert codes(evidence(told)) == ["P2"]


def test_O4_an_entry_without_an_intent_is_seen() -> None:
    found = codes(evidence(trades={}))
    assert found[0] == "O4"


def test_P6_our_orders_on_a_flat_symbol_are_orphans_and_a_strangers_are_not() -> None:
    assert codes(evidence(witnessed(orphans=(orphan(),)))) == ["P6"]
    assert codes(evidence(witnessed(orphans=(orphan("web_1"),)))) == []


def test_O1_two_entries_of_one_trade_are_seen() -> None:
    again = client_id(TRADE, Role.ENTRY, 2)
    assert codes(evidence(witnessed(orders=(order(), order(again))))) == ["O1"]
    unfilled = order(again, executed=Decimal(0))
    assert codes(evidence(witnessed(orders=(order(), unfilled)))) == []


def test_O1_more_than_planned_is_seen() -> None:
    more = PLAN.quantity + Decimal("0.001")
    assert codes(evidence(witnessed(orders=(order(executed=more),)))) == ["O1"]


def test_O1_an_entry_of_a_trade_that_planned_none_is_seen() -> None:
    assert codes(evidence(trades={TRADE: adopted()})) == ["O1"]


def test_K3_a_position_left_open_is_seen() -> None:
    assert codes(evidence(witnessed(of=account(positions=(position(),))))) == ["K3"]


def test_A1_a_ledger_off_by_the_last_unit_is_seen() -> None:
    (breach,) = judge(evidence(witnessed(of=account(fees="0.99000001"))), SETTINGS)
    assert breach == Breach(code="A1", detail="fees: the ledger differs from the exchange by -0.00000001")


def test_what_the_stage_saw_itself_is_kept() -> None:
    seen = Breach(code="L2", detail="the engine ended by itself")
    assert judge(replace(evidence(), failures=(seen,)), SETTINGS) == (seen,)


def test_a_naked_position_that_is_still_open_counts() -> None:
    living = changed(episode(closed=False), naked_intervals=[(OPENED_MS, OPENED_MS + 9_000)], naked_now=True)
    told = witnessed(episodes=(living,), orders=(order(ENTRY), order(STOP, executed=Decimal(0))))
    assert codes(evidence(told)) == ["P1"]
