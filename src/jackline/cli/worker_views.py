"""What `jackline worker status` and `accounts` show: rows of the database, by its own clock."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from jackline.cli.views import print_json, show
from jackline.store import fleet
from jackline.store.db import Db
from jackline.store.fleet import AccountRow

TROUBLE_SHOWN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class _Worker:
    worker: str
    host: str
    pid: int
    holds: str
    heard: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Account:
    account: str
    holder: str
    number: str
    lease: str
    config: str
    trouble: str


def show_workers(db: Db, *, json: bool) -> bool:
    """The workers and a sentence; whether every account is held."""
    accounts, workers = fleet.accounts(db), fleet.workers(db)
    held = Counter(row.holder for row in accounts if row.is_held)
    free = [row.name for row in accounts if not row.is_held]
    if json:
        print_json(
            workers=[
                {
                    "name": row.name,
                    "host": row.host,
                    "pid": row.pid,
                    "capacity": row.capacity,
                    "held": held[row.name],
                    "is_alive": row.is_alive,
                    "seen_ms_ago": row.seen_ms_ago,
                }
                for row in workers
            ],
            accounts=len(accounts),
            free=free,
        )
        return not free
    rows = [
        _Worker(
            worker=row.name,
            host=row.host,
            pid=row.pid,
            holds=f"{held[row.name]} of {row.capacity}",
            heard=f"{row.seen_ms_ago / 1_000:.1f} s ago" if row.is_alive else "NOT HEARD",
        )
        for row in workers
    ]
    note = f"All {len(accounts)} accounts are held." if not free else f"NOT HELD: {', '.join(free)}"
    show(rows, empty="No worker.", note=note)
    return not free


def show_accounts(db: Db, *, json: bool) -> None:
    """Every account of the fleet."""
    accounts = fleet.accounts(db)
    if json:
        print_json(
            accounts=[
                {
                    "name": row.name,
                    "holder": row.holder or None,
                    "number": row.number,
                    "is_held": row.is_held,
                    "left_ms": max(row.left_ms, 0),
                    "is_stored": row.is_stored,
                    "is_resting": row.is_resting,
                    "trouble": row.trouble,
                }
                for row in accounts
            ]
        )
        return
    rows = [
        _Account(
            account=row.name,
            holder=row.holder if row.is_held else "",
            number=str(row.number) if row.number else "",
            lease=_lease(row),
            config="database" if row.is_stored else "file",
            trouble=" ".join(row.trouble.split())[:TROUBLE_SHOWN],
        )
        for row in accounts
    ]
    show(rows, empty="No account.", note="By the database's clock.")


def _lease(row: AccountRow) -> str:
    if row.is_held:
        return f"{row.left_ms / 1_000:.1f} s"
    return "RESTS" if row.is_resting else "NOT HELD"
