"""Where alerts come from: the journals of an account's engine and watchdog, followed by number.

Reading is all that happens here: no process that trades is asked, and none waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from jackline.core.effects import Alert, Level
from jackline.core.ids import TradeId
from jackline.core.trade import Trade
from jackline.core.values import WireMs
from jackline.engine.recorder import EndNote
from jackline.notify.book import Book, Cursor
from jackline.notify.event import TRADE, Event
from jackline.store.batch import JournalKind
from jackline.store.boot import ENGINE_FILE, WATCHDOG_FILE
from jackline.store.disk import Disk
from jackline.store.encode import decode, open_body
from jackline.store.errors import BodyUnreadable, StoreError
from jackline.store.reader import JournalEntry, StoreReader
from jackline.store.watch import WatchActing, WatchAction

ROWS_MAX = 500
"""Of one read: a book is written after each."""
FIRST_ROWS = 2_000
FIRST_LOOK_BACK_MS = 600_000
"""A journal that was never read is not told from its beginning: the last ten minutes are news."""
AGAIN_MS = 60_000
"""A journal that was set aside and begun anew is read from its first row, what was read before apart."""
UNREADABLE_MS = 10_000
"""A store is busy for moments while it is made or checked; longer is an event."""

log = structlog.get_logger("alerts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Events in their order, and whether there may be more at once."""

    events: tuple[Event, ...]
    more: bool


class Feed:
    """Both journals of one account. What was read is kept in the book's cursors, whose owner writes them."""

    def __init__(self, *, disk: Disk, state_dir: Path, book: Book) -> None:
        self._disk = disk
        self._book = book
        self._paths = {name: state_dir / name for name in (ENGINE_FILE, WATCHDOG_FILE)}
        self._failing_ms: dict[str, WireMs] = {}

    def poll(self, now_ms: WireMs) -> Batch:
        """What was written since the last poll, at most `ROWS_MAX` rows a journal. Raises nothing of the store's."""
        events: list[Event] = []
        more = False
        for name, path in self._paths.items():
            if not self._disk.exists(path):
                continue
            try:
                with StoreReader(self._disk, path) as reader:
                    rows, cursor = self._rows(name, reader, now_ms)
                    events += list(events_of(rows, reader.find_trade, from_ms=cursor.from_ms))
            except StoreError as error:
                events += self._trouble(name, now_ms, str(error))
                continue
            self._failing_ms.pop(name, None)
            is_full = len(rows) == ROWS_MAX
            # Moved after every row was understood. Once all is read, row numbers alone decide: clocks are set back.
            self._book.cursors[name] = cursor if is_full else replace(cursor, from_ms=0)
            more = more or is_full
        return Batch(events=tuple(events), more=more)

    def _rows(self, name: str, reader: StoreReader, now_ms: WireMs) -> tuple[Sequence[JournalEntry], Cursor]:
        """Rows that were not read, and the cursor behind them."""
        head = reader.head().seq
        cursor = self._book.cursors.get(name)
        if cursor is None:
            cursor = Cursor(seq=max(0, head - FIRST_ROWS), from_ms=now_ms - FIRST_LOOK_BACK_MS)
        elif head < cursor.seq:
            log.warning("journal_begun_anew", code="O4", store=name, read_to=cursor.seq, rows=head)
            cursor = Cursor(seq=0, from_ms=max(0, cursor.wire_ms - AGAIN_MS))
        rows = reader.journal_after(cursor.seq, ROWS_MAX)
        if rows:
            cursor = Cursor(seq=rows[-1].seq, wire_ms=rows[-1].wire_ms, from_ms=cursor.from_ms)
        return rows, cursor

    def _trouble(self, name: str, now_ms: WireMs, detail: str) -> Iterator[Event]:
        """A store that cannot be read for a while; told as often as it repeats, which the sieve counts."""
        since_ms = self._failing_ms.setdefault(name, now_ms)
        if now_ms - since_ms >= UNREADABLE_MS:
            self._failing_ms[name] = now_ms
            text = f"{name} cannot be read, what it says is not told: {detail}"
            yield Event(level=Level.CRITICAL, code="O4", text=text, wire_ms=now_ms)


FindTrade = Callable[[TradeId], Trade | None]


def events_of(rows: Sequence[JournalEntry], find_trade: FindTrade, *, from_ms: int = 0) -> Iterator[Event]:
    """What people are told of these rows, older ones apart.

    A row that cannot be read is an event too, and stops nothing. Raises DbTrouble.
    """
    for row in rows:
        if row.wire_ms < from_ms:
            continue
        try:
            event = _event(row, find_trade)
        except BodyUnreadable as error:
            text = f"row {row.seq} of kind {row.kind} cannot be read by this version: {error}"
            event = Event(level=Level.WARNING, code="O4", text=text, wire_ms=row.wire_ms)
        if event is not None:
            yield event


def _event(row: JournalEntry, find_trade: FindTrade) -> Event | None:
    match row.kind:
        case JournalKind.ALERT:
            alert = decode(row.body, Alert)
            return Event(level=alert.level, code=alert.code, text=alert.text, wire_ms=row.wire_ms)
        case JournalKind.INTENT:
            trade = decode(row.body, Trade)
            text = f"{trade.symbol} {trade.side} is entered, its stop at {trade.stop.disaster_price}"
            return _trade_event(row, "intent", text)
        case JournalKind.ENDED:
            ended = None if row.trade_id is None else find_trade(row.trade_id)
            return _trade_event(row, "end", _ended(ended, decode(row.body, EndNote)))
        case JournalKind.GAP:
            text = f"rows of the journal were lost while the disk refused: {open_body(row.body).decode()}"
            return Event(level=Level.CRITICAL, code="O4", text=text, wire_ms=row.wire_ms)
        case JournalKind.WATCH_ACTION:
            return _watch_action(row, decode(row.body, WatchAction))
        case JournalKind.WATCH_ACTING:
            if open_body(row.body) == b"null":
                text = "the watchdog acts no longer: the engine has taken over again"
                return Event(level=Level.WARNING, code="P1", text=text, wire_ms=row.wire_ms)
            text = f"the watchdog acts on the account: {decode(row.body, WatchActing).reason}"
            return Event(level=Level.CRITICAL, code="P1", text=text, wire_ms=row.wire_ms)
        case _:  # the rest of the journal is for replays, not for people's phones
            return None


def _ended(trade: Trade | None, note: EndNote) -> str:
    why = f"{note.reason}" if note.parameter is None else f"{note.reason}({note.parameter:f})"
    if trade is None:
        return f"a trade is flat: {why}"
    return f"{trade.symbol} {trade.side} is flat: {why}; fills and fees come to {trade.result_quote:+f} quote"


def _trade_event(row: JournalEntry, what: str, text: str) -> Event:
    """Each trade is news of its own, however alike they are."""
    return Event(level=Level.INFO, code=TRADE, text=text, wire_ms=row.wire_ms, key=f"{what} {row.trade_id}")


def _watch_action(row: JournalEntry, action: WatchAction) -> Event | None:
    """What came of a stop or a close that the watchdog sent; that it is about to leave is not told."""
    if action.outcome is None:
        return None
    word, _, detail = action.outcome.partition("(")
    told = word.lower() if word == "Acked" else f"{word.lower()} ({detail.removesuffix(')')})"
    text = f"{action.symbol} {action.side}: the watchdog sent a {action.what}: {told}"
    return Event(level=Level.CRITICAL, code="P1", text=text, wire_ms=row.wire_ms)
