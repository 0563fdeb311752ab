"""The tables of a fleet: which accounts there are, which workers live, and who holds which account by which number.

All times are the database's own. A claim is one statement, and its number is greater than every one before it: that
number is what `fencing` compares inside every write of the account, and what the pages of its processes carry.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from jackline.store.db import Db
from jackline.store.errors import DbTrouble, TroubleKind
from jackline.store.fencing import FLEET_SCHEMA, LEASE_TABLES

SCHEMA = FLEET_SCHEMA
TROUBLE_CHARS_MAX = 500
_TABLES = (
    *LEASE_TABLES,
    """CREATE TABLE IF NOT EXISTS jackline.account (
    name TEXT COLLATE "C" PRIMARY KEY, config TEXT, added_at TIMESTAMPTZ NOT NULL,
    trouble TEXT NOT NULL, trouble_until TIMESTAMPTZ NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS jackline.worker (
    name TEXT COLLATE "C" PRIMARY KEY, host TEXT NOT NULL, pid BIGINT NOT NULL, capacity BIGINT NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL, expires_at TIMESTAMPTZ NOT NULL)""",
)
_LOCK = "SELECT pg_advisory_xact_lock(7234017283)"
"""`IF NOT EXISTS` does not keep two sessions from making the same table at once."""
_PATIENT = "SET LOCAL lock_timeout = '30s'"
"""Whoever makes tables waits for who makes them: once in the life of a fleet, and nothing else waits for it."""
_REGISTER = """INSERT INTO jackline.account VALUES (?, ?, clock_timestamp(), '', '-infinity')
    ON CONFLICT (name) DO UPDATE SET config = excluded.config, trouble = '', trouble_until = '-infinity'"""
_MEET = """INSERT INTO jackline.account VALUES (?, NULL, clock_timestamp(), '', '-infinity')
    ON CONFLICT (name) DO NOTHING"""
_FIRST_LEASE = """INSERT INTO jackline.lease VALUES (?, '', 0, clock_timestamp(), '-infinity')
    ON CONFLICT (account) DO NOTHING"""
_SEEN = """INSERT INTO jackline.worker VALUES (?, ?, ?, ?, clock_timestamp(),
    clock_timestamp() + ? * interval '1 millisecond')
    ON CONFLICT (name) DO UPDATE SET host = excluded.host, pid = excluded.pid, capacity = excluded.capacity,
    seen_at = excluded.seen_at, expires_at = excluded.expires_at"""
_CLAIM = """UPDATE jackline.lease SET holder = ?, renewed_at = clock_timestamp(),
    number = greatest(number + 1, floor(extract(epoch FROM clock_timestamp()))::bigint),
    expires_at = clock_timestamp() + ? * interval '1 millisecond'
    WHERE account IN (SELECT account FROM jackline.lease WHERE expires_at <= clock_timestamp()
        AND account = ANY (string_to_array(?, ',')) ORDER BY expires_at, account LIMIT ? FOR UPDATE SKIP LOCKED)
    RETURNING account, number"""
_RENEW = """UPDATE jackline.lease SET renewed_at = clock_timestamp(),
    expires_at = clock_timestamp() + ? * interval '1 millisecond'
    WHERE (account, number) IN (SELECT l.account, l.number FROM jackline.lease l
        JOIN unnest(string_to_array(?, ','), string_to_array(?, ',')::bigint[]) AS mine (account, number)
        ON l.account = mine.account AND l.number = mine.number ORDER BY l.account FOR NO KEY UPDATE OF l SKIP LOCKED)
    RETURNING account"""
_RENEW_ONE = """UPDATE jackline.lease SET renewed_at = clock_timestamp(),
    expires_at = clock_timestamp() + ? * interval '1 millisecond' WHERE account = ? AND number = ? RETURNING account"""
_NEWEST = "SELECT number, holder FROM jackline.lease WHERE account = ?"
_GIVE_BACK = """UPDATE jackline.lease SET holder = '', expires_at = clock_timestamp()
    WHERE account = ? AND number = ?"""
_LEAVE = "DELETE FROM jackline.worker WHERE name = ?"
_REMOVE = "DELETE FROM jackline.account WHERE name = ? RETURNING name"
_TROUBLE = """UPDATE jackline.account SET trouble = ?,
    trouble_until = clock_timestamp() + ? * interval '1 millisecond' WHERE name = ?"""
_ACCOUNTS = """SELECT a.name, a.config IS NOT NULL, a.trouble, a.trouble_until > clock_timestamp(),
    coalesce(l.holder, ''), coalesce(l.number, 0),
    coalesce((extract(epoch FROM greatest(l.expires_at, 'epoch') - clock_timestamp()) * 1000)::bigint, 0)
    FROM jackline.account a LEFT JOIN jackline.lease l ON l.account = a.name ORDER BY a.name"""
_WORKERS = """SELECT name, host, pid, capacity,
    (extract(epoch FROM clock_timestamp() - seen_at) * 1000)::bigint, expires_at > clock_timestamp()
    FROM jackline.worker ORDER BY name"""
_CONFIG = "SELECT config FROM jackline.account WHERE name = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """An account of the fleet.

    Attributes:
        is_stored: its configuration is in the database; else every worker has a file of it.
        trouble: why its last start failed; `is_resting` while nobody should try again.
        holder: the worker that holds it, or held it last; empty where it was given back.
        left_ms: until its lease ends; not above 0 where it is free.
    """

    name: str
    is_stored: bool
    trouble: str
    is_resting: bool
    holder: str
    number: int
    left_ms: int

    @property
    def is_held(self) -> bool:
        """By the database's clock, now."""
        return self.left_ms > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRow:
    """A worker, and whether it was heard from within its term."""

    name: str
    host: str
    pid: int
    capacity: int
    seen_ms_ago: int
    is_alive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """A worker as it says who it is."""

    name: str
    host: str
    pid: int
    capacity: int


def make_tables(db: Db) -> None:
    """Make what is missing. Safe beside others who do the same."""
    db.run("BEGIN")
    try:
        db.run(_PATIENT)
        db.run(_LOCK)
        for statement in _TABLES:
            db.run(statement)
        db.run("COMMIT")
    except BaseException:
        db.run("ROLLBACK")
        raise


def register(db: Db, name: str, config: str) -> None:
    """Add an account with its configuration, or give it a new one."""
    db.run(_REGISTER, (name, config))
    db.run(_FIRST_LEASE, (name,))


def meet(db: Db, names: Iterable[str]) -> None:
    """Accounts of which every worker has a file."""
    for name in names:
        db.run(_MEET, (name,))
        db.run(_FIRST_LEASE, (name,))


def remove(db: Db, name: str) -> bool:
    """Take an account out of the fleet; whoever holds it gives it back. Its number stays: it must never repeat."""
    return bool(db.run(_REMOVE, (name,)))


def note_trouble(db: Db, name: str, text: str, *, rest_ms: int) -> None:
    """Say why an account could not be started, and let it rest."""
    db.run(_TROUBLE, (text[:TROUBLE_CHARS_MAX], rest_ms, name))


def accounts(db: Db) -> tuple[AccountRow, ...]:
    """All of the fleet, by name."""
    return tuple(
        AccountRow(
            name=name,
            is_stored=stored,
            trouble=trouble,
            is_resting=resting,
            holder=holder,
            number=int(number),
            left_ms=int(left_ms),
        )
        for name, stored, trouble, resting, holder, number, left_ms in db.run(_ACCOUNTS)
    )


def workers(db: Db) -> tuple[WorkerRow, ...]:
    """All that did not say goodbye, by name."""
    return tuple(
        WorkerRow(name=name, host=host, pid=pid, capacity=capacity, seen_ms_ago=int(ago), is_alive=alive)
        for name, host, pid, capacity, ago, alive in db.run(_WORKERS)
    )


def config_of(db: Db, name: str) -> str | None:
    """The stored configuration of an account."""
    rows = db.run(_CONFIG, (name,))
    return rows[0][0] if rows else None


def be_seen(db: Db, me: Me, *, term_ms: int) -> None:
    """This worker lives, and counts where accounts are spread."""
    db.run(_SEEN, (me.name, me.host, me.pid, me.capacity, term_ms))


def leave(db: Db, name: str) -> None:
    """This worker is gone."""
    db.run(_LEAVE, (name,))


def claim(db: Db, holder: str, names: Sequence[str], *, at_most: int, term_ms: int) -> dict[str, int]:
    """Claim free accounts, those first that have been free for longest: their numbers. Never one that another holds."""
    if not names or at_most <= 0:
        return {}
    rows = db.run(_CLAIM, (holder, term_ms, ",".join(names), at_most))
    return {account: int(number) for account, number in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """What came of a renewal.

    Attributes:
        kept: renewed.
        lost: who has it by a greater number, as a text.
        waiting: neither: somebody else holds its row just now, and its lease was not renewed this time.
    """

    kept: frozenset[str]
    lost: dict[str, str]
    waiting: frozenset[str]


def renew(db: Db, held: dict[str, int], *, term_ms: int) -> Renewed:
    """Renew all in one statement, past every write that is under way. A row that is locked otherwise, by a claim that
    finds it taken or by an operator, gets a short wait of its own.

    A lease that has run out and that nobody claimed since is renewed too: its number is still the greatest.
    """
    if not held:
        return Renewed(kept=frozenset(), lost={}, waiting=frozenset())
    names, numbers = ",".join(held), ",".join(str(number) for number in held.values())
    kept = {account for (account,) in db.run(_RENEW, (term_ms, names, numbers))}
    lost, waiting = dict[str, str](), set[str]()
    for account in sorted(held.keys() - kept):
        rows = db.run(_NEWEST, (account,))
        newest, holder = rows[0] if rows else (0, "")
        if newest != held[account]:
            lost[account] = f"number {newest}" + (f", worker {holder}" if holder else "")
        elif _renew_one(db, account, held[account], term_ms):
            kept.add(account)
        else:
            waiting.add(account)
    return Renewed(kept=frozenset(kept), lost=lost, waiting=frozenset(waiting))


def _renew_one(db: Db, account: str, number: int, term_ms: int) -> bool:
    try:
        return bool(db.run(_RENEW_ONE, (term_ms, account, number)))
    except DbTrouble as trouble:
        if trouble.kind is TroubleKind.BUSY:
            return False
        raise


def give_back(db: Db, account: str, number: int) -> None:
    """Free for others at once; nothing where another one has it already. Only behind the end of its processes."""
    db.run(_GIVE_BACK, (account, number))
