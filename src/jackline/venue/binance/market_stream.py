"""Bars and marks. Each completed bar is told once, in order, without a gap: a gap is read before the next
bar."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal

import msgspec
import structlog
from msgspec import Struct

from jackline.core.events import BarClosed, Event, MarkMoved
from jackline.core.orders import Bar
from jackline.core.values import MarketMs, Price, Quantity, Symbol
from jackline.venue.binance.facts import BARS_MAX, interval_name
from jackline.venue.net import Net, Socket
from jackline.venue.port import Failed
from jackline.venue.transport.socket import HEARTBEAT_S, Hide, SocketHandlers, as_it_is, run_socket

OPENING_BARS = 98
"""Read when a socket opens: a reconnect takes seconds; a longer silence reads more. With the forming one, as many as
weigh least."""

SYMBOLS_PER_SOCKET = 50
"""Two streams each: a hundred of the 1,024 that the venue carries on one socket, in an address of some 5,000 bytes, of
the 8,190 that servers commonly take. A socket that breaks darkens these symbols and no others."""

_log = structlog.get_logger("jackline.venue.market_stream")

ReadBars = Callable[[Symbol, int, int], Awaitable[tuple[Bar, ...] | Failed]]


class KlinePart(Struct, frozen=True):
    """``k`` of a kline frame: open time, interval, prices, volume, and whether the bar is complete."""

    t: int
    s: str
    o: Decimal
    h: Decimal
    l: Decimal  # noqa: E741 # low, the venue's letter
    c: Decimal
    v: Decimal
    x: bool


class KlineData(Struct, frozen=True, tag_field="e", tag="kline"):
    """A forming or completed bar."""

    k: KlinePart


class MarkData(Struct, frozen=True, tag_field="e", tag="markPriceUpdate"):
    """A mark price; ``mt`` is market time at the local exchange, elsewhere ``E`` is both."""

    s: str
    p: Decimal
    E: int
    mt: int | None = None


class MarketFrame(Struct, frozen=True):
    """The envelope of a combined stream."""

    data: KlineData | MarkData


_decode = msgspec.json.Decoder(MarketFrame).decode


class MarketStreams:
    """The same over as many sockets as the symbols need: an address names every stream, and has an end."""

    def __init__(self, parts: Sequence[MarketStream]) -> None:
        self.parts = tuple(parts)

    async def run(self) -> None:
        """Keep all of them up for ever."""
        async with asyncio.TaskGroup() as group:
            for part in self.parts:
                group.create_task(part.run())


class MarketStream:
    """Pumps `symbols` into `sink` until cancelled. `after`: open time of the last bar already known."""

    def __init__(
        self,
        *,
        net: Net,
        root: str,
        symbols: tuple[Symbol, ...],
        interval_ms: int,
        after: dict[Symbol, MarketMs],
        read_bars: ReadBars,
        sink: Callable[[Event], None],
        heartbeat_s: float = HEARTBEAT_S,
        hide: Hide = as_it_is,
    ) -> None:
        self._net = net
        self._root = root
        self._symbols = symbols
        self._interval_ms = interval_ms
        self._last = dict(after)
        self._read_bars = read_bars
        self._sink = sink
        self._heartbeat_s = heartbeat_s
        self._hide = hide
        self._name = interval_name(interval_ms)

    async def run(self) -> None:
        """Keep the stream up for ever."""
        handlers = SocketHandlers(
            address=self._address,
            opened=self._opened,
            frame=self._frame,
            closed=lambda: None,
            companion=_nothing_to_tend,
        )
        await run_socket("market", handlers, net=self._net, heartbeat_s=self._heartbeat_s, hide=self._hide)

    async def _address(self) -> str | None:
        names = [
            stream
            for symbol in self._symbols
            for stream in (f"{symbol.lower()}@kline_{self._name}", f"{symbol.lower()}@markPrice@1s")
        ]
        return f"{self._root}/market/stream?streams={'/'.join(names)}"

    async def _opened(self, _: Socket) -> None:
        """What closed while no socket stood is read at once; later gaps are seen at the next bar."""
        for symbol in self._symbols:
            if symbol in self._last:
                await self._fill_gap(symbol, OPENING_BARS)

    async def _frame(self, text: str) -> bool:
        try:
            frame = _decode(text).data
        except msgspec.DecodeError as error:
            _log.warning("market_frame_not_understood", error=str(error))
            return True
        match frame:
            case MarkData():
                market_ms = frame.E if frame.mt is None else frame.mt
                mark = MarkMoved(symbol=Symbol(frame.s), mark=Price(frame.p), market_ms=MarketMs(market_ms))
                self._sink(mark)
            case KlineData() if frame.k.x:
                await self._on_bar(_bar(frame.k, self._interval_ms))
            case KlineData():
                pass
        return True

    async def _on_bar(self, bar: Bar) -> None:
        last = self._last.get(bar.symbol)
        if last is not None and bar.open_ms > last + self._interval_ms:
            await self._fill_gap(bar.symbol, (bar.open_ms - last) // self._interval_ms + 1)
            last = self._last[bar.symbol]
            if bar.open_ms > last + self._interval_ms:
                _log.warning("bar_gap_not_filled", symbol=bar.symbol, after_ms=last, before_ms=bar.open_ms)
                return
        self._tell(bar)

    async def _fill_gap(self, symbol: Symbol, wanted: int) -> None:
        """Read what lies after the last bar told; a read that does not reach back to it is made once,
        larger."""
        bars = await self._read_bars(symbol, self._interval_ms, wanted)
        if isinstance(bars, tuple) and bars and bars[0].open_ms > self._last[symbol] + self._interval_ms:
            bars = await self._read_bars(symbol, self._interval_ms, BARS_MAX)
        if not isinstance(bars, tuple):
            _log.warning("bar_gap_unreadable", symbol=symbol, cause=str(bars))
            return
        for bar in bars:
            self._tell(bar)

    def _tell(self, bar: Bar) -> None:
        last = self._last.get(bar.symbol)
        if last is not None and bar.open_ms <= last:
            return
        self._last[bar.symbol] = bar.open_ms
        self._sink(BarClosed(bar=bar))


async def _nothing_to_tend() -> None:
    await asyncio.get_running_loop().create_future()


def _bar(part: KlinePart, interval_ms: int) -> Bar:
    return Bar(
        symbol=Symbol(part.s),
        open_ms=MarketMs(part.t),
        interval_ms=interval_ms,
        open=Price(part.o),
        high=Price(part.h),
        low=Price(part.l),
        close=Price(part.c),
        volume=Quantity(part.v),
    )
