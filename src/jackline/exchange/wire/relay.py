"""The pace of a mirrored market: looks at its source again and again, and stops trading what it no longer hears."""

import asyncio
from collections.abc import Callable
from typing import Final

from jackline.exchange.feeds.mirror import LOOK_BARS, LOOK_BARS_MAX, Mirror
from jackline.exchange.ports import Seen, Source, SourceSilentError
from jackline.exchange.values import WireClock
from jackline.exchange.wire.floor import Floor
from jackline.exchange.wire.json import Json

FLUSH_S: Final = 0.02
"""Period at which prices go out and countdowns end, as with every other market."""

EVERY_MS: Final = 1_000
SILENT_MS: Final = 10_000
"""A look a second; after ten without news nobody should trade on the last one."""


class Relay:
    """Drives a mirror into the venue. `say` tells a person, once each time a symbol is lost or heard again."""

    def __init__(
        self,
        floor: Floor,
        mirror: Mirror,
        source: Source,
        *,
        every_ms: int,
        silent_ms: int,
        say: Callable[[str], None],
    ) -> None:
        self._floor = floor
        self._mirror = mirror
        self._source = source
        self._every_s = every_ms / 1_000
        self._silent_ms = silent_ms
        self._say = say
        clock = floor.venue.state.clock
        self._heard_ms = {symbol: (clock.exact_ms(), clock.wire_ms()) for symbol in mirror.symbols}
        self._trouble: str | None = None

    @property
    def held(self) -> bool:
        """A living market stands for nobody."""
        return False

    @property
    def ended(self) -> bool:
        return False

    def wake(self) -> None:
        """There is nothing to be woken for."""

    def state(self) -> Json:
        """For the control surface: what the source last failed with, and since when nothing is heard."""
        markets = self._floor.venue.state.markets
        return {
            "source": self._source.name,
            "trouble": self._trouble,
            "silent_since_ms": {symbol: markets[symbol].silent_since_ms for symbol in self._mirror.symbols},
        }

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            tasks.create_task(self._beat())

    async def _beat(self) -> None:
        """Also while a look takes its time."""
        while True:
            self._judge()
            self._floor.flush()
            await asyncio.sleep(FLUSH_S)

    async def _listen(self) -> None:
        while True:
            try:
                await self._look()
            except SourceSilentError as error:
                self._trouble = str(error)
            await asyncio.sleep(self._every_s)

    async def _look(self) -> None:
        clock = self._floor.venue.state.clock
        looked = list(await self._source.look(dict.fromkeys(self._mirror.symbols, LOOK_BARS)))
        missing = [seen.symbol for seen in looked if self._mirror.misses(seen)]
        if missing:
            again = await self._source.look(dict.fromkeys(missing, LOOK_BARS_MAX))
            looked = [*(seen for seen in looked if seen.symbol not in missing), *again]
        self._trouble = None
        for seen in looked:
            if self._mirror.is_news(seen):
                self._take(seen, clock)

    def _take(self, seen: Seen, clock: WireClock) -> None:
        """Lets the venue live through what was seen."""
        self._heard_ms[seen.symbol] = (clock.exact_ms(), clock.wire_ms())
        venue = self._floor.venue
        if venue.state.market(seen.symbol).silent_since_ms is not None:
            venue.hear(seen.symbol)
            self._say(f"mirror {self._source.name}: {seen.symbol} is heard again; it trades")
        for tick in self._mirror.ticks(seen, now_ms=clock.wire_ms(), net_side=venue.net_side):
            self._floor.apply(tick)

    def _judge(self) -> None:
        """Stops what has been silent for too long."""
        venue = self._floor.venue
        exact_ms = venue.state.clock.exact_ms()
        for symbol, (heard_ms, wire_ms) in self._heard_ms.items():
            lost = exact_ms - heard_ms > self._silent_ms
            if lost and venue.state.market(symbol).silent_since_ms is None:
                venue.lose(symbol, wire_ms)
                why = self._trouble or "it answers, and says nothing new"
                self._say(
                    f"mirror {self._source.name}: nothing new of {symbol} for {self._silent_ms} ms, so it stops"
                    f" trading (-4141) until it is heard again: {why}"
                )
