"""A local exchange, on a real loopback socket or without a server, with a scripted market and clients to trade."""

import asyncio
import hashlib
import hmac
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import aiohttp
import msgspec
from yarl import URL

from jackline.exchange.account import AccountSpec
from jackline.exchange.ports import Candle, Tick
from jackline.exchange.state import Rules
from jackline.exchange.wire.call import WireOptions
from jackline.exchange.wire.exchange import Exchange, ExchangeConfig, open_exchange
from jackline.exchange.wire.faults import Rule
from jackline.exchange.wire.messages import Inbound, Outbound
from jackline.exchange.wire.misbehaviour import Board
from jackline.exchange.wire.server import Bound, ServeConfig, serve
from jackline.exchange.wire.wires import Wire
from tests.exchange import clients
from tests.exchange.worlds import HandClock

BAR_MS = 60_000
START_MS = 1_700_006_400_000
SYMBOLS = ("BTCUSDT", "ETHUSDT")
KEY, SECRET = "test-key", "test-secret"
ACCOUNTS = (
    AccountSpec(name="main", key=KEY, secret=SECRET, balance=Decimal(10_000)),
    AccountSpec(name="other", key="other-key", secret=SECRET, balance=Decimal(10_000)),
)
DEADLINE_S = 10.0


class ScriptedFeed:
    """BTCUSDT at the given prices, one tick a second of market time, after 400 flat minutes of history."""

    def __init__(self, prices: Sequence[int]) -> None:
        self.symbols: tuple[str, ...] = ("BTCUSDT",)
        self.interval_ms = BAR_MS
        self.start_ms = START_MS
        self.prices = [Decimal(price) for price in prices]
        self.end_ms = START_MS + BAR_MS * (len(prices) // 60 + 1)

    def history(self, symbol: str) -> Sequence[Candle]:
        price = self.prices[0]
        return [
            Candle(
                open_ms=START_MS - BAR_MS * back,
                open=price,
                high=price,
                low=price,
                close=price,
                volume=Decimal(back),
            )
            for back in range(400, 0, -1)
        ]

    def ticks(self, net_side: Callable[[str], int]) -> Iterator[Tick]:
        for index, price in enumerate(self.prices, start=1):
            closes = None
            if index % 60 == 0:
                bar = self.prices[index - 60 : index]
                closes = Candle(
                    open_ms=START_MS + BAR_MS * (index // 60 - 1),
                    open=bar[0],
                    high=max(bar),
                    low=min(bar),
                    close=price,
                    volume=Decimal(60),
                )
            yield Tick(
                symbol="BTCUSDT",
                market_ms=START_MS + index * 1_000 - (1 if closes else 0),
                last=price,
                mark=price,
                volume=Decimal(1),
                closes=closes,
            )

    def crash(self, *, symbol: str, fraction: Decimal, over_ms: int) -> None:
        raise ValueError("a script cannot be bent")


@dataclass(slots=True)
class Served:
    """A running exchange: raw signed requests, the control surface, and sockets."""

    port: int
    http: aiohttp.ClientSession
    tls_port: int | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def signed(
        self, method: str, path: str, *, secret: str = SECRET, key: str | None = KEY, **params: object
    ) -> tuple[int, Any]:
        sent = signed_text(secret, {"timestamp": int(time.time() * 1_000)} | params)
        return await self.raw(method, f"{path}?{sent}", key=key)

    async def raw(self, method: str, path: str, *, key: str | None = None) -> tuple[int, Any]:
        headers = {} if key is None else {"X-MBX-APIKEY": key}
        async with self.http.request(method, URL(self.url + path, encoded=True), headers=headers) as answer:
            return answer.status, await answer.json()

    async def control(self, path: str, **order: object) -> Any:
        method = "POST" if order else "GET"
        async with self.http.request(method, f"{self.url}/local/v1/{path}", json=order or None) as answer:
            return await answer.json()

    async def advance(self, ticks: int) -> Any:
        """Lets exactly `ticks` more seconds of market happen."""
        state = await self.control("state")
        target = state["market_ms"] + ticks * 1_000
        await self.control("market", hold=False, hold_at_ms=target)
        async with asyncio.timeout(DEADLINE_S):
            while not (state := await self.control("state"))["held"]:
                pass
        assert state["market_ms"] == target
        return state

    @asynccontextmanager
    async def socket(self, path: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        async with self.http.ws_connect(self.url + path) as socket:
            yield socket

    def ccxt(self, *, pro: bool = False, as_shipped: bool = False) -> AbstractAsyncContextManager[Any]:
        """An unmodified client at this address. `as_shipped`: with its own limiter, and with what the other address
        makes of its error map; else without the one, and with the map as in production."""
        client = clients.binance(self.url, pro=pro, apiKey=KEY, secret=SECRET, enableRateLimit=as_shipped)
        return clients.opened(client if as_shipped else clients.with_meanings(client))


def signed_text(secret: str, sent: dict[str, object]) -> str:
    text = urlencode(sent)
    return f"{text}&signature={signature(secret, text)}"


def signature(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


@dataclass(slots=True, eq=False)
class Ear:
    """A listener that is a list."""

    heard: list[Any] = field(default_factory=list)
    closed: bool = False

    def offer(self, frame: bytes) -> None:
        self.heard.append(msgspec.json.decode(frame))

    def hang_up(self) -> None:
        self.closed = True


@dataclass(slots=True)
class Unserved:
    """The exchange without a server: BTCUSDT and ETHUSDT at 60,000, accounts "main" and "other", time by hand."""

    draws: list[float] = field(default_factory=list)
    clock: HandClock = field(default_factory=HandClock)
    market_ms: int = START_MS
    exchange: Exchange = field(init=False)

    def __post_init__(self) -> None:
        self.exchange = open_exchange(
            ExchangeConfig(
                accounts=ACCOUNTS,
                symbols=SYMBOLS,
                interval_ms=BAR_MS,
                draw=lambda: self.draws.pop(0),
            ),
            self.clock,
        )
        self.tick(60_000)

    @property
    def board(self) -> Board:
        return self.exchange.floor.board

    def tick(self, price: int) -> None:
        self.market_ms += 1_000
        for symbol in SYMBOLS:
            self.exchange.floor.apply(
                Tick(
                    symbol=symbol,
                    market_ms=self.market_ms,
                    last=Decimal(price),
                    mark=Decimal(price),
                    volume=Decimal(1),
                )
            )
        self.exchange.floor.flush(force=True)

    def request(self, method: str, path: str, *, key: str = KEY, **params: object) -> Inbound:
        query = signed_text(SECRET, {"timestamp": self.clock.wire_ms()} | params)
        return Inbound(method=method, path=f"/fapi/{path}", query=query, headers={"x-mbx-apikey": key})

    def ask(self, method: str, path: str, *, key: str = KEY, **params: object) -> Outbound:
        return self.exchange.rest.respond(self.request(method, path, key=key, **params))

    def buy(self, *, key: str = KEY, **params: object) -> Outbound:
        """A market order for BTCUSDT; `params` say how much, and may say otherwise."""
        order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET"} | params
        return self.exchange.rest.respond(self.request("POST", "v1/order", key=key, **order))

    def user_ear(self, account: str = "main") -> Ear:
        """Someone on the account's user stream."""
        key = KEY if account == "main" else "other-key"
        opened = self.exchange.rest.respond(
            Inbound(method="POST", path="/fapi/v1/listenKey", query="", headers={"x-mbx-apikey": key})
        )
        ear = Ear()
        listen_key = msgspec.json.decode(opened.body)["listenKey"]
        assert self.exchange.floor.hub.attach("/private/ws", f"listenKey={listen_key}", ear)
        return ear


async def receive(socket: aiohttp.ClientWebSocketResponse, wanted: Callable[[Any], bool]) -> list[Any]:
    """Messages up to and including the first wanted one."""
    seen: list[Any] = []
    async with asyncio.timeout(DEADLINE_S):
        while True:
            seen.append(await socket.receive_json())
            if wanted(seen[-1]):
                return seen


@asynccontextmanager
async def exchange(
    prices: Sequence[int] = (60_000,) * 120,
    *,
    hedge: bool = False,
    rules: Rules | None = None,
    options: WireOptions | None = None,
    faults: tuple[Rule, ...] = (),
    tls: ssl.SSLContext | None = None,
    wire: Wire = Wire.BINANCE,
) -> AsyncIterator[Served]:
    """The market stands still until advanced; the first tick has been applied."""
    config = ServeConfig(
        port=0,
        feed=ScriptedFeed(prices),
        accounts=(AccountSpec(name="main", key=KEY, secret=SECRET, balance=Decimal(10_000), hedge=hedge),),
        ratio=50_000,
        held=True,
        faults=faults,
        rules=rules or Rules(),
        options=options or WireOptions(),
        tls=tls,
        wire=wire,
    )
    async with running(config) as served:
        yield served


@asynccontextmanager
async def running(config: ServeConfig) -> AsyncIterator[Served]:
    """An exchange as configured, until the end of the block."""
    bound: asyncio.Future[Bound] = asyncio.get_running_loop().create_future()
    server = asyncio.create_task(serve(config, ready=bound.set_result))
    try:
        waited: tuple[asyncio.Future[Any], ...] = (server, bound)
        await asyncio.wait(waited, timeout=DEADLINE_S, return_when=asyncio.FIRST_COMPLETED)
        if server.done():
            server.result()
        ports = bound.result()
        async with aiohttp.ClientSession() as http:
            yield Served(port=ports.port, tls_port=ports.tls_port, http=http)
    finally:
        server.cancel()
        await asyncio.gather(server, return_exceptions=True)
