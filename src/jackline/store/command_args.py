"""What the row of a command holds besides who gave it and why. The kinds of `commands.WISHES` carry their wish."""

from __future__ import annotations

from dataclasses import dataclass

from jackline.core.state import KillLevel
from jackline.core.values import Fraction, Side, Symbol, WireMs


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceArgs:
    """What to close; both None for everything."""

    symbol: Symbol | None
    side: Side | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KillArgs:
    """What to raise the level to."""

    level: KillLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class BotArgs:
    """Which bot."""

    bot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalArgs:
    """What to open, and for whom."""

    bot: str
    symbol: Symbol
    side: Side
    confidence: Fraction | None
    told_ms: WireMs | None
