"""The command desk and the watchdog's records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from jackline.core.errors import InvariantBroken
from jackline.core.orders import Snapshot
from jackline.core.state import KillLevel
from jackline.core.values import ZERO, Fraction, Quote, Side, Symbol, WireMs
from jackline.store.batch import Batch, CommandAnswer, JournalKind, prepare
from jackline.store.boot import open_store
from jackline.store.commands import POLL_MAX, Command, CommandDesk, CommandKind
from jackline.store.db import open_writer
from jackline.store.encode import encode
from jackline.store.errors import CommandConflict, DbTrouble, StoreDamaged
from jackline.store.host_disk import HostDisk
from jackline.store.journal import link, write
from jackline.store.watch import (
    WatchActing,
    WatchAction,
    WatchReader,
    acting_batch,
    action_batch,
    open_watch_store,
    snapshot_batch,
)
from tests.store.making import MARKET, NOW, SYMBOL, filled_store, row

CLOSE = Command(
    command_id="a1",
    created_ms=NOW,
    actor="operator",
    kind=CommandKind.CLOSE,
    symbol=SYMBOL,
    side=Side.LONG,
    reason="news",
)


def test_a_command_is_posted_once(tmp_path: Path) -> None:
    desk = CommandDesk(HostDisk(), tmp_path / "commands.db")
    assert desk.poll_new(0) == ()
    assert desk.submit(CLOSE)
    assert not desk.submit(CLOSE)
    with pytest.raises(CommandConflict, match="use a new id"):
        desk.submit(replace(CLOSE, side=Side.SHORT))
    (posted,) = desk.poll_new(0)
    assert posted.command == CLOSE
    assert desk.poll_new(posted.seq) == ()
    everything = replace(CLOSE, command_id="a2", kind=CommandKind.CLOSE_ALL, symbol=None, side=None)
    assert CommandDesk(HostDisk(), tmp_path / "commands.db").submit(everything)  # another process's desk
    assert [found.command for found in desk.poll_new(posted.seq)] == [everything]
    desk.close()


@pytest.mark.parametrize(
    ("kind", "level"),
    [(CommandKind.KILL, KillLevel.LOCKED), (CommandKind.RESET, None), (CommandKind.ACCOUNT_FOR, None)],
)
def test_what_concerns_the_switch_comes_back_as_it_was_given(
    tmp_path: Path, kind: CommandKind, level: KillLevel | None
) -> None:
    desk = CommandDesk(HostDisk(), tmp_path / "commands.db")
    given = replace(CLOSE, kind=kind, symbol=None, side=None, level=level)
    assert desk.submit(given)
    (posted,) = desk.poll_new(0)
    assert posted.command == given
    desk.close()


ALERT = replace(
    CLOSE,
    kind=CommandKind.ALERT,
    bot="alerts",
    confidence=Fraction(Decimal("0.70")),
    told_ms=WireMs(NOW - 5),
)


@pytest.mark.parametrize(
    "given",
    [
        ALERT,
        replace(ALERT, kind=CommandKind.SIGNAL, confidence=None, told_ms=None),
        replace(CLOSE, kind=CommandKind.BOT_STOP, symbol=None, side=None, bot="trend"),
        replace(CLOSE, kind=CommandKind.BOT_START, symbol=None, side=None, bot="trend"),
    ],
    ids=lambda given: given.kind,
)
def test_what_concerns_a_bot_comes_back_as_it_was_given(tmp_path: Path, given: Command) -> None:
    desk = CommandDesk(HostDisk(), tmp_path / "commands.db")
    assert desk.submit(given)
    assert not desk.submit(given)
    with pytest.raises(CommandConflict, match="use a new id"):
        desk.submit(replace(given, bot="another"))
    (posted,) = desk.poll_new(0)
    assert posted.command == given
    desk.close()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: replace(ALERT, bot=""),
        lambda: replace(ALERT, side=None),
        lambda: replace(ALERT, symbol=None, side=None),
        lambda: replace(CLOSE, bot="trend"),
        lambda: replace(CLOSE, told_ms=WireMs(NOW)),
        lambda: replace(CLOSE, kind=CommandKind.BOT_STOP, bot="trend"),
        lambda: replace(CLOSE, kind=CommandKind.BOT_STOP, symbol=None, side=None),
    ],
    ids=[
        "nobody's",
        "no-side",
        "no-symbol",
        "close-of-a-bot",
        "close-told",
        "stop-of-a-symbol",
        "stop-of-nobody",
    ],
)
def test_P2_a_command_for_a_bot_that_is_not_whole_cannot_be_made(wrong: Callable[[], Command]) -> None:
    with pytest.raises(InvariantBroken):
        wrong()


@pytest.mark.parametrize(
    ("kind", "level"),
    [(CommandKind.KILL, None), (CommandKind.KILL, KillLevel.NORMAL), (CommandKind.RESET, KillLevel.FLATTEN)],
)
def test_K4_a_kill_names_a_level_above_normal_and_nothing_else_does(
    kind: CommandKind, level: KillLevel | None
) -> None:
    with pytest.raises(InvariantBroken, match="K4"):
        replace(CLOSE, kind=kind, symbol=None, side=None, level=level)


def test_a_poll_is_bounded_and_in_order(tmp_path: Path) -> None:
    desk = CommandDesk(HostDisk(), tmp_path / "commands.db")
    for number in range(POLL_MAX + 3):
        desk.submit(replace(CLOSE, command_id=str(number)))
    first = desk.poll_new(0)
    assert len(first) == POLL_MAX
    assert [posted.command.command_id for posted in desk.poll_new(first[-1].seq)] == ["100", "101", "102"]
    desk.close()


@pytest.mark.parametrize(
    ("kind", "symbol", "side"),
    [
        (CommandKind.CLOSE, None, None),
        (CommandKind.CLOSE_ALL, SYMBOL, None),
        (CommandKind.CLOSE_ALL, None, Side.LONG),
    ],
    ids=["close-what", "all-of-one", "all-of-a-side"],
)
def test_a_contradictory_command_cannot_be_made(
    kind: CommandKind, symbol: str | None, side: Side | None
) -> None:
    with pytest.raises(InvariantBroken):
        replace(CLOSE, kind=kind, symbol=SYMBOL if symbol else None, side=side)


def test_another_kind_of_file_is_no_desk(tmp_path: Path) -> None:
    path = tmp_path / "commands.db"
    filled_store(path)
    with pytest.raises(StoreDamaged, match="not a command desk"):
        CommandDesk(HostDisk(), path).poll_new(0)
    with pytest.raises(StoreDamaged, match="not a command desk"):
        CommandDesk(HostDisk(), path).submit(CLOSE)
    path.write_bytes(b"rubbish" * 100)
    with pytest.raises(DbTrouble, match="damaged"):
        CommandDesk(HostDisk(), path).submit(CLOSE)


def test_an_answer_is_a_row_of_the_engine(tmp_path: Path) -> None:
    path = tmp_path / "engine.db"
    with open_store(HostDisk(), path) as store:
        answered = CommandAnswer(command_id="a1", wire_ms=NOW, result=encode("closed"))
        db = open_writer(HostDisk(), path)
        write(
            db,
            link(store.head, [prepare(Batch(rows=(row("a1", JournalKind.COMMAND),), answers=(answered,)))]),
        )
        db.close()
        assert store.read.answer("a1") == answered
        assert store.read.answer("a2") is None


def test_the_engine_reads_what_the_watchdog_did(tmp_path: Path) -> None:
    path = tmp_path / "watchdog.db"
    snapshot = Snapshot(
        asked=1,
        symbols=frozenset(Symbol(name) for name in ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT")),
        asked_ms=NOW,
        received_ms=NOW,
        positions=(),
        orders=(),
        equity_quote=Quote(ZERO),
    )
    action = WatchAction(client_id="jabc", symbol=SYMBOL, side=Side.LONG, what="stop", outcome=None)
    acting = WatchActing(since_ms=NOW, reason="engine silent for 6 s")
    with pytest.raises(DbTrouble):
        WatchReader(HostDisk(), path)
    batches = [
        acting_batch(acting, wire_ms=NOW, market_ms=MARKET),
        snapshot_batch(snapshot, market_ms=MARKET),
        action_batch(action, wire_ms=NOW, market_ms=MARKET),
    ]
    with open_watch_store(HostDisk(), path) as store, WatchReader(HostDisk(), path) as reader:
        assert reader.acting() is None
        db = open_writer(HostDisk(), path)
        linked = link(store.head, [prepare(batch) for batch in batches])
        write(db, linked)
        assert reader.acting() == acting
        assert [note.what for note in reader.notes_after(0)] == [acting, snapshot, action]
        down = acting_batch(None, wire_ms=NOW, market_ms=MARKET)
        write(db, link(linked.after, [prepare(down)]))
        db.close()
        assert reader.acting() is None
        assert [note.what for note in reader.notes_after(3)] == [None]
    open_watch_store(HostDisk(), path).close()


def test_a_mark_taken_down_by_version_1_is_down(tmp_path: Path) -> None:
    """Bodies of version 1 stay as they were written."""
    path = tmp_path / "watchdog.db"
    acting = WatchActing(since_ms=NOW, reason="engine silent for 6 s")
    up = acting_batch(acting, wire_ms=NOW, market_ms=MARKET)
    down = acting_batch(None, wire_ms=NOW, market_ms=MARKET)
    old = replace(down, rows=tuple(replace(one, body='{"v":1,"body":null}') for one in down.rows))
    with open_watch_store(HostDisk(), path) as store, WatchReader(HostDisk(), path) as reader:
        db = open_writer(HostDisk(), path)
        write(db, link(store.head, [prepare(up), prepare(old)]))
        db.close()
        assert reader.acting() is None
