"""Prices that move against people: a walk per symbol with jumps, glides, and a mark that strays from the last price."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from jackline.exchange.ports import Candle, Tick
from jackline.exchange.symbols import symbol_named
from jackline.world.draws import Draws

STARTS = {"BTCUSDT": 60_000.0, "ETHUSDT": 3_000.0, "SOLUSDT": 150.0}
OTHER_START = 5.0
"""Where a symbol begins that no experiment draws."""
LOT = Decimal("0.5")
HISTORY_BARS = 12
BAR_MS = 60_000
PRICE_FLOOR_FRACTION = 0.05
"""A cascade ends above zero."""


@dataclass(slots=True, kw_only=True)
class _Glide:
    """A fraction still to be walked in so many ticks."""

    each: float
    ticks: int


class SimMarket:
    """One symbol."""

    def __init__(self, name: str, draws: Draws, *, volatility: float, start_ms: int) -> None:
        self.name = name
        self._draws, self.volatility = draws, volatility
        self._tick_size = symbol_named(name).tick
        self._price = self._start = STARTS.get(name, OTHER_START)
        self._glides: list[_Glide] = []
        self._apart, self._apart_ticks = 0.0, 0
        self._forming: Candle | None = None
        self._start_ms = start_ms

    def jump(self, fraction: float) -> None:
        """With the next tick the price has moved by this fraction of itself."""
        self._glides.append(_Glide(each=fraction, ticks=1))

    def glide(self, fraction: float, ticks: int) -> None:
        """Move by a fraction of itself in so many equal steps."""
        self._glides.append(_Glide(each=fraction / ticks, ticks=ticks))

    def jump_to(self, price: Decimal) -> None:
        """With the next tick the price is this."""
        self._glides = [_Glide(each=float(price) / self._price - 1, ticks=1)]

    def stray(self, fraction: float, ticks: int) -> None:
        """Keep mark this far from the last price for so many ticks."""
        self._apart, self._apart_ticks = fraction, ticks

    def history(self) -> list[Candle]:
        """Bars before the start."""
        return [
            Candle(
                open_ms=self._start_ms - (HISTORY_BARS - bar) * BAR_MS,
                open=self._last(),
                high=self._last(),
                low=self._last(),
                close=self._last(),
                volume=LOT,
            )
            for bar in range(HISTORY_BARS)
        ]

    def step(self, market_ms: int, *, quiet: bool) -> Tick:
        """The next tick; `quiet`: no jumps of its own."""
        move = self.volatility * (self._draws.between(-1, 1) + self._draws.between(-1, 1))
        kept = []
        for glide in self._glides:
            move += glide.each
            glide.ticks -= 1
            if glide.ticks > 0:
                kept.append(glide)
        self._glides = kept
        if not quiet and self._draws.chance(0.002):
            move += self._draws.between(-0.01, 0.01)
        self._price = max(self._price * (1 + move), self._start * PRICE_FLOOR_FRACTION)
        last = self._last()
        mark = last
        if self._apart_ticks > 0:
            self._apart_ticks -= 1
            mark = self._grid(self._price * (1 + self._apart))
        return Tick(
            symbol=self.name,
            market_ms=market_ms,
            last=last,
            mark=mark,
            volume=LOT,
            closes=self._form(market_ms, last),
        )

    def _form(self, market_ms: int, last: Decimal) -> Candle | None:
        """The candle, where this tick is the last of its bar: it ends one millisecond before the next."""
        open_ms = market_ms // BAR_MS * BAR_MS
        bar = self._forming
        if bar is None or bar.open_ms != open_ms:
            bar = Candle(open_ms=open_ms, open=last, high=last, low=last, close=last, volume=Decimal(0))
        self._forming = bar = Candle(
            open_ms=open_ms,
            open=bar.open,
            high=max(bar.high, last),
            low=min(bar.low, last),
            close=last,
            volume=bar.volume + LOT,
        )
        return bar if (market_ms + 1) % BAR_MS == 0 else None

    def _last(self) -> Decimal:
        return self._grid(self._price)

    def _grid(self, price: float) -> Decimal:
        return round(Decimal(price) / self._tick_size) * self._tick_size


@dataclass(slots=True, kw_only=True)
class Calendar:
    """Market time: `ratio` times as fast as the world, in ticks that end bars exactly."""

    start_ms: int
    tick_market_ms: int
    ticks: int = 0

    def next(self) -> int:
        """Market time of the next tick, one millisecond before a round moment."""
        self.ticks += 1
        return self.start_ms + self.ticks * self.tick_market_ms - 1


def markets(names: tuple[str, ...], seed: int, *, volatility: float, start_ms: int) -> Iterator[SimMarket]:
    """One market a symbol, each with a stream of its own."""
    for name in names:
        yield SimMarket(name, Draws(seed, f"market/{name}"), volatility=volatility, start_ms=start_ms)
