"""The two processes that look after an account, as parts of whatever supervises them: a run, or a worker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from jackline.cli.children import Child
from jackline.cli.supervising import Part, Ready
from jackline.engine import heartbeat
from jackline.store.host_disk import HostDisk

READY_S = 60.0


def engine_and_watchdog(path: Path, state_dir: Path, *, options: Sequence[str] = ()) -> list[Part]:
    """Of a configuration file whose state is kept in `state_dir`. The watchdog comes first: it looks after what is open
    already."""
    arguments = ("--config", str(path), *options)
    return [
        Part(name="watchdog", arguments=("watchdog", *arguments)),
        Part(name="engine", arguments=("engine", *arguments), ready=_engine_ready(state_dir)),
    ]


def _engine_ready(state_dir: Path) -> Ready:
    """Until the engine makes progress; it has its own words for what stands in its way."""

    async def ready(child: Child) -> None:
        until = time.monotonic() + READY_S
        while time.monotonic() < until:
            beat = heartbeat.read(HostDisk(), state_dir)
            if beat is not None and beat.pid == child.pid:
                return
            if not child.is_running:
                raise child.failed("ended at its start")
            await asyncio.sleep(0.1)
        raise child.failed("has no heartbeat yet")

    return ready
