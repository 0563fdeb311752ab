"""The store on a real PostgreSQL server, by the code that trades on SQLite."""

from __future__ import annotations

import asyncio
from pathlib import Path

from jackline.store.boot import ENGINE_FILE, open_store
from jackline.store.postgres_db import PostgresServer
from jackline.store.postgres_disk import PostgresDisk
from tests.store.making import batch

CLOSE_MS = 5_000


async def test_a_resolved_future_means_durable_there_and_readable_here(
    server: PostgresServer, account: str, tmp_path: Path
) -> None:
    disk = PostgresDisk(server, account=account, state_dir=tmp_path)
    broken: list[str] = []
    with open_store(disk, tmp_path / ENGINE_FILE) as store:
        assert store.created
        journal = store.writer(on_broken=broken.append, on_mended=lambda: None)
        assert await journal.append(batch(1)) == 2
        assert store.read.head().seq == 2
        await asyncio.gather(*(journal.append(batch(number)) for number in range(2, 40)))
        assert await journal.close(deadline_ms=CLOSE_MS) == 0
        assert store.read.head().seq == 78
    assert broken == []
    with open_store(
        PostgresDisk(server, account=account, state_dir=tmp_path / "other"), tmp_path / "other" / ENGINE_FILE
    ) as there:
        assert not there.created
        assert there.head.seq == 78
        assert len(there.read.load_trades()) == 39
