"""Further entries of an open trade, through the running engine against the local exchange, in virtual time.

What is asserted is the journal's rows, and the venue's own list of fills and orders.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from jackline.core.outcomes import Reason
from jackline.core.settings import RiskSettings
from jackline.core.values import fraction
from jackline.exchange.values import OrderType
from tests.cases.denied import BTC, Desk, Scene

BAR_S = 6.0


def two(settings: RiskSettings) -> RiskSettings:
    return replace(settings, trades_per_symbol_max=2)


async def added(world: Desk) -> None:
    """A trade is open and price has run on by 0.4 %: a further entry fills."""
    await world.ready_for(BTC)
    await world.opened()
    await world.passes(BAR_S)
    world.gap(0.004)
    await world.passes(1.5)
    before = len(world.traded())
    world.signal()
    await world.until(lambda: len(world.traded()) > before, "a further entry has filled")


def size(world: Desk) -> str:
    (position,) = world.positions()
    return str(abs(position.amount))


@pytest.mark.owns("P4")
def test_P4_a_further_entry_whose_stop_would_stand_outside_the_first_is_denied() -> None:
    """The one stop of the position is never loosened to make room."""

    async def script(world: Desk) -> None:
        await world.ready_for(BTC)
        stops = await world.opened()
        await world.passes(BAR_S)
        world.gap(-0.003)
        await world.passes(1.5)
        await world.refused(Reason.STOP_OUTSIDE, "protection")
        assert world.stops_of(BTC) == stops
        await world.closes()

    assert Scene(rules=two).play(script).traded() == [BTC]


@pytest.mark.owns("O1", "P1", "P5")
def test_P5_a_further_entry_stands_under_one_stop_of_all_and_one_close_ends_both() -> None:
    async def script(world: Desk) -> None:
        await added(world)
        await world.passes(6.0)
        whole = [one for one in world.stops_of(BTC) if one.close_position]
        working = [one for one in world.stops_of(BTC) if not one.close_position]
        assert len(whole) == 1
        assert [str(one.quantity) for one in working] == [size(world)], "W closes all of it"
        await world.refused(Reason.SYMBOL_BUSY, "symbol")
        await world.closes()
        await world.until(lambda: world.rows("ended"), "swept")

    played = Scene(rules=two).play(script)
    assert played.traded() == [BTC, BTC]
    assert not played.ours()
    assert len(played.rows("ended")) == 1, "one trade with two entries"


@pytest.mark.owns("K2")
def test_K2_one_trade_a_symbol_is_kept_where_it_is_configured() -> None:
    async def script(world: Desk) -> None:
        await world.ready_for(BTC)
        await world.opened()
        await world.passes(BAR_S)
        world.gap(0.004)
        await world.passes(1.5)
        await world.refused(Reason.SYMBOL_BUSY, "symbol")
        await world.closes()

    assert Scene().play(script).traded() == [BTC]


@pytest.mark.owns("P1", "O1")
def test_P1_an_engine_that_dies_after_a_further_entry_comes_back_to_one_trade() -> None:
    async def script(world: Desk) -> None:
        await added(world)
        held = size(world)
        world.stage.processes.kill("engine", down_s=1.0)
        await world.passes(8.0)
        assert size(world) == held
        assert any(one.close_position for one in world.stops_of(BTC))
        await world.closes()
        await world.until(lambda: world.rows("ended"), "swept")

    played = Scene(rules=two).play(script)
    assert played.traded() == [BTC, BTC]
    assert len(played.rows("ended")) == 1


def test_the_target_is_placed_again_for_all_of_it() -> None:
    def rules(settings: RiskSettings) -> RiskSettings:
        return replace(two(settings), target_fraction=fraction("0.04"))

    async def script(world: Desk) -> None:
        await added(world)
        await world.passes(8.0)
        targets = [
            one for one in world.account.open_algos.values() if one.type is OrderType.TAKE_PROFIT_MARKET
        ]
        assert [str(one.quantity) for one in targets] == [size(world)]
        await world.closes()

    assert Scene(rules=rules).play(script).traded() == [BTC, BTC]


@pytest.mark.owns("O1")
def test_O1_a_wish_heard_again_after_a_crash_adds_nothing() -> None:
    """Its answer was lost with the engine, and another bar has closed since: the gates cannot tell it by its bar."""

    async def script(world: Desk) -> None:
        await world.ready_for(BTC)
        await world.opened()
        world.stage.processes.kill("engine", down_s=1.0)
        await world.passes(10.0)
        world.gap(0.004)
        await world.passes(1.5)
        await world.refused(Reason.SYMBOL_BUSY, "symbol")
        await world.closes()

    assert Scene(rules=two).play(script).traded() == [BTC]
