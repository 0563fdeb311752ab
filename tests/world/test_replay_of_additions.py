"""A simulated life with further entries, replayed: the same decisions (D4)."""

from __future__ import annotations

import pytest

from jackline.store.boot import ENGINE_FILE
from jackline.store.reader import StoreReader
from jackline.world.supervisor import STATE_DIR
from tests.world.test_replay import read_along, taped


@pytest.mark.owns("D4")
def test_D4_a_life_with_further_entries_replays_identically() -> None:
    tape, disk = taped("pyramid", 4)
    report, agreement = read_along(tape, disk)
    assert report.differences == []
    assert agreement.differences == []
    assert agreement.equal > 0
    with StoreReader(disk, STATE_DIR / ENGINE_FILE) as reader:
        assert any(trade.additions for trade in reader.every_trade()), "it holds what it is asked about"
