"""Looks at many positions are dear: their pace is set by what they weigh, so that a minute has some left (K2)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jackline.core.events import LeverageChanged, RungProven, SnapshotAnswered
from jackline.core.ids import mint_trade_id
from jackline.core.machine import Phase
from jackline.core.orders import Snapshot
from jackline.core.plan import Rung
from jackline.core.requests import ReadSnapshot
from jackline.core.state import State
from jackline.core.step import step
from jackline.core.turn import CHEAP_TRADES_MAX, SUSPECT_MS, SUSPECTS_LISTED_MAX, Turn
from jackline.core.values import Symbol, WireMs
from tests.core.driver import Driver
from tests.core.making import START_MS, TAG, at, cold_state, snapshot
from tests.core.small_venue import BTC

MANY = tuple(Symbol(f"C{number:03d}USDT") for number in range(60))


def holding(count: int, *, phase: Phase = Phase.PROTECTED) -> State:
    """A state with so many open trades, each on a symbol of its own."""
    driver = Driver()
    driver.start()
    driver.signal()
    assert driver.run(
        2_000, until=lambda: any(t.phase is Phase.PROTECTED for t in driver.state.trades.values())
    )
    one = next(iter(driver.state.trades.values()))
    trades = {}
    for number in range(count):
        name = mint_trade_id(tag=TAG, fence=7, ordinal=number + 100)
        trades[name] = replace(one, trade_id=name, symbol=MANY[number], phase=phase)
    return replace(driver.state, trades=trades)


def wanted_ms(state: State, delay_ms: int) -> int:
    """How long after now the next look is due when something asks for it within `delay_ms`."""
    turn = Turn(replace(state, snapshot_due_ms=WireMs(START_MS + 60_000)), at())
    turn.want_snapshot(delay_ms)
    return turn.state.snapshot_due_ms - START_MS


@pytest.mark.owns("K2")
def test_K2_hints_at_many_positions_are_looked_at_no_oftener_than_a_look_weighs() -> None:
    few, many, more = holding(CHEAP_TRADES_MAX), holding(20), holding(60)
    assert [wanted_ms(one, 100) for one in (few, many, more)] == [100, 45 * 20, 85 * 20]
    assert wanted_ms(many, 3_000) == 3_000


@pytest.mark.owns("P1")
def test_P1_what_is_at_risk_is_looked_at_within_half_its_deadline_however_many_there_are() -> None:
    risky = holding(60, phase=Phase.EXPOSED)
    assert wanted_ms(risky, 0) <= risky.protection.protect_deadline_ms // 2
    assert wanted_ms(risky, 0) < wanted_ms(holding(60), 0)


@pytest.mark.owns("K2")
def test_K2_calm_looks_at_any_number_of_positions_fit_a_minute_and_replace_a_lost_stop_in_time() -> None:
    for count in (1, 8, 20, 40, 60):
        state = replace(holding(count), snapshot_due_ms=WireMs(START_MS), snapshot_sent_ms=None)
        turn = Turn(state, at())
        turn.finish()
        period_ms = turn.state.snapshot_due_ms - START_MS
        weight = 5 + 2 * min(count, 40)
        assert weight * 60_000 / period_ms <= 1_500
        settings = state.protection
        assert (
            settings.guard_exposed_ms
            <= period_ms
            < settings.repair_deadline_ms - settings.protect_deadline_ms
        )


def listed(state: State, now_ms: int) -> tuple[Symbol, ...] | None:
    """The symbols of the look that is asked for now."""
    due = replace(
        state, snapshot_due_ms=WireMs(now_ms), snapshot_sent_ms=None, full_due_ms=WireMs(now_ms + 60_000)
    )
    _, effects = Turn(due, at(now_ms)).finish()
    return next(one.symbols for one in effects if isinstance(one, ReadSnapshot))


def proven(count: int) -> State:
    """Flat, looked at once, and the canaries of so many symbols have sung a moment ago."""
    state = cold_state()
    answer: Snapshot = snapshot(asked=1)
    state = replace(state, asked=1)
    state, _ = step(state, SnapshotAnswered(request=ReadSnapshot(asked=1, symbols=None), answer=answer), at())
    for symbol in MANY[:count]:
        state, _ = step(state, RungProven(symbol=symbol, rung=Rung.STOP_FIRST, detail="proven"), at())
    return state


@pytest.mark.owns("K2")
def test_K2_the_canaries_of_a_start_are_listed_when_that_says_something_and_not_at_every_look() -> None:
    few, many = proven(SUSPECTS_LISTED_MAX), proven(30)
    assert set(listed(few, START_MS + 1_000) or ()) == set(MANY[:SUSPECTS_LISTED_MAX])
    assert listed(many, START_MS + 1_000) == ()
    assert set(listed(many, START_MS + SUSPECT_MS + 1) or ()) == set(MANY[:30])


@pytest.mark.owns("K2")
def test_K2_leverage_that_a_start_sets_on_flat_symbols_asks_for_no_look() -> None:
    state = replace(proven(0), snapshot_due_ms=WireMs(START_MS + 5_000))
    after, _ = step(state, LeverageChanged(symbol=MANY[0], leverage=4), at())
    assert after.snapshot_due_ms == START_MS + 5_000
    held = replace(holding(1), snapshot_due_ms=WireMs(START_MS + 5_000), snapshot_sent_ms=None)
    after, effects = step(held, LeverageChanged(symbol=MANY[0], leverage=4), at())
    assert any(isinstance(one, ReadSnapshot) for one in effects)
    assert BTC not in {trade.symbol for trade in after.trades.values()}
