"""One rule that every engine here can express, on bars that none of them can misread. Only numpy is needed.

At the close of a bar a given side is wished for, where nothing is open. The entry is filled at the next open, which on
these bars is the price of the close. A stop and a target stand at given prices; the stop comes first in a bar that
touches both, and one that the open has passed is filled at the open. No slippage, a fee of 5 bps each way.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

STOP, TARGET, FEE = 0.004, 0.008, 0.0005
LOOKBACK = 30
"""Bars whose highest close a close must beat."""
INTERVAL_MS = 60_000
TICKS_PER_UNIT = 1_000
REPEATS = 5


def bars_of(path: Path | None, count: int) -> np.ndarray:
    """Rows of open time, open, high, low, close; generated where there is no file. Shape (bars, 5)."""
    if path is not None:
        rows = np.genfromtxt(path, delimiter=",", skip_header=1, usecols=range(5))
        return rows[:count]
    chance = np.random.default_rng(7)
    close = np.round(47_000 * np.exp(np.cumsum(chance.standard_t(4, count) * 0.0005)), 1)
    opened = np.concatenate(([47_000.0], close[:-1]))
    high = np.round(np.maximum(opened, close) * (1 + np.abs(chance.normal(0, 0.0003, count))), 1)
    low = np.round(np.minimum(opened, close) * (1 - np.abs(chance.normal(0, 0.0003, count))), 1)
    times = 1_640_908_800_000 + INTERVAL_MS * np.arange(count)
    return np.column_stack((times, opened, high, low, close))


def sides_of(bars: np.ndarray, lookback: int = LOOKBACK) -> np.ndarray:
    """+1 where a close is the highest of `lookback`, −1 the lowest, and the next open is the close; else 0."""
    opened, close = bars[:, 1], bars[:, 4]
    windows = np.lib.stride_tricks.sliding_window_view(close, lookback)[:-1]
    sides = np.zeros(len(bars), np.int8)
    sides[lookback:] = (close[lookback:] > windows.max(axis=1)).astype(np.int8)
    sides[lookback:] -= (close[lookback:] < windows.min(axis=1)).astype(np.int8)
    sides[:-1][opened[1:] != close[:-1]] = 0
    sides[-1] = 0
    return sides


def levels(entry: float, side: int) -> tuple[float, float]:
    """Stop and target of an entry on the tick: up for a long, down for a short. In whole ticks, so that it is exact."""
    ticks, parts = round(entry * TICKS_PER_UNIT), 10_000
    away = [ticks * (parts - side * round(STOP * parts)), ticks * (parts + side * round(TARGET * parts))]
    found = [-(-one // parts) if side > 0 else one // parts for one in away]
    return found[0] / TICKS_PER_UNIT, found[1] / TICKS_PER_UNIT


def reference(bars: np.ndarray, sides: np.ndarray) -> list[list[float]]:
    """Entry bar, exit bar, side, entry price, exit price of every trade that ends: by plain Python."""
    found: list[list[float]] = []
    side, stop, target, entry, begin = 0, 0.0, 0.0, 0.0, 0
    rows, wishes = bars.tolist(), sides.tolist()
    for at, (_, opened, high, low, _) in enumerate(rows):
        if side == 0 and at and wishes[at - 1]:
            side, entry, begin = wishes[at - 1], opened, at
            stop, target = levels(entry, side)
        if side == 0:
            continue
        price = None
        if (opened - stop) * side <= 0:
            price = opened
        elif ((low if side > 0 else high) - stop) * side <= 0:
            price = stop
        elif (opened - target) * side >= 0:
            price = opened
        elif ((high if side > 0 else low) - target) * side >= 0:
            price = target
        if price is not None:
            found.append([begin, at, side, entry, price])
            side = 0
    return found


def read(place: str) -> tuple[np.ndarray, np.ndarray]:
    """What `peers.py` has written for everybody: bars and sides."""
    with np.load(place) as held:
        return held["bars"], held["sides"]


def measured(run: Callable[[], Any], repeats: int = REPEATS) -> tuple[Any, dict[str, float]]:
    """What it gives, and the least processor and wall seconds of so many runs. The first run is not counted."""
    found = run()
    cpu, wall = [], []
    for _ in range(repeats):
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        found = run()
        cpu.append(time.process_time() - cpu_s)
        wall.append(time.perf_counter() - wall_s)
    return found, {"cpu_s": min(cpu), "wall_s": min(wall)}


def tell(**said: Any) -> None:
    """One line of JSON, the last of standard output, with the most memory that this process has had."""
    said["memory_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps(said) + "\n")
