"""What `step` wants done. The shell carries effects out and reports back with events."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from jackline.core.orders import FillView
from jackline.core.outcomes import Denied
from jackline.core.requests import Mutation, Query
from jackline.core.trade import ExitReason, Trade
from jackline.core.values import MarketMs, Side, Symbol


class Level(StrEnum):
    """How loudly an alert is raised."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveTrade:
    """Write the trade's new state. `intent` asks for an `IntentDurable` event once it is on disk."""

    trade: Trade
    why: str
    intent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BookFills:
    """Append venue fills to the ledger; idempotent by fill id. `trade` owns them where that is known."""

    trade: Trade | None
    fills: tuple[FillView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteDenied:
    """Journal why an entry was denied."""

    symbol: Symbol
    side: Side
    market_ms: MarketMs
    denied: Denied


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something a human should see. `code` is the invariant it touches."""

    level: Level
    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeEnded:
    """A trade is flat and swept."""

    trade: Trade
    reason: ExitReason


Effect = Mutation | Query | SaveTrade | BookFills | NoteDenied | Alert | TradeEnded
