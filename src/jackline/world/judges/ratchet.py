"""P4: a stop never moves to a worse price."""

from __future__ import annotations

import math
from decimal import Decimal

from jackline.exchange.values import PositionSide, Side
from jackline.world.judges.breach import Judge
from jackline.world.judges.deadlines import ESTABLISHED_MS, SNAPSHOT_AGE_MS
from jackline.world.judges.names import ASKED, STOPS, Role
from jackline.world.judges.requests import Request, RequestKind
from jackline.world.judges.scene import Scene, StopEnd, StopSeen
from jackline.world.watching import Arrival, Departure


class RatchetJudge(Judge):
    """Prices of our stops, judged when the decision leaves: what was known then is what it may be held to."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._seen: dict[str, float] = {}
        self._epoch = scene.journal.view.epoch
        self._lost_ms = -math.inf
        self._lost_plans: tuple[str, ...] = ()

    def on_departure(self, departure: Departure) -> None:
        """A new stop: D not beyond its plan, W not beyond what rests, and a replacement not beyond what was lost."""
        request = self.scene.request(departure)
        if request.kind is not RequestKind.CONDITIONAL or request.name is None:
            return
        if request.name.role not in STOPS or request.label in self._seen:
            return
        self._seen[request.label] = departure.at_ms
        self._notice_lost_disk(departure.at_ms)
        position = self.scene.account.positions.get((request.symbol, request.position_side))
        if request.trigger_price is None or request.side is None:
            return
        self._judge_plan(request)
        if position is None or position.amount * request.side.sign >= 0:
            return
        best = self._floor(request, request.side, request.position_side)
        if best is not None and _tightness(request) < best.tightness():
            self.breach(
                "P4",
                departure.at_ms,
                f"{request.label} at {request.trigger_price} is worse than {best.algo.client_id} "
                f"at {best.algo.trigger_price}",
            )

    def on_arrival(self, arrival: Arrival) -> None:
        """A cancel of ours must not leave a looser stop as the tightest one."""
        request = self.scene.request(arrival.departure)
        if request.kind is not RequestKind.CANCEL_CONDITIONAL:
            return
        stop = self.scene.stop_named(request)
        if stop is None or stop.end is not StopEnd.CANCELLED_BY_US or stop.ended_ms != arrival.at_ms:
            return
        key = (stop.algo.symbol, stop.algo.position_side)
        position = self.scene.account.positions.get(key)
        if not stop.is_stop or position is None or position.amount * stop.algo.side.sign >= 0:
            return
        if stop.name is not None and stop.name.role in ASKED:
            return  # dropped by whoever asked for it; that the plan's stops cover is P5's
        sign = 1 if position.amount > 0 else -1
        since_ms = request.at_ms - SNAPSHOT_AGE_MS
        others = [one for one in self.scene.stops_of(key, sign) if one is not stop and one.name is not None]
        known = [one for one in others if one.ended_ms is None or _lost_after(one, since_ms)]
        if known and max(one.tightness() for one in known) < stop.tightness():
            self.breach(
                "P4",
                arrival.at_ms,
                f"{stop.algo.client_id} at {stop.algo.trigger_price} was cancelled and only looser stops remain",
            )

    def _judge_plan(self, request: Request) -> None:
        name = request.name
        if name is None or name.role is Role.WORKING or name.trade_id in self._lost_plans:
            return
        if not self.scene.intent_known(name.trade_id):
            return
        planned = self.scene.journal.intents[name.trade_id].stop_price
        if planned is None or request.side is None or request.trigger_price is None:
            return
        if (request.trigger_price - planned) * request.side.sign > 0:
            self.breach(
                "P4",
                request.at_ms,
                f"{request.label} at {request.trigger_price} is worse than its plan's {planned}",
            )

    def _notice_lost_disk(self, at_ms: float) -> None:
        """A disk that was lost or put back takes plans and ratchets with it: what rests at the venue still binds."""
        if self.scene.journal.view.epoch != self._epoch:
            self._epoch, self._lost_ms = self.scene.journal.view.epoch, at_ms
            self._lost_plans = tuple(self.scene.journal.intents)

    def _floor(self, request: Request, side: Side, position_side: PositionSide) -> StopSeen | None:
        """The stop a new one is measured by: the tightest of this position that rested long enough to be read back.

        Beside a tighter one that rests a D may stand at its plan: nothing is loosened by it, and the cancel that would
        loosen is judged by itself.
        """
        key = (request.symbol, position_side)
        opening = self.scene.openings.get(key)
        if opening is None:
            return None
        stops = [
            stop
            for stop in self.scene.stops_of(key, -side.sign)
            if stop.name is not None
            and stop.name.role in STOPS
            and stop.algo.client_id != request.client_id
            and (stop.ended_ms is None or stop.ended_ms > self._lost_ms)
            and _established(stop, opening.at_ms, request.at_ms)
        ]
        best = max(stops, key=StopSeen.tightness, default=None)
        working = request.name is not None and request.name.role is Role.WORKING
        if best is None or working:
            return best
        resting = self.scene.resting_of(key, -side.sign)
        return None if any(one.tightness() >= best.tightness() for one in resting) else best


def _established(stop: StopSeen, opened_ms: float, at_ms: float) -> bool:
    """It protected this position for so long that it must have been read back."""
    end_ms = stop.ended_ms if stop.ended_ms is not None else at_ms
    return end_ms - max(stop.accepted_ms, opened_ms) >= ESTABLISHED_MS


def _lost_after(stop: StopSeen, since_ms: float) -> bool:
    """The venue dropped or consumed it too late for the snapshot behind the decision to show it."""
    by_us = stop.end is StopEnd.CANCELLED_BY_US
    return stop.ended_ms is not None and stop.ended_ms >= since_ms and not by_us


def _tightness(request: Request) -> Decimal:
    price = request.trigger_price if request.trigger_price is not None else Decimal(0)
    return price if request.side is Side.SELL else -price
