"""A store as the first version left it, made of one of today's that has an open trade in it."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec

from jackline.store.anchor import note_anchor
from jackline.store.encode import BODY_VERSION
from jackline.store.host_disk import HostDisk
from jackline.store.journal import Head, digest
from jackline.store.schema import GENESIS

TRADE_COLUMNS = "trade_id, phase, symbol, side, body, wire_ms, market_ms"


def age_trades(path: Path) -> int:
    """Put every trade's body into the words of version 1, and chain the journal anew. How many there were.

    Version 1 did not say for which position mode something was written. Nothing may have the store open.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        guards = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        db.execute("BEGIN IMMEDIATE")
        for name, _ in guards:
            db.execute(f"DROP TRIGGER {name}")
        aged: dict[str, str] = {}
        for row in db.execute(f"SELECT {TRADE_COLUMNS} FROM trades").fetchall():
            body = re.sub(r',"mode":"netting"', "", row[4]).replace(f'{{"v":{BODY_VERSION},', '{"v":1,')
            assert body.startswith('{"v":1,'), body[:80]
            db.execute("UPDATE trades SET body = ? WHERE trade_id = ?", (body, row[0]))
            aged[row[0]] = digest((*row[:4], body, *row[5:]))
        head = _chain_anew(db, aged)
        for _, sql in guards:
            db.execute(sql)
        db.execute("COMMIT")
    note_anchor(HostDisk(), path, head)
    return len(aged)


def _chain_anew(db: sqlite3.Connection, aged: dict[str, str]) -> Head:
    """The last seal of each aged trade is that of its new row; hashes follow from there on."""
    rows = [list(row) for row in db.execute("SELECT * FROM journal ORDER BY seq")]
    owed = dict(aged)
    for row in reversed(rows):
        seals = msgspec.json.decode(row[6])
        for seal in seals:
            if seal[0] == "trades" and seal[1] in owed:
                seal[2] = owed.pop(seal[1])
        row[6] = msgspec.json.encode(seals).decode()
    head = GENESIS
    for row in rows:
        row[7] = head
        head = row[8] = digest(row[:8])
        db.execute("UPDATE journal SET seals = ?, prev_hash = ?, hash = ? WHERE seq = ?", (*row[6:9], row[0]))
    db.execute("UPDATE head SET hash = ?", (head,))
    return Head(seq=rows[-1][0], hash=head)
