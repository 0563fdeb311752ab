"""What a worker claims and gives back at one look. Pure: rows in, names out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from jackline.core.sharing import Load, wanted
from jackline.store.fleet import AccountRow, Me, WorkerRow

SETTLED_MS: Final = 60_000
"""An account moves for the sake of balance at most once in so long: each move restarts its engine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """An account that this worker holds. `is_leaving`: it was told to go and has not gone yet."""

    since_ms: int
    is_leaving: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimPlan:
    """What to do now.

    Attributes:
        claim: candidates, at most `at_most` of which are to be claimed.
        give_back: accounts, and why.
        free_since: when each was first seen to be free, kept from look to look.
    """

    claim: Sequence[str]
    at_most: int
    give_back: Mapping[str, str]
    free_since: Mapping[str, int]


def plan_claims(
    *,
    me: Me,
    accounts: Sequence[AccountRow],
    workers: Sequence[WorkerRow],
    mine: Mapping[str, Claimed],
    files: frozenset[str],
    free_since: Mapping[str, int],
    now_ms: int,
    patience_ms: int,
    is_calm: Callable[[str], bool],
) -> ClaimPlan:
    """One worker's part.

    It claims up to its fair share, and beyond it, as far as it can hold, what stayed free for longer than
    `patience_ms`: whoever should have taken that does not. It gives back what is no longer of the fleet, and for the
    sake of balance one account at a time that is calm and has stayed for a while.
    """
    held = Counter(row.holder for row in accounts if row.is_held)
    held[me.name] = len(mine)
    loads = {row.name: Load(held=held[row.name], capacity=row.capacity) for row in workers if row.is_alive}
    loads[me.name] = Load(held=len(mine), capacity=me.capacity)
    runnable = {row.name for row in accounts if row.is_stored or row.name in files}
    share = wanted(me.name, loads, sum(not row.is_resting for row in accounts))
    free = [
        row.name
        for row in accounts
        if row.name in runnable and row.name not in mine and not row.is_held and not row.is_resting
    ]
    since = {name: free_since.get(name, now_ms) for name in free}
    overdue = sum(now_ms - began_ms > patience_ms for began_ms in since.values())
    room = max(share - len(mine), min(overdue, me.capacity - len(mine)), 0)
    leaving = {name: "it is no longer of the fleet" for name in sorted(mine) if name not in runnable}
    staying = [name for name in mine if name in runnable and not mine[name].is_leaving]
    if len(staying) > share and not any(one.is_leaving for one in mine.values()):
        old = [
            name for name in sorted(staying) if now_ms - mine[name].since_ms >= SETTLED_MS and is_calm(name)
        ]
        leaving |= dict.fromkeys(old[-1:], "another worker has room for it")
    return ClaimPlan(
        claim=sorted(since, key=lambda name: (since[name], name)),
        at_most=room,
        give_back={name: why for name, why in leaving.items() if not mine[name].is_leaving},
        free_since=since,
    )
