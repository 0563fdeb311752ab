"""The watchdog: a second process that looks at venue truth and acts when the engine does not.

While the engine lives it only looks, and acts when a breach outlives the engine's grace. Once the engine's lock is
gone, its heartbeat has stopped, or the venue does not answer it, the watchdog acts at once. It adds whole-position
stops and closes what cannot be covered, and then what operators want closed (engine/standing_orders.py); it never
enters, cancels, ratchets or sweeps (protocol, watchdog).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from jackline.core.claims import Claim, joined
from jackline.core.guard import PositionKey
from jackline.core.ids import account_tag
from jackline.core.orders import PositionView, Snapshot
from jackline.core.values import Side, Symbol, WireMs
from jackline.engine import heartbeat
from jackline.engine.clock import TwoClocks
from jackline.engine.heartbeat import Heartbeat
from jackline.engine.look_pace import LookPace
from jackline.engine.options import EngineOptions
from jackline.engine.plans import PlanMemory, former_claims, former_floors
from jackline.engine.protector import Action, PlannedStop, Protector, Uncovered
from jackline.engine.sight import Sight
from jackline.engine.standing_orders import StandingOrders
from jackline.engine.startup import StreamingVenue, VenueFacts
from jackline.store.boot import Store
from jackline.store.journal import Journal
from jackline.store.lease import is_held
from jackline.store.watch import (
    WatchActing,
    WatchAction,
    acting_batch,
    action_batch,
    claims_batch,
    floors_batch,
    snapshot_batch,
)
from jackline.store.watch_answers import answer_batch

log = structlog.get_logger("watchdog")

PROBE_S = 0.2
"""How often the engine's lock is tried: local, and free."""
LOOKS_AT_ONCE_MAX = 16
"""Looks under way while alarmed or alone: as many as begin within the deadline of one."""
LATE_MARGIN_MS = 2_000
"""Added to the time an entry can still execute after its engine died."""
RECORD_MS = 2_000
"""While the engine is silent, one snapshot this often is kept for it."""
ACT_MS_MAX = 1_500
"""What was begun for a position is over by then, or lost: three sendings of a stop and a close."""
LOOK_BESIDE_ACT_MS = 500
"""Other positions are not left unseen for longer than this, whatever one of them needs."""
GRACE_MS = 2_000
"""On top of the engine's own deadline, before the watchdog steps in beside a living engine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sighting:
    """Since when a position has been seen without cover."""

    since_ms: WireMs
    times: int


class Watchdog:
    """One account's second pair of eyes, with a connection of its own."""

    def __init__(
        self,
        *,
        options: EngineOptions,
        venue: StreamingVenue,
        clock: TwoClocks,
        store: Store,
        facts: VenueFacts,
        sight: Sight | None = None,
    ) -> None:
        self._options = options
        self._sight = sight or Sight()
        self._venue = venue
        self._clock = clock
        self._disk = store.disk
        self._protector = Protector(
            venue=venue,
            clock=clock,
            tag=account_tag(options.account),
            instruments=facts.instruments,
            risk=options.risk,
            protection=options.protection,
            equity_quote=facts.account.equity_quote,
        )
        self._floors = former_floors(store)
        self._protector.recall(self._floors)
        self._plans = PlanMemory()
        self._claims = former_claims(store)
        self._protector.on_claim = self._claim
        self._journal: Journal = store.writer(on_broken=_say_broken, on_mended=_say_mended)
        self._orders = StandingOrders(
            disk=store.disk,
            state_dir=options.state_dir,
            own=store.read,
            protection=options.protection,
            answer=self._answer,
        )
        self._sightings: dict[PositionKey, _Sighting] = {}
        self._acts: dict[PositionKey, WireMs] = {}
        self._silent_since: WireMs | None = None
        self._looked_ms = 0
        self._looking = 0
        self._taken = 0
        self._acted_ms = 0
        self._pace = LookPace()
        self._open: frozenset[Symbol] = frozenset()
        self._recorded_ms = 0
        self._acting = False

    async def run(self, stop: asyncio.Event) -> None:
        """Look until told to stop. Nothing the venue or the disk does ends the loop."""
        async with asyncio.TaskGroup() as group:
            keeper = group.create_task(self._venue.keep_clock())
            while not stop.is_set():
                self._sight.turns += 1
                self._look_if_due(group)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(PROBE_S):
                        await stop.wait()
            keeper.cancel()
        await self._journal.close(deadline_ms=RECORD_MS)

    def _look_if_due(self, group: asyncio.TaskGroup) -> None:
        """Start a look when it is time. An alarmed one never waits for the answer to the one before: it may be lost."""
        now = self._clock.now().wire_ms
        beat = heartbeat.read(self._disk, self._options.state_dir)
        silent = self._note_silence(now, beat)
        self._venue.share(with_engine=not silent)
        if silent:
            self._orders.listen(now, heard_ms=None if beat is None else beat.wire_ms)
        # The last beat of a dead engine tells of its last moment, and nothing of an hour later.
        risky = beat.risky if beat is not None and (not silent or self._fell_silent_lately(now)) else ()
        ordered = silent and self._orders.are_pending
        urgent = self._is_alarmed(now) or ordered
        alarmed = urgent or bool(risky)
        period_ms = self._pace.period_ms(
            now, silent=silent, risky=bool(risky), urgent=urgent, listed=len(self._open.union(risky))
        )
        # Alone, a calm look waits for no other either: one that is never answered must not hold up the rest (P1).
        at_once = LOOKS_AT_ONCE_MAX if silent or alarmed else 1
        due = abs(now - self._looked_ms) >= period_ms and self._looking < at_once
        if due and not self._is_any_act_young(now, LOOK_BESIDE_ACT_MS):
            self._looked_ms = now
            self._looking += 1
            group.create_task(self._pass(risky, silent=silent)).add_done_callback(self._looked)

    def _looked(self, _: asyncio.Task[None]) -> None:
        self._looking -= 1

    def _is_alarmed(self, now: WireMs) -> bool:
        """Something is uncovered, or the engine fell silent so lately that an entry of its may still execute."""
        return bool(self._sightings) or self._fell_silent_lately(now)

    def _fell_silent_lately(self, now: WireMs) -> bool:
        fence_ms = self._options.risk.entry_patience_ms + self._options.risk.entry_receive_window_ms
        late_ms = fence_ms + self._options.protection.clock_skew_ms_max + LATE_MARGIN_MS
        since = self._silent_since
        return since is not None and now - since <= late_ms

    def _note_silence(self, now: WireMs, beat: Heartbeat | None) -> bool:
        """True while no engine holds the lock, or the one that does makes no progress or is not heard (L2)."""
        held = is_held(self._disk, self._options.state_dir) is not None
        why = heartbeat.silence(beat, now) if held else "nobody holds its lock"
        if why is not None and self._silent_since is None:
            self._silent_since = now
            log.warning("engine_silent", code="L2", why=why)
        if why is None and self._silent_since is not None:
            log.info("engine_back", after_ms=now - self._silent_since)
            self._silent_since = None
        return why is not None

    async def _pass(self, risky: tuple[Symbol, ...], *, silent: bool) -> None:
        """One look at the venue, and what follows from it. Risky symbols are listed in the same round trip."""
        asked_ms = self._clock.now().wire_ms
        self._read_plans()
        snapshot = await self._protector.look(risky)
        if snapshot is None or asked_ms < self._acted_ms or snapshot.asked < self._taken:
            return  # older than what was done or seen meanwhile: poison (rule 5)
        self._taken = snapshot.asked
        # A look may wait half a second for its turn: what the engine would have done is ours now.
        silent = silent or self._silent_since is not None
        self._sight.looked_ms = snapshot.asked_ms
        self._open = frozenset(position.symbol for position in snapshot.positions)
        if silent:
            self._record(snapshot)
        planned = self._read_plans()
        uncovered = self._protector.judge(snapshot, planned)
        self._keep_floors()
        self._plans.forget_flat((position.symbol, position.side) for position in snapshot.positions)
        self._forget({_key(found) for found in uncovered})
        ordered = self._ordered(snapshot) if silent else ()
        closing = {(position.symbol, position.side) for position in ordered}
        # One that is naked and being closed is flattening: it gets a stop by the next look, if it is still there.
        due = [
            finding
            for finding in uncovered
            if self._is_due(finding, silent=silent)
            and not self._is_in_hand(finding)
            and _key(finding) not in closing
        ]
        if due or ordered:
            self._mark_acting("the engine is silent" if silent else "a breach outlived the engine")
            begun_ms = self._clock.now().wire_ms
            for finding in due:
                self._acts[_key(finding)] = begun_ms
            acts = [self._act(finding, planned, begun_ms) for finding in due]
            await asyncio.gather(*acts, *(self._close(position, planned) for position in ordered))
        if not uncovered and self._acting and not silent:
            self._mark_acting(None)

    def _read_plans(self) -> Mapping[PositionKey, PlannedStop]:
        """Before a look too: between a plan and the first look at its position its journal may lose its end (P4)."""
        return self._plans.read(self._disk, self._options.state_dir, self._clock.now().wire_ms)

    async def _act(
        self, finding: Uncovered, planned: Mapping[PositionKey, PlannedStop], begun_ms: WireMs
    ) -> None:
        """Side by side with the others: no position waits for another one's answers."""
        try:
            for action in await self._protector.act(finding, planned):
                self._record_action(finding.position.side, action)
                if action.read_back:
                    self._acted_ms = self._clock.now().wire_ms
        finally:
            if self._acts.get(_key(finding)) == begun_ms:
                del self._acts[_key(finding)]

    def _ordered(self, snapshot: Snapshot) -> tuple[PositionView, ...]:
        """What operators want closed, and nobody else hears them."""
        settled = not self._fell_silent_lately(snapshot.asked_ms)
        return self._orders.due(snapshot, self._clock.now().wire_ms, settled=settled)

    async def _close(self, position: PositionView, planned: Mapping[PositionKey, PlannedStop]) -> None:
        action = await self._protector.close(position, planned)
        self._record_action(position.side, action)
        if action.read_back:
            self._acted_ms = self._clock.now().wire_ms

    def _is_in_hand(self, finding: Uncovered) -> bool:
        """Where a stop has no name, a second one for the same position asks for the one slot of the first (K2)."""
        begun_ms = self._acts.get(_key(finding))
        alone = not self._venue.profile.stops_are_named
        return alone and begun_ms is not None and abs(self._clock.now().wire_ms - begun_ms) < ACT_MS_MAX

    def _is_any_act_young(self, now: WireMs, young_ms: int) -> bool:
        """The few looks a second of such a venue are left to whoever must know what became of its stop."""
        alone = not self._venue.profile.stops_are_named
        return alone and any(abs(now - begun_ms) < young_ms for begun_ms in self._acts.values())

    def _is_due(self, finding: Uncovered, *, silent: bool) -> bool:
        """At once when alone; beside a living engine only after its deadline and a grace, seen twice."""
        key = _key(finding)
        now = self._clock.now().wire_ms
        seen = self._sightings.get(key)
        seen = _Sighting(since_ms=seen.since_ms if seen else now, times=seen.times + 1 if seen else 1)
        self._sightings[key] = seen
        grace_ms = 0 if silent else self._options.protection.protect_deadline_ms + GRACE_MS
        return now - seen.since_ms >= grace_ms and (silent or seen.times > 1)

    def _forget(self, uncovered: set[PositionKey]) -> None:
        self._sightings = {key: seen for key, seen in self._sightings.items() if key in uncovered}

    # -- records: never in the way of an action ------------------------------------------------------------

    def _record(self, snapshot: Snapshot) -> None:
        now = self._clock.now()
        if now.wire_ms - self._recorded_ms >= RECORD_MS:
            self._recorded_ms = now.wire_ms
            self._journal.append(snapshot_batch(snapshot, market_ms=now.market_ms))

    def _keep_floors(self) -> None:
        """For a start that finds a position naked: this process may be the only one that saw its last stop (P4)."""
        if self._protector.floors != self._floors:
            self._floors = self._protector.floors
            now = self._clock.now()
            self._journal.append(floors_batch(self._floors, wire_ms=now.wire_ms, market_ms=now.market_ms))

    def _record_action(self, side: Side, action: Action) -> None:
        now = self._clock.now()
        record = WatchAction(
            client_id=action.client_id,
            symbol=action.symbol,
            side=side,
            what=action.verb,
            outcome=str(action.outcome),
        )
        self._journal.append(action_batch(record, wire_ms=now.wire_ms, market_ms=now.market_ms))

    def _claim(self, claim: Claim) -> None:
        """The engine knows a stop without an id for ours by this record alone, and sweeps it (P6)."""
        self._claims = joined(self._claims, (claim,))
        now = self._clock.now()
        self._journal.append(claims_batch(self._claims, wire_ms=now.wire_ms, market_ms=now.market_ms))

    def _answer(self, answer_id: str, result: str) -> None:
        now = self._clock.now()
        self._journal.append(answer_batch(answer_id, result, wire_ms=now.wire_ms, market_ms=now.market_ms))

    def _mark_acting(self, reason: str | None) -> None:
        """The mark is owed, not awaited: a full disk must not hold up a stop (rule 2)."""
        now = self._clock.now()
        self._acting = self._sight.acting = reason is not None
        acting = None if reason is None else WatchActing(since_ms=now.wire_ms, reason=reason)
        self._journal.append(acting_batch(acting, wire_ms=now.wire_ms, market_ms=now.market_ms))


def _say_broken(detail: str) -> None:
    log.warning("records_owed", code="O4", detail=detail)


def _say_mended() -> None:
    log.info("records_written")


def _key(finding: Uncovered) -> PositionKey:
    return finding.position.symbol, finding.position.side
