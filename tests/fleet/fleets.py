"""Workers without processes: the rows of one fleet, and keepers whose turns a test takes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jackline.cli.lease_keeper import Gained, Happening, LeaseKeeper
from jackline.core.standing import Moment, Standing, Terms
from jackline.engine.held_lease import HeldLease
from jackline.engine.host import lease_moment
from jackline.store import fleet
from jackline.store.db import Db
from jackline.store.fleet import Me
from jackline.store.host_disk import HostDisk
from jackline.store.postgres_db import PostgresDb, PostgresServer

TERMS = Terms.of(20_000)
OPENED: list[Db] = []
"""Connections of the test that runs, closed behind it."""


def connected(server: PostgresServer, terms: Terms = TERMS) -> Db:
    patient = dataclasses.replace(
        server, connect_s=2, answer_s=terms.question_ms / 1_000, lock_ms=terms.question_ms // 3
    )
    OPENED.append(PostgresDb(patient, fleet.SCHEMA, read_only=False))
    return OPENED[-1]


def emptied(server: PostgresServer) -> Db:
    """The tables of a fleet without a row."""
    db = connected(server, Terms.of(60_000))
    fleet.make_tables(db)
    for table in ("account", "worker", "lease"):
        db.run(f"DELETE FROM jackline.{table}")
    return db


@dataclass
class Skewed:
    """The clock of a host that slept for `skew_ms`."""

    skew_ms: int = 0

    def moment(self) -> Moment:
        return lease_moment().later(self.skew_ms)


@dataclass
class Bench:
    """A worker's keeper, the clock it reads, and what it told."""

    keeper: LeaseKeeper
    clock: Skewed
    directory: Path
    told: list[Happening]

    def turn(self) -> list[Happening]:
        """One turn, and what it told of."""
        before = len(self.told)
        self.keeper.turn()
        return self.told[before:]

    def numbers(self) -> dict[str, int]:
        """Every account it ever gained, and the number of the last time."""
        return {one.account: one.number for one in self.told if isinstance(one, Gained)}

    def held(self, account: str) -> HeldLease:
        """As a process of the account sees it."""
        number = self.numbers()[account]
        return HeldLease(
            disk=HostDisk(), directory=self.directory / account, number=number, now=self.clock.moment
        )

    def standing(self, account: str) -> Standing:
        return self.held(account).standing()


def bench(
    directory: Path,
    connect: Callable[[], Db],
    name: str,
    *,
    capacity: int = 10,
    names: tuple[str, ...] = (),
    terms: Terms = TERMS,
    is_calm: Callable[[str], bool] = lambda _: True,
) -> Bench:
    """A worker that has the files of `names`."""
    told: list[Happening] = []
    clock = Skewed()
    keeper = LeaseKeeper(
        connect=connect,
        me=Me(name=name, host="here", pid=1, capacity=capacity),
        terms=terms,
        state_dir=directory,
        names=lambda: names,
        is_calm=is_calm,
        tell=told.append,
        now=clock.moment,
    )
    return Bench(keeper=keeper, clock=clock, directory=directory, told=told)
