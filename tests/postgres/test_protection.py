"""A database that goes away over a position: the stop is placed, lost and placed again as if there were none.

Real processes on a real server, judged by the exchange's witness and by the ledger in the database.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from jackline.core.ids import Role, parse_client_id
from jackline.core.plan import Rung
from jackline.store.postgres_db import PostgresServer
from tests.out_of_process.ending import ended
from tests.out_of_process.host import Unavailable, Volume, volume
from tests.out_of_process.lasting import lasting
from tests.out_of_process.records import Records
from tests.out_of_process.scenarios import covered_or_closed, is_said, lose_the_stop, said, when_passed
from tests.out_of_process.small_disk import SmallDisk, small_disk
from tests.out_of_process.stage import OPEN_S, Stage, staged
from tests.postgres.conftest import MISSING
from tests.postgres.server import Server, binaries, running_in

pytestmark = [pytest.mark.owns("P1", "P6", "O1", "O4", "A1"), pytest.mark.long, pytest.mark.timeout(300)]
AWAY_MS = 6_000.0
"""Longer than the desk may be unheard, and than every deadline of ours."""
SILENT_MS = 13_000.0
"""Longer than a server is waited for that is connected and says nothing."""
BROKEN = "no new risk until it is written"
SMALL_DISK = "192m"
VOLUME_BYTES = 192 << 20


@pytest.mark.parametrize("how", ["killed", "paused"])
async def test_P1_the_server_goes_as_an_entry_leaves(
    own_cluster: Server, account: str, tmp_path: Path, how: str
) -> None:
    """The position opens, its stop is still owed, and nothing can be written."""
    async with staged(tmp_path, Rung.AFTER_FILL, records=_records(own_cluster, account, tmp_path)) as stage:
        go, come, away_ms = (
            (own_cluster.kill, own_cluster.start, AWAY_MS)
            if how == "killed"
            else (own_cluster.pause, own_cluster.resume, SILENT_MS)
        )

        async def away() -> None:
            try:
                await lasting(away_ms / 2)
                await covered_or_closed(stage)
                entered = await _entries(stage)
                await lasting(away_ms / 2)
                assert await _entries(stage) == entered, "an entry left without a durable intent"
            finally:
                come()

        await when_passed(stage, Role.ENTRY, go, away)
        said(stage.engine, BROKEN)
        await stage.protected()
        await ended(stage, scenario=f"the database {how} as an entry leaves")


async def test_P1_the_stop_is_lost_while_the_server_is_away(
    own_cluster: Server, account: str, tmp_path: Path
) -> None:
    async with staged(tmp_path, Rung.STOP_FIRST, records=_records(own_cluster, account, tmp_path)) as stage:
        await stage.protected()
        await stage.market(runs=False)
        with _gone(own_cluster):
            await lose_the_stop(stage)
            await covered_or_closed(stage)
            await lasting(AWAY_MS)
            said(stage.engine, BROKEN)
        await ended(stage, scenario="the database killed, the stop lost")


async def test_P1_both_start_where_the_server_refuses(
    own_cluster: Server, account: str, tmp_path: Path
) -> None:
    async with staged(tmp_path, Rung.STOP_FIRST, records=_records(own_cluster, account, tmp_path)) as stage:
        await stage.protected()
        await stage.market(runs=False)
        for seat in stage.seats:
            await stage.kill(seat)
        with _gone(own_cluster):
            await lose_the_stop(stage)
            for seat in stage.seats:
                await stage.start(seat)
            await covered_or_closed(stage)
            await lasting(AWAY_MS)
        await stage.heard(stage.engine, "recovered")
        await ended(stage, scenario="started while the database refuses, the stop lost")


async def test_P1_the_disk_of_the_server_is_full(
    small: tuple[Server, SmallDisk], account: str, tmp_path: Path
) -> None:
    cluster, disk = small
    async with staged(tmp_path, Rung.STOP_FIRST, records=_records(cluster, account, tmp_path)) as stage:
        await stage.protected()
        await stage.market(runs=False)
        disk.fill([])
        await lose_the_stop(stage)
        await covered_or_closed(stage)
        await stage.market(runs=True)
        await stage.until(
            lambda _: is_said(stage.engine, BROKEN), within_s=OPEN_S, what="nothing was owed on a full disk"
        )
        said(stage.engine, "No space left on device")
        await stage.market(runs=False)
        await lose_the_stop(stage)
        await covered_or_closed(stage)
        disk.free()
        if not cluster.is_up:
            cluster.start()
        await ended(stage, scenario="the disk of the database full, the stop lost")


async def test_P1_the_disk_of_the_server_goes_read_only(
    failing: tuple[Server, Volume], account: str, tmp_path: Path
) -> None:
    """The server writes no log any more, and ends; somebody mends the disk and starts it."""
    cluster, disk = failing
    async with staged(tmp_path, Rung.STOP_FIRST, records=_records(cluster, account, tmp_path)) as stage:
        await stage.protected()
        await stage.market(runs=False)
        disk.fail()
        await lose_the_stop(stage)
        await covered_or_closed(stage)
        await stage.market(runs=True)
        await stage.until(
            lambda _: is_said(stage.engine, BROKEN), within_s=OPEN_S, what="nothing was owed on such a disk"
        )
        await stage.market(runs=False)
        await lose_the_stop(stage)
        await covered_or_closed(stage)
        if cluster.is_up:
            cluster.kill()
        disk.mend()
        cluster.start()
        await ended(stage, scenario="the disk of the database gone read-only, the stop lost")


@pytest.fixture
def failing() -> Iterator[tuple[Server, Volume]]:
    """A server of its own whose whole cluster is on a disk that can fail."""
    found = binaries()
    if found is None:
        pytest.skip(MISSING)
    with tempfile.TemporaryDirectory(prefix="jl-pg-") as home:
        Path(home).chmod(0o711)
        try:
            with (
                volume(Path(home) / "disk", Path(home) / "image", size=VOLUME_BYTES) as disk,
                running_in(found, disk.directory) as cluster,
            ):
                disk.sync()  # the cluster was made without one
                yield cluster, disk
        except Unavailable as lacking:
            pytest.skip(str(lacking))


@pytest.fixture
def small() -> Iterator[tuple[Server, SmallDisk]]:
    """A server of its own whose whole cluster is on a small disk."""
    found = binaries()
    if found is None:
        pytest.skip(MISSING)
    with tempfile.TemporaryDirectory(prefix="jl-pg-") as home:
        Path(home).chmod(0o711)
        with small_disk(Path(home) / "disk", size=SMALL_DISK) as disk:
            if not disk.mounted:
                pytest.skip("no right to mount a small file system for a server")
            with running_in(found, disk.directory) as cluster:
                yield cluster, disk


def _records(cluster: Server, account: str, home: Path) -> Records:
    return Records(state_dir=home / "state", account=account, server=PostgresServer(url=cluster.url))


@contextlib.contextmanager
def _gone(cluster: Server) -> Iterator[None]:
    cluster.kill()
    try:
        yield
    finally:
        cluster.start()


async def _entries(stage: Stage) -> int:
    """Entries of ours that the exchange has seen, filled or not."""
    orders = (await stage.venue.get("witness"))["orders"]
    names = [parse_client_id(order["client_id"]) for order in orders]
    return sum(name is not None and name.role is Role.ENTRY for name in names)
