"""Strategies that decide nothing: their signals come from outside, by hand or by webhook, and pass the same gates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from jackline.core.bots import SignalSource
from jackline.core.orders import Bar
from jackline.core.ports import Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Manual:
    """Opens what a person asks for with `jackline signal`, and nothing by itself."""

    source: ClassVar[SignalSource] = SignalSource.MANUAL

    @property
    def name(self) -> str:
        return "manual"

    @property
    def warmup_bars(self) -> int:
        """One: a signal is taken to know the newest complete bar."""
        return 1

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        """Nothing, ever."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Opens what an alert asks for at `jackline webhook`, e.g. one of TradingView, and nothing by itself."""

    source: ClassVar[SignalSource] = SignalSource.WEBHOOK

    @property
    def name(self) -> str:
        return "webhook"

    @property
    def warmup_bars(self) -> int:
        """One: a signal is taken to know the newest complete bar."""
        return 1

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        """Nothing, ever."""
        return None
