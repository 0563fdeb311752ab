"""Taking the configuration up again: an engine ends in order, and the next one begins with what the files say now.

Stops rest at the venue meanwhile, and the watchdog looks after them, as in any other pause of an engine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import StrEnum

import structlog

from jackline.core.events import Receipt
from jackline.core.machine import AT_RISK
from jackline.core.state import State
from jackline.engine.options import EngineOptions
from jackline.engine.recorder import Recorder
from jackline.store.commands import Command

log = structlog.get_logger("reloading")

POLL_S = 0.1
STEADY_S = 5.0
"""An engine runs for so long before it gives way again: whoever asks every second must not keep it from trading."""


class Ending(StrEnum):
    """Why an engine has ended in order."""

    STOPPED = "stopped"
    RELOAD = "reload"


class Reloading:
    """Hears who wants the configuration taken up, and says when.

    `configured_ms` of the options: wire time after which this engine's configuration was read; None where its process
    begins no other engine.
    """

    def __init__(self, *, options: EngineOptions, recorder: Recorder, view: Callable[[], State]) -> None:
        self._configured_ms = options.configured_ms
        self._alerts = options.alerts
        self._recorder = recorder
        self._view = view
        self._wanted = False

    def begin(self) -> None:
        """Tell people what was wrong with the configuration that was to be taken up."""
        for alert in self._alerts:
            self._recorder.alert(alert)

    def ask(self, command: Command, receipt: Receipt) -> None:
        """Answer at once; what it asks for waits until nothing stands naked."""
        if self._configured_ms is None:
            text = "refused: this process keeps the configuration that it was started with; start it again"
        elif command.created_ms <= self._configured_ms:
            text = "in force already: the engine began with it"
        else:
            self._wanted = True
            text = "the engine begins again with it, as soon as everything open is protected"
        self._recorder.answer(receipt, text)

    async def ended(self, stop: asyncio.Event) -> Ending:
        """Until somebody stops the engine, or it has to give way."""
        if self._configured_ms is None:
            await stop.wait()
            return Ending.STOPPED
        due = asyncio.create_task(self._due())
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait((due, stopped), return_when=asyncio.FIRST_COMPLETED)
        finally:
            due.cancel()
            stopped.cancel()
        if stop.is_set():
            return Ending.STOPPED
        due.result()  # what broke it is raised: nobody gives way for that
        log.info(
            "reloading",
            note="no stop is cancelled; the engine begins again with the configuration as it is now",
        )
        return Ending.RELOAD

    async def _due(self) -> None:
        """Wanted, and nothing is under way or unprotected: what an engine holds in its hands it does not put down."""
        await asyncio.sleep(STEADY_S)
        while not (self._wanted and self._is_quiet()):  # noqa: ASYNC110 # the state of a turn, looked at between turns
            await asyncio.sleep(POLL_S)

    def _is_quiet(self) -> bool:
        return all(trade.phase not in AT_RISK for trade in self._view().trades.values())
