"""Class A, the way out: stops that fire, closes that are refused, and what must not stand in the way."""

from __future__ import annotations

from decimal import Decimal

import pytest

from jackline.core.ids import Role
from jackline.core.values import Side
from jackline.exchange.values import AlgoStatus
from jackline.exchange.wire.faults import Refuse
from jackline.world.acts import Kind
from jackline.world.supervisor import ENGINE, WATCHDOG
from tests.cases.facts import SYMBOL
from tests.cases.play import Play, play

PLAIN = "/fapi/v1/order"


@pytest.mark.owns("P1", "A1")
@pytest.mark.parametrize("side", [Side.LONG, Side.SHORT])
def test_A1_a_gap_through_the_stop_is_filled_at_the_market_and_booked_as_filled(side: Side) -> None:
    """A12, C3, C4, C19, C26, G17, G19: a stop-limit would have been jumped; the book shows the real exit."""

    async def script(world: Play) -> None:
        await world.protected()
        world.do(Kind.THROUGH_STOP, size=0.6)
        await world.until(lambda: not world.positions(), "stopped out", 2.0)

    world = play(script, side=side)
    exit_fill = world.fills()[-1]
    (stop,) = world.placed(Role.DISASTER)
    assert (stop.trigger_price - exit_fill.price) * side.sign > 100, "the gap was real"
    booked = world.ask(f"SELECT price, side FROM ledger WHERE entry_id LIKE '%fill%{exit_fill.trade_id}'")
    assert [Decimal(price) for price, _ in booked] == [exit_fill.price]
    assert world.account.wallet == sum(
        Decimal(amount) for (amount,) in world.ask("SELECT amount_quote FROM ledger")
    )
    assert world.written("ended", "stop")
    assert world.breaches == []


@pytest.mark.owns("P5", "K2")
def test_P5_the_stop_rests_until_the_close_is_confirmed() -> None:
    """A13, C2, G47: the close is refused again and again; the stop is what stands between, and stays."""

    async def script(world: Play) -> None:
        await world.protected()
        undo = world.means.post(Refuse(code=-2010, paths=(PLAIN,), methods=("POST",)))
        world.operator.close_all()
        await world.until(lambda: len(world.said(-2010)) >= 3, "closes that are refused")
        assert world.positions()
        assert world.stops(Role.DISASTER)
        assert not world.asked(Role.DISASTER, method="DELETE")
        undo()
        await world.until(lambda: not world.positions(), "closed in the end", 15.0)

    world = play(script)
    assert world.breaches == []


@pytest.mark.owns("P3")
def test_P3_a_stop_left_over_opens_nothing() -> None:
    """A14, G49: closed by hand, and the price goes through the stop before anyone could sweep it."""

    async def script(world: Play) -> None:
        await world.protected()
        (stop,) = world.stops()
        world.stage.processes.pause(ENGINE, 4.0)
        world.do(Kind.CLOSES_BY_HAND, size=1.0)
        world.gap(-0.05)
        await world.passes(3.0)
        assert not world.positions()
        assert world.account.algos[stop.algo_id].status in {AlgoStatus.REJECTED, AlgoStatus.EXPIRED}

    world = play(script)
    assert len(world.fills()) == 2
    assert world.breaches == []


@pytest.mark.owns("K2")
def test_K2_nothing_of_ours_holds_an_exit_back() -> None:
    """A24, A26, F12: the switch is up, the disk is full, the venue is overloaded, the streams are dead; it closes."""

    async def script(world: Play) -> None:
        await world.protected()
        world.do(Kind.OVERLOADED, lasts_s=30.0, size=1.0)
        world.do(Kind.CUT_STREAMS, lasts_s=30.0)
        world.operator.flatten()
        await world.passes(0.1)
        world.do(Kind.DISK_FULL, lasts_s=30.0)
        await world.until(lambda: not world.positions(), "closed", 5.0)

    world = play(script)
    assert [one.params["reduceOnly"] for one in world.asked(Role.CLOSE)] == ["true"]
    assert world.breaches == []


@pytest.mark.owns("K2", "A1")
@pytest.mark.parametrize("reason", ["stop", "trailing_stop", "target", "max_hold", "operator", "kill_switch"])
def test_K2_every_reason_to_leave_reaches_the_venue(reason: str) -> None:
    """A25: from the decision to the flat position, for each reason there is."""

    async def script(world: Play) -> None:
        await world.protected()
        match reason:
            case "stop":
                world.jump(-0.03)
            case "trailing_stop":
                bought = world.fills()[0].price
                world.jump(0.02)
                await world.until(
                    lambda: any(stop.trigger_price > bought for stop in world.stops(Role.WORKING)), "a trail"
                )
                await world.passes(1.0)
                world.jump(-0.015)
            case "target":
                await world.until(lambda: world.placed(Role.TARGET), "a target")
                world.jump(0.03)
            case "max_hold":
                pass
            case "operator":
                world.operator.close_all()
            case _:
                world.operator.flatten()
        await world.until(lambda: not world.positions(), "flat", 15.0)
        await world.until(lambda: world.written("ended", reason), f"ended by {reason}", 15.0)

    world = play(
        script,
        trailing="0.01" if reason == "trailing_stop" else None,
        target="0.02" if reason == "target" else None,
        hold_max_ms=60_000 if reason == "max_hold" else 10**9,
    )
    (ended,) = world.rows("ended")
    assert reason in str(ended)
    assert world.breaches == []


@pytest.mark.owns("P1", "A1")
def test_P1_the_stop_fires_while_nobody_is_there() -> None:
    """A27, A29, A31, G1–G5: engine and watchdog are killed, the price falls by 6 %, and the exchange closes."""

    async def script(world: Play) -> None:
        await world.protected()
        world.stage.processes.kill(ENGINE, down_s=10.0)
        world.stage.processes.kill(WATCHDOG, down_s=10.0)
        world.jump(-0.06)
        await world.passes(1.0)
        assert not world.positions()
        assert not world.alive()
        await world.until(lambda: world.written("ended", "stop"), "the next engine books it", 30.0)

    world = play(script, watchdog=True)
    assert world.crashing.crashes == 2
    assert world.naked()[0].raw_ms == 0
    assert world.breaches == []


@pytest.mark.owns("P3", "O2")
@pytest.mark.parametrize("what", [Kind.STICKY_TRIGGERING, Kind.REJECTED_AT_TRIGGER, Kind.CHILD_PART_FILLED])
def test_P3_a_stop_that_fires_and_does_not_close_is_closed_once(what: Kind) -> None:
    """A32, G10, G18, G47: triggered, stuck, rejected or half filled: closed once, and never turned round."""

    async def script(world: Play) -> None:
        await world.protected()
        world.do(what, lasts_s=6.0, size=0.5)
        world.jump(-0.03)
        await world.until(lambda: not world.positions(), "flat", 8.0)
        await world.passes(8.0)
        assert not world.positions(), "what came late opened nothing"

    world = play(script)
    assert world.asked(Role.CLOSE)
    bought = sum(fill.quantity * fill.side.sign for fill in world.fills() if fill.symbol == SYMBOL)
    assert bought == 0
    assert world.breaches == []
