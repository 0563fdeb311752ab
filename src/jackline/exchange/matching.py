"""Plain orders meet the market: taking, resting, filling, trimming.

There is no book of strangers: a taker fills whole at the last price (worse by half the spread) unless a whim
makes the book thin; a resting limit fills whole at its own price when the last price reaches it.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Final

from jackline.exchange import checks
from jackline.exchange.account import Account
from jackline.exchange.errors import VenueError
from jackline.exchange.events import Execution, OrderEvent
from jackline.exchange.market import Market
from jackline.exchange.orders import Amendment, Fill, Order, OrderRequest, Trigger
from jackline.exchange.position import Position
from jackline.exchange.state import State
from jackline.exchange.values import (
    ZERO,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
    money,
    to_step,
)
from jackline.exchange.witness import Witness

KNOCKED_OUT: Final = 4
"""The venue's expiry reason for an order that had nothing left to reduce."""

DELISTED: Final = 7
"""The venue's expiry reason for an order whose symbol was settled."""

_IMMEDIATE: Final = frozenset({TimeInForce.IOC, TimeInForce.FOK})


class Matching:
    """Takes, fills and ends plain orders of all accounts."""

    def __init__(self, state: State, witness: Witness) -> None:
        self._state = state
        self._witness = witness
        self._slow: dict[int, float] = {}

    def place(self, account: Account, request: OrderRequest, *, trigger: Trigger | None = None) -> Order:
        """Checks, takes and where possible fills an order; returns its final state so far. Raises
        VenueError."""
        market = self._state.market(request.symbol)
        order = self._drafted(account, request, market, trigger)
        self._check(account, order, market)
        self._record(account, order, Execution.NEW)
        return self._execute(account, order, market)

    def cancel(self, account: Account, order: Order) -> Order:
        """Raises VenueError -2011 when the order is no longer open."""
        living = account.open_orders.get(order.order_id)
        if living is None:
            raise VenueError(-2011)
        return self._end(account, living, OrderStatus.CANCELED, Execution.CANCELED)

    def amend(self, account: Account, order: Order, amendment: Amendment) -> Order:
        """Another price or quantity for an open LIMIT order: it keeps its id and loses its place. One of which more has
        filled than it shall have is cancelled. Raises VenueError."""
        living = account.open_orders.get(order.order_id)
        if living is None:
            raise VenueError(-2013)
        if living.type is not OrderType.LIMIT:
            raise VenueError(-5025)
        if amendment.side is not living.side:
            raise VenueError(-1117)
        if (amendment.quantity, amendment.price) == (living.quantity, living.price):
            raise VenueError(-5027)
        if ZERO < amendment.quantity <= living.executed:
            return self._end(account, living, OrderStatus.CANCELED, Execution.CANCELED)
        market = self._state.market(living.symbol)
        amended = replace(living, quantity=amendment.quantity, price=amendment.price)
        # Checked as if it were new: what it claims today must not stand in its own way.
        resting = dict(account.open_orders)
        del account.open_orders[living.order_id]
        try:
            self._check(account, amended, market)
        except VenueError:
            account.open_orders = resting
            raise
        return self._execute(account, self._record(account, amended, Execution.AMENDMENT), market)

    def match_resting(self, account: Account, market: Market) -> None:
        """Fills the resting limits that the last price has reached."""
        for order in list(account.open_orders.values()):
            reached = (order.price - market.last) * order.side.sign >= 0
            if order.order_id in self._slow:
                self._finish_slow(account, order, market, reached=reached)
            elif order.symbol == market.symbol.name and reached and order.order_id in account.open_orders:
                self._fill(
                    account,
                    account.open_orders[order.order_id],
                    order.remaining,
                    price=order.price,
                    maker=True,
                )

    def expire_all(self, account: Account, symbol: str) -> None:
        """Ends every open order of a symbol that is settled."""
        for order in [one for one in account.open_orders.values() if one.symbol == symbol]:
            self._end(account, order, OrderStatus.EXPIRED, Execution.EXPIRED, reason=DELISTED)

    def take_over(
        self,
        account: Account,
        position: Position,
        *,
        quantity: Decimal,
        price: Decimal,
        commission: Decimal,
        client_id: str,
        liquidation: bool,
    ) -> Order:
        """Ends `quantity` of a position at `price`, with an order of the venue's own."""
        wire_ms = self._state.clock.wire_ms()
        order = Order(
            order_id=self._state.next_order_id(),
            account=account.name,
            client_id=client_id,
            symbol=position.symbol,
            side=Side.SELL if position.amount > 0 else Side.BUY,
            position_side=position.side,
            type=OrderType.LIMIT,
            time_in_force=TimeInForce.IOC,
            quantity=quantity,
            price=price,
            reduce_only=False,
            reducing=True,
            created_ms=wire_ms,
            updated_ms=wire_ms,
            market_ms=self._state.markets[position.symbol].market_ms,
        )
        self._record(account, order, Execution.NEW)
        order = self._trade(
            account,
            order,
            quantity,
            price=price,
            maker=False,
            commission=commission,
            execution=Execution.CALCULATED,
            liquidation=liquidation,
        )
        self._knock_out(account, position)
        return order

    def _drafted(
        self, account: Account, request: OrderRequest, market: Market, trigger: Trigger | None
    ) -> Order:
        order_id = self._state.next_order_id()
        wire_ms = self._state.clock.wire_ms()
        reducing = account.can_only_reduce(
            side=request.side, position_side=request.position_side, reduce_only=request.reduce_only
        )
        return Order(
            order_id=order_id,
            account=account.name,
            client_id=request.client_id or f"local_{order_id}",
            symbol=request.symbol,
            side=request.side,
            position_side=request.position_side,
            type=request.type,
            time_in_force=request.time_in_force,
            quantity=request.quantity,
            price=request.price or ZERO,
            reduce_only=request.reduce_only,
            reducing=reducing or (trigger is not None and trigger.close_position),
            created_ms=wire_ms,
            updated_ms=wire_ms,
            market_ms=market.market_ms,
            trigger=trigger,
        )

    def _check(self, account: Account, order: Order, market: Market) -> None:
        checks.check_position_side(account, order.position_side)
        known = account.order_ids.get(order.client_id)
        if known in account.open_orders:
            raise VenueError(-4116)
        symbol = market.symbol
        checks.check_status(market, reducing=order.reducing)
        limited = order.type is OrderType.LIMIT
        largest = symbol.quantity_max if limited else symbol.market_quantity_max
        if order.trigger is None or not order.trigger.close_position:
            checks.check_quantity(symbol, order.quantity, largest=largest)
        if limited:
            checks.check_price(symbol, order.price)
        price = order.price if limited else market.taker_price(order.side)
        checks.check_price_band(market, self._state.whims, side=order.side, price=price, taking=not limited)
        checks.check_depth(self._state.whims, order)
        if order.reducing:
            checks.check_reducing(account, order, triggered=order.trigger is not None)
        else:
            checks.check_notional(symbol, order.quantity * price)
            checks.check_margin(self._state, account, order, price=price)
        crossing = (order.price - market.taker_price(order.side)) * order.side.sign >= 0
        if order.time_in_force is TimeInForce.FOK and limited and not crossing:
            raise VenueError(-5021)
        if order.time_in_force is TimeInForce.GTX and limited and crossing:
            raise VenueError(-5022)

    def _execute(self, account: Account, order: Order, market: Market) -> Order:
        price = market.taker_price(order.side)
        taking = order.type is OrderType.MARKET
        if taking or (order.price - price) * order.side.sign >= 0:
            quantity = self._takeable(order, market)
            slow_ms = self._state.whims.slow_fill_ms
            if slow_ms and order.time_in_force is TimeInForce.IOC and not (taking or order.reducing):
                self._slow[order.order_id] = self._state.clock.exact_ms() + slow_ms
                part = to_step(quantity / 3, market.symbol.step)
                return self._fill(account, order, part, price=price, maker=False)
            if quantity:
                order = self._fill(account, order, quantity, price=price, maker=False)
        ends = taking or (order.time_in_force in _IMMEDIATE and not self._state.whims.immediate_rests)
        if ends and order.status.open:
            return self._end(account, order, OrderStatus.EXPIRED, Execution.EXPIRED)
        return order

    def _finish_slow(self, account: Account, order: Order, market: Market, *, reached: bool) -> None:
        """Fills the rest of an immediate order that was kept open, once its time has come."""
        if order.symbol != market.symbol.name or self._state.clock.exact_ms() < self._slow[order.order_id]:
            return
        del self._slow[order.order_id]
        if reached:
            order = self._fill(account, order, order.remaining, price=order.price, maker=False)
        if order.status.open:
            self._end(account, order, OrderStatus.EXPIRED, Execution.EXPIRED)

    def _takeable(self, order: Order, market: Market) -> Decimal:
        """How much of a crossing order finds somebody on the other side."""
        whims = self._state.whims
        depth = to_step(whims.market_depth.get(order.symbol, order.quantity), market.symbol.step)
        quantity = min(order.remaining, depth)
        if whims.child_fill_fraction is not None and order.trigger and order.type is OrderType.MARKET:
            share = to_step(order.quantity * whims.child_fill_fraction, market.symbol.step)
            quantity = min(quantity, share)
        return quantity

    def _fill(
        self, account: Account, order: Order, quantity: Decimal, *, price: Decimal, maker: bool
    ) -> Order:
        """Fills `quantity`, or as much of it as there is to reduce; what has nothing to reduce expires."""
        position = account.position(order.symbol, order.position_side)
        if order.reducing:
            quantity = min(quantity, _reducible(account, order))
        rate = self._state.rules.maker_fraction if maker else self._state.rules.taker_fraction
        for part in self._parts(order, quantity):
            order = self._trade(
                account, order, part, price=price, maker=maker, commission=money(part * price * rate)
            )
        if order.status.open and order.reducing and not _reducible(account, order):
            self._end(account, order, OrderStatus.EXPIRED, Execution.EXPIRED, reason=KNOCKED_OUT)
        self._knock_out(account, position)
        return account.orders[order.order_id]

    def _parts(self, order: Order, quantity: Decimal) -> list[Decimal]:
        count = self._state.rules.fill_parts if order.type is OrderType.MARKET else 1
        part = to_step(quantity / count, self._state.markets[order.symbol].symbol.step)
        if quantity == 0 or part == 0 or count == 1:
            return [quantity] if quantity else []
        return [part] * (count - 1) + [quantity - part * (count - 1)]

    def _trade(
        self,
        account: Account,
        order: Order,
        quantity: Decimal,
        *,
        price: Decimal,
        maker: bool,
        commission: Decimal,
        execution: Execution = Execution.TRADE,
        liquidation: bool = False,
    ) -> Order:
        state, wire_ms = self._state, self._state.clock.wire_ms()
        market = state.markets[order.symbol]
        position = account.position(order.symbol, order.position_side)
        before = position.amount
        isolated = None if account.crossed(position) else account.setting(order.symbol).leverage
        realised = position.fill(
            signed_quantity=quantity * order.side.sign, price=price, isolated_leverage=isolated
        )
        position.updated_ms = wire_ms
        fill = Fill(
            trade_id=state.next_trade_id(),
            account=account.name,
            order_id=order.order_id,
            client_id=order.client_id,
            symbol=order.symbol,
            side=order.side,
            position_side=order.position_side,
            price=price,
            quantity=quantity,
            commission=commission,
            realised=realised,
            maker=maker,
            liquidation=liquidation,
            wire_ms=wire_ms,
            market_ms=market.market_ms,
        )
        account.fills.append(fill)
        for kind, amount in (("REALIZED_PNL", realised), ("COMMISSION", -commission)):
            state.book_income(account, symbol=order.symbol, kind=kind, amount=amount, trade_id=fill.trade_id)
        executed = order.executed + quantity
        status = OrderStatus.FILLED if executed == order.quantity else OrderStatus.PARTIALLY_FILLED
        order = replace(order, executed=executed, paid=order.paid + quantity * price, status=status)
        order = self._record(account, order, execution, fill=fill)
        state.tell_account(account, reason="ORDER", symbol=order.symbol, positions=(position,))
        self._witness.on_fill(account, fill, before=before, after=position.amount)
        return order

    def _knock_out(self, account: Account, position: Position) -> None:
        """Ends resting orders that claim more than the position still has, newest first."""
        claims = [
            order
            for order in account.open_orders.values()
            if order.reducing and (order.symbol, order.position_side) == (position.symbol, position.side)
        ]
        for order in reversed(claims):
            reserved = checks.reserved_quantity(
                account, symbol=order.symbol, position_side=order.position_side, side=order.side
            )
            if reserved > _reducible(account, order):
                self._end(account, order, OrderStatus.EXPIRED, Execution.EXPIRED, reason=KNOCKED_OUT)

    def _end(
        self, account: Account, order: Order, status: OrderStatus, execution: Execution, *, reason: int = 0
    ) -> Order:
        return self._record(account, replace(order, status=status, expiry_reason=reason), execution)

    def _record(
        self, account: Account, order: Order, execution: Execution, *, fill: Fill | None = None
    ) -> Order:
        wire_ms = self._state.clock.wire_ms()
        market_ms = self._state.markets[order.symbol].market_ms
        order = account.keep(replace(order, updated_ms=wire_ms, market_ms=market_ms))
        event = OrderEvent(account=account.name, order=order, execution=execution, fill=fill, wire_ms=wire_ms)
        self._state.outbox.append(event)
        return order


def _reducible(account: Account, order: Order) -> Decimal:
    return checks.reducible_quantity(
        account, symbol=order.symbol, position_side=order.position_side, side=order.side
    )
