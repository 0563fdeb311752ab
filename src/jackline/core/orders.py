"""What the venue says: orders, positions, fills, and a snapshot of all of them. Facts, never wishes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from jackline.core.values import (
    Fraction,
    MarketMs,
    OrderSide,
    Price,
    Quantity,
    Quote,
    Side,
    Symbol,
    WireMs,
)


class PositionMode(StrEnum):
    """Account-wide: one net position per symbol, or a long and a short side by side."""

    NETTING = "netting"
    HEDGE = "hedge"

    @property
    def other(self) -> PositionMode:
        """There are two."""
        return PositionMode.NETTING if self is PositionMode.HEDGE else PositionMode.HEDGE


class MarginType(StrEnum):
    """Whether a position may lose only its own margin or the whole wallet."""

    ISOLATED = "isolated"
    CROSS = "cross"


class PriceSource(StrEnum):
    """Which price fires a trigger."""

    MARK = "mark"
    LAST = "last"


class OrderKind(StrEnum):
    """Order type. `OTHER` is one we do not understand: it is kept and never counted."""

    MARKET = "market"
    LIMIT = "limit"
    STOP_MARKET = "stop_market"
    STOP_LIMIT = "stop_limit"
    TARGET_MARKET = "target_market"
    TARGET_LIMIT = "target_limit"
    TRAILING = "trailing"
    OTHER = "other"


class OrderState(StrEnum):
    """Where an order is in its life at the venue. Only `NEW` protects."""

    NEW = "new"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    TRIGGERING = "triggering"
    TRIGGERED = "triggered"
    FINISHED = "finished"
    OTHER = "other"

    @property
    def is_open(self) -> bool:
        """Still able to act at the venue."""
        return self in _OPEN_STATES


_OPEN_STATES = frozenset({OrderState.NEW, OrderState.PARTIALLY_FILLED, OrderState.TRIGGERING})


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderKey:
    """How to name an order to the venue: conditional orders live in a service and an id space of their own."""

    symbol: Symbol
    client_id: str
    venue_id: int | None
    conditional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """One order as read from the venue.

    Attributes:
        position_side: the hedge-mode leg; None in netting mode.
        trigger_price: None for a plain order.
        quantity: 0 for a close-position order, which has none.
        child_id: order id of what a triggered conditional order became.
        callback_fraction: how far a trailing order follows behind the best price; where it stands is told nowhere.
    """

    key: OrderKey
    kind: OrderKind
    state: OrderState
    side: OrderSide
    position_side: Side | None
    quantity: Quantity
    filled: Quantity
    average_price: Price | None
    limit_price: Price | None
    trigger_price: Price | None
    price_source: PriceSource | None
    reduce_only: bool
    close_position: bool
    price_protect: bool
    child_id: int | None
    updated_ms: WireMs
    callback_fraction: Fraction | None = None

    @property
    def mode(self) -> PositionMode:
        """The position mode it was placed in."""
        return PositionMode.NETTING if self.position_side is None else PositionMode.HEDGE

    @property
    def is_stop(self) -> bool:
        """A stop that becomes a market order: the only kind that counts as protection."""
        return self.kind is OrderKind.STOP_MARKET


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionView:
    """One open position as read from the venue; a flat one is absent.

    `mode`: the account's while this position is open, for no venue changes it under one. What protects or closes the
    position is written for this mode, whatever the configuration says. `leverage`: times the margin, as it is set for
    the position; None where the venue's listing does not tell.
    """

    symbol: Symbol
    side: Side
    mode: PositionMode
    quantity: Quantity
    entry_price: Price
    mark: Price
    liquidation_price: Price | None
    updated_ms: WireMs
    leverage: Decimal | None = None

    @property
    def losing_liquidation_price(self) -> Price | None:
        """The liquidation price where it bounds a stop: on the losing side of mark.

        The legs of a hedge on cross margin share one, and for one of them it lies on the winning side.
        """
        price = self.liquidation_price
        return price if price is not None and (self.mark - price) * self.side.sign > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FillView:
    """One execution from the venue's trade list; `fill_id` rises with time within a symbol."""

    symbol: Symbol
    fill_id: int
    order_id: int
    side: OrderSide
    position_side: Side | None
    quantity: Quantity
    price: Price
    fee_quote: Quote
    realised_quote: Quote
    maker: bool
    wire_ms: WireMs
    market_ms: MarketMs


class IncomeKind(StrEnum):
    """What moved the wallet, in the venue's income listing."""

    FUNDING = "funding"
    TRANSFER = "transfer"
    """A deposit or withdrawal."""
    TRADE = "trade"
    """Realised profit or a fee: the trade list has it, with more detail."""
    OTHER = "other"
    """Anything else the venue paid or charged: a rebate, a bonus, a clearing fee."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomeView:
    """One row of the income listing, signed from the account's side. `symbol` is None for a transfer."""

    kind: IncomeKind
    symbol: Symbol | None
    income_id: int
    amount_quote: Quote
    wire_ms: WireMs
    market_ms: MarketMs

    @property
    def key(self) -> str:
        """Its name in the ledger: listing it twice books it once."""
        return ":".join(part for part in (self.kind, self.symbol, str(self.income_id)) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceView:
    """Wallet, and wallet plus unrealised profit, as asked for at `asked_ms`; it may be older than its snapshot."""

    wallet_quote: Quote
    equity_quote: Quote
    asked_ms: WireMs


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One read of all positions of the account and of *both* order listings of some symbols.

    Attributes:
        asked: number of the request that read it, from `State.asked`; orders it against mutations (rule 5).
        symbols: whose orders were listed; None means every symbol's.
        asked_ms: when the first of its requests left.
        equity_quote: None where nobody asked for it, or it was not answered: protection does not wait for money.
        balance: the wallet that comes with it; None where the venue tells equity only, and then limits and the
            ledger's own check wait.
    """

    asked: int
    symbols: frozenset[Symbol] | None
    asked_ms: WireMs
    received_ms: WireMs
    positions: tuple[PositionView, ...]
    orders: tuple[OrderView, ...]
    equity_quote: Quote | None
    balance: BalanceView | None = None

    def lists(self, symbol: Symbol) -> bool:
        """True when the orders of this symbol were part of the read."""
        return self.symbols is None or symbol in self.symbols

    def position(self, symbol: Symbol, side: Side) -> PositionView | None:
        """The open position of this symbol and side, if there is one."""
        for position in self.positions:
            if position.symbol == symbol and position.side is side:
                return position
        return None

    def order(self, client_id: str) -> OrderView | None:
        """The open order with this client id, if it is listed."""
        for order in self.orders:
            if order.key.client_id == client_id:
                return order
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A completed candle; `open_ms` is market time."""

    symbol: Symbol
    open_ms: MarketMs
    interval_ms: int
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Quantity
