"""How accounts are spread over workers. Pure: every worker reckons for itself, from the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A living worker: how many accounts it holds, and how many it may."""

    held: int
    capacity: int


def wanted(name: str, loads: Mapping[str, Load], accounts: int) -> int:
    """How many accounts worker `name` should hold now.

    Water in vessels: all the same, nobody above the own capacity, and what does not divide goes to those who hold more
    already, so that nothing moves without need. Where capacities do not reach, some accounts are nobody's.
    """
    if name not in loads:
        return 0
    level, rest = _level([load.capacity for load in loads.values()], accounts)
    has_room = [one for one, load in loads.items() if load.capacity > level]
    first = sorted(has_room, key=lambda one: (-loads[one].held, one))[:rest]
    return min(loads[name].capacity, level) + (name in first)


def _level(capacities: Sequence[int], accounts: int) -> tuple[int, int]:
    """How full every vessel is that has room, and what is left over then: less than there are vessels with room."""
    level, left = 0, accounts
    while True:
        room = [capacity - level for capacity in capacities if capacity > level]
        step = min(*room, left // len(room)) if room else 0
        if not step:
            return level, min(left, len(room))
        level, left = level + step, left - step * len(room)
