"""One symbol's market as the venue sees it: prices, and the bars made of them."""

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from jackline.exchange.ports import Candle, Tick
from jackline.exchange.symbols import Symbol
from jackline.exchange.values import ZERO, Side, SymbolStatus, to_nearest

CANDLES_MAX: Final = 20_000
"""Base bars kept per symbol: two weeks of minutes, and more than any listing may ask for."""


@dataclass(slots=True, kw_only=True)
class Market:
    """Last and mark price with the last before it, and the base bars: complete ones and the one being
    formed. `silent_since_ms` is set while nobody knows the price: the wire time of the last that was known."""

    symbol: Symbol
    interval_ms: int
    status: SymbolStatus = SymbolStatus.TRADING
    silent_since_ms: int | None = None
    half_spread_fraction: Decimal = ZERO
    last: Decimal = ZERO
    prev_last: Decimal = ZERO
    mark: Decimal = ZERO
    prev_mark: Decimal = ZERO
    market_ms: int = 0
    funding_fraction: Decimal = ZERO
    candles: deque[Candle] = field(default_factory=lambda: deque(maxlen=CANDLES_MAX))
    forming: Candle | None = None

    @property
    def standing(self) -> SymbolStatus:
        """What traders are told: a market of which nothing is heard does not trade."""
        return self.status if self.silent_since_ms is None else SymbolStatus.BREAK

    def known_ms(self, wire_ms: int) -> int:
        """When the price was as it is shown: now, unless nothing is heard."""
        return wire_ms if self.silent_since_ms is None else self.silent_since_ms

    def seed(self, candles: tuple[Candle, ...]) -> None:
        """Starts from history, so that there is a price before the first tick."""
        self.candles.extend(candles)
        if candles:
            self.last = self.prev_last = to_nearest(candles[-1].close, self.symbol.tick)
            self.mark = self.prev_mark = self.last
            self.market_ms = candles[-1].open_ms + self.interval_ms

    def move(self, tick: Tick) -> None:
        last = to_nearest(tick.last, self.symbol.tick)
        self.prev_last, self.prev_mark = self.last or last, self.mark or tick.mark
        self.last, self.mark, self.market_ms = last, tick.mark, tick.market_ms
        self._form(tick, last)

    def taker_price(self, side: Side) -> Decimal:
        """What a taker pays or gets: the last price, worse by half the spread."""
        raw = self.last * (1 + side.sign * self.half_spread_fraction)
        return to_nearest(raw, self.symbol.tick)

    def _form(self, tick: Tick, last: Decimal) -> None:
        if tick.closes is not None:
            self.candles.append(tick.closes)
            self.forming = None
            return
        open_ms = tick.market_ms // self.interval_ms * self.interval_ms
        bar = self.forming
        if bar is None or bar.open_ms != open_ms:
            self.forming = Candle(
                open_ms=open_ms, open=last, high=last, low=last, close=last, volume=tick.volume
            )
            return
        self.forming = Candle(
            open_ms=open_ms,
            open=bar.open,
            high=max(bar.high, last),
            low=min(bar.low, last),
            close=last,
            volume=bar.volume + tick.volume,
        )

    def bars(self, interval_ms: int, count: int) -> list[Candle]:
        """The latest `count` bars of `interval_ms`, oldest first, the last one possibly incomplete.

        `interval_ms` is a multiple of the base interval.
        """
        factor = interval_ms // self.interval_ms
        wanted = (count + 1) * factor
        base = list(self.candles)[-wanted:]
        if self.forming is not None:
            base.append(self.forming)
        merged: list[Candle] = []
        for bar in base:
            open_ms = bar.open_ms // interval_ms * interval_ms
            if merged and merged[-1].open_ms == open_ms:
                merged[-1] = _joined(merged[-1], bar)
            else:
                merged.append(
                    Candle(
                        open_ms=open_ms,
                        open=bar.open,
                        high=bar.high,
                        low=bar.low,
                        close=bar.close,
                        volume=bar.volume,
                    )
                )
        return merged[-count:]


def _joined(first: Candle, second: Candle) -> Candle:
    return Candle(
        open_ms=first.open_ms,
        open=first.open,
        high=max(first.high, second.high),
        low=min(first.low, second.low),
        close=second.close,
        volume=first.volume + second.volume,
    )
