"""The children of a run: started in groups of their own, logged to files, always ended by their process id."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

import msgspec

from jackline.cli.demo.breaches import Span
from jackline.cli.errors import CommandFailed, ExitCode

READY_S: Final = 90.0
"""A process that has not said it is ready by then will not. The first start of all compiles what it imports, and on a
small machine that is busy the page's own took half a minute: ended for that, it began anew from nothing."""

STOP_S: Final = 8.0
"""An orderly stop waits for answers and the disk for at most 5 s; after this it is ended."""

LOG_TAIL_LINES: Final = 6
"""What a failed start shows of its log: a screen, with the reason in it."""


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """The exchange's first line."""

    port: int
    market_start_ms: int
    market_end_ms: int


class Child:
    """One running process of ours. `started_ms` and `ended_ms` are wall time."""

    def __init__(self, *, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.name = name
        self.started_ms = time.time() * 1_000
        self.ended_ms: float | None = None
        self.log = log
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.returncode is None

    @property
    def life(self) -> Span:
        """From start to death, or to now."""
        return Span(start_ms=self.started_ms, end_ms=self.ended_ms or time.time() * 1_000)

    async def ready_line(self, *, within_s: float = READY_S) -> bytes:
        """The first line of standard output. Raises CommandFailed with the end of the log when there is none."""
        if self._process.stdout is None:
            raise CommandFailed(ExitCode.INTERNAL, f"{self.name} was started without an output to read")
        line = b""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                line = await self._process.stdout.readline()
        if not line:
            # Its output has ended: it is on its way out, with its code.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_S):
                    await self._process.wait()
            await self.stop()
            raise self.failed("did not start")
        return line

    def failed(self, what: str) -> CommandFailed:
        """An error that says what the process said last, with the exit code that it ended with."""
        code = self._process.returncode or 0
        known = ExitCode(code) if code in set(ExitCode) - {ExitCode.DONE} else ExitCode.INTERNAL
        if known is ExitCode.BAD_INPUT:  # its words are for the person who typed, not for whoever debugs it
            return CommandFailed(known, self.last_words())
        return CommandFailed(known, f"{self.name} {what}. Its last words:\n{self.last_words()}")

    def last_words(self) -> str:
        """The end of its log."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(lines[-LOG_TAIL_LINES:]) or "(none)"

    async def ended(self) -> int:
        """Its exit code, once it has ended."""
        code = await self._process.wait()
        self.ended_ms = self.ended_ms or time.time() * 1_000
        return code

    async def kill(self) -> None:
        """SIGKILL, to the process alone: nothing of it runs any more when this returns."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        self.ended_ms = time.time() * 1_000

    async def stop(self) -> None:
        """SIGTERM; its whole group is ended if that does not help."""
        if self.is_running:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
            try:
                async with asyncio.timeout(STOP_S):
                    await self._process.wait()
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.pid, signal.SIGKILL)
                await self._process.wait()
        self.ended_ms = self.ended_ms or time.time() * 1_000


class Children:
    """All processes of a run. Leaving the block ends them, last started first. `environment`: theirs, if not ours."""

    def __init__(self, directory: Path, *, environment: Mapping[str, str] | None = None) -> None:
        self._directory = directory
        self._environment = environment
        self._all: list[Child] = []

    async def start(self, name: str, *arguments: str, speaks: bool = False, told: str | None = None) -> Child:
        """Run `jackline` with these arguments.

        Args:
            name: of its log.
            arguments: of the command line.
            speaks: its first line of output is awaited by `ready_line`.
            told: all that it reads on its standard input.
        """
        log = self._directory / f"{name}.log"
        with log.open("ab") as file:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "jackline",
                *arguments,
                stdin=asyncio.subprocess.DEVNULL if told is None else asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE if speaks else file,
                stderr=file,
                env=self._environment,
                start_new_session=True,  # Ctrl-C reaches the demo alone, which then ends them in order
            )
        if told is not None and process.stdin is not None:
            process.stdin.write(told.encode())
            process.stdin.close()
        child = Child(name=name, process=process, log=log)
        self._all.append(child)
        return child

    def lives(self, *names: str) -> tuple[Span, ...]:
        """The lives of all processes of these names."""
        return tuple(child.life for child in self._all if child.name in names)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for child in reversed(self._all):
            await child.stop()
