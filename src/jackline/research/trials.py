"""The ledger of trials: how often the same data has been asked. Who tries often enough always finds something.

One line of JSON a sweep, appended and never rewritten. `jackline validate` reads it.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

NAME = "trials.jsonl"
WORDS_MAX = 400
"""Characters of what was swept: a line stays short enough to be appended by one write."""


class LedgerDamaged(Exception):
    """The ledger cannot be read; the text says where and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRow:
    """One sweep, whatever came of it.

    Attributes:
        data_sha256: of the bars (`research.market.bars_sha256`).
        from_ms, to_ms: UTC ms: the open of the first bar that the sweep saw, and the close of the last.
        trials: settings that were tried.
        strategy: whose signals, with its parameters or the hash of its bundle.
        what: the ranges that were swept, in words, cut off where they are long.
        settings_sha256: of all that tells these settings from others; "" in lines of before it was kept.
    """

    at_ms: int
    data_sha256: str
    symbol: str
    interval_ms: int
    from_ms: int
    to_ms: int
    trials: int
    strategy: str
    what: str
    settings_sha256: str = ""

    @property
    def settings(self) -> tuple[str, str]:
        """What was tried: a row with the same is the same trials once more, on whatever part of the market."""
        return self.strategy, self.settings_sha256 or self.what


def settings_sha256(what: str, *fixed: object) -> str:
    """Of what was swept, in full, and of what stood `fixed` beside it: another hold in the file is another trial."""
    return hashlib.sha256(repr((what, fixed)).encode()).hexdigest()


def note_trials(directory: Path, row: TrialRow) -> None:
    """Append a sweep; durable when this returns. Raises OSError where it cannot be written."""
    directory.mkdir(parents=True, exist_ok=True)
    line = msgspec.json.encode(replace(row, what=row.what[:WORDS_MAX])) + b"\n"
    handle = os.open(directory / NAME, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, line)
        os.fsync(handle)
    finally:
        os.close(handle)


def read_trials(directory: Path) -> tuple[TrialRow, ...]:
    """Every sweep on record, oldest first; () where there is no ledger.

    Raises:
        LedgerDamaged: a line is no sweep.
    """
    path = directory / NAME
    if not path.exists():
        return ()
    rows: list[TrialRow] = []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            rows.append(msgspec.json.decode(line, type=TrialRow))
        except msgspec.DecodeError as error:
            raise LedgerDamaged(
                f"{path}:{number}: no record of a sweep: {error}. Fix: restore the file from a copy; where there is"
                " none, mend the line by hand: a ledger with fewer trials than were made proves nothing"
            ) from None
    return tuple(rows)


def trials_of(rows: tuple[TrialRow, ...], *, symbol: str, from_ms: int, to_ms: int) -> int:
    """Settings tried so far on any data of this symbol that overlaps the time; the ends touch without overlapping."""
    return sum(
        row.trials for row in rows if row.symbol == symbol and row.from_ms < to_ms and from_ms < row.to_ms
    )
