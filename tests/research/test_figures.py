"""Figures of small curves by hand, and the notes that stand above them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from jackline.core.values import Side
from jackline.exchange.account import Account
from jackline.exchange.orders import Fill
from jackline.exchange.ports import Candle
from jackline.exchange.values import PositionSide
from jackline.exchange.values import Side as OrderSide
from jackline.research.backtest.figures import DAY_MS, daily_equity, drawdown, figures, sharpe
from jackline.research.backtest.reading import count_fills_outside
from jackline.research.backtest.warnings import warnings
from tests.research.bars_played import FLAT, INTERVAL_MS, played


def curve(*values: float, step_ms: int = DAY_MS) -> list[tuple[int, Decimal]]:
    return [((number + 1) * step_ms, Decimal(str(value))) for number, value in enumerate(values)]


def test_the_deepest_fall_is_from_the_highest_value_before_it() -> None:
    found = drawdown(curve(100, 120, 90, 130, 110))
    assert found.fraction == pytest.approx(0.25)
    assert (found.peak_ms, found.trough_ms) == (2 * DAY_MS, 3 * DAY_MS)


def test_a_curve_that_only_rises_has_no_drawdown() -> None:
    assert drawdown(curve(100, 101, 102)).fraction == 0


def test_sharpe_by_hand() -> None:
    """Returns of +2 % and −1 % in turn: mean 0.5 %, sample deviation of 30 of them 1.5256 %."""
    values, value = [Decimal(100)], Decimal(100)
    for day in range(30):
        value *= Decimal("1.02") if day % 2 == 0 else Decimal("0.99")
        values.append(value)
    assert sharpe(values) == pytest.approx(0.005 / 0.0152561 * 365**0.5, rel=1e-3)


def test_too_few_days_have_no_sharpe() -> None:
    assert sharpe([Decimal(100 + day) for day in range(20)]) is None
    assert sharpe([Decimal(100)] * 40) is None


def test_days_end_at_midnight() -> None:
    half = [(number * DAY_MS // 2, Decimal(number)) for number in range(1, 5)]
    assert daily_equity(half, Decimal(0)) == [0, 2, 4]


def test_months_multiply_to_the_whole() -> None:
    result = played([FLAT] * 20, {1: Side.LONG}, hold_max_ms=2 * INTERVAL_MS)
    days = 100
    long = replace(
        result,
        equity=tuple((result.first_ms + (day + 1) * DAY_MS, Decimal(10_000 + day)) for day in range(days)),
        end_ms=result.first_ms + days * DAY_MS,
    )
    found = figures(long)
    whole = 1.0
    for month in found.months:
        whole *= 1 + month.return_fraction
    assert whole - 1 == pytest.approx(found.return_fraction)
    assert [month.month for month in found.months] == [1, 2, 3, 4]


def test_gross_less_every_cost_is_net() -> None:
    result = played([FLAT] * 40, {1: Side.LONG, 20: Side.SHORT}, hold_max_ms=5 * INTERVAL_MS)
    found = figures(result)
    net = found.final_equity_quote - result.balance_quote
    assert found.gross_quote - found.fees_quote + found.funding_quote == net
    assert found.exposure_fraction == pytest.approx(10 / 39)
    assert found.reasons == (("max_hold", 2),)


def test_few_trades_and_trades_that_end_at_once_are_said() -> None:
    result = played([FLAT] * 9, {1: Side.LONG}, hold_max_ms=INTERVAL_MS)
    assert any("say little" in text for text in warnings(result, figures(result)))
    at_once = replace(result.trades[0], exit_bar_ms=result.trades[0].entry_bar_ms)
    many = replace(result, trades=(at_once,) * 40)
    assert any(
        "40 of 40 trades ended in the bar of their entry" in text for text in warnings(many, figures(many))
    )


def test_a_strategy_that_failed_did_not_wish_for_nothing() -> None:
    result = replace(played([FLAT] * 9, {1: Side.LONG}), denied={"strategy": 2_996, "cooldown": 3})
    assert warnings(result, figures(result))[0].startswith("The strategy failed on 2,996 bars")
    fine = replace(result, denied={"cooldown": 3})
    assert not any("failed" in text for text in warnings(fine, figures(fine)))


def test_what_does_not_add_up_is_said_first() -> None:
    result = played([FLAT] * 9, {1: Side.LONG}, hold_max_ms=INTERVAL_MS)
    wrong = replace(result, ledger_gap_quote=Decimal("0.01"), fills_outside=1, unrested=2)
    said = warnings(wrong, figures(wrong))
    assert said[0].startswith("The ledger does not explain 0.01")
    assert said[1].startswith("1 fills lie outside")


def test_a_fill_outside_its_bar_is_counted() -> None:
    """One at 100 in a bar from 99 to 101, one at 103, one at no bar at all."""
    fill = Fill(
        trade_id=1,
        account="a",
        order_id=1,
        client_id="c",
        symbol="BTCUSDT",
        side=OrderSide.BUY,
        position_side=PositionSide.BOTH,
        price=Decimal(100),
        quantity=Decimal(1),
        commission=Decimal(0),
        realised=Decimal(0),
        maker=False,
        liquidation=False,
        wire_ms=0,
        market_ms=INTERVAL_MS + 5,
    )
    account = Account(name="a", wallet=Decimal(0), wallet_at_start=Decimal(0), hedge=False)
    account.fills += [fill, replace(fill, price=Decimal(103)), replace(fill, market_ms=9 * INTERVAL_MS)]
    bar = Candle(
        open_ms=INTERVAL_MS,
        open=Decimal(100),
        high=Decimal(101),
        low=Decimal(99),
        close=Decimal(100),
        volume=Decimal(1),
    )
    bars = {"BTCUSDT": {INTERVAL_MS: bar}}
    assert count_fills_outside(account, bars, interval_ms=INTERVAL_MS, slippage=Decimal("0.0001")) == 2
