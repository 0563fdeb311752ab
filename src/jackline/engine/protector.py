"""Protection without a plan of its own: what a process may do that does not own the account.

It adds whole-position stops and closes uncovered positions from a fresh read. It never enters, cancels, ratchets or
sweeps. The watchdog runs it in a loop; the engine runs it once, before it asks for the lease.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import structlog

from jackline.core import guard
from jackline.core.adopting import closes
from jackline.core.claims import Claim, claim_of
from jackline.core.coverage import only_reduces
from jackline.core.guard import PositionKey, Protection
from jackline.core.ids import Role, TradeId, client_id, may_be_ours, mint_trade_id
from jackline.core.instrument import Instrument
from jackline.core.orders import OrderState, OrderView, PositionView, Snapshot
from jackline.core.outcomes import Acked, Outcome, Refusal, Refused, Unknown
from jackline.core.ports import Clock
from jackline.core.requests import (
    CloseShape,
    ReadOrder,
    ReadSnapshot,
    SendClose,
    SendStop,
    StopShape,
)
from jackline.core.settings import ProtectionSettings, RiskSettings
from jackline.core.values import Quantity, Quote, Side, Symbol, WireMs, tightest
from jackline.store.watch import Floor
from jackline.venue.port import Venue

log = structlog.get_logger("protector")


FIRST_ORDINAL = 36**4 // 4
"""An engine that began in the same second counts its trades from 1 and never gets here; two ordinals a symbol, one
for each leg of a hedge."""

UNNAMED_ANSWER_S = 0.6
"""So long a stop without a name may stay unanswered: a second one and its answer fit the protect deadline with it."""
ATTEMPT_MS = 50
"""One attempt's worth of clock: no process makes twenty a second."""
ATTEMPTS_FIRST_MAX = 40_000
"""Room for six thousand attempts after the first."""

Uncovered = guard.Naked | guard.Reached | guard.Stuck
"""A position that is neither protected nor flattening."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStop:
    """What the engine's records say of a position: whose trade it is and where its stop belongs."""

    trade_id: TradeId
    protection: Protection


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing the protector did, and the venue's answer."""

    symbol: Symbol
    verb: str
    client_id: str
    request: SendStop | SendClose
    outcome: Outcome
    read_back: bool
    sent_ms: WireMs

    @property
    def claim(self) -> Claim | None:
        """What makes its stop known for ours where it carries no id; None where no stop may rest."""
        if not isinstance(self.request, SendStop):
            return None
        return claim_of(self.request, self.outcome, sent_ms=self.sent_ms)


class Protector:
    """Adds stops and closes, nothing else. One per process; its attempt counter keeps its ids apart.

    Attributes:
        equity_quote: the account's, as it was read when the process began; one stop basis asks for it.
        on_claim: told of every stop without an id of ours, before it leaves and when it is answered.
    """

    def __init__(
        self,
        *,
        venue: Venue,
        clock: Clock,
        tag: str,
        instruments: Mapping[Symbol, Instrument],
        risk: RiskSettings,
        protection: ProtectionSettings,
        equity_quote: Quote | None = None,
    ) -> None:
        self._venue = venue
        self._clock = clock
        self._tag = tag
        self._instruments = instruments
        self._risk = risk
        self._protection = protection
        self._equity = equity_quote
        # By the clock, so that the next life of this process does not spell another order with an id of this one (O2).
        self._attempts = clock.now().wire_ms // ATTEMPT_MS % ATTEMPTS_FIRST_MAX
        self._asked = 0
        self._floors: dict[PositionKey, Floor] = {}
        self._fence = clock.now().wire_ms // 1_000
        self.on_claim: Callable[[Claim], None] = _nobody_keeps

    @property
    def floors(self) -> tuple[Floor, ...]:
        """Where stops of ours were seen to rest, by the last look."""
        return tuple(self._floors.values())

    def recall(self, floors: Iterable[Floor]) -> None:
        """Begin with what another process, or a former life of this one, has seen."""
        self._floors = {(floor.symbol, floor.side): floor for floor in floors}

    async def look(self, symbols: tuple[Symbol, ...] | None) -> Snapshot | None:
        """Read venue truth; None when the venue does not answer. Orders are listed wherever a position is."""
        self._asked += 1
        answer = await self._venue.read_snapshot(
            ReadSnapshot(asked=self._asked, symbols=symbols, money=False)
        )
        if isinstance(answer, Unknown):
            log.warning("venue_unreadable", code="P1", cause=answer.cause)
            return None
        return answer

    def judge(self, snapshot: Snapshot, planned: Mapping[PositionKey, PlannedStop]) -> tuple[Uncovered, ...]:
        """Positions that are neither protected nor flattening, by the same guard the engine runs."""
        self._remember(snapshot)
        plans = {key: stop.protection for key, stop in planned.items()}
        for position in snapshot.positions:
            instrument = self._instruments.get(position.symbol)
            if (position.symbol, position.side) not in plans and instrument is not None:
                stop = guard.adopted_stop(position, instrument, self._risk, equity_quote=self._equity)
                plans[position.symbol, position.side] = Protection(
                    stop_price=stop.disaster_price, price_source=stop.price_source
                )
        findings = guard.guard(
            snapshot,
            {key: self._no_worse(key, plan) for key, plan in plans.items()},
            now_ms=self._clock.now().wire_ms,
            tag=self._tag,
            triggering_ms_max=self._protection.triggering_ms_max,
        )
        return tuple(
            found for found in findings if isinstance(found, (guard.Naked, guard.Reached, guard.Stuck))
        )

    def _remember(self, snapshot: Snapshot) -> None:
        """Keep what rests for whom: the records that name a plan may be damaged, or older than the position (P4)."""
        floors: dict[PositionKey, Floor] = {}
        for position in snapshot.positions:
            key = (position.symbol, position.side)
            known = self._floors.get(key)
            prices = [
                order.trigger_price
                for order in snapshot.orders
                if order.is_stop and order.trigger_price is not None and self._is_its_stop(order, position)
            ]
            if known is not None and known.entry_price == position.entry_price:
                prices.append(known.stop_price)
            if prices:
                best = max(prices) if position.side is Side.LONG else min(prices)
                floors[key] = Floor(
                    symbol=position.symbol,
                    side=position.side,
                    entry_price=position.entry_price,
                    stop_price=best,
                )
        self._floors = floors

    def _is_its_stop(self, order: OrderView, position: PositionView) -> bool:
        ours = may_be_ours(order.key.client_id, self._tag) and order.state is OrderState.NEW
        return ours and closes(order, position.symbol, position.side) and only_reduces(order, position)

    def _no_worse(self, key: PositionKey, planned: Protection) -> Protection:
        floor = self._floors.get(key)
        if floor is None:
            return planned
        return replace(planned, stop_price=tightest(key[1], planned.stop_price, floor.stop_price))

    async def act(
        self,
        finding: Uncovered,
        planned: Mapping[PositionKey, PlannedStop],
    ) -> tuple[Action, ...]:
        """Place a whole-position stop and read it back; where it cannot rest, close."""
        position = finding.position
        trade_id = self._trade_of(position, planned)
        if not isinstance(finding, guard.Naked):
            return (await self._close(trade_id, position),)
        placed = [await self._place(trade_id, position, finding.protection)]
        if self._cannot_be_asked_for(placed[0]):
            # Whether it rests only a look would tell, and looks are few: another one rests, or meets it.
            placed.append(await self._place(trade_id, position, finding.protection))
        last = placed[-1]
        if last.read_back or (_met_another(last) and not await self._stays_naked(position, planned)):
            return tuple(placed)
        return (*placed, await self._close(trade_id, position))

    async def close(self, position: PositionView, planned: Mapping[PositionKey, PlannedStop]) -> Action:
        """An operator wants it closed, covered or not. What rests, rests until it is flat (K3)."""
        return await self._close(self._trade_of(position, planned), position, code="K3")

    async def add_stop(self, finding: Uncovered, planned: Mapping[PositionKey, PlannedStop]) -> Action | None:
        """Only place: what a process without the lease may do while an engine may be alive."""
        if not isinstance(finding, guard.Naked):
            return None
        position = finding.position
        return await self._place(self._trade_of(position, planned), position, finding.protection)

    async def _place(self, trade_id: TradeId, position: PositionView, protection: Protection) -> Action:
        whole = position.mode in self._venue.profile.whole_position_modes
        request = SendStop(
            client_id=client_id(trade_id, Role.WATCHDOG_STOP, self._next_attempt()),
            trade_id=trade_id,
            symbol=position.symbol,
            side=position.side,
            mode=position.mode,
            shape=StopShape.WHOLE_POSITION if whole else StopShape.QUANTITY,
            quantity=None if whole else position.quantity,
            trigger_price=protection.stop_price,
            price_source=protection.price_source,
        )
        sent_ms = self._clock.now().wire_ms
        self._claim(request, Unknown(cause="not answered yet"), sent_ms)
        outcome = await self._send_stop(request)
        self._claim(request, outcome, sent_ms)
        # An answer may be lost and the stop rest: "duplicate" and "exists" may both mean this one (O2).
        may_rest = not isinstance(outcome, Refused) or outcome.kind in {
            Refusal.DUPLICATE_ID,
            Refusal.STOP_EXISTS,
        }
        read_back = may_rest and await self._rests(request, outcome)
        log.warning(
            "stop_added", code="P1", symbol=position.symbol, outcome=str(outcome), read_back=read_back
        )
        return Action(
            symbol=position.symbol,
            verb="stop",
            client_id=request.client_id,
            request=request,
            outcome=outcome,
            read_back=read_back,
            sent_ms=sent_ms,
        )

    async def _send_stop(self, request: SendStop) -> Outcome:
        """Where a stop carries no name nobody can ask for it, and silence is not waited out: another one rests in time,
        or meets it (P1)."""
        if self._venue.profile.stops_are_named:
            return await self._venue.send(request)
        try:
            async with asyncio.timeout(UNNAMED_ANSWER_S):
                return await self._venue.send(request)
        except TimeoutError:
            return Unknown(cause=f"no answer within {UNNAMED_ANSWER_S} s")

    def _claim(self, request: SendStop, outcome: Outcome, sent_ms: WireMs) -> None:
        """Where a stop carries no id of ours, only a record tells whose it is: from before it leaves (P6)."""
        claim = claim_of(request, outcome, sent_ms=sent_ms)
        if claim is not None and not self._venue.profile.stops_are_named:
            self.on_claim(claim)

    def _cannot_be_asked_for(self, placed: Action) -> bool:
        """It may rest, and carries no name."""
        return isinstance(placed.outcome, Unknown) and not self._venue.profile.stops_are_named

    async def _stays_naked(self, position: PositionView, planned: Mapping[PositionKey, PlannedStop]) -> bool:
        """Whether the stop in the way of ours covers nothing. Unknown is not naked: the next pass asks again."""
        snapshot = await self.look(())
        if snapshot is None:
            return False
        key = (position.symbol, position.side)
        return any(
            (found.position.symbol, found.position.side) == key for found in self.judge(snapshot, planned)
        )

    async def _rests(self, request: SendStop, outcome: Outcome) -> bool:
        """Where stops have no name and the answer with the venue's was lost, only the next look tells."""
        venue_id = outcome.order.key.venue_id if isinstance(outcome, Acked) else None
        answer = await self._venue.read_order(
            ReadOrder(symbol=request.symbol, client_id=request.client_id, conditional=True, venue_id=venue_id)
        )
        return isinstance(answer, OrderView) and answer.state is OrderState.NEW

    async def _close(self, trade_id: TradeId, position: PositionView, code: str = "P1") -> Action:
        """Reduce-only market for what was just read; the next pass looks whether it worked."""
        instrument = self._instruments.get(position.symbol)
        most = instrument.market_quantity_max if instrument is not None else position.quantity
        request = SendClose(
            client_id=client_id(trade_id, Role.WATCHDOG_CLOSE, self._next_attempt()),
            trade_id=trade_id,
            symbol=position.symbol,
            side=position.side,
            mode=position.mode,
            shape=CloseShape.REDUCE_ONLY_MARKET,
            quantity=Quantity(min(position.quantity, most)),
            limit_price=None,
        )
        sent_ms = self._clock.now().wire_ms
        outcome = await self._venue.send(request)
        log.critical("position_closed", code=code, symbol=position.symbol, outcome=str(outcome))
        return Action(
            symbol=position.symbol,
            verb="close",
            client_id=request.client_id,
            request=request,
            outcome=outcome,
            read_back=isinstance(outcome, Acked),
            sent_ms=sent_ms,
        )

    def _trade_of(self, position: PositionView, planned: Mapping[PositionKey, PlannedStop]) -> TradeId:
        stop = planned.get((position.symbol, position.side))
        return stop.trade_id if stop is not None else self._mint(position)

    def _next_attempt(self) -> int:
        self._attempts += 1
        return self._attempts

    def _mint(self, position: PositionView) -> TradeId:
        """An id for a position without a trade: this process's own, so that it meets nobody's."""
        place = (
            sorted(self._instruments).index(position.symbol) if position.symbol in self._instruments else 0
        )
        ordinal = FIRST_ORDINAL + 2 * place + list(Side).index(position.side)
        return mint_trade_id(tag=self._tag, fence=self._fence, ordinal=ordinal)


def _nobody_keeps(_: Claim) -> None:
    return None


def _met_another(placed: Action) -> bool:
    """The venue holds a whole-position stop that is not this one: it may be a good one, placed a moment ago."""
    return isinstance(placed.outcome, Refused) and placed.outcome.kind is Refusal.STOP_EXISTS
