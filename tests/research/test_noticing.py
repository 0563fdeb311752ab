"""Bars that nobody could notice are one step, and looks at the clock that find nothing to do are passed over: what
comes of a backtest is the same as if every bar were walked and every look waited for."""

from __future__ import annotations

from decimal import Decimal

import pytest

from jackline.core.settings import RiskSettings
from jackline.core.values import Fraction, Quote, Side
from jackline.research.backtest.result import BacktestResult
from jackline.research.backtest.run import run_backtest
from jackline.research.backtest.settings import BacktestSettings
from tests.research.bars_played import Told, candles, options, risk
from tests.research.test_transports import essence, walk

BARS = 260
WISHES = {bar: Side.LONG if bar % 3 else Side.SHORT for bar in range(3, BARS, 11)}

RULES: dict[str, RiskSettings] = {
    "stop and hold": risk(hold_max_ms=10 * 900_000),
    "target": risk(target_fraction=Fraction(Decimal("0.015"))),
    "trail": risk(trailing_fraction=Fraction(Decimal("0.012")), hold_max_ms=40 * 900_000),
    "limits": risk(
        drawdown_max_fraction=Fraction(Decimal("0.02")),
        daily_loss_max_fraction=Fraction(Decimal("0.01")),
        size_cap_fraction=Fraction(Decimal(1)),
        losing_streak_max=3,
        hold_max_ms=30 * 900_000,
        equity_min_quote=Quote(Decimal(100)),
    ),
}


def over(settings: RiskSettings, *, walks_all: bool) -> BacktestResult:
    """A wide random walk, most of it inside a position."""
    played = BacktestSettings(walks_all=walks_all)
    told = Told(wishes=WISHES)
    return run_backtest(options(told, settings), [candles(walk(7, bars=BARS))], settings=played)


@pytest.mark.parametrize("rules", list(RULES))
def test_a_bar_in_one_step_changes_nothing(rules: str) -> None:
    short, whole = over(RULES[rules], walks_all=False), over(RULES[rules], walks_all=True)
    assert essence(short) == essence(whole)
    assert short.equity == whole.equity
    assert short.denied == whole.denied
    assert short.resets == whole.resets
    assert len(short.trades) > 5
