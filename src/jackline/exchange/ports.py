"""What the local exchange asks of the outside: a wall clock and a market.

All times are integer milliseconds since 1970 UTC. A name ending in `_ms` is *market time* (the time of the
bars) unless it says `wire` (the wall clock, which stamps requests and deadlines).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Candle:
    """One completed bar of the feed's base interval; prices in quote, volume in base units."""

    open_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One step of one symbol's market.

    `volume` is what traded in this step alone. `closes` is the candle that this tick completes: it is set
    on the last tick of every bar and on no other.
    """

    symbol: str
    market_ms: int
    last: Decimal
    mark: Decimal
    volume: Decimal
    closes: Candle | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One look at a symbol of another venue: its latest bars, oldest first, the last one forming; its mark, None where
    the venue has none; and when the venue itself says that this was so (its own clock), None where it does not."""

    symbol: str
    bars: tuple[Candle, ...]
    mark: Decimal | None
    stamp_ms: int | None


class SourceSilentError(Exception):
    """A mirrored venue is out of reach, does not answer in time, refuses, or says what cannot be read."""


class Source(Protocol):
    """Public market data of another venue. Everything that is asked has a deadline of its own and raises
    SourceSilentError."""

    name: str
    symbols: tuple[str, ...]

    async def steps(self, symbol: str) -> tuple[Decimal, Decimal]:
        """Its price step and quantity step."""
        ...

    async def bars(self, symbol: str, count: int) -> Sequence[Candle]:
        """The latest bars of a minute, oldest first, the last one forming."""
        ...

    async def look(self, counts: Mapping[str, int]) -> Sequence[Seen]:
        """These symbols, with so many bars each."""
        ...

    async def close(self) -> None:
        """Hangs up."""
        ...


class Clock(Protocol):
    """Wire time, injected so that the venue itself never reads a clock."""

    def wire_ms(self) -> int: ...


class Feed(Protocol):
    """A market that can be pulled tick by tick; `start_ms` is the open of the first served bar, `end_ms`
    the end of the last one.
    """

    symbols: tuple[str, ...]
    interval_ms: int
    start_ms: int
    end_ms: int

    def history(self, symbol: str) -> Sequence[Candle]:
        """Complete bars before `start_ms`, oldest first; at least 300 where the source has them."""
        ...

    def ticks(self, net_side: Callable[[str], int]) -> Iterator[Tick]:
        """All symbols merged, `market_ms` ascending. `net_side(symbol)` in -1, 0, 1 is the sign of the net
        open position; it is asked at the start of each bar, for paths that go against it.
        """
        ...

    def crash(self, *, symbol: str, fraction: Decimal, over_ms: int) -> None:
        """Bends the coming path (-0.08 falls 8 % within `over_ms`). A feed that replays a record raises
        ValueError.
        """
        ...
