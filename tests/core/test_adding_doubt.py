"""A further entry that has not left, is not answered, or meets a crash (O1, O3, O4)."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from decimal import Decimal

import pytest

from jackline.core.events import CloseAsked, FillHinted, IntentDurable, JournalBroken
from jackline.core.ids import Role, client_id
from jackline.core.machine import Phase
from jackline.core.orders import OrderState
from jackline.core.outcomes import Refusal
from jackline.core.requests import CancelOrder, SendEntry
from jackline.core.trade import ExitReason
from jackline.core.values import MarketMs, Price, Quantity, Side
from tests.core.driver import Driver
from tests.core.growing import BAR_MS, FENCE_MS, HIGHER, TWO, added, entries, grown, opened
from tests.core.small_venue import BTC, Fate


@pytest.mark.owns("O4")
def test_O4_an_intent_that_is_not_on_disk_lets_nothing_leave() -> None:
    driver = opened(Driver(risk=TWO))
    driver.disk_works = False
    added(driver)
    driver.run(3_000)
    assert len(entries(driver)) == 1
    assert driver.trade.additions == ()
    assert driver.phase is Phase.PROTECTED


@pytest.mark.owns("O4")
def test_O4_the_word_of_another_intent_releases_none() -> None:
    driver = opened(Driver(risk=TWO))
    driver.disk_works = False
    added(driver)
    trade_id = driver.trade.trade_id
    driver.feed(IntentDurable(trade_id=trade_id))
    driver.feed(IntentDurable(trade_id=trade_id, entry_id=client_id(trade_id, Role.ENTRY, 999)))
    driver.run(500)
    assert len(entries(driver)) == 1


@pytest.mark.parametrize("trouble", ["journal", "bot", "close", "stop"])
def test_K2_what_stops_entries_stops_one_that_has_not_left(trouble: str) -> None:
    driver = opened(Driver(risk=TWO))
    driver.move(HIGHER[Side.LONG])
    driver.signal()
    assert driver.trade.open_addition is not None
    match trouble:
        case "journal":
            driver.feed(JournalBroken(detail="disk full"))
        case "bot":
            driver.state = replace(driver.state, bots_stopped=frozenset({""}))
        case "close":
            driver.feed(CloseAsked(symbol=None, side=None, reason=ExitReason.OPERATOR))
        case _:
            driver.move("49950")
    driver.run(3_000)
    assert len(entries(driver)) == 1
    assert not any(trade.additions for trade in driver.state.trades.values())


# -- doubt ---------------------------------------------------------------------------------------------------


@pytest.mark.owns("O1", "O3")
@pytest.mark.parametrize("fate", list(Fate))
def test_O3_an_addition_without_an_answer_is_asked_for_and_never_sent_again(fate: Fate) -> None:
    driver = opened(Driver(risk=TWO))
    driver.fates[SendEntry] = deque([fate])
    added(driver).run(FENCE_MS + 3_000)
    assert len(entries(driver)) == 2
    filled = fate is Fate.LOSE_ANSWER
    assert len(driver.venue.entries) == (2 if filled else 1)
    assert len(driver.trade.additions) == (1 if filled else 0)
    assert driver.trade.is_resolved
    assert driver.phase is Phase.PROTECTED
    assert driver.venue.naked_ms == 0


@pytest.mark.owns("O3")
def test_O3_absent_counts_past_the_fence_and_twice() -> None:
    driver = opened(Driver(risk=TWO))
    driver.fates[SendEntry] = deque([Fate.LOSE_REQUEST])
    added(driver).run(FENCE_MS - 200)
    assert driver.trade.open_addition is not None
    driver.run(3_000)
    assert driver.trade.additions == ()


@pytest.mark.owns("P6", "O3")
def test_P6_nothing_is_swept_while_an_addition_is_in_doubt() -> None:
    driver = opened(Driver(risk=TWO))
    driver.fates[SendEntry] = deque([Fate.LOSE_REQUEST])
    driver.reads_fail = True
    added(driver)
    sent_ms = driver.now_ms
    driver.run(500)
    driver.reads_fail = False
    driver.feed(CloseAsked(symbol=None, side=None, reason=ExitReason.OPERATOR))
    driver.run(FENCE_MS - 600)
    assert driver.phase is Phase.SWEEPING
    assert driver.now_ms < sent_ms + FENCE_MS
    driver.reach(Phase.DONE)
    assert driver.venue.is_clean()


def test_a_refused_addition_leaves_the_trade_as_it_was() -> None:
    driver = opened(Driver(risk=TWO))
    driver.venue.refusals[SendEntry] = deque([Refusal.OTHER])
    added(driver).run(3_000)
    assert driver.trade.additions == ()
    assert driver.phase is Phase.PROTECTED
    assert driver.count(CancelOrder) == 0


def test_a_part_that_filled_is_what_counts() -> None:
    driver = opened(Driver(risk=TWO))
    driver.venue.fill_fraction = Decimal("0.5")
    added(driver).run(5_000)
    (addition,) = driver.trade.additions
    assert addition.slot.filled < addition.entry.quantity
    assert driver.trade.quantity == abs(driver.venue.position)


@pytest.mark.owns("P1")
def test_P1_a_word_of_the_stream_about_the_addition_has_the_stop_read_back() -> None:
    driver = opened(Driver(risk=TWO))
    driver.latency[SendEntry] = (5, 2_000)
    added(driver).run(10)
    sent = entries(driver)[1]
    driver.feed(
        FillHinted(
            symbol=BTC,
            client_id=sent.client_id,
            order_id=1,
            quantity=sent.entry.quantity,
            price=Price(driver.venue.mark),
            wire_ms=driver._now().wire_ms,
            market_ms=MarketMs(driver.now_ms),
        )
    )
    assert driver.phase is Phase.EXPOSED
    driver.reach(Phase.PROTECTED, within_ms=1_000)


# -- restart -------------------------------------------------------------------------------------------------


@pytest.mark.owns("O1", "P1")
@pytest.mark.parametrize("actions", range(1, 12))
@pytest.mark.parametrize("arrive", [False, True])
def test_O1_a_crash_around_an_addition_is_resolved_and_never_sends_it_again(
    actions: int, arrive: bool
) -> None:
    driver = opened(Driver(risk=TWO))
    driver.move(HIGHER[Side.LONG])
    driver.signal()
    driver.run(2_000, actions=actions)
    driver.crash(requests_arrive=arrive)
    driver.recover()
    driver.run(10_000)
    sent = [request.client_id for request in entries(driver)]
    assert len(sent) == len(set(sent)) <= 2
    assert driver.phase is Phase.PROTECTED
    assert driver.trade.quantity == abs(driver.venue.position)
    assert driver.trade.is_resolved
    assert driver.venue.naked_ms == 0
    driver.feed(CloseAsked(symbol=None, side=None, reason=ExitReason.OPERATOR))
    driver.reach(Phase.DONE)
    assert driver.venue.is_clean()


def test_after_a_restart_a_trade_is_added_to_under_an_id_of_its_own() -> None:
    driver = grown(Driver(risk=replace(TWO, trades_per_symbol_max=3)))
    driver.run(BAR_MS)
    driver.crash()
    driver.recover()
    driver.reach(Phase.PROTECTED).run(3_000)
    added(driver, at="50800").run(3_000)
    assert len({request.client_id for request in entries(driver)}) == 3
    assert len(driver.trade.entries) == 3


def test_the_venue_shows_an_addition_as_filled_and_the_trade_says_how_much() -> None:
    driver = grown(Driver(risk=TWO))
    (addition,) = driver.trade.additions
    order = driver.venue.orders[addition.slot.client_id]
    assert order.state is OrderState.FILLED
    assert addition.slot.filled == order.filled == Quantity(entries(driver)[1].entry.quantity)
    assert driver.trade.opened == sum(fill.quantity for fill in driver.venue.fills)
