"""A database by its name, and names that do not resolve any more: what is connected goes on, the rest is a broken disk.

The processes ask a real name server of this test's own. It fails at once, or is silent, which is the worse of the two:
a question waits for ten seconds then, and no loop may.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from jackline.core.plan import Rung
from jackline.store.postgres_db import PostgresServer
from tests.out_of_process.ending import ended
from tests.out_of_process.lasting import lasting
from tests.out_of_process.names import NameServer, Unavailable, Weather, names
from tests.out_of_process.records import Records
from tests.out_of_process.scenarios import covered_or_closed, is_said, lose_the_stop
from tests.out_of_process.stage import OPEN_S, Stage, staged
from tests.postgres.conftest import MISSING
from tests.postgres.server import Server, binaries, running

pytestmark = [pytest.mark.owns("P1", "P6", "O1", "O4", "A1"), pytest.mark.long, pytest.mark.timeout(300)]
NAME = "db.jackline.test"
AWAY_MS = 12_000.0
"""Longer than one question to a silent name server."""

QUESTIONS_PER_S_MAX = 20
"""Two threads of each process try once a second at most, and one question is four packets where it fails."""


@pytest.mark.parametrize("weather", [Weather.FAILS, Weather.SILENT], ids=["fails", "silent"])
async def test_P1_the_name_of_the_database_does_not_resolve_any_more(
    account: str, tmp_path: Path, weather: Weather
) -> None:
    async with _staged(account, tmp_path) as (stage, cluster, resolver):
        await stage.protected()
        resolver.weather = weather
        entered = len((await stage.venue.get("witness"))["episodes"])
        await stage.until(
            lambda seen: len(seen["episodes"]) > entered,
            within_s=OPEN_S,
            what="no entry over the connection that is there",
        )
        await stage.protected()
        await stage.market(runs=False)
        cluster.kill()
        cluster.start()  # it is back at once, and nobody finds it
        await lose_the_stop(stage)
        await covered_or_closed(stage)
        await stage.market(runs=True)
        for word in ("no new risk until it is written", f"failed to resolve host '{NAME}'"):
            await _until_said(stage, word)
        await stage.market(runs=False)
        asked = resolver.asked
        await lasting(AWAY_MS)
        most = asked + QUESTIONS_PER_S_MAX * AWAY_MS / 1_000
        assert asked < resolver.asked < most, "asked again and again, and not in a storm"
        resolver.weather = Weather.ANSWERS
        await ended(stage, scenario=f"the name of the database: the name server {weather.name.lower()}")


async def _until_said(stage: Stage, word: str) -> None:
    await stage.until(lambda _: is_said(stage.engine, word), within_s=OPEN_S, what=f"no word of: {word}")


@asynccontextmanager
async def _staged(account: str, home: Path) -> AsyncIterator[tuple[Stage, Server, NameServer]]:
    found = binaries()
    if found is None:
        pytest.skip(MISSING)
    try:
        async with names(home) as resolver:
            with running(found, port=_free_port()) as cluster:
                server = PostgresServer(url=cluster.url)
                records = Records(
                    state_dir=home / "state", account=account, server=server, url=cluster.url_at(NAME)
                )
                async with staged(home, Rung.STOP_FIRST, under=resolver.under, records=records) as stage:
                    yield stage, cluster, resolver
    except Unavailable as lacking:
        pytest.skip(str(lacking))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
