"""Gate 7: which side the regime of the reference market forbids, and the two ways past it."""

from __future__ import annotations

from collections.abc import Mapping

from jackline.core.gate_settings import RegimeSettings, Rule
from jackline.core.regime import Average, Regime, regime_of
from jackline.core.values import ZERO, Fraction, MarketMs, Side, Symbol

AGE_BARS_MAX = 3
"""An average whose symbol closed no bar for so long says nothing about now."""


def regime_now(
    averages: Mapping[Symbol, Average], symbol: Symbol, now_ms: MarketMs, settings: RegimeSettings
) -> Regime:
    """A symbol's regime by its last completed bar; unknown while it warms up, and once no bar has come for long.

    `now_ms` is market time; 0 while the market has not spoken, and nothing is old then.
    """
    average = averages.get(symbol)
    if average is None or now_ms - average.close_ms > AGE_BARS_MAX * average.interval_ms:
        return Regime.UNKNOWN
    return regime_of(average.close, average.value, settings.band_fraction)


def regime_objection(
    *,
    symbol: Symbol,
    side: Side,
    confidence: Fraction | None,
    averages: Mapping[Symbol, Average],
    now_ms: MarketMs,
    settings: RegimeSettings,
) -> str | None:
    """Why the regime forbids this entry, with the figures; None where it does not. A rule that is off never does.

    Shorts are forbidden in up and in unknown; in up with the one exception of a symbol below its own average and a
    confident signal. A short of a symbol above its own band goes against its trend and needs some confidence as well.
    With the mirror rule longs are judged in the same way, upside down (`policy.md`, gate 7).
    """
    if settings.gate is Rule.OFF or (side is Side.LONG and settings.mirror_rule is Rule.OFF):
        return None
    against = Regime.UP if side is Side.SHORT else Regime.DOWN
    reference = settings.reference_symbol
    overall = regime_now(averages, reference, now_ms, settings)
    own = regime_now(averages, symbol, now_ms, settings)
    sure = ZERO if confidence is None else confidence
    where = f"the regime is {overall}: {_said(averages, reference)}"
    if overall is Regime.UNKNOWN:
        return f"{where}: no {side} before it is known"
    if overall is against:
        if not _has_turned(averages.get(symbol), own, side):
            return f"{where}; {_said(averages, symbol)}: no {side}"
        if sure < settings.short_exception_confidence:
            needed = settings.short_exception_confidence
            return f"{where}; a {side} against it needs a confidence of {needed}, and has {sure}"
    elif own in {against, Regime.UNKNOWN} and sure < settings.counter_trend_confidence:
        needed = settings.counter_trend_confidence
        return (
            f"{_said(averages, symbol)}; a {side} against it needs a confidence of {needed}, and has {sure}"
        )
    return None


def _has_turned(average: Average | None, own: Regime, side: Side) -> bool:
    """The symbol stands on this side's side of its own average; one that is not known does not."""
    if average is None or average.value is None or own is Regime.UNKNOWN:
        return False
    return (average.close - average.value) * side.sign > 0


def _said(averages: Mapping[Symbol, Average], symbol: Symbol) -> str:
    average = averages.get(symbol)
    return f"{symbol} has no bars yet" if average is None else average.said()
