"""Ports: what the core and the shell need from outside, as protocols. The composition root injects implementations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from jackline.core.events import Now
from jackline.core.orders import Bar
from jackline.core.values import Fraction, Side, WireMs


class World(Protocol):
    """What a process of ours may learn of its surroundings besides network and disk: time, identity and chance.

    Nothing else reads a clock, a process number or randomness (tests/house/test_seams.py), so that a simulation can
    be all of it.
    """

    def wire_ms(self) -> WireMs:
        """The host's wall clock, UTC epoch milliseconds. It may step."""
        ...

    def monotonic_s(self) -> float:
        """Seconds that never go back; their zero means nothing."""
        ...

    def pid(self) -> int:
        """This process's number on its host."""
        ...

    def host(self) -> str:
        """The host's name, for people."""
        ...

    def random(self) -> float:
        """A draw from [0, 1)."""
        ...


class Clock(Protocol):
    """The two clocks. `Now.market_ms` equals `Now.wire_ms` except in an accelerated demo."""

    def now(self) -> Now:
        """Both clocks, UTC epoch milliseconds."""
        ...

    def steady_ms(self) -> int:
        """Milliseconds that never step; their zero means nothing. They stand still while the host sleeps."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A strategy's wish: a direction and why, in words the journal keeps.

    `confidence`: the probability that the strategy gives it, 0 … 1; None where it has none.
    """

    side: Side
    reason: str
    confidence: Fraction | None = None


class Strategy(Protocol):
    """Decides on completed bars only. Pure: the same bars give the same signal (D2, D4)."""

    @property
    def name(self) -> str:
        """Name in configuration and journal."""
        ...

    @property
    def warmup_bars(self) -> int:
        """Completed bars needed before the first signal may be believed."""
        ...

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        """Wish at the close of the last bar of `bars` (oldest first, no gaps), or None."""
        ...
