"""Where the regime forbids a side: gate 7 asked once a bar, for no setting of a sweep changes its answer."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np

from jackline.core.gate_settings import Rule
from jackline.core.regime_gate import regime_objection
from jackline.core.regime_window import RegimeWindow
from jackline.core.settings import RiskSettings
from jackline.core.values import Fraction, MarketMs, Side, Symbol
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
    bars = bars_of(candles)
    window = RegimeWindow(period=risk.regime.ema_period_bars, length=memory_bars(risk))
    forbidden = np.zeros((2, len(bars)), np.int8)
    sides = [Side.SHORT] if risk.regime.mirror_rule is Rule.OFF else list(Side)
    for at, bar in enumerate(bars):
        window.add(bar)
        asked = [side for side in sides if _may_wish(signals, at, side)]
        average = window.average() if asked else None
        if average is None:
            continue
        averages = {Symbol(candles.symbol): average}
        for side in asked:
            objection = regime_objection(
                symbol=Symbol(candles.symbol),
                side=side,
                confidence=_confidence(signals, at, side),
                averages=averages,
                now_ms=MarketMs(bar.open_ms + candles.interval_ms),
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
