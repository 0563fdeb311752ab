"""A set as it grows: every page is judged before it is joined on, and written often enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from jackline.data.candles import Candles
from jackline.data.environment import Comparison, check_environment
from jackline.data.intervals import spell
from jackline.data.merging import Change, merged, refuse_changes
from jackline.data.problems import DataRefused, minute
from jackline.data.references import comparisons, references
from jackline.data.sound import check_interval, check_rows, finished
from jackline.data.source import CandleRow
from jackline.data.store import Place, SetManifest, manifest_of, write_set

KEEP_EVERY_BARS: Final = 20_000
"""So many at most are asked for again after a power cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What stands on the disk now, and what is new in it.

    Attributes:
        added: bars that were not there before.
        changed: bars that were told otherwise than before, and taken knowingly.
        unfinished: bars that had not ended, and were left out.
        compared: with every other set of the symbol that overlaps.
    """

    place: Place
    manifest: SetManifest
    added: int
    changed: tuple[Change, ...]
    unfinished: int
    compared: tuple[Comparison, ...]


class Keeper:
    """Used within `store.locked`."""

    def __init__(
        self,
        place: Place,
        stored: Candles | None,
        *,
        interval_ms: int,
        host_ms: Callable[[], int],
        accept_changes: bool,
        said: str,
    ) -> None:
        """`stored` is what stands at `place`; `said` goes into the manifest as the source."""
        self._place = place
        self._set = stored
        self._interval_ms = interval_ms
        self._host_ms = host_ms
        self._accept_changes = accept_changes
        self._said = said
        before = manifest_of(place.path)
        self._revised = 0 if before is None else before.revised
        self._unwritten = self._added = self._unfinished = 0
        self._changed: list[Change] = []
        self._known = tuple(references(place.directory, place.symbol, but=place.path, now_ms=host_ms()))
        self._compared: tuple[Comparison, ...] = ()

    def take(self, rows: Sequence[CandleRow], *, venue_ms: int) -> None:
        """Judge what a venue told, and join it on. Raises DataRefused, and then nothing of it is taken."""
        if not rows:
            return
        told = self._candles(rows)
        ended = finished(told, venue_ms)
        self._unfinished = max(self._unfinished, len(told) - ended)
        if ended:
            self.join(told.part(0, ended))
        if self._unwritten >= KEEP_EVERY_BARS:
            self.keep()

    def join(self, told: Candles) -> None:
        """Take completed bars. Raises DataRefused where one is told otherwise than before (D5)."""
        if self._set is None:
            self._set = told
            self._added += len(told)
            self._unwritten += len(told)
            return
        both = merged(self._set, told)
        if not self._accept_changes:
            refuse_changes(
                both.changed,
                where=str(self._place.path),
                fix="find out which is right; --accept-changes takes the later word",
            )
        self._set = both.candles
        self._added += both.added
        self._changed += both.changed
        self._unwritten += both.added + len(both.changed)

    def keep(self) -> None:
        """Write the set, if it is what it is said to be. Raises DataRefused, and leaves what stands there."""
        if self._set is None or not self._unwritten:
            return
        self._compared = comparisons(self._set, self._known)
        check_environment(self._set, self._compared, where=str(self._place.path))
        write_set(
            self._place.directory,
            self._set,
            source=self._said,
            now_ms=self._host_ms(),
            revised=self._revised + len(self._changed),
        )
        self._unwritten = 0

    def kept(self, *, asked_ms: tuple[int, int]) -> Kept:
        """The outcome. Raises DataRefused where there is no set at all."""
        manifest = manifest_of(self._place.path)
        if manifest is None:
            raise DataRefused(
                what="no bars",
                where=self._place.path.stem,
                value=f"{minute(asked_ms[0])} to {minute(asked_ms[1])} UTC",
                fix="ask for a time in which the symbol traded",
            )
        return Kept(
            place=self._place,
            manifest=manifest,
            added=self._added,
            changed=tuple(self._changed),
            unfinished=self._unfinished,
            compared=self._compared,
        )

    def _candles(self, rows: Sequence[CandleRow]) -> Candles:
        table = np.array([row[1:] for row in rows], dtype=np.float64).T
        told = Candles(
            symbol=self._place.symbol,
            interval_ms=self._interval_ms,
            venue=self._place.venue,
            environment=self._place.environment,
            open_ms=np.array([row[0] for row in rows], dtype=np.int64),
            open=table[0],
            high=table[1],
            low=table[2],
            close=table[3],
            volume=table[4],
        )

        def where(row: int) -> str:
            return f"{self._place.venue}, {spell(self._interval_ms)} of {minute(rows[row][0])} UTC"

        holes = np.flatnonzero(~np.isfinite(table).all(axis=0))
        if len(holes):
            raise DataRefused(
                what="a bar with a hole in it",
                where=where(int(holes[0])),
                value=str(rows[int(holes[0])][1:]),
                fix="ask again later",
            )
        check_rows(told, where)
        check_interval(told.open_ms, told.interval_ms, where)
        return told
