"""Rows → views of the core. Strict: what does not fit raises `Garbled`, and the answer counts as unknown.

An order type or state that is new to us becomes ``OTHER``: shown and kept, never counted as protection.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

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
from jackline.core.values import ONE, ZERO, Fraction, MarketMs, Price, Quantity, Quote, Side, Symbol, WireMs
from jackline.venue.binance.rows import (
    AlgoRow,
    BracketsRow,
    FilterRow,
    IncomeRow,
    OrderRow,
    PositionRow,
    StrangeRow,
    SymbolRow,
    TradeRow,
)
from jackline.venue.transport.failures import Garbled
from jackline.venue.transport.rows import Leg, price_or_none, sound_price, sound_quantity, typed

QUOTE_ASSET = "USDT"

KINDS: dict[str, OrderKind] = {
    "MARKET": OrderKind.MARKET,
    "LIMIT": OrderKind.LIMIT,
    "STOP_MARKET": OrderKind.STOP_MARKET,
    "STOP": OrderKind.STOP_LIMIT,
    "TAKE_PROFIT_MARKET": OrderKind.TARGET_MARKET,
    "TAKE_PROFIT": OrderKind.TARGET_LIMIT,
    "TRAILING_STOP_MARKET": OrderKind.TRAILING,
}
STATES: dict[str, OrderState] = {
    "NEW": OrderState.NEW,
    "PARTIALLY_FILLED": OrderState.PARTIALLY_FILLED,
    "FILLED": OrderState.FILLED,
    "CANCELED": OrderState.CANCELED,
    "EXPIRED": OrderState.EXPIRED,
    "EXPIRED_IN_MATCH": OrderState.EXPIRED,
    "REJECTED": OrderState.REJECTED,
    "TRIGGERING": OrderState.TRIGGERING,
    "TRIGGERED": OrderState.TRIGGERED,
    "FINISHED": OrderState.FINISHED,
}
_SOURCES = {"MARK_PRICE": PriceSource.MARK, "CONTRACT_PRICE": PriceSource.LAST}


def order_view(row: OrderRow) -> OrderView:
    """A plain order."""
    return OrderView(
        key=OrderKey(
            symbol=Symbol(row.symbol), client_id=row.clientOrderId, venue_id=row.orderId, conditional=False
        ),
        kind=KINDS.get(row.type, OrderKind.OTHER),
        state=STATES.get(row.status, OrderState.OTHER),
        side=row.side,
        position_side=row.positionSide.side,
        quantity=sound_quantity(row.origQty),
        filled=sound_quantity(row.executedQty),
        average_price=price_or_none(row.avgPrice),
        limit_price=price_or_none(row.price),
        trigger_price=price_or_none(row.stopPrice),
        price_source=_SOURCES.get(row.workingType or ""),
        reduce_only=row.reduceOnly,
        close_position=row.closePosition,
        price_protect=row.priceProtect,
        child_id=None,
        updated_ms=WireMs(row.updateTime),
    )


def algo_view(row: AlgoRow) -> OrderView:
    """A conditional order; `child_id` is what it became."""
    child = row.actualOrderId or ""
    return OrderView(
        key=OrderKey(
            symbol=Symbol(row.symbol), client_id=row.clientAlgoId, venue_id=row.algoId, conditional=True
        ),
        kind=KINDS.get(row.orderType, OrderKind.OTHER),
        state=STATES.get(row.algoStatus, OrderState.OTHER),
        side=row.side,
        position_side=row.positionSide.side,
        quantity=sound_quantity(row.quantity or ZERO),
        filled=sound_quantity(_decimal(row.actualQty)),
        average_price=price_or_none(_decimal(row.actualPrice)),
        limit_price=price_or_none(row.price),
        trigger_price=price_or_none(row.triggerPrice),
        price_source=_SOURCES.get(row.workingType),
        reduce_only=row.reduceOnly,
        close_position=row.closePosition,
        price_protect=row.priceProtect,
        child_id=int(child) if child.isdigit() and child != "0" else None,
        updated_ms=WireMs(row.updateTime),
        callback_fraction=_callback(row.callbackRate),
    )


def _callback(percent: str | None) -> Fraction | None:
    """The rate of a trailing order; None where there is none. One that cannot be read is not the one asked for."""
    try:
        rate = Decimal(percent or "0")
    except ArithmeticError:
        return None
    return Fraction(rate / 100) if rate.is_finite() and rate > ZERO else None


def listed_order(tree: Any) -> OrderView:
    """A plain order of a listing; one that we cannot read is kept as ``OTHER``, so that it blinds no
    snapshot."""
    try:
        return order_view(typed(tree, OrderRow))
    except Garbled:
        return _strange(typed(tree, StrangeRow), conditional=False)


def listed_algo(tree: Any) -> OrderView:
    """A conditional order of a listing, likewise."""
    try:
        return algo_view(typed(tree, AlgoRow))
    except Garbled:
        return _strange(typed(tree, StrangeRow), conditional=True)


def _strange(row: StrangeRow, *, conditional: bool) -> OrderView:
    return OrderView(
        key=OrderKey(
            symbol=Symbol(row.symbol),
            client_id=row.clientAlgoId if conditional else row.clientOrderId,
            venue_id=row.algoId if conditional else row.orderId,
            conditional=conditional,
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
    """An open position; None for a flat row."""
    if row.positionAmt == ZERO:
        return None
    side = row.positionSide.side or (Side.LONG if row.positionAmt > ZERO else Side.SHORT)
    return PositionView(
        symbol=Symbol(row.symbol),
        side=side,
        mode=PositionMode.NETTING if row.positionSide is Leg.BOTH else PositionMode.HEDGE,
        quantity=Quantity(abs(row.positionAmt)),
        entry_price=sound_price(row.entryPrice),
        mark=sound_price(row.markPrice),
        liquidation_price=price_or_none(row.liquidationPrice),
        updated_ms=WireMs(row.updateTime),
        leverage=_leverage(row),
    )


def _leverage(row: PositionRow) -> Decimal | None:
    """The listing tells it only by what it makes of the margin: both sums are at mark, and it is whole.

    What makes no sense is None and never a failure: protection does not wait for it (P1).
    """
    notional, margin = abs(row.notional), row.positionInitialMargin
    if not (notional.is_finite() and margin.is_finite() and notional > ZERO and margin > ZERO):
        return None
    return max(ONE, (notional / margin).to_integral_value())


def fill_view(row: TradeRow) -> FillView:
    """One execution. A fee in another coin has no quote amount that we could state without inventing one
    (A1)."""
    if row.commissionAsset != QUOTE_ASSET and row.commission != ZERO:
        raise Garbled(
            f"fill {row.id} of {row.symbol}: fee in {row.commissionAsset}; turn fee payment in it off"
        )
    return FillView(
        symbol=Symbol(row.symbol),
        fill_id=row.id,
        order_id=row.orderId,
        side=row.side,
        position_side=row.positionSide.side,
        quantity=sound_quantity(row.qty),
        price=sound_price(row.price),
        fee_quote=Quote(row.commission),
        realised_quote=Quote(row.realizedPnl),
        maker=row.maker,
        wire_ms=WireMs(row.time),
        market_ms=MarketMs(row.time if row.mt is None else row.mt),
    )


INCOME_KINDS: dict[str, IncomeKind] = {
    "FUNDING_FEE": IncomeKind.FUNDING,
    "REALIZED_PNL": IncomeKind.TRADE,
    "COMMISSION": IncomeKind.TRADE,
    "TRANSFER": IncomeKind.TRANSFER,
    "INTERNAL_TRANSFER": IncomeKind.TRANSFER,
    "CROSS_COLLATERAL_TRANSFER": IncomeKind.TRANSFER,
    "STRATEGY_UMFUTURES_TRANSFER": IncomeKind.TRANSFER,
    "COIN_SWAP_DEPOSIT": IncomeKind.TRANSFER,
    "COIN_SWAP_WITHDRAW": IncomeKind.TRANSFER,
}
"""The venue's income types; one that is not listed here is OTHER, and booked all the same."""


def income_view(row: IncomeRow) -> IncomeView:
    """One row of the income listing."""
    return IncomeView(
        kind=INCOME_KINDS.get(row.incomeType, IncomeKind.OTHER),
        symbol=Symbol(row.symbol) if row.symbol else None,
        income_id=row.tranId,
        amount_quote=Quote(row.income),
        wire_ms=WireMs(row.time),
        market_ms=MarketMs(row.time if row.mt is None else row.mt),
    )


def instrument(row: SymbolRow, brackets: BracketsRow) -> Instrument:
    """Filters and tiers of a symbol. A missing filter is no filter of ours to guess: it raises."""
    by_type = {one.filterType: one for one in row.filters}
    price_filter = _filter(row, by_type, "PRICE_FILTER")
    lot = _filter(row, by_type, "LOT_SIZE")
    market_lot = _filter(row, by_type, "MARKET_LOT_SIZE")
    notional = _filter(row, by_type, "MIN_NOTIONAL")
    return Instrument(
        symbol=Symbol(row.symbol),
        price_tick=_needed(row, "tickSize", price_filter.tickSize),
        price_min=Price(_needed(row, "minPrice", price_filter.minPrice)),
        price_max=Price(_needed(row, "maxPrice", price_filter.maxPrice)),
        quantity_step=_needed(row, "stepSize", lot.stepSize),
        quantity_min=Quantity(_needed(row, "minQty", lot.minQty)),
        quantity_max=Quantity(_needed(row, "maxQty", lot.maxQty)),
        market_quantity_max=Quantity(_needed(row, "maxQty", market_lot.maxQty)),
        notional_min=Quote(_needed(row, "notional", notional.notional)),
        tiers=tuple(
            MarginTier(
                notional_floor=Quote(tier.notionalFloor),
                maintenance_fraction=Fraction(tier.maintMarginRatio),
                maintenance_amount=Quote(tier.cum),
                leverage_max=tier.initialLeverage,
            )
            for tier in sorted(brackets.brackets, key=lambda tier: tier.notionalFloor)
        ),
    )


KlineRow = tuple[int, Decimal, Decimal, Decimal, Decimal, Decimal, int, Any, Any, Any, Any, Any]
"""Open time, open, high, low, close, volume, close time, and five figures that we do not use."""


def completed_bars(
    rows: Sequence[KlineRow], *, symbol: Symbol, interval_ms: int, venue_market_ms: int
) -> tuple[Bar, ...]:
    """The bars whose close lies before the venue's own time; a forming bar never passes (D1)."""
    return tuple(
        Bar(
            symbol=symbol,
            open_ms=MarketMs(row[0]),
            interval_ms=interval_ms,
            open=sound_price(row[1]),
            high=sound_price(row[2]),
            low=sound_price(row[3]),
            close=sound_price(row[4]),
            volume=sound_quantity(row[5]),
        )
        for row in rows
        if row[0] + interval_ms <= venue_market_ms
    )


def _decimal(text: str | None) -> Decimal:
    try:
        return Decimal(text or "0")
    except ArithmeticError as error:
        raise Garbled(f"{text!r} is not a number") from error


def _filter(row: SymbolRow, by_type: dict[str, FilterRow], name: str) -> FilterRow:
    found = by_type.get(name)
    if found is None:
        raise Garbled(f"{row.symbol} has no {name}")
    return found


def _needed(row: SymbolRow, name: str, number: Decimal | None) -> Decimal:
    if number is None:
        raise Garbled(f"{row.symbol} has no {name}")
    return number
