"""A strategy that wants something at random: the same bars give the same wish, as every strategy must (D2, D4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from jackline.core.orders import Bar
from jackline.core.ports import Signal
from jackline.core.values import Fraction, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Whims:
    """Wishes for a side at a bar's close with probability `rate`, and for an exit with `exit_rate`."""

    seed: int
    rate: float
    exit_rate: float = 0.0

    @property
    def name(self) -> str:
        """Name in configuration and journal."""
        return "whims"

    @property
    def warmup_bars(self) -> int:
        """One bar."""
        return 1

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        """A coin for each bar."""
        bar = bars[-1]
        coin = Random(f"{self.seed}/whim/{bar.symbol}/{bar.open_ms}")
        if coin.random() >= self.rate:
            return None
        return Signal(side=Side.LONG if coin.random() < 0.5 else Side.SHORT, reason="a whim")

    def exit_confidence(self, bars: Sequence[Bar], side: Side) -> Fraction | None:
        """Another coin; how sure it is, is a third."""
        bar = bars[-1]
        coin = Random(f"{self.seed}/exit/{bar.symbol}/{side}/{bar.open_ms}")
        if coin.random() >= self.exit_rate:
            return None
        return Fraction(Decimal(int(1_000 * coin.random())) / 1_000)
