"""Fencing: a write of a process that is no longer the newest holder of its account is refused where it is written (C3).

A process that was stopped for a minute does not know it. Its number does: the row that says which number is the newest
is read and held inside the very transaction that writes, so a claim comes before it or behind it, never in between.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from jackline.store.db import Db
from jackline.store.errors import StoreError

FLEET_SCHEMA = "jackline"
"""What belongs to no single account."""
LEASE_TABLES = (
    f"CREATE SCHEMA IF NOT EXISTS {FLEET_SCHEMA}",
    f"""CREATE TABLE IF NOT EXISTS {FLEET_SCHEMA}.lease (
    account TEXT COLLATE "C" PRIMARY KEY, holder TEXT NOT NULL, number BIGINT NOT NULL,
    renewed_at TIMESTAMPTZ NOT NULL, expires_at TIMESTAMPTZ NOT NULL)""",
    f"CREATE UNIQUE INDEX IF NOT EXISTS lease_number ON {FLEET_SCHEMA}.lease (account, number)",
)
"""With the index a number is part of a key, for PostgreSQL: whoever changes it waits for who holds the key, and nobody
else does. So a claim waits for a write, and a renewal does not: a process that was stopped within a write, or a slow
sync, must not cost its worker the lease."""

_LEASE = f"FROM {FLEET_SCHEMA}.lease WHERE account = ?"
_HOLDER = f"SELECT holder {_LEASE} AND expires_at > clock_timestamp()"  # constants
_NEWEST = f"SELECT number {_LEASE} FOR KEY SHARE"


def living_holder(db: Db, account: str) -> str | None:
    """Who holds the account by a lease that has not run out; None when nobody does. Raises DbTrouble."""
    if not db.run(f"SELECT 1 WHERE to_regclass('{FLEET_SCHEMA}.lease') IS NOT NULL"):
        return None
    rows = db.run(_HOLDER, (account,))
    return str(rows[0][0]) if rows else None


class FencedOff(StoreError):
    """Another process holds the account by a newer number. Nothing was written, and nothing of this one will be."""

    def __init__(self, fence: Fence, newest: int | None) -> None:
        self.fence = fence
        self.newest = newest
        found = "there is no lease of it" if newest is None else f"the newest number is {newest}"
        super().__init__(
            f"C3: account {fence.account}: this process holds number {fence.number}, {found}. "
            "Fix: none is needed, whoever holds the newest number has taken over; this process has to end"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """The number under which a process holds an account. `on_refused` hears of a refusal, in the thread that wrote."""

    account: str
    number: int
    on_refused: Callable[[FencedOff], None] = field(default=lambda _: None, repr=False, compare=False)

    def check(self, db: Db) -> None:
        """Inside a write transaction; a claim of the account then waits for its end. Raises FencedOff."""
        rows = db.run(_NEWEST, (self.account,))
        newest = int(rows[0][0]) if rows else None
        if newest != self.number:
            refused = FencedOff(self, newest)
            self.on_refused(refused)
            raise refused
