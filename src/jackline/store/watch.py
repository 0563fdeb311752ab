"""The watchdog's records: the stops it saw rest, and what it did while the engine was silent. A store of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from jackline.core.claims import Claim
from jackline.core.orders import Snapshot
from jackline.core.values import MarketMs, Price, Side, Symbol, WireMs
from jackline.store.batch import AccountKey, Batch, JournalKind, JournalRow
from jackline.store.boot import Store, open_store
from jackline.store.disk import Disk
from jackline.store.encode import decode, encode, open_body
from jackline.store.reader import StoreReader
from jackline.store.schema import WATCHDOG

NOTES_MAX: Final = 10_000
"""Rows an engine reads when it comes back: hours of one snapshot every 2 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchAction:
    """A stop or a close that the watchdog sent. `outcome` is None in the note made before it leaves."""

    client_id: str
    symbol: Symbol
    side: Side
    what: str
    outcome: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchActing:
    """The durable mark: the watchdog acts on the account, since when and why; the engine honours it."""

    since_ms: WireMs
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """The tightest stop of ours that was seen to rest on a position (P4). Another entry price is another position."""

    symbol: Symbol
    side: Side
    entry_price: Price
    stop_price: Price


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchNote:
    """One record, oldest first by `seq`."""

    seq: int
    wire_ms: WireMs
    what: Snapshot | WatchAction | WatchActing | None
    """None: the mark was taken down."""


def open_watch_store(disk: Disk, path: Path) -> Store:
    """The watchdog's own store, for the watchdog; see `open_store`. It watches while a database is away, too."""
    return open_store(disk, path, WATCHDOG, may_lag=True)


def snapshot_batch(snapshot: Snapshot, *, market_ms: MarketMs) -> Batch:
    """Record what the venue says."""
    row = _row(JournalKind.WATCH_SNAPSHOT, snapshot, wire_ms=snapshot.received_ms, market_ms=market_ms)
    return Batch(rows=(row,))


def action_batch(action: WatchAction, *, wire_ms: WireMs, market_ms: MarketMs) -> Batch:
    """Record what the watchdog does, or what came of it."""
    return Batch(rows=(_row(JournalKind.WATCH_ACTION, action, wire_ms=wire_ms, market_ms=market_ms),))


def acting_batch(acting: WatchActing | None, *, wire_ms: WireMs, market_ms: MarketMs) -> Batch:
    """Set the mark, or take it down with None."""
    row = _row(JournalKind.WATCH_ACTING, acting, wire_ms=wire_ms, market_ms=market_ms)
    return Batch(rows=(row,), account=((AccountKey.WATCHDOG_ACTING, row.body),))


def floors_batch(floors: tuple[Floor, ...], *, wire_ms: WireMs, market_ms: MarketMs) -> Batch:
    """Keep where stops were last seen to rest, in the place of what was kept before."""
    row = _row(JournalKind.WATCH_FLOORS, floors, wire_ms=wire_ms, market_ms=market_ms)
    return Batch(rows=(row,), account=((AccountKey.WATCHDOG_FLOORS, row.body),))


def kept_floors(reader: StoreReader) -> tuple[Floor, ...]:
    """What the last `floors_batch` kept. Raises StoreError."""
    text = reader.load_account().get(AccountKey.WATCHDOG_FLOORS.value)
    return () if text is None else decode(text, tuple[Floor, ...])


def claims_batch(claims: tuple[Claim, ...], *, wire_ms: WireMs, market_ms: MarketMs) -> Batch:
    """Keep which stops without an id of ours are ours, in the place of what was kept before."""
    row = _row(JournalKind.STOPS_CLAIMED, claims, wire_ms=wire_ms, market_ms=market_ms)
    return Batch(rows=(row,), account=((AccountKey.CLAIMS, row.body),))


def kept_claims(reader: StoreReader) -> tuple[Claim, ...]:
    """What the last `claims_batch` kept, in whichever store. Raises StoreError."""
    text = reader.load_account().get(AccountKey.CLAIMS.value)
    return () if text is None else decode(text, tuple[Claim, ...])


class WatchReader:
    """The engine's view of the watchdog's store. Raises DbTrouble where there is none or it is busy."""

    def __init__(self, disk: Disk, path: Path) -> None:
        self._read = StoreReader(disk, path)

    def acting(self) -> WatchActing | None:
        """The mark, when it is set."""
        text = self._read.load_account().get(AccountKey.WATCHDOG_ACTING.value)
        return None if text is None else _decode_acting(text)

    def floors(self) -> tuple[Floor, ...]:
        """Where stops were last seen to rest."""
        return kept_floors(self._read)

    def claims(self) -> tuple[Claim, ...]:
        """Stops it has placed that carry no id of ours."""
        return kept_claims(self._read)

    def notes_after(self, seq: int, limit: int = NOTES_MAX) -> tuple[WatchNote, ...]:
        """Records after row `seq`."""
        notes = []
        for entry in self._read.journal_after(seq, limit):
            what: Snapshot | WatchAction | WatchActing | None
            match entry.kind:
                case JournalKind.WATCH_SNAPSHOT:
                    what = decode(entry.body, Snapshot)
                case JournalKind.WATCH_ACTION:
                    what = decode(entry.body, WatchAction)
                case JournalKind.WATCH_ACTING:
                    what = _decode_acting(entry.body)
                case _:  # a gap or a lease: no news about the account
                    continue
            notes.append(WatchNote(seq=entry.seq, wire_ms=entry.wire_ms, what=what))
        return tuple(notes)

    def close(self) -> None:
        """Close the connection."""
        self._read.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _row(kind: JournalKind, value: object, *, wire_ms: WireMs, market_ms: MarketMs) -> JournalRow:
    return JournalRow(kind=kind, trade_id=None, wire_ms=wire_ms, market_ms=market_ms, body=encode(value))


def _decode_acting(text: str) -> WatchActing | None:
    return None if open_body(text) == b"null" else decode(text, WatchActing)
