"""Closing everything at the venue itself: no engine, no store, only what the venue says.

Every position is closed by orders that can only reduce, flat is read back twice, and only then are our own
leftover orders removed, one by one and by id. A stranger's order is never touched. It may run beside an
engine and a watchdog: two closes of one position are harmless, because neither can open one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from jackline.core.closing import AFTER_BAND_REFUSAL, IOC_BAND_FRACTION
from jackline.core.ids import TARGET_ROLES, Role, client_id, is_ours, mint_trade_id, parse_client_id
from jackline.core.instrument import Instrument
from jackline.core.orders import OrderView, PositionView, Snapshot
from jackline.core.outcomes import Acked, Outcome, Refusal, Refused, Unknown
from jackline.core.ports import Clock
from jackline.core.requests import CancelOrder, CloseShape, ReadSnapshot, SendClose
from jackline.core.settings import ProtectionSettings, RiskSettings
from jackline.core.values import Price, Quantity, Side, Symbol
from jackline.venue.port import Venue

DEADLINE_S = 60.0
"""Longer than any run of refusals the ladder can mend; then a person decides."""
SWEEP_ROUNDS_MAX = 3
"""A cancel whose answer was lost is asked once or twice more; what is left then is reported."""
FIRST_ORDINAL = 36**4 // 2
"""Ids of this command live in the upper half of a second's ordinals, far from those an engine counts up."""
RETRY_MS_MAX = 2_000
"""Pause between two looks at a position that does not close."""

Key = tuple[Symbol, Side]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long to wait for what.

    Attributes:
        flat_gap_ms: between the two flat reads. An entry decided before the first one cannot live so long, so
            no stop is removed whose entry is still on its way.
        retry_ms: first pause after closing orders; doubles up to RETRY_MS_MAX.
    """

    flat_gap_ms: int
    retry_ms: int
    deadline_s: float = DEADLINE_S

    @staticmethod
    def of(risk: RiskSettings, protection: ProtectionSettings) -> Pace:
        """The pace that the engine's own rules ask for (rules 3 and 7)."""
        entry_ms = risk.entry_patience_ms + risk.entry_receive_window_ms
        fence_ms = entry_ms + protection.clock_skew_ms_max + protection.fence_margin_ms
        return Pace(flat_gap_ms=max(protection.sweep_gap_ms, fence_ms), retry_ms=protection.close_retry_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flattened:
    """What was done. `flat` only when two reads agreed and a last one after the removals still did.

    Attributes:
        closed: positions as first seen, those that are gone now.
        still_open: positions of the last read.
        removed, left: our orders that were removed, and those that still rest.
        foreign: orders of strangers, untouched.
    """

    flat: bool
    closed: tuple[PositionView, ...]
    still_open: tuple[PositionView, ...]
    removed: tuple[OrderView, ...]
    left: tuple[OrderView, ...]
    foreign: tuple[OrderView, ...]


@dataclass(slots=True, kw_only=True)
class Flattener:
    """One run over one account. `say` hears what a person should see meanwhile.

    `sweep` False leaves our orders where they are: an engine that is alive removes its own.
    """

    venue: Venue
    clock: Clock
    tag: str
    pace: Pace
    sweep: bool
    say: Callable[[str], None]
    _asked: int = 0
    _attempts: int = 0
    _fence: int = 0
    _instruments: dict[Symbol, Instrument] = field(default_factory=dict)
    _shapes: dict[Key, CloseShape] = field(default_factory=dict)
    _seen: dict[Key, PositionView] = field(default_factory=dict)
    _last: Snapshot | None = None

    async def run(self) -> Flattened:
        """Close, verify, sweep. Ends after `pace.deadline_s` whatever the venue does."""
        self._fence = self.clock.now().wire_ms // 1_000
        flat, removed = False, dict[str, OrderView]()
        try:
            async with asyncio.timeout(self.pace.deadline_s):
                flat = await self._close_and_verify()
                for _ in range(SWEEP_ROUNDS_MAX if self.sweep else 0):
                    ours = self._ours()
                    if not (flat and ours):
                        break
                    removed |= await self._remove(ours)
                    snapshot = await self._look_until_read()
                    flat = not snapshot.positions
        except TimeoutError:
            self.say(f"gave up after {self.pace.deadline_s:g} s")
            flat = False
        return self._report(flat, removed)

    async def _close_and_verify(self) -> bool:
        """True once two whole reads, `flat_gap_ms` apart, show no position."""
        first_flat_ms: int | None = None
        pause_ms = self.pace.retry_ms
        while True:
            snapshot = await self._look_until_read()
            if snapshot.positions:
                first_flat_ms = None
                for position in snapshot.positions:
                    self._seen.setdefault((position.symbol, position.side), position)
                await asyncio.gather(*(self._close(position, snapshot) for position in snapshot.positions))
                await asyncio.sleep(pause_ms / 1_000)
                pause_ms = min(2 * pause_ms, RETRY_MS_MAX)
            elif first_flat_ms is None:
                first_flat_ms = snapshot.asked_ms
                self.say(f"flat; looking again in {self.pace.flat_gap_ms / 1_000:g} s")
                await asyncio.sleep(self.pace.flat_gap_ms / 1_000)
            elif snapshot.asked_ms - first_flat_ms >= self.pace.flat_gap_ms:
                return True
            else:
                await asyncio.sleep(self.pace.retry_ms / 1_000)

    async def _look_until_read(self) -> Snapshot:
        """A snapshot. Every symbol's orders are listed only when nothing is open: that read is dear."""
        while True:
            snapshot = await self._look(())
            if isinstance(snapshot, Snapshot) and not snapshot.positions:
                snapshot = await self._look(None)
            if isinstance(snapshot, Snapshot):
                self._last = snapshot
                return snapshot
            self.say(f"the venue did not answer: {snapshot.cause}")
            await asyncio.sleep(self.pace.retry_ms / 1_000)

    async def _look(self, symbols: tuple[Symbol, ...] | None) -> Snapshot | Unknown:
        self._asked += 1
        return await self.venue.read_snapshot(ReadSnapshot(asked=self._asked, symbols=symbols))

    async def _close(self, position: PositionView, snapshot: Snapshot) -> None:
        """One order on the present rung; whether it worked only the next snapshot says."""
        key = (position.symbol, position.side)
        shape = self._shapes.get(key, CloseShape.REDUCE_ONLY_MARKET)
        limit_price = self._limit_price(position, shape)
        if limit_price is None and shape in IOC_BAND_FRACTION:
            shape = CloseShape.REDUCE_ONLY_MARKET
        instrument = self._instruments.get(position.symbol)
        most = position.quantity if instrument is None else instrument.market_quantity_max
        self._attempts += 1
        trade_id = mint_trade_id(tag=self.tag, fence=self._fence, ordinal=FIRST_ORDINAL)
        request = SendClose(
            client_id=client_id(trade_id, Role.CLOSE, self._attempts),
            trade_id=trade_id,
            symbol=position.symbol,
            side=position.side,
            mode=position.mode,
            shape=shape,
            quantity=Quantity(min(position.quantity, most)),
            limit_price=limit_price,
        )
        outcome = await self.venue.send(request)
        self.say(f"{position.symbol} {position.side} {position.quantity}: {shape}: {_told(outcome)}")
        self._shapes[key] = await self._next_shape(position, shape, outcome, snapshot)

    async def _next_shape(
        self, position: PositionView, shape: CloseShape, outcome: Outcome, snapshot: Snapshot
    ) -> CloseShape:
        """The rung for the next attempt, should one be needed (protocol, closing)."""
        match outcome:
            case Refused(kind=Refusal.FLAG_REFUSED):
                return CloseShape.PLAIN_MARKET
            case Refused(kind=Refusal.REDUCE_BLOCKED | Refusal.NOTHING_TO_REDUCE):
                await self._remove(_targets(snapshot, position, self.tag))
                return shape
            case Refused(kind=Refusal.PRICE_BAND | Refusal.OTHER):
                # Either needs the venue's filters: a price on the tick, or a size within the market lot.
                found = await self.venue.read_instruments((position.symbol,))
                self._instruments |= found if isinstance(found, dict) else {}
                return AFTER_BAND_REFUSAL[shape] if outcome.kind is Refusal.PRICE_BAND else shape
            case Acked() | Refused():
                return shape
            case _:
                # Nobody knows whether it will still execute: the next one must not be able to open anything.
                return CloseShape.REDUCE_ONLY_MARKET

    def _limit_price(self, position: PositionView, shape: CloseShape) -> Price | None:
        """Price of an IOC rung; None for market orders, and while the tick is unknown."""
        band, instrument = IOC_BAND_FRACTION.get(shape), self._instruments.get(position.symbol)
        if band is None or instrument is None:
            return None
        return instrument.collar_price(position.mark * (1 - position.side.sign * band), position.side)

    def _ours(self) -> tuple[OrderView, ...]:
        orders = self._last.orders if self._last is not None else ()
        return tuple(order for order in orders if is_ours(order.key.client_id, self.tag))

    async def _remove(self, orders: tuple[OrderView, ...]) -> dict[str, OrderView]:
        """Cancel one by one, by id (P6); those the venue says are gone."""
        removed: dict[str, OrderView] = {}
        for order in orders:
            outcome = await self.venue.send(CancelOrder(trade_id=None, key=order.key, why="close-all: flat"))
            self.say(f"{order.key.symbol} remove {order.key.client_id}: {_told(outcome)}")
            if isinstance(outcome, Acked) or (
                isinstance(outcome, Refused) and outcome.kind is Refusal.ORDER_GONE
            ):
                removed[order.key.client_id] = order
        return removed

    def _report(self, flat: bool, removed: dict[str, OrderView]) -> Flattened:
        last = self._last
        still_open = last.positions if last is not None else ()
        open_keys = {(position.symbol, position.side) for position in still_open}
        orders = last.orders if last is not None else ()
        return Flattened(
            flat=flat,
            closed=tuple(view for key, view in self._seen.items() if key not in open_keys),
            still_open=still_open,
            removed=tuple(removed.values()),
            left=self._ours(),
            foreign=tuple(order for order in orders if not is_ours(order.key.client_id, self.tag)),
        )


def _targets(snapshot: Snapshot, position: PositionView, tag: str) -> tuple[OrderView, ...]:
    """Our targets on this position: they may hold the size that a close needs. Stops stay until flat."""
    found: list[OrderView] = []
    for order in snapshot.orders:
        name = parse_client_id(order.key.client_id) if is_ours(order.key.client_id, tag) else None
        here = order.key.symbol == position.symbol and order.position_side in {None, position.side}
        if here and name is not None and name.role in TARGET_ROLES:
            found.append(order)
    return tuple(found)


def _told(outcome: Outcome) -> str:
    match outcome:
        case Acked():
            return "taken"
        case Refused():
            return f"refused, {outcome.code} {outcome.text}"
        case Unknown():
            return f"no answer, {outcome.cause}"
        case _:
            return f"not sent, {outcome.why}"
