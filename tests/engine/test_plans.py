"""The engine's plans as another process reads them, and what it keeps of them when the journal loses its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from jackline.core.values import Side, WireMs
from jackline.engine.plans import KEPT_MS, PlanMemory
from jackline.store.boot import ENGINE_FILE, open_store
from jackline.store.host_disk import HostDisk
from tests.store.making import NOW, SYMBOL, filled_store, trade_id

KEY = (SYMBOL, Side.LONG)


def lose_journal(directory: Path) -> None:
    for file in directory.iterdir():
        file.unlink()
    open_store(HostDisk(), directory / ENGINE_FILE).close()


@pytest.mark.owns("P4")
def test_P4_a_plan_outlives_the_end_of_its_journal_for_a_while(tmp_path: Path) -> None:
    filled_store(tmp_path / ENGINE_FILE, count=2)
    memory = PlanMemory()
    said = memory.read(HostDisk(), tmp_path, NOW)
    assert said[KEY].trade_id == trade_id(1)
    lose_journal(tmp_path)
    assert memory.read(HostDisk(), tmp_path, WireMs(NOW + KEPT_MS)) == said
    assert memory.read(HostDisk(), tmp_path, WireMs(NOW + KEPT_MS + 1)) == {}


def test_a_plan_whose_position_is_gone_is_nobodys(tmp_path: Path) -> None:
    """The next position there may be somebody else's, whose stop belongs elsewhere."""
    filled_store(tmp_path / ENGINE_FILE, count=2)
    memory = PlanMemory()
    memory.read(HostDisk(), tmp_path, NOW)
    lose_journal(tmp_path)
    memory.forget_flat([KEY])
    assert KEY in memory.read(HostDisk(), tmp_path, NOW)
    memory.forget_flat([])
    assert memory.read(HostDisk(), tmp_path, NOW) == {}
