"""Conditional orders as facts: what was asked for, and the order in its present state."""

from dataclasses import dataclass
from decimal import Decimal

from jackline.exchange.values import (
    ZERO,
    AlgoStatus,
    OrderType,
    PositionSide,
    Side,
    TimeInForce,
    WorkingType,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgoRequest:
    """A conditional order as asked for. `quantity` is 0 with `close_position`; `trigger_price` is None for
    a trailing stop, whose `callback_fraction` (0.01 = 1 %) and optional `activate_price` take its place."""

    symbol: str
    side: Side
    position_side: PositionSide
    type: OrderType
    quantity: Decimal
    price: Decimal | None
    trigger_price: Decimal | None
    activate_price: Decimal | None
    callback_fraction: Decimal | None
    time_in_force: TimeInForce
    working_type: WorkingType
    close_position: bool
    reduce_only: bool
    price_protect: bool
    client_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Algo:
    """A conditional order. `extreme` is the best price a trailing stop has seen since its activation. The
    `child_*` fields speak of the order it released; `reject_reason` says why the venue would not."""

    algo_id: int
    account: str
    client_id: str
    symbol: str
    side: Side
    position_side: PositionSide
    type: OrderType
    quantity: Decimal
    price: Decimal
    trigger_price: Decimal
    activate_price: Decimal
    callback_fraction: Decimal
    time_in_force: TimeInForce
    working_type: WorkingType
    close_position: bool
    reduce_only: bool
    reducing: bool
    price_protect: bool
    created_ms: int
    updated_ms: int
    market_ms: int
    status: AlgoStatus = AlgoStatus.NEW
    activated: bool = True
    extreme: Decimal = ZERO
    triggered_ms: int = 0
    child_order_id: int | None = None
    child_price: Decimal = ZERO
    child_quantity: Decimal = ZERO
    reject_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopFill:
    """How a triggered conditional order was really filled. `slip_bps` is positive when the fill was worse
    than the trigger. `gap`: the very price step that triggered it jumped past the trigger, from
    `prev_last`."""

    account: str
    symbol: str
    position_side: PositionSide
    side: Side
    algo_id: int
    client_algo_id: str
    order_id: int
    type: OrderType
    trigger_price: Decimal
    fill_price: Decimal
    quantity: Decimal
    slip_bps: Decimal
    gap: bool
    prev_last: Decimal
    wire_ms: int
    market_ms: int
