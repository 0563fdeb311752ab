"""Class F: switches that switched nothing, limits that were forgotten, safety that said yes when it knew nothing."""

from __future__ import annotations

import pytest

from jackline.core.ids import Role
from jackline.core.values import Side
from jackline.exchange.wire.faults import Side as StreamSide
from jackline.exchange.wire.faults import Stream, StreamDeed
from jackline.world.acts import Kind
from jackline.world.supervisor import ENGINE
from tests.cases.play import Play, play


@pytest.mark.owns("K3")
@pytest.mark.parametrize("level", ["no_new_risk", "flatten", "locked"])
def test_K3_a_raised_switch_is_seen_at_the_venue(level: str) -> None:
    """F4, F15, G51: the level goes up while a strategy wants to trade at every bar; no order of ours enters."""
    picks = {"no_new_risk": 0.0, "flatten": 0.4, "locked": 0.9}

    async def script(world: Play) -> None:
        await world.protected()
        world.do(Kind.KILLS, lasts_s=10**6, pick=picks[level])
        await world.until(lambda: world.written("kill", level), "the switch is up")
        if level == "no_new_risk":
            assert world.stops()
            world.jump(-0.03)
        await world.until(lambda: not world.positions(), "flat", 5.0)
        await world.passes(18.0)

    world = play(script, cooldown_ms=0)
    assert world.bought_and_sold() == 1
    assert len([row for row in world.rows("denied") if "kill_level" in str(row)]) >= 2
    assert world.breaches == []


@pytest.mark.owns("K1", "K3")
def test_K1_a_switch_outlives_the_process_that_threw_it() -> None:
    """F14: thrown, killed, restarted. The next life denies its first signal."""

    async def script(world: Play) -> None:
        await world.ready()
        world.do(Kind.KILLS, lasts_s=10**6, pick=0.9)
        await world.until(lambda: world.written("kill", "locked"), "the switch is up")
        for _ in range(2):
            world.stage.processes.kill(ENGINE, down_s=0.5)
            await world.passes(8.0)

    world = play(script)
    assert world.crashing.crashes == 2
    assert world.fills() == []
    assert world.written("denied", "kill_level")
    assert world.breaches == []


@pytest.mark.owns("K3")
def test_K3_flatten_closes_what_was_opened_by_hand_too() -> None:
    """G52: the switch is not blind to positions that are not ours; and what appears after it is closed as well."""

    async def script(world: Play) -> None:
        await world.passes(4.0)
        world.do(Kind.OPENS_BY_HAND, size=0.2)
        world.operator.flatten()
        await world.until(lambda: not world.positions(), "closed", 10.0)
        world.do(Kind.OPENS_BY_HAND, size=0.8)
        await world.until(lambda: not world.positions(), "closed again", 12.0)

    world = play(script, side=None)
    assert len(world.fills()) == 4
    assert world.breaches == []


@pytest.mark.owns("K3", "A1")
def test_K3_an_entry_that_is_on_the_wire_when_the_switch_goes_up_is_booked_and_closed() -> None:
    """G53: orders filled on, and the fills were no longer recorded. Here both are."""

    async def script(world: Play) -> None:
        await world.ready()
        world.on_sending(Role.ENTRY, world.operator.flatten)
        await world.until(world.fills, "a fill all the same")
        await world.until(lambda: not world.positions(), "closed", 5.0)
        await world.until(lambda: world.written("ended", "kill_switch"), "ended", 15.0)

    world = play(script)
    assert len(world.ask("SELECT 1 FROM ledger WHERE kind = 'fill'")) == len(world.fills()) == 2
    assert world.breaches == []


@pytest.mark.owns("K2", "K3")
def test_K2_the_operators_own_close_passes_the_operators_own_switch() -> None:
    """G54, F12, A24: no new risk is in force, and a close by the operator goes through at once."""

    async def script(world: Play) -> None:
        await world.protected()
        world.do(Kind.KILLS, lasts_s=10**6, pick=0.0)
        await world.until(lambda: world.written("kill", "no_new_risk"), "the switch is up")
        world.operator.close_all()
        await world.until(lambda: not world.positions(), "closed", 3.0)

    world = play(script)
    assert world.asked(Role.CLOSE)
    assert world.breaches == []


@pytest.mark.owns("K5", "K4")
def test_K4_a_reset_forgives_nothing_that_was_lost_today() -> None:
    """F11: an override cleared the flag, and the next check found the same loss. The loss itself has to be settled."""

    async def script(world: Play) -> None:
        await world.protected()
        world.do(Kind.ADDS_BY_HAND, size=1.0)
        for _ in range(3):
            if world.positions():
                world.do(Kind.ADDS_BY_HAND, size=1.0)
        world.stage.markets["BTCUSDT"].jump(-0.15)
        await world.until(lambda: not world.positions(), "a day's loss", 5.0)
        await world.until(lambda: world.written("kill", "daily loss"), "the limit trips", 10.0)
        world.operator.reset()
        await world.until(lambda: len(world.rows("kill")) >= 3, "reset, and tripped again", 10.0)
        await world.passes(12.0)

    world = play(script, cooldown_ms=0)
    assert world.bought_and_sold() == 1
    assert world.account.wallet < 9_500
    assert world.breaches == []


@pytest.mark.owns("C4")
def test_C4_what_is_not_proven_lets_nothing_enter() -> None:
    """F6, G13: the canary finds that no stop is taken while flat. Not known, not proven: no trade; and it is said."""

    async def script(world: Play) -> None:
        await world.passes(16.0)

    world = play(script, stop_while_flat=False)
    assert world.asked(Role.CANARY)
    assert world.written("denied", "no rung of the ladder is proven")
    assert world.asked(Role.ENTRY, Role.DISASTER) == []
    assert world.breaches == []


@pytest.mark.owns("D1", "L2")
@pytest.mark.parametrize("what", ["blind", "stale"])
def test_L2_a_feed_that_is_up_and_says_nothing_is_no_permission(what: str) -> None:
    """F5, F6: "active" and idle for hours. Without marks and bars, or without the user stream, nothing enters."""

    async def script(world: Play) -> None:
        await world.ready()
        side = StreamSide.USER if what == "blind" else StreamSide.MARKET
        if what == "blind":
            world.means.post(Stream(deed=StreamDeed.DROP, side=side))
            world.do(Kind.CUT_STREAMS, lasts_s=14.0)
        else:
            world.means.post(Stream(deed=StreamDeed.DROP, side=side))
        await world.passes(14.0)
        assert not world.asked(Role.ENTRY)
        world.stage.board.clear()
        world.end_acts()
        await world.protected(40.0)

    world = play(script, cooldown_ms=0, side=Side.SHORT)
    assert world.breaches == []
