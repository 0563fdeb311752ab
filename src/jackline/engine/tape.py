"""Keeps the tape of a running engine: each turn is handed over and never waited for (D4).

A thread encodes, compresses and appends, a few times a second. Where the disk refuses or falls behind, turns are left
out and counted; as soon as it takes something again the tape goes on with a whole state, so that what follows can be
replayed. Trading notices nothing of it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum
from functools import partial
from pathlib import Path

import msgspec
import structlog

from jackline.core.effects import Effect
from jackline.core.events import Event, Now
from jackline.core.state import State
from jackline.engine.options import EngineOptions
from jackline.store.boot import Store
from jackline.store.disk import Disk, OnDisk, Until, Work
from jackline.store.lease import Lease
from jackline.store.tape import (
    EFFECTS,
    EVENTS,
    FIRST_LINE,
    NO_EFFECTS,
    STATES,
    TAPE_DIRECTORY,
    End,
    Head,
    TurnRecord,
    as_block,
    as_line,
    segment_name,
    segments,
    written_by,
)

log = structlog.get_logger("tape")

TURNS_MAX = 20_000
"""Minutes of two hundred symbols; beyond it memory, not the disk, would be what fails."""
BLOCK_TURNS = 1_024
FLUSH_MS = 250
"""What a kill may cost: so much of the end of the tape."""
RETRY_MS = 5_000
"""Pause after the disk has refused."""
SEGMENTS_KEPT = 8
"""A segment is this part of the whole: a bound is kept by removing the oldest one."""
SEGMENT_BYTES_MAX = 8 * 1_024 * 1_024
SEGMENTS_MAX = 1_000
"""Short lives leave short segments; more names than this help nobody."""


@dataclass(frozen=True, slots=True)
class _Turn:
    number: int
    event: Event
    now: Now
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class _Begin:
    """A new segment, with the state before the next turn."""

    why: str
    first: int
    lost: int
    state: State


class _Mode(Enum):
    """What the next turn does: it is kept, it begins a segment first, or it is only counted."""

    KEEPS = "keeps"
    BEGINS = "begins"
    COUNTS = "counts"


class Tape:
    """The tape of one life of an engine. Make it, note and close on one running loop.

    Args:
        directory: where the segments are.
        bytes_max: of all segments together; above 0.
        fence: the life's.
        journal_seq: the last journal row before it.
    """

    def __init__(self, *, disk: Disk, directory: Path, bytes_max: int, fence: int, journal_seq: int) -> None:
        self._disk, self._directory = disk, directory
        self._bytes_max, self._fence, self._journal_seq = bytes_max, fence, journal_seq
        self._segment_max = max(1, min(SEGMENT_BYTES_MAX, bytes_max // SEGMENTS_KEPT))
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # Under the guard from here on.
        self._queue: deque[_Turn | _Begin] = deque()
        self._mode, self._why = _Mode.BEGINS, "start"
        self._turns = self._lost = self._lost_ever = 0
        self._closing = False
        # Of the work alone.
        self._path: Path | None = None
        self._size = 0
        self._told = False
        self._carrier = disk.carrier("tape")
        self._carrier.start(self._work())

    @property
    def lost(self) -> int:
        """Turns that are on no segment."""
        with self._carrier.guard():
            return self._lost_ever

    @property
    def is_behind(self) -> bool:
        """Something waits for the disk, or for the end of a pause after a refusal."""
        with self._carrier.guard():
            return bool(self._queue) or self._mode is _Mode.COUNTS

    def held(self) -> AbstractContextManager[object]:
        """While held, nothing is taken from what waits."""
        return self._carrier.guard()

    def note(self, before: State, event: Event, now: Now, effects: tuple[Effect, ...]) -> None:
        """Keep one turn. Never waits for the disk, and costs about a microsecond."""
        with self._carrier.guard():
            self._turns += 1
            if len(self._queue) >= TURNS_MAX:
                self._mode, self._why = _Mode.COUNTS, "gap"
            if self._mode is _Mode.COUNTS:
                self._lost += 1
                self._lost_ever += 1
                return
            if self._mode is _Mode.BEGINS:
                self._queue.append(_Begin(why=self._why, first=self._turns, lost=self._lost, state=before))
                self._mode, self._lost = _Mode.KEEPS, 0
            self._queue.append(_Turn(self._turns, event, now, effects))
            if len(self._queue) >= BLOCK_TURNS:
                self._carrier.wake()

    async def close(self, *, deadline_ms: int) -> None:
        """Write what waits and that the life has ended, at most until the deadline."""
        with self._carrier.guard():
            self._closing = True
            self._carrier.wake()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(deadline_ms / 1_000):
                await asyncio.shield(self._ended)

    # -- the work --------------------------------------------------------------------------------------------

    def _work(self) -> Work:
        try:
            while True:
                yield Until(ready=self._is_due, at_most_ms=FLUSH_MS)
                closing = self._closing
                batch = [self._queue.popleft() for _ in range(min(len(self._queue), BLOCK_TURNS))]
                if batch:
                    yield OnDisk(do=partial(self._write, batch), syncs=False)
                if closing and not self._queue:
                    break
                if self._path is None and batch:
                    self._drop_waiting()
                    yield Until(ready=lambda: self._closing, at_most_ms=RETRY_MS)
                self._go_on()
            if self._path is not None and not self._lost:
                yield OnDisk(do=self._end, syncs=False)
        finally:
            # A bug of ours ends it too: turns are only counted from here on, and memory stays bounded.
            self._mode = _Mode.COUNTS
            self._queue.clear()
            self._carrier.post(partial(_set, self._ended))

    def _is_due(self) -> bool:
        return self._closing or len(self._queue) >= BLOCK_TURNS

    def _drop_waiting(self) -> None:
        """The disk has refused: what waits would follow a gap, without a state to begin from."""
        dropped = sum(isinstance(item, _Turn) for item in self._queue)
        self._queue.clear()
        self._lost += dropped
        self._lost_ever += dropped
        self._mode, self._why = _Mode.COUNTS, "gap"

    def _go_on(self) -> None:
        """After a pause, or a full segment, the next turn begins another one."""
        if self._mode is _Mode.COUNTS and not self._queue:
            self._mode, self._why = _Mode.BEGINS, "gap"
        elif self._mode is _Mode.KEEPS and self._size >= self._segment_max:
            self._mode, self._why, self._size = _Mode.BEGINS, "rotation", 0

    def _write(self, batch: list[_Turn | _Begin]) -> None:
        """Append turns; on a refusal the segment ends here, and what was not written counts as lost."""
        head: list[bytes] = []
        lines: list[bytes] = []
        unwritten = sum(isinstance(item, _Turn) for item in batch)
        try:
            for item in batch:
                if isinstance(item, _Turn):
                    lines.append(_line(item))
                    continue
                self._append([*head, *lines])
                unwritten -= len(lines)
                head, lines = [self._begin(item)], []
            self._append([*head, *lines])
        except OSError as error:
            self._path = None
            self._refused(unwritten, str(error))

    def _append(self, lines: list[bytes]) -> None:
        if lines and self._path is not None:
            block = as_block(lines)
            self._disk.append(self._path, block)
            self._size += len(block)
            if self._told:
                self._told = False
                self._carrier.post(partial(log.info, "tape_goes_on", code="D4", segment=self._path.name))

    def _refused(self, lost: int, detail: str) -> None:
        with self._carrier.guard():
            self._lost += lost
            self._lost_ever += lost
        if not self._told:
            self._told = True
            self._carrier.post(partial(log.warning, "tape_broken", code="D4", detail=detail))

    def _begin(self, begin: _Begin) -> bytes:
        """Make room, then a file with the next number; the line that it begins with."""
        self._path = None
        self._disk.make_directory(self._directory)
        there = list(segments(self._disk, self._directory))
        sizes = {path: self._disk.size(path) for path in there}
        while there and (
            len(there) >= SEGMENTS_MAX
            or sum(sizes[path] for path in there) + self._segment_max > self._bytes_max
        ):
            self._disk.remove(there.pop(0))
        number = int(there[-1].stem) + 1 if there else max((int(path.stem) for path in sizes), default=0) + 1
        path = self._directory / segment_name(number)
        self._disk.create(path)
        self._disk.append(path, FIRST_LINE)
        self._path, self._size = path, len(FIRST_LINE)
        version, shape = written_by()
        return as_line(
            Head(
                why=begin.why,
                fence=self._fence,
                version=version,
                shape=shape,
                journal_seq=self._journal_seq,
                first=begin.first,
                lost=begin.lost,
                state=msgspec.Raw(STATES.write(begin.state)),
            )
        )

    def _end(self) -> None:
        with contextlib.suppress(OSError):
            self._append([as_line(End(number=self._turns))])


def begin_tape(options: EngineOptions, store: Store, lease: Lease) -> Tape | None:
    """What this life will decide, and on what, is kept beside the journal where a configuration says so (D4)."""
    if not options.tape_bytes_max:
        return None
    return Tape(
        disk=store.disk,
        directory=options.state_dir / TAPE_DIRECTORY,
        bytes_max=options.tape_bytes_max,
        fence=lease.fence,
        journal_seq=store.head.seq,
    )


def _line(turn: _Turn) -> bytes:
    effects = EFFECTS.write(turn.effects) if turn.effects else NO_EFFECTS
    return as_line(
        TurnRecord(
            number=turn.number,
            wire_ms=turn.now.wire_ms,
            market_ms=turn.now.market_ms,
            event=msgspec.Raw(EVENTS.write(turn.event)),
            effects=msgspec.Raw(effects),
        )
    )


def _set(ended: asyncio.Future[None]) -> None:
    if not ended.done():
        ended.set_result(None)
