"""What a service manager is told (sd_notify): ready, alive, stopping. Nothing where none listens.

A process is alive while it gets on, not while it exists (L2): whoever is kept alive gives a number that must have moved
since it was last asked. One that does not move is started again by the manager.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

log = structlog.get_logger("service")

ADDRESS, PERIOD, FOR_PID = "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"
TOLD_PER_PERIOD = 3
"""So often within the manager's patience: one message may be late without a kill."""
STATUS_CHARS_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceManager:
    """Where one listens.

    Attributes:
        address: of a datagram socket, as `NOTIFY_SOCKET` has it; a leading @ is Linux's abstract namespace.
        patience_s: after so long without a sign of life it ends the process; None where it does not look.
    """

    address: str
    patience_s: float | None

    def tell(self, *lines: str) -> bool:
        """Send lines such as ``READY=1``, without waiting. A manager that cannot be told stops nothing."""
        where = f"\0{self.address[1:]}" if self.address.startswith("@") else self.address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
                told.setblocking(False)
                told.sendto("\n".join(lines).encode(), where)
        except OSError as error:
            log.warning("manager_not_told", lines=lines, detail=error.strerror)
            return False
        return True

    def ready(self, status: str) -> None:
        """The process does its work from now on; whoever waits for it may start."""
        self.tell("READY=1", f"STATUS={status[:STATUS_CHARS_MAX]}")


def take_manager(environment: MutableMapping[str, str] | None = None) -> ServiceManager | None:
    """The one that the environment names, taken out of it: children are not the ones that it listens to."""
    variables = os.environ if environment is None else environment
    address = variables.pop(ADDRESS, "")
    period, pid = variables.pop(PERIOD, ""), variables.pop(FOR_PID, "")
    if not address.startswith(("/", "@")):
        return None
    is_ours = pid in ("", str(os.getpid()))
    patience_s = int(period) / 1_000_000 if period.isdecimal() and int(period) and is_ours else None
    return ServiceManager(address=address, patience_s=patience_s)


@asynccontextmanager
async def kept_alive(
    manager: ServiceManager | None, progress: Callable[[], int | None]
) -> AsyncIterator[None]:
    """Tell the manager of every progress while the block runs, and of the block's end.

    Args:
        manager: None is told nothing.
        progress: a number that grows with the work, asked on the loop that does it; None: not begun, which counts as
            no progress.
    """
    if manager is None:
        yield
        return
    task = None if manager.patience_s is None else asyncio.create_task(_keep(manager, progress))
    try:
        yield
    finally:
        manager.tell("STOPPING=1")
        if task is not None:
            task.cancel()
            await asyncio.wait({task})


async def _keep(manager: ServiceManager, progress: Callable[[], int | None]) -> None:
    pause_s = (manager.patience_s or 0) / TOLD_PER_PERIOD
    last = progress()
    while True:
        await asyncio.sleep(pause_s)
        now = progress()
        if now is not None and now != last:
            manager.tell("WATCHDOG=1")
        else:
            log.warning(
                "no_progress", code="L2", at=now, note="the service manager is not told that this lives"
            )
        last = now
