"""Alerts from real journals: what becomes an event, the cursor that loses nothing, and an engine that is silent."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from jackline.cli.alert_feed import FIRST_LOOK_BACK_MS, ROWS_MAX, UNREADABLE_MS, Feed
from jackline.cli.alert_host import BOOK_FILE, AlertDesk, lock_book, read_book
from jackline.cli.alert_watch import FIRST_MS, LAG_MS, SILENT_MS, UNHEARD_MS, EngineWatch
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.core.effects import Alert, Level
from jackline.core.machine import Phase
from jackline.core.trade import ExitReason, Trade
from jackline.core.values import Quote, Side, Symbol, WireMs
from jackline.engine import heartbeat
from jackline.engine.heartbeat import Heartbeat
from jackline.engine.host import HostWorld
from jackline.engine.recorder import EndNote
from jackline.notify.apprise_channel import open_channels
from jackline.notify.book import Book, decode_book, encode_book
from jackline.notify.channel import read_addresses
from jackline.notify.delivery import Pace
from jackline.notify.event import Event
from jackline.notify.message import Writer
from jackline.notify.redact import Redactor
from jackline.notify.settings import NotifySettings
from jackline.store.batch import Batch, JournalKind, JournalRow, prepare
from jackline.store.boot import ENGINE_FILE, WATCHDOG_FILE, open_store
from jackline.store.db import open_writer
from jackline.store.disk import Disk
from jackline.store.encode import encode
from jackline.store.host_disk import HostDisk
from jackline.store.journal import link, write
from jackline.store.lease import acquire
from jackline.store.reader import StoreReader
from jackline.store.watch import WatchActing, WatchAction, acting_batch, action_batch, open_watch_store
from tests.notify.making import NOON, Clock, Inbox, inbox
from tests.store.making import MARKET, adopted

DISK = HostDisk()
NAKED = Alert(level=Level.CRITICAL, code="P1", text="t3 BTCUSDT: no stop read back in time: closing")


def row(
    value: object, kind: JournalKind = JournalKind.ALERT, trade: Trade | None = None, at: int = NOON
) -> JournalRow:
    trade_id = None if trade is None else trade.trade_id
    return JournalRow(kind=kind, trade_id=trade_id, wire_ms=WireMs(at), market_ms=MARKET, body=encode(value))


def append(path: Path, *batches: Batch) -> None:
    """Write as an engine would, and close."""
    opening = open_watch_store if path.name == WATCHDOG_FILE else open_store
    opening(DISK, path).close()
    with StoreReader(DISK, path) as reader:
        head = reader.head()
    db = open_writer(DISK, path)
    write(db, link(head, [prepare(one) for one in batches]))
    db.close()


def tell(directory: Path, *alerts: Alert, at: int = NOON) -> None:
    append(directory / ENGINE_FILE, *(Batch(rows=(row(one, at=at),)) for one in alerts))


def texts(events: Sequence[Event]) -> list[str]:
    return [f"{one.level} {one.code} {one.text}" for one in events]


def poll(directory: Path, book: Book, at: int = NOON) -> Sequence[Event]:
    return Feed(disk=DISK, state_dir=directory, book=book).poll(WireMs(at)).events


# -- what becomes an event -----------------------------------------------------------------------------------


def test_alerts_of_the_journal_are_events_once(tmp_path: Path) -> None:
    book = Book()
    assert poll(tmp_path, book) == ()
    tell(tmp_path, NAKED)
    assert texts(poll(tmp_path, book)) == ["critical P1 t3 BTCUSDT: no stop read back in time: closing"]
    assert poll(tmp_path, book) == ()
    tell(tmp_path, replace(NAKED, level=Level.INFO))
    assert [one.level for one in poll(tmp_path, book)] == [Level.INFO]


def test_trades_gaps_and_rows_of_another_version_are_told(tmp_path: Path) -> None:
    trade = replace(adopted(1, Phase.DONE), result_quote=Quote(Decimal("-1.25")))
    note = EndNote(reason=ExitReason.MODEL_EXIT, parameter=Decimal("0.731"))
    strange = replace(row("x"), body='{"v":99,"body":"x"}')
    append(
        tmp_path / ENGINE_FILE,
        Batch(rows=(row(trade, JournalKind.INTENT, trade),), trades=(trade,)),
        Batch(rows=(row(note, JournalKind.ENDED, trade),)),
        Batch(rows=(row({"rows_lost": 3}, JournalKind.GAP),)),
        Batch(rows=(strange,)),
        Batch(rows=(row("not told", JournalKind.CANARY),)),
    )
    events = poll(tmp_path, Book())
    assert texts(events)[:2] == [
        "info TRADE BTCUSDT long is entered, its stop at 99.10",
        "info TRADE BTCUSDT long is flat: model_exit(0.731); fills and fees come to -1.25 quote",
    ]
    assert [(one.level, one.code) for one in events[2:]] == [(Level.CRITICAL, "O4"), (Level.WARNING, "O4")]
    assert len({one.identity for one in events}) == 4


@pytest.mark.owns("P1")
def test_P1_what_the_watchdog_does_is_told(tmp_path: Path) -> None:
    acting = WatchActing(since_ms=NOON, reason="the engine is silent")
    action = WatchAction(
        client_id="c", symbol=Symbol("BTCUSDT"), side=Side.LONG, what="stop", outcome="Refused(code=-1)"
    )
    append(
        tmp_path / WATCHDOG_FILE,
        acting_batch(acting, wire_ms=NOON, market_ms=MARKET),
        action_batch(replace(action, outcome=None), wire_ms=NOON, market_ms=MARKET),
        action_batch(action, wire_ms=NOON, market_ms=MARKET),
        acting_batch(None, wire_ms=NOON, market_ms=MARKET),
    )
    assert texts(poll(tmp_path, Book())) == [
        "critical P1 the watchdog acts on the account: the engine is silent",
        "critical P1 BTCUSDT long: the watchdog sent a stop: refused (code=-1)",
        "warning P1 the watchdog acts no longer: the engine has taken over again",
    ]


# -- the cursor ----------------------------------------------------------------------------------------------


def test_a_long_journal_is_read_in_pieces_and_every_row_once(tmp_path: Path) -> None:
    tell(tmp_path, *(replace(NAKED, text=f"n{number}") for number in range(ROWS_MAX + 7)))
    book, seen = Book(), list[str]()
    feed = Feed(disk=DISK, state_dir=tmp_path, book=book)
    while True:
        batch = feed.poll(NOON)
        seen += [one.text for one in batch.events]
        if not batch.more:
            break
    assert seen == [f"n{number}" for number in range(ROWS_MAX + 7)]


def test_an_old_journal_is_not_told_from_its_beginning(tmp_path: Path) -> None:
    tell(tmp_path, replace(NAKED, text="old"), at=NOON - FIRST_LOOK_BACK_MS - 1)
    tell(tmp_path, replace(NAKED, text="new"), at=NOON - FIRST_LOOK_BACK_MS)
    assert [one.text for one in poll(tmp_path, Book())] == ["new"]


def test_a_journal_begun_anew_is_read_from_its_first_row(tmp_path: Path) -> None:
    book = Book()
    tell(tmp_path, NAKED, replace(NAKED, text="b"))
    assert len(poll(tmp_path, book)) == 2
    for file in tmp_path.glob(f"{ENGINE_FILE}*"):
        file.unlink()
    tell(tmp_path, replace(NAKED, text="c"))
    assert [one.text for one in poll(tmp_path, book)] == ["c"]


def test_a_clock_set_back_by_hours_hides_no_row(tmp_path: Path) -> None:
    book = Book()
    tell(tmp_path, NAKED)
    assert len(poll(tmp_path, book)) == 1
    tell(tmp_path, replace(NAKED, text="earlier by the clock"), at=NOON - 10 * FIRST_LOOK_BACK_MS)
    assert [one.text for one in poll(tmp_path, book)] == ["earlier by the clock"]


def test_a_store_that_cannot_be_read_is_an_event_after_a_while(tmp_path: Path) -> None:
    (tmp_path / ENGINE_FILE).write_bytes(b"no database at all, but long enough to be looked at" * 50)
    feed = Feed(disk=DISK, state_dir=tmp_path, book=Book())
    assert feed.poll(NOON).events == ()
    (told,) = feed.poll(WireMs(NOON + UNREADABLE_MS)).events
    assert (told.level, told.code) == (Level.CRITICAL, "O4")
    assert "engine.db cannot be read" in told.text


# -- a silent engine -----------------------------------------------------------------------------------------

BEAT = Heartbeat(
    pid=1,
    wire_ms=NOON,
    market_ms=NOON,
    turns=1,
    inbox=0,
    loop_lag_ms=0,
    journal_lag_ms=0,
    ready=True,
    risky=(),
    unheard_since_ms=0,
)


def watch(directory: Path, book: Book | None = None) -> EngineWatch:
    return EngineWatch(disk=DISK, state_dir=directory, book=book or Book(), again_ms=900_000, begun_ms=NOON)


@pytest.mark.owns("L2")
def test_L2_a_dead_engine_with_a_trade_is_critical_and_told_again_and_its_return_too(tmp_path: Path) -> None:
    trade = adopted(1)
    append(tmp_path / ENGINE_FILE, Batch(rows=(row(trade, JournalKind.TRADE, trade),), trades=(trade,)))
    lease = acquire(DISK, tmp_path, world=HostWorld(), mode="paper", wire_ms=NOON)
    heartbeat.write(DISK, tmp_path, BEAT)
    one = watch(tmp_path)
    assert one.look(WireMs(NOON + SILENT_MS)) == ()
    (stuck,) = one.look(WireMs(NOON + SILENT_MS + 1))
    assert stuck.level is Level.CRITICAL
    assert stuck.text.startswith("engine silent, stuck: it holds its lock")
    assert "open: BTCUSDT long" in stuck.text
    lease._lock.release()  # as its process's death would, which empties nothing
    assert one.look(WireMs(NOON + 60_000)) == ()
    (dead,) = one.look(WireMs(NOON + 1_000_000))
    assert dead.text.startswith("engine silent, dead: it ended without releasing its lock")
    heartbeat.write(DISK, tmp_path, replace(BEAT, wire_ms=NOON + 1_000_500))
    (back,) = one.look(WireMs(NOON + 1_001_000))
    assert (back.level, back.text) == (Level.WARNING, "the engine is back after 1001 s")
    assert one.look(WireMs(NOON + 1_001_000)) == ()


def test_an_orderly_stop_without_a_trade_is_a_warning(tmp_path: Path) -> None:
    acquire(DISK, tmp_path, world=HostWorld(), mode="paper", wire_ms=NOON).release()
    heartbeat.write(DISK, tmp_path, BEAT)
    (told,) = watch(tmp_path).look(WireMs(NOON + SILENT_MS + 1))
    assert told.level is Level.WARNING
    assert told.text == "engine silent, stopped in order; its journal holds no open trade"


def test_a_restart_of_this_process_still_tells_of_the_return(tmp_path: Path) -> None:
    heartbeat.write(DISK, tmp_path, BEAT)
    book = Book()
    assert len(watch(tmp_path, book).look(WireMs(NOON + SILENT_MS + 1))) == 1
    book = decode_book(encode_book(book))
    heartbeat.write(DISK, tmp_path, replace(BEAT, wire_ms=NOON + 9_000))
    assert len(watch(tmp_path, book).look(WireMs(NOON + 9_000))) == 1


def test_an_account_without_a_heartbeat_is_told_of_after_a_minute(tmp_path: Path) -> None:
    one = watch(tmp_path)
    assert one.look(WireMs(NOON + FIRST_MS - 1)) == ()
    assert "no engine has run yet" in one.look(WireMs(NOON + FIRST_MS))[0].text


def test_a_venue_that_does_not_answer_and_a_journal_that_lags_are_told(tmp_path: Path) -> None:
    slow = replace(BEAT, unheard_since_ms=NOON - UNHEARD_MS - 1, journal_lag_ms=LAG_MS + 1)
    heartbeat.write(DISK, tmp_path, slow)
    one = watch(tmp_path)
    assert [told.code for told in one.look(NOON)] == ["L2", "O4"]
    assert one.look(WireMs(NOON + 500)) == (), "it lasts: told again later, not twice a second"


# -- the whole desk: journal to HTTP, and restarts -----------------------------------------------------------


class FullDisk(HostDisk):
    """A disk that has no room for the book."""

    def replace(self, path: Path, data: bytes, *, durable: bool) -> None:
        raise OSError(28, os.strerror(28), str(path))


def desk(directory: Path, box: Inbox, disk: Disk = DISK, clock: Clock | None = None) -> AlertDesk:
    class World(HostWorld):
        def wire_ms(self) -> WireMs:
            return (clock or Clock()).wire_ms()

    return AlertDesk(
        disk=disk,
        state_dir=directory,
        settings=NotifySettings(),
        writer=Writer(account="main", redact=Redactor(["planted-secret"])),
        channels=open_channels(read_addresses(box.url)),
        world=World(),
        pace=Pace(send_s=5, pause_s=0.01, pause_s_max=0.02),
    )


@asynccontextmanager
async def running(one: AlertDesk) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(one.run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


@pytest.mark.owns("S1")
async def test_S1_an_alert_of_the_journal_arrives_without_the_planted_secret(tmp_path: Path) -> None:
    tell(tmp_path, replace(NAKED, text="BTCUSDT: refused planted-secret signature=abcdef"))
    async with inbox() as box, running(desk(tmp_path, box)):
        await box.until(lambda box: len(box.taken) == 1)
    assert box.titles == ["[critical] main P1 BTCUSDT: refused [redacted] signature=[redacted]"]
    assert b"planted" not in DISK.read(tmp_path / BOOK_FILE)


async def test_a_crash_between_reading_and_sending_loses_nothing(tmp_path: Path) -> None:
    """The process dies after each of its steps: before the book is written, and after it."""
    tell(tmp_path, NAKED)
    async with inbox() as box:
        unwritten = desk(tmp_path, box)
        unwritten._feed.poll(NOON)  # read, and dead before anything was written
        written = desk(tmp_path, box)
        written.turn()  # written, and dead before anything was sent
        assert box.asked == []
        async with running(desk(tmp_path, box)):
            await box.until(lambda box: len(box.taken) == 1)
        tell(tmp_path, replace(NAKED, text="ETHUSDT: another"))
        async with running(desk(tmp_path, box)):
            await box.until(lambda box: "[critical] main P1 ETHUSDT: another" in box.titles)
    # The one before may have come again: its process was told to stop before it had written that it was taken.
    assert len(set(box.titles)) == 2


async def test_a_full_disk_stops_no_alert(tmp_path: Path) -> None:
    tell(tmp_path, NAKED)
    async with inbox() as box, running(desk(tmp_path, box, FullDisk())):
        await box.until(lambda box: len(box.taken) == 1)
    assert not (tmp_path / BOOK_FILE).exists()


def test_a_book_that_cannot_be_read_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / BOOK_FILE).write_bytes(b"torn")
    assert read_book(DISK, tmp_path / BOOK_FILE) == Book()
    assert (tmp_path / f"{BOOK_FILE}.unreadable").read_bytes() == b"torn"


def test_one_sender_an_account(tmp_path: Path) -> None:
    lock = lock_book(DISK, tmp_path, HostWorld())
    with pytest.raises(CommandFailed, match=f"process {os.getpid()} sends") as refused:
        lock_book(DISK, tmp_path, HostWorld())
    assert refused.value.code is ExitCode.LEASE_HELD
    lock.release()
    lock_book(DISK, tmp_path, HostWorld()).release()


def test_the_feed_reads_and_writes_nothing(tmp_path: Path) -> None:
    tell(tmp_path, NAKED)
    before = {file.name: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    poll(tmp_path, Book())
    after = {file.name: file.stat().st_mtime_ns for file in tmp_path.iterdir() if file.name in before}
    assert after == before
