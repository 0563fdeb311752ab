"""Bars and marks. Each completed bar is told once, in order, without a gap.

No frame says that a bar is complete: a candle of the next one, or a mark of its time, says so, and the bar is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import structlog

from jackline.core.events import BarClosed, Event, MarkMoved
from jackline.core.orders import Bar
from jackline.core.values import MarketMs, Price, Symbol
from jackline.venue.bingx.facts import BARS_MAX, interval_name
from jackline.venue.bingx.frames import CandleFrame, MarketHead, MarkFrame
from jackline.venue.bingx.packed import PackedNet
from jackline.venue.net import Socket, TalkingNet
from jackline.venue.port import Failed
from jackline.venue.transport.socket import HEARTBEAT_S, Hide, SocketHandlers, as_it_is, run_socket

SOCKET_PATH = "/swap-market"
OPENING_BARS = 100
"""Read when a socket opens: a reconnect takes seconds; a longer silence reads more."""
SETTLING_MS = 250
"""After the end of a bar, before a mark of that time has it read: the venue closes its candle first."""

_head = msgspec.json.Decoder(MarketHead).decode
_candles = msgspec.json.Decoder(CandleFrame).decode
_mark = msgspec.json.Decoder(MarkFrame).decode
_log = structlog.get_logger("jackline.venue.market_stream")

ReadBars = Callable[[Symbol, int, int], Awaitable[tuple[Bar, ...] | Failed]]


class MarketStream:
    """Pumps `symbols` into `sink` until cancelled. `after`: open time of the last bar already known."""

    def __init__(
        self,
        *,
        net: TalkingNet,
        root: str,
        symbols: tuple[Symbol, ...],
        interval_ms: int,
        after: dict[Symbol, MarketMs],
        read_bars: ReadBars,
        sink: Callable[[Event], None],
        hide: Hide = as_it_is,
    ) -> None:
        name = interval_name(interval_ms)
        wanted = [f"{symbol}@{kind}" for symbol in symbols for kind in (f"kline_{name}", "markPrice")]
        self._net = PackedNet(net, greetings=[_subscription(one) for one in wanted])
        self._root = root
        self._symbols = symbols
        self._interval_ms = interval_ms
        self._last = dict(after)
        self._asked: dict[Symbol, int] = {}
        self._read_bars = read_bars
        self._sink = sink
        self._hide = hide

    async def run(self) -> None:
        """Keep the stream up for ever."""
        handlers = SocketHandlers(
            address=self._address,
            opened=self._opened,
            frame=self._frame,
            closed=lambda: None,
            companion=_nothing_to_tend,
        )
        await run_socket("market", handlers, net=self._net, heartbeat_s=HEARTBEAT_S, hide=self._hide)

    async def _address(self) -> str | None:
        return f"{self._root}{SOCKET_PATH}"

    async def _opened(self, _: Socket) -> None:
        """What closed while no socket stood is read at once; later bars when they are over."""
        self._asked.clear()
        for symbol in self._symbols:
            if symbol in self._last:
                await self._catch_up(symbol, OPENING_BARS)

    async def _frame(self, text: str) -> bool:
        try:
            head = _head(text)
            if head.code != 0:
                _log.warning("subscription_refused", code=head.code, text=head.msg)
                return False
            symbol, _, kind = head.dataType.partition("@")
            if kind == "markPrice":
                await self._on_mark(_mark(text))
            elif kind.startswith("kline"):
                await self._on_candles(Symbol(symbol), _candles(text))
        except msgspec.DecodeError as error:
            _log.warning("market_frame_not_understood", error=str(error))
        return True

    async def _on_mark(self, frame: MarkFrame) -> None:
        mark, symbol = frame.data, Symbol(frame.data.s)
        market_ms = mark.E if mark.mt is None else mark.mt
        self._sink(MarkMoved(symbol=symbol, mark=Price(mark.p), market_ms=MarketMs(market_ms)))
        settled_ms = market_ms - SETTLING_MS
        await self._over_before(symbol, settled_ms // self._interval_ms * self._interval_ms)

    async def _on_candles(self, symbol: Symbol, frame: CandleFrame) -> None:
        if frame.data:
            await self._over_before(symbol, max(candle.T for candle in frame.data))

    async def _over_before(self, symbol: Symbol, open_ms: int) -> None:
        """Every bar that opened before `open_ms` is complete; those not told yet are read, once per bar."""
        last = self._last.get(symbol)
        newest = open_ms - self._interval_ms
        if self._asked.get(symbol, -1) >= newest or (last is not None and last >= newest):
            return
        self._asked[symbol] = newest
        await self._catch_up(symbol, 1 if last is None else (newest - last) // self._interval_ms)

    async def _catch_up(self, symbol: Symbol, wanted: int) -> None:
        """Read what lies after the last bar told; a read that does not reach back to it is made once, larger."""
        bars = await self._read_bars(symbol, self._interval_ms, wanted)
        last = self._last.get(symbol)
        short = (
            isinstance(bars, tuple)
            and bars
            and last is not None
            and bars[0].open_ms > last + self._interval_ms
        )
        if short:
            bars = await self._read_bars(symbol, self._interval_ms, BARS_MAX)
        if not isinstance(bars, tuple):
            _log.warning("bars_unreadable", symbol=symbol, cause=str(bars))
            self._asked.pop(symbol, None)
            return
        for bar in bars:
            self._tell(bar)
        told = self._last.get(symbol)
        if told is None or told < self._asked.get(symbol, -1):
            # The venue had not closed it yet: the next frame asks again.
            self._asked.pop(symbol, None)

    def _tell(self, bar: Bar) -> None:
        last = self._last.get(bar.symbol)
        if last is not None and bar.open_ms <= last:
            return
        self._last[bar.symbol] = bar.open_ms
        self._sink(BarClosed(bar=bar))


def _subscription(data_type: str) -> str:
    return msgspec.json.encode({"id": data_type, "reqType": "sub", "dataType": data_type}).decode()


async def _nothing_to_tend() -> None:
    await asyncio.get_running_loop().create_future()
