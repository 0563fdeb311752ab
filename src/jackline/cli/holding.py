"""A process under a worker's lease: it runs while the lease is known, and ends by itself once it is not (C3)."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Final

import structlog

from jackline.cli.config import Config
from jackline.cli.disks import disk_of
from jackline.core.standing import Standing
from jackline.engine.held_lease import HeldLease, LeaseGone
from jackline.engine.host import lease_moment
from jackline.store.disk import Disk
from jackline.store.fencing import Fence, FencedOff
from jackline.store.host_disk import HostDisk

log = structlog.get_logger("lease")

WATCH_S: Final = 0.1
GONE_S: Final = 6.0
"""Nothing has left for so long, and the worker, which would have asked the database by now, is not there to ask."""
ORDERLY_S: Final = 6.0
"""As long as an orderly stop may wait for answers and the disk; it is refused both, and says so."""


def held_lease(config: Config, number: int | None) -> HeldLease | None:
    """The lease whose page a worker keeps in the state directory; None where no worker started this."""
    if number is None:
        return None
    return HeldLease(disk=HostDisk(), directory=config.state_dir, number=number, now=lease_moment)


def account_disk(config: Config, held: HeldLease | None) -> Disk:
    """The disk of the account; under a lease every write carries its number, and one that is refused shuts the gate."""
    return disk_of(config, fence=None if held is None else fence_of(config.account.name, held))


def fence_of(account: str, held: HeldLease) -> Fence:
    """The number of a lease, as the account's writes carry it."""

    def refused(off: FencedOff) -> None:
        newest = "nobody that is known" if off.newest is None else f"number {off.newest}"
        held.lose(f"{newest}, as a write was told")

    return Fence(account=account, number=held.number, on_refused=refused)


async def while_held(work: Coroutine[None, None, None], held: HeldLease | None, stop: asyncio.Event) -> None:
    """Do the work; raise LeaseGone once this process may not go on. The gate has been shut since."""
    if held is None:
        await work
        return
    working = asyncio.create_task(work)
    watching = asyncio.create_task(_until_over(held))
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if not watching.done() and held.standing() is not Standing.LOST:
            await working
            return
        stop.set()
        await asyncio.wait({working}, timeout=ORDERLY_S)
        raise LeaseGone(_text(held))
    finally:
        for task in (working, watching):
            task.cancel()
        await asyncio.gather(working, watching, return_exceptions=True)


async def _until_over(held: HeldLease) -> None:
    """Until it is lost, or until nobody has kept it for too long. Tells every change."""
    loop = asyncio.get_running_loop()
    before, since_s = held.standing(), loop.time()
    while True:
        now = held.standing()
        if now is not before:
            log.warning("standing", code="C3", now=now.value, before=before.value, number=held.number)
            before, since_s = now, loop.time()
        if now is Standing.LOST or (now is Standing.UNASKED and loop.time() - since_s > GONE_S):
            return
        await asyncio.sleep(WATCH_S)


def _text(held: HeldLease) -> str:
    why = (
        f"it was taken over, by {held.lost_to}"
        if held.lost_to
        else "its lease has run out, and the worker that kept it is not heard from"
    )
    return (
        f"C3: this process held the account by number {held.number}; {why}. Since then it has sent nothing, "
        "and it cancels nothing: every stop rests. Fix: none is needed, the account is its next holder's"
    )
