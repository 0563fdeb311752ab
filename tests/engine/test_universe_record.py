"""The universe on record, where it cannot be read: a start says so and goes on, for it is only told from."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from jackline.core.values import MarketMs, Symbol, WireMs
from jackline.engine.universe import UniverseNote, recorded_in, recorded_universe
from jackline.store.batch import AccountKey, Batch, JournalKind, JournalRow
from jackline.store.boot import ENGINE_FILE, open_store
from jackline.store.encode import encode
from jackline.store.host_disk import HostDisk

NOTE = encode(UniverseNote(members=(Symbol("BTCUSDT"),), entered=(), left=()))


async def read(directory: Path, text: str) -> tuple[tuple[Symbol, ...], ...]:
    """Both ways to what is on record, after `text` was written there."""
    disk = HostDisk()
    with open_store(disk, directory / ENGINE_FILE) as store:
        writer = store.writer(on_broken=pytest.fail, on_mended=lambda: None)
        row = JournalRow(
            kind=JournalKind.UNIVERSE,
            trade_id=None,
            wire_ms=WireMs(1),
            market_ms=MarketMs(1),
            body=encode(text),
        )
        await writer.append(Batch(rows=(row,), account=((AccountKey.UNIVERSE, text),)))
        assert await writer.close(deadline_ms=5_000) == 0
        return recorded_in(store), recorded_universe(disk, directory)


@pytest.mark.owns("P1")
@pytest.mark.parametrize(
    "text", ["half a li", NOTE.replace('{"v":4', '{"v":99'), NOTE.replace("left", "gone")]
)
def test_P1_a_record_that_cannot_be_read_ends_no_engine(tmp_path: Path, text: str) -> None:
    assert asyncio.run(read(tmp_path, text)) == ((), ())


def test_what_is_on_record_is_read_both_ways(tmp_path: Path) -> None:
    assert asyncio.run(read(tmp_path, NOTE)) == (("BTCUSDT",), ("BTCUSDT",))
