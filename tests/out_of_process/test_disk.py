"""SIGKILL while the disk is full: what protects waits for no disk, and what was owed is written when there is room."""

from __future__ import annotations

from pathlib import Path

import pytest

from jackline.core.plan import Rung
from tests.out_of_process.ending import ended
from tests.out_of_process.scenarios import fill_the_disk, kill_in_recovery
from tests.out_of_process.small_disk import SmallDisk, small_disk
from tests.out_of_process.stage import staged

pytestmark = pytest.mark.owns("P1", "P6", "O1", "O4", "A1", "L1")


@pytest.mark.long
@pytest.mark.timeout(200)
@pytest.mark.parametrize("rung", [Rung.STOP_FIRST, Rung.CONCURRENT, Rung.AFTER_FILL])
async def test_killed_while_the_disk_is_full(tmp_path: Path, rung: Rung) -> None:
    with small_disk(tmp_path / "state") as disk:
        async with staged(tmp_path, rung) as stage:
            await fill_the_disk(stage, disk, 2_000)
            await kill_in_recovery(stage, 2)
            name = "killed on a full disk" if disk.mounted else "killed with files that cannot grow"
            await ended(stage, scenario=name)


def test_a_full_disk_takes_nothing_until_it_is_freed(tmp_path: Path) -> None:
    with small_disk(tmp_path / "state") as disk:
        if not disk.mounted:
            pytest.skip("no right to mount a small file system; the limit on files stands in for a full disk")
        disk.fill([])
        with pytest.raises(OSError, match="No space left"):
            _write(disk)
        disk.free()
        _write(disk)


def _write(disk: SmallDisk) -> None:
    (disk.directory / "probe").write_bytes(bytes(1 << 16))
