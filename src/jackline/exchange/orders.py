"""Plain orders and their fills, as facts: a change of state is a new value."""

from dataclasses import dataclass
from decimal import Decimal

from jackline.exchange.values import (
    ZERO,
    OrderStatus,
    OrderType,
    PositionSide,
    Side,
    TimeInForce,
    WorkingType,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """A MARKET or LIMIT order as asked for. `price` is None for MARKET; `quantity` in base units."""

    symbol: str
    side: Side
    position_side: PositionSide
    type: OrderType
    quantity: Decimal
    price: Decimal | None
    time_in_force: TimeInForce
    reduce_only: bool
    client_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """What an open LIMIT order shall become; its side is named again and may not change."""

    side: Side
    quantity: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """Where a child order comes from: the conditional order that released it."""

    algo_id: int
    type: OrderType
    price: Decimal
    working_type: WorkingType
    close_position: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A plain order of one account. `reducing`: it can only make a position smaller (reduce-only, closing
    side in hedge mode, or the child of a close-position stop). `paid` is the sum of quantity x price over
    its fills, in quote. `created_ms`, `updated_ms` are wire time, `market_ms` the market time of the last
    change."""

    order_id: int
    account: str
    client_id: str
    symbol: str
    side: Side
    position_side: PositionSide
    type: OrderType
    time_in_force: TimeInForce
    quantity: Decimal
    price: Decimal
    reduce_only: bool
    reducing: bool
    created_ms: int
    updated_ms: int
    market_ms: int
    trigger: Trigger | None = None
    status: OrderStatus = OrderStatus.NEW
    executed: Decimal = ZERO
    paid: Decimal = ZERO
    expiry_reason: int = 0

    @property
    def remaining(self) -> Decimal:
        return self.quantity - self.executed

    @property
    def average(self) -> Decimal:
        """Mean fill price; 0 before the first fill."""
        return self.paid / self.executed if self.executed else ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One trade of one order. `realised` and `commission` in quote, exact to 1e-8."""

    trade_id: int
    account: str
    order_id: int
    client_id: str
    symbol: str
    side: Side
    position_side: PositionSide
    price: Decimal
    quantity: Decimal
    commission: Decimal
    realised: Decimal
    maker: bool
    liquidation: bool
    wire_ms: int
    market_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Income:
    """One booking in the wallet, in quote."""

    income_id: int
    symbol: str
    kind: str
    amount: Decimal
    trade_id: int | None
    wire_ms: int
    market_ms: int
