"""Hand-made bars, a strategy that wishes where it is told, and a backtest of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import numpy as np

from jackline.core.gate_settings import RegimeSettings, Rule
from jackline.core.orders import Bar, MarginType, PositionMode
from jackline.core.ports import Signal
from jackline.core.settings import ProtectionSettings, RiskSettings, StopSettings
from jackline.core.values import Fraction, Side, Symbol
from jackline.data.candles import Candles
from jackline.engine.options import EngineOptions
from jackline.research.backtest.result import BacktestResult, TradeRecord
from jackline.research.backtest.run import run_backtest
from jackline.research.backtest.settings import BacktestSettings
from jackline.research.costs import Costs

INTERVAL_MS = 900_000
BEGIN_MS = 1_735_689_600_000
"""2025-01-01 00:00 UTC."""
SYMBOL = Symbol("BTCUSDT")
PRICE = 50_000.0
FREE = Costs(slippage_bps=Decimal(0), funding_fraction=Decimal(0))
STEP_BARS = 2
"""Bars before the first that is traded."""

Row = tuple[float, float, float, float]
"""Open, high, low, close."""
FLAT: Row = (PRICE, PRICE, PRICE, PRICE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Wishes for a side at the close of the bars with these numbers, and for nothing else."""

    wishes: Mapping[int, Side]
    begin_ms: int = BEGIN_MS
    interval_ms: int = INTERVAL_MS
    name: str = "told"
    warmup_bars: int = 1

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        """By the number of the last bar."""
        side = self.wishes.get((bars[-1].open_ms - self.begin_ms) // self.interval_ms)
        return None if side is None else Signal(side=side, reason="told")


def candles(rows: Sequence[Row], *, begin_ms: int = BEGIN_MS) -> Candles:
    """Bars one after the other."""
    table = np.array(rows, dtype=np.float64)
    return Candles(
        symbol=str(SYMBOL),
        interval_ms=INTERVAL_MS,
        environment="generated",
        open_ms=begin_ms + INTERVAL_MS * np.arange(len(rows), dtype=np.int64),
        open=table[:, 0],
        high=table[:, 1],
        low=table[:, 2],
        close=table[:, 3],
        volume=np.ones(len(rows)),
    )


def risk(**changed: object) -> RiskSettings:
    """A 1 % stop from the close itself, nothing that ends trades but what a test adds, no limits."""
    plain = RiskSettings(
        stop=StopSettings(value_fraction=Fraction(Decimal("0.01"))),
        collar_fraction=Fraction(Decimal("0.0025")),
        losing_streak_max=None,
        drawdown_max_fraction=None,
        cooldown_ms=0,
        regime=RegimeSettings(gate=Rule.OFF),
        trades_per_symbol_max=1,
    )
    return replace(plain, **changed)  # type: ignore[arg-type] # a test names fields of it


def options(strategy: object, settings: RiskSettings) -> EngineOptions:
    """As a configuration of one symbol gives."""
    return EngineOptions(
        account="test",
        mode="paper",
        state_dir=Path("/nowhere"),
        symbols=(SYMBOL,),
        interval_ms=INTERVAL_MS,
        position_mode=PositionMode.NETTING,
        margin_type=MarginType.ISOLATED,
        forced_rung=None,
        risk=settings,
        protection=ProtectionSettings(),
        strategy=strategy,  # type: ignore[arg-type] # any strategy
    )


def played(
    rows: Sequence[Row],
    wishes: Mapping[int, Side],
    *,
    costs: Costs = FREE,
    begin_ms: int = BEGIN_MS,
    more: BacktestSettings | None = None,
    **changed: object,
) -> BacktestResult:
    """A backtest of these bars. The first is history; the last one's close decides nothing."""
    settings = replace(more or BacktestSettings(), costs=costs)
    told = Told(wishes=wishes, begin_ms=begin_ms)
    return run_backtest(options(told, risk(**changed)), [candles(rows, begin_ms=begin_ms)], settings=settings)


def only(result: BacktestResult) -> TradeRecord:
    """Its one trade; and what must hold of any backtest."""
    assert result.ledger_gap_quote == 0
    assert result.unrested == 0
    assert result.fills_outside == 0
    assert max(result.naked_ms) == 0
    assert len(result.trades) == 1, result
    return result.trades[0]
