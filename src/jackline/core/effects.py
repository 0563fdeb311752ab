"""What `step` wants done. The shell carries effects out and reports back with events."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from jackline.core.events import Receipt
from jackline.core.money import Day
from jackline.core.orders import FillView, IncomeView
from jackline.core.outcomes import Denied
from jackline.core.requests import Mutation, Query
from jackline.core.risk_limits import RiskLimits
from jackline.core.state import KillLevel
from jackline.core.trade import ExitReason, Trade
from jackline.core.values import MarketMs, Quote, Side, Symbol


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
class BookIncome:
    """Append what moved the wallet besides fills; idempotent by key. `day`: as these rows leave it, if they do."""

    rows: tuple[IncomeView, ...]
    day: Day | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BookAdjustment:
    """Append what an operator accounted for, and answer the command; 0 when there was nothing to account for."""

    amount_quote: Quote
    actor: str
    reason: str
    receipt: Receipt
    day: Day | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveDay:
    """Write what the day began with (K5)."""

    day: Day


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveKill:
    """Write the kill level and answer who asked, in one transaction (K1).

    `awaited` asks for a `ResetDurable` event once it is on disk.
    """

    before: KillLevel
    level: KillLevel
    actor: str
    reason: str
    receipt: Receipt | None
    awaited: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveBots:
    """Write which bots are stopped and answer who asked, in one transaction."""

    bot: str
    stopped: tuple[str, ...]
    actor: str
    reason: str
    result: str
    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveLimits:
    """Write the limits in force and answer who asked for others, in one transaction (K5)."""

    before: RiskLimits
    after: RiskLimits
    actor: str
    reason: str
    result: str
    command_id: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCommand:
    """Answer a command, once the saves before it are written.

    Attributes:
        result: None where it is only taken: its answer comes when the venue has shown what came of it.
        position: its place in the desk, kept with this; None where that is kept already.
    """

    command_id: str
    result: str | None
    position: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteDenied:
    """Journal why an entry was denied. `side` is None where the strategy failed before it named one."""

    symbol: Symbol
    side: Side | None
    market_ms: MarketMs
    denied: Denied
    bot: str = ""


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


Record = (
    SaveTrade
    | SaveKill
    | SaveBots
    | SaveLimits
    | SaveDay
    | BookFills
    | BookIncome
    | BookAdjustment
    | NoteDenied
    | AnswerCommand
)
"""What only the journal hears of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProveRung:
    """What the symbol's rung was proven under has changed, or may have: entries wait for another canary (C4)."""

    symbol: Symbol


Effect = Mutation | Query | Record | Alert | TradeEnded | ProveRung
