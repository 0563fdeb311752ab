"""What a fleet asks of its database and of a host: figures of docs/fleet.md. Run: python -m tests.bench.fleet_rates

It starts a PostgreSQL server of Debian's binaries with fsync on, and an exchange, an engine and a watchdog as they run.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from jackline.core.plan import Rung
from jackline.store import fleet
from jackline.store.db import Db
from jackline.store.fleet import Me
from jackline.store.postgres_db import PostgresDb, PostgresServer
from tests.bench.test_arithmetic import HELD, engine_weight, watchdog_weight
from tests.out_of_process.lasting import lasting
from tests.out_of_process.stage import Seat, staged
from tests.postgres.server import binaries, running

ACCOUNTS = 5_000
A_WORKER = 50
TERM_MS = 10_000
ROUNDS = 40
SPAN_S = 30.0
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """All figures, one a line."""
    found = binaries()
    if found is None:
        raise SystemExit("no PostgreSQL server here: apt-get install postgresql")
    with running(found) as server:
        _database(PostgresServer(url=server.url))
    for positions in (0, 1, HELD):
        both = engine_weight(positions) + watchdog_weight(positions)
        _say(f"request weight of an account with {positions} open: {both:.0f} a minute of 2,400 an address")
    asyncio.run(_processes())


def _database(server: PostgresServer) -> None:
    with contextlib.closing(PostgresDb(server, fleet.SCHEMA, read_only=False)) as db:
        fleet.make_tables(db)
        names = [f"a{number:05}" for number in range(ACCOUNTS)]
        db.run("BEGIN")
        fleet.meet(db, names)
        db.run("COMMIT")
        held = dict[str, int]()
        spent_s = _timed(lambda: held.update(_claimed(db, names)))
        _say(
            f"{len(held)} accounts claimed, {A_WORKER} a statement: {len(held) / spent_s:.0f} claims a second"
        )
        mine = dict(list(held.items())[:A_WORKER])
        each_s = [_timed(lambda: fleet.renew(db, mine, term_ms=TERM_MS)) for _ in range(ROUNDS)]
        _say(f"a renewal of {A_WORKER} leases among {ACCOUNTS}: {_figures(each_s)}")
        each_s = [_timed(lambda: _look(db)) for _ in range(ROUNDS)]
        _say(f"a look at {ACCOUNTS} accounts: {_figures(each_s)}")


def _claimed(db: Db, names: list[str]) -> dict[str, int]:
    found = dict[str, int]()
    while more := fleet.claim(db, "w", names, at_most=A_WORKER, term_ms=3_600_000):
        found.update(more)
    return found


def _look(db: Db) -> None:
    fleet.be_seen(db, Me(name="w", host="h", pid=1, capacity=A_WORKER), term_ms=TERM_MS)
    fleet.accounts(db)
    fleet.workers(db)


async def _processes() -> None:
    with tempfile.TemporaryDirectory(prefix="jl-fleet-") as name:
        async with staged(Path(name), Rung.STOP_FIRST, seed=7) as stage:
            await stage.venue.post("market", {"hold": False, "ratio": 1})
            await lasting(15_000)
            await _measure("nothing open", stage.seats)
            await stage.venue.post("market", {"ratio": 1_200})
            await stage.protected()
            await stage.venue.post("market", {"ratio": 1})
            await lasting(5_000)
            await _measure("one position open", stage.seats)


async def _measure(what: str, seats: tuple[Seat, ...]) -> None:
    before = [_ticks(seat) for seat in seats]
    await lasting(SPAN_S * 1_000)
    for seat, was in zip(seats, before, strict=True):
        spent = (_ticks(seat) - was) / TICKS_A_SECOND / SPAN_S
        _say(f"{seat.verb}, {what}: {spent * 100:.1f} % of a core, {_mib(seat):.0f} MiB of its own")


def _ticks(seat: Seat) -> int:
    fields = Path(f"/proc/{_pid(seat)}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _mib(seat: Seat) -> float:
    """Its share of what it shares included."""
    for line in Path(f"/proc/{_pid(seat)}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1_024
    raise LookupError("no Pss")


def _pid(seat: Seat) -> int:
    if seat.child is None:
        raise LookupError(f"{seat.verb} does not run")
    return seat.child.process.pid


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _figures(each_s: list[float]) -> str:
    middle_s = sorted(each_s)[len(each_s) // 2]
    return f"{middle_s * 1_000:.1f} ms, worst {max(each_s) * 1_000:.1f} ms"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    main()
