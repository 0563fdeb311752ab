"""A stop that somebody wants tighter: a W at that price, by the ratchet that moves every W."""

from __future__ import annotations

from collections import deque
from decimal import Decimal

import pytest

from jackline.core.events import KillAsked, Receipt
from jackline.core.machine import Phase
from jackline.core.outcomes import Refusal
from jackline.core.requests import SendStop
from jackline.core.state import KillLevel
from jackline.core.trade import ExitReason
from jackline.core.values import Side
from tests.core.asking_for import tighten, told
from tests.core.driver import Driver
from tests.core.small_venue import ATTACHING_TRAITS, SmallVenue
from tests.core.test_asked import protected

D = Decimal("49623.8")
"""1 % under the worst price that the entry's collar allows."""


def triggers(driver: Driver) -> list[Decimal]:
    return sorted(order.trigger_price or Decimal(0) for order in driver.venue.live_stops)


@pytest.mark.owns("P4")
def test_P4_a_tighter_stop_rests_beside_D_before_the_answer_says_so() -> None:
    driver = protected()
    command = tighten(driver, "49700.01")
    assert told(driver, command) is None
    driver.run(1_000)
    assert triggers(driver) == [D, Decimal("49700.1")]
    assert (told(driver, command) or "").startswith("active: trigger_price=49700.1 ")
    tighten(driver, "49800")
    driver.run(4_000)
    assert triggers(driver) == [D, Decimal(49_800)], "the W it replaces is gone, D is not"


def test_break_even_is_the_entry_and_what_a_round_trip_costs() -> None:
    driver = protected()
    early = tighten(driver, None, command="early")
    assert (told(driver, early) or "").startswith("refused: would_trigger: ")
    driver.move("50500")
    command = tighten(driver, None)
    driver.run(1_000)
    assert (told(driver, command) or "").startswith("active: trigger_price=50150.0 ")
    driver.move("50140")
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.TRAILING_STOP
    assert driver.ended[0].trade.result_quote > 0


@pytest.mark.owns("P4")
@pytest.mark.parametrize(
    ("price", "word"),
    [
        ("49500", "looser"),
        ("49000", "looser"),
        ("49510", "looser"),
        ("49630", "looser"),
        ("50000", "would_trigger"),
        ("51000", "would_trigger"),
        ("0", "bad_price"),
        ("-1", "bad_price"),
        ("NaN", "bad_price"),
    ],
)
def test_P4_what_is_not_tighter_is_refused(price: str, word: str) -> None:
    driver = protected()
    command = tighten(driver, price)
    driver.run(2_000)
    assert (told(driver, command) or "").startswith(f"refused: {word}: ")
    assert triggers(driver) == [D]


def test_a_short_is_tightened_downwards() -> None:
    driver = protected(side=Side.SHORT)
    command = tighten(driver, "50300", side=Side.SHORT)
    driver.run(1_000)
    assert (told(driver, command) or "").startswith("active: trigger_price=50300 ")
    assert (told(driver, tighten(driver, "50400", side=Side.SHORT)) or "").startswith("refused: looser: ")
    assert (told(driver, tighten(driver, "49000")) or "").startswith("refused: no_position: ")


@pytest.mark.owns("P4")
def test_P4_until_it_rests_its_price_is_kept_by_closing() -> None:
    driver = protected()
    driver.venue.refusals[SendStop] = deque([Refusal.OTHER] * 100)
    command = tighten(driver, "49700")
    driver.run(500)
    driver.move("49690")
    driver.reach(Phase.DONE)
    assert (told(driver, command) or "").startswith("closing: ")
    assert driver.venue.is_clean()


def test_where_a_side_has_one_stop_its_price_is_kept_by_closing() -> None:
    driver = protected(Driver(venue=SmallVenue(traits=ATTACHING_TRAITS)))
    command = tighten(driver, "49700")
    assert (told(driver, command) or "").startswith("kept: 49700: ")
    driver.run(1_000)
    assert triggers(driver) == [D]
    driver.move("49690")
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.STOP_REACHED


@pytest.mark.owns("K2")
def test_K2_tightening_passes_a_level_that_closes_nothing() -> None:
    driver = protected()
    receipt = Receipt(command_id="kill", position=1)
    driver.feed(KillAsked(level=KillLevel.NO_NEW_RISK, actor="test", reason="test", receipt=receipt))
    command = tighten(driver, "49700")
    driver.run(2_000)
    assert (told(driver, command) or "").startswith("active: ")


@pytest.mark.owns("P4")
@pytest.mark.parametrize("ms", [0, 5, 10, 15, 20, 50, 1_000])
def test_P4_a_crash_forgets_no_tightening_that_was_written(ms: int) -> None:
    driver = protected()
    tighten(driver, "49700", command="wish")
    driver.run(ms)
    driver.crash(writes_land=True)
    driver.recover()
    driver.run(5_000)
    assert triggers(driver) == [D, Decimal(49_700)]
    assert (told(driver, "wish") or "").startswith("active: ")


def test_an_adopted_position_that_a_stranger_protects_gets_a_stop_of_ours() -> None:
    driver = Driver().start()
    driver.venue.stranger_trades(Decimal("0.01"))
    driver.venue.stranger_rests("theirs", trigger=Decimal("49000"), whole=True)
    driver.reach(Phase.PROTECTED)
    driver.run(3_000)
    command = tighten(driver, "49800")
    driver.run(4_000)
    assert (told(driver, command) or "").startswith("active: trigger_price=49800 ")
    assert Decimal(49_800) in triggers(driver)
