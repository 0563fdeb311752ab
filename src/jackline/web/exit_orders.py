"""Stops and targets as the source documents write them: numbers in their documented fields, texts beside them."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from jackline.core.asked_order import AskedKind, AskedStatus, AskedTerms
from jackline.core.picture import PositionPicture
from jackline.core.values import Price, Side
from jackline.store.asked import AskedRow
from jackline.web.changes import Strict
from jackline.web.routes.safety import Amount, SideWord, SymbolName
from jackline.web.words import moment, told

PREFIXES = {AskedKind.STOP: "sl", AskedKind.TARGET: "tp", AskedKind.TRAILING: "ts"}
TYPES: dict[AskedKind, Literal["stop_loss", "take_profit", "trailing_stop"]] = {
    AskedKind.STOP: "stop_loss",
    AskedKind.TARGET: "take_profit",
    AskedKind.TRAILING: "trailing_stop",
}
ASKED_ROLE_NAMES = frozenset({"asked_stop", "asked_target", "asked_trail"})
EXITS = {Side.LONG: "sell", Side.SHORT: "buy"}

Share = Annotated[Decimal, Field(gt=0, le=1, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_.-]+$")]
WhoName = Annotated[str, Field(max_length=64, pattern=r"^[\x20-\x7e]*$")]


class Exit(Strict):
    """An exit of an open position. `position_id` is your own name for it; `side` is the position's."""

    position_id: Name
    symbol: SymbolName
    side: SideWord
    quantity: Amount
    entry_price: Amount
    user_id: WhoName
    bot_id: WhoName | None = None


class StopLoss(Exit):
    """`stop_loss_pct`: distance from the entry, a fraction of one."""

    stop_loss_pct: Share

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "position_id": "pos_12345",
                "symbol": "BTCUSDT",
                "side": "long",
                "quantity": 0.1,
                "entry_price": 50000,
                "stop_loss_pct": 0.02,
                "user_id": "user_1",
            }
        },
    )


class TakeProfit(Exit):
    """`take_profit_pct`: distance from the entry, a fraction of one."""

    take_profit_pct: Share


class TrailingStop(Exit):
    """`trailing_pct`: distance behind the best mark since it was asked for, a fraction of one."""

    trailing_pct: Share


class ExitOrder(BaseModel):
    """One order. `active`: read back from the venue as live. `side` is the side that closes the position."""

    order_id: str
    position_id: str
    type: Literal["stop_loss", "take_profit", "trailing_stop"]
    symbol: str
    side: str
    quantity: float
    quantity_str: str
    entry_price: float
    entry_price_str: str
    trigger_price: float | None
    trigger_price_str: str | None
    pct: float
    pct_str: str
    user_id: str
    bot_id: str | None
    created_at: str | None
    status: str
    client_id: str | None
    venue_id: int | None
    read_back_at: str | None
    detail: str


class ExitAnswer(BaseModel):
    """What came of it. `link` tells later where it is not done yet (202)."""

    success: bool
    order: ExitOrder
    message: str
    link: str | None = None


class OwnStop(BaseModel):
    """A stop that the engine rests by itself. It cannot be removed while its position is open."""

    client_id: str
    symbol: str
    side: str
    role: str
    trigger_price: float
    trigger_price_str: str
    venue_id: int | None
    read_back_at: str | None


class ActiveOrders(BaseModel):
    """Orders that were asked for and rest, and beside them what the engine rests by itself."""

    count: int
    orders: list[ExitOrder]
    protection: list[OwnStop]


class CheckTriggers(Strict):
    """Prices that somebody supposes."""

    current_prices: dict[SymbolName, Amount] = Field(max_length=500)

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"current_prices": {"BTCUSDT": 48900}}}
    )


class Triggered(BaseModel):
    """What would fire at these prices. Nothing was changed, and nothing fired by it."""

    triggered_count: int
    triggered_orders: list[ExitOrder]


def trigger(kind: AskedKind, side: Side, *, entry: Decimal, fraction: Decimal) -> Price:
    """``entry · (1 ∓ fraction)``: a stop on the losing side of the entry, a target on the other."""
    sign = side.sign if kind is AskedKind.TARGET else -side.sign
    return Price(entry * (1 + sign * fraction))


def of_terms(terms: AskedTerms, asked_quantity: Decimal) -> ExitOrder:
    """As it is answered before the store has it."""
    return _order(terms, quantity=asked_quantity, trigger_price=terms.trigger_price)


def of_row(row: AskedRow, *, whole: Decimal | None = None) -> ExitOrder:
    """As it is on record. `whole`: of the position, for an order of all of it that has not been placed yet."""
    quantity = row.quantity or row.terms.quantity or whole or Decimal(0)
    order = _order(row.terms, quantity=quantity, trigger_price=row.trigger_price or row.terms.trigger_price)
    return order.model_copy(
        update={
            "status": row.status.value,
            "client_id": row.client_id,
            "venue_id": row.venue_id,
            "read_back_at": moment(row.read_back_ms),
            "detail": row.detail,
        }
    )


def own_stops(positions: tuple[PositionPicture, ...]) -> list[OwnStop]:
    """The engine's own stops of open positions."""
    return [
        OwnStop(
            client_id=stop.client_id,
            symbol=one.symbol,
            side=EXITS[Side(one.side)],
            role=stop.role,
            trigger_price=float(stop.trigger_price),
            trigger_price_str=f"{stop.trigger_price:f}",
            venue_id=stop.venue_id,
            read_back_at=moment(stop.confirmed_ms),
        )
        for one in positions
        if one.quantity > 0
        for stop in one.stops
        if stop.role not in ASKED_ROLE_NAMES
    ]


def _order(terms: AskedTerms, *, quantity: Decimal, trigger_price: Decimal | None) -> ExitOrder:
    entry, fraction = terms.entry_price or Decimal(0), terms.fraction or Decimal(0)
    return ExitOrder(
        order_id=terms.order_id,
        position_id=terms.position_id,
        type=TYPES[terms.kind],
        symbol=terms.symbol,
        side=EXITS[terms.side],
        quantity=float(quantity),
        quantity_str=f"{quantity:f}",
        entry_price=float(entry),
        entry_price_str=f"{entry:f}",
        trigger_price=None if trigger_price is None else float(trigger_price),
        trigger_price_str=told(trigger_price),
        pct=float(fraction),
        pct_str=f"{fraction:f}",
        user_id=terms.user_id,
        bot_id=terms.bot_id or None,
        created_at=moment(terms.created_ms),
        status=AskedStatus.PENDING.value,
        client_id=None,
        venue_id=None,
        read_back_at=None,
        detail="",
    )
