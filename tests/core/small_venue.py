"""A venue small enough to be read in one sitting: one symbol, netting mode, no I/O, no fees, virtual time.

It answers the core's requests, and it is the witness: what is naked, filled or left over is judged here, from
its own books. It shares no code with the venue adapter or the local exchange.
"""

from __future__ import annotations

from collections import deque
from copy import copy
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from zlib import crc32

from jackline.core.orders import (
    FillView,
    OrderKey,
    OrderKind,
    OrderState,
    OrderView,
    PositionMode,
    PositionView,
    PriceSource,
    Snapshot,
)
from jackline.core.outcomes import Absent, Acked, Outcome, Refusal, Refused
from jackline.core.plan import Rung
from jackline.core.requests import (
    CancelOrder,
    CloseShape,
    Mutation,
    ReadFills,
    ReadOrder,
    ReadSnapshot,
    SendClose,
    SendEntry,
    SendStop,
    SendTarget,
    SendTrailing,
)
from jackline.core.traits import FULL_TRAITS, OrderPace, VenueTraits
from jackline.core.values import Fraction, MarketMs, OrderSide, Price, Quantity, Quote, Side, Symbol, WireMs

BTC = Symbol("BTCUSDT")
EQUITY = Quote(Decimal(10_000))
FILL_PAGE = 100
ATTACHING_TRAITS = VenueTraits(
    stops_are_named=False,
    whole_position_modes=frozenset({PositionMode.HEDGE}),
    stops_per_side_max=1,
    pace=OrderPace(orders=3, window_ms=1_000),
)
"""As at BingX: a stop travels with the entry, has no client id, and is alone on its side; in netting mode it has a
quantity; an address has three orders a second."""


class Fate(StrEnum):
    """What the network does to one mutation."""

    LOSE_REQUEST = "lose_request"
    LOSE_ANSWER = "lose_answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What the venue would show at one moment."""

    since_ms: int
    position: Decimal
    average: Decimal
    orders: tuple[OrderView, ...]


@dataclass(slots=True, kw_only=True)
class SmallVenue:
    """The venue's state, the switches that make it misbehave, and the witness's counters.

    Attributes:
        position: signed; positive is long.
        refusals: refuse the next request of a kind, once an item.
        refuse_always: refuse every request of a kind.
        mode: the account's position mode; what is written for the other one is refused.
        traits: what its stops are like. Books and witness know every order by a name of their own, also where the
            venue shows none.
        refuse_stop_while_flat: the venue takes no stop without a position.
        lose_legs: what travels inside an entry is forgotten without a word.
        one_whole_stop: a second whole-position stop in a direction is refused (Binance: -4130).
        stuck_triggering: a stop that fires says so and does nothing.
        refuse_cancels_of_firing: such a one cannot be cancelled either.
        hide_fills: the trade list is empty so far.
        read_lag_ms: reads show the books as they were this long ago.
        fill_fraction: share of an entry that fills.
        callback_most: the largest distance that trailing orders get, whatever they ask for.
        close_most: what one close fills at most, as in a thin book.
        timeless: venue ids follow from client ids and orders carry no time, so that worlds which differ only in
            the order of what happened have equal books.
        naked_ms: time with a position and no live covering stop.
        entries: client ids of the entries that executed, in order.
        opened_by_reduction: fills of protective or closing orders that opened something: a broken promise.
    """

    mark: Decimal = Decimal(50_000)
    now_ms: int = 0
    position: Decimal = Decimal(0)
    average: Decimal = Decimal(0)
    orders: dict[str, OrderView] = field(default_factory=dict)
    fills: list[FillView] = field(default_factory=list)
    liquidation: Decimal | None = None

    refusals: dict[type[Mutation], deque[Refusal]] = field(default_factory=dict)
    refuse_always: dict[type[Mutation], Refusal] = field(default_factory=dict)
    mode: PositionMode = PositionMode.NETTING
    traits: VenueTraits = FULL_TRAITS
    lose_legs: bool = False
    refuse_stop_while_flat: bool = False
    one_whole_stop: bool = True
    stuck_triggering: bool = False
    refuse_cancels_of_firing: bool = False
    hide_fills: bool = False
    read_lag_ms: int = 0
    fill_fraction: Decimal = Decimal(1)
    close_most: Decimal | None = None
    callback_most: Decimal | None = None
    timeless: bool = False

    naked_ms: int = 0
    entries: list[str] = field(default_factory=list)
    opened_by_reduction: list[str] = field(default_factory=list)
    received: list[Mutation] = field(default_factory=list)
    trails: dict[str, tuple[Decimal, bool]] = field(default_factory=dict)
    _ids: int = 100
    _history: deque[Books] = field(default_factory=lambda: deque(maxlen=64))

    # -- the witness -----------------------------------------------------------------------------------------

    @property
    def side(self) -> Side:
        return Side.LONG if self.position >= 0 else Side.SHORT

    @property
    def live(self) -> list[OrderView]:
        """Orders that can still act."""
        return [order for order in self.orders.values() if order.state.is_open]

    @property
    def live_stops(self) -> list[OrderView]:
        """Live stops on the closing side, whatever they cover."""
        closes = self.side.closes_with
        return [
            o
            for o in self.live
            if o.kind is OrderKind.STOP_MARKET and o.side is closes and o.state is OrderState.NEW
        ]

    @property
    def is_naked(self) -> bool:
        """A position that live stops do not cover. A stop that is firing is flattening, not naked."""
        if self.position == 0 or any(order.state is OrderState.TRIGGERING for order in self.live):
            return False
        if any(order.close_position for order in self.live_stops):
            return False
        return sum((o.quantity for o in self.live_stops if o.reduce_only), Decimal(0)) < abs(self.position)

    def advance(self, to_ms: int) -> None:
        """Let time pass; what is naked meanwhile is counted."""
        if self.is_naked:
            self.naked_ms += to_ms - self.now_ms
        self.now_ms = to_ms

    def is_clean(self) -> bool:
        """Flat, balanced, and nothing rests."""
        signed = sum((f.quantity if f.side is OrderSide.BUY else -f.quantity for f in self.fills), Decimal(0))
        return self.position == 0 and signed == 0 and not self.live

    def fork(self) -> SmallVenue:
        """A venue with the same books that can go its own way. What arrived so far is not handed on."""
        twin = copy(self)
        twin.orders, twin.fills, twin.received = dict(self.orders), list(self.fills), []
        twin.trails = dict(self.trails)
        twin.entries, twin.opened_by_reduction = list(self.entries), list(self.opened_by_reduction)
        twin.refusals = {kind: deque(queue) for kind, queue in self.refusals.items()}
        twin._history = deque(self._history, maxlen=self._history.maxlen)
        return twin

    # -- what the world does ---------------------------------------------------------------------------------

    def move(self, mark: Decimal) -> None:
        """Move mark; stops and targets that it reaches fire, at the new mark (a gap fills at the gap)."""
        self.mark = mark
        for order in list(self.live):
            if order.kind is OrderKind.TRAILING and order.state is OrderState.NEW and self._follows(order):
                self._fire(order)
            if order.trigger_price is not None and order.state is OrderState.NEW and self._reached(order):
                self._fire(order)

    def drop(self, client_id: str) -> None:
        """Forget an order without a word, as venues have been seen to do. A leg is known by its entry's id."""
        del self.orders[client_id]
        self._remember()

    def stranger_trades(self, signed: Decimal) -> None:
        """Someone else trades on the account."""
        self._fill(self._next_id("stranger"), OrderSide.BUY if signed > 0 else OrderSide.SELL, abs(signed))
        self._remember()

    def stranger_rests(self, client_id: str, *, trigger: Decimal, whole: bool = False) -> None:
        """A stop that is not ours, on the closing side of what is open."""
        view = self._view(
            client_id, OrderKind.STOP_MARKET, self.side.closes_with, Decimal(0), trigger=trigger
        )
        view = replace(view, reduce_only=not whole, close_position=whole)
        if not whole:
            view = replace(view, quantity=Quantity(abs(self.position) or Decimal(1)))
        self.orders[client_id] = view
        self._remember()

    # -- requests --------------------------------------------------------------------------------------------

    def handle(self, request: Mutation, *, signed_ms: int) -> Outcome:
        """Execute or refuse one mutation that arrived."""
        self.received.append(request)
        queue = self.refusals.get(type(request))
        always = self.refuse_always.get(type(request))
        if queue:
            return _no(queue.popleft())
        if always is not None:
            return _no(always)
        outcome = self._execute(request, signed_ms)
        self._remember()
        return outcome

    def _execute(self, request: Mutation, signed_ms: int) -> Outcome:
        if isinstance(request, CancelOrder):
            return self._cancel(request)
        existing = self.orders.get(request.client_id)
        if existing is not None and existing.state.is_open:
            return _no(Refusal.DUPLICATE_ID)
        if request.mode is not self.mode:
            # The flag is looked at first, as at Binance: -1106 before -4061.
            return _no(Refusal.FLAG_REFUSED if _carries_flag(request) else Refusal.WRONG_MODE)
        match request:
            case SendEntry():
                return self._enter(request, signed_ms)
            case SendStop():
                return self._rest_stop(request)
            case SendTarget():
                return self._rest_target(request)
            case SendTrailing():
                return self._rest_trailing(request)
            case SendClose():
                return self._close(request)

    def _enter(self, request: SendEntry, signed_ms: int) -> Outcome:
        if self.now_ms > signed_ms + request.entry.receive_window_ms:
            return _no(Refusal.OTHER)
        entry = request.entry
        side = entry.side.opens_with
        view = self._view(request.client_id, OrderKind.LIMIT, side, entry.quantity, trigger=None)
        filled = Quantity((entry.quantity * self.fill_fraction).quantize(Decimal("0.001")))
        state = OrderState.FILLED if filled == entry.quantity else OrderState.EXPIRED
        average = Price(self.mark) if filled else None
        view = replace(view, state=state, filled=filled, average_price=average)
        self.orders[request.client_id] = view
        if filled:
            self.entries.append(request.client_id)
            self._fill(view.key.venue_id or 0, side, filled)
            if entry.rung is Rung.ATTACHED and not self.lose_legs:
                self._arm(request, filled)
        return Acked(order=view)

    def _arm(self, request: SendEntry, filled: Quantity) -> None:
        """The leg of an entry, in the moment of its fill; it fires where mark is past it already."""
        stop, side = request.entry.stop, request.entry.side.closes_with
        name = f"leg of {request.client_id}"
        leg = self._view(name, OrderKind.STOP_MARKET, side, filled, trigger=stop.disaster_price)
        leg = replace(leg, reduce_only=True, price_source=stop.price_source)
        self.orders[name] = leg
        if self._reached(leg):
            self._fire(leg)

    def _rest_stop(self, request: SendStop) -> Outcome:
        side = request.side.closes_with
        whole = request.quantity is None
        if self.position == 0 and self.refuse_stop_while_flat:
            return _no(Refusal.NEEDS_POSITION)
        if whole and self.mode not in self.traits.whole_position_modes:
            return _no(Refusal.FLAG_REFUSED)
        same = [o for o in self.live if o.side is side and o.kind is OrderKind.STOP_MARKET]
        if same and self.traits.stops_per_side_max == 1:
            return _no(Refusal.STOP_EXISTS)
        if whole and any(o.close_position for o in same) and self.one_whole_stop:
            return _no(Refusal.STOP_EXISTS)
        quantity = request.quantity or Decimal(0)
        view = self._view(
            request.client_id, OrderKind.STOP_MARKET, side, quantity, trigger=request.trigger_price
        )
        view = replace(view, reduce_only=not whole, close_position=whole, price_source=request.price_source)
        return self._rest(view)

    def _rest_target(self, request: SendTarget) -> Outcome:
        side, kind = request.side.closes_with, OrderKind.TARGET_MARKET
        view = self._view(request.client_id, kind, side, request.quantity, trigger=request.trigger_price)
        return self._rest(replace(view, reduce_only=True, price_source=request.price_source))

    def _rest_trailing(self, request: SendTrailing) -> Outcome:
        side, activate = request.side.closes_with, request.activate_price
        if activate is not None and (activate - self.mark) * request.side.sign < 0:
            return _no(Refusal.STOP_REACHED)
        rate = min(request.callback_fraction, self.callback_most or request.callback_fraction)
        view = self._view(request.client_id, OrderKind.TRAILING, side, request.quantity, trigger=None)
        view = replace(view, key=replace(view.key, conditional=True), reduce_only=True)
        view = replace(view, price_source=request.price_source, callback_fraction=Fraction(rate))
        self.orders[request.client_id] = view
        self.trails[request.client_id] = (activate or self.mark, activate is None)
        return Acked(order=view)

    def _follows(self, order: OrderView) -> bool:
        """Let it follow the mark; True where the mark has come back to it."""
        (best, active), fraction = self.trails[order.key.client_id], order.callback_fraction
        assert fraction is not None
        sign = 1 if order.side is OrderSide.SELL else -1
        if (self.mark - best) * sign >= 0:
            self.trails[order.key.client_id] = (self.mark, True)
            return False
        return active and (self.mark - best * (1 - sign * fraction)) * sign <= 0

    def _rest(self, view: OrderView) -> Outcome:
        if self._reached(view):
            return _no(Refusal.STOP_REACHED)
        self.orders[view.key.client_id] = view
        return Acked(order=view)

    def _close(self, request: SendClose) -> Outcome:
        side = request.side.closes_with
        # In hedge mode the leg it names says what is reduced.
        plain = request.shape is CloseShape.PLAIN_MARKET and self.mode is PositionMode.NETTING
        reducible = self._reducible(side)
        if reducible == 0 and not plain:
            return _no(Refusal.NOTHING_TO_REDUCE)
        quantity = request.quantity if plain else Quantity(min(request.quantity, reducible))
        if quantity > reducible:
            self.opened_by_reduction.append(request.client_id)
        if self.close_most is not None:
            quantity = Quantity(min(quantity, self.close_most))
        view = self._view(request.client_id, OrderKind.MARKET, side, quantity, trigger=None)
        view = replace(view, state=OrderState.FILLED, filled=quantity, average_price=Price(self.mark))
        self.orders[request.client_id] = view
        self._fill(view.key.venue_id or 0, side, quantity)
        return Acked(order=view)

    def _cancel(self, request: CancelOrder) -> Outcome:
        name = request.key.client_id
        if not self.traits.stops_are_named:
            name = next(
                (name for name, one in self.orders.items() if one.key.venue_id == request.key.venue_id), ""
            )
        order = self.orders.get(name)
        firing = order is not None and order.state is OrderState.TRIGGERING
        if order is None or not order.state.is_open or (firing and self.refuse_cancels_of_firing):
            return _no(Refusal.ORDER_GONE)
        canceled = replace(order, state=OrderState.CANCELED)
        self.orders[name] = canceled
        return Acked(order=canceled)

    # -- reads -----------------------------------------------------------------------------------------------

    def read_order(self, request: ReadOrder) -> OrderView | Absent:
        """One order by client id, or by venue id where it has no other, as the lagging books show it."""
        by_name = self.traits.stops_are_named or not request.conditional
        if not by_name and request.venue_id is None:
            raise AssertionError(f"{request.client_id} means nothing here: its stop can only be listed")
        for order in self._books().orders:
            same = (
                order.key.client_id == request.client_id
                if by_name
                else order.key.venue_id == request.venue_id
            )
            if same and order.key.conditional is request.conditional:
                return order
        return Absent()

    def read_snapshot(self, request: ReadSnapshot, *, asked_ms: int) -> Snapshot:
        """Position and both listings, as the lagging books show them.

        Orders are listed for the symbols asked for, and wherever a position is.
        """
        books = self._books()
        listed = None if request.symbols is None else set(request.symbols)
        if listed is not None and books.position:
            listed.add(BTC)
        return Snapshot(
            asked=request.asked,
            symbols=None if listed is None else frozenset(listed),
            asked_ms=WireMs(asked_ms),
            received_ms=WireMs(self.now_ms),
            positions=self._positions(books),
            orders=tuple(
                self._shown(o) for o in books.orders if o.state.is_open and (listed is None or BTC in listed)
            ),
            equity_quote=EQUITY,
        )

    def _shown(self, order: OrderView) -> OrderView:
        """As a listing has it: perhaps without a name."""
        if self.traits.stops_are_named or not order.key.conditional:
            return order
        return replace(order, key=replace(order.key, client_id=""))

    def read_fills(self, request: ReadFills) -> tuple[tuple[FillView, ...], bool]:
        """A page of the trade list and whether it is the last."""
        if self.hide_fills:
            return (), True
        later = [fill for fill in self.fills if fill.fill_id > request.after_fill_id]
        return tuple(later[:FILL_PAGE]), len(later) <= FILL_PAGE

    def _positions(self, books: Books) -> tuple[PositionView, ...]:
        if books.position == 0:
            return ()
        return (
            PositionView(
                symbol=BTC,
                side=Side.LONG if books.position > 0 else Side.SHORT,
                mode=self.mode,
                quantity=Quantity(abs(books.position)),
                entry_price=Price(books.average),
                mark=Price(self.mark),
                liquidation_price=None if self.liquidation is None else Price(self.liquidation),
                updated_ms=WireMs(self.now_ms),
            ),
        )

    def _books(self) -> Books:
        if self.read_lag_ms == 0 or not self._history:
            return Books(
                since_ms=self.now_ms,
                position=self.position,
                average=self.average,
                orders=tuple(self.orders.values()),
            )
        visible = [books for books in self._history if books.since_ms <= self.now_ms - self.read_lag_ms]
        nothing = Books(since_ms=0, position=Decimal(0), average=Decimal(0), orders=())
        return visible[-1] if visible else nothing

    # -- inside ----------------------------------------------------------------------------------------------

    def _reached(self, order: OrderView) -> bool:
        if order.trigger_price is None:
            return False
        sells_below = (order.kind is OrderKind.STOP_MARKET) is (order.side is OrderSide.SELL)
        return self.mark <= order.trigger_price if sells_below else self.mark >= order.trigger_price

    def _reducible(self, side: OrderSide) -> Quantity:
        reduces = (side is OrderSide.SELL) is (self.position > 0)
        return Quantity(abs(self.position) if reduces else Decimal(0))

    def _fire(self, order: OrderView) -> None:
        if self.stuck_triggering:
            self._put(replace(order, state=OrderState.TRIGGERING, updated_ms=WireMs(self.now_ms)))
            return
        reducible = self._reducible(order.side)
        quantity = reducible if order.close_position else Quantity(min(order.quantity, reducible))
        if quantity == 0:
            self._put(replace(order, state=OrderState.EXPIRED))
            return
        child = self._next_id(f"child of {order.key.client_id}")
        self._put(replace(order, state=OrderState.FINISHED, child_id=child))
        self._fill(child, order.side, quantity)
        self._remember()

    def _put(self, order: OrderView) -> None:
        self.orders[order.key.client_id] = order
        self._remember()

    def _fill(self, order_id: int, side: OrderSide, quantity: Decimal) -> None:
        signed = quantity if side is OrderSide.BUY else -quantity
        if self.position == 0 or (self.position > 0) is (signed > 0):
            total = abs(self.position) + quantity
            self.average = (self.average * abs(self.position) + self.mark * quantity) / total
        self.position += signed
        if self.position == 0:
            self.average = Decimal(0)
        self.fills.append(
            FillView(
                symbol=BTC,
                fill_id=len(self.fills) + 1,
                order_id=order_id,
                side=side,
                position_side=None,
                quantity=Quantity(quantity),
                price=Price(self.mark),
                fee_quote=Quote(Decimal(0)),
                realised_quote=Quote(Decimal(0)),
                maker=False,
                wire_ms=WireMs(self.now_ms),
                market_ms=MarketMs(self.now_ms),
            )
        )

    def _view(
        self, client_id: str, kind: OrderKind, side: OrderSide, quantity: Decimal, *, trigger: Decimal | None
    ) -> OrderView:
        key = OrderKey(
            symbol=BTC,
            client_id=client_id,
            venue_id=self._next_id(client_id),
            conditional=trigger is not None,
        )
        return OrderView(
            key=key,
            kind=kind,
            state=OrderState.NEW,
            side=side,
            position_side=None,
            quantity=Quantity(quantity),
            filled=Quantity(Decimal(0)),
            average_price=None,
            limit_price=None,
            trigger_price=None if trigger is None else Price(trigger),
            price_source=PriceSource.MARK if trigger is not None else None,
            reduce_only=False,
            close_position=False,
            price_protect=False,
            child_id=None,
            updated_ms=WireMs(0 if self.timeless else self.now_ms),
        )

    def _next_id(self, name: str) -> int:
        if self.timeless:
            return crc32(name.encode())
        self._ids += 1
        return self._ids

    def _remember(self) -> None:
        if self.read_lag_ms:
            self._history.append(
                Books(
                    since_ms=self.now_ms,
                    position=self.position,
                    average=self.average,
                    orders=tuple(self.orders.values()),
                )
            )


def _no(kind: Refusal) -> Refused:
    return Refused(kind=kind, code=-1, text=kind.value)


def _carries_flag(request: Mutation) -> bool:
    """Reduce-only, which only netting mode knows."""
    if isinstance(request, SendStop):
        flagged = request.quantity is not None
    elif isinstance(request, SendClose):
        flagged = request.shape is not CloseShape.PLAIN_MARKET
    else:
        flagged = isinstance(request, SendTarget | SendTrailing)
    return flagged and not isinstance(request, CancelOrder) and request.mode is PositionMode.NETTING
