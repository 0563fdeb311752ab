"""P2, O1, O3, O4, P8: a further entry of a trade is judged by its own plan, under its own id."""

from __future__ import annotations

from decimal import Decimal

import pytest

from jackline.world.judges.deadlines import REPAIR_MS
from jackline.world.judges.entries import EntryJudge
from jackline.world.judges.names import Role, spell
from jackline.world.judges.risk import BudgetJudge, RiskBudget
from jackline.world.judges.scene import Scene
from tests.world.judges.court import STOP_AT, TRADE, Court

ATTEMPT = 7
BODY = {"phase": "protected", "entry": {"quantity": "0.01"}, "stop": {"disaster_price": str(STOP_AT)}}


def intend(court: Court, quantity: str = "0.01", *, kind: str = "intent") -> None:
    """The row of a further entry's intent."""
    plan = {"quantity": quantity, "signal_market_ms": 120_000, "stop": {"disaster_price": "59500"}}
    slot = {"client_id": spell(TRADE, Role.ENTRY, ATTEMPT)}
    court.journal.add(kind, BODY | {"additions": [{"entry": plan, "slot": slot}]})


def opened(court: Court) -> Court:
    court.journal.intend()
    court.stop()
    court.enter()
    return court


def test_a_further_entry_passes_with_its_intent_and_a_stop_of_all() -> None:
    court = opened(Court(EntryJudge))
    intend(court)
    court.enter(attempt=ATTEMPT)
    assert court.codes == []


@pytest.mark.owns("O4")
def test_O4_the_intent_of_the_first_entry_is_none_of_the_further_one() -> None:
    court = opened(Court(EntryJudge))
    court.enter(attempt=ATTEMPT)
    assert court.codes == ["O4"]


def test_O1_a_further_entry_that_leaves_twice() -> None:
    court = opened(Court(EntryJudge))
    intend(court)
    court.enter(attempt=ATTEMPT, fills=False)
    court.enter(attempt=ATTEMPT)
    assert court.codes == ["O1"]


def test_O1_a_further_entry_that_fills_more_than_its_own_plan() -> None:
    court = opened(Court(EntryJudge))
    intend(court, "0.004")
    court.enter(attempt=ATTEMPT, quantity="0.005")
    assert court.codes == ["O1"]


def test_P2_a_further_entry_without_a_stop_of_the_whole_position() -> None:
    court = Court(EntryJudge)
    court.journal.intend()
    court.enter()
    court.stop(quantity="0.01")
    intend(court)
    court.enter(attempt=ATTEMPT)
    assert court.codes == ["P2"]


def test_P2_a_further_entry_long_after_that_stop_was_dropped() -> None:
    court = Court(EntryJudge)
    court.journal.intend()
    stop = court.stop()
    court.enter()
    court.drop(stop)
    court.passing(REPAIR_MS + 1_000)
    intend(court)
    court.enter(attempt=ATTEMPT)
    assert court.codes == ["P2"]


def test_O3_a_further_entry_that_fills_after_it_was_written_off() -> None:
    court = opened(Court(EntryJudge))
    intend(court)
    court.look()
    court.journal.add("trade", BODY | {"additions": []})
    court.enter(attempt=ATTEMPT)
    assert court.codes == ["O3"]


def test_P8_each_entry_has_a_budget_of_its_own() -> None:
    """At the stop of 59,400 each loses about 6 quote, and 8 of 10,000 are allowed."""

    def budget(scene: Scene) -> BudgetJudge:
        zero = Decimal(0)
        risk = RiskBudget(risk_fraction=Decimal("0.0008"), taker_fraction=zero, slippage_fraction=zero)
        return BudgetJudge(scene, budget=risk)

    court = opened(Court(budget))
    intend(court)
    court.enter(attempt=ATTEMPT)
    assert court.codes == []
    court.enter(attempt=ATTEMPT + 1, quantity="0.02")
    assert court.codes == ["P8"]
