"""How the run is told: prices, times and events in words a newcomer understands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

from jackline.core.machine import Phase
from jackline.core.trade import ExitReason, Trade

DIGITS_SHOWN = 7
"""Significant digits of a price: every digit the venue quotes, and no more of a computed average."""


class Tone(StrEnum):
    """How an event is to be read."""

    CALM = "calm"
    GOOD = "good"
    WARNING = "warning"
    NARRATION = "narration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, at a market time."""

    market_ms: int
    text: str
    tone: Tone


_EXITS = {
    ExitReason.MODEL_EXIT: "the strategy's exit",
    ExitReason.NO_PROGRESS: "no progress",
    ExitReason.TARGET: "target reached",
    ExitReason.MAX_HOLD: "held long enough",
    ExitReason.OPERATOR: "closed on request",
    ExitReason.KILL_SWITCH: "kill switch",
    ExitReason.STOP_REACHED: "stop already reached",
    ExitReason.STOP_FAILED: "no stop could be placed",
    ExitReason.DEADLINE: "not protected in time",
    ExitReason.STOP: "stop",
    ExitReason.TRAILING_STOP: "trailing stop",
    ExitReason.LIQUIDATION: "liquidation",
    ExitReason.WATCHDOG: "watchdog",
    ExitReason.ELSEWHERE: "closed elsewhere",
    ExitReason.NEVER_FILLED: "never filled",
    ExitReason.UNRESOLVED: "unresolved",
}

_RUNGS = {"stop_first": "stop first", "concurrent": "concurrent", "after_fill": "after fill"}


def told(text: str, *, tone: Tone, market_ms: int) -> Event:
    """A sentence of the director."""
    return Event(market_ms=market_ms, text=text, tone=tone)


def trade_event(before: Trade | None, after: Trade, *, market_ms: int) -> Event | None:
    """What a newly written state of a trade means to a reader; None when it is no news."""
    earlier = before.phase if before is not None else None
    if after.phase is earlier:
        return None
    named = f"{after.symbol} {after.side}"
    filled = after.entry_price is not None
    match after.phase:
        case Phase.PROTECTED if earlier is not Phase.CLOSING:
            text = f"{named}: in at {price(after.entry_price)}, stop {price(after.ratchet_price)} read back"
            return Event(market_ms=market_ms, text=text, tone=Tone.GOOD)
        case Phase.EXPOSED if earlier is Phase.PROTECTED:
            text = f"{named}: its stop is gone; protecting again"
            return Event(market_ms=market_ms, text=text, tone=Tone.WARNING)
        case Phase.CLOSING if after.close is not None:
            text = f"{named}: closing ({exit_words(after.close.reason)}); its stop stays"
            return Event(market_ms=market_ms, text=text, tone=Tone.CALM)
        case Phase.DONE if filled and after.exit_reason is not None:
            text = f"{named}: flat and swept ({exit_words(after.exit_reason)})"
            return Event(market_ms=market_ms, text=text, tone=Tone.CALM)
        case _:
            return None


def exit_words(reason: ExitReason | str) -> str:
    """Why a position ended."""
    return _EXITS[ExitReason(reason)] if reason in set(ExitReason) else str(reason)


def rung_words(rung: str) -> str:
    """A rung of the ladder."""
    return _RUNGS.get(rung, rung)


def price(value: Decimal | None) -> str:
    """A price with thousands separators, to the digits that matter: `112,123.4`, `0.61235`."""
    if value is None:
        return "–"
    decimals = max(0, DIGITS_SHOWN - 1 - value.adjusted())
    shown = f"{value:,.{decimals}f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def money(value: Decimal) -> str:
    """A signed amount of quote in two decimals; `0.00` has no sign."""
    shown = f"{value:+,.2f}"
    return "0.00" if shown in {"+0.00", "-0.00"} else shown


def moment(market_ms: int) -> str:
    """`10 Oct 21:15`, UTC."""
    at = datetime.fromtimestamp(market_ms / 1_000, UTC)
    return f"{at.day:2} {at:%b %H:%M}"


def counted(number: int, noun: str) -> str:
    """`1 trade`, `2 trades`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def span(ms: float | None) -> str:
    """A duration: `0 ms`, `4.2 ms`, `812 ms`, `2.4 s`."""
    if ms is None:
        return "–"
    if ms >= 1_000:
        return f"{ms / 1_000:.1f} s"
    return f"{ms:.1f} ms" if 0 < ms < 10 and ms != int(ms) else f"{ms:.0f} ms"
