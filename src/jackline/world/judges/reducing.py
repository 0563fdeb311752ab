"""P3: what is meant to protect or to close can only reduce."""

from __future__ import annotations

from jackline.world.judges.breach import Judge
from jackline.world.judges.names import CLOSES, PROTECTIVE, parse
from jackline.world.judges.scene import FillSeen, Scene
from jackline.world.watching import Arrival


class ReducingJudge(Judge):
    """Protective orders of ours as the venue accepted them, and what their fills did."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._refused: dict[str, int] = {}

    def on_arrival(self, arrival: Arrival) -> None:
        """Remember refused closes: only after one may a close leave without its flag (protocol, closing)."""
        request = self.scene.request(arrival.departure)
        if request.is_close and request.name is not None and arrival.code is not None:
            self._refused.setdefault(request.name.trade_id, arrival.code)

    def on_venue(self, at_ms: float) -> None:
        """Every new conditional order or close of ours is reducing by the venue's own reading."""
        for stop in self.scene.new_stops:
            if stop.name is not None and not stop.algo.reducing:
                self.breach("P3", at_ms, f"conditional {stop.algo.client_id} was accepted and could open")
        for order in self.scene.new_orders:
            name = parse(order.client_id)
            if name is None or name.role not in CLOSES or order.reducing:
                continue
            if name.trade_id not in self._refused:
                self.breach(
                    "P3", at_ms, f"close {order.client_id} carries no reducing flag, and none was refused"
                )

    def on_fill(self, seen: FillSeen) -> None:
        """A protective fill neither opens, grows nor flips."""
        if seen.name is None or seen.name.role not in PROTECTIVE:
            return
        if abs(seen.after) >= abs(seen.before) or seen.before * seen.after < 0:
            self.breach("P3", seen.at_ms, f"{seen.client_id} took the position {seen.before} → {seen.after}")
