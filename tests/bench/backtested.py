"""How fast a backtest is, in bars per CPU second: nothing open, something open, and what a trade costs.

    python -m tests.bench.backtested

On generated bars, the least of several runs: other work on the machine makes every figure worse, never better.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np

from jackline.core.values import Side
from jackline.research.backtest.result import BacktestResult
from tests.research.bars_played import INTERVAL_MS, Row, played

BARS = 4_000
ROUNDS = 3


def calm(bars: int) -> list[Row]:
    """A market that wanders within a few ticks: no stop is near."""
    draws, rows, price = np.random.default_rng(0), list[Row](), 50_000.0
    for _ in range(bars):
        end = round(50_000 + (price - 50_000) * 0.99 + 15 * draws.standard_normal(), 1)
        rows.append((price, round(max(price, end) + 10, 1), round(min(price, end) - 10, 1), end))
        price = end
    return rows


def cpu_s(run: Callable[[], BacktestResult]) -> float:
    """The least of a few runs."""
    taken = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        run()
        taken.append(time.process_time() - begun)
    return min(taken)


def say(line: str) -> None:
    """To whoever started it."""
    sys.stdout.write(f"{line}\n")


def main() -> None:
    """Print the figures."""
    rows = calm(BARS)
    start = cpu_s(lambda: played(rows[:3], {}))
    flat = cpu_s(lambda: played(rows, {})) - start
    held = cpu_s(lambda: played(rows, {1: Side.LONG}, hold_max_ms=10**12)) - start
    every, hold = 8, 4
    wishes = dict.fromkeys(range(2, 800, every), Side.LONG)
    traded = cpu_s(lambda: played(rows[:800], wishes, hold_max_ms=hold * INTERVAL_MS)) - start
    trades = len(wishes)
    rest = (800 - trades * hold) * flat / BARS + trades * hold * held / BARS
    say(f"start          {1_000 * start:8.0f} ms")
    say(f"nothing open   {BARS / flat:8,.0f} bars a CPU second, {1e6 * flat / BARS:.0f} us each")
    say(f"something open {BARS / held:8,.0f} bars a CPU second, {1e6 * held / BARS:.0f} us each")
    say(f"a trade        {1_000 * (traded - rest) / trades:8.1f} ms: entry, stop, close, sweep, books")


if __name__ == "__main__":
    main()
