"""A position mode that somebody changed: what protects is written as the position stands, and nothing new opens."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jackline.core.closing import ALARMING_ATTEMPTS
from jackline.core.effects import Effect, ProveRung
from jackline.core.events import (
    Answered,
    CloseAsked,
    Event,
    KillAsked,
    LeverageChanged,
    Receipt,
    RungProven,
    SnapshotAnswered,
)
from jackline.core.machine import Phase
from jackline.core.orders import PositionMode
from jackline.core.outcomes import Refusal, Refused
from jackline.core.plan import Rung
from jackline.core.requests import ReadOrder, ReadSnapshot, SendClose, SendStop, StopShape
from jackline.core.state import KillLevel, State
from jackline.core.step import step
from jackline.core.trade import ExitReason, SlotState, Trade
from jackline.core.values import Side
from tests.core.driver import Driver
from tests.core.making import START_MS, at, cold_state, position, snapshot
from tests.core.small_venue import BTC, SmallVenue

HEDGE, NETTING = PositionMode.HEDGE, PositionMode.NETTING


class Told:
    """A state that is fed one event after the other, a millisecond apart."""

    def __init__(self) -> None:
        self.state: State = cold_state()
        self.effects: list[Effect] = []
        self._asked = 0
        self.feed(RungProven(symbol=BTC, rung=Rung.STOP_FIRST, detail="proven"))

    def feed(self, event: Event) -> list[Effect]:
        self.state, effects = step(self.state, event, at(START_MS + len(self.effects)))
        self.effects += effects
        return list(effects)

    def shows(self, *sides: Side, mode: PositionMode) -> list[Effect]:
        """A look that lists nothing but positions in this mode."""
        self._asked = self.state.asked + 1
        self.state = replace(self.state, asked=self._asked)
        positions = tuple(position(side, mode=mode) for side in sides)
        answer = snapshot(positions=positions, asked=self._asked)
        return self.feed(
            SnapshotAnswered(request=ReadSnapshot(asked=self._asked, symbols=None), answer=answer)
        )

    @property
    def trade(self) -> Trade:
        (trade,) = self.state.trades.values()
        return trade


def stops(effects: list[Effect]) -> list[SendStop]:
    return [effect for effect in effects if isinstance(effect, SendStop)]


def refused(kind: Refusal) -> Refused:
    return Refused(kind=kind, code=-4061, text="")


@pytest.mark.owns("P1", "P3")
@pytest.mark.parametrize("side", Side)
def test_P1_the_stop_and_the_close_of_a_position_are_written_for_the_mode_it_stands_in(side: Side) -> None:
    told = Told()
    (stop,) = stops(told.shows(side, mode=HEDGE))
    assert (stop.mode, stop.side) == (HEDGE, side)
    effects = told.feed(Answered(request=stop, outcome=refused(Refusal.OTHER)))
    (second,) = stops(effects)
    assert (second.mode, second.shape) == (HEDGE, StopShape.QUANTITY)
    effects = told.feed(Answered(request=second, outcome=refused(Refusal.OTHER)))
    closes = [effect for effect in effects if isinstance(effect, SendClose)]
    assert [(close.mode, close.side) for close in closes] == [(HEDGE, side)]


@pytest.mark.owns("P1", "O2")
def test_P1_a_stop_written_for_the_mode_of_before_is_written_anew_under_another_id() -> None:
    told = Told()
    (first,) = stops(told.shows(Side.LONG, mode=NETTING))
    told.shows(Side.LONG, mode=HEDGE)  # closed by hand and opened in the other mode between two looks
    assert told.trade.disaster is not None
    assert told.trade.disaster.mode is NETTING, "under its id it stays the order that it was (O2)"
    (second,) = stops(told.feed(Answered(request=first, outcome=refused(Refusal.WRONG_MODE))))
    assert (second.mode, second.shape) == (HEDGE, StopShape.WHOLE_POSITION)
    assert second.client_id != first.client_id
    assert (told.trade.phase, told.trade.disaster.state) == (Phase.EXPOSED, SlotState.SENT)


@pytest.mark.owns("C4")
def test_C4_a_position_in_another_mode_than_configured_takes_the_proof_of_every_rung() -> None:
    told = Told()
    effects = told.shows(Side.LONG, mode=HEDGE)
    assert ProveRung(symbol=BTC) in effects
    market = told.state.markets[BTC]
    assert market.rung is None
    assert market.rung_detail == "the account is in hedge mode, configured is netting"
    assert ProveRung(symbol=BTC) not in told.shows(Side.LONG, mode=HEDGE), "asked for once"


@pytest.mark.owns("C4")
def test_C4_a_refusal_for_the_mode_takes_the_proof_where_it_contradicts_the_configured_one() -> None:
    told = Told()
    (stop,) = stops(told.shows(Side.LONG, mode=NETTING))
    told.feed(Answered(request=replace(stop, mode=HEDGE), outcome=refused(Refusal.WRONG_MODE)))
    assert told.state.markets[BTC].rung is Rung.STOP_FIRST
    told.feed(Answered(request=stop, outcome=refused(Refusal.WRONG_MODE)))
    assert told.state.markets[BTC].rung is None
    assert "netting" in told.state.markets[BTC].rung_detail


@pytest.mark.owns("P7", "C4")
@pytest.mark.parametrize("leverage", [3, 20])
def test_P7_a_leverage_that_somebody_set_takes_the_proof_until_it_is_set_again(leverage: int) -> None:
    told = Told()
    planned = told.state.risk.leverage
    effects = told.feed(LeverageChanged(symbol=BTC, leverage=leverage))
    assert ProveRung(symbol=BTC) in effects
    assert (told.state.markets[BTC].rung is None) == (leverage != planned)


@pytest.mark.owns("P1")
def test_P1_a_refusal_for_the_mode_is_heeded_before_any_look_and_once() -> None:
    """There are two modes: the stop leaves in the other at once. A venue that refuses both gets a close in the end."""
    told = Told()
    (first,) = stops(told.shows(Side.LONG, mode=NETTING))
    (second,) = stops(told.feed(Answered(request=first, outcome=refused(Refusal.WRONG_MODE))))
    assert (second.mode, second.shape) == (HEDGE, StopShape.WHOLE_POSITION)
    (third,) = stops(told.feed(Answered(request=second, outcome=refused(Refusal.WRONG_MODE))))
    assert (third.mode, third.shape) == (HEDGE, StopShape.QUANTITY)
    told.feed(Answered(request=third, outcome=refused(Refusal.WRONG_MODE)))
    assert told.trade.phase is Phase.CLOSING


@pytest.mark.owns("K3", "P1")
@pytest.mark.parametrize("rtt_ms", [10, 320, 600])
@pytest.mark.parametrize("rests", [True, False], ids=["its stop rests", "no stop"])
def test_K3_a_position_recorded_in_the_other_mode_is_closed_however_slow_looks_are(
    rtt_ms: int, rests: bool
) -> None:
    """The first close carries the flag that hedge mode refuses (-1106), and the plain one the wrong side (-4061)."""
    driver = Driver().start()
    driver.signal()
    driver.reach(Phase.PROTECTED)
    driver.crash()
    if not rests:
        driver.venue.orders.clear()
    driver.venue.mode = HEDGE
    for kind in (SendClose, SendStop, ReadOrder):
        driver.latency[kind] = (rtt_ms // 2, rtt_ms // 2)
    driver.recover()
    driver.feed(
        KillAsked(
            level=KillLevel.FLATTEN, actor="test", reason="", receipt=Receipt(command_id="c1", position=1)
        )
    )
    driver.run(6_000, until=lambda: driver.venue.position == 0)
    assert driver.venue.position == 0
    assert driver.venue.opened_by_reduction == []
    driver.reach(Phase.DONE)


@pytest.mark.owns("P1")
def test_P1_a_close_without_the_flag_does_not_wait_for_ever_for_a_look_that_is_young_enough() -> None:
    """Reads of 600 ms are never younger than 300: the flag is tried again, attempts count, and D comes back."""
    driver = Driver(venue=SmallVenue(refuse_always={SendClose: Refusal.FLAG_REFUSED})).start()
    driver.signal()
    driver.reach(Phase.PROTECTED)
    driver.latency[ReadOrder] = (300, 300)
    driver.feed(CloseAsked(symbol=None, side=None, reason=ExitReason.OPERATOR))
    driver.run(1_000)
    assert driver.trade.disaster is not None
    driver.venue.drop(driver.trade.disaster.client_id)
    driver.run(20_000)
    assert driver.count(SendClose) > ALARMING_ATTEMPTS
    assert driver.venue.live_stops
    assert driver.state.frozen
    driver.venue.refuse_always.clear()
    driver.reach(Phase.DONE)
    assert driver.venue.opened_by_reduction == []
