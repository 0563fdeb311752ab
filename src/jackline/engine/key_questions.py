"""Keys that operators want checked: asked of the venue in a process of their own, one at a time, beside all else.

The engine only starts the question and writes down what came of it: its connections, its request weight and its loop
are for what is open.
"""

from __future__ import annotations

import asyncio

import structlog

from jackline.core.effects import AnswerCommand
from jackline.core.events import Receipt
from jackline.engine.options import KeyCheck
from jackline.engine.recorder import Recorder

log = structlog.get_logger("key_questions")

CHECK_S = 30.0
"""Starting a program, three reads at most, and a venue that is slow."""
UNABLE = "refused: this engine was not given what asks the venue of a key"
BUSY = "refused: another key is being checked; try again when it has its answer"
SILENT = "refused: the venue did not answer in time; try again"


class KeyQuestions:
    """At most one question is under way. One that a crash cuts off is asked again by whoever wants to know."""

    def __init__(self, *, check: KeyCheck | None, recorder: Recorder) -> None:
        self._check = check
        self._recorder = recorder
        self.running: asyncio.Task[None] | None = None
        """The newest question; done when it has its answer."""

    def ask(self, name: str, receipt: Receipt) -> None:
        """Take the command now, and answer it when the venue has."""
        if self._check is None or (self.running is not None and not self.running.done()):
            self._recorder.answer(receipt, UNABLE if self._check is None else BUSY)
            return
        taken = AnswerCommand(command_id=receipt.command_id, result=None, position=receipt.position)
        self._recorder.wish(taken)
        self.running = asyncio.create_task(self._asked(self._check, name, receipt.command_id))

    async def _asked(self, check: KeyCheck, name: str, command_id: str) -> None:
        try:
            async with asyncio.timeout(CHECK_S):
                told = await check(name)
        except TimeoutError:
            told = SILENT
        except OSError as error:
            told = f"refused: the question could not be asked: {error}"
        log.info("key_asked", code="S3", key=name, told=told)
        self._recorder.wish(AnswerCommand(command_id=command_id, result=told, position=None))
