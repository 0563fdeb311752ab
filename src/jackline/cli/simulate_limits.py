"""Where the CPU time of a simulated world goes, by room."""

from __future__ import annotations

import cProfile
import pstats
from collections import Counter
from collections.abc import Mapping
from pathlib import PurePath

from jackline.world.campaign import run
from jackline.world.experiment import draw
from jackline.world.profiles import PROFILES

SEEDS = (0, 1, 2)
"""A profile of more changes nothing about where the time goes."""

Place = tuple[str, int, str]
"""File, line, function, as the profiler names them; "~" is a built-in."""


def cpu_by_room(profile: str) -> dict[str, float]:
    """Shares of 1, largest first. What a built-in takes is charged to whoever called it."""
    profiler = cProfile.Profile()
    for seed in SEEDS:
        experiment = draw(seed, PROFILES[profile])
        profiler.enable()
        run(experiment)
        profiler.disable()
    rows: Mapping[Place, tuple[int, int, float, float, Mapping[Place, tuple[int, int, float, float]]]]
    rows = pstats.Stats(profiler).stats  # type: ignore[attr-defined] # typeshed does not show it
    shares: Counter[str] = Counter()
    for place, (_, _, own_s, _, callers) in rows.items():
        if place[0] == "~" and callers:
            for caller, (_, _, caller_s, _) in callers.items():
                shares[room(caller[0])] += caller_s  # type: ignore[assignment] # seconds, not a count
        else:
            shares[room(place[0])] += own_s  # type: ignore[assignment] # seconds, not a count
    total = sum(shares.values()) or 1.0
    return {name: seconds / total for name, seconds in shares.most_common()}


def room(file: str) -> str:
    """Ours by room; judges apart from the rest of the world; others by package."""
    parts = PurePath(file).parts
    if "jackline" in parts:
        inner = parts[len(parts) - 1 - parts[::-1].index("jackline") + 1 :]
        if inner[:2] == ("world", "judges"):
            return "judges"
        return inner[0] if len(inner) > 1 else "jackline"
    if "site-packages" in parts:
        return parts[parts.index("site-packages") + 1]
    return "asyncio" if "asyncio" in parts else "python"
