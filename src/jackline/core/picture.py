"""What people see of an account, as one flat value. `picturing` makes it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from jackline.core.values import Price, Quantity, Quote


@dataclass(frozen=True, slots=True, kw_only=True)
class StopPicture:
    """One order of ours that rests, or is meant to, on a position.

    `confirmed_ms`: when the newest look that shows it was asked; None while no look has shown it.
    """

    client_id: str
    role: str
    state: str
    trigger_price: Price
    quantity: Quantity | None
    venue_id: int | None
    confirmed_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionPicture:
    """One open position, or one about to be.

    Attributes:
        intended_price, sent_price, confirmed_price: of its stop: as planned or ever read back, as last sent, as the
            venue showed it.
        covered_quantity: what working stops would close, by the venue's last word.
        naked_since_ms: start of the running exposure clock (wire time); None when protected, flattening or flat.
        confirm_ms: first evidence of exposure to the first read-back; None while there is none.
        heat_quote: loss at the disaster stop with fees both ways and stressed slippage.
    """

    trade_id: str
    symbol: str
    side: str
    bot: str
    adopted: bool
    phase: str
    quantity: Quantity
    entry_price: Price | None
    mark: Price | None
    liquidation_price: Price | None
    notional_quote: Quote | None
    unrealised_quote: Quote | None
    intended_price: Price
    sent_price: Price | None
    confirmed_price: Price | None
    target_price: Price | None
    covered_quantity: Quantity
    stops: tuple[StopPicture, ...]
    naked_since_ms: int | None
    first_exposed_ms: int | None
    confirm_ms: int | None
    opened_market_ms: int | None
    heat_quote: Quote
    exit_reason: str
    close_attempts: int

    @property
    def is_protected(self) -> bool:
        """Working stops cover all of it."""
        return self.covered_quantity >= self.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitPicture:
    """A limit: how much of it is used, in its own unit (`quote`, `fraction` or `trades`); `limit` None is no limit."""

    name: str
    unit: str
    used: Decimal
    limit: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketPicture:
    """A symbol that is traded: its mark, and the rung that is proven there, or why none is."""

    symbol: str
    mark: Price | None
    mark_wire_ms: int
    rung: str | None
    rung_detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPicture:
    """An account at one moment.

    Attributes:
        looked_ms: when the venue's last word on it was asked (wire time); None before the first.
        denied: why nothing may enter on the whole account; empty when it may.
        foreign_orders: of others, that rest where we hold something or trade.
    """

    wire_ms: int
    market_ms: int
    looked_ms: int | None
    kill_level: str
    frozen: tuple[str, ...]
    denied: str
    stream_up: bool
    journal_ok: bool
    equity_quote: Quote | None
    wallet_quote: Quote | None
    day_number: int | None
    day_start_quote: Quote | None
    day_result_quote: Quote | None
    losing_streak: int
    positions: tuple[PositionPicture, ...]
    limits: tuple[LimitPicture, ...]
    markets: tuple[MarketPicture, ...]
    bots_stopped: tuple[str, ...]
    foreign_orders: int
