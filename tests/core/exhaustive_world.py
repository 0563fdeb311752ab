"""One entry in a world where everything that may happen next is a choice: a move.

A `World` is a value: `moves` lists every world that may follow. What is on its way (a request, a read, an answer, a
word of the stream, the intent's write) is delivered next or later, in any order, or is lost; mark falls through every
stop at any moment; the process dies at any moment. Between moves no time passes, unless the move is time itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product

from jackline.core.effects import BookFills, Effect, SaveTrade
from jackline.core.events import (
    Answered,
    Event,
    FillHinted,
    FillsAnswered,
    IntentDurable,
    MarkMoved,
    Now,
    OrderAnswered,
    OrderHinted,
    RungProven,
    Signalled,
    SnapshotAnswered,
    StreamChanged,
    Ticked,
)
from jackline.core.ids import TradeId
from jackline.core.machine import Phase
from jackline.core.orders import FillView, OrderView
from jackline.core.outcomes import Unknown
from jackline.core.plan import Rung
from jackline.core.recovering import recover
from jackline.core.requests import (
    CancelOrder,
    Mutation,
    ReadFills,
    ReadOrder,
    ReadSnapshot,
    SendClose,
    SendEntry,
    SendStop,
    SendTarget,
)
from jackline.core.state import State
from jackline.core.step import step
from jackline.core.trade import Trade
from jackline.core.traits import FULL_TRAITS
from jackline.core.values import MarketMs, Price, Side, WireMs, price
from tests.core import exhaustive_judge as judge
from tests.core.exhaustive_keys import Names, since, snapshot_told
from tests.core.making import START_MS, cold_state
from tests.core.small_venue import ATTACHING_TRAITS, BTC, SmallVenue

TICK_MS = 250
DOWN_MS = 300
STALL_MS = 1_750
"""Longer than the deadline of P1 and than the entry's receive window."""
SILENCE_MS_MAX = 70_000
"""No engine is silent for longer: its guard pass comes round."""
FALLEN = price("45000")
"""Below every stop: a gap."""
LOST = Unknown(cause="lost")

Query = ReadOrder | ReadSnapshot | ReadFills


class Way(StrEnum):
    """What a message is."""

    REQUEST = "request"
    ORPHAN = "orphaned request"
    READ = "read"
    ANSWER = "answer"
    HINT = "hint"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Message:
    """Something on its way. `name` tells it without time and snapshot number, which stand beside it.

    `at_ms` is when it was signed or asked, where that matters; 0 where it does not.
    """

    way: Way
    load: Mutation | Query | Event
    name: int
    at_ms: int = 0
    asked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much of each kind of trouble one path may still hold.

    Attributes:
        crashes: deaths of the process.
        losses: messages lost: a request before the venue, its answer, a read, a word of the stream.
        delays: how often time passes while something is on its way; of these, `stalls` may be long ones.
        any_order: whatever is on its way may be next, always; otherwise the oldest is.
        any_order_again: the same for the lives after a crash.
        gaps: whether mark may fall at any moment; otherwise it falls only on a position at rest.
        rests: guard passes over a quiet open position before mark falls.
    """

    crashes: int = 0
    losses: int = 0
    delays: int = 0
    stalls: int = 0
    any_order: bool = False
    any_order_again: bool = False
    gaps: bool = False
    rests: int = 1

    def less(self, **spent: int) -> Budget:
        return replace(self, **{kind: getattr(self, kind) - amount for kind, amount in spent.items()})


Key = tuple[object, ...]
Move = tuple[str, Message | None]


@dataclass(slots=True, kw_only=True)
class World:
    """One moment. Never changed once `moves` has handed it out.

    Attributes:
        flying: what is on its way, oldest first.
        disk, booked_to: what is durable: trades, and how far the ledger holds the trade list.
        writes: what is not durable yet, oldest first: a trade, or how far the trade list was booked.
        entered: client ids of the entries that left.
        naked_ms: how long the venue's books have shown an uncovered position, while a process was up.
        reborn: the lives after a death, by what death left behind. One map a search, like `names`.
        spent: a stop fired before there was a position, as it may when mark falls before the entry arrives.
    """

    rung: Rung
    names: Names
    reborn: dict[Key, World]
    budget: Budget
    now_ms: int
    state: State
    venue: SmallVenue
    flying: tuple[Message, ...] = ()
    disk: tuple[Trade, ...] = ()
    booked_to: int = 0
    writes: tuple[Trade | int, ...] = ()
    entered: tuple[str, ...] = ()
    lives: int = 1
    fallen: bool = False
    spent: bool = False
    naked_ms: int = 0
    known_key: Key | None = None

    def fork(self) -> World:
        return World(
            rung=self.rung,
            names=self.names,
            reborn=self.reborn,
            budget=self.budget,
            now_ms=self.now_ms,
            state=self.state,
            venue=self.venue,
            flying=self.flying,
            disk=self.disk,
            booked_to=self.booked_to,
            writes=self.writes,
            entered=self.entered,
            lives=self.lives,
            fallen=self.fallen,
            spent=self.spent,
            naked_ms=self.naked_ms,
        )

    def key(self) -> Key:
        """Equal for worlds with equal futures."""
        if self.known_key is None:
            self.known_key = self._tell()
        return self.known_key

    def _tell(self) -> Key:
        names, now_ms, asked = self.names, self.now_ms, self.state.asked
        flying = [
            (one.name, since(one.at_ms, now_ms), one.asked and one.asked - asked) for one in self.flying
        ]
        return (
            names.state(self.state, now_ms),
            names.venue(self.venue),
            tuple(sorted(flying) if self.budget.any_order else flying),
            self._memory(),
            (self.lives, self.fallen, self.spent, self.naked_ms),
            self.entered,
            self.budget,
        )

    def _memory(self) -> Key:
        """What a process would find after a crash: of no account once there is none to come."""
        if not self.budget.crashes:
            return tuple(trade.trade_id for trade in self.disk)
        names, now_ms = self.names, self.now_ms
        disk = tuple(names.trade(trade, now_ms) for trade in self.disk)
        writes = tuple(-1 - one if isinstance(one, int) else names.trade(one, now_ms) for one in self.writes)
        return disk, writes, self.booked_to

    @property
    def is_over(self) -> bool:
        """Nothing is on its way and nothing is left to do."""
        quiet = not self.flying and not self.state.trades
        return quiet and self.venue.is_clean() and self.state.markets[BTC].leftover_ms is None

    # -- the engine ------------------------------------------------------------------------------------------

    def feed(self, event: Event) -> bool:
        """Let the engine handle one event and start its effects; true when it wanted anything done or kept."""
        now = Now(wire_ms=WireMs(self.now_ms), market_ms=MarketMs(self.now_ms))
        self.state, effects = step(self.state, event, now)
        started = [self._start(effect) for effect in effects]
        return any(started)

    def _start(self, effect: Effect) -> bool:
        match effect:
            case SendEntry() | SendStop() | SendTarget() | SendClose() | CancelOrder():
                judge.departure(self, effect)
                if isinstance(effect, SendEntry):
                    self.entered = (*self.entered, effect.client_id)
                signed_ms = self.now_ms if isinstance(effect, SendEntry) else 0
                self._fly(Way.REQUEST, effect, at_ms=signed_ms)
            case ReadSnapshot():
                plain = ("read", effect.symbols)
                name = self.names.name(plain)
                self.flying += (Message(Way.READ, effect, name, self.now_ms, effect.asked),)
            case ReadOrder() | ReadFills():
                self._fly(Way.READ, effect)
            case SaveTrade(trade=trade, intent=intent):
                self.writes = (*self.writes, trade)
                if intent:
                    self._fly(Way.WRITE, IntentDurable(trade_id=trade.trade_id))
            case BookFills(fills=fills):
                self.writes = (*self.writes, max(fill.fill_id for fill in fills))
                return False
            case _:
                return False
        return True

    def _fly(self, way: Way, load: Mutation | Query | Event, *, at_ms: int = 0) -> None:
        self.flying += (Message(way, load, self.names.name((way, load)), at_ms),)

    def _answer(self, event: SnapshotAnswered | FillsAnswered) -> None:
        """Put an answer on its way whose facts carry times."""
        told: object = event.answer
        if isinstance(event, SnapshotAnswered):
            told = told if isinstance(event.answer, Unknown) else snapshot_told(event.answer)
            name = self.names.name(("answer", event.request.symbols, told))
            asked_ms = 0 if isinstance(event.answer, Unknown) else event.answer.asked_ms
            self.flying += (Message(Way.ANSWER, event, name, asked_ms, event.request.asked),)
            return
        if not isinstance(event.answer, Unknown):
            told = tuple((fill.fill_id, fill.order_id) for fill in event.answer)
        name = self.names.name(("answer", event.request, told, event.complete))
        self.flying += (Message(Way.ANSWER, event, name),)

    # -- what may happen next --------------------------------------------------------------------------------

    def moves(self) -> Iterator[tuple[Move, World]]:
        """Every move and the world after it."""
        if self.is_over:
            return
        seen: set[Message] = set()
        reach = self.flying if self.budget.any_order else self.flying[:1]
        for place, message in enumerate(reach):
            if message in seen:
                continue
            seen.add(message)
            rest = (*self.flying[:place], *self.flying[place + 1 :])
            yield ("deliver", message), self._delivered(message, rest)
            if self.budget.losses and message.way not in {Way.WRITE, Way.ANSWER, Way.ORPHAN}:
                yield from self._lost(message, rest)
        yield from self._in_time()
        if self._may_fall:
            yield ("mark falls", None), self._fall()
        if self.budget.crashes:
            yield from self._crashes()

    def _delivered(self, message: Message, rest: tuple[Message, ...]) -> World:
        """The world after a message arrived."""
        world = self.fork()
        world.flying = rest
        match message.way, message.load:
            case Way.REQUEST | Way.ORPHAN, (
                SendEntry() | SendStop() | SendTarget() | SendClose() | CancelOrder()
            ) as request:
                world._execute(message, request, lost=False)
            case Way.READ, (ReadOrder() | ReadSnapshot() | ReadFills()) as request:
                world._look(message, request)
            case Way.WRITE, IntentDurable() as event:
                world._land(event.trade_id)
                world.feed(event)
            case _, event:
                world.feed(event)  # type: ignore[arg-type]  # every other load is an event
        return world

    def _lost(self, message: Message, rest: tuple[Message, ...]) -> Iterator[tuple[Move, World]]:
        """The worlds in which a message, or what would answer it, is lost on the way."""
        world = self.fork()
        world.flying, world.budget = rest, self.budget.less(losses=1)
        match message.load:
            case SendEntry() | SendStop() | SendTarget() | SendClose() | CancelOrder() as request:
                executed = world.fork()
                world._fly(Way.ANSWER, Answered(request=request, outcome=LOST))
                executed._execute(message, request, lost=True)
                yield ("lose the answer to", message), executed
            case ReadOrder() as request:
                world._fly(Way.ANSWER, OrderAnswered(request=request, answer=LOST))
            case ReadSnapshot() as request:
                world._answer(SnapshotAnswered(request=request, answer=LOST))
            case ReadFills() as request:
                world._answer(FillsAnswered(request=request, answer=LOST, complete=False))
            case _:
                pass
        yield ("lose", message), world

    # -- at the venue ----------------------------------------------------------------------------------------

    def _execute(self, message: Message, request: Mutation, *, lost: bool) -> None:
        """The venue handles a mutation; its answer and the stream's word of a fill start on their way."""
        before, venue = self.venue, self.venue.fork()
        self.venue = venue
        venue.now_ms = self.now_ms
        outcome = venue.handle(request, signed_ms=message.at_ms)
        judge.arrival(request, before, venue)
        if self.naked_ms and not venue.is_naked:
            self.naked_ms = 0
        if message.way is Way.ORPHAN:
            return
        self._fly(Way.ANSWER, Answered(request=request, outcome=LOST if lost else outcome))
        self._tell_fills(before, request.client_id if not isinstance(request, CancelOrder) else "")

    def _tell_fills(self, before: SmallVenue, client_id: str) -> None:
        for fill in self.venue.fills[len(before.fills) :]:
            self._fly(Way.HINT, _hint(fill, client_id))

    def _look(self, message: Message, request: Query) -> None:
        venue = self.venue
        venue.now_ms = self.now_ms
        match request:
            case ReadOrder():
                self._fly(Way.ANSWER, OrderAnswered(request=request, answer=venue.read_order(request)))
            case ReadSnapshot():
                snapshot = venue.read_snapshot(request, asked_ms=message.at_ms)
                self._answer(SnapshotAnswered(request=request, answer=snapshot))
            case ReadFills():
                fills, complete = venue.read_fills(request)
                self._answer(FillsAnswered(request=request, answer=fills, complete=complete))

    @property
    def _may_fall(self) -> bool:
        if self.fallen:
            return False
        if not self.budget.gaps:
            return bool(self.venue.position) and not self.flying and not self.budget.rests
        if self.venue.position or self.venue.live or any(isinstance(m.load, SendEntry) for m in self.flying):
            return True
        early = {Phase.INTENDED, Phase.ARMING, Phase.ENTERING}
        return any(trade.phase in early for trade in self.state.trades.values())

    def _fall(self) -> World:
        """Mark gaps below every stop; the stream tells what fired, the market data that mark moved."""
        world, before = self.fork(), self.venue
        world.fallen, world.venue = True, before.fork()
        world.venue.now_ms = self.now_ms
        world.spent = self.spent or (before.position == 0 and bool(before.live))
        world.venue.move(FALLEN)
        world.naked_ms = self.naked_ms if world.venue.is_naked else 0
        moved = MarkMoved(symbol=BTC, mark=FALLEN, market_ms=MarketMs(START_MS))
        world._fly(Way.HINT, moved)
        for client_id, order in world.venue.orders.items():
            if order.state is not before.orders[client_id].state:
                world._fly(Way.HINT, _fired(client_id, order))
        return world

    # -- time ------------------------------------------------------------------------------------------------

    def _in_time(self) -> Iterator[tuple[Move, World]]:
        """Time passes: freely while nothing is on its way, else as often as the budget allows."""
        budget = self.budget
        if self.flying:
            if budget.delays:
                yield ("time passes", None), self._later(budget.less(delays=1))
            if budget.delays and budget.stalls:
                yield ("a long time passes", None), self._stalled(budget.less(delays=1, stalls=1))
        elif self.venue.position and not self.fallen:
            if budget.rests:
                yield ("a quiet time passes", None), self._later(budget.less(rests=1))
        else:
            yield ("time passes", None), self._later(budget)

    def _later(self, budget: Budget) -> World:
        """Ticks until the engine wants something."""
        world = self.fork()
        world.budget = budget
        world._land_all()
        able = not self.flying
        for _ in range(SILENCE_MS_MAX // TICK_MS):
            if world._tick(able=able):
                return world
        raise judge.Breach("L1", "the engine fell silent")

    def _stalled(self, budget: Budget) -> World:
        """Ticks for longer than the deadline of P1, whatever the engine wants meanwhile."""
        world = self.fork()
        world.budget = budget
        world._land_all()
        for _ in range(STALL_MS // TICK_MS):
            world._tick(able=False)
        return world

    def _tick(self, *, able: bool) -> bool:
        """A moment passes. While everything on its way is held up nobody is able to act: that is not counted."""
        self.now_ms += TICK_MS
        if self.venue.is_naked:
            self.naked_ms += TICK_MS if able else 0
        else:
            self.naked_ms = 0
        judge.nakedness(self)
        return self.feed(Ticked())

    # -- disk and death --------------------------------------------------------------------------------------

    def _land(self, trade_id: TradeId) -> None:
        """The first write of a trade, its intent, and all before it become durable: there is one queue."""
        for place, one in enumerate(self.writes):
            if isinstance(one, Trade) and one.trade_id == trade_id:
                self._sync(place + 1)
                return

    def _land_all(self) -> None:
        """A write is durable before time passes, unless an intent is being waited for."""
        if not any(message.way is Way.WRITE for message in self.flying):
            self._sync(len(self.writes))

    def _sync(self, amount: int) -> None:
        for one in self.writes[:amount]:
            if isinstance(one, int):
                self.booked_to = max(self.booked_to, one)
                continue
            kept = tuple(trade for trade in self.disk if trade.trade_id != one.trade_id)
            self.disk = kept if one.phase is Phase.DONE else (*kept, one)
        self.writes = self.writes[amount:]

    def _crashes(self) -> Iterator[tuple[Move, World]]:
        """The process dies: any part of what it had not synced is lost, each request on the wire arrives or not."""
        requests = [message for message in self.flying if message.way in {Way.REQUEST, Way.ORPHAN}]
        for landed in range(len(self.writes) + 1):
            for fates in product((True, False), repeat=len(requests)):
                arriving = tuple(
                    self._orphan(one) for one, arrives in zip(requests, fates, strict=True) if arrives
                )
                move = f"crash: {landed} of {len(self.writes)} writes land, {len(arriving)} requests survive"
                yield (move, None), self._reborn(landed, arriving)

    def _orphan(self, message: Message) -> Message:
        """A request whose process is gone: it may arrive, and nobody hears the answer."""
        name = self.names.name((Way.ORPHAN, message.load))
        return replace(message, way=Way.ORPHAN, name=name)

    def _reborn(self, landed: int, arriving: tuple[Message, ...]) -> World:
        """A new process a moment later, from the disk and the venue. Many deaths leave the same behind."""
        world = self.fork()
        world._sync(landed)
        world.writes, world.flying = (), arriving
        disk = tuple(world.names.trade(trade, world.now_ms) for trade in world.disk)
        left = (world.now_ms, disk, world.booked_to, arriving, world.names.venue(world.venue), world.lives)
        known = (*left, world.entered, world.budget, world.fallen, world.spent, world.naked_ms)
        if known in self.reborn:
            return self.reborn[known]
        self.reborn[known] = world
        again = self.budget.any_order_again
        world.budget = replace(self.budget.less(crashes=1), any_order=again)
        world.lives += 1
        world.now_ms += DOWN_MS
        now = Now(wire_ms=WireMs(world.now_ms), market_ms=MarketMs(world.now_ms))
        cold = cold_state(fence=world.lives, traits=world.venue.traits)
        world.state = recover(cold, world.disk, {BTC: world.booked_to}, now)
        world.start()
        return world

    def start(self) -> None:
        """The stream is up, mark is known, the rung is proven."""
        self.feed(StreamChanged(up=True))
        self.feed(MarkMoved(symbol=BTC, mark=Price(self.venue.mark), market_ms=MarketMs(START_MS)))
        self.feed(RungProven(symbol=BTC, rung=self.rung, detail="test"))


def first_world(rung: Rung, budget: Budget) -> World:
    """An engine that has just had its one signal."""
    traits = ATTACHING_TRAITS if rung is Rung.ATTACHED else FULL_TRAITS
    world = World(
        rung=rung,
        names=Names(),
        reborn={},
        budget=budget,
        now_ms=START_MS,
        state=cold_state(fence=1, traits=traits),
        venue=SmallVenue(timeless=True, traits=traits),
    )
    world.start()
    while world.flying:
        world = world._delivered(world.flying[0], world.flying[1:])
    world.feed(Signalled(symbol=BTC, side=Side.LONG, reason="test", market_ms=MarketMs(START_MS)))
    return world


def _hint(fill: FillView, client_id: str) -> FillHinted:
    """What the stream says of a fill, without its time."""
    return FillHinted(
        symbol=BTC,
        client_id=client_id,
        order_id=fill.order_id,
        quantity=fill.quantity,
        price=fill.price,
        wire_ms=WireMs(START_MS),
        market_ms=MarketMs(START_MS),
    )


def _fired(client_id: str, order: OrderView) -> OrderHinted:
    """What the stream says of a stop that fired."""
    return OrderHinted(symbol=BTC, client_id=client_id, state=order.state, child_id=order.child_id)
