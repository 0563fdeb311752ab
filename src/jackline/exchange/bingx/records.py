"""One id space for all orders: a conditional order keeps its id when it triggers, and is told of under it."""

from collections.abc import Iterator
from dataclasses import dataclass

from jackline.exchange.account import Account
from jackline.exchange.bingx.errors import refusal
from jackline.exchange.conditions import Algo
from jackline.exchange.orders import Order
from jackline.exchange.values import AlgoStatus, OrderStatus, OrderType
from jackline.exchange.venue import Venue


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An order as BingX knows it: plain, or conditional with the order it released."""

    order: Order | None
    algo: Algo | None

    @property
    def order_id(self) -> int:
        return self.algo.algo_id if self.algo is not None else _need(self.order).order_id

    @property
    def symbol(self) -> str:
        return self.algo.symbol if self.algo is not None else _need(self.order).symbol

    @property
    def type(self) -> OrderType:
        return self.algo.type if self.algo is not None else _need(self.order).type

    @property
    def created_ms(self) -> int:
        return self.algo.created_ms if self.algo is not None else _need(self.order).created_ms

    @property
    def open(self) -> bool:
        if self.order is not None:
            return self.order.status.open
        return self.algo is not None and self.algo.status in {AlgoStatus.NEW, AlgoStatus.TRIGGERING}

    @property
    def status(self) -> str:
        """As REST spells it: a limit that rests is PENDING, a trigger that waits is NEW."""
        if self.order is not None:
            return _STATUS[self.order.status]
        return _ALGO_STATUS[self.algo.status] if self.algo is not None else ""


_STATUS = {
    OrderStatus.NEW: "PENDING",
    OrderStatus.PARTIALLY_FILLED: "PARTIALLY_FILLED",
    OrderStatus.FILLED: "FILLED",
    OrderStatus.CANCELED: "CANCELLED",
    OrderStatus.EXPIRED: "EXPIRED",
}
_ALGO_STATUS = {
    AlgoStatus.NEW: "NEW",
    AlgoStatus.TRIGGERING: "PENDING",
    AlgoStatus.TRIGGERED: "PENDING",
    AlgoStatus.FINISHED: "FILLED",
    AlgoStatus.REJECTED: "FAILED",
    AlgoStatus.CANCELED: "CANCELLED",
    AlgoStatus.EXPIRED: "EXPIRED",
}


def of_algo(account: Account, algo: Algo) -> Record:
    return Record(order=account.orders.get(algo.child_order_id or 0), algo=algo)


def every(account: Account) -> Iterator[Record]:
    """All orders of an account, plain ones first, each kind oldest first."""
    for order in account.orders.values():
        if order.trigger is None:
            yield Record(order=order, algo=None)
    for algo in account.algos.values():
        yield of_algo(account, algo)


def living(account: Account) -> Iterator[Record]:
    """Everything that waits or rests."""
    for order in account.open_orders.values():
        if order.trigger is None:
            yield Record(order=order, algo=None)
        else:
            yield of_algo(account, account.algos[order.trigger.algo_id])
    for algo in (*account.open_algos.values(), *account.triggering_algos.values()):
        yield of_algo(account, algo)


def found(account: Account, *, order_id: int | None, client_id: str | None) -> Record:
    """The order of that id, of either kind. Raises BingxError 109421."""
    if order_id is None:
        order_id = account.order_ids.get((client_id or "").lower())
    algo = account.algos.get(order_id or 0)
    if algo is not None:
        return of_algo(account, algo)
    order = account.orders.get(order_id or 0)
    if order is None or order.trigger is not None:
        raise refusal(109421)
    return Record(order=order, algo=None)


def cancel(venue: Venue, account: Account, record: Record) -> Record:
    """Raises BingxError 109421 for one that is over, VenueError while the conditional service is down."""
    if record.order is not None and record.order.status.open:
        venue.cancel_order(account, record.order)
    elif record.algo is not None and record.algo.status is AlgoStatus.NEW:
        venue.cancel_algo(account, record.algo)
    else:
        raise refusal(109421)
    return found(account, order_id=record.order_id, client_id=None)


def _need(order: Order | None) -> Order:
    if order is None:
        raise refusal(109421)
    return order
