"""A real PostgreSQL server of these tests, as the tests of the store start it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from jackline.store.errors import DbTrouble
from tests.fleet.fleets import OPENED
from tests.postgres.conftest import account, cluster, own_cluster, server

__all__ = ["account", "cluster", "own_cluster", "server"]


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while OPENED:
        with contextlib.suppress(DbTrouble):  # its server may be gone
            OPENED.pop().close()
