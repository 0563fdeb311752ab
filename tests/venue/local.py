"""The local exchange on a market of our own writing, and our adapter in front of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Generic, TypeVar

import aiohttp

from jackline.core.orders import MarginType
from jackline.core.values import Symbol
from jackline.engine.startup import StreamingVenue
from jackline.exchange.account import AccountSpec
from jackline.exchange.ports import Candle, Tick
from jackline.exchange.state import Rules
from jackline.exchange.values import StopWhileFlat
from jackline.exchange.wire.server import Bound, ServeConfig, serve
from jackline.exchange.wire.wires import Wire
from jackline.venue.aiohttp_net import AiohttpNet
from jackline.venue.binance.connection import BinanceSettings
from jackline.venue.binance.venue import BinanceVenue, open_binance
from jackline.venue.bingx.connection import BingxSettings
from jackline.venue.bingx.venue import BingxVenue, open_bingx
from jackline.venue.net import Net
from jackline.venue.port import AccountFacts, SymbolFacts
from jackline.venue.transport.endpoint import Credentials, Endpoint, VenueMode
from jackline.venue.transport.gate import EntryPermit
from tests.venue.makers import BTC, BTC_DASH, WallClock

MINUTE = 60_000
START_MS = 1_760_000_040_000 // MINUTE * MINUTE


@dataclass
class ScriptedFeed:
    """One symbol at 60,000, except from the minutes in `path` on."""

    path: dict[int, str] = field(default_factory=dict)
    symbols: tuple[str, ...] = ("BTCUSDT",)
    interval_ms: int = MINUTE
    start_ms: int = START_MS
    end_ms: int = START_MS + 600 * MINUTE

    def history(self, symbol: str) -> Sequence[Candle]:
        return [_candle(self.start_ms + minute * MINUTE, Decimal(60_000)) for minute in range(-310, 0)]

    def ticks(self, net_side: Callable[[str], int]) -> Iterator[Tick]:
        last = Decimal(60_000)
        for minute in range(600):
            last = Decimal(self.path.get(minute, last))
            open_ms = self.start_ms + minute * MINUTE
            for offset_ms, closes in ((0, None), (MINUTE - 1, _candle(open_ms, last))):
                yield Tick(
                    symbol="BTCUSDT",
                    market_ms=open_ms + offset_ms,
                    last=last,
                    mark=last,
                    volume=Decimal(1),
                    closes=closes,
                )

    def crash(self, *, symbol: str, fraction: Decimal, over_ms: int) -> None:
        raise ValueError("a script does not bend")


def _candle(open_ms: int, last: Decimal) -> Candle:
    return Candle(open_ms=open_ms, open=last, high=last, low=last, close=last, volume=Decimal(2))


Adapter = TypeVar("Adapter", bound=StreamingVenue)


@dataclass
class Local(Generic[Adapter]):
    """A running exchange and its adapter."""

    venue: Adapter
    root: str
    _session: aiohttp.ClientSession

    async def control(self, path: str, order: dict[str, Any]) -> dict[str, Any]:
        async with self._session.post(f"{self.root}/local/v1/{path}", json=order) as response:
            assert response.status == 200, await response.text()
            answer: dict[str, Any] = await response.json()
            return answer

    async def remove(self, path: str) -> None:
        """Take down what `control` put up."""
        async with self._session.delete(f"{self.root}/local/v1/{path}") as response:
            assert response.status == 200, await response.text()

    async def run_to(self, minute: int) -> None:
        """Let the market run through the end of this minute, exactly."""
        stop_ms = START_MS + (minute + 1) * MINUTE - 1
        state = await self.control("market", {"hold": False, "ratio": 60_000.0, "hold_at_ms": stop_ms})
        async with asyncio.timeout(10):
            while not (state["held"] or state["ended"]):
                async with self._session.get(f"{self.root}/local/v1/state") as response:
                    state = await response.json()

    async def witness(self) -> dict[str, Any]:
        async with self._session.get(f"{self.root}/local/v1/witness") as response:
            testimony: dict[str, Any] = await response.json()
            return testimony


async def _done(future: asyncio.Future[Bound]) -> None:
    await future


@asynccontextmanager
async def served(
    *,
    wire: Wire,
    hedge: bool,
    path: dict[int, str] | None,
    stop_while_flat: StopWhileFlat = StopWhileFlat.ACCEPT,
    fill_parts: int = 1,
) -> AsyncIterator[str]:
    """The address of a held market at 60,000; the account has 10,000."""
    ports: asyncio.Future[Bound] = asyncio.get_running_loop().create_future()
    serving: asyncio.Future[None]
    account = AccountSpec(name="test", key="k", secret="s", balance=Decimal(10_000), hedge=hedge)
    config = ServeConfig(
        port=0,
        feed=ScriptedFeed(path=path or {}),
        accounts=(account,),
        held=True,
        rules=Rules(stop_while_flat=stop_while_flat, fill_parts=fill_parts),
        wire=wire,
    )
    serving = asyncio.ensure_future(serve(config, ready=ports.set_result))
    await asyncio.wait([serving, asyncio.ensure_future(_done(ports))], return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        serving.result()
    try:
        yield f"http://127.0.0.1:{ports.result().port}"
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


@asynccontextmanager
async def prepared(venue: Adapter, root: str, symbol: Symbol) -> AsyncIterator[Local[Adapter]]:
    """The adapter with its account read and the symbol at 4x isolated; closed afterwards."""
    try:
        async with aiohttp.ClientSession() as session:
            assert isinstance(await venue.read_account(), AccountFacts)
            assert isinstance(await venue.prepare_symbol(symbol, 4, MarginType.ISOLATED), SymbolFacts)
            yield Local(venue=venue, root=root, _session=session)
    finally:
        await venue.close()


@asynccontextmanager
async def local_exchange(
    *,
    hedge: bool = False,
    path: dict[int, str] | None = None,
    stop_while_flat: StopWhileFlat = StopWhileFlat.ACCEPT,
    fill_parts: int = 1,
    permit: EntryPermit = lambda _: None,
    net: Net | None = None,
) -> AsyncIterator[Local[BinanceVenue]]:
    """A held market at 60,000; the account has 10,000, and BTCUSDT is prepared at 4x isolated."""
    async with served(
        wire=Wire.BINANCE, hedge=hedge, path=path, stop_while_flat=stop_while_flat, fill_parts=fill_parts
    ) as root:
        settings = BinanceSettings(
            endpoint=Endpoint(mode=VenueMode.PAPER, base_url=root),
            credentials=Credentials(api_key="k", secret="s"),
        )
        venue = await open_binance(
            settings=settings, clock=WallClock(), permit=permit, net=net or AiohttpNet()
        )
        async with prepared(venue, root, BTC) as local:
            yield local


@asynccontextmanager
async def local_bingx(
    *,
    hedge: bool = False,
    path: dict[int, str] | None = None,
    fill_parts: int = 1,
    permit: EntryPermit = lambda _: None,
) -> AsyncIterator[Local[BingxVenue]]:
    """The same behind BingX's wire, where the symbol is BTC-USDT and an address has three orders a second."""
    async with served(wire=Wire.BINGX, hedge=hedge, path=path, fill_parts=fill_parts) as root:
        settings = BingxSettings(
            endpoint=Endpoint(mode=VenueMode.PAPER, base_url=root),
            credentials=Credentials(api_key="k", secret="s"),
        )
        venue = await open_bingx(settings=settings, clock=WallClock(), permit=permit, net=AiohttpNet())
        async with prepared(venue, root, BTC_DASH) as local:
            yield local
