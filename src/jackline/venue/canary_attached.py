"""The canary of venues that take the stop in the entry: the smallest entry there is, far away, with its stop attached.

Why it is safe. It is immediate-or-cancel, so it never rests; its price lies further from the market than the market
moves while it is valid; it is as small as the venue allows; and if it fills all the same, it fills as every entry of
ours does, with its stop. Afterwards neither an order nor a position of it may be left, which is read, not assumed.

What it proves. That this account and this position mode take the shape, and that the venue has read the leg: it echoes
the trigger, which a venue that ignores an unknown field does not. That a leg rests after a fill no canary can show
without a position: every entry's leg is read back like any other stop (rule 10), and is replaced or closed upon.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal

from jackline.core.ids import Role, client_id
from jackline.core.orders import OrderView, Snapshot
from jackline.core.outcomes import Absent, Acked, Outcome
from jackline.core.plan import ProtectedEntry, Rung, StopPlan
from jackline.core.ports import Clock
from jackline.core.requests import CancelOrder, ReadOrder, ReadSnapshot, SendEntry
from jackline.core.values import ONE, ZERO, Fraction, MarketMs, Quantity, Quote, Side, WireMs, ceil_to
from jackline.venue.canary import CanaryProof, CanaryTask
from jackline.venue.port import Venue

AWAY_FRACTION = Decimal("0.04")
"""Below the market, and again from there to the stop: inside the bands that venues are known to set (5 %), and more
than a market falls in `VALID_MS`."""
VALID_MS = 1_000
"""Signed and executed within this, or never (rule 3)."""

OnEntry = Callable[[SendEntry], Awaitable[None]]
OnCancel = Callable[[CancelOrder], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What two looks may find of the symbol: nothing new, and nothing open."""

    orders: frozenset[int | None]
    flat: bool


async def prove_attached(
    *, venue: Venue, task: CanaryTask, on_entry: OnEntry, on_cancel: OnCancel, clock: Clock
) -> CanaryProof:
    """Look, enter far away, read back, look again. Anything short of all four proves nothing.

    `on_entry` is waited for before the entry leaves; `on_cancel` is told, for a removal waits for no disk.
    """
    before = await _look(venue, task)
    if before is None or not before.flat:
        return _proof(task, clock, None, "before: no look at a flat symbol")
    request = SendEntry(
        client_id=client_id(task.trade_id, Role.CANARY, task.attempt),
        entry=_far_entry(task, clock.now().wire_ms),
    )
    await on_entry(request)
    outcome = await venue.send(request)
    question = ReadOrder(symbol=request.entry.symbol, client_id=request.client_id, conditional=False)
    found = await venue.read_order(question)
    if isinstance(found, OrderView) and found.state.is_open:
        # An immediate order that rests is none: away with it, and nothing is proven.
        cancel = CancelOrder(trade_id=task.trade_id, key=found.key, why="canary")
        on_cancel(cancel)
        return _proof(task, clock, None, f"it rested, and was cancelled: {await venue.send(cancel)}")
    why = _fault(outcome, found)
    if why is not None:
        return _proof(task, clock, None, why)
    if await _look(venue, task) != before:
        return _proof(task, clock, None, "something was left behind")
    evidence = (
        f"entry {request.client_id} of {request.entry.quantity} at {request.entry.collar_price} with its stop at "
        f"{request.entry.stop.disaster_price}: taken with the leg, expired, nothing left"
    )
    return _proof(task, clock, Rung.ATTACHED, evidence)


def _fault(outcome: Outcome, found: object) -> str | None:
    """Why this was no proof; None when it was. Absent is enough where the acknowledgement already said how it ended."""
    if not isinstance(outcome, Acked):
        return f"placing: {outcome}"
    last = found if isinstance(found, OrderView) else outcome.order
    if not isinstance(found, OrderView | Absent) or last.state.is_open:
        return f"reading back: {found}"
    return f"it filled: {last.filled} at {last.average_price}" if last.filled > ZERO else None


async def _look(venue: Venue, task: CanaryTask) -> _Seen | None:
    symbol = task.instrument.symbol
    answer = await venue.read_snapshot(ReadSnapshot(asked=0, symbols=(symbol,), money=False))
    if not isinstance(answer, Snapshot):
        return None
    return _Seen(
        orders=frozenset(order.key.venue_id for order in answer.orders if order.key.symbol == symbol),
        flat=all(position.symbol != symbol for position in answer.positions),
    )


def _far_entry(task: CanaryTask, now_ms: WireMs) -> ProtectedEntry:
    instrument, side = task.instrument, Side.LONG
    away = instrument.collar_price(task.mark * (ONE - AWAY_FRACTION), side)
    least = max(instrument.quantity_min, ceil_to(instrument.notional_min / away, instrument.quantity_step))
    stop = StopPlan(
        side=side,
        distance_fraction=Fraction(AWAY_FRACTION),
        disaster_price=instrument.stop_price(away * (ONE - AWAY_FRACTION), side),
        price_source=task.price_source,
    )
    return ProtectedEntry(
        trade_id=task.trade_id,
        symbol=instrument.symbol,
        side=side,
        mode=task.position_mode,
        quantity=Quantity(least),
        signal_price=task.mark,
        collar_price=away,
        stop=stop,
        target_price=None,
        trailing_fraction=None,
        hold_max_ms=VALID_MS,
        leverage=1,
        rung=Rung.ATTACHED,
        risk_quote=Quote((away - stop.disaster_price) * least),
        entry_latest_ms=WireMs(now_ms + VALID_MS),
        receive_window_ms=VALID_MS,
        signal_reason="canary",
        signal_market_ms=MarketMs(now_ms),
    )


def _proof(task: CanaryTask, clock: Clock, rung: Rung | None, evidence: str) -> CanaryProof:
    return CanaryProof(
        rung=rung, position_mode=task.position_mode, evidence=evidence, wire_ms=clock.now().wire_ms
    )
