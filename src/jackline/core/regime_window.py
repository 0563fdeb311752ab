"""The bars that one symbol's regime is judged by, and the figures of them, kept up bar by bar without rounding."""

from __future__ import annotations

from collections import deque
from decimal import Decimal

from jackline.core.orders import Bar
from jackline.core.regime import VOLATILITY_BARS, WARMUP_PERIODS, Average
from jackline.core.values import MarketMs, Price

PLACES = 18
"""Prices are taken to so many decimals; no venue writes as many."""
MORE_PLACES = 6
"""An average is told to so many more."""


class SlowAverage:
    """Exponential moving average of the last values: ``e ← e + w·(v − e)`` with ``w = 2 / (period + 1)``, seeded with
    the simple mean of the first `period` of them. Of `length` values at most: the oldest goes as one comes.

    It is kept in whole numbers, so that what leaves is taken out again to the last digit: the same values give the
    same average, whatever came before them (D4). With ``a = period − 1``, ``b = period + 1`` and ``m`` values v behind
    the seed it is ``(aᵐ·Σseed + 2·period·tail) / (period·bᵐ)``, where ``tail = Σ aᵐ⁻ʲ·bʲ⁻¹·vⱼ``, j from 1 to m.
    """

    def __init__(self, period: int, length: int) -> None:
        self._period, self._length = period, length
        self._values: deque[int] = deque()
        self._seed = self._tail = 0
        self._a_power = self._b_power = 1
        """``aᵐ`` and ``bᵐ``."""

    def add(self, value: int) -> None:
        """The next one, a whole number."""
        a, b, values = self._period - 1, self._period + 1, self._values
        values.append(value)
        if len(values) <= self._period:
            self._seed += value
        elif len(values) <= self._length:
            self._tail = a * self._tail + self._b_power * value
            self._a_power *= a
            self._b_power *= b
        else:
            into_seed = values[self._period]
            self._seed += into_seed - values.popleft()
            # Every term but the oldest has b in it: nothing is rounded.
            self._tail = (a * self._tail - self._a_power * into_seed) // b + self._b_power // b * value

    def value(self, scale: int) -> int:
        """`scale` times the average, rounded down. Of `period` values at least."""
        whole = self._a_power * self._seed + 2 * self._period * self._tail
        return whole * scale // (self._period * self._b_power)


class RegimeWindow:
    """The last `length` bars of one symbol, and the average that they give."""

    def __init__(self, *, period: int, length: int) -> None:
        self._period, self._length = period, length
        self._closes = SlowAverage(period, length)
        self._ranges: deque[Decimal] = deque()
        self._range_sum = Decimal(0)
        self._last: Bar | None = None

    @property
    def last(self) -> Bar | None:
        """The newest bar."""
        return self._last

    def add(self, bar: Bar) -> None:
        """The bar that follows the last one."""
        self._last = bar
        self._closes.add(int(bar.close.scaleb(PLACES)))
        self._ranges.append(bar.high - bar.low)
        self._range_sum += self._ranges[-1]
        if len(self._ranges) > self._length:
            self._range_sum -= self._ranges.popleft()

    def average(self) -> Average | None:
        """Where the last close stands; without a value below `WARMUP_PERIODS` periods. None before the first bar."""
        last, bars = self._last, len(self._ranges)
        if last is None:
            return None
        needed = WARMUP_PERIODS * self._period
        is_warm = bars >= needed
        return Average(
            symbol=last.symbol,
            close=last.close,
            value=self._value() if is_warm else None,
            bars=bars,
            bars_needed=needed,
            close_ms=MarketMs(last.open_ms + last.interval_ms),
            interval_ms=last.interval_ms,
            volatility_ratio=self._volatility_ratio() if is_warm else None,
        )

    def _value(self) -> Price:
        return Price(Decimal(self._closes.value(10**MORE_PLACES)).scaleb(-PLACES - MORE_PLACES))

    def _volatility_ratio(self) -> Decimal | None:
        """Mean range of the last `VOLATILITY_BARS` bars over the mean of all; 1 is usual. None where nothing moved."""
        if not self._range_sum:
            return None
        usual = self._range_sum / len(self._ranges)
        last = list(self._ranges)[-VOLATILITY_BARS:]
        return sum(last[1:], last[0]) / len(last) / usual
