"""A journal on the simulated disk, as judges look at it: only rows that a power cut now would leave."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jackline.store.errors import DbTrouble
from jackline.world.disk import SimulatedDisk
from jackline.world.judges.journal import JournalRow
from jackline.world.simulated_db import ReadingDb

_ROWS = "SELECT seq, kind, trade_id, wire_ms, body FROM journal WHERE seq > ? ORDER BY seq"


class DiskJournal:
    """`JournalView` of the store at `path`. Cheap while nothing has changed: nothing is read then."""

    def __init__(self, disk: SimulatedDisk, path: Path) -> None:
        self._disk, self._path = disk, path
        self._reader: ReadingDb | None = None
        self._nothing_since: object = None

    @property
    def epoch(self) -> int:
        """Rises when the file was lost or replaced by an older one."""
        return self._disk.epoch(self._path)

    def durable_after(self, seq: int) -> Sequence[JournalRow]:
        """The rows after `seq`; none where there is no file, or none that can be read."""
        try:
            if self._reader is None:
                self._reader = self._disk.look(self._path, durable=True)
            state = (self._reader.version, seq)
            if state == self._nothing_since:
                return ()
            rows = self._reader.run(_ROWS, (seq,))
        except DbTrouble:
            return ()
        self._nothing_since = (self._reader.version, rows[-1][0] if rows else seq)
        return tuple(
            JournalRow(seq=row[0], kind=row[1], trade_id=row[2], wire_ms=row[3], body=row[4]) for row in rows
        )

    def close(self) -> None:
        """Close the connection."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
