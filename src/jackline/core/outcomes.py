"""Denied (we said no), refused (the venue said no), unknown (nobody knows yet): three facts, never merged."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from jackline.core.orders import OrderView


class Reason(StrEnum):
    """Why we denied an entry. The journal and the dashboard show this word."""

    BAD_INPUT = "bad_input"
    KILL_LEVEL = "kill_level"
    FROZEN = "frozen"
    EQUITY_UNEXPLAINED = "equity_unexplained"
    BLIND = "blind"
    COLD = "cold"
    STALE_MARK = "stale_mark"
    STALE_BAR = "stale_bar"
    EQUITY_TOO_SMALL = "equity_too_small"
    DAILY_LOSS = "daily_loss"
    DRAWDOWN = "drawdown"
    LOSING_STREAK = "losing_streak"
    REGIME = "regime"
    OPPORTUNITY = "opportunity"
    SYMBOL_BUSY = "symbol_busy"
    SWEEP_PENDING = "sweep_pending"
    COOLDOWN = "cooldown"
    ORDERS_SCARCE = "orders_scarce"
    CONFIDENCE = "confidence"
    HEAT_LOSS = "heat_loss"
    HEAT_NOTIONAL = "heat_notional"
    SLIPPAGE = "slippage"
    STOP_DISTANCE = "stop_distance"
    STOP_SIDE = "stop_side"
    STOP_REACHED = "stop_reached"
    STOP_OUTSIDE = "stop_outside"
    LIQUIDATION = "liquidation"
    LEVERAGE = "leverage"
    MINIMUM_ORDER = "minimum_order"
    RUNG = "rung"
    JOURNAL = "journal"
    STRATEGY = "strategy"
    BOT = "bot"
    BOT_STOPPED = "bot_stopped"
    BUDGET = "budget"
    SYMBOL_OWNED = "symbol_owned"


class Refusal(StrEnum):
    """What a venue's "no" means to the protocol. The transport maps its numeric codes to these."""

    STOP_REACHED = "stop_reached"
    """The stop would trigger immediately: the loss limit is already reached."""
    DUPLICATE_ID = "duplicate_id"
    """An order with this client id exists: ours, adopt it (O2)."""
    STOP_EXISTS = "stop_exists"
    """The venue allows one whole-position stop per direction and has one."""
    NEEDS_POSITION = "needs_position"
    """The venue takes this stop only while a position is open."""
    NOTHING_TO_REDUCE = "nothing_to_reduce"
    """Reduce-only refused: probably flat, or the size is taken by resting orders."""
    REDUCE_BLOCKED = "reduce_blocked"
    """Resting reduce-only orders (a target) hold the whole reducible size."""
    PRICE_BAND = "price_band"
    """A market order cannot fill inside the venue's price band."""
    ORDER_GONE = "order_gone"
    """A cancel or query names an order the venue does not have any more."""
    FLAG_REFUSED = "flag_refused"
    """The venue refuses the reduce-only or close-position flag itself."""
    WRONG_MODE = "wrong_mode"
    """Written for a position mode that the account is not in."""
    OVERLOADED = "overloaded"
    """Not placed because of a rate limit, a ban or an overload: try again when told."""
    OTHER = "other"
    """Anything else: margin, filters, permissions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """We said no, before anything left. `detail` names the figures, `gate` the gate of docs/gates.md that said it."""

    reason: Reason
    detail: str
    gate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acked:
    """The venue took the request and echoed our id. Not a read-back: it proves nothing about protection."""

    order: OrderView


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The venue said no. `kind` is what it means, `code` its number, `text` its words (shown, never parsed)."""

    kind: Refusal
    code: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """The request left and nobody knows what became of it."""

    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """The request gate stopped it before signing: nothing left."""

    why: str


Outcome = Acked | Refused | Unknown | NotSent


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """The venue answered that it does not know the order. One such answer proves nothing (O3)."""


OrderAnswer = OrderView | Absent | Unknown
