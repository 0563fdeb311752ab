"""A seeded market of several correlated symbols: regimes, jumps, and one flash crash in the middle."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from jackline.exchange.feeds.draws import Draws
from jackline.exchange.feeds.regimes import STEPS_PER_BAR, MarketSpec, Regime, Walker
from jackline.exchange.ports import Candle, Tick
from jackline.exchange.symbols import symbol_named

START_MS = 1_735_689_600_000  # 2025-01-01 00:00 UTC: any fixed midnight would do

_FLASH_FRACTION_MIN, _FLASH_FRACTION_MAX = 0.06, 0.10
_FLASH_STEPS = STEPS_PER_BAR // 5  # a minute on 5 m bars: each step is a jump of about two percent
_REBOUND_SHARE = Decimal("0.5")
_REBOUND_STEPS = 6 * STEPS_PER_BAR

_CRASH_FRACTION_MIN = Decimal("-0.95")
_CRASH_FRACTION_MAX = Decimal("10")

_LOT = Decimal("0.001")


# Where a symbol starts, and its turnover in quote in five minutes; about what the real ones had in 2024.
_STARTS: Final = {
    "BTCUSDT": (Decimal(60_000), 40e6),
    "ETHUSDT": (Decimal(3_000), 20e6),
    "SOLUSDT": (Decimal(150), 8e6),
    "BNBUSDT": (Decimal(600), 3e6),
    "XRPUSDT": (Decimal("0.6"), 4e6),
    "DOGEUSDT": (Decimal("0.15"), 3e6),
}
_OTHER_START: Final = (Decimal(10), 1e6)


class GeneratedFeed:
    """A `Feed` out of nothing but its arguments: the same ticks for the same arguments, everywhere and
    always.

    Every symbol ticks at the same STEPS_PER_BAR instants of a bar. It is pulled once: it is its own state.
    The open position (`net_side`) does not move it.
    """

    def __init__(
        self,
        symbols: Sequence[str],
        seed: int,
        interval_ms: int = 300_000,
        *,
        bars: int,
        history_bars: int = 400,
        start_ms: int = START_MS,
        tick_sizes: Mapping[str, Decimal] | None = None,
    ) -> None:
        """`bars` are served from `start_ms` on, after `history_bars` of the same walk.

        `tick_sizes` by symbol; one left out is the venue's.

        Raises ValueError.
        """
        if not symbols or len(set(symbols)) != len(symbols):
            raise ValueError(f"symbols {list(symbols)}: name at least one, each once")
        if interval_ms < STEPS_PER_BAR or bars < 1 or history_bars < 0:
            raise ValueError(
                f"interval_ms {interval_ms} (at least {STEPS_PER_BAR}), bars {bars} (at least 1), "
                f"history_bars {history_bars} (at least 0)"
            )
        self.symbols = tuple(symbols)
        self.interval_ms = interval_ms
        self.start_ms = start_ms
        self.end_ms = start_ms + bars * interval_ms
        self._bars = bars
        self._market = Draws(f"{seed}|market")
        self._walkers = {
            symbol: Walker(
                symbol=symbol, seed=seed, spec=_market_spec(symbol, tick_sizes), interval_ms=interval_ms
            )
            for symbol in symbols
        }
        self._pulled = False
        self._history: dict[str, list[Candle]] = {symbol: [] for symbol in symbols}
        for bar in range(-history_bars, 0):
            for tick in self._bar_ticks(bar):
                if tick.closes is not None:
                    self._history[tick.symbol].append(tick.closes)

    def tick_size(self, symbol: str) -> Decimal:
        return self._walkers[symbol].spec.tick_size

    def history(self, symbol: str) -> Sequence[Candle]:
        return self._history[symbol]

    def ticks(self, net_side: Callable[[str], int]) -> Iterator[Tick]:
        if self._pulled:
            raise ValueError("a generated feed is pulled once; build another of the same seed")
        self._pulled = True
        return self._served_ticks()

    def crash(self, *, symbol: str, fraction: Decimal, over_ms: int) -> None:
        """From the next tick on the price of `symbol` moves by `fraction` of itself within `over_ms` of
        market time (one tick at the least), in a straight line; then the walk goes on from there. Raises
        ValueError.
        """
        if symbol not in self._walkers:
            raise ValueError(f"symbol {symbol!r}: this feed has {', '.join(self.symbols)}")
        if not _CRASH_FRACTION_MIN <= fraction <= _CRASH_FRACTION_MAX or over_ms <= 0:
            raise ValueError(
                f"crash {fraction} over {over_ms} ms: the fraction lies in "
                f"[{_CRASH_FRACTION_MIN}, {_CRASH_FRACTION_MAX}], the time is positive"
            )
        self._walkers[symbol].bend((fraction, max(1, over_ms * STEPS_PER_BAR // self.interval_ms)))

    def _served_ticks(self) -> Iterator[Tick]:
        for bar in range(self._bars):
            if bar == self._bars // 2:
                self._flash_crash()
            yield from self._bar_ticks(bar)

    def _flash_crash(self) -> None:
        """All symbols fall together, each a little differently, and win part of it back."""
        for walker in self._walkers.values():
            width = _FLASH_FRACTION_MAX - _FLASH_FRACTION_MIN
            fraction = -Decimal(round(_FLASH_FRACTION_MIN + width * self._market.uniform(), 4))
            walker.enter(Regime.TURBULENT)
            walker.bend((fraction, _FLASH_STEPS), (fraction * (1 - _REBOUND_SHARE), _REBOUND_STEPS))

    def _bar_ticks(self, bar: int) -> Iterator[Tick]:
        open_ms = self.start_ms + bar * self.interval_ms
        forming: dict[str, Candle] = {}
        for walker in self._walkers.values():
            walker.begin_bar()
        for step in range(1, STEPS_PER_BAR + 1):
            market_ms = open_ms + step * self.interval_ms // STEPS_PER_BAR - 1
            common = self._market.normal()
            for symbol, walker in self._walkers.items():
                walker.step(common)
                last = walker.last_grid * walker.spec.tick_size
                volume = walker.volume_lots * _LOT
                candle = _grown(forming.get(symbol), open_ms=open_ms, price=last, volume=volume)
                forming[symbol] = candle
                yield Tick(
                    symbol=symbol,
                    market_ms=market_ms,
                    last=last,
                    mark=walker.mark_grid * walker.spec.tick_size,
                    volume=volume,
                    closes=candle if step == STEPS_PER_BAR else None,
                )


def _grown(candle: Candle | None, *, open_ms: int, price: Decimal, volume: Decimal) -> Candle:
    if candle is None:
        return Candle(open_ms=open_ms, open=price, high=price, low=price, close=price, volume=volume)
    return replace(
        candle,
        high=max(candle.high, price),
        low=min(candle.low, price),
        close=price,
        volume=candle.volume + volume,
    )


def _market_spec(symbol: str, tick_sizes: Mapping[str, Decimal] | None) -> MarketSpec:
    price, turnover_quote = _STARTS.get(symbol, _OTHER_START)
    given = (tick_sizes or {}).get(symbol)
    tick_size = symbol_named(symbol).tick if given is None else given
    return MarketSpec(price=price, tick_size=tick_size, turnover_quote=turnover_quote)
