"""A strategy that came out of a user's file, as everybody else sees it: named after the file's content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from jackline.core.orders import Bar
from jackline.core.ports import WARMUP_BARS_MAX, ExitStrategy, Signal, Strategy
from jackline.core.values import Fraction, Side
from jackline.strategies.parameters import ParametersRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class FromFile:
    """A user's strategy under a name that tells the content of its file, in every reason that the journal keeps.

    Name and warm-up are read once: they cannot change, or fail, while the engine runs.
    """

    strategy: Strategy
    name: str
    warmup_bars: int

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        """The user's wish; what is no signal is left for the engine to refuse."""
        signal = self.strategy.signal(bars)
        return (
            replace(signal, reason=f"{self.name}: {signal.reason}") if isinstance(signal, Signal) else signal
        )

    def exit_confidence(self, bars: Sequence[Bar], side: Side) -> Fraction | None:
        """The user's opinion on an open trade, where the file has one (M2)."""
        asked = self.strategy
        return asked.exit_confidence(bars, side) if isinstance(asked, ExitStrategy) else None


def inside(strategy: Strategy) -> Strategy:
    """Whose fields are the parameters: what the user wrote, not what stands around it."""
    return strategy.strategy if isinstance(strategy, FromFile) else strategy


def with_parameter(strategy: Strategy, name: str, value: float) -> Strategy | None:
    """A copy with another value of one parameter; None where its range, or the engine's memory, ends before."""
    own = inside(strategy)
    try:
        changed: Strategy = replace(own, **{name: value})  # type: ignore[type-var]  # a dataclass, where it declares
    except ParametersRefused:
        return None
    if not isinstance(strategy, FromFile):
        return changed
    if not 1 <= changed.warmup_bars <= WARMUP_BARS_MAX:
        return None
    return replace(strategy, strategy=changed, warmup_bars=changed.warmup_bars)
