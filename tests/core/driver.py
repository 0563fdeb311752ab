"""Runs `step` against the small venue on virtual time: latency, a disk, crashes. And judges what leaves.

The driver is the shell without asyncio. What it checks on every request and every cancel holds in every test
that uses it: O1 (an entry leaves once), O4 (with a durable intent), P4 (no stop worse than its plan, no W worse
than the last), P5 (a cancel never uncovers), P6 (only orders of ours are cancelled).
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import count

from jackline.core.effects import Alert, BookFills, Effect, Level, NoteDenied, SaveTrade, TradeEnded
from jackline.core.events import (
    Answered,
    Event,
    FillsAnswered,
    IntentDurable,
    MarkMoved,
    Now,
    OrderAnswered,
    RungProven,
    Signalled,
    SnapshotAnswered,
    StreamChanged,
    Ticked,
)
from jackline.core.ids import ASKED_ROLES, Role, TradeId, is_ours, parse_client_id
from jackline.core.machine import Phase
from jackline.core.outcomes import NotSent, Outcome, Unknown
from jackline.core.plan import ProtectedEntry, Rung
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
    SendTrailing,
)
from jackline.core.settings import RiskSettings
from jackline.core.state import State
from jackline.core.step import step
from jackline.core.trade import Trade
from jackline.core.values import MarketMs, Price, Side, WireMs
from tests.core.making import RISK, START_MS, TAG, cold_state
from tests.core.small_venue import ATTACHING_TRAITS, BTC, Fate, SmallVenue

OUT_MS, BACK_MS, DISK_MS = 5, 5, 2
WORLD = 1_000_000
"""What happens whether or not an engine lives, in the place of a life's number."""


@dataclass(slots=True, kw_only=True)
class Driver:
    """One engine life after another on one venue and one disk.

    Attributes:
        tick_ms: period of `Ticked`.
        fates: what happens to the next mutations of a type, once an item; `always` of a type, for ever.
        fortune: the same for mutations of any type, in the order they leave, before the fates of their type.
        reads_fail: every query answers Unknown.
        lose_looks: so many snapshots are asked and never answered.
        disk_works: writes land; otherwise nothing becomes durable.
        latency: (out, back) by request type, where it is not the default.
        handled: actions so far that were not ticks: the points where the exhaustive world crashes.
        sent: every mutation that left, with its wire time; `effects`: everything else that was wanted.
    """

    risk: RiskSettings = RISK
    venue: SmallVenue = field(default_factory=SmallVenue)
    now_ms: int = START_MS
    market_ahead_ms: int = 0
    market_spoke: bool = True
    tick_ms: int = 100
    fates: dict[type[Mutation], deque[Fate]] = field(default_factory=dict)
    always: dict[type[Mutation], Fate] = field(default_factory=dict)
    fortune: deque[Fate | None] = field(default_factory=deque)
    reads_fail: bool = False
    lose_looks: int = 0
    fills_late: bool = False
    disk_works: bool = True
    latency: dict[type[Mutation] | type[ReadOrder], tuple[int, int]] = field(default_factory=dict)
    state: State = field(init=False)
    disk: dict[TradeId, Trade] = field(default_factory=dict)
    booked_to: int = 0
    handled: int = 0
    lives: int = 1
    up: bool = True
    sent: list[tuple[int, Mutation]] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    ended: list[TradeEnded] = field(default_factory=list)
    peak: dict[TradeId, Decimal] = field(default_factory=dict)
    _queue: list[tuple[int, int, int, Callable[[], None]]] = field(default_factory=list)
    _seq: count[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.venue.now_ms = self.now_ms
        self.state = cold_state(risk=self.risk, fence=self.lives, traits=self.venue.traits)

    # -- the life of an engine -------------------------------------------------------------------------------

    def start(self, rung: Rung | None = Rung.STOP_FIRST) -> Driver:
        """Streams up, mark known, first snapshot read, rung proven."""
        if rung is Rung.ATTACHED:
            self.venue.traits = ATTACHING_TRAITS
            self.state = replace(self.state, traits=ATTACHING_TRAITS)
        self._schedule_tick()
        self.feed(StreamChanged(up=True))
        self.feed(MarkMoved(symbol=BTC, mark=Price(self.venue.mark), market_ms=self._now().market_ms))
        self.run(60)
        self.feed(RungProven(symbol=BTC, rung=rung, detail="test"))
        return self

    def crash(self, *, requests_arrive: bool = True, writes_land: bool = False) -> None:
        """Lose the process. What is on the wire may still arrive; what is not on disk is gone."""
        kept = []
        for due, seq, life, action in self._queue:
            if life == WORLD:
                kept.append((due, seq, WORLD, action))
            elif (life == 0 and requests_arrive) or (life < 0 and writes_land):
                kept.append((due, seq, 0, action))
        self._queue = kept
        heapq.heapify(self._queue)
        self.lives += 1
        self.up = False

    def recover(self, *, after_ms: int = 1_000, rung: Rung | None = Rung.STOP_FIRST) -> None:
        """A new process, from the disk and the venue."""
        self.run(after_ms)
        live = [trade for trade in self.disk.values() if trade.phase is not Phase.DONE]
        state = cold_state(risk=self.risk, fence=self.lives, traits=self.venue.traits)
        self.state = recover(state, live, {BTC: self.booked_to}, self._now())
        self.up = True
        self.start(rung)

    def feed(self, event: Event) -> None:
        """Let the engine handle one event now, if it lives, and start its effects."""
        if not self.up:
            return
        self.state, effects = step(self.state, event, self._now())
        for effect in effects:
            self._start(effect)

    def run(self, ms: int, *, until: Callable[[], bool] | None = None, actions: int | None = None) -> bool:
        """Run for `ms`, or until a condition holds (True), or for some actions that are not ticks."""
        end_ms = self.now_ms + ms
        stop_at = None if actions is None else self.handled + actions
        while self._queue and self._queue[0][0] <= end_ms:
            if (until is not None and until()) or self.handled == stop_at:
                return True
            due, _, life, action = heapq.heappop(self._queue)
            self._advance(due)
            if life in {0, WORLD, self.lives, -self.lives}:
                action()
        met = until is not None and until()
        if not met:
            self._advance(end_ms)
        return met

    def signal(self, side: Side = Side.LONG) -> None:
        """The strategy wants a position."""
        self.feed(Signalled(symbol=BTC, side=side, reason="test", market_ms=self._now().market_ms))

    def move(self, mark: str | Decimal) -> None:
        """Mark moves at the venue, and the engine hears of it."""
        self.venue.move(Decimal(mark))
        self.feed(MarkMoved(symbol=BTC, mark=Price(self.venue.mark), market_ms=self._now().market_ms))

    def later(self, ms: int, action: Callable[[], None]) -> None:
        """Let the world do something, whoever lives by then."""
        self._push(ms, WORLD, action)

    # -- looking ---------------------------------------------------------------------------------------------

    @property
    def trade(self) -> Trade:
        """The one live trade."""
        (only,) = self.state.trades.values()
        return only

    @property
    def phase(self) -> Phase:
        """Where the one live trade is; DONE when there is none."""
        return self.trade.phase if self.state.trades else Phase.DONE

    def reach(self, phase: Phase, *, within_ms: int = 20_000) -> Driver:
        """Run until the one live trade is in a phase."""
        if not self.run(within_ms, until=lambda: self.phase is phase):
            raise AssertionError(f"{phase} not reached in {within_ms} ms: {self.phase}; {self.verbs()}")
        return self

    def count(self, kind: type[Mutation]) -> int:
        """How many requests of a type left."""
        return sum(isinstance(request, kind) for _, request in self.sent)

    def verbs(self) -> list[str]:
        """The mutations in the order they left, each with its role letter."""
        return [_verb(request) for _, request in self.sent]

    def last(self, kind: type[Mutation]) -> Mutation:
        """The latest request of a type."""
        return [request for _, request in self.sent if isinstance(request, kind)][-1]

    def alerts(self, level: Level) -> list[Alert]:
        return [effect for effect in self.effects if isinstance(effect, Alert) and effect.level is level]

    def denials(self) -> list[str]:
        return [effect.denied.reason.value for effect in self.effects if isinstance(effect, NoteDenied)]

    # -- carrying out ----------------------------------------------------------------------------------------

    def _now(self) -> Now:
        market_ms = self.now_ms + self.market_ahead_ms if self.market_spoke else 0
        return Now(wire_ms=WireMs(self.now_ms), market_ms=MarketMs(market_ms))

    def _advance(self, to_ms: int) -> None:
        self.now_ms = max(self.now_ms, to_ms)
        self.venue.advance(self.now_ms)

    def _schedule_tick(self) -> None:
        def tick() -> None:
            self.feed(Ticked())
            self._schedule_tick()

        self._push(self.tick_ms, self.lives, tick)

    def _push(self, delay_ms: int, life: int, action: Callable[[], None]) -> None:
        """`life`: 0 for the wire, the life's number for the process, its negative for the disk."""
        heapq.heappush(self._queue, (self.now_ms + delay_ms, next(self._seq), life, action))

    def _answer(self, delay_ms: int, event: Event) -> None:
        def deliver() -> None:
            self.handled += 1
            self.feed(event)

        self._push(delay_ms, self.lives, deliver)

    def _start(self, effect: Effect) -> None:
        match effect:
            case SendEntry() | SendStop() | SendTarget() | SendTrailing() | SendClose() | CancelOrder():
                self._send(effect)
            case ReadOrder() | ReadSnapshot() | ReadFills():
                self._read(effect)
            case SaveTrade():
                self._save(effect)
            case _:
                self.effects.append(effect)
                if isinstance(effect, BookFills):
                    self._push(DISK_MS, -self.lives, lambda: self._book(effect))
                if isinstance(effect, TradeEnded):
                    self.ended.append(effect)

    def _send(self, request: Mutation) -> None:
        if isinstance(request, SendEntry) and self.now_ms > request.latest_ms:
            self._answer(0, Answered(request=request, outcome=NotSent(why="too late")))
            return
        self._judge(request)
        self.sent.append((self.now_ms, request))
        signed_ms, life = self.now_ms, self.lives
        fate = self._fate(request)
        out_ms, back_ms = self.latency.get(type(request), (OUT_MS, BACK_MS))

        def arrive() -> None:
            self.handled += 1
            unknown = Unknown(cause=str(fate))
            covered = not self.venue.is_naked
            outcome: Outcome = unknown
            if fate is not Fate.LOSE_REQUEST:
                outcome = self.venue.handle(request, signed_ms=signed_ms)
            if isinstance(request, CancelOrder) and covered:
                assert not self.venue.is_naked, (
                    f"P5: cancelling {request.key.client_id} uncovered the position"
                )
            if life == self.lives:
                self._answer(back_ms, Answered(request=request, outcome=outcome if fate is None else unknown))

        self._push(out_ms, 0, arrive)

    def _fate(self, request: Mutation) -> Fate | None:
        if self.fortune:
            return self.fortune.popleft()
        queue = self.fates.get(type(request))
        return queue.popleft() if queue else self.always.get(type(request))

    def _read(self, request: ReadOrder | ReadSnapshot | ReadFills) -> None:
        asked_ms = self.now_ms
        out_ms, back_ms = self.latency.get(ReadOrder, (OUT_MS, BACK_MS))
        if isinstance(request, ReadSnapshot) and self.lose_looks > 0:
            self.lose_looks -= 1
            return

        if isinstance(request, ReadFills) and self.fills_late:
            out_ms += 5_000

        def arrive() -> None:
            self._answer(back_ms, self._query(request, asked_ms))

        self._push(out_ms, self.lives, arrive)

    def _query(self, request: ReadOrder | ReadSnapshot | ReadFills, asked_ms: int) -> Event:
        lost = Unknown(cause="reads fail")
        match request:
            case ReadOrder():
                order = lost if self.reads_fail else self.venue.read_order(request)
                return OrderAnswered(request=request, answer=order)
            case ReadSnapshot():
                seen = lost if self.reads_fail else self.venue.read_snapshot(request, asked_ms=asked_ms)
                return SnapshotAnswered(request=request, answer=seen)
            case ReadFills():
                fills, complete = self.venue.read_fills(request)
                if self.reads_fail:
                    return FillsAnswered(request=request, answer=lost, complete=False)
                return FillsAnswered(request=request, answer=fills, complete=complete)

    def _save(self, effect: SaveTrade) -> None:
        def land() -> None:
            self.handled += 1
            if not self.disk_works:
                return
            self.disk[effect.trade.trade_id] = effect.trade
            if effect.intent:
                trade = effect.trade
                self._answer(0, IntentDurable(trade_id=trade.trade_id, entry_id=trade.intended_id))

        self._push(DISK_MS, -self.lives, land)

    def _book(self, effect: BookFills) -> None:
        self.booked_to = max(self.booked_to, *(fill.fill_id for fill in effect.fills))

    # -- judging what leaves ---------------------------------------------------------------------------------

    def _judge(self, request: Mutation) -> None:
        if isinstance(request, SendEntry):
            assert isinstance(request.entry, ProtectedEntry), "P2"
            assert all(
                request.client_id != old.client_id for _, old in self.sent if isinstance(old, SendEntry)
            ), "O1"
            assert request.client_id in self._intents(request.entry.trade_id), "O4"
        if isinstance(request, CancelOrder):
            assert is_ours(request.key.client_id, TAG), f"P6: {request.key.client_id} is not ours"
        if isinstance(request, SendStop):
            self._judge_stop(request)

    def _intents(self, trade_id: TradeId) -> set[str]:
        """Client ids of the entries that the disk tells of."""
        trade = self.disk.get(trade_id)
        if trade is None:
            return set()
        first = (trade.entry_slot,) if trade.entry_slot is not None else ()
        return {slot.client_id for slot in (*first, *(one.slot for one in trade.additions))}

    def _judge_stop(self, request: SendStop) -> None:
        """P4: every stop at its plan's price or better, every W no worse than the one before it."""
        trade = self.state.trades.get(request.trade_id)
        sign = request.side.sign
        asked = parse_client_id(request.client_id)
        if asked is not None and asked.role in ASKED_ROLES:
            return  # it stands beside the plan, and may stand further away
        if trade is not None:
            assert (request.trigger_price - trade.stop.disaster_price) * sign >= 0, "P4: worse than the plan"
        name = parse_client_id(request.client_id)
        if name is None or name.role is not Role.WORKING:
            return
        resent = any(isinstance(old, SendStop) and old.client_id == request.client_id for _, old in self.sent)
        best = self.peak.get(request.trade_id)
        if best is not None and not resent:
            assert (request.trigger_price - best) * sign >= 0, "P4: a W looser than the last"
        self.peak[request.trade_id] = request.trigger_price


def _verb(request: Mutation) -> str:
    if isinstance(request, CancelOrder):
        name = parse_client_id(request.key.client_id)
        return f"cancel {name.role.name.lower() if name else '?'}"
    name = parse_client_id(request.client_id)
    return f"{type(request).__name__.removeprefix('Send').lower()} {name.role.name.lower() if name else '?'}"


def cancelled(driver: Driver) -> set[str]:
    """Client ids that the engine asked to cancel."""
    return {request.key.client_id for _, request in driver.sent if isinstance(request, CancelOrder)}
