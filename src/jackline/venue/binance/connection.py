"""Four connections to one account, the gate in front of them, the clock and the budgets they share.

*stops* carries stops, closes, cancels and their read-backs; *guard* what the guard reads; *trade* entries; *data*
history. They share no queue, so that no entry, no candle and no listing that hangs stands in front of a stop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from jackline.core.ports import Clock
from jackline.core.requests import SendEntry
from jackline.core.values import WireMs
from jackline.venue.binance.budget import OrderBudget
from jackline.venue.binance.clock import REFRESH_S, SAMPLES, ClockOffset
from jackline.venue.binance.endpoint import Credentials, Endpoint
from jackline.venue.binance.gate import EntryPermit, RequestGate
from jackline.venue.binance.hedge import through_breaks
from jackline.venue.binance.line import Line
from jackline.venue.binance.pace import Pace
from jackline.venue.binance.parse import typed
from jackline.venue.binance.refusals import BAD_TIMESTAMP
from jackline.venue.binance.rows import TimeRow
from jackline.venue.binance.wire import WIRE_TROUBLE, HeaderSink, SignedWire, VenueSaid
from jackline.venue.net import Net, NetTrouble, Pool
from jackline.venue.profile import BINANCE_USDM

T = TypeVar("T")

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


class Section(StrEnum):
    """Which part of the venue's API, in ccxt's words."""

    PUBLIC = "fapiPublic"
    SIGNED = "fapiPrivate"
    SIGNED_V3 = "fapiPrivateV3"
    WALLET = "sapi"


@dataclass(frozen=True, slots=True, kw_only=True)
class BinanceSettings:
    """Where and as whom."""

    endpoint: Endpoint
    credentials: Credentials


class Connection:
    """Sends raw requests, each with a deadline. Raises only what `wire.failure` understands."""

    def __init__(self, *, settings: BinanceSettings, clock: Clock, permit: EntryPermit, net: Net) -> None:
        self.settings = settings
        self.budget = OrderBudget(BINANCE_USDM.windows)
        self.offset = ClockOffset()
        self.line = Line()
        self._clock = clock
        self._permit = permit
        self._doubted = asyncio.Event()
        self.gate = RequestGate(
            authority=settings.endpoint.authority, permit=self._may_enter, venue_ms=self.venue_ms
        )
        stops = self._signer(net.open_pool())
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

    async def call(
        self,
        lane: Lane,
        method: str,
        path: str,
        params: Mapping[str, str],
        *,
        row: type[T],
        deadline_s: float,
        section: Section = Section.SIGNED,
    ) -> T:
        """One raw request through ccxt; the answer as a typed row."""
        sent = dict(params)
        if method == "GET" and section is not Section.PUBLIC:
            sent.setdefault("recvWindow", str(READ_WINDOW_MS))
        try:
            async with asyncio.timeout(deadline_s):
                tree: Any = await self._lanes[lane].request(path, [section.value], method, sent)
        except NetTrouble:
            self.line.note(broke=True)
            raise
        except VenueSaid as said:
            self.line.note(broke=False)
            if said.code == BAD_TIMESTAMP:
                self._doubted.set()
            raise
        self.line.note(broke=False)
        return typed(tree, row)

    async def read(
        self,
        path: str,
        params: Mapping[str, str],
        *,
        row: type[T],
        deadline_s: float,
        lane: Lane = Lane.GUARD,
        section: Section = Section.SIGNED,
    ) -> T:
        """A GET: a connection that breaks costs it nothing, unless weight is short (K2)."""
        return await through_breaks(
            lambda: self.call(lane, "GET", path, params, row=row, deadline_s=deadline_s, section=section),
            may_repeat=lambda: not self.budget.is_half_used(self.wire_ms()),
        )

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

    async def _sample(self, lane: Lane) -> None:
        # Not `read`: the pauses of its second tries would count as time on the way and bend the offset.
        asked_ms = self._clock.steady_ms()
        answer = await self.call(
            lane, "GET", "time", {}, row=TimeRow, deadline_s=TIME_DEADLINE_S, section=Section.PUBLIC
        )
        self.offset.add(asked_ms=asked_ms, answered_ms=self._clock.steady_ms(), venue_ms=answer.serverTime)

    def _may_enter(self, request: SendEntry) -> str | None:
        if not self.offset.known:
            return "the venue's clock has not been read"
        if self.offset.jitter_ms > JITTER_MS_MAX:
            return f"samples of the venue's clock differ by {self.offset.jitter_ms} ms"
        if abs(self.behind_ms) > SKEW_MS_MAX:
            return f"our clock is {self.behind_ms} ms behind the venue's; allowed are {SKEW_MS_MAX}"
        return self.line.entry_refusal() or self._permit(request)

    def _signer(self, pool: Pool) -> SignedWire:
        return SignedWire(
            endpoint=self.settings.endpoint,
            credentials=self.settings.credentials,
            gate=self.gate,
            venue_ms=self.venue_ms,
            headers=HeaderSink(
                weight=lambda used: self.budget.note_weight(used, self.wire_ms()), ban=self.budget.ban
            ),
            pool=pool,
        )
