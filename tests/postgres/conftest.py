from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from jackline.store.postgres_db import PostgresServer
from tests.postgres.server import Server, binaries, running

MISSING = (
    "no PostgreSQL server here: apt-get install postgresql (its binaries are enough); nothing of it is tested"
)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Server]:
    """One server for all tests that do not kill it; each makes schemas of its own."""
    found = binaries()
    if found is None:
        pytest.skip(MISSING)
    with running(found) as server:
        yield server


@pytest.fixture
def server(cluster: Server) -> PostgresServer:
    return PostgresServer(url=cluster.url)


@pytest.fixture
def own_cluster(cluster: Server) -> Iterator[Server]:
    """The server for a test that kills it: it is there again afterwards."""
    yield cluster
    if not cluster.is_up:
        cluster.start()


@pytest.fixture
def account() -> str:
    """A name that nobody used in this cluster."""
    return f"a{uuid.uuid4().hex[:12]}"
