"""Ports: what the core and the shell need from outside, as protocols. The composition root injects implementations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, runtime_checkable

from jackline.core.events import Now
from jackline.core.opportunity import Probabilities
from jackline.core.orders import Bar
from jackline.core.values import ONE, ZERO, Fraction, Side, WireMs


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


WARMUP_BARS_MAX = 600
"""An engine keeps so many bars of each symbol: no strategy may need more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A strategy's wish: a direction and why, in words the journal keeps.

    `confidence` is the probability that the strategy gives its wish, 0 … 1, for the gates and sizes that ask; None
    where it does not say. `probabilities` are a model's, of both sides; the opportunity gate judges them. Types are
    checked when a signal is made: strategies are written by people whose code nobody has checked.
    """

    side: Side
    reason: str
    confidence: Fraction | None = None
    probabilities: Probabilities | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.side, Side):  # pyright: ignore[reportUnnecessaryIsInstance]  # the runtime check
            raise TypeError(f"side is {self.side!r}; give Side.LONG or Side.SHORT")
        if not isinstance(self.reason, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # the runtime check
            raise TypeError(f"reason is {self.reason!r}; give a text")
        self.reason.encode()  # raises for half a surrogate pair: no journal could hold it
        sure = self.confidence
        if sure is not None and (type(sure) is not Decimal or not ZERO <= sure <= ONE):
            raise ValueError(f"confidence is {sure!r}; give a Decimal from 0 to 1, or None")
        both = self.probabilities
        if both is not None and type(both) is not Probabilities:
            raise TypeError(f"probabilities are {both!r}; give Probabilities(long=…, short=…), or None")


class Strategy(Protocol):
    """Decides on completed bars only. Pure: the same bars give the same signal (D2, D4)."""

    @property
    def name(self) -> str:
        """Name in configuration and journal."""
        ...

    @property
    def warmup_bars(self) -> int:
        """Completed bars needed for a decision, 1 … `WARMUP_BARS_MAX`."""
        ...

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        """Wish at the close of the last bar of `bars` (oldest first, no gaps), or None.

        An engine shows the last `warmup_bars` bars and no other: what it has kept by the chance of its start must not
        decide.
        """
        ...


class Model(Protocol):
    """Opinions of completed bars, of whoever has learnt from others. Pure, like a strategy; None is no opinion (M2)."""

    @property
    def name(self) -> str:
        """With a hash of what it is, for the journal."""
        ...

    @property
    def warmup_bars(self) -> int:
        """As a strategy's."""
        ...

    def entry_threshold(self, side: Side) -> Fraction | None:
        """The probability from which on an entry was meant to be made; None where it has no model for this side."""
        ...

    def exit_threshold(self, side: Side) -> Fraction | None:
        """The same of an exit."""
        ...

    def entry(self, bars: Sequence[Bar]) -> Probabilities | None:
        """Of a rise and of a fall, at the close of the last bar."""
        ...

    def exit(self, bars: Sequence[Bar], side: Side) -> Fraction | None:
        """Probability that a position of `side` should end now."""
        ...


@runtime_checkable
class ExitStrategy(Strategy, Protocol):
    """A strategy that also says when its trades are over. Optional: without it stop, trail and hold end them.

    It can only close: whatever it says, no stop moves away and no exit of ours waits (M2).
    """

    def exit_confidence(self, bars: Sequence[Bar], side: Side) -> Fraction | None:
        """Probability, 0 … 1, at the close of the last bar of `bars` that a position of `side` should end now; None is
        no opinion. Bars as `signal` is shown them, and like it pure."""
        ...
