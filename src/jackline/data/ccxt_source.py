"""Candles and funding of a venue over ccxt. No key is ever given to this client: public data is all it can ask for."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import ccxt.async_support as ccxt

from jackline.data.intervals import spell
from jackline.data.problems import DataRefused
from jackline.data.source import CandleRow, FundingRow, VenueSilent

CLIENTS: Final = {"binance": "binanceusdm", "bingx": "bingx"}
"""Our names of venues, and ccxt's."""

DEADLINE_S: Final = 20.0
"""For one answer."""
PAUSES_S: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""Before a question is asked again: a minute in all, which is how long a venue's limit lasts."""
PAGE_BARS: Final = 1_000
"""Both venues tell so many at once."""
FUNDING_ROWS: Final = 1_000

_QUOTES: Final = ("USDT", "USDC")

Pause = Callable[[float], Awaitable[None]]
Say = Callable[[str], None]
"""A line for whoever waits."""


class CcxtSource:
    """`jackline.data.source.Source` of one venue."""

    page_bars: int = PAGE_BARS

    def __init__(
        self, client: Any, *, venue: str, environment: str, local: bool, pause: Pause, say: Say
    ) -> None:
        """`local`: it is a local exchange, whose market has a clock of its own."""
        self.venue = venue
        self.environment = environment
        self._client = client
        self._local = local
        self._pause = pause
        self._say = say

    @property
    def addresses(self) -> Any:
        """Where questions go: a tree of texts."""
        return self._client.urls["api"]

    async def now_ms(self, symbol: str) -> int:
        """The earlier of the venue's clock and, at a local exchange, its market's."""
        wire_ms = int(await self._asked(self._client.fetch_time))
        if not self._local:
            return wire_ms
        name = await self._unified(symbol)
        told = await self._asked(lambda: self._client.fetch_funding_rate(name))
        return min(wire_ms, int(told["info"]["mt"]))

    async def candles(
        self, symbol: str, interval_ms: int, *, first_ms: int, end_ms: int
    ) -> Sequence[CandleRow]:
        """At most `page_bars`. Both ends are told to the venue, for some answer a begin alone with the latest."""
        name = await self._unified(symbol)
        rows = await self._asked(
            lambda: self._client.fetch_ohlcv(
                name, spell(interval_ms), since=first_ms, limit=PAGE_BARS, params={"until": end_ms - 1}
            )
        )
        read = self._read(lambda: [_candle(row) for row in rows])
        return [row for row in sorted(read) if first_ms <= row[0] < end_ms]

    async def funding(self, symbol: str, *, first_ms: int, end_ms: int) -> Sequence[FundingRow]:
        """At most FUNDING_ROWS."""
        name = await self._unified(symbol)
        rows = await self._asked(
            lambda: self._client.fetch_funding_rate_history(
                name, since=first_ms, limit=FUNDING_ROWS, params={"until": end_ms - 1}
            )
        )
        read = self._read(lambda: [(int(row["timestamp"]), float(row["fundingRate"])) for row in rows])
        return [row for row in sorted(read) if first_ms <= row[0] < end_ms]

    async def close(self) -> None:
        """Hang up."""
        async with asyncio.timeout(DEADLINE_S):
            await self._client.close()

    async def _unified(self, symbol: str) -> str:
        await self._asked(self._client.load_markets)
        name = unified(symbol)
        if name not in self._client.markets:
            raise DataRefused(
                what="no such market",
                where=self.venue,
                value=f"{symbol} ({name})",
                fix="name a linear perpetual that trades there, e.g. BTCUSDT",
            )
        return name

    async def _asked(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        """Asked again after each pause while the venue is silent or at its limit; a refusal is not repeated."""
        pauses = iter(PAUSES_S)
        while True:
            try:
                async with asyncio.timeout(DEADLINE_S):
                    return await ask()
            except TimeoutError:
                why = f"no answer within {DEADLINE_S:g} s"
            except (
                ccxt.OperationFailed
            ) as error:  # a limit, a broken connection, maintenance, a garbled answer
                why = _said(error)
            except ccxt.BaseError as error:
                raise DataRefused(
                    what="the venue refused",
                    where=self.venue,
                    value=_said(error),
                    fix="see that the venue has this symbol and these bars",
                ) from error
            pause_s = next(pauses, None)
            if pause_s is None:
                raise VenueSilent(
                    f"{self.venue}: asked {len(PAUSES_S) + 1} times: {why}\n"
                    "  Fix: try again later; what was fetched is kept, and the next download goes on from there"
                )
            self._say(f"{self.venue}: {why}; asked again in {pause_s:g} s")
            await self._pause(pause_s)

    def _read(self, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise DataRefused(
                what="an answer that cannot be read",
                where=self.venue,
                value=f"{type(error).__name__}: {error}",
                fix="report it with the version of ccxt",
            ) from error


def open_source(
    venue: str,
    environment: str,
    *,
    url: str | None,
    pause: Pause = asyncio.sleep,
    say: Say = lambda _: None,
) -> CcxtSource:
    """A client of a venue; nothing is asked yet.

    Args:
        venue: one of CLIENTS.
        environment: `testnet` is asked at its own address.
        url: takes the place of the scheme and host of every address: a local exchange.
        pause: waits so many seconds.
        say: hears why it waits.

    Raises:
        DataRefused: for a venue that is not known here.
    """
    if venue not in CLIENTS:
        raise DataRefused(
            what="no such venue", where="--venue", value=repr(venue), fix=f"one of {', '.join(CLIENTS)}"
        )
    client = getattr(ccxt, CLIENTS[venue])(
        {"options": {"defaultType": "swap", "fetchCurrencies": False, "fetchMargins": False}}
    )
    if environment == "testnet":
        if venue == "binance":
            client.enable_demo_trading(True)
        else:
            client.set_sandbox_mode(True)
    if url is not None:
        client.urls["api"] = _moved(client.urls["api"], url.rstrip("/"))
    return CcxtSource(
        client, venue=venue, environment=environment, local=url is not None, pause=pause, say=say
    )


def unified(symbol: str) -> str:
    """BTCUSDT as ccxt writes it. Raises DataRefused for what is no linear perpetual."""
    quote = next((quote for quote in _QUOTES if symbol.endswith(quote) and symbol != quote), None)
    if quote is None:
        raise DataRefused(
            what="no linear perpetual",
            where="--symbol",
            value=repr(symbol),
            fix=f"one quoted in {' or '.join(_QUOTES)}, e.g. BTCUSDT",
        )
    return f"{symbol.removesuffix(quote)}/{quote}:{quote}"


def _moved(place: Any, url: str) -> Any:
    if isinstance(place, dict):
        return {name: _moved(one, url) for name, one in place.items()}
    return re.sub(r"^[a-z]+://[^/]+", url, place) if isinstance(place, str) else place


def _candle(row: Sequence[Any]) -> CandleRow:
    open_ms, opened, high, low, close, volume = row[:6]
    return int(open_ms), float(opened), float(high), float(low), float(close), float(volume)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error)[:200]}"
