"""A drill of the kill switch as the engine judges it (K3, K4)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from jackline.core.drill import DrillWatch, drill_id_of, watch
from jackline.core.effects import SaveKill
from jackline.core.ids import ClientId, Role
from jackline.core.orders import OrderKey, PositionMode
from jackline.core.phases import DrillNote
from jackline.core.requests import CancelOrder, StopShape
from jackline.core.state import KillLevel
from jackline.core.trade import OrderSlot, SlotState, Trade
from jackline.core.values import Price, Quantity, WireMs
from tests.store.making import SYMBOL, adopted

N, R, F, L = KillLevel.NORMAL, KillLevel.NO_NEW_RISK, KillLevel.FLATTEN, KillLevel.LOCKED


def switched(level: KillLevel, reason: str = "drill d1", before: KillLevel = N) -> SaveKill:
    return SaveKill(before=before, level=level, actor="op", reason=reason, receipt=None, awaited=False)


def stop_slot(name: str) -> OrderSlot:
    return OrderSlot(
        client_id=ClientId(name),
        role=Role.DISASTER,
        attempt=1,
        mode=PositionMode.NETTING,
        shape=StopShape.WHOLE_POSITION,
        quantity=None,
        trigger_price=Price(Decimal(99)),
        state=SlotState.WORKING,
        asked_ms=WireMs(0),
        venue_id=None,
        child_id=None,
        misses=0,
        missed_ms=None,
        cancelling=False,
    )


OPEN = replace(adopted(1), disaster=stop_slot("d"))
FLAT = replace(OPEN, quantity=Quantity(Decimal(0)))


def played(*turns: tuple[tuple[SaveKill | CancelOrder, ...], Trade | None]) -> DrillNote | None:
    known: DrillWatch | None = None
    note = None
    for effects, trade in turns:
        trades = {} if trade is None else {trade.trade_id: trade}
        known, found = watch(known, effects, trades)
        note = found or note
    return note


def cancelled(name: str) -> CancelOrder:
    key = OrderKey(symbol=SYMBOL, client_id=name, venue_id=None, conditional=True)
    return CancelOrder(trade_id=OPEN.trade_id, key=key, why="test")


RESET = switched(N, "drill d1: monthly", before=F)


@pytest.mark.owns("K3")
def test_K3_the_whole_sequence_with_a_position_passes() -> None:
    note = played(
        ((switched(R),), OPEN), ((switched(F, before=R),), OPEN), ((cancelled("d"),), FLAT), ((RESET,), FLAT)
    )
    assert note == DrillNote(drill_id="d1", positions=1, failed=())
    assert note.passed


@pytest.mark.parametrize(
    ("turns", "failed"),
    [
        pytest.param(
            (((switched(F),), OPEN), ((RESET,), None)), "begin with no_new_risk", id="straight to flatten"
        ),
        pytest.param((((switched(R),), OPEN), ((RESET,), OPEN)), "never raised", id="no flatten"),
        pytest.param(
            (((switched(R),), None), ((switched(F, before=R),), None), ((RESET,), None)),
            "nothing was open",
            id="flat",
        ),
        pytest.param(
            (((switched(R),), OPEN), ((switched(F, before=R),), OPEN), ((RESET,), OPEN)),
            "still open",
            id="not flat",
        ),
        pytest.param(
            (
                ((switched(R),), OPEN),
                ((switched(F, before=R),), OPEN),
                ((cancelled("d"),), OPEN),
                ((RESET,), None),
            ),
            "cancelled before it was flat",
            id="its stop went",
        ),
        pytest.param(
            (
                ((switched(R),), OPEN),
                ((switched(F, "a real one", before=R),), OPEN),
                ((RESET,), None),
            ),
            "begin with no_new_risk",
            id="something else moved the switch",
        ),
    ],
)
def test_what_fails_a_drill_is_named(
    turns: tuple[tuple[tuple[SaveKill | CancelOrder, ...], Trade | None], ...], failed: str
) -> None:
    note = played(*turns)
    assert note is not None
    assert not note.passed
    assert failed in "; ".join(note.failed)


def test_a_stop_that_is_moved_under_another_is_no_failure() -> None:
    moved = replace(OPEN, working=(replace(stop_slot("w"), role=Role.WORKING),))
    note = played(
        ((switched(R),), moved),
        ((switched(F, before=R),), moved),
        ((cancelled("w"),), moved),
        ((RESET,), None),
    )
    assert note is not None
    assert note.passed


def test_a_kill_that_is_no_drill_leaves_no_note() -> None:
    assert played(((switched(R, "losing"),), OPEN), ((switched(N, "mended", before=R),), None)) is None
    assert played(((switched(L, "drill d1", before=N),), OPEN)) is None


@pytest.mark.parametrize(
    ("reason", "found"),
    [("drill ab1", "ab1"), ("drill ab1: why", "ab1"), ("drill ", None), ("drilling", None)],
)
def test_a_drill_is_known_by_its_reason(reason: str, found: str | None) -> None:
    assert drill_id_of(reason) == found
