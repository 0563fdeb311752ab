"""The engine's pulse: a heartbeat twice a second, and at once when what is at risk changes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

import structlog

from jackline.core.machine import AT_RISK
from jackline.core.state import State
from jackline.core.values import Symbol
from jackline.engine import heartbeat
from jackline.engine.heartbeat import Heartbeat
from jackline.store.disk import Disk

log = structlog.get_logger("pulse")


class Pulse:
    """Writes the beat that `beat` makes of the symbols at risk. A beat that cannot be written stops nothing. `show`
    lets other processes see the account with it."""

    def __init__(
        self,
        *,
        disk: Disk,
        state_dir: Path,
        beat: Callable[[tuple[Symbol, ...]], Heartbeat],
        show: Callable[[Heartbeat], None] | None = None,
    ) -> None:
        self._disk = disk
        self._state_dir = state_dir
        self._beat = beat
        self._show = show
        self._risky: tuple[Symbol, ...] = ()
        self._changed = asyncio.Event()

    def feel(self, state: State) -> None:
        """After a turn: what is at risk may be something else now."""
        risky = tuple(sorted({trade.symbol for trade in state.trades.values() if trade.phase in AT_RISK}))
        if risky != self._risky:
            self._risky = risky
            self._changed.set()

    async def run(self) -> None:
        """Beat for ever."""
        while True:
            beat = self._beat(self._risky)
            try:
                heartbeat.write(self._disk, self._state_dir, beat)
            except OSError as error:
                log.warning("heartbeat_failed", code="L2", detail=str(error))
            if self._show is not None:  # behind the beat, which the watchdog waits for
                self._show(beat)
            self._changed.clear()
            period_ms = heartbeat.PERIOD_AT_RISK_MS if self._risky else heartbeat.PERIOD_MS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(period_ms / 1_000):
                    await self._changed.wait()
