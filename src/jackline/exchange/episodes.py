"""The witness's unit of judgement: one position from flat to flat."""

from dataclasses import dataclass, field
from decimal import Decimal

from jackline.exchange.conditions import StopFill
from jackline.exchange.values import ZERO, PositionSide, Side


@dataclass(slots=True, kw_only=True)
class Episode:
    """`opened_wire_ms` and all durations are exact wire milliseconds; `naked_notional_ms` is quote x ms at
    mark.

    `entry_client_id` is the client id of the order whose fill opened it. `naked_intervals` are closed spans
    of wire time; `naked_since_ms` is the start of the span still open. `realised`, `fees`, `funding` in
    quote.
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
    naked_intervals: list[tuple[float, float]] = field(default_factory=list)
    naked_since_ms: float | None = None
    liquidated: bool = False
    stop_fills: list[StopFill] = field(default_factory=list)
    realised: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    counted_to_ms: float = 0.0
    naked_notional: Decimal = ZERO

    def count(self, now_ms: float) -> None:
        """Adds the time since the last look, under the state that has held since then."""
        span_ms = max(0.0, now_ms - self.counted_to_ms)
        self.counted_to_ms = max(now_ms, self.counted_to_ms)
        self.exposed_ms += span_ms
        if self.naked_since_ms is not None:
            self.naked_ms += span_ms
            self.naked_notional_ms += span_ms * float(self.naked_notional)

    def set_naked(self, naked: bool, *, notional: Decimal, now_ms: float) -> None:
        """Declares the state from now on."""
        self.naked_notional = notional
        if naked and self.naked_since_ms is None:
            self.naked_since_ms = now_ms
        elif not naked and self.naked_since_ms is not None:
            if now_ms > self.naked_since_ms:
                self.naked_intervals.append((self.naked_since_ms, now_ms))
            self.naked_since_ms = None

    def spans(self) -> list[tuple[float, float]]:
        """All naked spans, the one still open ending at the last look."""
        if self.naked_since_ms is None or self.counted_to_ms <= self.naked_since_ms:
            return list(self.naked_intervals)
        return [*self.naked_intervals, (self.naked_since_ms, self.counted_to_ms)]

    def close(self, *, now_ms: float, market_ms: int) -> None:
        self.set_naked(False, notional=ZERO, now_ms=now_ms)
        self.closed_wire_ms, self.closed_market_ms = now_ms, market_ms
