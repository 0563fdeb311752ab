"""What the watchdog answers to operators while no engine does: rows of its own store, for whoever asked.

A command it carries out has two answers: one when it is taken, under the command's own id, and one when it is over,
under `end_id`. The command itself stays unread for the engine, whose answer stands in the engine's store.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from jackline.core.orders import Snapshot
from jackline.core.values import MarketMs, WireMs
from jackline.store.batch import Batch, CommandAnswer, JournalKind, JournalRow
from jackline.store.disk import Disk
from jackline.store.encode import decode, encode
from jackline.store.errors import StoreError
from jackline.store.reader import StoreReader

CLOSING: Final = "watchdog: closing"
"""It is taken, and closes leave; `end_id` tells when the venue shows flat."""
NO_ENTRY: Final = "watchdog: no engine runs, so nothing enters; the next one starts under this level"
FLAT: Final = "watchdog: flat"
"""Two looks show what the command meant as gone, and no entry of the silent engine may still execute."""
RESET: Final = "watchdog: a reset came before it was flat"
TAIL: Final = 50
"""Rows of two seconds of closing, and more."""
FRESH_MS: Final = 5_000
"""A watchdog that is alone writes what it sees every 2 s: one silent for longer does not watch, or sees nothing."""


def end_id(command_id: str) -> str:
    """Under which id the end of a command is answered. It holds a character that no generated id has."""
    return f"{command_id}:end"


def answer_batch(command_id: str, result: str, *, wire_ms: WireMs, market_ms: MarketMs) -> Batch:
    """An answer and the row that explains it; the first one under an id stays."""
    answer = CommandAnswer(command_id=command_id, wire_ms=wire_ms, result=encode(result))
    row = JournalRow(
        kind=JournalKind.COMMAND, trade_id=None, wire_ms=wire_ms, market_ms=market_ms, body=encode(answer)
    )
    return Batch(rows=(row,), answers=(answer,))


def watch_answer(disk: Disk, path: Path, answer_id: str) -> str | None:
    """What the watchdog whose store is at `path` has answered; None while it has not, or cannot be read."""
    try:
        if not disk.exists(path):
            return None
        with StoreReader(disk, path) as reader:
            answer = reader.answer(answer_id)
            return None if answer is None else decode(answer.result, str)
    except (StoreError, OSError):
        return None


def sees_flat(disk: Disk, path: Path, since_ms: int) -> bool:
    """Whether the last look that a watchdog has written down is of after that moment and shows nothing open."""
    try:
        if not disk.exists(path):
            return False
        with StoreReader(disk, path) as reader:
            seen = [row for row in reader.journal_tail(TAIL) if row.kind == JournalKind.WATCH_SNAPSHOT][-1:]
            return any(row.wire_ms > since_ms and not decode(row.body, Snapshot).positions for row in seen)
    except (StoreError, OSError):
        return False


def is_watching(disk: Disk, path: Path, now_ms: int) -> bool:
    """Whether a watchdog has lately written down what the venue says, as it does while no engine is heard."""
    try:
        if not disk.exists(path):
            return False
        with StoreReader(disk, path) as reader:
            return any(abs(now_ms - row.wire_ms) <= FRESH_MS for row in reader.journal_tail(1))
    except (StoreError, OSError):
        return False
