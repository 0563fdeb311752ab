"""The one pair of eyes of a run: looks at the exchange and the journal a few times a second, and remembers."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from jackline.cli.demo.follower import Follower
from jackline.cli.demo.witness import Algo, Episode, ExchangeGone, Market, Position, Testimony, Witness
from jackline.cli.demo.words import Event, Tone, told, trade_event
from jackline.core.effects import Alert
from jackline.store.batch import JournalKind
from jackline.store.encode import decode
from jackline.store.reader import JournalEntry

LOOK_S: Final = 0.1
"""Prices and journal ten times a second: a view that moves, at no cost to the exchange."""

TESTIMONY_EVERY: Final = 4
"""The whole testimony grows with the run; every fourth look is enough, and a decision asks for its own."""

EVENTS_KEPT: Final = 200
PRICES_KEPT: Final = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What protects a position at the venue. `stop_price` is the tightest working trigger; `fraction` ≤ 1."""

    stop_price: Decimal | None
    fraction: float


class Observer:
    """What is known of the run so far. `look` refreshes it; `until` waits for it to say something."""

    def __init__(self, *, witness: Witness, follower: Follower) -> None:
        self.follower = follower
        self.market: Market | None = None
        self.testimony: Testimony | None = None
        self.prices: dict[str, deque[float]] = {}
        self.events: deque[Event] = deque(maxlen=EVENTS_KEPT)
        self.on_event: Callable[[Event], None] | None = None
        self._witness = witness
        self.looks = 0
        self._news = asyncio.Condition()

    async def run(self) -> None:
        """Look until cancelled. Raises ExchangeGone."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """One look; a busy exchange is looked at again, a gone one is an error after three misses."""
        before_ms = self.market_ms
        self.market = await self._market()
        if self.market_ms > before_ms:  # a market that stands adds nothing to its line
            for symbol, price in self.market.symbols.items():
                self.prices.setdefault(symbol, deque(maxlen=PRICES_KEPT)).append(float(price.last))
        if self.looks % TESTIMONY_EVERY == 0:
            self.testimony = await self._witness.testimony()
        self.looks += 1
        self.read_journal()
        async with self._news:
            self._news.notify_all()

    async def until(self, wanted: Callable[[], bool], *, within_s: float) -> bool:
        """Wait for `wanted` to be true after some look; False when it is not in time."""
        deadline = time.monotonic() + within_s
        while not wanted():
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                return False
            try:
                async with asyncio.timeout(left_s), self._news:
                    await self._news.wait()
            except TimeoutError:
                return wanted()
        return True

    async def next_look(self) -> None:
        """Wait for one more look, a second at most."""
        looks = self.looks
        await self.until(lambda: self.looks > looks, within_s=1.0)

    async def testify(self) -> Testimony:
        """A testimony of now."""
        self.testimony = await self._witness.testimony()
        return self.testimony

    def read_journal(self) -> None:
        """Take what the engine has written since the last look."""
        before = {trade_id: saved.trade for trade_id, saved in self.follower.trades.items()}
        rows = self.follower.poll()
        for row in rows:
            self._alert(row)
        for trade_id, saved in self.follower.trades.items():
            event = trade_event(before.get(trade_id), saved.trade, market_ms=self.market_ms)
            if event is not None:
                self.say(event)

    def say(self, event: Event) -> None:
        """Add to the story."""
        self.events.append(event)
        if self.on_event is not None:
            self.on_event(event)

    def tell(self, text: str, tone: Tone = Tone.NARRATION) -> None:
        """Add a sentence of the director to the story, at the present market time."""
        self.say(told(text, tone=tone, market_ms=self.market_ms))

    @property
    def market_ms(self) -> int:
        """Market time of the last look; 0 before the first."""
        return self.market.market_ms if self.market is not None else 0

    async def _market(self) -> Market:
        for _ in range(2):
            try:
                return await self._witness.market()
            except ExchangeGone:
                await asyncio.sleep(LOOK_S)
        return await self._witness.market()

    def _alert(self, row: JournalEntry) -> None:
        if row.kind == JournalKind.ALERT.value:
            alert = decode(row.body, Alert)
            tone = Tone.WARNING if alert.level != "info" else Tone.CALM
            self.say(Event(market_ms=row.market_ms, text=f"{alert.code}: {alert.text}", tone=tone))


def cover(position: Position, algos: list[Algo]) -> Cover:
    """How much of a position the working stops of its closing side would close."""
    long = position.amount > 0
    stops = [
        algo
        for algo in algos
        if algo.status == "NEW"
        and algo.type == "STOP_MARKET"
        and algo.reducing
        and (algo.symbol, algo.position_side) == (position.symbol, position.position_side)
        and algo.side == ("SELL" if long else "BUY")
    ]
    if not stops:
        return Cover(stop_price=None, fraction=0.0)
    triggers = [stop.trigger_price for stop in stops]
    covered = sum((stop.quantity for stop in stops), Decimal(0))
    whole = any(stop.close_position for stop in stops)
    fraction = 1.0 if whole else float(min(Decimal(1), covered / abs(position.amount)))
    return Cover(stop_price=max(triggers) if long else min(triggers), fraction=fraction)


def episode_of(position: Position, testimony: Testimony) -> Episode | None:
    """The living episode of a position."""
    for episode in testimony.living:
        if (episode.symbol, episode.position_side) == (position.symbol, position.position_side):
            return episode
    return None
