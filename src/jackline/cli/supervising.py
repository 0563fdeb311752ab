"""The supervisor: processes of one account, each started again when it ends, slower each time it ends at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import msgspec
import structlog

from jackline.cli.children import Child, Children
from jackline.cli.errors import CommandFailed, ExitCode

log = structlog.get_logger("run")

PAUSE_S_MIN = 0.5
PAUSE_S_MAX = 30.0
STEADY_S = 60.0
"""Whoever lived so long is started again without a pause that has grown."""

FATAL = frozenset({ExitCode.BAD_INPUT, ExitCode.LEASE_HELD})
"""What trying again does not mend."""

Ready = Callable[[Child], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A process that is to run.

    Attributes:
        speaks: its first line says that it is ready, and `ready` reads it.
        told: what it reads on its standard input: a secret, which is no argument.
        is_vital: where its first start is refused for what it was given (`FATAL`), nothing goes on without it. Anything
            else is tried again for ever: a venue that does not answer must not take the watchdog down.
    """

    name: str
    arguments: tuple[str, ...]
    speaks: bool = False
    told: str | None = field(default=None, repr=False)
    ready: Ready | None = None
    is_vital: bool = True


class Supervisor:
    """Starts parts in order and keeps them running."""

    def __init__(self, children: Children, parts: Sequence[Part]) -> None:
        self._children = children
        self._parts = parts
        self._keepers: list[asyncio.Task[None]] = []

    def looks_after_all(self) -> bool:
        """Every part that was started is waited for, and started again when it ends (L2)."""
        return len(self._keepers) == len(self._parts) and not any(one.done() for one in self._keepers)

    async def run(self, stop: asyncio.Event, begun: Callable[[], None] = lambda: None) -> None:
        """Until `stop` is set; `begun` is called once all parts have been started.

        Raises CommandFailed where a vital part does not come up the first time.
        """
        running = self._keepers
        try:
            for part in self._parts:
                child = await self._first(part)
                running.append(asyncio.create_task(self._keep(part, child), name=part.name))
            begun()
            await stop.wait()
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _first(self, part: Part) -> Child | None:
        try:
            return await self._start(part)
        except CommandFailed as failed:
            if part.is_vital and failed.code in FATAL:
                raise
            log.warning("not_started", process=part.name, said=str(failed))
            return None

    async def _start(self, part: Part) -> Child:
        child = await self._children.start(part.name, *part.arguments, speaks=part.speaks, told=part.told)
        log.info("started", process=part.name, pid=child.pid)
        try:
            if part.ready is not None:
                await part.ready(child)
        except msgspec.MsgspecError as error:
            await child.stop()
            raise child.failed(f"said something else first: {error}") from error
        except CommandFailed as failed:
            if not child.is_running:
                raise
            # Slow is not dead: a second one beside it would only be refused the lease.
            log.warning("not_ready_yet", process=part.name, said=str(failed))
        return child

    async def _keep(self, part: Part, child: Child | None) -> None:
        pause_s = PAUSE_S_MIN
        while True:
            if child is not None:
                began_s = time.monotonic()
                code = await child.ended()
                lived_s = time.monotonic() - began_s
                log.warning(
                    "ended", process=part.name, code=code, lived_s=round(lived_s, 1), said=child.last_words()
                )
                if lived_s > STEADY_S:
                    pause_s = PAUSE_S_MIN
            await asyncio.sleep(pause_s)
            pause_s = min(PAUSE_S_MAX, pause_s * 2)
            child = None
            try:
                child = await self._start(part)
            except CommandFailed as failed:
                log.warning("not_started", process=part.name, said=str(failed))
