"""P2, O1, O3, O4: what may increase exposure, once, on a durable intent, and never after it was called dead.

Where the stop travels inside the entry it is judged as it leaves, in the entry: to the letter of its plan.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from jackline.exchange.values import ZERO
from jackline.world.judges.breach import Judge
from jackline.world.judges.deadlines import REPAIR_MS
from jackline.world.judges.names import CLOSES, PROTECTIVE, OrderName, Role
from jackline.world.judges.requests import Leg, Request, RequestKind
from jackline.world.judges.scene import FIRST_ENTRY, FillSeen, Scene
from jackline.world.watching import Departure

ATTACHED: Final = "attached"
"""The rung on which the stop travels inside the entry, as the journal writes it."""


class EntryJudge(Judge):
    """Entries, from their departure to their last fill."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self.sent: dict[str, Request] = {}
        self._decided: dict[tuple[str, int], str] = {}
        self._filled: dict[str, Decimal] = {}
        self._canaries: set[str] = set()

    def on_departure(self, departure: Departure) -> None:
        """What leaves as an order either can only reduce, closes, or is an entry with an intent behind it."""
        request = self.scene.request(departure)
        if request.kind is not RequestKind.ORDER:
            return
        if request.is_entry and request.name is not None:
            self._judge_entry(request)
            if request.name.attempt != FIRST_ENTRY:
                self._judge_addition(request)
        elif request.name is not None and request.name.role is Role.CANARY and request.leg is not None:
            self._judge_canary(request, request.leg)
        elif not request.reducing and (request.name is None or request.name.role not in CLOSES):
            self.breach(
                "P2", departure.at_ms, f"{departure.process}: order {request.client_id} is no protected entry"
            )

    def _judge_entry(self, request: Request) -> None:
        client_id = request.client_id
        if client_id in self.sent:
            first = self.sent[client_id]
            self.breach(
                "O1",
                request.at_ms,
                f"entry {request.client_id} leaves again; first {first.at_ms:.0f} by {first.departure.process}",
            )
            return
        self.sent[client_id] = request
        intent = self.scene.intent_of(client_id)
        if intent is None:
            text = f"entry {request.client_id} leaves before its intent is durable"
            self.breach("O4", request.at_ms, text)
            return
        first_id = self._decided.setdefault((intent.symbol, intent.decided_ms), client_id)
        if intent.decided_ms and first_id != client_id:
            self.breach("O1", request.at_ms, f"one bar, two entries: {client_id} after {first_id}")
        if intent.stop_price is None:
            self.breach("P2", request.at_ms, f"entry {request.client_id} has an intent without a stop")
        elif intent.rung == ATTACHED:
            self._judge_leg(request, intent.stop_price)

    def _judge_addition(self, request: Request) -> None:
        """A further entry leaves while a stop of the whole position rests, or went too lately to be known of."""
        key = (request.symbol, request.position_side)
        sign = request.side.sign if request.side is not None else 0
        covers = [stop for stop in self.scene.stops_of(key, sign) if stop.algo.close_position and stop.name]
        since_ms = request.at_ms - REPAIR_MS
        if not any(stop.ended_ms is None or stop.ended_ms > since_ms for stop in covers):
            text = f"further entry {request.client_id} leaves, and no stop of the whole position rests"
            self.breach("P2", request.at_ms, text)

    def _judge_leg(self, request: Request, planned: Decimal) -> None:
        """The stop that an attached entry brings is its plan's, and as large as the entry."""
        leg = request.leg
        whole = leg is not None and leg.quantity >= (request.quantity or ZERO)
        if leg is None or not whole or leg.trigger_price != planned:
            text = f"entry {request.client_id} leaves with {leg}, planned is a stop of all of it at {planned}"
            self.breach("P2", request.at_ms, text)

    def _judge_canary(self, request: Request, leg: Leg) -> None:
        """An entry so far away that it does not fill, and with its stop, in case it does; told of before it leaves."""
        self._canaries.add(request.client_id)
        price = Decimal(request.departure.params.get("price", "0"))
        losing = request.side is not None and (price - leg.trigger_price) * request.side.sign > 0
        if not losing or leg.quantity < (request.quantity or ZERO):
            self.breach("P2", request.at_ms, f"canary {request.client_id} at {price} leaves with {leg}")
        self.scene.journal.refresh()
        if request.client_id not in self.scene.journal.named:
            self.breach("O4", request.at_ms, f"canary {request.client_id} leaves before its row is durable")

    def on_fill(self, seen: FillSeen) -> None:
        """Only an entry grows a position, and never beyond its plan."""
        if seen.name is None:
            return
        grows = abs(seen.after) > abs(seen.before) or seen.before * seen.after < 0
        if seen.name.role is Role.ENTRY:
            self._judge_fill(seen, seen.name)
        elif grows and seen.name.role not in PROTECTIVE and seen.client_id not in self._canaries:
            # Protective orders that grow a position are P3's.
            self.breach("P2", seen.at_ms, f"{seen.client_id}: {seen.before} → {seen.after} by no entry")

    def _judge_fill(self, seen: FillSeen, name: OrderName) -> None:
        filled = self._filled.get(seen.client_id, ZERO) + seen.fill.quantity
        self._filled[seen.client_id] = filled
        planned = self._planned(seen.client_id)
        if planned is not None and filled > planned:
            self.breach("O1", seen.at_ms, f"entry {seen.client_id}: filled {filled}, planned {planned}")
        journal = self.scene.journal
        journal.refresh()
        if name.trade_id in journal.dead or seen.client_id in journal.dead_further:
            text = f"entry {seen.client_id} fills after its trade was written off as dead or done"
            self.breach("O3", seen.at_ms, text)

    def _planned(self, client_id: str) -> Decimal | None:
        intent = self.scene.intent_of(client_id)
        if intent is not None:
            return intent.quantity
        sent = self.sent.get(client_id)
        return sent.quantity if sent is not None else None
