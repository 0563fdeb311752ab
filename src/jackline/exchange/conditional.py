"""The conditional-order service: it keeps stops apart from plain orders and releases a child when the price
comes.

It has ids of its own, and asks nothing about margin or reducibility before the trigger; that is judged when
the child meets the matching engine, which may refuse it (REJECTED).
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from jackline.exchange import checks
from jackline.exchange.account import Account
from jackline.exchange.conditions import Algo, AlgoRequest, StopFill
from jackline.exchange.errors import VenueError
from jackline.exchange.events import AlgoEvent
from jackline.exchange.market import Market
from jackline.exchange.matching import Matching
from jackline.exchange.orders import Order, OrderRequest, Trigger
from jackline.exchange.state import State
from jackline.exchange.values import (
    ZERO,
    AlgoStatus,
    OrderType,
    Side,
    StopWhileFlat,
    TimeInForce,
    WorkingType,
)
from jackline.exchange.witness import Witness

OPEN_ALGOS_MAX: Final = 200
"""The venue's limit of untriggered conditional orders per account, all symbols together."""

GAP_FRACTION: Final = Decimal("0.0005")
"""A step that goes past a trigger by more than 5 bps (and a tick) has jumped it rather than reached it."""

_REDUCE_REFUSALS: Final = frozenset({-2022, -4118})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Released:
    """What the market did when a child was released."""

    trigger_price: Decimal
    gap: bool
    prev_last: Decimal


class Conditional:
    """Places, triggers and ends conditional orders of all accounts."""

    def __init__(self, state: State, matching: Matching, witness: Witness) -> None:
        self._state = state
        self._matching = matching
        self._witness = witness
        self._released: dict[int, _Released] = {}

    def place(self, account: Account, request: AlgoRequest) -> Algo:
        """Raises VenueError; -2021 when the trigger is already reached."""
        market = self._state.market(request.symbol)
        self._check(account, request, market)
        reducing = request.close_position or account.can_only_reduce(
            side=request.side, position_side=request.position_side, reduce_only=request.reduce_only
        )
        algo = self._drafted(account, request, market, reducing=reducing)
        if reducing and self._flat(account, algo):
            needs_position = request.time_in_force is TimeInForce.GTE_GTC
            if needs_position or self._state.rules.stop_while_flat is StopWhileFlat.REFUSE:
                raise VenueError(-4509)
        if algo.activated and _reached(algo, _reference(algo, market)):
            raise VenueError(-2021)
        return self._record(account, algo)

    def cancel(self, account: Account, algo: Algo) -> Algo:
        """Raises VenueError -20124 unless the order is still waiting for its trigger."""
        if algo.algo_id not in account.open_algos:
            raise VenueError(-20124)
        return self._record(account, replace(algo, status=AlgoStatus.CANCELED))

    def on_tick(self, account: Account, market: Market) -> None:
        """Moves trailing stops and releases every order whose trigger this step reached, oldest first."""
        for algo_id in [key for key, one in account.open_algos.items() if one.symbol == market.symbol.name]:
            algo = account.open_algos.get(algo_id)
            if algo is None:
                continue
            if algo.type is OrderType.TRAILING_STOP_MARKET:
                algo = self._trail(account, algo, _reference(algo, market))
            protected = algo.price_protect and _apart(market) > market.symbol.trigger_protect_fraction
            if algo.activated and not protected and _reached(algo, _reference(algo, market)):
                self._trigger(account, algo, market)

    def expire_without_position(self, account: Account, symbol: str) -> None:
        """Ends orders that live only as long as a position does (GTE_GTC)."""
        for algo in list(account.open_algos.values()):
            dependent = algo.symbol == symbol and algo.time_in_force is TimeInForce.GTE_GTC
            if dependent and self._flat(account, algo):
                self._record(account, replace(algo, status=AlgoStatus.EXPIRED))

    def _drafted(self, account: Account, request: AlgoRequest, market: Market, *, reducing: bool) -> Algo:
        algo_id, wire_ms = self._state.next_algo_id(), self._state.clock.wire_ms()
        trailing = request.type is OrderType.TRAILING_STOP_MARKET
        return Algo(
            algo_id=algo_id,
            account=account.name,
            client_id=request.client_id or f"local_algo_{algo_id}",
            symbol=request.symbol,
            side=request.side,
            position_side=request.position_side,
            type=request.type,
            quantity=request.quantity,
            price=request.price or ZERO,
            trigger_price=request.trigger_price or ZERO,
            activate_price=request.activate_price or ZERO,
            callback_fraction=request.callback_fraction or ZERO,
            time_in_force=request.time_in_force,
            working_type=request.working_type,
            close_position=request.close_position,
            reduce_only=request.reduce_only,
            reducing=reducing,
            price_protect=request.price_protect,
            created_ms=wire_ms,
            updated_ms=wire_ms,
            market_ms=market.market_ms,
            activated=not trailing or request.activate_price is None,
            extreme=_price(request.working_type, market) if trailing else ZERO,
        )

    def _check(self, account: Account, request: AlgoRequest, market: Market) -> None:
        checks.check_position_side(account, request.position_side)
        if request.client_id is not None and account.algo_ids.get(request.client_id) in account.open_algos:
            raise VenueError(-20132)
        if len(account.open_algos) >= OPEN_ALGOS_MAX:
            raise VenueError(-4045)
        for price in (request.trigger_price, request.price, request.activate_price):
            if price is not None:
                checks.check_price(market.symbol, price)
        if request.activate_price is not None:
            self._check_activation(request, market)
        if request.close_position:
            self._check_single(account, request)
            return
        limited = request.type.limited
        largest = market.symbol.quantity_max if limited else market.symbol.market_quantity_max
        checks.check_quantity(market.symbol, request.quantity, largest=largest)
        can_only_reduce = account.can_only_reduce(
            side=request.side, position_side=request.position_side, reduce_only=request.reduce_only
        )
        if not can_only_reduce:
            price = request.price or request.trigger_price or market.last
            checks.check_notional(market.symbol, request.quantity * price)

    def _check_activation(self, request: AlgoRequest, market: Market) -> None:
        price = _price(request.working_type, market)
        if request.activate_price is not None and (request.activate_price - price) * request.side.sign > 0:
            raise VenueError(-2021)

    def _check_single(self, account: Account, request: AlgoRequest) -> None:
        """One close-position stop and one close-position target per direction."""
        for other in account.open_algos.values():
            same = (other.symbol, other.side, other.position_side) == (
                request.symbol,
                request.side,
                request.position_side,
            )
            if same and other.close_position and other.type.takes_profit == request.type.takes_profit:
                raise VenueError(-4130)

    def _flat(self, account: Account, algo: Algo) -> bool:
        return self._reducible(account, algo) == 0

    def _reducible(self, account: Account, algo: Algo) -> Decimal:
        return checks.reducible_quantity(
            account, symbol=algo.symbol, position_side=algo.position_side, side=algo.side
        )

    def _trail(self, account: Account, algo: Algo, price: Decimal) -> Algo:
        selling = algo.side is Side.SELL
        if not algo.activated and (price - algo.activate_price) * algo.side.sign <= 0:
            return self._record(account, replace(algo, activated=True, extreme=price))
        if algo.activated and (price > algo.extreme if selling else price < algo.extreme):
            return account.keep_algo(replace(algo, extreme=price))
        return algo

    def _trigger(self, account: Account, algo: Algo, market: Market) -> None:
        """TRIGGERING, then TRIGGERED with a child and FINISHED with its result, or REJECTED with the
        reason."""
        algo = self._record(
            account,
            replace(algo, status=AlgoStatus.TRIGGERING, triggered_ms=self._state.clock.wire_ms()),
        )
        trigger_price = _threshold(algo)
        trigger = Trigger(
            algo_id=algo.algo_id,
            type=algo.type,
            price=trigger_price,
            working_type=algo.working_type,
            close_position=algo.close_position,
        )
        try:
            child = self._matching.place(account, self._child(account, algo), trigger=trigger)
        except VenueError as refusal:
            reason = "Reduce Only reject" if refusal.code in _REDUCE_REFUSALS else refusal.text
            self._record(account, replace(algo, status=AlgoStatus.REJECTED, reject_reason=reason))
            return
        triggered = replace(algo, status=AlgoStatus.TRIGGERED, child_order_id=child.order_id)
        algo = self._record(account, triggered)
        self._released[algo.algo_id] = _Released(
            trigger_price=trigger_price, gap=_jumped(algo, trigger_price, market), prev_last=market.prev_last
        )
        self.finish_children(account)

    def finish_children(self, account: Account) -> None:
        """Ends the triggered orders whose child has ended; a limit child may rest for long."""
        for algo_id, released in list(self._released.items()):
            algo = account.algos.get(algo_id)
            if algo is None or algo.child_order_id in account.open_orders:
                continue
            child = account.orders[algo.child_order_id or 0]
            del self._released[algo_id]
            if child.executed:
                self._witness.on_stop_fill(_stop_fill(algo, child, released))
            finished = replace(algo, child_price=child.average, child_quantity=child.executed)
            self._record(account, replace(finished, status=AlgoStatus.FINISHED))

    def _child(self, account: Account, algo: Algo) -> OrderRequest:
        gte = algo.time_in_force is TimeInForce.GTE_GTC
        return OrderRequest(
            symbol=algo.symbol,
            side=algo.side,
            position_side=algo.position_side,
            type=OrderType.LIMIT if algo.type.limited else OrderType.MARKET,
            quantity=self._reducible(account, algo) if algo.close_position else algo.quantity,
            price=algo.price if algo.type.limited else None,
            time_in_force=TimeInForce.GTC if gte else algo.time_in_force,
            reduce_only=algo.reduce_only,
            # Not the client's own id: the venue does not promise it, so nobody may link by it.
            client_id=f"algo_{algo.algo_id % 10**9}_{algo.triggered_ms}",
        )

    def _record(self, account: Account, algo: Algo) -> Algo:
        wire_ms = self._state.clock.wire_ms()
        market_ms = self._state.markets[algo.symbol].market_ms
        algo = account.keep_algo(replace(algo, updated_ms=wire_ms, market_ms=market_ms))
        self._state.outbox.append(AlgoEvent(account=account.name, algo=algo, wire_ms=wire_ms))
        return algo


def _price(working_type: WorkingType, market: Market) -> Decimal:
    return market.mark if working_type is WorkingType.MARK_PRICE else market.last


def _reference(algo: Algo, market: Market) -> Decimal:
    return _price(algo.working_type, market)


def _threshold(algo: Algo) -> Decimal:
    """The price at which the order triggers now."""
    if algo.type is OrderType.TRAILING_STOP_MARKET:
        return algo.extreme * (1 + algo.side.sign * algo.callback_fraction)
    return algo.trigger_price


def _reached(algo: Algo, price: Decimal) -> bool:
    """A stop triggers on a price at or beyond its trigger in the order's direction, a target against it."""
    direction = -algo.side.sign if algo.type.takes_profit else algo.side.sign
    return (price - _threshold(algo)) * direction >= 0


def _apart(market: Market) -> Decimal:
    return abs(market.mark - market.last) / market.mark


def _jumped(algo: Algo, trigger_price: Decimal, market: Market) -> bool:
    """Whether the step that triggered the order went past the trigger rather than to it."""
    beyond = abs(_reference(algo, market) - trigger_price)
    return beyond > max(market.symbol.tick, trigger_price * GAP_FRACTION)


def _stop_fill(algo: Algo, child: Order, released: _Released) -> StopFill:
    slip = (child.average - released.trigger_price) * algo.side.sign
    return StopFill(
        account=algo.account,
        symbol=algo.symbol,
        position_side=algo.position_side,
        side=algo.side,
        algo_id=algo.algo_id,
        client_algo_id=algo.client_id,
        order_id=child.order_id,
        type=algo.type,
        trigger_price=released.trigger_price,
        fill_price=child.average,
        quantity=child.executed,
        slip_bps=slip / released.trigger_price * 10_000,
        gap=released.gap,
        prev_last=released.prev_last,
        wire_ms=child.updated_ms,
        market_ms=child.market_ms,
    )
