"""Is what is on record whole? Chain and seals of each store, its anchor, its copy here, the sums of the ledger."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal, localcontext
from pathlib import Path

from jackline.core.values import Quote
from jackline.store import audit
from jackline.store.access import ACCESS_FILE, AccessStore
from jackline.store.anchor import read_anchor
from jackline.store.batch import LEDGER, entry_from
from jackline.store.boot import COMMANDS_FILE, ENGINE_FILE
from jackline.store.check import check_db, wrong_version
from jackline.store.db import Db, one_moment, open_reader
from jackline.store.disk import Disk
from jackline.store.errors import StoreDamaged
from jackline.store.journal import Head, read_head
from jackline.store.ledger import totals
from jackline.store.statements import statement
from jackline.store.stores import STORES, end_of, is_there, open_kept, where

EXACT_DIGITS = 200
"""More than any sum of money has: nothing is rounded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """One store that is whole. `compared`: with what else it agrees. `wallet_quote`: of an engine's ledger."""

    store: str
    where: str
    end: Head
    compared: tuple[str, ...]
    wallet_quote: Quote | None = None
    entries: int = 0


def verify_stores(disk: Disk, state_dir: Path) -> tuple[Verified, ...]:
    """Every store that there is. Raises StoreDamaged at the first that is not whole, and DbTrouble."""
    return tuple(_verify(disk, state_dir / name) for name in STORES if is_there(disk, state_dir / name))


def _verify(disk: Disk, path: Path) -> Verified:
    if path.name == ACCESS_FILE:
        end = audit.verify(AccessStore(disk, path))
        return Verified(store=path.name, where=str(path), end=end, compared=("anchor",))
    with closing(open_kept(disk, path)) as db:
        if path.name == COMMANDS_FILE:
            return _verify_desk(disk, db, path)
        return _verify_sealed(disk, db, path)


def _verify_desk(disk: Disk, db: Db, path: Path) -> Verified:
    """Its rows are nobody's seal: what an engine has done with them is in its journal."""
    schema, place = STORES[path.name], where(disk, path)
    with one_moment(db):
        application_id, version = db.dialect.identity(db)
        if application_id == schema.application_id and version != schema.version:
            raise wrong_version(place, version, schema)
        for finding in db.dialect.findings(db, schema):
            raise StoreDamaged(
                what=finding, where=place, fix="move it aside; commands not yet answered are given again"
            )
        return Verified(store=path.name, where=place, end=end_of(db, path.name), compared=())


def _verify_sealed(disk: Disk, db: Db, path: Path) -> Verified:
    anchor, place = read_anchor(disk, path), where(disk, path)
    compared = [] if anchor is None else ["anchor"]
    end = check_db(db, path, STORES[path.name], anchor)
    if disk.origin(path) is not None and disk.exists(path):
        with closing(open_reader(disk, path)) as copy:
            _compare_copy(db, read_head(copy), path, place)
        compared.append("copy")
    if path.name != ENGINE_FILE:
        return Verified(store=path.name, where=place, end=end, compared=tuple(compared))
    wallet, count = _ledger(db, place)
    return Verified(
        store=path.name,
        where=place,
        end=end,
        compared=(*compared, "ledger"),
        wallet_quote=wallet,
        entries=count,
    )


def _compare_copy(db: Db, head: Head, path: Path, place: str) -> None:
    """The last row of the copy is a row of the store."""
    if head.seq and db.run("SELECT hash FROM journal WHERE seq = ?", (head.seq,)) != [(head.hash,)]:
        raise StoreDamaged(
            what=f"the copy {path} ends at row {head.seq}, which is another one, or none, in the store",
            where=place,
            fix="find out which of the two is right; the copy moved aside is fetched again",
        )


def _ledger(db: Db, place: str) -> tuple[Quote, int]:
    """What the ledger explains; every entry is in exactly one trade or in none, and no sum loses one (A2)."""
    entries = tuple(entry_from(row) for row in db.run(f"{LEDGER.select} ORDER BY entry_id"))
    stated = statement(entries)
    with localcontext(prec=EXACT_DIGITS):
        parts: Decimal = sum((one.sums.net_quote for one in stated.trades), stated.unattributed.net_quote)
    whole = totals(entries)
    if parts != whole.net_quote:
        raise StoreDamaged(
            what=f"A2: the trades and the rest add up to {parts}, the ledger to {whole.net_quote}",
            where=place,
            fix="compare with the venue: jackline ledger check --config FILE",
        )
    return whole.wallet_quote, len(entries)
