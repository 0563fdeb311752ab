"""P5, P6: what we cancel, and what we leave behind."""

from __future__ import annotations

from decimal import Decimal

from jackline.exchange.cover import coverage
from jackline.exchange.position import Position
from jackline.exchange.values import ZERO
from jackline.world.judges.breach import Judge
from jackline.world.judges.deadlines import SNAPSHOT_AGE_MS, SWEEP_MS
from jackline.world.judges.lives import ENGINE
from jackline.world.judges.names import parse
from jackline.world.judges.requests import Request, RequestKind
from jackline.world.judges.scene import Scene, StopEnd, StopSeen
from jackline.world.watching import Arrival, Departure


class CancelJudge(Judge):
    """P5: no cancel of ours uncovers a position. P6: none is blanket, none names a stranger's order."""

    def on_departure(self, departure: Departure) -> None:
        """A cancel names one order, and that one is ours."""
        request = self.scene.request(departure)
        if request.kind is RequestKind.BLANKET_CANCEL:
            self.breach(
                "P6", departure.at_ms, f"{departure.process}: blanket {departure.method} {departure.path}"
            )
        elif request.kind in {RequestKind.CANCEL, RequestKind.CANCEL_CONDITIONAL}:
            victim = self._strangers(request)
            if victim:
                self.breach(
                    "P6", departure.at_ms, f"{departure.process} cancels {victim}, a stranger's order"
                )

    def on_arrival(self, arrival: Arrival) -> None:
        """A stop went by our hand: what remains covers the position, or there is none."""
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
        opening = self.scene.openings.get(key)
        if opening is not None and opening.name is None and opening.at_ms > request.at_ms - SNAPSHOT_AGE_MS:
            return  # a stranger opened it after the look behind the cancel
        size = abs(position.amount)
        mark = self.scene.venue.state.markets[position.symbol].mark
        left = coverage(self.scene.account, position, mark)
        if left >= size or left + _share(stop, size) < size:
            return
        excused = sum((_share(one, size) for one in self._lost(position, request, stop)), ZERO)
        if left + excused < size:
            self.breach(
                "P5",
                arrival.at_ms,
                f"cancelling {stop.algo.client_id} left {left} of {size} {position.symbol} covered",
            )

    def _strangers(self, request: Request) -> str:
        """The client id of the order a cancel names, where it is a stranger's; empty when the venue knows none."""
        account, victim = self.scene.account, request.client_id
        if request.kind is RequestKind.CANCEL_CONDITIONAL and not victim:
            stop = self.scene.stops.get(request.venue_id or 0)
            known = stop is not None and self.scene.status(stop) is not None
            return stop.algo.client_id if stop is not None and known and stop.name is None else ""
        order = account.orders.get(request.venue_id or 0)
        if not victim and order is not None:
            victim = self.scene.owner(order)
        return victim if victim and parse(victim) is None else ""

    def _lost(self, position: Position, request: Request, cancelled: StopSeen) -> list[StopSeen]:
        """Stops the venue took away too late for the snapshot behind this cancel to show it."""
        sign = 1 if position.amount > 0 else -1
        return [
            stop
            for stop in self.scene.stops_of((position.symbol, position.side), sign)
            if stop is not cancelled
            and stop.ended_ms is not None
            and stop.ended_ms >= request.at_ms - SNAPSHOT_AGE_MS
            and stop.end is not StopEnd.CANCELLED_BY_US
        ]


class SweepJudge(Judge):
    """P6: on a flat symbol no order of ours rests for long while an engine is able to remove it.

    A stop without a name is the engine's by its records alone: where the disk that held them was lost or put back, it
    is a stranger's to the engine from then on, and never cancelled (decision 0009).
    """

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._waited_ms: dict[int, float] = {}

    def advance(self, from_ms: float, to_ms: float) -> None:
        """Count the able time of every order of ours that rests on a flat symbol."""
        for algo_id in self._waited_ms:
            before_ms = self._waited_ms[algo_id]
            after_ms = before_ms + self.scene.lives.able_ms(from_ms, to_ms, ENGINE)
            self._waited_ms[algo_id] = after_ms
            if before_ms <= SWEEP_MS < after_ms:
                stop = self.scene.stops[algo_id]
                self.breach("P6", to_ms, f"{stop.algo.client_id} still rests on flat {stop.algo.symbol}")

    def on_venue(self, at_ms: float) -> None:
        """Follow the orders of ours that rest without a position."""
        if not self.scene.resting and not self._waited_ms:
            return
        busy = {position.symbol for position in self.scene.open_positions()}
        alone = [
            algo_id
            for algo_id, stop in self.scene.resting.items()
            if stop.name is not None and stop.algo.symbol not in busy and not self._is_forgotten(stop)
        ]
        self._waited_ms = {algo_id: self._waited_ms.get(algo_id, 0.0) for algo_id in alone}

    def _is_forgotten(self, stop: StopSeen) -> bool:
        return stop.is_nameless and stop.epoch != self.scene.journal.view.epoch


def _share(stop: StopSeen, size: Decimal) -> Decimal:
    return size if stop.algo.close_position else stop.algo.quantity
