"""The rule by the sweep kernel: once, and over thousands of settings, bar by bar and passing over bars."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from decimal import Decimal

import numpy as np
from rule import FEE, INTERVAL_MS, STOP, TARGET, read, sides_of, tell

import jackline
from jackline.core.settings import RiskSettings
from jackline.core.values import Fraction
from jackline.data.candles import Candles
from jackline.research.costs import Costs
from jackline.research.sweep.arrays import LOG_COLUMNS, TALLY_COLUMNS, TRADES
from jackline.research.sweep.kernel import kernel
from jackline.research.sweep.market import Prepared, prepare
from jackline.research.sweep.points import Points, base_of, grid_of, read_axis
from jackline.research.sweep.runs import run_points, tables
from jackline.research.sweep.signals import Signals, signals_of_sides

GRID = ("stop=0.004:0.013:0.001", "target=0.006:0.033:0.003", "trail=0,0.004:0.02:0.002", "hold=60m:600m:60m")
ONCE = 300
"""Runs between two looks at the clock: one alone takes less than a millisecond."""
REPEATS = 7
LONG_BARS = 100_000
"""Beyond them a sweep bar by bar is measured once."""
RARE = 1_440
"""Bars whose highest close a rare wish must beat: a day."""


def candles_of(bars: np.ndarray) -> Candles:
    """The given bars; volume plays no part."""
    return Candles(
        symbol="BTCUSDT",
        interval_ms=INTERVAL_MS,
        open_ms=bars[:, 0].astype(np.int64),
        open=bars[:, 1],
        high=bars[:, 2],
        low=bars[:, 3],
        close=bars[:, 4],
        volume=np.ones(len(bars)),
    )


def once(prepared: Prepared, signals: Signals, risk: RiskSettings) -> None:
    """The rule of `rule.py` alone: time of a run, and its trades."""
    points = grid_of([], base_of(risk, stop=Decimal(str(STOP))))
    rows, settings = tables(prepared, signals, points, risk)
    said = {}
    log = np.zeros((len(prepared.candles), LOG_COLUMNS), np.int64)
    loops = kernel()
    count = 0
    for name, loop in (("dense", loops.one_dense), ("sparse", loops.one_sparse)):
        given = (prepared.market, rows, settings, prepared.frame, prepared.money)
        tallies, none = np.zeros((1, TALLY_COLUMNS)), np.zeros((0, 0))
        cpu, wall = [], []
        for _ in range(REPEATS):
            wall_s, cpu_s = time.perf_counter(), time.process_time()
            for _ in range(ONCE):
                count = loop(*given, tallies, none, log)
            cpu.append((time.process_time() - cpu_s) / ONCE)
            wall.append((time.perf_counter() - wall_s) / ONCE)
        said[name] = {"cpu_s": min(cpu), "wall_s": min(wall)}
    tick = float(prepared.tick)
    trades = [[int(one[0]), int(one[1]), int(one[2]), one[3] * tick, one[4] * tick] for one in log[:count]]
    tell(
        version=jackline.__version__,
        trades=trades,
        cpu_s=said["dense"]["cpu_s"],
        wall_s=said["dense"]["wall_s"],
        runs=said,
    )


def many(bars: np.ndarray, sides: np.ndarray, risk: RiskSettings) -> None:
    """Ten thousand settings with trails and holds, on every core: of the rule's wishes, and of rare ones."""
    prepared = prepare(candles_of(bars), tick=Decimal("0.1"), risk=risk)
    points = grid_of([_axis(text) for text in GRID], base_of(risk, stop=Decimal(str(STOP))))
    runs, same = [], True
    for wishes in (sides, sides_of(bars, RARE)):
        signals = signals_of_sides("given", wishes)
        tallies = []
        for loop in (True, False):
            cpu, wall, found = _timed(prepared, signals, points, risk, sparse=loop)
            tallies.append(found.tobytes())
            trades = float(found[:, TRADES].mean())
            runs.append({"sparse": loop, "trades": trades, "cpu_s": cpu, "wall_s": wall})
        same = same and tallies[0] == tallies[1]
    tell(version=jackline.__version__, settings=len(points), runs=runs, same=same)


def _timed(
    prepared: Prepared, signals: Signals, points: Points, risk: RiskSettings, *, sparse: bool
) -> tuple[float, float, np.ndarray]:
    """The least processor and wall seconds, and the tallies."""
    run_points(prepared, signals, points.part(0, 2), risk, sparse=sparse)  # compiled before the clock runs
    cpu, wall = [], []
    tallies = np.zeros((0, TALLY_COLUMNS))
    for _ in range(1 if len(prepared.candles) > LONG_BARS and not sparse else 3):
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        tallies = run_points(prepared, signals, points, risk, sparse=sparse).tallies
        cpu.append(time.process_time() - cpu_s)
        wall.append(time.perf_counter() - wall_s)
    return min(cpu), min(wall), tallies


def _axis(text: str) -> tuple[str, tuple[int, ...]]:
    """``trail=0,0.002:0.01:0.001`` is none, and a range."""
    name, _, wanted = text.partition("=")
    parts = wanted.split(",") if ":" in wanted else [wanted]
    found = [read_axis(f"{name}={one}")[1] for one in parts]
    return name, tuple(value for one in found for value in one)


def main() -> None:
    """`ours.py FILE once|many`."""
    bars, sides = read(sys.argv[1])
    risk = replace(
        RiskSettings(),
        target_fraction=Fraction(Decimal(str(TARGET))),
        hold_max_ms=INTERVAL_MS * len(bars),
        cooldown_ms=0,
    )
    if sys.argv[2] == "many":
        many(bars, sides, risk)
        return
    signals = signals_of_sides("given", sides)
    risk = replace(risk, collar_fraction=Fraction(Decimal(0)))
    costs = Costs(taker_fraction=Decimal(str(FEE)), slippage_bps=Decimal(0), funding_fraction=Decimal(0))
    prepared = prepare(
        candles_of(bars), tick=Decimal("0.001"), costs=costs, risk=risk, jump_leg_fraction=Decimal(1)
    )
    once(prepared, signals, risk)


main()
