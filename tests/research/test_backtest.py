"""Golden bars: where an entry, a stop, a target, a trail and a hold are filled, to the tick."""

from __future__ import annotations

from decimal import Decimal

import pytest

from jackline.core.values import Fraction, Side
from jackline.research.backtest.settings import BacktestSettings
from jackline.research.costs import Costs
from tests.research.bars_played import BEGIN_MS, FLAT, FREE, INTERVAL_MS, PRICE, Row, only, played

STOP = Decimal("49623.8")
"""1 % below the worst fill that the collar of 0.25 % allows, rounded towards the market."""


def flat(price: float) -> Row:
    """A bar that stands still."""
    return (price, price, price, price)


def test_an_entry_fills_at_the_next_open_worse_by_slippage() -> None:
    """Never at the close that was decided on (E8)."""
    rows = [FLAT, FLAT, (50_020.0, 50_030.0, 50_010.0, 50_020.0), flat(50_020.0), FLAT]
    trade = only(played(rows, {1: Side.LONG}, costs=Costs(slippage_bps=Decimal(2))))
    assert trade.entry_price == Decimal("50030.0")  # 50,020 and two bps, on the tick
    assert trade.entry_bar_ms == BEGIN_MS + 2 * INTERVAL_MS


def test_an_open_beyond_the_collar_fills_nothing() -> None:
    rows = [FLAT, FLAT, flat(50_200.0), flat(50_200.0), flat(50_200.0)]
    result = played(rows, {1: Side.LONG})
    assert result.trades == ()
    assert (result.signals, result.unfilled, result.denied) == (1, 1, {})


def test_a_stop_inside_an_ordinary_leg_fills_at_its_trigger() -> None:
    rows = [FLAT, FLAT, FLAT, (50_000.0, 50_100.0, 49_600.0, 50_050.0), FLAT, FLAT]
    trade = only(played(rows, {1: Side.LONG}))
    assert (trade.exit_price, trade.reason) == (STOP, "stop")
    assert trade.exit_bar_ms == BEGIN_MS + 3 * INTERVAL_MS
    assert trade.stop_prices == ((trade.entry_ms, STOP),)


def test_slippage_makes_a_stop_worse() -> None:
    rows = [FLAT, FLAT, FLAT, (50_000.0, 50_100.0, 49_600.0, 50_050.0), FLAT, FLAT]
    trade = only(played(rows, {1: Side.LONG}, costs=Costs(slippage_bps=Decimal(1))))
    assert trade.exit_price == Decimal("49618.8")


def test_a_stop_that_the_open_has_passed_fills_at_the_open() -> None:
    rows = [FLAT, FLAT, FLAT, (49_500.0, 49_900.0, 49_400.0, 49_800.0), FLAT, FLAT]
    result = played(rows, {1: Side.LONG})
    assert only(result).exit_price == Decimal("49500.0")
    assert result.stop_fills[0].is_gap


def test_a_stop_inside_a_jump_fills_beyond_it() -> None:
    """A fall of 4 % in four steps of 500: the first is at the stop's other side."""
    rows = [FLAT, FLAT, FLAT, (50_000.0, 50_000.0, 48_000.0, 48_500.0), flat(48_500.0), flat(48_500.0)]
    trade = only(played(rows, {1: Side.LONG}))
    assert trade.exit_price == Decimal("49500.0")
    assert trade.exit_price < STOP


def test_a_jump_is_what_somebody_says_it_is() -> None:
    rows = [FLAT, FLAT, FLAT, (50_000.0, 50_000.0, 48_000.0, 48_500.0), flat(48_500.0), flat(48_500.0)]
    calm = BacktestSettings(jump_leg_fraction=Decimal("0.05"))
    assert only(played(rows, {1: Side.LONG}, more=calm)).exit_price == STOP


@pytest.mark.parametrize("side", list(Side))
def test_the_stop_comes_before_the_target_in_a_bar_that_touches_both(side: Side) -> None:
    rows = [FLAT, FLAT, FLAT, (50_000.0, 50_400.0, 49_600.0, 50_000.0), FLAT, FLAT]
    trade = only(played(rows, {1: side}, target_fraction=Fraction(Decimal("0.005"))))
    assert trade.reason == "stop"
    assert trade.pnl_quote < 0


def test_a_target_fills_at_its_price() -> None:
    rows = [FLAT, FLAT, FLAT, (50_000.0, 50_300.0, 49_900.0, 50_000.0), FLAT, FLAT]
    trade = only(played(rows, {1: Side.LONG}, target_fraction=Fraction(Decimal("0.005"))))
    assert (trade.exit_price, trade.reason) == (Decimal("50250.0"), "target")


def test_a_trail_follows_the_best_price_and_never_loosens() -> None:
    """1 % behind 50,400 is 49,896; the next bar falls to it."""
    rows = [
        FLAT,
        FLAT,
        FLAT,
        (50_000.0, 50_400.0, 49_990.0, 50_350.0),
        (50_350.0, 50_360.0, 49_880.0, 50_000.0),
        FLAT,
        FLAT,
    ]
    trade = only(played(rows, {1: Side.LONG}, trailing_fraction=Fraction(Decimal("0.01"))))
    assert trade.exit_price == Decimal("49896.0")
    assert trade.reason == "trailing_stop"
    triggers = [price for _, price in trade.stop_prices]
    assert triggers == sorted(triggers)
    assert trade.stop_prices[-1][0] > trade.entry_ms


def test_a_hold_is_exact() -> None:
    """Four bars from the fill: the open of the fifth."""
    rows = [FLAT] * 4 + [flat(50_010.0)] * 6
    trade = only(played(rows, {1: Side.LONG}, hold_max_ms=4 * INTERVAL_MS))
    assert trade.exit_ms == trade.entry_ms + 4 * INTERVAL_MS
    assert (trade.reason, trade.exit_price) == ("max_hold", Decimal("50010.0"))


def test_funding_is_paid_once_at_each_boundary() -> None:
    """Entered at 07:45, past 08:00, ended before 16:00; a rate of 0.0001 of the notional at mark."""
    begin_ms = BEGIN_MS + 29 * INTERVAL_MS
    rows = [FLAT] * 8
    costs = Costs(slippage_bps=Decimal(0))
    trade = only(played(rows, {1: Side.LONG}, costs=costs, begin_ms=begin_ms, hold_max_ms=3 * INTERVAL_MS))
    assert trade.entry_ms == BEGIN_MS + 31 * INTERVAL_MS
    assert trade.funding_quote == -trade.quantity * Decimal(50_000) * Decimal("0.0001")
    short = only(played(rows, {1: Side.SHORT}, costs=costs, begin_ms=begin_ms, hold_max_ms=3 * INTERVAL_MS))
    assert short.funding_quote == short.quantity * Decimal(50_000) * Decimal("0.0001")


def test_fees_are_on_notional_both_ways() -> None:
    rows = [FLAT] * 9
    trade = only(played(rows, {1: Side.LONG}, hold_max_ms=2 * INTERVAL_MS))
    assert trade.fees_quote == 2 * trade.quantity * Decimal(str(PRICE)) * Decimal("0.0005")
    assert trade.pnl_quote == -trade.fees_quote


def test_what_is_open_at_the_end_is_valued_there_and_said_to_be_open() -> None:
    result = played([FLAT, FLAT, FLAT, flat(50_100.0), flat(50_100.0)], {1: Side.LONG})
    trade = only(result)
    assert trade.is_open
    assert trade.exit_price is None
    assert trade.pnl_quote == trade.quantity * 100 - trade.fees_quote
    assert result.equity[-1][1] == result.balance_quote + trade.pnl_quote


def test_the_last_close_decides_nothing() -> None:
    result = played([FLAT] * 6, {5: Side.LONG})
    assert result.trades == ()
    assert result.signals == 0


def test_equity_is_one_curve_of_every_bar() -> None:
    result = played([FLAT] * 10, {1: Side.LONG}, hold_max_ms=2 * INTERVAL_MS)
    ends = [at_ms for at_ms, _ in result.equity]
    assert ends == [BEGIN_MS + (bar + 1) * INTERVAL_MS for bar in range(1, 10)]
    moved = result.equity[-1][1] - result.balance_quote
    assert moved == sum(trade.pnl_quote for trade in result.trades)


def test_signals_that_a_gate_denies_are_counted_by_reason() -> None:
    result = played([FLAT] * 8, {1: Side.LONG, 3: Side.LONG, 4: Side.SHORT})
    assert result.denied == {"symbol_busy": 2}
    assert result.signals == 3


def test_a_tripped_switch_is_reset_at_midnight_and_counted() -> None:
    """One loss is one too many here; without the operator nothing opens again."""
    day = 96
    rows: list[Row] = [FLAT] * (day + 10)
    rows[3] = (50_000.0, 50_000.0, 49_600.0, 49_990.0)
    wishes = {1: Side.LONG, 20: Side.LONG, day + 2: Side.LONG}
    result = played(rows, wishes, losing_streak_max=1)
    assert len(result.trades) == 2
    assert result.resets == 1
    assert result.denied == {"kill_level": 1}
    kept = played(rows, wishes, losing_streak_max=1, more=BacktestSettings(resets_next_day=False))
    assert len(kept.trades) == 1
    assert kept.resets == 0


def test_the_same_twice_is_the_same_to_the_bit() -> None:
    rows = [FLAT, FLAT, FLAT, (50_000.0, 50_400.0, 49_600.0, 50_000.0), FLAT, FLAT, FLAT]
    first, second = (
        played(rows, {1: Side.LONG, 4: Side.SHORT}, costs=Costs(), target_fraction=Fraction(Decimal("0.005")))
        for _ in range(2)
    )
    assert first == second


def test_costs_are_what_was_asked_for() -> None:
    rows = [FLAT] * 9
    dear = FREE.multiplied(Decimal(2))
    trade = only(played(rows, {1: Side.LONG}, costs=dear, hold_max_ms=2 * INTERVAL_MS))
    assert trade.fees_quote == 2 * trade.quantity * Decimal(50_000) * Decimal("0.001")
