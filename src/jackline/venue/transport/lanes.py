"""Connections to one account, the gate in front of them, and the clock and the line they share.

*stops* carries stops, closes, cancels and their read-backs; *guard* what the guard reads; *trade* entries; *data*
history; *socket* is a second way for stops and closes, where a venue has one. They share no queue, so that no entry, no
candle and no listing that hangs stands in front of a stop.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from typing import Any

from jackline.core.ports import Clock
from jackline.core.requests import SendEntry
from jackline.core.values import WireMs
from jackline.venue.net import Net, NetTrouble
from jackline.venue.transport.clock import REFRESH_S, SAMPLES, ClockOffset
from jackline.venue.transport.failures import WIRE_TROUBLE, VenueSaid
from jackline.venue.transport.gate import EntryPermit
from jackline.venue.transport.key_doubt import KeyDoubt
from jackline.venue.transport.line import Line
from jackline.venue.transport.pace import Pace
from jackline.venue.transport.signed import SignedWireMechanics

READ_WINDOW_MS = 5_000
"""Receive window of reads."""
TIME_DEADLINE_S = 0.6
"""A clock sample slower than this says little about the clock, and a start waits for it."""
WARM_CONNECTIONS = 2
"""Opened ahead on each but *data*: the stop must not wait for a handshake."""
JITTER_MS_MAX = 500
"""Clock samples further apart than this: the offset is a guess, and no entry leaves on a guess."""

SKEW_MS_MAX = 500
"""An entry's fence is counted on our clock and allows for this much difference (rule 3)."""
DOUBT_PAUSE_S = 0.05
"""Between a complaint and the new samples: complaints come in bursts."""


class Lane(StrEnum):
    """Which connection."""

    STOPS = "stops"
    GUARD = "guard"
    TRADE = "trade"
    DATA = "data"
    SOCKET = "socket"


class Lanes(ABC):
    """Sends raw requests, each with a deadline. Raises only what `failures.failure` understands.

    A venue gives its signer, the numbers of its complaints about our clock and our key, and the way to ask for its own.
    """

    bad_timestamp: int
    key_refused: frozenset[int]

    def __init__(self, *, clock: Clock, permit: EntryPermit) -> None:
        self.offset = ClockOffset()
        self.line = Line()
        self.key = KeyDoubt()
        self._clock = clock
        self._permit = permit
        self._doubted = asyncio.Event()
        self._lanes: dict[Lane, SignedWireMechanics] = {}

    def _open(self, stops: SignedWireMechanics, net: Net) -> None:
        """Four lanes behind one signer; `stops` has its pool already."""
        self._lanes = {
            Lane.STOPS: stops,
            Lane.GUARD: stops.before(net.open_pool()),
            Lane.TRADE: stops.before(net.open_pool()),
            # Only history waits in a queue.
            Lane.DATA: stops.before(net.open_pool(), pace=Pace()),
        }

    def wire_ms(self) -> WireMs:
        """Our clock."""
        return self._clock.now().wire_ms

    def venue_ms(self) -> WireMs:
        """The venue's clock, as far as we know it: ours before the first sample."""
        return WireMs(self.offset.venue_ms(self._clock.steady_ms())) if self.offset.known else self.wire_ms()

    @property
    def behind_ms(self) -> int:
        """How far our wall clock is behind the venue's."""
        return self.venue_ms() - self.wire_ms()

    async def ask(
        self, lane: Lane, api: list[str], method: str, path: str, params: Mapping[str, str], deadline_s: float
    ) -> Any:
        """One raw request through ccxt; the answer as a tree. What broke and what was doubted is noted."""
        try:
            async with asyncio.timeout(deadline_s):
                tree: Any = await self._lanes[lane].request(path, api, method, dict(params))
        except (NetTrouble, TimeoutError) as trouble:
            self._note(lane, broke=isinstance(trouble, NetTrouble), answered=False)
            raise
        except VenueSaid as said:
            self._note(lane, said=said)
            if said.code in self.key_refused:
                self.key.refused()
            if said.code == self.bad_timestamp:
                self._doubted.set()
            raise
        self._note(lane)
        return tree

    def _note(
        self, lane: Lane, *, broke: bool = False, answered: bool = True, said: VenueSaid | None = None
    ) -> None:
        """What one request says of the line. `said`: the venue's no. A socket answers for itself by being open."""
        if lane is not Lane.SOCKET and (broke or answered):
            self.line.note(broke=broke)

    async def sample_clock(self) -> None:
        """Take a few samples of the venue's clock. Raises when the venue does not answer."""
        for _ in range(SAMPLES):
            await self._sample(Lane.GUARD)

    async def warm(self) -> None:
        """Open connections ahead. A venue that does not answer is found out by the first real request."""
        lanes = [lane for lane in (Lane.STOPS, Lane.GUARD, Lane.TRADE) for _ in range(WARM_CONNECTIONS)]
        samples = (self._sample(lane) for lane in (*lanes, Lane.DATA))
        for trouble in await asyncio.gather(*samples, return_exceptions=True):
            if isinstance(trouble, BaseException) and not isinstance(trouble, WIRE_TROUBLE):
                raise trouble

    async def keep_clock(self) -> None:
        """Refresh the offset for ever, at once when the venue complains; a failed refresh keeps the old
        one."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(REFRESH_S):
                    await self._doubted.wait()
            await asyncio.sleep(DOUBT_PAUSE_S)
            self._doubted.clear()
            with suppress(*WIRE_TROUBLE):
                await self.sample_clock()

    async def shut(self) -> None:
        """Close all connections."""
        for wire in self._lanes.values():
            await wire.shut()

    @abstractmethod
    async def _venue_time(self, lane: Lane) -> int:
        """One question for the venue's clock and one answer.

        No second tries: their pauses would count as time on the way and bend the offset.
        """

    async def _sample(self, lane: Lane) -> None:
        asked_ms = self._clock.steady_ms()
        venue_ms = await self._venue_time(lane)
        self.offset.add(asked_ms=asked_ms, answered_ms=self._clock.steady_ms(), venue_ms=venue_ms)

    def may_enter(self, request: SendEntry) -> str | None:
        """The last word before an entry is signed: clock, key, line, and the permit."""
        if not self.offset.known:
            return "the venue's clock has not been read"
        if self.offset.jitter_ms > JITTER_MS_MAX:
            return f"samples of the venue's clock differ by {self.offset.jitter_ms} ms"
        if abs(self.behind_ms) > SKEW_MS_MAX:
            return f"our clock is {self.behind_ms} ms behind the venue's; allowed are {SKEW_MS_MAX}"
        return self.key.entry_refusal() or self.line.entry_refusal() or self._permit(request)
