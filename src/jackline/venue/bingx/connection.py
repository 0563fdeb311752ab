"""Four connections to one account, the gate in front of them, the clock, and the turns of each route."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from jackline.core.ports import Clock
from jackline.venue.bingx.gate import RequestGate
from jackline.venue.bingx.refusals import BAD_TIMESTAMP, KEY_REFUSED, TOO_OFTEN
from jackline.venue.bingx.requests import LEVERAGE, MARGIN_TYPE
from jackline.venue.bingx.rows import TimeRow, filled_in
from jackline.venue.bingx.wire import SignedWire
from jackline.venue.net import Net
from jackline.venue.profile import BINGX_SWAP, OrderWindow
from jackline.venue.transport.endpoint import Credentials, Endpoint
from jackline.venue.transport.failures import Garbled, VenueSaid
from jackline.venue.transport.gate import EntryPermit, Speaks, alone
from jackline.venue.transport.hedge import through_breaks
from jackline.venue.transport.lanes import READ_WINDOW_MS, TIME_DEADLINE_S, Lane, Lanes
from jackline.venue.transport.rows import typed
from jackline.venue.transport.signed import Signing
from jackline.venue.transport.turns import Rank, Turn, Turns

T = TypeVar("T")

TURN_S = 2.5
"""How long a question waits for its turn: whoever asks has given it up by then."""
PER_SECOND = {
    ("GET", "trade/order"): 2,
    ("GET", "trade/openOrders"): 2,
    ("GET", "user/positions"): 2,
    ("GET", "trade/allFillOrders"): 2,
    ("GET", LEVERAGE): 2,
    ("POST", LEVERAGE): 2,
    ("GET", MARGIN_TYPE): 2,
    ("POST", MARGIN_TYPE): 2,
    ("GET", "positionSide/dual"): 2,
    ("GET", "maintMarginRatio"): 2,
}
"""The venue's ceilings per address; what changes orders takes its turn by rank. Of the three listings a second, and of
the three looks at positions, one is the watchdog's, which has the same address."""
PER_SECOND_OF_GUEST = {("GET", "trade/openOrders"): 1, ("GET", "user/positions"): 1}
"""What a process takes that asks beside an engine."""
PER_SECOND_ALONE = {("GET", "trade/openOrders"): 3, ("GET", "user/positions"): 3}
"""What a watchdog takes that has no engine beside it: all there is."""
TOO_OFTEN_PAUSES_S = (0.2, 0.4)
"""Before a question is put again that was one too many: the processes of an address do not count together."""


class Section(Enum):
    """Which part of the venue's API, in ccxt's words."""

    PUBLIC_V2 = ("swap", "v2", "public")
    PUBLIC_V3 = ("swap", "v3", "public")
    SIGNED_V1 = ("swap", "v1", "private")
    SIGNED_V2 = ("swap", "v2", "private")
    SIGNED_V3 = ("swap", "v3", "private")
    USER = ("user", "auth", "private")


@dataclass(frozen=True, slots=True, kw_only=True)
class BingxSettings:
    """Where and as whom. `speaks`: whether this process still may, where the lease of the account can be lost."""

    endpoint: Endpoint
    credentials: Credentials
    speaks: Speaks = alone


class Connection(Lanes):
    """Sends raw requests, each with a deadline. Raises only what `wire.failure` understands."""

    bad_timestamp = BAD_TIMESTAMP
    key_refused = KEY_REFUSED

    def __init__(self, *, settings: BingxSettings, clock: Clock, permit: EntryPermit, net: Net) -> None:
        super().__init__(clock=clock, permit=permit)
        self.settings = settings
        self.turns = Turns(BINGX_SWAP.windows)
        self._routes = _turns(PER_SECOND)
        self._routes_of_guest = _turns(PER_SECOND_OF_GUEST)
        self._routes_alone = _turns(PER_SECOND_ALONE)
        self.is_guest = self.is_alone = False
        self.gate = RequestGate(
            authority=settings.endpoint.authority,
            permit=self.may_enter,
            speaks=settings.speaks,
            venue_ms=self.venue_ms,
        )
        signing = Signing(credentials=settings.credentials, gate=self.gate, venue_ms=self.venue_ms)
        wire = SignedWire(signing, endpoint=settings.endpoint, ban=self._banned, pool=net.open_pool())
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
        section: Section = Section.SIGNED_V2,
    ) -> T:
        """One raw request through ccxt; what the envelope holds as a typed row."""
        sent = dict(params)
        if method == "GET" and section not in {Section.PUBLIC_V2, Section.PUBLIC_V3}:
            sent.setdefault("recvWindow", str(READ_WINDOW_MS))
        tree = await self.ask(lane, list(section.value), method, path, sent, deadline_s)
        return typed(filled_in(tree if section is Section.USER else _opened(tree)), row)

    async def read(
        self,
        path: str,
        params: Mapping[str, str],
        *,
        row: type[T],
        deadline_s: float,
        lane: Lane = Lane.GUARD,
        section: Section = Section.SIGNED_V2,
    ) -> T:
        """A GET, in its turn: a connection that breaks costs it one more turn and nothing else."""

        async def ask() -> T:
            with spending(await self.take_turn("GET", path)):
                return await self.call(
                    lane, "GET", path, params, row=row, deadline_s=deadline_s, section=section
                )

        return await patiently(ask)

    async def take_turn(self, method: str, path: str) -> Sequence[Turn]:
        """Wait until the route takes one more; what it counts by. Raises TooLong, whose request has not left."""
        route = (method, path)
        taken: list[Turn] = []
        if route in self._routes_of_guest:
            guests = self._routes_of_guest[route]
            turn = await guests.take_while(Rank.PROTECT, within_s=TURN_S, wanted=lambda: self.is_guest)
            taken += [] if turn is None else [turn]
        routes = self._routes_alone if self.is_alone and route in self._routes_alone else self._routes
        if route in routes:
            taken.append(await routes[route].take(Rank.PROTECT, within_s=TURN_S))
        return taken

    async def _venue_time(self, lane: Lane) -> int:
        answer = await self.call(
            lane,
            "GET",
            "server/time",
            {},
            row=TimeRow,
            deadline_s=TIME_DEADLINE_S,
            section=Section.PUBLIC_V2,
        )
        return answer.serverTime

    def _banned(self, until_ms: int) -> None:
        """By the venue's clock; whoever has an order to send waits for it."""
        self.turns.ban(max(0, until_ms - self.venue_ms()))


@contextmanager
def spending(turns: Sequence[Turn]) -> Iterator[None]:
    """What the venue refuses in here as one too many has cost no turn.

    An engine that is dead may have used the address's up: whoever looks instead of it is refused until the second is
    over, and is not to wait for a second of its own then (P1).
    """
    try:
        yield
    except VenueSaid as said:
        if said.code == TOO_OFTEN:
            for turn in turns:
                turn.give_back()
        raise


async def patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask; ask again where a connection breaks, and, a little later, where the venue was asked too often."""
    for pause_s in TOO_OFTEN_PAUSES_S:
        try:
            return await through_breaks(ask, may_repeat=lambda: True)
        except VenueSaid as said:
            if said.code != TOO_OFTEN:
                raise
        await asyncio.sleep(pause_s)
    return await through_breaks(ask, may_repeat=lambda: True)


def _turns(per_second: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], Turns]:
    return {route: Turns((OrderWindow(orders=most, window_ms=1_000),)) for route, most in per_second.items()}


def _opened(tree: Any) -> Any:
    """What the envelope holds. Raises `Garbled` for an answer without one."""
    if tree.get("code") != 0 or "data" not in tree:
        raise Garbled(f"no envelope: {sorted(tree)}")
    return tree["data"]
