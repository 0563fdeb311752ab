"""Class A: stops that came late, went away, stood on the wrong side, or were not there at all."""

from __future__ import annotations

from decimal import Decimal

import pytest

from jackline.core.ids import Role
from jackline.core.plan import Rung
from jackline.core.values import Side
from jackline.exchange.values import AlgoStatus, OrderType, WorkingType
from jackline.exchange.wire.faults import Refuse
from jackline.world.acts import Kind
from jackline.world.supervisor import ENGINE
from tests.cases.play import Play, play

STOPS = (Role.DISASTER, Role.WORKING, Role.WATCHDOG_STOP)
PLAIN, CONDITIONAL = "/fapi/v1/order", "/fapi/v1/algoOrder"


def loosest(world: Play, side: Side) -> Decimal:
    """The worst trigger that any stop request of ours ever carried."""
    prices = [Decimal(one.params["triggerPrice"]) for one in world.asked(*STOPS)]
    return min(prices) if side is Side.LONG else max(prices)


@pytest.mark.owns("P1", "P4")
def test_P4_price_passes_the_stop_between_the_fill_and_the_stop() -> None:
    """A1, A2, A34, G8: the venue says -2021, and the answer is to close, not to ask for a worse price."""

    async def script(world: Play) -> None:
        world.on_taking(Role.ENTRY, lambda: world.gap(-0.05))
        await world.until(world.fills, "a fill")
        await world.until(lambda: not world.positions(), "flat again", 2.0)

    world = play(script, rung=Rung.AFTER_FILL, stop_while_flat=False)
    assert world.said(-2021)
    first = Decimal(world.asked(Role.DISASTER)[0].params["triggerPrice"])
    assert loosest(world, Side.LONG) == first
    assert [one.params["reduceOnly"] for one in world.asked(Role.CLOSE)] == ["true"]
    assert world.breaches == []


@pytest.mark.owns("P1")
@pytest.mark.parametrize("code", [-1111, -2010, -2019, -2022, -4003, -4045, -4061, -4120, -4164])
def test_P1_a_stop_refused_for_whatever_reason_ends_covered_or_closed(code: int) -> None:
    """A1, A34, B20, G12, G14, G15 and the codes of the field: a refused stop is never shrugged off."""

    async def script(world: Play) -> None:
        await world.ready()
        undo = world.means.post(Refuse(code=code, paths=(CONDITIONAL,), methods=("POST",)))
        await world.until(world.fills, "a fill")
        await world.until(lambda: not world.positions(), "closed, since no stop is taken", 3.0)
        undo()

    world = play(script, rung=Rung.AFTER_FILL, stop_while_flat=False)
    assert len(world.said(code)) >= 2, "the other shape was tried as well"
    assert not world.placed(*STOPS)
    assert world.asked(Role.CLOSE)
    assert world.breaches == []


@pytest.mark.owns("P2")
def test_P2_where_no_stop_is_taken_no_entry_leaves() -> None:
    """A5, A6, A17: protection is at the exchange or there is no trade; no policy and no switch stands between."""

    async def script(world: Play) -> None:
        await world.ready()
        world.do(Kind.CONDITIONAL_DOWN, lasts_s=20.0)
        await world.until(lambda: world.asked(Role.DISASTER), "a stop that is asked for")
        await world.passes(12.0)
        assert not world.asked(Role.ENTRY)
        world.end_acts()
        await world.protected()

    world = play(script, cooldown_ms=0)
    assert world.said(-1001)
    assert world.breaches == []


@pytest.mark.owns("P1", "P2", "P6")
@pytest.mark.parametrize("rung", [Rung.STOP_FIRST, Rung.CONCURRENT, Rung.AFTER_FILL])
@pytest.mark.parametrize("hedge", [False, True], ids=["netting", "hedge"])
@pytest.mark.parametrize("side", [Side.LONG, Side.SHORT])
def test_P1_one_protected_position_through_the_real_gateway(rung: Rung, hedge: bool, side: Side) -> None:
    """A6, A7, A20, F18: one whole trade, both sides, both modes, each rung; the stop is on the losing side."""
    seen: list[tuple[Decimal, Decimal]] = []

    async def script(world: Play) -> None:
        position = await world.protected()
        (stop,) = world.stops()
        seen.append((stop.trigger_price, position.entry_price))
        assert (stop.type, stop.working_type) == (OrderType.STOP_MARKET, WorkingType.MARK_PRICE)
        assert stop.close_position
        assert not stop.price_protect
        world.jump(-0.03 * side.sign)
        await world.until(lambda: not world.positions(), "the stop has fired", 2.0)
        await world.passes(1.0)

    world = play(script, rung=rung, hedge=hedge, side=side, watchdog=True)
    ((trigger, entry),) = seen
    assert (entry - trigger) * side.sign > 0
    assert not world.asked(Role.CLOSE), "the stop did it"
    assert world.breaches == []


@pytest.mark.owns("P4", "P5")
def test_P5_a_new_stop_that_is_refused_costs_nothing() -> None:
    """A3, G16, G24, G25: the new stop is refused and the old one is still there."""
    triggers: list[Decimal] = []

    async def script(world: Play) -> None:
        await world.protected()
        world.jump(0.02)
        await world.passes(6.0)
        (working,) = world.stops(Role.WORKING)
        undo = world.means.post(Refuse(code=-4045, paths=(CONDITIONAL,), methods=("POST",)))
        world.jump(0.02)
        await world.until(lambda: world.said(-4045), "a refused move")
        await world.passes(3.0)
        assert world.stops(Role.WORKING) == [working]
        assert world.stops(Role.DISASTER)
        undo()
        await world.until(lambda: working not in world.stops(), "the move, once it is taken")
        triggers.extend([working.trigger_price, world.stops(Role.WORKING)[-1].trigger_price])

    world = play(script, trailing="0.01")
    assert triggers[0] < triggers[1]
    assert world.breaches == []


@pytest.mark.owns("P4")
def test_P4_a_trail_the_price_has_crossed_closes() -> None:
    """A30: up by 4 % and back before the working stop arrives; no stop above the market is insisted on."""

    async def script(world: Play) -> None:
        await world.protected()
        world.on_sending(Role.WORKING, lambda: world.gap(-0.03))
        world.jump(0.04)
        await world.until(lambda: not world.positions(), "closed", 3.0)

    world = play(script, trailing="0.01")
    assert world.said(-2021)
    assert world.bought_and_sold() == 1
    assert world.breaches == []


@pytest.mark.owns("P4", "P5")
def test_P5_engine_watchdog_and_a_second_life_do_not_fight_over_a_stop() -> None:
    """A4: three who may place stops. The watchdog adds, the next engine adopts, nobody cancels the only one."""

    async def script(world: Play) -> None:
        await world.protected()
        world.stage.processes.kill(ENGINE, down_s=8.0)
        world.do(Kind.STOP_DROPPED)
        await world.until(lambda: world.stops(Role.WATCHDOG_STOP), "a stop of the watchdog", 6.0)
        await world.until(world.alive, "the next engine", 12.0)
        await world.passes(10.0)
        assert world.stops()
        world.jump(-0.04)
        await world.until(lambda: not world.positions(), "stopped out", 2.0)

    world = play(script, watchdog=True)
    assert all(stop.status is not AlgoStatus.NEW for stop in world.placed(*STOPS))
    assert world.breaches == []


@pytest.mark.owns("P1", "P6")
@pytest.mark.parametrize("side", [Side.LONG, Side.SHORT])
def test_P1_a_position_nobody_planned_gets_a_stop_in_the_same_breath(side: Side) -> None:
    """A15, A16, G52: adopted while the engine runs, protected by an order that is swept when it is over."""

    async def script(world: Play) -> None:
        await world.passes(4.0)
        world.do(Kind.OPENS_BY_HAND, size=0.2 if side is Side.LONG else 0.8)
        await world.until(world.stops, "a stop under it", 8.0)
        world.do(Kind.CLOSES_BY_HAND, size=1.0)
        await world.until(lambda: not world.ours(), "nothing of ours is left", 20.0)

    world = play(script, side=None)
    assert world.written("alert", "adopts")
    assert not world.asked(Role.ENTRY)
    assert world.breaches == []


@pytest.mark.owns("P1")
def test_P1_a_target_does_not_count_as_protection() -> None:
    """A20, G15: the stop goes, the target stays; that is a naked position, and it is treated as one."""

    async def script(world: Play) -> None:
        await world.protected()
        await world.until(lambda: world.placed(Role.TARGET), "a target")
        await world.passes(2.0)
        before = len(world.asked(Role.DISASTER))
        world.do(Kind.STOP_DROPPED)
        assert not world.stops()
        await world.until(world.stops, "a stop again", 5.0)
        assert len(world.asked(Role.DISASTER)) == before + 1

    world = play(script, target="0.05")
    assert world.breaches == []


@pytest.mark.owns("P4")
def test_P4_before_and_after_a_restart_the_stop_is_the_same_plan() -> None:
    """A23: the path of the entry and the path of the restart cannot disagree, for there is one plan."""

    async def script(world: Play) -> None:
        await world.protected()
        world.do(Kind.STOP_DROPPED)
        world.stage.processes.kill(ENGINE, down_s=0.5)
        await world.until(lambda: world.stops(Role.DISASTER), "the engine's own stop again", 8.0)

    world = play(script)
    prices = {one.params["triggerPrice"] for one in world.asked(Role.DISASTER)}
    assert len(world.asked(Role.DISASTER)) >= 2
    assert len(prices) == 1
    assert world.breaches == []
