"""Five connections to one account, the gate in front of them, the clock and the budgets they share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from jackline.core.ports import Clock
from jackline.venue.binance.gate import RequestGate
from jackline.venue.binance.order_frames import OrderFrames
from jackline.venue.binance.order_socket import OrderSocket
from jackline.venue.binance.paths import WALLS, Paths
from jackline.venue.binance.refusals import BAD_TIMESTAMP, KEY_REFUSED
from jackline.venue.binance.rows import TimeRow
from jackline.venue.binance.weights import request_weight
from jackline.venue.binance.wire import Framing, HeaderSink, SignedWire
from jackline.venue.net import Net
from jackline.venue.profile import BINANCE_USDM
from jackline.venue.transport.budget import Need, OrderBudget
from jackline.venue.transport.endpoint import Credentials, Endpoint
from jackline.venue.transport.failures import VenueSaid
from jackline.venue.transport.gate import EntryPermit, Speaks, alone
from jackline.venue.transport.hedge import through_breaks
from jackline.venue.transport.lanes import READ_WINDOW_MS, TIME_DEADLINE_S, Lane, Lanes
from jackline.venue.transport.rows import typed
from jackline.venue.transport.signed import Signing

T = TypeVar("T")

HELD_BACK_STATUS, HELD_BACK_CODE = 429, -1003
"""What the venue would answer to a question that is one too many; ours never reach it."""


class Section(StrEnum):
    """Which part of the venue's API, in ccxt's words."""

    PUBLIC = "fapiPublic"
    SIGNED = "fapiPrivate"
    SIGNED_V3 = "fapiPrivateV3"
    WALLET = "sapi"


@dataclass(frozen=True, slots=True, kw_only=True)
class BinanceSettings:
    """Where and as whom. `second_path`: whether the socket of orders is kept open beside REST. `speaks`: whether this
    process still may, where the lease of the account can be lost."""

    endpoint: Endpoint
    credentials: Credentials
    second_path: bool = True
    speaks: Speaks = alone


class Connection(Lanes):
    """Sends raw requests, each with a deadline. Raises only what `wire.failure` understands."""

    bad_timestamp = BAD_TIMESTAMP
    key_refused = KEY_REFUSED

    def __init__(self, *, settings: BinanceSettings, clock: Clock, permit: EntryPermit, net: Net) -> None:
        super().__init__(clock=clock, permit=permit)
        self.settings = settings
        self.budget = OrderBudget(BINANCE_USDM.windows)
        self.gate = RequestGate(
            authority=settings.endpoint.authority,
            permit=self.may_enter,
            speaks=settings.speaks,
            venue_ms=self.venue_ms,
        )
        self.orders = OrderSocket(net=net, root=settings.endpoint.socket)
        self.paths = Paths(self.budget, socket_open=lambda: self.orders.is_open)
        signing = Signing(credentials=settings.credentials, gate=self.gate, venue_ms=self.venue_ms)
        headers = self._header_sink(ban=self.budget.ban)
        wire = SignedWire(signing, endpoint=settings.endpoint, headers=headers, pool=net.open_pool())
        self._open(wire, net)
        self._lanes[Lane.SOCKET] = wire.framed(
            Framing(
                url=self.orders.url,
                frames=OrderFrames(credentials=settings.credentials, venue_ms=self.venue_ms),
                check=self.gate.check_frame,
            ),
            before=self.orders,
            headers=self._header_sink(ban=self.budget.ban_socket),
        )

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
        need: Need = Need.OTHER,
    ) -> T:
        """One raw request through ccxt; the answer as a typed row."""
        held_back = self.budget.question_refusal(self.wire_ms(), need) if method == "GET" else None
        if held_back is not None:
            raise VenueSaid(HELD_BACK_STATUS, HELD_BACK_CODE, held_back)
        sent = dict(params)
        if method == "GET" and section is not Section.PUBLIC:
            sent.setdefault("recvWindow", str(READ_WINDOW_MS))
        with self.budget.under_way(request_weight(method, path, sent)):
            tree = await self.ask(lane, [section.value], method, path, sent, deadline_s)
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
        need: Need = Need.OTHER,
    ) -> T:
        """A GET: a connection that breaks costs it nothing, unless weight is short (K2)."""
        return await through_breaks(
            lambda: self.call(
                lane, "GET", path, params, row=row, deadline_s=deadline_s, section=section, need=need
            ),
            may_repeat=lambda: not self.budget.is_scarce(self.wire_ms()),
        )

    async def keep_second_path(self) -> None:
        """Keep the socket of orders open until cancelled."""
        if self.settings.second_path:
            await self.orders.run()

    def _note(
        self, lane: Lane, *, broke: bool = False, answered: bool = True, said: VenueSaid | None = None
    ) -> None:
        """What one request over REST says of REST."""
        super()._note(lane, broke=broke, answered=answered, said=said)
        if lane is not Lane.SOCKET:
            wall = said is not None and not WALLS.isdisjoint({said.status, said.code})
            self.paths.note(answered=answered, wall=wall)

    def _header_sink(self, *, ban: Callable[[int], None]) -> HeaderSink:
        return HeaderSink(weight=lambda used: self.budget.note_weight(used, self.wire_ms()), ban=ban)

    async def _venue_time(self, lane: Lane) -> int:
        answer = await self.call(
            lane, "GET", "time", {}, row=TimeRow, deadline_s=TIME_DEADLINE_S, section=Section.PUBLIC
        )
        return answer.serverTime
