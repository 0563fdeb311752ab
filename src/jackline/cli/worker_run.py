"""A worker: the accounts that it holds, each with its engine and watchdog, for as long as it holds them."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

from jackline.cli.account_parts import engine_and_watchdog
from jackline.cli.children import Children
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.fleet_accounts import ConfigFiles
from jackline.cli.fleet_database import FleetDatabase
from jackline.cli.lease_keeper import Ended, Gained, Happening, LeaseKeeper, Lost, Unwanted
from jackline.cli.stopping import stop_on_signals
from jackline.cli.supervising import Supervisor
from jackline.core.standing import Terms
from jackline.engine import heartbeat
from jackline.store.db import Db
from jackline.store.errors import StoreError
from jackline.store.fleet import Me
from jackline.store.host_disk import HostDisk

log = structlog.get_logger("worker")

REST_MS: Final = 60_000
"""An account that cannot be started is left alone for so long, by every worker."""
AGAIN_S: Final = 1.0
"""Processes of an earlier life of the account on this host end within seconds, and hold its lock until then."""
GOODBYE_S: Final = 5.0
LOGS: Final = "logs"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """What a worker is started with. `state_dir`: each account has a directory of its name in it."""

    name: str
    capacity: int
    terms: Terms
    state_dir: Path
    files: ConfigFiles
    connect: Callable[[], Db]


def worker_options(
    database: FleetDatabase,
    files: ConfigFiles,
    *,
    state_dir: Path,
    capacity: int,
    name: str | None,
    term_ms: int,
) -> WorkerOptions:
    """From what the command was given."""
    terms = Terms.of(term_ms)
    return WorkerOptions(
        name=name or f"{socket.gethostname().partition('.')[0]}-{os.getpid()}",
        capacity=capacity,
        terms=terms,
        state_dir=state_dir,
        files=files,
        connect=lambda: database.keeping(terms),
    )


async def run_worker(options: WorkerOptions) -> None:
    """Until SIGTERM or SIGINT."""
    await Worker(options).run(stop_on_signals())


@dataclass(slots=True, kw_only=True)
class _Life:
    """An account that is held. `stop` ends its processes in order."""

    number: int
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    is_lost: bool = False


class Worker:
    """Run once. All leases are kept by a thread; this loop starts and ends processes."""

    def __init__(self, options: WorkerOptions) -> None:
        self._options = options
        self._lives: dict[str, _Life] = {}
        self._happened: asyncio.Queue[Happening] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def tell(happening: Happening) -> None:
            loop.call_soon_threadsafe(self._happened.put_nowait, happening)

        self._keeper = LeaseKeeper(
            connect=options.connect,
            me=Me(name=options.name, host=socket.gethostname(), pid=os.getpid(), capacity=options.capacity),
            terms=options.terms,
            state_dir=options.state_dir,
            names=self._names,
            is_calm=self._is_calm,
            tell=tell,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; then every engine ends in order, and its account is given back. No stop is cancelled."""
        options = self._options
        log.info(
            "working",
            worker=options.name,
            capacity=options.capacity,
            term_ms=options.terms.term_ms,
            takeover_ms_max=options.terms.takeover_ms,
        )
        self._keeper.start()
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                happening = asyncio.create_task(self._happened.get())
                await asyncio.wait({happening, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if happening.done():
                    self._take(happening.result())
                else:
                    happening.cancel()
        finally:
            stopping.cancel()
            log.info("stopping", accounts=len(self._lives), note="no stop is cancelled")
            await self._end_all()
        is_done = await asyncio.to_thread(self._keeper.finish, deadline_s=GOODBYE_S)
        log.info("stopped", given_back=is_done)

    def _take(self, happening: Happening) -> None:
        match happening:
            case Gained(account=account, number=number):
                before = self._lives.get(account)
                life = self._lives[account] = _Life(number=number)
                life.task = asyncio.create_task(self._live(account, life, before), name=account)
            case Lost(account=account) if account in self._lives:
                self._lives[account].is_lost = True
                self._lives[account].stop.set()
            case Unwanted(account=account, why=why) if account in self._lives:
                log.info("giving_back", account=account, why=why)
                self._lives[account].stop.set()
            case Ended(error=error):
                raise CommandFailed(ExitCode.INTERNAL, f"the thread that keeps the leases ended: {error!r}")
            case _:
                pass  # of an account whose end crossed it on the way

    async def _live(self, account: str, life: _Life, before: _Life | None) -> None:
        """From claim to give-back; behind the end of an earlier life of the account that was lost."""
        if before is not None and before.task is not None:
            await asyncio.wait({before.task})
        try:
            while not life.stop.is_set() and not await self._run_once(account, life):
                await _pause(life.stop, AGAIN_S)
        finally:
            if self._lives.get(account) is life:
                del self._lives[account]
            if not life.is_lost:
                self._keeper.give_back(account, life.number)

    async def _run_once(self, account: str, life: _Life) -> bool:
        """Supervise until stopped; False where it should be tried again at once."""
        state_dir = self._options.state_dir / account
        logs = state_dir / LOGS
        logs.mkdir(parents=True, exist_ok=True)
        try:
            path = await asyncio.to_thread(self._options.files.path_of, account)
            environment = {**os.environ, **self._options.files.environment(state_dir)}
            async with Children(logs, environment=environment) as children:
                parts = engine_and_watchdog(path, state_dir, options=("--lease", str(life.number)))
                await Supervisor(children, parts).run(life.stop)
        except CommandFailed as failed:
            log.warning("not_run", account=account, said=str(failed))
            if failed.code is ExitCode.LEASE_HELD:
                return False
            self._keeper.trouble(account, str(failed), rest_ms=REST_MS)
        except StoreError as error:  # its configuration lies in a database that does not answer
            log.warning("not_run", account=account, said=str(error))
            return False
        return True

    async def _end_all(self) -> None:
        lives = list(self._lives.values())
        for life in lives:
            life.stop.set()
        tasks = [life.task for life in lives if life.task is not None]
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, Exception):
                log.error("ended_badly", detail=repr(ended))

    # -- asked by the keeper's thread ----------------------------------------------------------------------------

    def _names(self) -> Collection[str]:
        return self._options.files.names()

    def _is_calm(self, account: str) -> bool:
        """Nothing of it is open without its stop: it may move."""
        beat = heartbeat.read(HostDisk(), self._options.state_dir / account)
        return beat is not None and not beat.at_risk


async def _pause(stop: asyncio.Event, pause_s: float) -> None:
    try:
        async with asyncio.timeout(pause_s):
            await stop.wait()
    except TimeoutError:
        return
