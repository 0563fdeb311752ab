"""A backtest comes out the same over the direct port and over the transport that trades."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from jackline.core.exit_settings import ExitSettings, Stages
from jackline.core.values import Fraction, Side
from jackline.research.backtest.result import BacktestResult
from jackline.research.backtest.run import run_backtest
from jackline.research.backtest.settings import BacktestSettings
from jackline.research.backtest.street import Transport
from jackline.research.costs import Costs
from tests.research.bars_played import Row, Told, candles, options, risk

BARS = 110


def walk(seed: int, bars: int = BARS) -> list[Row]:
    """Bars of a random walk with fat tails: some gap, some jump."""
    draws = np.random.default_rng(seed)
    rows: list[Row] = []
    price = 50_000.0
    for _ in range(bars):
        start = round(price * (1 + 0.0005 * draws.standard_normal()), 1)
        end = round(start * (1 + 0.003 * draws.standard_t(3)), 1)
        high = round(max(start, end) * (1 + abs(0.0015 * draws.standard_normal())), 1)
        low = round(min(start, end) * (1 - abs(0.0015 * draws.standard_normal())), 1)
        rows.append((start, high, low, end))
        price = end
    return rows


def over(transport: Transport, seed: int) -> BacktestResult:
    """Trades of every kind of exit."""
    wishes = {bar: Side.LONG if bar % 2 else Side.SHORT for bar in range(3, BARS, 7)}
    settings = risk(
        target_fraction=Fraction(Decimal("0.012")),
        trailing_fraction=Fraction(Decimal("0.008")),
        hold_max_ms=6 * 900_000,
        exits=ExitSettings(
            stages=Stages(
                break_even_gain_fraction=Fraction(Decimal("0.005")),
                lock_gain_fraction=Fraction(Decimal("0.009")),
                lock_fraction=Fraction(Decimal("0.004")),
                peak_gain_fraction=Fraction(Decimal("0.011")),
                peak_distance_fraction=Fraction(Decimal("0.003")),
            )
        ),
    )
    played = BacktestSettings(costs=Costs(), transport=transport)
    return run_backtest(options(Told(wishes=wishes), settings), [candles(walk(seed))], settings=played)


def essence(result: BacktestResult) -> list[object]:
    """What a trade is, without the id that says when its engine started."""
    return [
        (
            one.side,
            one.quantity,
            one.entry_ms,
            one.entry_price,
            one.exit_ms,
            one.exit_price,
            one.reason,
            one.fees_quote,
            one.funding_quote,
            one.pnl_quote,
            [price for _, price in one.stop_prices],
        )
        for one in result.trades
    ]


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(4, 10))])
def test_both_transports_give_the_same_trades(seed: int) -> None:
    direct, wired = over(Transport.DIRECT, seed), over(Transport.WIRE, seed)
    assert essence(direct) == essence(wired)
    assert direct.equity == wired.equity
    assert direct.denied == wired.denied
    assert len(direct.trades) > 10
    assert len({trade.reason for trade in direct.trades}) >= 3


def test_no_trade_is_ever_naked_and_the_ledger_explains_all() -> None:
    result = over(Transport.DIRECT, 3)
    assert max(result.naked_ms) == 0
    assert result.ledger_gap_quote == 0
    assert result.unrested == 0
    again = over(Transport.DIRECT, 3)
    assert replace(result, notes=()) == replace(again, notes=())
