"""A backup taken while an engine trades, put back elsewhere, and an engine started on it: the drill of docs/store.md.

Real processes against the local exchange, which is the judge: its witness says how long a position had no stop, its
account what the ledger must come to. The backup is old by the time it is needed: the first engine trades on behind it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from jackline.core.plan import Rung
from jackline.core.values import ZERO
from jackline.store.ledger import totals
from jackline.store.postgres_db import PostgresServer
from tests.out_of_process.ending import ended
from tests.out_of_process.records import Records, read
from tests.out_of_process.stage import OPEN_S, Stage, staged
from tests.patience import patience
from tests.processes import Json, spawn

pytestmark = [pytest.mark.owns("A1", "O1", "P1", "P6"), pytest.mark.long, pytest.mark.timeout(300)]
COMMAND_S = 60.0
FILLS_MISSED = 3
"""At least so many more fills than the backup knows: an entry, its exit, and the next one."""
Place = Callable[[Path], Records]


@pytest.fixture
def places(server: PostgresServer, account: str) -> dict[str, Place]:
    """Where records can be: in files, in a database, and in another database of the same name of account."""
    with server.connect(None) as db:
        db.execute(f"CREATE DATABASE {account}".encode())
    other = PostgresServer(url=server.url.replace("/postgres?", f"/{account}?"))
    return {
        "files": lambda home: Records(state_dir=home / "state", account=account),
        "database": lambda home: Records(state_dir=home / "state", account=account, server=server),
        "other database": lambda home: Records(state_dir=home / "state", account=account, server=other),
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [("files", "files"), ("files", "database"), ("database", "other database"), ("database", "files")],
    ids=lambda name: name.replace(" ", "-"),
)
async def test_A1_a_backup_taken_while_trading_goes_on_elsewhere(
    places: dict[str, Place], tmp_path: Path, before: str, after: str
) -> None:
    backup = tmp_path / "account.backup"
    async with staged(tmp_path, Rung.STOP_FIRST, records=places[before](tmp_path)) as stage:
        await stage.protected()
        saved = await command("db", "backup", "--config", str(stage.engine.config), str(backup))
        known = fills(await stage.venue.get("witness"))
        await stage.market(runs=True)
        await stage.until(
            lambda seen: fills(seen) >= known + FILLS_MISSED, within_s=OPEN_S, what="nothing more was traded"
        )
        await stage.protected()
        for seat in stage.seats:
            await stage.kill(seat)
        rows_lost = (
            last_row(stage) - {one["store"]: one for one in saved["stores"]}["engine.db"]["end"]["seq"]
        )
        assert rows_lost > 0, "the backup lacks nothing: nothing is tried"
        stage.move(places[after](tmp_path / "elsewhere"))
        await command("db", "restore", "--yes", "--config", str(stage.engine.config), str(backup))
        for seat in stage.seats:
            await stage.start(seat)
        await stage.heard(stage.engine, "recovered")
        traded = fills(await stage.venue.get("witness"))
        await stage.market(runs=True)
        await stage.until(
            lambda seen: fills(seen) > traded, within_s=OPEN_S, what="the restored account trades no more"
        )
        figures = await ended(stage, scenario=f"restored: {before} to {after}")
        checked = await command("db", "verify", "--config", str(stage.engine.config))
    assert figures.naked_raw_ms_max == 0, "a stop that rests outlives the engine, the machine and its records"
    (engine,) = (one for one in checked["stores"] if one["store"] == "engine.db")
    with read(stage.store) as reader:
        assert engine["entries"] == len(reader.ledger_entries()) > 0
        assert totals(reader.ledger_entries()).realised_quote != ZERO


async def command(*arguments: str) -> Json:
    """A command as a person runs it in a shell, and what it prints with `--json`."""
    child = await spawn(*arguments, "--json")
    child.drain()
    async with patience(COMMAND_S):
        code = await child._end()
    assert code == 0, child.noise
    return dict(json.loads("\n".join(child.noise)))


def fills(testimony: Json) -> int:
    """Orders that were executed, entries and exits."""
    return sum(float(order["executed"]) > 0 for order in testimony["orders"])


def last_row(stage: Stage) -> int:
    with read(stage.store) as reader:
        return reader.journal_after(0, 1_000_000)[-1].seq
