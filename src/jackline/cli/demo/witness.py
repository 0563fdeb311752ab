"""The exchange's control surface as a typed client: the market's pace, and what the witness saw.

Only what the demo needs is declared; fields beyond that are ignored, so the exchange may say more.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, TypeVar

import aiohttp
import msgspec

from jackline.cli.errors import CommandFailed, ExitCode

TIMEOUT_S: Final = 5.0
"""The exchange is on this machine; a silence this long means that it is gone."""


class ExchangeGone(CommandFailed):
    """The local exchange does not answer, or not with what was asked."""

    def __init__(self, text: str) -> None:
        super().__init__(ExitCode.UNANSWERED, f"the local exchange is gone: {text}")


class Prices(msgspec.Struct, frozen=True, kw_only=True):
    last: Decimal
    mark: Decimal


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """Both clocks and all prices. `held`: market time stands and everything up to it has been applied."""

    wire_ms: int
    market_ms: int
    ratio: float
    held: bool
    ended: bool
    start_ms: int
    end_ms: int
    symbols: dict[str, Prices]


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """`amount` is signed; `position_side` is BOTH, LONG or SHORT."""

    symbol: str
    position_side: str
    amount: Decimal
    entry_price: Decimal


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """`fees` is what was paid (> 0); `realised` and `funding` are signed."""

    wallet_at_start: Decimal
    wallet: Decimal
    realised: Decimal
    fees: Decimal
    funding: Decimal
    positions: list[Position]


class StopFill(msgspec.Struct, frozen=True, kw_only=True):
    """A stop that fired. `gap`: the price stepped past the trigger instead of trading through it."""

    symbol: str
    position_side: str
    side: str
    client_algo_id: str
    trigger_price: Decimal
    fill_price: Decimal
    quantity: Decimal
    slip_bps: float
    gap: bool
    wire_ms: float
    market_ms: int


class Episode(msgspec.Struct, frozen=True, kw_only=True):
    """One position from flat to flat. `side` is BUY for a long; durations are exact wire milliseconds."""

    symbol: str
    position_side: str
    side: str
    entry_client_id: str
    opened_wire_ms: float
    opened_market_ms: int
    closed_wire_ms: float | None
    closed_market_ms: int | None
    max_quantity: Decimal
    exposed_ms: float
    naked_ms: float
    naked_now: bool
    naked_intervals: list[tuple[float, float]]
    naked_notional_ms: float
    liquidated: bool
    stop_fills: list[StopFill]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked of one route since the start. `refused`: over a limit, or from a banned address."""

    requests: int
    weight: int
    refused: int


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """Where the request weight went. `weight_max`: of the heaviest minute."""

    weight_max: int
    routes: dict[str, Asked]

    @property
    def refused(self) -> int:
        return sum(one.refused for one in self.routes.values())


class Episodes(msgspec.Struct, frozen=True, kw_only=True):
    """Positions that live or have closed since the moment asked for; `opened`: how many there were in all."""

    wire_exact_ms: float
    opened: int
    episodes: list[Episode]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A plain order; `algo_id` is set on what a triggered stop became."""

    client_id: str
    algo_id: int | None
    symbol: str
    position_side: str
    reducing: bool
    quantity: Decimal
    executed: Decimal


class Algo(msgspec.Struct, frozen=True, kw_only=True):
    """A conditional order, in whatever state."""

    client_id: str
    symbol: str
    side: str
    position_side: str
    type: str
    status: str
    reducing: bool
    close_position: bool
    quantity: Decimal
    trigger_price: Decimal


class Orphan(msgspec.Struct, frozen=True, kw_only=True):
    """An open order where there is no position."""

    client_id: str
    symbol: str
    type: str
    since_wire_ms: int


class Testimony(msgspec.Struct, frozen=True, kw_only=True):
    """Everything since the start."""

    wire_exact_ms: float
    accounts: dict[str, Account]
    episodes: list[Episode]
    stop_fills: list[StopFill]
    orders: list[Order]
    algos: list[Algo]
    orphans: list[Orphan]

    @property
    def account(self) -> Account:
        """The one account of a demo."""
        return next(iter(self.accounts.values()))

    @property
    def living(self) -> list[Episode]:
        """Positions open now."""
        return [episode for episode in self.episodes if episode.closed_wire_ms is None]


Answer = TypeVar("Answer")


class Witness:
    """Client of `/local/v1`. Every method raises ExchangeGone."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._base = f"{url}/local/v1"
        self._session = session

    async def market(self) -> Market:
        return await self._ask("GET", "state", Market)

    async def testimony(self) -> Testimony:
        return await self._ask("GET", "witness", Testimony)

    async def episodes(self, *, since_wire_ms: float) -> Episodes:
        """What has changed since then: a long run asks often, and its whole testimony grows with every trade."""
        return await self._ask("GET", f"episodes?since_wire_ms={since_wire_ms:.3f}", Episodes)

    async def traffic(self) -> Traffic:
        return await self._ask("GET", "traffic", Traffic)

    async def hold(self) -> Market:
        """Market time stops here; orders are still taken and filled."""
        return await self._ask("POST", "market", Market, {"hold": True})

    async def hold_at(self, market_ms: int) -> Market:
        """Market time will stop exactly there."""
        return await self._ask("POST", "market", Market, {"hold_at_ms": market_ms})

    async def resume(self, ratio: float) -> Market:
        """Market time runs on at this pace."""
        return await self._ask("POST", "market", Market, {"hold": False, "ratio": ratio})

    async def thin_prices(self, period_ms: float) -> None:
        """At most one price message a symbol in this wire time from now on."""
        await self._ask("POST", "switches", Market, {"price_period_ms": period_ms})

    async def crash(self, *, symbol: str, fraction: Decimal, over_ms: int) -> Market:
        """Bends the coming price of a generated market."""
        order = {"symbol": symbol, "fraction": str(fraction), "over_ms": over_ms}
        return await self._ask("POST", "market", Market, {"crash": order})

    async def _ask(
        self, verb: str, route: str, kind: type[Answer], body: dict[str, object] | None = None
    ) -> Answer:
        url = f"{self._base}/{route}"
        data = None if body is None else msgspec.json.encode(body)
        try:
            timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
            async with self._session.request(verb, url, data=data, timeout=timeout) as response:
                raw = await response.read()
                if response.status != 200:
                    raise ExchangeGone(f"{verb} {url}: {response.status} {raw[:200]!r}")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ExchangeGone(f"{verb} {url}: {type(error).__name__} {error}") from error
        try:
            return msgspec.json.decode(raw, type=kind)
        except msgspec.MsgspecError as error:
            raise ExchangeGone(f"{verb} {url}: an answer of another shape: {error}") from error
