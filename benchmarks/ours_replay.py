"""The rule by the replay: the engine that trades and the local exchange, as `jackline backtest` runs them.

The exchange's tick is 0.1, so that its stops and targets stand up to a tick away from the reference's.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
from rule import FEE, INTERVAL_MS, STOP, TARGET, read, tell

import jackline
from jackline.core.gate_settings import RegimeSettings, Rule
from jackline.core.orders import Bar, MarginType, PositionMode
from jackline.core.ports import Signal
from jackline.core.settings import ProtectionSettings, RiskSettings, StopSettings
from jackline.core.values import Fraction, Side, Symbol
from jackline.data.candles import Candles
from jackline.engine.options import EngineOptions
from jackline.research.backtest.result import BacktestResult
from jackline.research.backtest.run import run_backtest
from jackline.research.backtest.settings import BacktestSettings
from jackline.research.costs import Costs

SYMBOL = Symbol("BTCUSDT")
TICK = 0.1
"""Of the local exchange."""
RISK = Fraction(Decimal("0.0001"))
"""Of equity at the stop: so little that eight hundred losses end nothing."""
BALANCE = Decimal(1_000_000)
"""Of which that little is still more than the smallest order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Wishes as given, by the time of a bar."""

    sides: dict[int, Side]
    name: str = "given"
    warmup_bars: int = 1

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        """At the newest bar's close."""
        side = self.sides.get(bars[-1].open_ms)
        return None if side is None else Signal(side=side, reason="given")


def options_of(sides: dict[int, Side], bars: int) -> EngineOptions:
    """As a configuration of one symbol gives, without what ends trades or days."""
    risk = RiskSettings(
        stop=StopSettings(value_fraction=Fraction(Decimal(str(STOP)))),
        target_fraction=Fraction(Decimal(str(TARGET))),
        risk_per_trade_fraction=RISK,
        collar_fraction=Fraction(Decimal(0)),
        losing_streak_max=None,
        drawdown_max_fraction=None,
        cooldown_ms=0,
        hold_max_ms=INTERVAL_MS * bars,
        regime=RegimeSettings(gate=Rule.OFF),
        trades_per_symbol_max=1,
    )
    return EngineOptions(
        account="benchmark",
        mode="paper",
        state_dir=Path("benchmark"),
        symbols=(SYMBOL,),
        interval_ms=INTERVAL_MS,
        position_mode=PositionMode.NETTING,
        margin_type=MarginType.ISOLATED,
        forced_rung=None,
        risk=risk,
        protection=ProtectionSettings(),
        strategy=Given(sides=sides),
    )


def trades_of(result: BacktestResult, first_ms: int) -> list[list[float]]:
    """Entry bar, exit bar, side, entry price, exit price of those that ended."""
    return [
        [
            (one.entry_bar_ms - first_ms) // INTERVAL_MS,
            (one.exit_bar_ms - first_ms) // INTERVAL_MS,
            1 if one.side == "long" else -1,
            float(one.entry_price),
            float(one.exit_price),
        ]
        for one in result.trades
        if one.exit_bar_ms is not None and one.exit_price is not None
    ]


def main() -> None:
    """`ours_replay.py FILE`."""
    bars, sides = read(sys.argv[1])
    times = bars[:, 0].astype(np.int64)
    wishes = {int(times[at]): Side.LONG if sides[at] > 0 else Side.SHORT for at in np.flatnonzero(sides)}
    candles = Candles(
        symbol=str(SYMBOL),
        interval_ms=INTERVAL_MS,
        environment="generated",
        open_ms=times,
        open=bars[:, 1],
        high=bars[:, 2],
        low=bars[:, 3],
        close=bars[:, 4],
        volume=np.ones(len(bars)),
    )
    settings = BacktestSettings(
        balance_quote=BALANCE,
        costs=Costs(taker_fraction=Decimal(str(FEE)), slippage_bps=Decimal(0), funding_fraction=Decimal(0)),
        jump_leg_fraction=Decimal(1),
    )
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    result = run_backtest(options_of(wishes, len(bars)), [candles], settings=settings)
    cpu, wall = time.process_time() - cpu_s, time.perf_counter() - wall_s
    trades = trades_of(result, int(times[0]))
    tell(version=jackline.__version__, trades=trades, cpu_s=cpu, wall_s=wall, tick=TICK)


main()
