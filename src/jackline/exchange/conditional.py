"""The conditional-order service: it keeps stops apart from plain orders and releases a child when the price
comes.

It has ids of its own, and asks nothing about margin or reducibility before the trigger; that is judged when
the child meets the matching engine, which may refuse it (REJECTED).
"""

from dataclasses import replace
from decimal import Decimal
from typing import Final

from jackline.exchange import checks
from jackline.exchange.account import Account
from jackline.exchange.algo_checks import check_algo
from jackline.exchange.conditions import Algo, AlgoRequest
from jackline.exchange.cover import CoverLoss
from jackline.exchange.errors import VenueError
from jackline.exchange.events import AlgoEvent
from jackline.exchange.market import Market
from jackline.exchange.matching import Matching
from jackline.exchange.orders import OrderRequest, Trigger
from jackline.exchange.state import State
from jackline.exchange.triggers import Triggered, reached, reference, stop_fill, suppressed, triggered
from jackline.exchange.values import ZERO, AlgoStatus, OrderType, Side, StopWhileFlat, TimeInForce
from jackline.exchange.witness import Witness

_REDUCE_REFUSALS: Final = frozenset({-2022, -4118})


class Conditional:
    """Places, triggers and ends conditional orders of all accounts."""

    def __init__(self, state: State, matching: Matching, witness: Witness) -> None:
        self._state = state
        self._matching = matching
        self._witness = witness
        self._released: dict[int, Triggered] = {}
        self._stuck: dict[int, tuple[float, Triggered]] = {}

    def place(self, account: Account, request: AlgoRequest, *, armed: bool = False) -> Algo:
        """Raises VenueError; -2021 when the trigger is already reached, unless the order was taken before and is only
        `armed` now: then it triggers at once."""
        market = self._state.market(request.symbol)
        reducing = request.close_position or account.can_only_reduce(
            side=request.side, position_side=request.position_side, reduce_only=request.reduce_only
        )
        check_algo(self._state, account, request, market, reducing=reducing)
        algo = self._drafted(account, request, market, reducing=reducing)
        if reducing and self._flat(account, algo):
            needs_position = request.time_in_force is TimeInForce.GTE_GTC
            if needs_position or self._state.rules.stop_while_flat is StopWhileFlat.REFUSE:
                raise VenueError(-4509)
        due = algo.activated and reached(algo, reference(algo.working_type, market))
        if due and not armed:
            raise VenueError(-2021)
        algo = self._record(account, algo)
        if due:
            self._trigger(account, algo, market)
        return account.algos[algo.algo_id]

    def cancel(self, account: Account, algo: Algo, cause: CoverLoss = CoverLoss.CANCELLED) -> Algo:
        """Raises VenueError -20124 unless the order is still waiting for its trigger."""
        return self._end(account, algo, AlgoStatus.CANCELED, cause)

    def expire(self, account: Account, algo: Algo, cause: CoverLoss) -> Algo:
        """Ends a waiting order on the venue's own account. Raises VenueError -20124 where it does not wait."""
        return self._end(account, algo, AlgoStatus.EXPIRED, cause)

    def forget(self, account: Account, algo: Algo) -> None:
        """Loses a waiting order without a word. Raises VenueError -20124 where it does not wait."""
        living = self._waiting(account, algo)
        account.forget_algo(living)
        self._witness.on_stop_end(living, CoverLoss.DROPPED)

    def on_tick(self, account: Account, market: Market) -> None:
        """Moves trailing stops and releases every order whose trigger this step reached, oldest first."""
        if self._stuck:
            self._release_due(account, market)
        name = market.symbol.name
        for algo_id in [key for key, one in account.open_algos.items() if one.symbol == name]:
            algo = account.open_algos.get(algo_id)
            if algo is None:
                continue
            price = reference(algo.working_type, market)
            if algo.type is OrderType.TRAILING_STOP_MARKET:
                algo = self._trail(account, algo, price)
            if algo.activated and reached(algo, price) and not suppressed(algo, market):
                self._trigger(account, algo, market)

    def expire_without_position(self, account: Account, symbol: str) -> None:
        """Ends orders that live only as long as a position does (GTE_GTC)."""
        for algo in list(account.open_algos.values()):
            dependent = algo.symbol == symbol and algo.time_in_force is TimeInForce.GTE_GTC
            if dependent and self._flat(account, algo):
                self.expire(account, algo, CoverLoss.EXPIRED)

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
            callback_fraction=self._callback(request),
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
            extreme=reference(request.working_type, market) if trailing else ZERO,
        )

    def _callback(self, request: AlgoRequest) -> Decimal:
        asked, largest = request.callback_fraction or ZERO, self._state.whims.callback_max_fraction
        return asked if largest is None else min(asked, largest)

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
        """TRIGGERING, then at once what `_release` makes of it, unless the venue takes its time."""
        clock, whims = self._state.clock, self._state.whims
        algo = self._record(
            account, replace(algo, status=AlgoStatus.TRIGGERING, triggered_ms=clock.wire_ms())
        )
        self._witness.on_stop_end(algo, CoverLoss.TRIGGERED)
        release = triggered(algo, market)
        if whims.triggering_ms > 0:
            self._stuck[algo.algo_id] = (clock.exact_ms() + whims.triggering_ms, release)
        else:
            self._release(account, algo, release)

    def let_go(self) -> None:
        """Whatever was kept TRIGGERING meets the market with the next step of its symbol."""
        now_ms = self._state.clock.exact_ms()
        self._stuck = {algo_id: (now_ms, release) for algo_id, (_, release) in self._stuck.items()}

    def _release_due(self, account: Account, market: Market) -> None:
        """Lets go of orders that were kept TRIGGERING for long enough."""
        now_ms = self._state.clock.exact_ms()
        for algo in list(account.triggering_algos.values()):
            due_ms, release = self._stuck[algo.algo_id]
            if algo.symbol == market.symbol.name and due_ms <= now_ms:
                del self._stuck[algo.algo_id]
                self._release(account, algo, release)

    def _release(self, account: Account, algo: Algo, release: Triggered) -> None:
        """TRIGGERED with a child and FINISHED with its result, or REJECTED with the reason."""
        reason = self._state.whims.reject_at_trigger
        if reason is not None:
            self._record(account, replace(algo, status=AlgoStatus.REJECTED, reject_reason=reason))
            return
        trigger = Trigger(
            algo_id=algo.algo_id,
            type=algo.type,
            price=release.trigger_price,
            working_type=algo.working_type,
            close_position=algo.close_position,
        )
        try:
            child = self._matching.place(account, self._child(account, algo), trigger=trigger)
        except VenueError as refusal:
            reason = "Reduce Only reject" if refusal.code in _REDUCE_REFUSALS else refusal.text
            self._record(account, replace(algo, status=AlgoStatus.REJECTED, reject_reason=reason))
            return
        self._record(account, replace(algo, status=AlgoStatus.TRIGGERED, child_order_id=child.order_id))
        self._released[algo.algo_id] = release
        self.finish_children(account)

    def finish_children(self, account: Account) -> None:
        """Ends the triggered orders whose child has ended; a limit child may rest for long."""
        if not self._released:
            return
        for algo_id, released in list(self._released.items()):
            algo = account.algos.get(algo_id)
            if algo is None or algo.child_order_id in account.open_orders:
                continue
            child = account.orders[algo.child_order_id or 0]
            del self._released[algo_id]
            if child.executed:
                self._witness.on_stop_fill(stop_fill(algo, child, released))
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

    def _end(self, account: Account, algo: Algo, status: AlgoStatus, cause: CoverLoss) -> Algo:
        living = self._waiting(account, algo)
        self._witness.on_stop_end(living, cause)
        return self._record(account, replace(living, status=status))

    def _waiting(self, account: Account, algo: Algo) -> Algo:
        living = account.open_algos.get(algo.algo_id)
        if living is None:
            raise VenueError(-20124)
        return living

    def _record(self, account: Account, algo: Algo) -> Algo:
        wire_ms = self._state.clock.wire_ms()
        market_ms = self._state.markets[algo.symbol].market_ms
        algo = account.keep_algo(replace(algo, updated_ms=wire_ms, market_ms=market_ms))
        self._state.outbox.append(AlgoEvent(account=account.name, algo=algo, wire_ms=wire_ms))
        return algo
