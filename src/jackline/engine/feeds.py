"""Market streams whose symbols change while an engine runs: as few sockets as they need, and none torn down in vain.

A socket names its streams once, when it opens. Whoever comes is put where somebody has gone, then where room is, then
on a socket of its own; only those sockets open anew, and read what closed meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable

from jackline.core.values import MarketMs, Symbol
from jackline.engine.startup import EventSink, StreamingVenue

SHARE_MAX = 50
"""Symbols of one socket: as many as the adapters put there, so that a break darkens no more."""

Known = Callable[[Symbol], MarketMs | None]
"""Open time of the last bar that is known of a symbol."""
Share = tuple[Symbol, ...]


class Feeds:
    """Runs one pump a share of the wanted symbols. `known` is asked when a pump opens."""

    def __init__(self, *, venue: StreamingVenue, interval_ms: int, known: Known, sink: EventSink) -> None:
        self._venue = venue
        self._interval_ms = interval_ms
        self._known = known
        self._sink = sink
        self._wanted: tuple[Symbol, ...] = ()
        self._changed = asyncio.Event()
        self._running: dict[Share, asyncio.Task[None]] = {}

    def want(self, symbols: Iterable[Symbol]) -> None:
        """From now on these, and no others."""
        wanted = tuple(dict.fromkeys(symbols))
        if set(wanted) != set(self._wanted):
            self._wanted = wanted
            self._changed.set()

    async def run(self) -> None:
        """Until cancelled. A pump that fails brings the feeds down: no market is dark in silence (L2)."""
        async with asyncio.TaskGroup() as group:
            while True:
                await self._changed.wait()
                self._changed.clear()
                shares = shared(tuple(self._running), self._wanted)
                gone = [self._running.pop(share) for share in tuple(self._running) if share not in shares]
                for task in gone:
                    task.cancel()
                if gone:
                    await asyncio.wait(gone)  # the old socket is shut before a new one tells the same bars
                for share in shares:
                    if share not in self._running:
                        self._running[share] = group.create_task(self._pump(share))

    async def _pump(self, share: Share) -> None:
        after = {symbol: last_ms for symbol in share if (last_ms := self._known(symbol)) is not None}
        await self._venue.market_stream(
            symbols=share, interval_ms=self._interval_ms, after=after, sink=self._sink
        ).run()


def shared(running: tuple[Share, ...], wanted: tuple[Symbol, ...]) -> tuple[Share, ...]:
    """The shares that carry exactly `wanted`, each once, keeping as many of `running` as they are. Pure."""
    kept = [tuple(symbol for symbol in share if symbol in set(wanted)) for share in running]
    carried = {symbol for share in kept for symbol in share}
    coming = [symbol for symbol in wanted if symbol not in carried]
    touched = [index for index, share in enumerate(kept) if share != running[index]]
    untouched = [index for index, share in enumerate(kept) if share == running[index]]
    for index in touched + sorted(untouched, key=lambda one: len(kept[one])):
        room = SHARE_MAX - len(kept[index])
        kept[index] += tuple(coming[:room])
        coming = coming[room:]
    kept += [tuple(coming[first : first + SHARE_MAX]) for first in range(0, len(coming), SHARE_MAX)]
    return tuple(share for share in kept if share)


def in_shares(symbols: Iterable[Symbol], *, first: Collection[Symbol]) -> tuple[Share, ...]:
    """A socketful at a time. Of `symbols` those in `first` come first, in a share of their own: where something is
    open, its trail and its exits wait for nobody else's history. Pure."""
    named = tuple(symbols)
    parts = ([one for one in named if one in first], [one for one in named if one not in first])
    return tuple(
        tuple(part[start : start + SHARE_MAX]) for part in parts for start in range(0, len(part), SHARE_MAX)
    )
