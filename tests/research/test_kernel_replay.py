"""The kernel beside the replay backtest: the engine and the exchange that ship, trade for trade."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackline.core.gate_settings import RegimeSettings, Rule
from jackline.core.orders import Bar, MarginType, PositionMode
from jackline.core.ports import Signal
from jackline.core.regime import MEMORY_PERIODS
from jackline.core.settings import ProtectionSettings
from jackline.core.values import Fraction, Side, Symbol
from jackline.engine.options import EngineOptions
from jackline.research.backtest.result import TradeRecord
from jackline.research.backtest.run import run_backtest
from jackline.research.sweep.runs import trades_of
from tests.research.kernel_making import SURE, Case, Known, differing, drawn, known

NET_TOLERANCE = 2e-6
"""The exchange books fees to the eighth place, of positions worth hundreds: of a return that is the sixth place."""
ANY_STOP = {"trailing_stop": "stop", "stop_reached": "stop"}
"""The engine says which of its stops it was; the kernel knows one."""
SEEDS = st.integers(0, 10**9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Wishes and ends where it is told to, by the open of the last bar."""

    sides: Mapping[int, int]
    ends: Mapping[tuple[int, Side], Fraction]
    name: str = "told"
    warmup_bars: int = 1

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        side = self.sides.get(bars[-1].open_ms, 0)
        return None if side == 0 else Signal(side=Side.LONG if side > 0 else Side.SHORT, reason="told")

    def exit_confidence(self, bars: Sequence[Bar], side: Side) -> Fraction | None:
        return self.ends.get((bars[-1].open_ms, side))


def replayed(case: Case) -> list[TradeRecord]:
    """By the backtest; those that have ended."""
    times, sure = case.candles.open_ms.tolist(), Fraction(Decimal(SURE).scaleb(-8))
    ends = {
        (at_ms, side): sure
        for side, marks in ((Side.LONG, case.end_long), (Side.SHORT, case.end_short))
        for at_ms, mark in zip(times, marks.tolist(), strict=True)
        if mark > 0
    }
    options = EngineOptions(
        account="test",
        mode="paper",
        state_dir=Path("/nowhere"),
        symbols=(Symbol(case.candles.symbol),),
        interval_ms=case.candles.interval_ms,
        position_mode=PositionMode.NETTING,
        margin_type=MarginType.ISOLATED,
        forced_rung=None,
        risk=case.risk,
        protection=ProtectionSettings(),
        strategy=Told(sides=dict(zip(times, case.sides.tolist(), strict=True)), ends=ends),
    )
    result = run_backtest(options, [case.candles])
    assert result.unrested == 0
    assert result.ledger_gap_quote == 0
    return [one for one in result.trades if not one.is_open]


def compare(case: Case) -> int:
    """Every trade, its bars, prices, reason and what it earned; the number of trades."""
    table = trades_of(case.prepared, case.signals, case.points, case.risk)
    mine, records = known(table), replayed(case)
    begin, interval_ms = int(case.candles.open_ms[0]), case.candles.interval_ms
    theirs: list[Known] = [
        (
            (one.entry_bar_ms - begin) // interval_ms,
            ((one.exit_bar_ms or 0) - begin) // interval_ms,
            one.sign,
            one.entry_price,
            one.exit_price or Decimal(0),
            ANY_STOP.get(one.reason, one.reason),
        )
        for one in records
    ]
    assert mine == theirs, differing(mine, theirs)
    earned = [float(one.return_fraction) for one in records]
    assert table.net.tolist() == pytest.approx(earned, abs=NET_TOLERANCE)
    return len(mine)


@settings(max_examples=3, deadline=None)
@given(seed=SEEDS)
def test_the_kernel_trades_as_the_engine(seed: int) -> None:
    compare(drawn(seed, 80))


def test_every_way_to_end_is_the_same() -> None:
    """What the drawn ones may miss: stop, target, hold and a model's word, in a market with a trail."""
    case = drawn(68, 150)
    compare(case)
    reasons = [one[5] for one in known(trades_of(case.prepared, case.signals, case.points, case.risk))]
    assert Counter(reasons) == {"stop": 9, "target": 2, "max_hold": 2, "model_exit": 1}


@pytest.mark.parametrize("mirror", list(Rule))
def test_the_regime_forbids_the_same(mirror: Rule) -> None:
    """A short average, so that a short market has every regime; the first bars are its history in both."""
    plain = drawn(22, 150)
    gate = RegimeSettings(ema_period_bars=5, band_fraction=Fraction(Decimal("0.002")), mirror_rule=mirror)
    sides = plain.sides.copy()
    sides[: MEMORY_PERIODS * gate.ema_period_bars] = 0
    free = replace(plain, sides=sides)
    case = replace(free, risk=replace(plain.risk, regime=gate))
    compare(case)
    counts = [len(trades_of(one.prepared, one.signals, one.points, one.risk)) for one in (case, free)]
    assert 0 < counts[0] < counts[1]


@pytest.mark.long
@pytest.mark.timeout(3_600)
@settings(max_examples=300, deadline=None)
@given(seed=SEEDS)
def test_the_kernel_trades_as_the_engine_at_length(seed: int) -> None:
    compare(drawn(seed, 300))
