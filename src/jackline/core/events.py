"""What `step` is fed: answers of the venue, hints of its stream, bars, signals, operators, and the passing of time."""

from __future__ import annotations

from dataclasses import dataclass

from jackline.core.asked_events import OrderAsked, OrderDropped, TightenAsked
from jackline.core.claims import Claim
from jackline.core.errors import invariant
from jackline.core.ids import TradeId
from jackline.core.limit_events import LimitsAsked, OutsideTradeTold
from jackline.core.opportunity import Probabilities
from jackline.core.orders import Bar, FillView, IncomeView, OrderState, Snapshot
from jackline.core.outcomes import OrderAnswer, Outcome, Unknown
from jackline.core.plan import Rung
from jackline.core.regime import Average
from jackline.core.requests import Mutation, ReadFills, ReadIncome, ReadOrder, ReadSnapshot
from jackline.core.state import KillLevel
from jackline.core.trade import ExitReason
from jackline.core.values import Fraction, MarketMs, Price, Quantity, Quote, Side, Symbol, WireMs


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """Both clocks at the moment an event is handled."""

    wire_ms: WireMs
    market_ms: MarketMs


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked:
    """Time passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BarClosed:
    """A bar completed (D1)."""

    bar: Bar


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkMoved:
    """A new mark price."""

    symbol: Symbol
    mark: Price
    market_ms: MarketMs


@dataclass(frozen=True, slots=True, kw_only=True)
class Signalled:
    """A strategy wants a position. `market_ms` is when the bar it decided on completed, `price` where that closed,
    `bot` whose strategy it is."""

    symbol: Symbol
    side: Side
    reason: str
    market_ms: MarketMs
    confidence: Fraction | None = None
    price: Price | None = None
    probabilities: Probabilities | None = None
    bot: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AverageMoved:
    """A bar completed, and its symbol's slow average with it: what the regime gate looks at."""

    average: Average


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitSignalled:
    """A strategy's confidence, 0 … 1, at the close of a bar of `bar_ms` that its trade should end. It can only close,
    and what is older than a bar says nothing (M2)."""

    symbol: Symbol
    side: Side
    confidence: Fraction
    market_ms: MarketMs
    bar_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentDurable:
    """The trade's intent is on disk. `entry_id`: of which addition; empty for the first entry."""

    trade_id: TradeId
    entry_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalBroken:
    """A write failed: no new risk until it is mended; protection goes on (rule 2)."""

    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalMended:
    """What was owed is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The outcome of a mutation."""

    request: Mutation
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAnswered:
    """The answer to a query by client id."""

    request: ReadOrder
    answer: OrderAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotAnswered:
    """A snapshot, or nobody knows."""

    request: ReadSnapshot
    answer: Snapshot | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class FillsAnswered:
    """A page of the trade list, oldest first; `complete` when no later page exists."""

    request: ReadFills
    answer: tuple[FillView, ...] | Unknown
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FillHinted:
    """The stream says something filled. It starts clocks and wakes; it is not evidence of protection."""

    symbol: Symbol
    client_id: str
    order_id: int
    quantity: Quantity
    price: Price
    wire_ms: WireMs
    market_ms: MarketMs


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHinted:
    """The stream says an order of ours changed state."""

    symbol: Symbol
    client_id: str
    state: OrderState
    child_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountHinted:
    """The stream says positions or balances changed. `transfer`: by a deposit or withdrawal."""

    symbol: Symbol | None
    transfer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LeverageChanged:
    """The stream says what a symbol's leverage is now, whoever set it."""

    symbol: Symbol
    leverage: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamChanged:
    """The user stream went up or down. Blind means no entries; everything else goes on."""

    up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RungProven:
    """A canary proved a rung on a symbol; None with the reason when entries are blocked there (C4)."""

    symbol: Symbol
    rung: Rung | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseAsked:
    """Close a position (symbol and side given) or all of them."""

    symbol: Symbol | None
    side: Side | None
    reason: ExitReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What answers an operator's command: written in the transaction of the change that it asked for.

    `position` is the command's place in the desk; what was read up to there is not read again.
    """

    command_id: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KillAsked:
    """An operator raises the kill level. A level below the present one changes nothing."""

    level: KillLevel
    actor: str
    reason: str
    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetAsked:
    """An operator resets the kill switch, with a written reason (K4)."""

    actor: str
    reason: str
    receipt: Receipt

    def __post_init__(self) -> None:
        invariant(bool(self.reason.strip()), "K4", actor=self.actor, reason=self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class BotAsked:
    """An operator stops a bot, or lets it run. It closes nothing."""

    bot: str
    runs: bool
    actor: str
    reason: str
    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetDurable:
    """The reset is on disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningBooked:
    """The ledger begins with this wallet."""

    wallet_quote: Quote
    wire_ms: WireMs


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomeAnswered:
    """A page of the income listing, oldest first; `complete` when no later page exists."""

    request: ReadIncome
    answer: tuple[IncomeView, ...] | Unknown
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountedFor:
    """An operator accounts for money that nothing explains, with a written reason (A3)."""

    actor: str
    reason: str
    receipt: Receipt

    def __post_init__(self) -> None:
        invariant(bool(self.reason.strip()), "A3", actor=self.actor, reason=self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class StopsClaimed:
    """Records of stops that were placed without the lease: by the watchdog, or by a start before it had it (P6)."""

    claims: tuple[Claim, ...]


Event = (
    Ticked
    | BarClosed
    | AverageMoved
    | MarkMoved
    | Signalled
    | ExitSignalled
    | IntentDurable
    | JournalBroken
    | JournalMended
    | Answered
    | OrderAnswered
    | SnapshotAnswered
    | FillsAnswered
    | FillHinted
    | OrderHinted
    | AccountHinted
    | LeverageChanged
    | StreamChanged
    | RungProven
    | CloseAsked
    | KillAsked
    | BotAsked
    | ResetAsked
    | ResetDurable
    | OpeningBooked
    | IncomeAnswered
    | AccountedFor
    | StopsClaimed
    | OrderAsked
    | OrderDropped
    | TightenAsked
    | LimitsAsked
    | OutsideTradeTold
)
