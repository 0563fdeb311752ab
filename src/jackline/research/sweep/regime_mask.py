"""Where the regime forbids a side: gate 7 asked once a bar, for no setting of a sweep changes its answer."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np

from jackline.core.gate_settings import Rule
from jackline.core.orders import Bar
from jackline.core.regime import WARMUP_PERIODS, Average, moving_average
from jackline.core.regime_gate import regime_objection
from jackline.core.settings import RiskSettings
from jackline.core.values import Fraction, MarketMs, Price, Side, Symbol
from jackline.data.candles import Candles
from jackline.engine.regime import memory_bars
from jackline.research.refusal import ResearchRefused
from jackline.research.sweep.arrays import LONG, SHORT
from jackline.research.sweep.signals import Signals, bars_of

ROWS = {Side.LONG: LONG, Side.SHORT: SHORT}


def with_regime(signals: Signals, candles: Candles, risk: RiskSettings) -> Signals:
    """The signals with what the regime forbids. Raises ResearchRefused where another market is the reference."""
    if risk.regime.gate is Rule.OFF:
        return signals
    if risk.regime.reference_symbol != candles.symbol:
        raise ResearchRefused(
            f"regime.reference_symbol = {risk.regime.reference_symbol}: a sweep has the bars of {candles.symbol} alone."
            ' Fix: name it as the reference, or set regime.gate = "off" and judge it by jackline backtest'
        )
    bars, memory = bars_of(candles), memory_bars(risk)
    forbidden = np.zeros((2, len(bars)), np.int8)
    sides = [Side.SHORT] if risk.regime.mirror_rule is Rule.OFF else list(Side)
    for at in range(len(bars)):
        asked = [side for side in sides if _may_wish(signals, at, side)]
        if not asked:
            continue
        averages = {Symbol(candles.symbol): _average(bars[max(0, at + 1 - memory) : at + 1], risk)}
        for side in asked:
            objection = regime_objection(
                symbol=Symbol(candles.symbol),
                side=side,
                confidence=_confidence(signals, at, side),
                averages=averages,
                now_ms=MarketMs(bars[at].open_ms + candles.interval_ms),
                settings=risk.regime,
            )
            forbidden[ROWS[side], at] = objection is not None
    return replace(signals, forbidden=forbidden)


def _may_wish(signals: Signals, at: int, side: Side) -> bool:
    if signals.sides is not None:
        return int(signals.sides[at]) == side.sign
    said = signals.p_long if side is Side.LONG else signals.p_short
    return said is not None and int(said[at]) > 0


def _confidence(signals: Signals, at: int, side: Side) -> Fraction | None:
    """A model is as sure as its probability; a rule does not say."""
    said = signals.p_long if side is Side.LONG else signals.p_short
    return None if said is None else Fraction(Decimal(int(said[at])).scaleb(-8))


def _average(bars: list[Bar], risk: RiskSettings) -> Average:
    """As the engine's regime service has it after the last of these bars."""
    period, last = risk.regime.ema_period_bars, bars[-1]
    value = moving_average([bar.close for bar in bars], period)
    return Average(
        symbol=last.symbol,
        close=last.close,
        value=None if value is None else Price(value),
        bars=len(bars),
        bars_needed=WARMUP_PERIODS * period,
        close_ms=MarketMs(last.open_ms + last.interval_ms),
        interval_ms=last.interval_ms,
    )
