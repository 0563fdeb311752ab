"""Rows → views of the core. Strict: what does not fit raises `Garbled`, and the answer counts as unknown.

An order type or state that is new to us becomes ``OTHER``: shown and kept, never counted as protection.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from jackline.core.instrument import Instrument, MarginTier
from jackline.core.orders import (
    Bar,
    FillView,
    IncomeKind,
    IncomeView,
    OrderKey,
    OrderKind,
    OrderState,
    OrderView,
    PositionMode,
    PositionView,
    PriceSource,
)
from jackline.core.values import ONE, ZERO, Fraction, MarketMs, Price, Quantity, Quote, Symbol, WireMs
from jackline.venue.bingx.rows import (
    ContractRow,
    FillRow,
    IncomeRow,
    KlineRow,
    OrderRow,
    PlacedRow,
    PositionRow,
    StrangeRow,
    TierRow,
)
from jackline.venue.transport.failures import Garbled
from jackline.venue.transport.rows import Row, price_or_none, sound_price, sound_quantity, typed

QUOTE_ASSET = "USDT"
UNBOUNDED = Decimal(10**12)
"""The venue states no largest price or quantity; margin tiers bound both."""

KINDS: dict[str, OrderKind] = {
    "MARKET": OrderKind.MARKET,
    "LIMIT": OrderKind.LIMIT,
    "STOP_MARKET": OrderKind.STOP_MARKET,
    "STOP": OrderKind.STOP_LIMIT,
    "TAKE_PROFIT_MARKET": OrderKind.TARGET_MARKET,
    "TAKE_PROFIT": OrderKind.TARGET_LIMIT,
    "TRAILING_STOP_MARKET": OrderKind.TRAILING,
    "TRAILING_TP_SL": OrderKind.TRAILING,
}
"""TRIGGER_MARKET and TRIGGER_LIMIT may open: to us they are OTHER."""
_PLAIN = frozenset({"MARKET", "LIMIT"})
_STATES: dict[str, OrderState] = {
    "NEW": OrderState.NEW,
    "PENDING": OrderState.NEW,
    "PARTIALLY_FILLED": OrderState.PARTIALLY_FILLED,
    "FILLED": OrderState.FILLED,
    "CANCELLED": OrderState.CANCELED,
    "CANCELED": OrderState.CANCELED,
    "EXPIRED": OrderState.EXPIRED,
    "FAILED": OrderState.REJECTED,
}
_SOURCES = {"MARK_PRICE": PriceSource.MARK, "CONTRACT_PRICE": PriceSource.LAST}


def state_of(kind: str, status: str) -> OrderState:
    """A limit that rests is PENDING; so is a stop that has triggered and is not filled yet."""
    if status == "PENDING" and kind not in _PLAIN:
        return OrderState.TRIGGERING
    return _STATES.get(status, OrderState.OTHER)


def order_view(row: OrderRow) -> OrderView:
    """An order of either kind: the venue has one id space. A conditional one has no client id."""
    return OrderView(
        key=OrderKey(
            symbol=Symbol(row.symbol),
            client_id=row.clientOrderID or row.clientOrderId,
            venue_id=row.orderId,
            conditional=row.type not in _PLAIN,
        ),
        kind=KINDS.get(row.type, OrderKind.OTHER),
        state=state_of(row.type, row.status),
        side=row.side,
        position_side=row.positionSide.side,
        quantity=sound_quantity(row.origQty),
        filled=sound_quantity(row.executedQty),
        average_price=price_or_none(row.avgPrice),
        # A market order shows what it was filled at.
        limit_price=price_or_none(row.price) if row.type != "MARKET" else None,
        trigger_price=price_or_none(row.stopPrice),
        price_source=_SOURCES.get(row.workingType) if row.type not in _PLAIN else None,
        reduce_only=row.reduceOnly,
        close_position=row.closePosition,
        price_protect=False,
        child_id=None,
        updated_ms=WireMs(row.updateTime),
    )


def placed_view(row: PlacedRow) -> OrderView:
    """What a placement was acknowledged with."""
    asked = row.quantity if row.origQty is None else row.origQty
    return order_view(
        OrderRow(
            orderId=row.orderId,
            symbol=row.symbol,
            type=row.type,
            side=row.side,
            status=row.status or "NEW",
            positionSide=row.positionSide,
            origQty=ZERO if asked is None else asked,
            executedQty=row.executedQty,
            clientOrderID=row.clientOrderID or row.clientOrderId,
            price=row.price,
            avgPrice=row.avgPrice,
            stopPrice=row.stopPrice,
            workingType=row.workingType,
            reduceOnly=row.reduceOnly,
            closePosition=row.closePosition,
        )
    )


class _LegRow(Row, frozen=True):
    """A `stopLoss`, as sent and as echoed."""

    type: str
    stopPrice: Decimal


_leg = msgspec.json.Decoder(_LegRow, float_hook=Decimal).decode


def is_same_leg(sent: str, echoed: str) -> bool:
    """Whether the venue has read a leg as it was meant: its type and trigger, however it spells the rest."""
    try:
        return _leg(sent) == _leg(echoed)
    except msgspec.DecodeError:
        return False


def listed_order(tree: Any) -> OrderView:
    """An order of a listing; one that we cannot read is kept as ``OTHER``, so that it blinds no snapshot."""
    try:
        return order_view(typed(tree, OrderRow))
    except Garbled:
        return _strange(typed(tree, StrangeRow))


def _strange(row: StrangeRow) -> OrderView:
    return OrderView(
        key=OrderKey(
            symbol=Symbol(row.symbol),
            client_id=row.clientOrderID,
            venue_id=row.orderId,
            conditional=not row.clientOrderID,
        ),
        kind=OrderKind.OTHER,
        state=OrderState.OTHER,
        side=row.side,
        position_side=row.positionSide.side,
        quantity=Quantity(ZERO),
        filled=Quantity(ZERO),
        average_price=None,
        limit_price=None,
        trigger_price=None,
        price_source=None,
        reduce_only=False,
        close_position=False,
        price_protect=False,
        child_id=None,
        updated_ms=WireMs(0),
    )


def position_view(row: PositionRow) -> PositionView | None:
    """An open position; None for a flat row. Raises `Garbled` for one that names no side."""
    if row.positionAmt == ZERO:
        return None
    side = row.positionSide.side
    if side is None:
        raise Garbled(f"position {row.positionAmt} of {row.symbol} says neither LONG nor SHORT")
    return PositionView(
        symbol=Symbol(row.symbol),
        side=side,
        mode=PositionMode.NETTING if row.onlyOnePosition else PositionMode.HEDGE,
        quantity=Quantity(abs(row.positionAmt)),
        entry_price=sound_price(row.avgPrice),
        mark=sound_price(row.markPrice),
        liquidation_price=price_or_none(row.liquidationPrice),
        updated_ms=WireMs(row.updateTime),
        leverage=_leverage(row),
    )


def _leverage(row: PositionRow) -> Decimal | None:
    """What makes no sense is None and never a failure: protection does not wait for it (P1)."""
    told = row.leverage
    return told if told is not None and told.is_finite() and told >= ONE else None


def fill_view(row: FillRow) -> FillView:
    """One execution. A fee is written as what it does to the wallet; one in another coin has no quote amount (A1)."""
    if row.currency != QUOTE_ASSET and row.commission != ZERO:
        raise Garbled(f"fill {row.tradeId} of {row.symbol}: fee in {row.currency}")
    wire_ms = _moment(row.filledTime)
    return FillView(
        symbol=Symbol(row.symbol),
        fill_id=_number(row.tradeId),
        order_id=_number(row.orderId),
        side=row.side,
        position_side=row.positionSide.side,
        quantity=sound_quantity(row.volume),
        price=sound_price(row.price),
        fee_quote=Quote(-row.commission),
        realised_quote=Quote(row.realisedPNL),
        maker=row.role == "maker",
        wire_ms=WireMs(wire_ms),
        market_ms=MarketMs(wire_ms if row.mt is None else row.mt),
    )


INCOME_KINDS: dict[str, IncomeKind] = {
    "FUNDING_FEE": IncomeKind.FUNDING,
    "REALIZED_PNL": IncomeKind.TRADE,
    "TRADING_FEE": IncomeKind.TRADE,
    "TRANSFER": IncomeKind.TRANSFER,
}
"""The venue's income types; one that is not listed here is OTHER, and booked all the same."""


def income_view(row: IncomeRow) -> IncomeView:
    """One row of the income listing."""
    return IncomeView(
        kind=INCOME_KINDS.get(row.incomeType, IncomeKind.OTHER),
        symbol=Symbol(row.symbol) if row.symbol else None,
        income_id=_number(row.tranId),
        amount_quote=Quote(row.income),
        wire_ms=WireMs(row.time),
        market_ms=MarketMs(row.time if row.mt is None else row.mt),
    )


def instrument(row: ContractRow, tiers: Sequence[TierRow]) -> Instrument:
    """Filters and tiers of a contract; without a table it is one tier, as strict as its leverage (`margin_tiers`)."""
    tick, step = _grid(row.pricePrecision), _grid(row.quantityPrecision)
    return Instrument(
        symbol=Symbol(row.symbol),
        price_tick=tick,
        price_min=Price(tick),
        price_max=Price(UNBOUNDED),
        quantity_step=step,
        quantity_min=Quantity(max(step, row.tradeMinQuantity)),
        quantity_max=Quantity(UNBOUNDED),
        market_quantity_max=Quantity(UNBOUNDED),
        notional_min=Quote(row.tradeMinUSDT),
        tiers=margin_tiers(row, tiers),
    )


def margin_tiers(row: ContractRow, tiers: Sequence[TierRow]) -> tuple[MarginTier, ...]:
    """The venue's table names no leverage: maintenance is taken for half the margin of the highest one.

    Without a table maintenance is taken for all of it, which puts a liquidation nearer than it is.
    """
    most = min(row.maxLongLeverage, row.maxShortLeverage)
    if most < 1:
        raise Garbled(f"{row.symbol} allows leverage {most}")
    whole = MarginTier(
        notional_floor=Quote(ZERO),
        maintenance_fraction=Fraction(ONE / most),
        maintenance_amount=Quote(ZERO),
        leverage_max=most,
    )
    return tuple(
        MarginTier(
            notional_floor=Quote(tier.minPositionVal),
            maintenance_fraction=Fraction(tier.maintMarginRatio),
            maintenance_amount=Quote(tier.maintAmount),
            leverage_max=max(1, min(most, int(ONE / (2 * tier.maintMarginRatio)))),
        )
        for tier in sorted(tiers, key=lambda tier: tier.minPositionVal)
        if tier.maintMarginRatio > ZERO
    ) or (whole,)


def completed_bars(
    rows: Sequence[KlineRow], *, symbol: Symbol, interval_ms: int, venue_market_ms: int
) -> tuple[Bar, ...]:
    """Oldest first, those that end before the venue's own time; a forming bar never passes (D1)."""
    return tuple(
        Bar(
            symbol=symbol,
            open_ms=MarketMs(row.time),
            interval_ms=interval_ms,
            open=sound_price(row.open),
            high=sound_price(row.high),
            low=sound_price(row.low),
            close=sound_price(row.close),
            volume=sound_quantity(row.volume),
        )
        for row in sorted(rows, key=lambda row: row.time)
        if row.time + interval_ms <= venue_market_ms
    )


def _grid(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise Garbled(f"id {text!r} is not a number")
    return int(text)


def _moment(text: str) -> int:
    """UTC epoch ms of ``2006-01-02T15:04:05.999+0800``."""
    try:
        at = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")
    except ValueError as error:
        raise Garbled(f"time {text!r}") from error
    return int(at.timestamp()) * 1_000 + at.microsecond // 1_000
