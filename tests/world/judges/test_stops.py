"""P4–P8: where stops stand, what cancels them, what remains, and what they cost."""

from __future__ import annotations

from decimal import Decimal

from jackline.world.judges.cancels import CancelJudge, SweepJudge
from jackline.world.judges.deadlines import ESTABLISHED_MS, SNAPSHOT_AGE_MS, SWEEP_MS
from jackline.world.judges.names import Role
from jackline.world.judges.ratchet import RatchetJudge
from jackline.world.judges.risk import BudgetJudge, LiquidationJudge, RiskBudget
from jackline.world.judges.scene import Scene
from tests.exchange.worlds import BUY, SELL, World
from tests.world.judges.court import BTC, ENGINE, OTHER, Court

BUDGET = RiskBudget(
    risk_fraction=Decimal("0.0075"), taker_fraction=Decimal("0.0005"), slippage_fraction=Decimal("0.002")
)


def protected(*judges: type[RatchetJudge] | type[CancelJudge]) -> Court:
    """A long of 0.01 with a D at its plan of 59,400, long enough to have been read back."""
    court = Court(*judges)
    court.journal.intend()
    court.stop()
    court.enter()
    court.passing(ESTABLISHED_MS + 1)
    return court


# -- P4 ------------------------------------------------------------------------------------------------------


def test_P4_a_ratchet_that_only_tightens() -> None:
    court = protected(RatchetJudge)
    first = court.stop(59_500, role=Role.WORKING, attempt=2, quantity="0.01")
    court.passing(ESTABLISHED_MS)
    court.stop(59_600, role=Role.WORKING, attempt=3, quantity="0.01")
    court.passing(ESTABLISHED_MS)
    court.cancel(first)
    assert court.codes == []


def test_P4_a_disaster_stop_beyond_its_plan() -> None:
    court = Court(RatchetJudge)
    court.journal.intend()
    court.stop(59_399)
    assert court.codes == ["P4"]


def test_P4_a_working_stop_looser_than_what_rests() -> None:
    court = protected(RatchetJudge)
    court.stop(59_300, role=Role.WORKING, attempt=2, quantity="0.01")
    assert court.codes == ["P4"]


def test_P4_a_lost_working_stop_is_not_replaced_by_a_looser_one() -> None:
    court = protected(RatchetJudge)
    working = court.stop(59_600, role=Role.WORKING, attempt=2, quantity="0.01")
    court.passing(ESTABLISHED_MS)
    court.drop(working)
    court.stop(59_600, role=Role.WORKING, attempt=3, quantity="0.01")
    assert court.codes == []
    court.stop(59_500, role=Role.WORKING, attempt=4, quantity="0.01")
    assert court.codes == ["P4"]


def test_P4_a_lost_disaster_stop_stands_at_its_plan_again_under_a_working_one() -> None:
    court = protected(RatchetJudge)
    court.stop(59_600, role=Role.WORKING, attempt=2, quantity="0.01")
    court.passing(ESTABLISHED_MS)
    disaster = next(stop.algo for stop in court.scene.resting.values() if stop.algo.close_position)
    court.drop(disaster)
    court.stop(attempt=3)
    assert court.codes == []


def test_P4_without_a_working_one_it_stands_at_the_ratchet() -> None:
    court = protected(RatchetJudge)
    working = court.stop(59_600, role=Role.WORKING, attempt=2, quantity="0.01")
    court.passing(ESTABLISHED_MS)
    disaster = next(stop.algo for stop in court.scene.resting.values() if stop.algo.close_position)
    court.drop(disaster)
    court.drop(working)
    court.stop(attempt=3)
    assert court.codes == ["P4"]


def test_P4_beside_the_tightest_resting_stop_a_second_one_loosens_nothing() -> None:
    court = protected(RatchetJudge)
    court.stop(59_300, role=Role.WATCHDOG_STOP, trade_id=OTHER, quantity="0.01")
    assert court.codes == []


def test_P4_a_lost_disk_takes_plan_and_ratchet_with_it() -> None:
    court = protected(RatchetJudge)
    court.drop(next(stop.algo for stop in court.scene.resting.values()))
    court.journal.epoch += 1
    court.stop(59_300, attempt=3)
    assert court.codes == []


def test_P4_what_still_rests_binds_after_a_lost_disk() -> None:
    court = protected(RatchetJudge)
    court.journal.epoch += 1
    court.stop(59_300, role=Role.WORKING, attempt=3, quantity="0.01")
    assert court.codes == ["P4"]


def test_P4_cancelling_the_tightest_stop() -> None:
    court = protected(RatchetJudge)
    working = court.stop(59_600, role=Role.WORKING, attempt=2, quantity="0.01")
    court.cancel(working)
    assert court.codes == ["P4"]


def test_P4_the_same_for_a_short() -> None:
    court = Court(RatchetJudge)
    court.journal.intend(stop=60_600)
    court.stop(60_600, side=BUY)
    court.enter(side=SELL)
    court.passing(ESTABLISHED_MS + 1)
    court.stop(60_500, role=Role.WORKING, attempt=2, quantity="0.01", side=BUY)
    assert court.codes == []
    court.stop(60_700, role=Role.WORKING, attempt=3, quantity="0.01", side=BUY)
    assert court.codes == ["P4"]


# -- P5 ------------------------------------------------------------------------------------------------------


def test_P5_a_cancel_that_uncovers_the_position() -> None:
    court = protected(CancelJudge)
    court.cancel(next(stop.algo for stop in court.scene.resting.values()))
    assert court.codes == ["P5"]


def test_P5_a_cancel_under_another_stop() -> None:
    court = protected(CancelJudge)
    working = court.stop(59_600, role=Role.WORKING, attempt=2, quantity="0.01")
    court.cancel(working)
    assert court.codes == []


def test_P5_a_cancel_on_a_flat_symbol() -> None:
    court = Court(CancelJudge)
    court.cancel(court.stop())
    assert court.codes == []


def test_P5_what_the_venue_took_in_the_same_moment_excuses() -> None:
    court = protected(CancelJudge)
    working = court.stop(59_600, role=Role.WORKING, attempt=2, quantity="0.01")
    disaster = next(stop.algo for stop in court.scene.resting.values() if stop.algo.close_position)
    court.drop(disaster)
    court.passing(SNAPSHOT_AGE_MS - 1)
    court.cancel(working)
    assert court.codes == []


def test_P5_what_the_venue_took_long_ago_does_not() -> None:
    court = protected(CancelJudge)
    working = court.stop(59_600, role=Role.WORKING, attempt=2, quantity="0.01")
    disaster = next(stop.algo for stop in court.scene.resting.values() if stop.algo.close_position)
    court.drop(disaster)
    court.passing(SNAPSHOT_AGE_MS + 1)
    court.cancel(working)
    assert court.codes == ["P5"]


def test_P5_a_stranger_may_open_while_the_cancel_is_under_way() -> None:
    court = Court(CancelJudge)
    algo = court.stop()
    departure = court.leaves("DELETE", "algoOrder", {"algoId": algo.algo_id})
    court.passing(50)
    court.world.order(BUY, "0.01", client_id="web_opens")
    court.look()
    court.arrives(departure, lambda: court.world.venue.cancel_algo(court.world.account, algo))
    assert court.codes == []


def test_P5_an_entry_of_ours_may_not() -> None:
    court = Court(CancelJudge)
    algo = court.stop()
    departure = court.leaves("DELETE", "algoOrder", {"algoId": algo.algo_id})
    court.passing(50)
    court.enter()
    court.arrives(departure, lambda: court.world.venue.cancel_algo(court.world.account, algo))
    assert court.codes == ["P5"]


# -- P6 ------------------------------------------------------------------------------------------------------


def test_P6_a_blanket_cancel() -> None:
    court = Court(CancelJudge)
    court.leaves("DELETE", "algoOpenOrders", {"symbol": BTC})
    court.leaves("DELETE", "allOpenOrders", {"symbol": BTC})
    assert court.codes == ["P6", "P6"]


def test_P6_a_strangers_order() -> None:
    court = Court(CancelJudge)
    theirs = court.world.stop(SELL, 50_000, client_id="web_stop")
    limit = court.world.order(BUY, "0.01", price=50_000, client_id="web_limit")
    court.look()
    court.cancel(theirs)
    court.leaves("DELETE", "order", {"symbol": BTC, "orderId": limit.order_id})
    court.leaves("DELETE", "order", {"symbol": BTC, "origClientOrderId": "web_limit"})
    assert court.codes == ["P6", "P6", "P6"]


def test_P6_an_order_left_on_a_flat_symbol() -> None:
    court = Court(SweepJudge)
    court.stop()
    court.passing(SWEEP_MS)
    assert court.codes == []
    court.passing(1)
    assert court.codes == ["P6"]


def test_P6_time_without_an_engine_does_not_count_nor_does_a_strangers_order() -> None:
    court = Court(SweepJudge)
    court.world.stop(SELL, 50_000, quantity="0.01", reduce_only=True, client_id="web_stop")
    court.stop()
    court.start("watchdog-1")
    court.end(ENGINE)
    court.passing(2 * SWEEP_MS)
    assert court.codes == []


def test_P6_under_a_position_it_is_protection() -> None:
    court = Court(SweepJudge)
    court.stop()
    court.enter()
    court.passing(2 * SWEEP_MS)
    assert court.codes == []


# -- P7 ------------------------------------------------------------------------------------------------------


def levered() -> Court:
    """Isolated at 20×: a long from 60,000 is liquidated near 57,200."""
    world = World()
    world.isolate(20)
    return Court(LiquidationJudge, world=world)


def test_P7_a_stop_inside_liquidation() -> None:
    court = levered()
    court.stop(59_400)
    court.enter()
    court.stop(58_000, role=Role.WORKING, attempt=2, quantity="0.01")
    assert court.codes == []


def test_P7_a_stop_that_waited_beyond_liquidation() -> None:
    court = levered()
    court.stop(55_000)
    court.enter()
    assert court.codes == ["P7"]


def test_P7_a_stop_that_came_later_beyond_liquidation() -> None:
    court = levered()
    court.enter()
    court.stop(55_000)
    assert court.codes == ["P7"]


# -- P8 ------------------------------------------------------------------------------------------------------


def budget_court() -> Court:
    def made(scene: Scene) -> BudgetJudge:
        return BudgetJudge(scene, budget=BUDGET)

    return Court(made)


def test_P8_a_loss_within_the_budget() -> None:
    court = budget_court()
    court.journal.intend(quantity="0.09")
    court.stop()
    court.enter(quantity="0.09")  # 0.09 × (600 + 59.7 + 118.8) = 70.07 of 75
    assert court.codes == []


def test_P8_a_loss_beyond_the_budget() -> None:
    court = budget_court()
    court.journal.intend(quantity="0.1")
    court.stop()
    court.enter(quantity="0.1")  # 77.85
    assert court.codes == ["P8"]


def test_P8_the_plan_counts_where_no_stop_rests() -> None:
    court = budget_court()
    court.journal.intend(OTHER, quantity="0.09", stop=58_000)
    court.enter(OTHER, quantity="0.09")
    assert court.codes == ["P8"]


def test_P8_a_withdrawal_a_moment_ago_excuses() -> None:
    court = budget_court()
    court.journal.intend(quantity="0.09")
    court.stop()
    court.world.venue.transfer(court.world.account, Decimal(-5_000))
    court.look()
    court.passing(1_000)
    court.enter(quantity="0.09")
    assert court.codes == []


def test_P8_a_withdrawal_long_ago_does_not() -> None:
    court = budget_court()
    court.journal.intend(quantity="0.09")
    court.stop()
    court.world.venue.transfer(court.world.account, Decimal(-5_000))
    court.look()
    court.passing(60_000)
    court.enter(quantity="0.09")
    assert court.codes == ["P8"]
