"""What a backtest will not play, and what it says of what it did play."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from jackline.core.gate_settings import RegimeSettings, Rule
from jackline.core.values import Side, Symbol
from jackline.data.candles import Candles
from jackline.research.backtest.fitting import plain
from jackline.research.backtest.run import run_backtest
from jackline.research.backtest.settings import BacktestSettings
from jackline.research.costs import Costs
from jackline.research.refusal import BacktestRefused
from tests.research.bars_played import (
    BEGIN_MS,
    FLAT,
    INTERVAL_MS,
    SYMBOL,
    Told,
    candles,
    options,
    played,
    risk,
)

QUIET = Told(wishes={})


def refused(asked: object, *data: Candles, settings: BacktestSettings | None = None) -> BacktestRefused:
    with pytest.raises(BacktestRefused) as found:
        run_backtest(asked, data, settings=settings)  # type: ignore[arg-type] # built by each test
    assert found.value.what
    return found.value


def test_no_data_is_no_backtest() -> None:
    assert "no data" in str(refused(options(QUIET, risk())))


def test_another_interval_is_refused() -> None:
    asked = replace(options(QUIET, risk()), interval_ms=300_000)
    error = refused(asked, candles([FLAT] * 9))
    assert (error.where, error.value) == ("venue.bar_interval", "300000 ms")


def test_a_symbol_without_data_is_refused() -> None:
    asked = replace(options(QUIET, risk()), symbols=(SYMBOL, Symbol("ETHUSDT")))
    assert refused(asked, candles([FLAT] * 9)).value == "ETHUSDT"


def test_two_files_of_one_symbol_are_refused() -> None:
    """However each of them spells it."""
    other = replace(candles([FLAT] * 9), symbol="BTC-USDT")
    assert refused(options(QUIET, risk()), candles([FLAT] * 9), other).what == "two data sets of one symbol"


def test_a_regime_gate_without_its_reference_is_refused_before_it_denies_everything() -> None:
    gate = RegimeSettings(gate=Rule.ON, reference_symbol=Symbol("ETHUSDT"))
    error = refused(options(QUIET, risk(regime=gate)), candles([FLAT] * 9))
    assert error.where == "regime.reference_symbol"


def test_too_few_bars_are_refused_with_how_many_are_needed() -> None:
    cold = replace(QUIET, warmup_bars=50)
    error = refused(options(cold, risk()), candles([FLAT] * 40))
    assert "50 are needed to warm up" in error.value


def test_a_window_without_bars_is_refused() -> None:
    late = BacktestSettings(from_ms=BEGIN_MS + 100 * INTERVAL_MS)
    assert refused(options(QUIET, risk()), candles([FLAT] * 9), settings=late).fix


def test_a_strategy_that_raises_is_denied_and_counted() -> None:
    class Broken(Told):
        def signal(self, bars: object) -> None:
            raise RuntimeError("a user's mistake")

    result = run_backtest(options(Broken(wishes={}), risk()), [candles([FLAT] * 9)])
    assert result.denied == {"strategy": 7}
    assert result.trades == ()


def test_two_symbols_are_one_account() -> None:
    """Each is decided on by its own bars; the curve is of both."""
    rows = [FLAT] * 12
    ether = replace(candles([(3_000.0, 3_000.0, 3_000.0, 3_000.0)] * 12), symbol="ETHUSDT")
    asked = replace(
        options(Told(wishes={2: Side.LONG}), risk(hold_max_ms=3 * INTERVAL_MS)),
        symbols=(SYMBOL, Symbol("ETHUSDT")),
    )
    result = run_backtest(asked, [candles(rows), ether])
    assert sorted(trade.symbol for trade in result.trades) == ["BTCUSDT", "ETHUSDT"]
    assert {trade.entry_bar_ms for trade in result.trades} == {BEGIN_MS + 3 * INTERVAL_MS}
    assert {trade.exit_bar_ms for trade in result.trades} == {BEGIN_MS + 6 * INTERVAL_MS}
    assert len(result.equity) == 11
    assert result.equity[-1][1] - result.balance_quote == sum(one.pnl_quote for one in result.trades)
    assert result.ledger_gap_quote == 0
    assert result.unrested == 0
    assert max(result.naked_ms) == 0


def test_rates_of_a_file_take_the_place_of_the_usual_one() -> None:
    begin_ms = BEGIN_MS + 29 * INTERVAL_MS
    asked = options(Told(wishes={1: Side.LONG}, begin_ms=begin_ms), risk(hold_max_ms=3 * INTERVAL_MS))
    rates = {str(SYMBOL): [(BEGIN_MS, Decimal("0.5")), (BEGIN_MS + 32 * INTERVAL_MS, Decimal("-0.0003"))]}
    costs = BacktestSettings(costs=Costs(slippage_bps=Decimal(0)))
    result = run_backtest(asked, [candles([FLAT] * 8, begin_ms=begin_ms)], settings=costs, funding=rates)
    trade = result.trades[0]
    assert trade.funding_quote == trade.quantity * 50_000 * Decimal("0.0003")


@pytest.mark.parametrize("name", ["BTCUSDT", "BTC-USDT", "BTC_USDT", "btc/usdt", "BTC/USDT:USDT"])
def test_venues_spell_one_market_in_many_ways(name: str) -> None:
    assert plain(name) == "BTCUSDT"


def test_the_spelling_of_the_configuration_stands() -> None:
    asked = replace(options(Told(wishes={2: Side.LONG}), risk()), symbols=(Symbol("BTC-USDT"),))
    result = run_backtest(asked, [candles([FLAT] * 9)])
    assert result.symbols == ("BTC-USDT",)
    assert result.trades[0].symbol == "BTC-USDT"
    assert played([FLAT] * 9, {2: Side.LONG}).trades[0].quantity == result.trades[0].quantity
