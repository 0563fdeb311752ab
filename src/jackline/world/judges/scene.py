"""The scene all judges share: the venue's account as it has developed, and who did what to its stops.

Where stops carry no client id the venue itself tells whose they are: which request of ours created which, and which
entry brought which leg.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from typing import Final

from jackline.exchange.account import Account
from jackline.exchange.conditions import Algo
from jackline.exchange.orders import Fill, Order
from jackline.exchange.position import Position
from jackline.exchange.values import ZERO, AlgoStatus, OrderType, PositionSide, Side
from jackline.exchange.venue import Venue
from jackline.world.judges.deadlines import EQUITY_MEMORY_MS
from jackline.world.judges.journal import Intent, JournalIndex
from jackline.world.judges.lives import ENGINE, Lives
from jackline.world.judges.names import OrderName, Role, parse
from jackline.world.judges.reading import read_request
from jackline.world.judges.requests import Request, RequestKind
from jackline.world.watching import Arrival, Departure

PositionKey = tuple[str, PositionSide]
SAME_MOMENT_MS: Final = 0.5
"""Two looks at one change of the venue may carry times this far apart."""
LEG_ATTEMPT: Final = 0
"""A leg leaves once, with its entry."""
FIRST_ENTRY: Final = 0
"""The attempt of a trade's first entry; a further one has another."""
_FIRED: Final = (AlgoStatus.TRIGGERING, AlgoStatus.TRIGGERED, AlgoStatus.FINISHED, AlgoStatus.REJECTED)


class StopEnd(StrEnum):
    """Why a stop rests no more. `CONSUMED`: it fired, whatever came of it."""

    CONSUMED = "consumed"
    DROPPED = "dropped"
    CANCELLED_BY_US = "cancelled_by_us"


@dataclass(slots=True, kw_only=True)
class StopSeen:
    """A conditional order that the venue accepted. `algo` is its first state; prices do not change after.

    Attributes:
        name: what its client id says, or, of one without, whose request or entry brought it; None: a stranger's.
        epoch: of the engine's disk at that time.
    """

    algo: Algo
    name: OrderName | None
    accepted_ms: float
    epoch: int
    ended_ms: float | None = None
    end: StopEnd | None = None

    @property
    def is_stop(self) -> bool:
        return self.algo.type is OrderType.STOP_MARKET

    @property
    def is_nameless(self) -> bool:
        """It carries no id of ours: only records can tell the engine whose it is."""
        return parse(self.algo.client_id) is None

    def guards(self, key: PositionKey, sign: int) -> bool:
        """It is of the closing side of this position."""
        closing = Side.SELL if sign > 0 else Side.BUY
        algo = self.algo
        return (algo.symbol, algo.position_side) == key and algo.side is closing and self.is_stop

    def tightness(self) -> Decimal:
        """The trigger, signed so that more is tighter."""
        return self.algo.trigger_price if self.algo.side is Side.SELL else -self.algo.trigger_price


@dataclass(frozen=True, slots=True, kw_only=True)
class FillSeen:
    """A fill, whose order it came from, and what it did to the position (signed base units)."""

    fill: Fill
    client_id: str
    name: OrderName | None
    before: Decimal
    after: Decimal
    at_ms: float

    @property
    def key(self) -> PositionKey:
        return self.fill.symbol, self.fill.position_side


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How the present position of a key began. `name` None: a stranger opened it."""

    number: int
    at_ms: float
    name: OrderName | None


class Scene:
    """Facts kept by the panel for all judges. `journal` is the engine's, `watch_journal` the watchdog's."""

    def __init__(
        self,
        *,
        venue: Venue,
        account: str,
        journal: JournalIndex,
        watch_journal: JournalIndex | None = None,
    ) -> None:
        self.venue = venue
        self.journal = journal
        self.watch_journal = watch_journal
        self.lives = Lives()
        self.stops: dict[int, StopSeen] = {}
        self.resting: dict[int, StopSeen] = {}
        self.openings: dict[PositionKey, Opening] = {}
        self.flat_ms: dict[PositionKey, float] = {}
        self.wallets: deque[tuple[float, Decimal]] = deque(maxlen=1_000)
        self.new_orders: list[Order] = []
        self.new_stops: list[StopSeen] = []
        self.requests: dict[int, Request] = {}
        self._name = account
        self._amounts: dict[PositionKey, Decimal] = {}
        self._with_leg: set[str] = set()
        self._fills = self._orders = self._algos = 0

    @property
    def account(self) -> Account:
        return self.venue.state.accounts[self._name]

    # -- what the panel calls ----------------------------------------------------------------------------------

    def refresh(self, venue: Venue, at_ms: float) -> list[FillSeen]:
        """Take in what has happened at the venue; the new fills. Cheap when nothing has."""
        self.venue = venue
        account = self.account
        if self.new_orders or self.new_stops:
            self.new_orders, self.new_stops = [], []
        if venue.state.counters.algo_id != self._algos:
            self._take_algos(account, at_ms)
        if self.resting:
            self._end_stops(account, at_ms)
        if not self.wallets or self.wallets[-1][1] != account.wallet:
            self.wallets.append((at_ms, account.wallet))
        if len(account.orders) != self._orders:
            self.new_orders = list(islice(account.orders.values(), self._orders, None))
            self._orders = len(account.orders)
        if len(account.fills) == self._fills:
            return []
        fresh = account.fills[self._fills :]
        self._fills = len(account.fills)
        return [self._take_fill(account, fill, at_ms) for fill in fresh]

    def take_departure(self, departure: Departure) -> Request:
        """Read a departure once for all judges."""
        request = self._explained(read_request(departure))
        self.requests[departure.number] = request
        if request.is_entry and request.name is not None and request.leg is not None:
            self._with_leg.add(request.name.trade_id)
        return request

    def take_arrival(self, arrival: Arrival) -> None:
        """Whose is a stop without a name: that of the request in whose arrival it came to be. And tell a cancel of
        ours from a drop: the stop ended in the very moment our cancel arrived."""
        request = self.request(arrival.departure)
        if request.kind is RequestKind.CONDITIONAL and not request.client_id and request.side is not None:
            for fresh in self.resting.values():
                just = abs(fresh.accepted_ms - arrival.at_ms) <= SAME_MOMENT_MS
                if just and fresh.name is None and _is_what_was_sent(fresh.algo, request):
                    fresh.name = self._name_of_stop(request, request.side)
        stop = self.stop_named(request) if request.kind is RequestKind.CANCEL_CONDITIONAL else None
        if stop is None or stop.ended_ms is None or abs(stop.ended_ms - arrival.at_ms) > SAME_MOMENT_MS:
            return
        if self.status(stop) is AlgoStatus.CANCELED:
            stop.end = StopEnd.CANCELLED_BY_US

    # -- what judges ask ---------------------------------------------------------------------------------------

    def request(self, departure: Departure) -> Request:
        """The request behind a departure."""
        known = self.requests.get(departure.number)
        return known if known is not None else self.take_departure(departure)

    def stop_named(self, request: Request) -> StopSeen | None:
        """The conditional order that a cancel names."""
        algo_id = request.venue_id or self.account.algo_ids.get(request.client_id)
        return self.stops.get(algo_id) if algo_id is not None else None

    def status(self, stop: StopSeen) -> AlgoStatus | None:
        """Its state at the venue now; None when the venue has lost it."""
        algo = self.account.algos.get(stop.algo.algo_id)
        return algo.status if algo is not None else None

    def open_positions(self) -> list[Position]:
        """Open positions of the account."""
        return [one for one in self.account.positions.values() if one.amount]

    def stops_of(self, key: PositionKey, sign: int) -> list[StopSeen]:
        """All stops ever accepted that guard this position and side, ours and strangers', oldest first."""
        return [stop for stop in self.stops.values() if stop.guards(key, sign)]

    def resting_of(self, key: PositionKey, sign: int) -> list[StopSeen]:
        """Stops of ours that rest now."""
        return [stop for stop in self.resting.values() if stop.name is not None and stop.guards(key, sign)]

    def intent_known(self, trade_id: str) -> bool:
        """The trade has a durable intent; reads the journal only where it is not known already."""
        if trade_id not in self.journal.intents:
            self.journal.refresh()
        return trade_id in self.journal.intents

    def intent_of(self, client_id: str) -> Intent | None:
        """The durable intent of an entry, the trade's first or a further one; None while there is none."""
        name = parse(client_id)
        if name is None:
            return None
        if name.attempt == FIRST_ENTRY:
            return self.journal.intents[name.trade_id] if self.intent_known(name.trade_id) else None
        if client_id not in self.journal.further:
            self.journal.refresh()
        return self.journal.further.get(client_id)

    def has_lost_leg(self, name: OrderName) -> bool:
        """The entry of this trade left with its stop, and the venue has armed none."""
        brought = name.trade_id in self._with_leg
        armed = any(
            stop.name is not None and stop.name.trade_id == name.trade_id and stop.name.attempt == LEG_ATTEMPT
            for stop in self.stops.values()
        )
        return brought and not armed

    def owner(self, order: Order) -> str:
        """The client id an order goes back to: its own, or that of the conditional order that released it."""
        return self.stops[order.trigger.algo_id].algo.client_id if order.trigger else order.client_id

    def equity_quote(self) -> Decimal:
        """Wallet and unrealised profit at mark."""
        markets = self.venue.state.markets
        profit = (one.unrealised(markets[one.symbol].mark) for one in self.open_positions())
        return self.account.wallet + sum(profit, ZERO)

    def wallet_max(self, at_ms: float) -> Decimal:
        """The largest wallet of the last seconds before `at_ms`: the one that held at their start included."""
        best = ZERO
        for since_ms, wallet in reversed(self.wallets):
            if since_ms > at_ms:
                continue
            best = max(best, wallet)
            if since_ms < at_ms - EQUITY_MEMORY_MS:
                break
        return best

    # -- what has no name ---------------------------------------------------------------------------------------

    def _explained(self, request: Request) -> Request:
        """What only the venue can tell of a request: what the order is that a cancel names, and for whom a stop is."""
        if request.kind is RequestKind.CANCEL_EITHER:
            conditional = request.venue_id in self.stops
            kind = RequestKind.CANCEL_CONDITIONAL if conditional else RequestKind.CANCEL
            return replace(request, kind=kind)
        if request.kind is RequestKind.CONDITIONAL and not request.client_id and request.side is not None:
            return replace(request, name=self._name_of_stop(request, request.side))
        return request

    def _name_of_stop(self, request: Request, side: Side) -> OrderName:
        """Of the trade whose position it would close. Where there is none (yet), or a stranger opened it, the trade is
        known to nobody but the engine: "" stands for it."""
        key = (request.symbol, request.position_side)
        position, opening = self.account.positions.get(key), self.openings.get(key)
        meets = position is not None and position.amount * side.sign < 0
        trade_id = opening.name.trade_id if meets and opening is not None and opening.name is not None else ""
        if request.departure.params.get("type", "").startswith("TAKE_PROFIT"):
            role = Role.TARGET
        elif request.departure.process.startswith(ENGINE):
            role = Role.DISASTER
        else:
            role = Role.WATCHDOG_STOP
        return OrderName(trade_id=trade_id, role=role, attempt=request.departure.number)

    def _name_of_leg(self, account: Account, algo: Algo) -> OrderName | None:
        """Of the entry that brought it, by the venue's own books."""
        entry = account.orders.get(self.venue.attached.parents.get(algo.algo_id, 0))
        name = parse(entry.client_id) if entry is not None else None
        if name is None:
            return None
        role = Role.DISASTER if algo.type is OrderType.STOP_MARKET else Role.TARGET
        return OrderName(trade_id=name.trade_id, role=role, attempt=LEG_ATTEMPT)

    # -- taking in ---------------------------------------------------------------------------------------------

    def _take_algos(self, account: Account, at_ms: float) -> None:
        """A stop that was dropped without a word is in no listing any more, so numbers are compared, not lengths."""
        fresh: list[Algo] = []
        for algo in reversed(account.algos.values()):
            if algo.algo_id < self._algos:
                break
            fresh.append(algo)
        for algo in reversed(fresh):
            stop = StopSeen(
                algo=algo,
                name=parse(algo.client_id) or self._name_of_leg(account, algo),
                accepted_ms=at_ms,
                epoch=self.journal.view.epoch,
            )
            self.stops[algo.algo_id] = self.resting[algo.algo_id] = stop
            self.new_stops.append(stop)
        self._algos = self.venue.state.counters.algo_id

    def _end_stops(self, account: Account, at_ms: float) -> None:
        ended = [algo_id for algo_id in self.resting if algo_id not in account.open_algos]
        for algo_id in ended:
            stop = self.resting.pop(algo_id)
            stop.ended_ms = at_ms
            stop.end = StopEnd.CONSUMED if self.status(stop) in _FIRED else StopEnd.DROPPED

    def _take_fill(self, account: Account, fill: Fill, at_ms: float) -> FillSeen:
        key = (fill.symbol, fill.position_side)
        before = self._amounts.get(key, ZERO)
        after = before + fill.quantity * fill.side.sign
        self._amounts[key] = after
        order = account.orders[fill.order_id]
        client_id = self.owner(order)
        name = self.stops[order.trigger.algo_id].name if order.trigger else parse(client_id)
        if after == 0:
            self.flat_ms[key] = at_ms
            self.openings.pop(key, None)
        elif before * after <= 0:
            self.openings[key] = Opening(number=fill.trade_id, at_ms=at_ms, name=name)
        return FillSeen(fill=fill, client_id=client_id, name=name, before=before, after=after, at_ms=at_ms)


def _is_what_was_sent(algo: Algo, request: Request) -> bool:
    same = (algo.symbol, algo.position_side) == (request.symbol, request.position_side)
    return same and algo.side is request.side and algo.trigger_price == request.trigger_price
