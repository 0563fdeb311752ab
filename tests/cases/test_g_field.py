"""Class G: what public trackers of other programs tell, where classes A to F do not tell it already."""

from __future__ import annotations

from decimal import Decimal

import pytest

from jackline.core.ids import Role
from jackline.core.plan import Rung
from jackline.core.values import Side
from jackline.exchange.conditions import AlgoRequest
from jackline.exchange.values import AlgoStatus, OrderType, PositionSide, TimeInForce, WorkingType
from jackline.exchange.values import Side as VenueSide
from jackline.world.acts import Kind
from jackline.world.supervisor import ENGINE, WATCHDOG
from tests.cases.facts import SYMBOL
from tests.cases.play import Play, play


@pytest.mark.owns("P1")
@pytest.mark.parametrize("moment", ["sent", "executed"])
@pytest.mark.parametrize("watchdog", [False, True], ids=["alone", "watched"])
def test_P1_killed_between_the_entry_and_its_stop(moment: str, watchdog: bool) -> None:
    """G3, G39: the process dies with the entry on the wire, on the rung without a stop in front of it."""

    async def script(world: Play) -> None:
        await world.ready()

        def kill() -> None:
            world.stage.processes.kill(ENGINE, down_s=3.0)

        (world.on_sending if moment == "sent" else world.on_taking)(Role.ENTRY, kill)
        await world.until(world.fills, "a fill that nobody was told of")
        await world.until(lambda: world.stops() or not world.positions(), "covered or closed", 12.0)
        await world.passes(4.0)

    world = play(script, rung=Rung.AFTER_FILL, watchdog=watchdog)
    assert world.crashing.crashes == 1
    assert world.bought_and_sold() == 1
    assert world.naked()[0].raw_ms > 0, "it was naked, and that is measured"
    assert world.breaches == []


@pytest.mark.owns("P1", "P5", "O2")
@pytest.mark.parametrize("rung", [Rung.STOP_FIRST, Rung.AFTER_FILL])
def test_P1_a_restart_finds_the_stop_where_it_rests(rung: Rung) -> None:
    """G6, G29–G34, G36, G38, G40: it rests in the conditional listing, without a quantity. It is found, kept and
    managed: no second one, no cancel, no close, no refused start."""

    async def script(world: Play) -> None:
        await world.protected()
        stops = world.stops()
        asked = len(world.asked(Role.DISASTER, Role.WORKING))
        for _ in range(2):
            world.stage.processes.kill(ENGINE, down_s=0.5)
            await world.passes(6.0)
        assert world.alive()
        assert world.stops() == stops
        assert len(world.asked(Role.DISASTER, Role.WORKING)) == asked
        assert not world.asked(Role.CLOSE)
        world.operator.close_all()
        await world.until(lambda: not world.positions() and not world.ours(), "managed to its end", 20.0)

    world = play(script, rung=rung)
    assert world.crashing.crashes == 2
    assert world.breaches == []


@pytest.mark.owns("P2")
@pytest.mark.parametrize("quietly", [True, False])
def test_P2_an_acknowledged_stop_that_is_not_there_lets_no_entry_leave(quietly: bool) -> None:
    """G9, G12, G14, G21: "SL placed", said the log. Here a read-back must say so, and it does not."""

    async def script(world: Play) -> None:
        await world.ready()

        def lose() -> None:
            (stop,) = world.stops()
            world.stage.venue.drop_algo(world.account, stop, quietly=quietly)

        world.on_taking(Role.DISASTER, lose)
        await world.until(lambda: world.asked(Role.DISASTER), "a stop")
        await world.passes(8.0)
        assert not world.asked(Role.ENTRY)

    world = play(script)
    assert world.fills() == []
    assert world.breaches == []


@pytest.mark.owns("P1")
@pytest.mark.parametrize("side", [Side.LONG, Side.SHORT])
def test_P1_a_stop_that_fired_before_its_entry_filled_is_noticed(side: Side) -> None:
    """G10: the stop is consumed while flat and the entry fills a moment later; a stop rests again at once."""
    fired: list[AlgoStatus] = []

    async def script(world: Play) -> None:
        await world.ready()

        def fire() -> None:
            world.gap(-0.05 * side.sign)
            fired.extend(stop.status for stop in world.placed(Role.DISASTER))
            world.gap(1 / (1 - 0.05 * side.sign) - 1)

        world.on_sending(Role.ENTRY, fire)
        await world.until(world.fills, "a fill")
        await world.until(lambda: world.stops() or not world.positions(), "covered or closed", 2.0)

    world = play(script, side=side)
    assert fired == [AlgoStatus.REJECTED]
    assert world.breaches == []


@pytest.mark.owns("P1")
def test_P1_an_entry_of_which_a_part_fills_is_covered_whole() -> None:
    """G11, G22: the book holds less than was wanted; the stop is for the position, whatever its size became."""

    async def script(world: Play) -> None:
        await world.ready()
        world.stage.venue.whims.market_depth[SYMBOL] = Decimal("0.01")
        await world.protected()
        (stop,) = world.stops()
        assert stop.close_position
        world.jump(-0.03)
        await world.until(lambda: not world.positions(), "all of it closed", 2.0)

    world = play(script, rung=Rung.AFTER_FILL)
    (bought,) = [fill.quantity for fill in world.fills() if fill.side is VenueSide.BUY]
    assert bought == Decimal("0.01") < Decimal(world.asked(Role.ENTRY)[0].params["quantity"])
    assert world.breaches == []


@pytest.mark.owns("A1", "P1")
def test_A1_a_liquidation_ends_the_trade_at_the_price_it_had() -> None:
    """G7, G23: killed between fill and stop, 20x, and the price falls by 12 % before anybody is back. The loss is
    real (the one window that the promise leaves open, and its naked time is reported); the trade does not live on."""

    async def script(world: Play) -> None:
        await world.ready()
        world.on_taking(Role.ENTRY, lambda: world.stage.processes.kill(ENGINE, down_s=4.0))
        await world.until(world.positions, "a naked position")
        world.jump(-0.12)
        await world.until(lambda: any(fill.liquidation for fill in world.fills()), "a liquidation", 3.0)
        await world.until(lambda: world.rows("ended"), "the trade ends", 20.0)

    world = play(script, rung=Rung.AFTER_FILL, leverage=20, isolated=True, stop="0.01")
    assert world.written("ended", "elsewhere"), "somebody else ended it, and no price was invented"
    booked = world.ask("SELECT price FROM ledger WHERE kind = 'fill' ORDER BY entry_id")
    assert [Decimal(price) for (price,) in booked] == [fill.price for fill in world.fills()]
    assert world.breaches == []


@pytest.mark.owns("P6")
def test_P6_moving_a_stop_leaves_the_target_and_a_strangers_order_alone() -> None:
    """G26, G27, G28, G37: cancels name one order of ours. A stranger's stop survives moves, sweeps and restarts."""

    async def script(world: Play) -> None:
        await world.ready()
        stranger = world.stage.venue.place_algo(
            world.account,
            AlgoRequest(
                symbol=SYMBOL, side=VenueSide.SELL, position_side=PositionSide.BOTH, type=OrderType.STOP_MARKET,
                quantity=Decimal("0.01"), price=None, trigger_price=Decimal(40_000), activate_price=None,
                callback_fraction=None, time_in_force=TimeInForce.GTC, working_type=WorkingType.MARK_PRICE,
                close_position=False, reduce_only=True, price_protect=False, client_id="web_stop",
            ),
        )  # fmt: skip
        await world.protected()
        await world.until(lambda: world.placed(Role.TARGET), "a target")
        (target,) = world.placed(Role.TARGET)
        for _ in range(3):
            world.jump(0.01)
            await world.passes(5.0)
        assert len(world.placed(Role.WORKING)) >= 3
        assert target.algo_id in world.account.open_algos
        world.stage.processes.kill(ENGINE, down_s=0.5)
        await world.passes(5.0)
        world.operator.close_all()
        await world.until(lambda: not world.positions() and not world.ours(), "closed and swept", 20.0)
        assert stranger.algo_id in world.account.open_algos

    world = play(script, trailing="0.01", target="0.2")
    assert world.stage.account.open_algos
    assert not [one for one in world.sent if "allOpen" in one.path or one.path.endswith("openOrders/all")]
    assert world.breaches == []


@pytest.mark.owns("K2", "P5")
def test_K2_a_resting_target_locks_nobody_in() -> None:
    """G48, G47: what holds the reducible size makes every reduce-only close fail with -4118. Whatever the venue
    says, the position is closed, and its stop is the last thing to go."""

    async def script(world: Play) -> None:
        await world.protected()
        await world.until(lambda: world.placed(Role.TARGET), "a target")
        world.on_sending(Role.CLOSE, lambda: world.do(Kind.REFUSES, pick=0.85, size=0.0))
        world.operator.close_all()
        await world.until(lambda: not world.positions(), "closed", 5.0)

    world = play(script, target="0.05")
    assert world.said(-4118)
    cancels = [one for one in world.sent if one.method == "DELETE" and "lgo" in one.path]
    assert cancels
    assert world.breaches == []


@pytest.mark.owns("P1", "P2")
def test_P1_the_day_the_venue_moves_its_stops_elsewhere() -> None:
    """G55: from one minute to the next no stop is taken (-4120). No entry leaves; what is open keeps its stop; what
    loses its stop that day is closed."""

    async def script(world: Play) -> None:
        await world.protected()
        world.do(Kind.TYPE_WITHDRAWN, lasts_s=60.0)
        await world.passes(5.0)
        assert world.stops(), "what rests goes on resting"
        world.do(Kind.STOP_DROPPED)
        await world.until(lambda: not world.positions(), "closed", 8.0)
        entries = len(world.asked(Role.ENTRY))
        await world.until(lambda: len(world.said(-4120)) >= 3, "the next trade asks for its stop", 30.0)
        await world.passes(2.0)
        assert len(world.asked(Role.ENTRY)) == entries == 1

    world = play(script, cooldown_ms=0)
    assert world.breaches == []


@pytest.mark.owns("P1")
def test_P1_a_power_cut_over_an_open_position() -> None:
    """G4: both processes and everything unsynced are gone for seconds; the venue keeps the stop, and the rest is
    taken up again."""

    async def script(world: Play) -> None:
        await world.protected()
        world.do(Kind.POWER_CUT, lasts_s=12.0)
        await world.passes(2.0)
        assert not world.alive()
        assert not world.alive(WATCHDOG)
        assert world.stops()
        await world.until(world.alive, "back", 15.0)
        await world.passes(5.0)
        world.do(Kind.STOP_DROPPED)
        await world.until(world.stops, "and acting", 6.0)

    world = play(script, watchdog=True)
    assert world.breaches == []


@pytest.mark.owns("P6")
def test_P6_closed_elsewhere_nothing_of_ours_is_left() -> None:
    """G50, A16: a stop and a target rest, the position is closed at the venue's page; both are swept by id."""

    async def script(world: Play) -> None:
        await world.protected()
        await world.until(lambda: world.placed(Role.TARGET), "a target")
        world.do(Kind.CLOSES_BY_HAND, size=1.0)
        await world.until(lambda: not world.ours(), "swept", 20.0)
        await world.until(lambda: world.written("ended", "elsewhere"), "ended, and nothing invented", 10.0)

    world = play(script, target="0.05", side=Side.SHORT)
    assert world.breaches == []
