"""P1: how long positions stood without a stop, and for how much of it somebody of ours could have acted."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from jackline.exchange.cover import coverage
from jackline.exchange.position import Position
from jackline.exchange.values import AlgoStatus, Side
from jackline.world.judges.breach import Judge
from jackline.world.judges.deadlines import ADOPT_MS, CLOSE_IN_FLIGHT_MS, PROTECT_MS, REPAIR_MS, TRIGGERING_MS
from jackline.world.judges.names import OrderName
from jackline.world.judges.requests import Request
from jackline.world.judges.scene import SAME_MOMENT_MS, PositionKey, Scene, StopEnd, StopSeen
from jackline.world.watching import Arrival, Departure


class Cause(StrEnum):
    """Why a position stood naked. `OUTGROWN`: stops rest and cover too little, or lie beyond mark.

    `LEG_LOST`: the venue took an entry and armed none of the stop that it brought.
    """

    FIRST = "first"
    LEG_LOST = "leg_lost"
    FOREIGN = "foreign"
    DROPPED = "dropped"
    CONSUMED = "consumed"
    CANCELLED_BY_US = "cancelled_by_us"
    OUTGROWN = "outgrown"


DEADLINE_MS: Final = {
    Cause.FIRST: PROTECT_MS,
    Cause.LEG_LOST: PROTECT_MS,
    Cause.FOREIGN: ADOPT_MS,
    Cause.DROPPED: REPAIR_MS,
    Cause.CONSUMED: REPAIR_MS,
    Cause.CANCELLED_BY_US: REPAIR_MS,
    Cause.OUTGROWN: REPAIR_MS,
}
_AT_FIRST: Final = (Cause.FIRST, Cause.LEG_LOST, Cause.FOREIGN)
"""Before any cover."""
_CAUSES: Final = {
    StopEnd.DROPPED: Cause.DROPPED,
    StopEnd.CONSUMED: Cause.CONSUMED,
    StopEnd.CANCELLED_BY_US: Cause.CANCELLED_BY_US,
}


@dataclass(slots=True, kw_only=True)
class NakedSpan:
    """One uninterrupted time without cover.

    Attributes:
        raw_ms: all of it. able_ms: the part in which a process of ours was able and nothing was flattening.
        clock_ms: `able_ms` since the last attempt to flatten; P1's deadline is held against it. idle_ms: its longest.
        notice_ms: the longest that evidence was delayed in it.
    """

    cause: Cause
    from_ms: float
    raw_ms: float = 0.0
    able_ms: float = 0.0
    clock_ms: float = 0.0
    idle_ms: float = 0.0
    notice_ms: float = 0.0
    breached: bool = False


@dataclass(slots=True, kw_only=True)
class Exposure:
    """One position from flat to flat. `name`: the order that opened it; None for a stranger's."""

    key: PositionKey
    sign: int
    number: int
    name: OrderName | None
    opened_ms: float
    closed_ms: float | None = None
    spans: list[NakedSpan] = field(default_factory=list)
    naked: NakedSpan | None = None
    covered_once: bool = False

    @property
    def trade_id(self) -> str | None:
        """The trade it belongs to; the world knows on which rung that was entered."""
        return self.name.trade_id if self.name is not None else None

    @property
    def first_able_ms(self) -> float:
        """Naked while able before the first cover."""
        return sum(one.able_ms for one in self.spans if one.cause in _AT_FIRST)

    @property
    def repair_able_ms(self) -> float:
        """Naked while able after a stop had ceased to work, before or after the entry."""
        return sum(one.able_ms for one in self.spans if one.cause not in _AT_FIRST)

    @property
    def naked_able_ms(self) -> float:
        return sum(one.able_ms for one in self.spans)

    @property
    def naked_ms(self) -> float:
        return sum(one.raw_ms for one in self.spans)


class ExposureJudge(Judge):
    """Keeps every exposure.

    Attributes:
        notice_ms: how much longer evidence of exposure, or an answer to it, takes at present because the venue's reads
            are behind, its conditional service is slow, or the network is. P1's deadlines run from the first evidence
            (promise, exposure clock).
    """

    def __init__(self, scene: Scene, *, notice_ms: int = 0) -> None:
        super().__init__(scene)
        self.exposures: list[Exposure] = []
        self._open: dict[PositionKey, Exposure] = {}
        self._closes: dict[int, Request] = {}
        self.notice_ms: float = notice_ms

    def advance(self, from_ms: float, to_ms: float) -> None:
        """Count the span for every naked position under the state that held in it."""
        if not self._open:
            return
        for exposure in self._open.values():
            span = exposure.naked
            if span is None:
                continue
            span.raw_ms += to_ms - from_ms
            begins_ms = min(max(from_ms, self._flattening_until_ms(exposure)), to_ms)
            if begins_ms > from_ms:
                span.clock_ms = 0.0
            able_ms = self.scene.lives.able_ms(begins_ms, to_ms)
            span.able_ms += able_ms
            span.clock_ms += able_ms
            span.idle_ms = max(span.idle_ms, span.clock_ms)
            self._judge(exposure, span, to_ms)

    def on_departure(self, departure: Departure) -> None:
        """A close is on its way."""
        request = self.scene.request(departure)
        if request.is_close:
            self._closes[departure.number] = request

    def on_arrival(self, arrival: Arrival) -> None:
        """It has arrived: from now on the position tells."""
        self._closes.pop(arrival.number, None)
        self._closes.pop(arrival.departure.number, None)

    def on_venue(self, at_ms: float) -> None:
        """Look at each open position."""
        for key in [key for key in self._open if self._is_over(key)]:
            exposure = self._open.pop(key)
            exposure.closed_ms, exposure.naked = at_ms, None
        for position in self.scene.account.positions.values():
            if position.amount:
                self._look(position, at_ms)

    # -- one position ------------------------------------------------------------------------------------------

    def _is_over(self, key: PositionKey) -> bool:
        exposure, opening = self._open[key], self.scene.openings.get(key)
        return opening is None or opening.number != exposure.number

    def _look(self, position: Position, at_ms: float) -> None:
        key, sign = (position.symbol, position.side), 1 if position.amount > 0 else -1
        exposure = self._open.get(key)
        opening = self.scene.openings.get(key)
        if exposure is None and opening is not None:
            exposure = Exposure(key=key, sign=sign, number=opening.number, name=opening.name, opened_ms=at_ms)
            self._open[key] = exposure
            self.exposures.append(exposure)
        if exposure is None:
            return
        mark = self.scene.venue.state.markets[position.symbol].mark
        covered = coverage(self.scene.account, position, mark) >= abs(position.amount)
        if covered:
            exposure.naked, exposure.covered_once = None, True
        elif exposure.naked is None:
            exposure.naked = NakedSpan(cause=self._cause(exposure, at_ms), from_ms=at_ms)
            exposure.spans.append(exposure.naked)

    def _cause(self, exposure: Exposure, from_ms: float) -> Cause:
        """Who took the cover away. A stop rested for this entry that went before it filled counts as taken away."""
        gone = [
            stop
            for stop in self.scene.stops_of(exposure.key, exposure.sign)
            if stop.end is not None and self._mattered(stop, exposure, from_ms)
        ]
        last = max(gone, key=_ended_ms, default=None)
        if last is not None and last.end is not None:
            return _CAUSES[last.end]
        if exposure.covered_once:
            return Cause.OUTGROWN
        if exposure.name is None:
            return Cause.FOREIGN
        return Cause.LEG_LOST if self.scene.has_lost_leg(exposure.name) else Cause.FIRST

    def _mattered(self, stop: StopSeen, exposure: Exposure, from_ms: float) -> bool:
        if exposure.covered_once:
            return abs(_ended_ms(stop) - from_ms) < SAME_MOMENT_MS
        return stop.name is not None and stop.name.trade_id == exposure.trade_id

    def _judge(self, exposure: Exposure, span: NakedSpan, at_ms: float) -> None:
        if span.clock_ms <= PROTECT_MS or span.breached:
            return
        if span.cause not in _AT_FIRST:
            # A cancel of ours may have been told from a drop only after the look that started the span.
            span.cause = self._cause(exposure, span.from_ms)
        span.notice_ms = max(span.notice_ms, self.notice_ms)
        limit_ms = DEADLINE_MS[span.cause] + span.notice_ms
        if span.clock_ms > limit_ms:
            span.breached = True
            whose = exposure.trade_id or "a stranger's"
            self.breach(
                "P1",
                at_ms - (span.clock_ms - limit_ms),
                f"{exposure.key[0]} {exposure.key[1]} of {whose}: naked while able for more than {limit_ms} ms "
                f"since {span.from_ms:.0f} ({span.cause})",
            )

    # -- flattening --------------------------------------------------------------------------------------------

    def _flattening_until_ms(self, exposure: Exposure) -> float:
        closing = Side.SELL if exposure.sign > 0 else Side.BUY
        until_ms = 0.0
        for request in self._closes.values():
            if (request.symbol, request.position_side) == exposure.key and request.side is closing:
                until_ms = max(until_ms, request.at_ms + CLOSE_IN_FLIGHT_MS)
        for stop in self.scene.stops_of(exposure.key, exposure.sign):
            if stop.end is StopEnd.CONSUMED and self._is_triggering(stop):
                until_ms = max(until_ms, _ended_ms(stop) + TRIGGERING_MS)
        return until_ms

    def _is_triggering(self, stop: StopSeen) -> bool:
        return self.scene.status(stop) is AlgoStatus.TRIGGERING


def _ended_ms(stop: StopSeen) -> float:
    return stop.ended_ms if stop.ended_ms is not None else 0.0
