"""Whose is a stop without an id? One that the venue refused is nowhere, and likeness alone makes nothing ours (P6)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from jackline.core import claims
from jackline.core.events import CloseAsked
from jackline.core.ids import LEG_ATTEMPT, Role, TradeId, client_id, mint_trade_id
from jackline.core.machine import Phase
from jackline.core.orders import Snapshot
from jackline.core.plan import Rung
from jackline.core.requests import ReadSnapshot, SendStop
from jackline.core.trade import ExitReason, Trade
from jackline.core.values import Price, WireMs
from tests.core.driver import Driver, cancelled
from tests.core.making import START_MS, TAG
from tests.core.small_venue import ATTACHING_TRAITS, BTC, Books, SmallVenue

BEGAN_S = START_MS // 1_000
PLAN = Decimal(49_500)
"""One per cent below the entry price: where our stop of an adopted position goes."""


def adopting() -> Driver:
    """A position of somebody else's on a venue whose stops carry no id, one in a direction."""
    driver = Driver().start(Rung.ATTACHED)
    driver.venue.stranger_trades(Decimal(1))
    driver.run(20_000, until=lambda: driver.count(SendStop) == 1)
    return driver


def look(driver: Driver) -> Snapshot:
    return driver.venue.read_snapshot(ReadSnapshot(asked=1_000, symbols=(BTC,)), asked_ms=driver.now_ms)


@pytest.mark.owns("P6")
def test_P6_a_stop_that_the_venue_refused_is_not_the_one_that_rests_there() -> None:
    driver = adopting()
    driver.venue.stranger_rests("by-hand", trigger=PLAN)  # it is there before ours arrives, which is refused
    driver.reach(Phase.PROTECTED)
    driver.run(5_000)
    assert [order.trigger_price for order in driver.venue.live_stops] == [PLAN]
    driver.feed(CloseAsked(symbol=BTC, side=None, reason=ExitReason.OPERATOR))
    driver.reach(Phase.DONE)
    driver.run(15_000)
    assert not cancelled(driver)
    assert [order.trigger_price for order in driver.venue.live] == [PLAN]


@pytest.mark.owns("P6")
def test_P6_a_stop_whose_answer_was_lost_is_still_known_for_ours() -> None:
    driver = adopting()
    driver.reach(Phase.PROTECTED)
    disaster = driver.trade.disaster
    assert disaster is not None
    doubtful = driver.trade.with_slot(replace(disaster, venue_id=None))
    (named,) = claims.attribute(look(driver), [doubtful]).orders
    assert named.key.client_id == disaster.client_id
    refused = driver.trade.with_slot(replace(disaster, venue_id=None, never_rested=True))
    (left,) = claims.attribute(look(driver), [refused]).orders
    assert left.key.client_id == ""


def lost(driver: Driver, *, began_s: int, attempts: int) -> tuple[Trade, TradeId]:
    """The position as a life that began then adopts it, without a record of any stop."""
    trade_id = mint_trade_id(tag=TAG, fence=began_s, ordinal=1)
    bare = replace(driver.trade, trade_id=trade_id, disaster=None, working=(), attempts=attempts)
    return bare, trade_id


@pytest.mark.owns("P6")
@pytest.mark.parametrize(
    ("began_ms", "attempts", "ours"),
    [
        (0, 0, True),
        (-claims.START_MS_SLACK, 0, True),
        (-claims.START_MS_SLACK - 1_000, 0, False),
        (0, 1, False),
    ],
    ids=["placed before this life", "in its first seconds", "placed later", "after we sent one of our own"],
)
def test_P6_a_stop_at_our_price_without_a_record_is_ours_only_if_an_earlier_life_may_have_placed_it(
    began_ms: int, attempts: int, ours: bool
) -> None:
    driver = Driver().start(Rung.ATTACHED)
    driver.venue.stranger_trades(Decimal(1))
    driver.reach(Phase.PROTECTED)
    (order,) = look(driver).orders
    placed = replace(order, updated_ms=WireMs(START_MS))
    trade, trade_id = lost(driver, began_s=(START_MS + began_ms) // 1_000, attempts=attempts)
    assert trade.stop.disaster_price == Price(PLAN) == order.trigger_price
    (named,) = claims.attribute(replace(look(driver), orders=(placed,)), [trade]).orders
    assert named.key.client_id == (client_id(trade_id, Role.DISASTER, LEG_ATTEMPT) if ours else "")


@pytest.mark.owns("P6")
@pytest.mark.parametrize("is_listed", [False, True], ids=["the one on record is gone", "it rests"])
def test_P6_a_stop_in_the_place_of_one_that_is_gone_is_ours_by_its_plan(is_listed: bool) -> None:
    """D was dropped, the next one sent, and the process died before its record was written."""
    driver = Driver(venue=SmallVenue(traits=ATTACHING_TRAITS)).start(Rung.AFTER_FILL)
    driver.signal()
    driver.reach(Phase.PROTECTED)
    (order,) = (found for found in look(driver).orders if found.is_stop)
    disaster = driver.trade.disaster
    assert disaster is not None
    replaced = replace(order, key=replace(order.key, venue_id=(order.key.venue_id or 0) + 1))
    orders = (order, replaced) if is_listed else (replaced,)
    named = claims.attribute(replace(look(driver), orders=orders), [driver.trade]).orders[-1]
    expected = "" if is_listed else client_id(driver.trade.trade_id, Role.DISASTER, LEG_ATTEMPT)
    assert named.key.client_id == expected


@dataclass
class Replica(SmallVenue):
    """Every read shows `shown`, where it is set: a replica that hears nothing for a while."""

    shown: Books | None = None

    def _books(self) -> Books:
        return super()._books() if self.shown is None else self.shown


@pytest.mark.owns("P6")
def test_P6_a_stop_that_no_read_showed_while_another_took_its_place_is_still_ours() -> None:
    """D was dropped, and the next one acknowledged and read as absent until the close: listings showed it when the
    position was gone, without a name, and it was left as a stranger's."""
    venue = Replica(traits=ATTACHING_TRAITS)
    driver = Driver(venue=venue).start(Rung.AFTER_FILL)
    driver.signal()
    driver.reach(Phase.PROTECTED)
    (name,) = (name for name, order in venue.orders.items() if order.is_stop)
    venue.drop(name)
    without_a_stop = venue._books()
    driver.run(20_000, until=lambda: driver.count(SendStop) == 2)
    venue.shown = without_a_stop
    driver.run(20_000, until=lambda: driver.count(SendStop) == 3)
    assert venue.position == 0, "its close went through, unseen"
    assert [order.is_stop for order in venue.live] == [True]
    venue.shown = None
    driver.reach(Phase.DONE)
    driver.run(15_000)
    assert venue.is_clean()
