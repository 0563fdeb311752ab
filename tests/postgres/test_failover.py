"""The server and its disk are gone for good, and a standby takes over: with every row, or without the last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from jackline.core.plan import Rung
from jackline.store.postgres_db import PostgresServer
from tests.out_of_process.ending import ended
from tests.out_of_process.lasting import lasting
from tests.out_of_process.records import Records
from tests.out_of_process.scenarios import covered_or_closed, is_said, lose_the_stop
from tests.out_of_process.stage import OPEN_S, Stage, staged
from tests.postgres.conftest import MISSING
from tests.postgres.server import Server, binaries, running
from tests.postgres.test_restored import command
from tests.processes import write_config

pytestmark = [pytest.mark.owns("P1", "P6", "O1", "O4", "A1"), pytest.mark.long, pytest.mark.timeout(300)]
WATCHDOG_MS = 11_000.0
"""A watchdog counts as at work for 10 s behind its last word."""
LACKS = "that the database, at row"
BROKEN = "no new risk until it is written"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A server, the standby that follows it, and the address of whichever of them takes writes."""

    first: Server
    second: Server

    @property
    def server(self) -> PostgresServer:
        hosts = f"{self.first.directory},{self.second.directory}"
        return PostgresServer(
            url=f"postgresql://jackline@/postgres?host={hosts}&target_session_attrs=read-write"
        )

    def wait_for_standby(self) -> None:
        """From now on a commit is durable on both before it is answered."""
        with PostgresServer(url=self.first.url).connect(None) as db:
            db.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            db.execute("SELECT pg_reload_conf()")


@pytest.fixture
def pair() -> Iterator[Pair]:
    found = binaries()
    if found is None:
        pytest.skip(MISSING)
    with running(found) as first, running(found, follows=first) as second:
        yield Pair(first=first, second=second)


async def test_P1_a_standby_that_has_every_row_takes_over(pair: Pair, account: str, tmp_path: Path) -> None:
    pair.wait_for_standby()
    records = Records(state_dir=tmp_path / "state", account=account, server=pair.server)
    async with staged(tmp_path, Rung.STOP_FIRST, records=records) as stage:
        await stage.protected()
        await _lost_over(stage, pair)
        pair.second.promote()
        await stage.protected()
        await ended(stage, scenario="the database lost, a standby with every row")
        await command("db", "verify", "--config", str(stage.engine.config))


async def test_P1_a_standby_that_lacks_rows_is_refused_until_they_are_put_back(
    pair: Pair, account: str, tmp_path: Path
) -> None:
    """It takes the account back to before its last trades. The copy of the machine that traded has them."""
    records = Records(state_dir=tmp_path / "state", account=account, server=pair.server)
    async with staged(tmp_path, Rung.STOP_FIRST, records=records) as stage:
        await stage.protected()
        pair.second.stop()
        before = len((await stage.venue.get("witness"))["episodes"])
        await stage.market(runs=True)
        await stage.until(
            lambda seen: len(seen["episodes"]) > before, within_s=OPEN_S, what="nothing was traded behind it"
        )
        await stage.protected()
        await _lost_over(stage, pair)
        pair.second.start()
        pair.second.promote()
        await stage.until(
            lambda _: is_said(stage.engine, LACKS), within_s=OPEN_S, what="an engine that runs believed it"
        )
        await stage.kill(stage.engine)
        await stage.start(stage.engine)
        await stage.until(
            lambda _: is_said(stage.engine, "the copy here ends"), within_s=OPEN_S, what="one that starts did"
        )
        await lose_the_stop(stage)
        await covered_or_closed(stage)
        for seat in stage.seats:
            await stage.kill(seat)
        await lasting(WATCHDOG_MS)
        await _put_back(stage, tmp_path)
        for seat in stage.seats:
            await stage.start(seat)
        await stage.heard(stage.engine, "recovered")
        await ended(stage, scenario="the database lost, a standby that lacked rows")


async def _lost_over(stage: Stage, pair: Pair) -> None:
    """The first server goes with its disk, and the stop is lost."""
    await stage.market(runs=False)
    pair.first.kill()
    await lose_the_stop(stage)
    await covered_or_closed(stage)
    await stage.market(runs=True)
    await stage.until(lambda _: is_said(stage.engine, BROKEN), within_s=OPEN_S, what="nothing was owed")
    await stage.market(runs=False)


async def _put_back(stage: Stage, home: Path) -> None:
    """What docs/store.md says: the copy as files, and from there into the database."""
    files = Records(state_dir=stage.records.state_dir, account=stage.records.account)
    (home / "files").mkdir()
    config = write_config(home / "files", stage.venue.url, **files.lines)
    backup = str(home / "copy.backup")
    await command("db", "backup", "--config", str(config), backup)
    await command("db", "restore", "--yes", "--config", str(stage.engine.config), backup)
