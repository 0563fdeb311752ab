"""Four connections to one account, the gate in front of them, the clock and the budgets they share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from jackline.core.ports import Clock
from jackline.venue.binance.gate import RequestGate
from jackline.venue.binance.refusals import BAD_TIMESTAMP
from jackline.venue.binance.rows import TimeRow
from jackline.venue.binance.wire import HeaderSink, SignedWire
from jackline.venue.net import Net
from jackline.venue.profile import BINANCE_USDM
from jackline.venue.transport.budget import OrderBudget
from jackline.venue.transport.endpoint import Credentials, Endpoint
from jackline.venue.transport.gate import EntryPermit
from jackline.venue.transport.hedge import through_breaks
from jackline.venue.transport.lanes import READ_WINDOW_MS, TIME_DEADLINE_S, Lane, Lanes
from jackline.venue.transport.rows import typed
from jackline.venue.transport.signed import Signing

T = TypeVar("T")


class Section(StrEnum):
    """Which part of the venue's API, in ccxt's words."""

    PUBLIC = "fapiPublic"
    SIGNED = "fapiPrivate"
    SIGNED_V3 = "fapiPrivateV3"


@dataclass(frozen=True, slots=True, kw_only=True)
class BinanceSettings:
    """Where and as whom."""

    endpoint: Endpoint
    credentials: Credentials


class Connection(Lanes):
    """Sends raw requests, each with a deadline. Raises only what `wire.failure` understands."""

    bad_timestamp = BAD_TIMESTAMP

    def __init__(self, *, settings: BinanceSettings, clock: Clock, permit: EntryPermit, net: Net) -> None:
        super().__init__(clock=clock, permit=permit)
        self.settings = settings
        self.budget = OrderBudget(BINANCE_USDM.windows)
        self.gate = RequestGate(
            authority=settings.endpoint.authority, permit=self.may_enter, venue_ms=self.venue_ms
        )
        signing = Signing(credentials=settings.credentials, gate=self.gate, venue_ms=self.venue_ms)
        headers = HeaderSink(
            weight=lambda used: self.budget.note_weight(used, self.wire_ms()), ban=self.budget.ban
        )
        wire = SignedWire(signing, endpoint=settings.endpoint, headers=headers, pool=net.open_pool())
        self._open(wire, net)

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
        return typed(await self.ask(lane, [section.value], method, path, sent, deadline_s), row)

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

    async def _venue_time(self, lane: Lane) -> int:
        answer = await self.call(
            lane, "GET", "time", {}, row=TimeRow, deadline_s=TIME_DEADLINE_S, section=Section.PUBLIC
        )
        return answer.serverTime
