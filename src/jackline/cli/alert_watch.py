"""What alerts hear of a silent engine: its heartbeat, its lock, and how far its journal lags behind.

An engine that is dead or stuck writes nothing, so its silence is an event of its own. It is told with what is open.
"""

from __future__ import annotations

from pathlib import Path

from jackline.core.effects import Level
from jackline.core.values import WireMs
from jackline.engine import heartbeat
from jackline.engine.heartbeat import Heartbeat
from jackline.notify.book import Book
from jackline.notify.event import Event
from jackline.store.boot import ENGINE_FILE
from jackline.store.disk import Disk
from jackline.store.errors import StoreError
from jackline.store.lease import LOCK_FILE, is_held
from jackline.store.reader import StoreReader

SILENT_MS = 5_000
"""A beat comes every half second; a restart by a supervisor takes about three."""
UNHEARD_MS = 15_000
"""A venue may pause for some seconds."""
LAG_MS = 10_000
"""A journal is written within milliseconds; entries wait for it, and alerts are rows of it."""
FIRST_MS = 60_000
"""How long an account without any heartbeat is left in peace after the start of this process."""


class EngineWatch:
    """One engine's signs of life. What was told is in the book, so that a restart does not tell it again."""

    def __init__(self, *, disk: Disk, state_dir: Path, book: Book, again_ms: int, begun_ms: WireMs) -> None:
        """`again_ms`: how often a silence that lasts is told again."""
        self._disk = disk
        self._state_dir = state_dir
        self._book = book
        self._again_ms = again_ms
        self._begun_ms = begun_ms
        self._told_ms: dict[str, WireMs] = {}

    def look(self, now_ms: WireMs) -> tuple[Event, ...]:
        """What there is to tell now."""
        beat = heartbeat.read(self._disk, self._state_dir)
        silence = self._silence(beat, now_ms)
        if silence is None:
            return (*self._back(now_ms), *self._slow(beat, now_ms))
        since_ms, why = silence
        if self._book.silent_since_ms is None:
            self._book.silent_since_ms = since_ms
            self._told_ms.pop("silent", None)
        return (self._silent_event(why, now_ms),) if self._is_due("silent", now_ms) else ()

    def _is_due(self, what: str, now_ms: WireMs) -> bool:
        """A state that lasts is looked at twice a second: it is told at once and then now and again."""
        told_ms = self._told_ms.get(what)
        if told_ms is not None and abs(now_ms - told_ms) < self._again_ms:
            return False
        self._told_ms[what] = now_ms
        return True

    def _silence(self, beat: Heartbeat | None, now_ms: WireMs) -> tuple[int, str] | None:
        """Since when and why the engine is silent; None while it is not."""
        if beat is None:
            alone = now_ms - self._begun_ms >= FIRST_MS
            return (self._begun_ms, "no engine has run yet") if alone else None
        if abs(now_ms - beat.wire_ms) <= SILENT_MS:
            return None
        return beat.wire_ms, self._ending()

    def _ending(self) -> str:
        """Whether its process is gone, and how. The lock ends with it, and is emptied by an orderly end."""
        try:
            if is_held(self._disk, self._state_dir) is not None:
                return "stuck: it holds its lock and makes no progress"
            in_order = not self._disk.read(self._state_dir / LOCK_FILE)
        except OSError:
            return "silent; its lock cannot be read"
        return "stopped in order" if in_order else "dead: it ended without releasing its lock"

    def _silent_event(self, why: str, now_ms: WireMs) -> Event:
        open_trades = self._open_trades()
        if open_trades:
            level, held = (
                Level.CRITICAL,
                f"open: {open_trades}; the watchdog and their stops are what protects them",
            )
        elif open_trades is None:
            level, held = Level.CRITICAL, "what is open cannot be read"
        else:
            level, held = Level.WARNING, "its journal holds no open trade"
        return Event(
            level=level, code="L2", text=f"engine silent, {why}; {held}", wire_ms=now_ms, key="silent"
        )

    def _open_trades(self) -> str | None:
        """The live trades; None where the journal cannot be read."""
        path = self._state_dir / ENGINE_FILE
        if not self._disk.exists(path):
            return ""
        try:
            with StoreReader(self._disk, path) as reader:
                return ", ".join(f"{trade.symbol} {trade.side}" for trade in reader.load_trades())
        except StoreError:
            return None

    def _back(self, now_ms: WireMs) -> tuple[Event, ...]:
        since_ms = self._book.silent_since_ms
        if since_ms is None:
            return ()
        self._book.silent_since_ms = None
        seconds = (now_ms - since_ms) // 1_000
        text = f"the engine is back after {seconds} s"
        return (Event(level=Level.WARNING, code="L2", text=text, wire_ms=now_ms, key=f"back {since_ms}"),)

    def _slow(self, beat: Heartbeat | None, now_ms: WireMs) -> tuple[Event, ...]:
        """It lives and cannot work: the venue does not answer, or its journal is not written."""
        if beat is None:
            return ()
        found = []
        unheard = bool(beat.unheard_since_ms) and now_ms - beat.unheard_since_ms > UNHEARD_MS
        if unheard and self._is_due("unheard", now_ms):
            seconds = (now_ms - beat.unheard_since_ms) // 1_000
            text = f"the venue has not answered the engine for {seconds} s"
            found.append(Event(level=Level.CRITICAL, code="L2", text=text, wire_ms=now_ms))
        if beat.journal_lag_ms > LAG_MS and self._is_due("lag", now_ms):
            text = (
                f"the journal lags {beat.journal_lag_ms} ms behind: the engine's own alerts wait for it too"
            )
            found.append(Event(level=Level.CRITICAL, code="O4", text=text, wire_ms=now_ms))
        return tuple(found)
