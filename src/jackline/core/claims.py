"""Whose is an order without a client id? Records tell: a venue id that was returned to us, or the only match (P6).

Some venues take no client id on stops, and a leg that travels inside an entry has none. Before a snapshot is judged
each such order gets the id of the record that claims it; what no record claims alone stays a stranger's: it counts
where it protects, and is never cancelled.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from jackline.core.ids import LEG_ATTEMPT, TARGET_ROLES, ClientId, Role, client_id, fence_of
from jackline.core.orders import OrderKind, OrderView, Snapshot
from jackline.core.outcomes import Acked, NotSent, Outcome, Refused
from jackline.core.plan import ProtectedEntry, Rung
from jackline.core.requests import SendStop
from jackline.core.trade import OrderSlot, Trade
from jackline.core.values import Price, Quantity, Side, Symbol, WireMs

CLAIMS_MAX = 64
"""Stops placed without the lease that are remembered: more than an account has positions in a day of troubles."""
SENT_MS_MAX = 15_000
"""A stop in doubt was created this near the moment it left, or it is another one: its receive window, clocks apart, and
what the venue takes."""
START_MS_SLACK = 2_000
"""A life is known by the second in which it began, and clocks are apart by less than another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """An order that a record of ours says may rest. `quantity` None: whole position.

    A leg may show what was filled or follow the position, whatever quantity its entry was sent with.

    Attributes:
        venue_id: None where the answer that names it was lost.
        sent_ms: when it left, for a record that no trade keeps: only an order of about that time is the one.
        before_ms: nothing that was placed later is the one; None where that tells nothing.
    """

    client_id: ClientId
    venue_id: int | None
    is_leg: bool
    symbol: Symbol
    position_side: Side
    kind: OrderKind
    trigger_price: Price
    quantity: Quantity | None
    sent_ms: WireMs | None = None
    before_ms: WireMs | None = None

    def fits(self, order: OrderView) -> bool:
        """The order is the one that was meant, as far as can be seen."""
        return (
            order.key.symbol == self.symbol
            and order.kind is self.kind
            and order.side is self.position_side.closes_with
            and order.position_side in {None, self.position_side}
            and order.trigger_price == self.trigger_price
            and self._fits_size(order)
            and (self.sent_ms is None or abs(order.updated_ms - self.sent_ms) <= SENT_MS_MAX)
            and (self.before_ms is None or order.updated_ms <= self.before_ms)
        )

    def _fits_size(self, order: OrderView) -> bool:
        if self.quantity is None:
            return order.close_position
        smaller = self.is_leg and (order.close_position or order.quantity <= self.quantity)
        return smaller or order.quantity == self.quantity


def claim_of(request: SendStop, outcome: Outcome, *, sent_ms: WireMs) -> Claim | None:
    """The record of a stop that no trade of the engine keeps: a process without the lease has placed it. None where
    the venue did not take it."""
    if isinstance(outcome, Refused | NotSent):
        return None
    return Claim(
        client_id=request.client_id,
        venue_id=outcome.order.key.venue_id if isinstance(outcome, Acked) else None,
        is_leg=False,
        symbol=request.symbol,
        position_side=request.side,
        kind=OrderKind.STOP_MARKET,
        trigger_price=request.trigger_price,
        quantity=request.quantity,
        sent_ms=sent_ms,
    )


def joined(known: tuple[Claim, ...], more: Iterable[Claim]) -> tuple[Claim, ...]:
    """Each claim once, the latest word on it, and the youngest where there are too many."""
    latest = {claim.client_id: claim for claim in (*known, *more)}
    return tuple(latest.values())[-CLAIMS_MAX:]


def attribute(snapshot: Snapshot, trades: Iterable[Trade], claimed: tuple[Claim, ...] = ()) -> Snapshot:
    """The snapshot with our client id on every order that a record claims; the same one where all have names.

    `claimed`: of stops that processes without the lease have placed. A slot of a trade says the same better.
    """
    nameless = {order.key.venue_id: order for order in snapshot.orders if not order.key.client_id}
    if not nameless:
        return snapshot
    claims = [claim for trade in trades for claim in _claims(trade, resting=nameless.keys())]
    held = {claim.client_id for claim in claims}
    claims += [claim for claim in claimed if claim.client_id not in held]
    names: dict[int | None, ClientId] = {}
    for claim in claims:
        if claim.venue_id is not None and claim.venue_id in nameless:
            # The first word holds: a trade's slot before the watchdog's record of the same order.
            names.setdefault(claim.venue_id, claim.client_id)
    open_claims = [claim for claim in claims if claim.venue_id is None]
    for venue_id, order in nameless.items():
        fitting = [claim for claim in open_claims if claim.fits(order)]
        rivals = [
            other
            for other_id, other in nameless.items()
            if other_id not in names and any(claim.fits(other) for claim in fitting)
        ]
        if venue_id in names or not fitting or len(rivals) > len(fitting):
            continue
        names[venue_id] = fitting[0].client_id
        open_claims.remove(fitting[0])
    return replace(snapshot, orders=tuple(_named(order, names) for order in snapshot.orders))


def _claims(trade: Trade, *, resting: Collection[int | None]) -> Iterator[Claim]:
    """Every slot, and what the plan says of orders without one. `resting`: the venue's numbers of what is listed."""
    for slot in trade.slots:
        if not slot.never_rested:
            yield _slot_claim(trade, slot)
    if trade.entry is not None:
        yield from _planned_claims(trade, trade.entry, resting=resting)
    elif trade.disaster is None and trade.attempts == 0:
        # An adopted position for which nothing was sent since: a stop where ours would stand is of a start whose
        # records never reached the disk. What was placed after this life began is on record, or a stranger's (P6).
        before_ms = WireMs(fence_of(trade.trade_id) * 1_000 + START_MS_SLACK)
        yield replace(_unrecorded(trade, quantity=trade.quantity), before_ms=before_ms)


def given_up(trade: Trade, slot: OrderSlot) -> Claim:
    """The record of a stop that no listing showed: its request may still be on its way."""
    return replace(_slot_claim(trade, slot), sent_ms=slot.asked_ms)


def _slot_claim(trade: Trade, slot: OrderSlot) -> Claim:
    return Claim(
        client_id=slot.client_id,
        venue_id=slot.venue_id,
        is_leg=slot.is_leg,
        symbol=trade.symbol,
        position_side=trade.side,
        kind=OrderKind.TARGET_MARKET if slot.role in TARGET_ROLES else OrderKind.STOP_MARKET,
        trigger_price=slot.trigger_price,
        quantity=slot.quantity,
    )


def _unrecorded(trade: Trade, *, quantity: Quantity) -> Claim:
    """A stop at the price of the plan, under the id that nothing is sent under."""
    return Claim(
        client_id=client_id(trade.trade_id, Role.DISASTER, LEG_ATTEMPT),
        venue_id=None,
        is_leg=True,
        symbol=trade.symbol,
        position_side=trade.side,
        kind=OrderKind.STOP_MARKET,
        trigger_price=trade.stop.disaster_price,
        quantity=quantity,
    )


def _planned_claims(
    trade: Trade, plan: ProtectedEntry, *, resting: Collection[int | None]
) -> Iterator[Claim]:
    """What the plan itself says of orders whose record was lost with a process: only it outlives every crash."""
    unrecorded = replace(_unrecorded(trade, quantity=plan.quantity), trigger_price=plan.stop.disaster_price)
    if trade.slot(unrecorded.client_id) is None:
        if plan.rung is Rung.ATTACHED or trade.disaster is None:
            yield unrecorded
        elif trade.disaster.venue_id is not None and trade.disaster.venue_id not in resting:
            # D is gone from the listing: the process may have died with the next one just sent, which stands where D
            # was to be replaced.
            yield replace(unrecorded, trigger_price=trade.ratchet_price)
    if plan.target_price is not None and trade.target is None:
        yield replace(
            unrecorded,
            client_id=client_id(trade.trade_id, Role.TARGET, LEG_ATTEMPT),
            kind=OrderKind.TARGET_MARKET,
            trigger_price=plan.target_price,
        )


def _named(order: OrderView, names: dict[int | None, ClientId]) -> OrderView:
    name = names.get(order.key.venue_id)
    if name is None or order.key.client_id:
        return order
    return replace(order, key=replace(order.key, client_id=name))
