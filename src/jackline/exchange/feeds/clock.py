"""Market time: how far the replayed market has come, from a wall clock and a ratio."""

from collections.abc import Callable

# Two days of market in under two seconds. Beyond it a wall millisecond would hold minutes of market, and no
# engine could act between two of its ticks.
RATIO_MAX = 100_000.0


class MarketClock:
    """Market time runs `ratio` times as fast as `wire`, a monotonic wall clock in milliseconds (float).

    `hold` stops it; `hold_at` stops it exactly at a given market time, however late it is asked. All market
    times are whole epoch milliseconds.
    """

    def __init__(self, start_ms: int, ratio: float, wire: Callable[[], float]) -> None:
        self._wire = wire
        self._ratio = _checked(ratio)
        self._base_market_ms = start_ms
        self._base_wire_ms = wire()
        self._held = False
        self._hold_at_ms: int | None = None
        self._slipped_ms = 0

    @property
    def ratio(self) -> float:
        """Market milliseconds per wire millisecond while running; a hold leaves it as it is."""
        return self._ratio

    @property
    def held(self) -> bool:
        """Market time stands, by `hold` or by having reached `hold_at`."""
        self.market_ms()  # a `hold_at` that has come due takes effect on looking
        return self._held

    @property
    def slipped_ms(self) -> int:
        """Market time given up so far because the venue fell behind; the ratio really kept is lower by this
        much.
        """
        return self._slipped_ms

    def market_ms(self) -> int:
        if self._held:
            return self._base_market_ms
        # A wall clock that steps back must not take the market with it.
        elapsed_ms = max(0.0, self._wire() - self._base_wire_ms)
        now_ms = self._base_market_ms + int(elapsed_ms * self._ratio)
        if self._hold_at_ms is not None and now_ms >= self._hold_at_ms:
            self._base_market_ms = self._hold_at_ms
            self._hold_at_ms = None
            self._held = True
            return self._base_market_ms
        return now_ms

    def hold(self) -> None:
        """Stops market time here. A pending `hold_at` is forgotten."""
        self._base_market_ms = self.market_ms()
        self._held = True
        self._hold_at_ms = None

    def hold_at(self, market_ms: int) -> None:
        """Stops market time at `market_ms` exactly; at once where that has already passed."""
        if self.market_ms() >= market_ms:
            self.hold()
        else:
            self._hold_at_ms = market_ms

    def resume(self, ratio: float | None = None) -> None:
        """Runs on from here, at another ratio if given. Not held, it only changes the ratio and keeps a
        `hold_at`.
        """
        checked = self._ratio if ratio is None else _checked(ratio)
        self._rebase(self.market_ms())
        self._ratio = checked
        self._held = False

    def slip(self, to_market_ms: int) -> None:
        """Sets market time back to `to_market_ms`, the last that was really served, instead of bursting to
        catch up.

        Raises ValueError where that lies ahead.
        """
        now_ms = self.market_ms()
        if to_market_ms > now_ms:
            raise ValueError(f"cannot slip to {to_market_ms}: market time is only {now_ms}")
        if self._held:
            return  # a held clock waits anyway; moving it would break the exactness of the hold
        self._slipped_ms += now_ms - to_market_ms
        self._rebase(to_market_ms)

    def _rebase(self, market_ms: int) -> None:
        self._base_market_ms = market_ms
        self._base_wire_ms = self._wire()


def _checked(ratio: float) -> float:
    if not 0.0 < ratio <= RATIO_MAX:
        raise ValueError(f"ratio {ratio}: it must be above 0 and at most {RATIO_MAX:.0f}")
    return ratio
