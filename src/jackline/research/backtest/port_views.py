"""The local exchange's own records as views of the core: what its wire and our transport make of them."""

from __future__ import annotations

from decimal import Decimal

from jackline.core.events import AccountHinted, Event, FillHinted, LeverageChanged, OrderHinted
from jackline.core.instrument import Instrument, MarginTier
from jackline.core.orders import (
    FillView,
    IncomeKind,
    IncomeView,
    OrderKey,
    OrderState,
    OrderView,
    PositionMode,
    PositionView,
    PriceSource,
)
from jackline.core.values import (
    ONE,
    ZERO,
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
from jackline.exchange import margin
from jackline.exchange.account import Account
from jackline.exchange.conditions import Algo
from jackline.exchange.events import AccountEvent, AlgoEvent, OrderEvent
from jackline.exchange.events import Event as VenueEvent
from jackline.exchange.orders import Fill, Income, Order
from jackline.exchange.position import Position
from jackline.exchange.state import State
from jackline.exchange.symbols import Symbol as VenueSymbol
from jackline.exchange.values import PositionSide, WorkingType, money
from jackline.venue.binance.parse import INCOME_KINDS, KINDS, STATES

_SIDES = {PositionSide.LONG: Side.LONG, PositionSide.SHORT: Side.SHORT, PositionSide.BOTH: None}
_SOURCES = {WorkingType.MARK_PRICE: PriceSource.MARK, WorkingType.CONTRACT_PRICE: PriceSource.LAST}


def price_or_none(price: Decimal) -> Price | None:
    """Zero stands for no price on the wire."""
    return Price(price) if price else None


def order_view(order: Order) -> OrderView:
    """A plain order."""
    trigger = order.trigger
    return OrderView(
        key=OrderKey(
            symbol=Symbol(order.symbol),
            client_id=order.client_id,
            venue_id=order.order_id,
            conditional=False,
        ),
        kind=KINDS[order.type.value],
        state=STATES[order.status.value],
        side=OrderSide(order.side.value),
        position_side=_SIDES[order.position_side],
        quantity=Quantity(order.quantity),
        filled=Quantity(order.executed),
        average_price=price_or_none(order.average),
        limit_price=price_or_none(order.price),
        trigger_price=None if trigger is None else price_or_none(trigger.price),
        price_source=None if trigger is None else _SOURCES[trigger.working_type],
        reduce_only=order.reduce_only,
        close_position=trigger is not None and trigger.close_position,
        price_protect=False,
        child_id=None,
        updated_ms=WireMs(order.updated_ms),
    )


def algo_view(algo: Algo) -> OrderView:
    """A conditional order."""
    return OrderView(
        key=OrderKey(
            symbol=Symbol(algo.symbol), client_id=algo.client_id, venue_id=algo.algo_id, conditional=True
        ),
        kind=KINDS[algo.type.value],
        state=STATES[algo.status.value],
        side=OrderSide(algo.side.value),
        position_side=_SIDES[algo.position_side],
        quantity=Quantity(algo.quantity),
        filled=Quantity(algo.child_quantity),
        average_price=price_or_none(algo.child_price),
        limit_price=price_or_none(algo.price),
        trigger_price=price_or_none(algo.trigger_price),
        price_source=_SOURCES[algo.working_type],
        reduce_only=algo.reduce_only,
        close_position=algo.close_position,
        price_protect=algo.price_protect,
        child_id=algo.child_order_id,
        updated_ms=WireMs(algo.updated_ms),
        callback_fraction=Fraction(algo.callback_fraction) if algo.callback_fraction > ZERO else None,
    )


def position_view(state: State, account: Account, position: Position) -> PositionView:
    """An open position."""
    market = state.markets[position.symbol]
    side = _SIDES[position.side] or (Side.LONG if position.amount > ZERO else Side.SHORT)
    notional = money(abs(position.amount) * market.mark)
    held = money(margin.initial_margin(state, account, position))
    return PositionView(
        symbol=Symbol(position.symbol),
        side=side,
        mode=PositionMode.NETTING if position.side is PositionSide.BOTH else PositionMode.HEDGE,
        quantity=Quantity(abs(position.amount)),
        entry_price=Price(money(position.entry_price)),
        mark=Price(money(market.mark)),
        liquidation_price=price_or_none(money(margin.liquidation_price(state, account, position))),
        updated_ms=WireMs(position.updated_ms),
        leverage=max(ONE, (notional / held).to_integral_value()) if notional > ZERO and held > ZERO else None,
    )


def fill_view(fill: Fill) -> FillView:
    """One execution."""
    return FillView(
        symbol=Symbol(fill.symbol),
        fill_id=fill.trade_id,
        order_id=fill.order_id,
        side=OrderSide(fill.side.value),
        position_side=_SIDES[fill.position_side],
        quantity=Quantity(fill.quantity),
        price=Price(fill.price),
        fee_quote=Quote(fill.commission),
        realised_quote=Quote(fill.realised),
        maker=fill.maker,
        wire_ms=WireMs(fill.wire_ms),
        market_ms=MarketMs(fill.market_ms),
    )


def income_view(income: Income) -> IncomeView:
    """One row of the income listing."""
    return IncomeView(
        kind=INCOME_KINDS.get(income.kind, IncomeKind.OTHER),
        symbol=Symbol(income.symbol) if income.symbol else None,
        income_id=income.income_id,
        amount_quote=Quote(income.amount),
        wire_ms=WireMs(income.wire_ms),
        market_ms=MarketMs(income.market_ms),
    )


def instrument(symbol: VenueSymbol) -> Instrument:
    """Filters and margin tiers."""
    return Instrument(
        symbol=Symbol(symbol.name),
        price_tick=symbol.tick,
        price_min=Price(symbol.tick),
        price_max=Price(symbol.price_max),
        quantity_step=symbol.step,
        quantity_min=Quantity(symbol.step),
        quantity_max=Quantity(symbol.quantity_max),
        market_quantity_max=Quantity(symbol.market_quantity_max),
        notional_min=Quote(symbol.notional_min),
        tiers=tuple(
            MarginTier(
                notional_floor=Quote(row.notional_floor),
                maintenance_fraction=Fraction(row.maintenance_fraction),
                maintenance_amount=Quote(row.deduction),
                leverage_max=row.leverage_max,
            )
            for row in symbol.brackets
        ),
    )


class Hints:
    """Events of the venue as the user stream's pump tells them. Remembers which stop an order came from."""

    def __init__(self) -> None:
        self._parents: dict[int, str] = {}

    def of(self, event: VenueEvent) -> list[Event]:
        """What one event means, in order."""
        match event:
            case OrderEvent(order=order, fill=fill):
                hints: list[Event] = [] if fill is None else [self._fill(fill)]
                return [*hints, _order_hint(order.symbol, order.client_id, order.status.value, None)]
            case AlgoEvent(algo=algo):
                if algo.child_order_id is not None:
                    self._parents[algo.child_order_id] = algo.client_id
                return [_order_hint(algo.symbol, algo.client_id, algo.status.value, algo.child_order_id)]
            case AccountEvent(positions=positions):
                symbols = sorted({position.symbol for position in positions})
                return [AccountHinted(symbol=Symbol(symbol)) for symbol in symbols] or [
                    AccountHinted(symbol=None)
                ]
            case _:
                return [LeverageChanged(symbol=Symbol(event.symbol), leverage=event.leverage)]

    def _fill(self, fill: Fill) -> FillHinted:
        return FillHinted(
            symbol=Symbol(fill.symbol),
            client_id=self._parents.get(fill.order_id, fill.client_id),
            order_id=fill.order_id,
            quantity=Quantity(fill.quantity),
            price=Price(fill.price),
            wire_ms=WireMs(fill.wire_ms),
            market_ms=MarketMs(fill.market_ms),
        )


def _order_hint(symbol: str, client_id: str, status: str, child_id: int | None) -> OrderHinted:
    state = STATES.get(status, OrderState.OTHER)
    return OrderHinted(symbol=Symbol(symbol), client_id=client_id, state=state, child_id=child_id)
