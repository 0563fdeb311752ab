"""Two hosts of a fleet as processes: each a worker with its engines and watchdogs, behind a relay of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from jackline.core.standing import Terms
from jackline.engine import heartbeat
from jackline.store.host_disk import HostDisk
from jackline.store.postgres_db import PostgresServer
from tests.fleet.fleets import emptied
from tests.out_of_process.lasting import lasting
from tests.out_of_process.relay import Relay
from tests.out_of_process.stage import LOOK_MS, draw_seed, markets
from tests.processes import Child, Exchange, Json, exchange, spawn, write_config

OPEN_S = 150.0
END_S = 100.0
TERMS = Terms.of(6_000)


@dataclass
class Host:
    """A machine of the fleet: nothing is shared with the other one but the database and the venue."""

    name: str
    account: str
    directory: Path
    database: str
    relay: Relay
    child: Child | None = None

    @property
    def state_dir(self) -> Path:
        return self.directory / "state" / self.account

    async def start(self) -> None:
        arguments = ("--config", str(self.directory / "configs"), "--state", str(self.directory / "state"))
        self.child = await spawn(
            "worker",
            *arguments,
            *("--database", self.database, "--name", self.name, "--term-ms", str(TERMS.term_ms)),
        )
        self.child.drain()

    def lines(self) -> list[Json]:
        """What the worker has logged."""
        found = []
        for text in self.child.noise if self.child else []:
            with suppress(ValueError):
                found.append(json.loads(text))
        return found

    def logged(self, event: str, **facts: object) -> Json | None:
        """The last line of an event with these facts."""
        every = [line for line in self.lines() if line.get("event") == event]
        wanted = [line for line in every if all(line.get(key) == value for key, value in facts.items())]
        return wanted[-1] if wanted else None

    def said_by(self, part: str) -> str:
        """The log of engine or watchdog, its lines joined: last words are broken at 80 columns."""
        path = self.state_dir / "logs" / f"{part}.log"
        return " ".join(path.read_text().split()) if path.exists() else ""

    async def until(self, wanted: Callable[[], bool], *, within_s: float, what: str) -> float:
        """Wait, and the moment it was seen, in wall milliseconds."""
        deadline = time.monotonic() + within_s
        while not wanted():
            assert time.monotonic() < deadline, f"{self.name}: {what}: {self.words()}"
            await lasting(LOOK_MS)
        return time.time() * 1_000

    async def claimed(self) -> float:
        return await self.until(
            lambda: self.logged("lease_claimed", account=self.account) is not None,
            within_s=OPEN_S,
            what="no claim",
        )

    async def ready(self) -> float:
        """Until its engine makes progress and could enter."""

        def beats() -> bool:
            beat, line = heartbeat.read(HostDisk(), self.state_dir), self.logged("started", process="engine")
            return beat is not None and line is not None and beat.pid == line["pid"] and beat.ready

        return await self.until(beats, within_s=OPEN_S, what="no engine")

    def pids(self) -> list[int]:
        """The worker and what it started that may still run, itself first."""
        assert self.child is not None
        started = [line["pid"] for line in self.lines() if line.get("event") == "started"]
        mine = [pid for pid in started if _is_ours(pid)]
        return [self.child.process.pid, *mine]

    def signal(self, number: signal.Signals, *, also_children: bool = True) -> None:
        """To all of the host, as when the machine stands still or goes; or to the worker alone."""
        for pid in self.pids() if also_children else self.pids()[:1]:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def words(self) -> str:
        said = self.child.noise[-15:] if self.child else []
        return "\n".join([*said, self.said_by("engine")[-3_000:], self.said_by("watchdog")[-1_500:]])

    async def end(self) -> None:
        """Whatever still runs of it, by process number."""
        self.signal(signal.SIGCONT)
        pids = self.pids() if self.child else []
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.child is not None:
            await self.child.kill()


@dataclass
class Fleet:
    """Both hosts, and the venue that judges."""

    account: str
    a: Host
    b: Host
    venue: Exchange
    seed: int

    async def market(self, *, runs: bool) -> None:
        await self.venue.post("market", {"hold": not runs})

    async def protected(self) -> None:
        """Until a position is open and covered; then the market stands."""
        await self.market(runs=True)
        deadline = time.monotonic() + OPEN_S
        while True:
            living = await self.living()
            if living and not any(one["naked_now"] for one in living):
                break
            assert time.monotonic() < deadline, f"seed {self.seed}: {self.a.words()}"
            await lasting(LOOK_MS)
        await self.market(runs=False)

    async def living(self) -> list[Json]:
        testimony = await self.venue.get("witness")
        return [one for one in testimony["episodes"] if one["closed_wire_ms"] is None]


@asynccontextmanager
async def fleet_of_two(directory: Path, server: PostgresServer, account: str) -> AsyncIterator[Fleet]:
    """Host a runs, host b does not yet. The database is the server's, with no row of a fleet."""
    seed = draw_seed()
    emptied(server).close()
    async with AsyncExitStack() as stack:
        venue = await stack.enter_async_context(exchange(*markets(seed)))
        venue.child.drain()
        hosts = []
        for name in ("a", "b"):
            relay = await stack.enter_async_context(Relay(venue.port))
            configs = directory / name / "configs"
            configs.mkdir(parents=True)
            _configure(configs, relay.url, account)
            hosts.append(
                Host(name=name, account=account, directory=directory / name, database=server.url, relay=relay)
            )
        fleet = Fleet(account=account, a=hosts[0], b=hosts[1], venue=venue, seed=seed)
        try:
            await fleet.a.start()
            await fleet.a.ready()
            yield fleet
        finally:
            await asyncio.gather(*(host.end() for host in hosts))


def _configure(directory: Path, url: str, account: str) -> None:
    write_config(
        directory,
        url,
        account__name=f'"{account}"',
        venue__rung='"stop_first"',
        strategy__parameters__rsi_period="2",
        strategy__parameters__ema_period="2",
        strategy__parameters__rsi_long="51",
        strategy__parameters__rsi_short="49",
        risk__trailing_fraction="0.01",
    )


def _is_ours(pid: int) -> bool:
    try:
        return b"jackline" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
