"""Public market data of a venue through ccxt, for the local exchange to mirror.

It stands here because the exchange itself may not know ccxt: a witness must not speak through the client it judges. No
key is ever given to this client, so nothing but public data can be asked for.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeVar

from jackline.exchange.ports import Candle, Seen, SourceSilentError

if TYPE_CHECKING:
    from collections.abc import Awaitable

DEADLINE_S: Final = 8.0
"""For everything asked at once; less than the silence after which a market stops."""

_MINUTE: Final = "1m"
_QUOTE: Final = "USDT"
_Answer = TypeVar("_Answer")


class CcxtSource:
    """`jackline.exchange.ports.Source` of one venue. Every read raises SourceSilentError where the venue does not
    answer in time, refuses, or says what cannot be read."""

    def __init__(self, client: Any, *, name: str, symbols: Mapping[str, str]) -> None:
        """`symbols` maps our names to ccxt's."""
        self.name = name
        self.symbols = tuple(symbols)
        self._client = client
        self._unified = dict(symbols)

    async def steps(self, symbol: str) -> tuple[Decimal, Decimal]:
        """Price and quantity step, as the venue's listing has them."""
        await self._asked(self._client.load_markets)
        return self._read(lambda: self._steps(symbol))

    def _steps(self, symbol: str) -> tuple[Decimal, Decimal]:
        precision = self._client.market(self._unified[symbol])["precision"]
        return _number(precision["price"]), _number(precision["amount"])

    async def bars(self, symbol: str, count: int) -> Sequence[Candle]:
        """The latest minutes, oldest first, the last one forming."""
        await self._asked(self._client.load_markets)
        unified = self._unified[symbol]
        if unified not in self._client.markets:
            message = (
                f"mirror {self.name}: no {unified} trades there. Fix: --mirror-symbols with some that do"
            )
            raise ValueError(message)
        rows = await self._asked(lambda: self._client.fetch_ohlcv(unified, _MINUTE, limit=count))
        return self._read(lambda: [_candle(row) for row in rows[-count:]])

    async def look(self, counts: Mapping[str, int]) -> Sequence[Seen]:
        """The named symbols side by side, and their marks in one question."""
        try:
            async with asyncio.TaskGroup() as tasks:
                marking = tasks.create_task(self._marks())
                reading = {symbol: tasks.create_task(self.bars(symbol, counts[symbol])) for symbol in counts}
        except* SourceSilentError as failed:
            raise SourceSilentError(str(failed.exceptions[0])) from failed
        marks = marking.result()
        return [
            Seen(symbol=symbol, bars=tuple(rows.result()), mark=mark, stamp_ms=stamp_ms)
            for symbol, rows in reading.items()
            for mark, stamp_ms in [marks.get(symbol, (None, None))]
        ]

    async def _marks(self) -> Mapping[str, tuple[Decimal | None, int | None]]:
        """Mark and its stamp by symbol; nothing from a venue that tells no marks."""
        unified = list(self._unified.values())
        if self._client.has.get("fetchMarkPrices"):
            rows = await self._asked(lambda: self._client.fetch_mark_prices(unified))
        elif self._client.has.get("fetchFundingRates"):
            rows = await self._asked(lambda: self._client.fetch_funding_rates(unified))
        else:
            return {}
        return self._read(
            lambda: {name: _mark(rows[one]) for name, one in self._unified.items() if one in rows}
        )

    async def close(self) -> None:
        """Hang up, within the deadline."""
        async with asyncio.timeout(DEADLINE_S):
            await self._client.close()

    async def _asked(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        import ccxt

        try:
            async with asyncio.timeout(DEADLINE_S):
                return await ask()
        except TimeoutError as error:
            message = f"mirror {self.name}: no answer within {DEADLINE_S:g} s"
            raise SourceSilentError(message) from error
        except ccxt.BaseError as error:
            message = f"mirror {self.name}: {type(error).__name__}: {str(error)[:200]}"
            raise SourceSilentError(message) from error

    def _read(self, read: Callable[[], _Answer]) -> _Answer:
        try:
            return read()
        except (ArithmeticError, AttributeError, LookupError, TypeError) as error:
            message = f"mirror {self.name}: an answer that cannot be read: {type(error).__name__}: {error}"
            raise SourceSilentError(message) from error


def open_source(venue: str, symbols: Sequence[str], *, url: str | None) -> CcxtSource:
    """A client of that venue for those symbols (BTCUSDT, ...); nothing is asked yet. `url` takes the place of the
    scheme and host of every address it has. Raises ValueError with the fix."""
    import ccxt.async_support as ccxt

    if venue not in ccxt.exchanges:
        message = f"--mirror {venue!r}: ccxt knows no such venue. Fix: e.g. --mirror binanceusdm"
        raise ValueError(message)
    client = getattr(ccxt, venue)(
        {"options": {"defaultType": "swap", "fetchCurrencies": False, "fetchMargins": False}}
    )
    if url is not None:
        client.urls["api"] = _moved(client.urls["api"], url.rstrip("/"))
    return CcxtSource(client, name=venue, symbols={name: _unified(name) for name in symbols})


def _unified(symbol: str) -> str:
    base = symbol.removesuffix(_QUOTE)
    if base in {"", symbol}:
        message = f"--mirror-symbols {symbol!r}: fix: linear contracts quoted in {_QUOTE}, e.g. BTC{_QUOTE}"
        raise ValueError(message)
    return f"{base}/{_QUOTE}:{_QUOTE}"


def _moved(place: Any, url: str) -> Any:
    """Every address in a tree of them, at another host."""
    if isinstance(place, dict):
        return {name: _moved(one, url) for name, one in place.items()}
    return re.sub(r"^[a-z]+://[^/]+", url, place) if isinstance(place, str) else place


def _candle(row: Sequence[Any]) -> Candle:
    open_ms, opened, high, low, close, volume = row[:6]
    return Candle(
        open_ms=int(open_ms),
        open=_number(opened),
        high=_number(high),
        low=_number(low),
        close=_number(close),
        volume=_number(volume),
    )


def _mark(row: Mapping[str, Any]) -> tuple[Decimal | None, int | None]:
    mark, stamp_ms = row.get("markPrice"), row.get("timestamp")
    return (None if mark is None else _number(mark)), (None if stamp_ms is None else int(stamp_ms))


def _number(value: object) -> Decimal:
    """The shortest text of a float reads back to it: 0.1 becomes Decimal("0.1")."""
    return Decimal(str(value))
