"""The witness's unit of judgement: one position from flat to flat."""

from dataclasses import dataclass, field
from decimal import Decimal

from jackline.exchange.conditions import StopFill
from jackline.exchange.cover import CoverLoss, Lapse, StopEnd
from jackline.exchange.values import ZERO, PositionSide, Side


@dataclass(slots=True, kw_only=True)
class Episode:
    """`opened_wire_ms` and all durations are exact wire milliseconds; `naked_notional_ms` is quote x ms at
    mark.

    `entry_client_id` is the client id of the order whose fill opened it. `lapses` are the spans without cover,
    the last one possibly lasting, and `stop_ends` all stops of its closing side that ceased to wait.
    `realised`, `fees`, `funding` in quote.
    """

    account: str
    symbol: str
    position_side: PositionSide
    side: Side
    entry_client_id: str
    opened_wire_ms: float
    opened_market_ms: int
    closed_wire_ms: float | None = None
    closed_market_ms: int | None = None
    max_quantity: Decimal = ZERO
    exposed_ms: float = 0.0
    naked_ms: float = 0.0
    naked_notional_ms: float = 0.0
    lapses: list[Lapse] = field(default_factory=list)
    stop_ends: list[StopEnd] = field(default_factory=list)
    stop_ends_seen: int = 0
    was_covered: bool = False
    liquidated: bool = False
    stop_fills: list[StopFill] = field(default_factory=list)
    realised: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    counted_to_ms: float = 0.0
    naked_notional: Decimal = ZERO

    @property
    def lapse(self) -> Lapse | None:
        """The span without cover that still lasts."""
        if self.lapses and self.lapses[-1].until_ms is None:
            return self.lapses[-1]
        return None

    @property
    def naked_since_ms(self) -> float | None:
        lapse = self.lapse
        return None if lapse is None else lapse.since_ms

    def count(self, now_ms: float) -> None:
        """Adds the time since the last look, under the state that has held since then."""
        span_ms = now_ms - self.counted_to_ms
        if span_ms <= 0:
            return
        self.counted_to_ms = now_ms
        self.exposed_ms += span_ms
        if self.lapse is not None:
            self.naked_ms += span_ms
            self.naked_notional_ms += span_ms * float(self.naked_notional)

    def uncover(self, *, otherwise: CoverLoss, notional: Decimal, now_ms: float) -> None:
        """Naked from now on, at `notional` quote. The cause is the stop that ended since the last look, or
        `otherwise`."""
        self.naked_notional = notional
        if self.lapse is None:
            ended = self.stop_ends[-1] if len(self.stop_ends) > self.stop_ends_seen else None
            self.lapses.append(
                Lapse(
                    since_ms=now_ms,
                    until_ms=None,
                    cause=otherwise if ended is None else ended.cause,
                    algo_id=None if ended is None else ended.algo_id,
                )
            )
        self.stop_ends_seen = len(self.stop_ends)

    def cover(self, *, now_ms: float) -> None:
        """Covered from now on. A lapse that took no time never was."""
        lapse = self.lapse
        if lapse is not None and now_ms > lapse.since_ms:
            lapse.until_ms = now_ms
        elif lapse is not None:
            self.lapses.pop()
        self.stop_ends_seen = len(self.stop_ends)
        self.was_covered = True

    def spans(self) -> list[tuple[float, float]]:
        """All naked spans, the one still open ending at the last look."""
        ends = (
            (one.since_ms, self.counted_to_ms if one.until_ms is None else one.until_ms)
            for one in self.lapses
        )
        return [span for span in ends if span[1] > span[0]]

    def close(self, *, now_ms: float, market_ms: int) -> None:
        self.cover(now_ms=now_ms)
        self.closed_wire_ms, self.closed_market_ms = now_ms, market_ms
