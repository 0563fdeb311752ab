"""What a strategy says at every close, worked out once: a sweep varies what is made of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from jackline.core.orders import Bar
from jackline.core.ports import Signal, Strategy
from jackline.core.values import MarketMs, Price, Quantity, Side, Symbol
from jackline.data.candles import Candles
from jackline.data.problems import utc
from jackline.engine.bars import told as raised
from jackline.research.refusal import ResearchRefused
from jackline.research.sweep.arrays import Flags, Whole
from jackline.research.sweep.bar_rules import ONE
from jackline.strategies.from_file import inside

NO_OPINION = -1
"""In place of a probability."""

Progress = Callable[[int, int], None]
"""Hears how many bars are done, of how many."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Signals:
    """Opinions at the close of each bar, shape (bars,). Probabilities are in parts of `bar_rules.ONE`.

    Attributes:
        name: whose, for people and the ledger of trials.
        sides: +1, −1 or 0: the wish of a strategy that says no probabilities; None where it says them.
        p_long, p_short: of a strategy driven by a model, `NO_OPINION` where it has none; None for other strategies.
        end_long, end_short: that a trade of that side should end; None where nothing says so.
        forbidden: (2, bars): 1 where the regime forbids a side, whatever is swept; None where nothing does.
        least_long, least_short: below them the model's strategy wishes for nothing, whatever is swept.
    """

    name: str
    sides: Flags | None = None
    p_long: Whole | None = None
    p_short: Whole | None = None
    end_long: Whole | None = None
    end_short: Whole | None = None
    forbidden: Flags | None = None
    least_long: int = 0
    least_short: int = 0

    def __post_init__(self) -> None:
        if (self.sides is None) == (self.p_long is None or self.p_short is None):
            raise ResearchRefused(
                f"{self.name}: signals are sides, or probabilities of both. Fix: give one of them"
            )

    @property
    def is_model(self) -> bool:
        """It says probabilities."""
        return self.sides is None

    def __len__(self) -> int:
        return (
            len(self.sides) if self.sides is not None else len(self.p_long) if self.p_long is not None else 0
        )


def signals_of_sides(name: str, sides: Flags) -> Signals:
    """Signals from an array of +1, −1 and 0, one for each bar's close. Raises ResearchRefused for anything else."""
    found = np.ascontiguousarray(sides, dtype=np.int8)
    if found.ndim != 1 or not np.array_equal(found, sides) or not np.isin(found, (-1, 0, 1)).all():
        raise ResearchRefused(f"{name}: a side is 1 for long, -1 for short, 0 for none. Fix: give one a bar")
    return Signals(name=name, sides=found)


def scaled(probabilities: np.ndarray) -> Whole:
    """Probabilities in parts of `ONE`, rounded to the nearest; nan becomes `NO_OPINION`."""
    filled = np.where(np.isnan(probabilities), NO_OPINION / ONE, probabilities)
    found: Whole = np.rint(filled * ONE).astype(np.int64)
    return found


def rule_signals(strategy: Strategy, candles: Candles, *, progress: Progress | None = None) -> Signals:
    """What a rule wishes for at every close, asked as the engine asks it: with its last `warmup_bars` bars.

    Raises:
        ResearchRefused: it failed. An engine opens nothing at such a bar; what is swept must not hide that.
    """
    bars, needed = bars_of(candles), strategy.warmup_bars
    sides = np.zeros(len(bars), np.int8)
    for end in range(needed, len(bars) + 1):
        wish = _wish(strategy, bars[end - needed : end])
        if wish is not None:
            sides[end - 1] = 1 if wish.side is Side.LONG else -1
        if progress is not None and end % PROGRESS_BARS == 0:
            progress(end, len(bars))
    return Signals(name=told(strategy), sides=sides)


def _wish(strategy: Strategy, bars: list[Bar]) -> Signal | None:
    try:
        wish = strategy.signal(tuple(bars))
        if wish is not None and type(wish) is not Signal:
            raise TypeError(f"signal() gave a {type(wish).__name__}, neither a Signal nor None")
    except Exception as error:  # the user's code: he is told what it raised
        raise ResearchRefused(
            f"{strategy.name}: {raised(error)}, asked with the bar of {utc(bars[-1].open_ms)}. Fix: correct the"
            " strategy; an engine would open nothing at such a bar"
        ) from error
    return wish


PROGRESS_BARS = 500
"""Between two words of progress."""


def told(strategy: Strategy) -> str:
    """Name and parameters of a strategy, for people."""
    own = inside(strategy)
    declared = getattr(own, "__dataclass_fields__", {})
    stated = [f"{name}={getattr(own, name)}" for name in declared if name != "model"]
    return f"{strategy.name}({', '.join(stated)})" if stated else strategy.name


def bars_of(candles: Candles) -> list[Bar]:
    """Candles as the bars that a strategy is shown; prices as they are written."""
    columns = zip(
        candles.open_ms.tolist(),
        candles.open.tolist(),
        candles.high.tolist(),
        candles.low.tolist(),
        candles.close.tolist(),
        candles.volume.tolist(),
        strict=True,
    )
    return [
        Bar(
            symbol=Symbol(candles.symbol),
            open_ms=MarketMs(open_ms),
            interval_ms=candles.interval_ms,
            open=Price(Decimal(str(opened))),
            high=Price(Decimal(str(high))),
            low=Price(Decimal(str(low))),
            close=Price(Decimal(str(close))),
            volume=Quantity(Decimal(str(volume))),
        )
        for open_ms, opened, high, low, close, volume in columns
    ]
