"""What the watchdog goes on with when the engine that accepted it is gone, and until when."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jackline.core.machine import Phase
from jackline.core.orders import PositionView
from jackline.core.requests import CloseShape
from jackline.core.state import KillLevel
from jackline.core.trade import CloseSlot, ExitReason, Trade
from jackline.core.values import MarketMs, Side, Symbol, WireMs
from jackline.engine.accepted_orders import read_accepted
from jackline.engine.standing_orders import CLOSE_AGE_MS_MAX, FLAT_GAP_MS
from jackline.store.batch import AccountKey, Batch, JournalKind, JournalRow, prepare
from jackline.store.boot import ENGINE_FILE, WATCHDOG_FILE, open_store
from jackline.store.db import open_writer
from jackline.store.encode import encode
from jackline.store.journal import link, read_head, write
from jackline.store.watch_answers import CLOSING, FLAT, answer_batch, end_id
from tests.core.making import START_MS
from tests.engine.test_standing_orders import (
    BTC,
    DISK,
    ETH,
    LONG,
    OTHER,
    SHORT,
    Life,
    answered,
    close,
    kill,
    life,
    reset,
)
from tests.store.making import adopted

pytestmark = pytest.mark.owns("K2", "K3")

ROW = JournalRow(
    kind=JournalKind.TRADE, trade_id=None, wire_ms=WireMs(START_MS), market_ms=MarketMs(START_MS), body="1"
)


def trade(phase: Phase = Phase.CLOSING, reason: ExitReason = ExitReason.OPERATOR, ordinal: int = 1) -> Trade:
    """A long of BTCUSDT that the engine wants gone."""
    slot = CloseSlot(
        reason=reason,
        shape=CloseShape.REDUCE_ONLY_MARKET,
        client_id=None,
        attempts=1,
        in_flight=True,
        wanted_ms=WireMs(START_MS),
        next_ms=WireMs(START_MS),
        order_ids=(),
    )
    closing = slot if phase is Phase.CLOSING else None
    return replace(
        adopted(ordinal), symbol=BTC, side=Side.LONG, phase=phase, close=closing, exit_reason=reason
    )


def store(path: Path, *trades: Trade, level: KillLevel = KillLevel.NORMAL) -> None:
    """What a dead engine has left."""
    if not (path / ENGINE_FILE).exists():
        open_store(DISK, path / ENGINE_FILE).close()
    db = open_writer(DISK, path / ENGINE_FILE)
    batch = Batch(
        rows=(replace(ROW, body=encode("left")),),
        trades=trades,
        account=((AccountKey.KILL_LEVEL, level.value),),
    )
    write(db, link(read_head(db), [prepare(batch)]))
    db.close()


def closes(
    now: Life, *open_now: PositionView, at_ms: int = 0, beat_ms: int | None = 0
) -> list[tuple[Symbol, Side]]:
    """What it closes of a look asked so long after the start; `beat_ms`: how old the last heartbeat was then."""
    now.heard_ms = None if beat_ms is None else START_MS - beat_ms
    return now.closes(*open_now, at_ms=at_ms)


@pytest.mark.parametrize("level", [KillLevel.FLATTEN, KillLevel.LOCKED])
def test_K3_an_accepted_level_closes_everything_and_what_appears(tmp_path: Path, level: KillLevel) -> None:
    store(tmp_path, level=level)
    with life(tmp_path) as now:
        assert closes(now, LONG, OTHER, beat_ms=None) == [(BTC, Side.LONG), (ETH, Side.LONG)]
        assert now.orders.are_pending
        assert closes(now, at_ms=3_000) == closes(now, at_ms=3_000 + FLAT_GAP_MS) == []
        assert now.answers == {end_id(f"level:{level}"): FLAT}
        assert not now.orders.are_pending
        assert closes(now, LONG, at_ms=9_000) == [(BTC, Side.LONG)], "the level stands"


@pytest.mark.parametrize("level", [KillLevel.NORMAL, KillLevel.NO_NEW_RISK])
def test_a_level_that_closes_nothing_is_nothing_to_go_on_with(tmp_path: Path, level: KillLevel) -> None:
    store(tmp_path, level=level)
    with life(tmp_path) as now:
        assert closes(now, LONG) == []


def test_K4_a_reset_that_no_engine_has_heard_ends_it_and_a_new_kill_begins_again(tmp_path: Path) -> None:
    store(tmp_path, level=KillLevel.FLATTEN)
    with life(tmp_path) as now:
        assert closes(now, LONG) == [(BTC, Side.LONG)]
        now.submit(reset("r"))
        assert closes(now, LONG, at_ms=9_000) == []
        now.submit(kill("k"))
        assert closes(now, LONG, at_ms=18_000) == [(BTC, Side.LONG)]
    with life(tmp_path) as later:
        assert closes(later, LONG) == [(BTC, Side.LONG)], "the kill after the reset"
        later.submit(reset("r2"))
        assert closes(later, LONG, at_ms=9_000) == []


def test_a_reset_that_the_engine_took_before_it_was_killed_again_ends_nothing(tmp_path: Path) -> None:
    store(tmp_path, level=KillLevel.FLATTEN)
    with life(tmp_path) as now:
        now.submit(reset("r"))
        assert closes(now, LONG) == []
        answered(tmp_path / ENGINE_FILE, "r")
        assert closes(now, LONG, at_ms=9_000) == [(BTC, Side.LONG)], "the level on record is of after it"


@pytest.mark.parametrize("reason", [ExitReason.OPERATOR, ExitReason.KILL_SWITCH])
@pytest.mark.parametrize("phase", [Phase.CLOSING, Phase.ENTERING, Phase.DOUBTFUL])
def test_K3_a_trade_that_was_being_closed_is_closed_and_no_other_position(
    tmp_path: Path, phase: Phase, reason: ExitReason
) -> None:
    """Of an entry in doubt too: what it opens is not wanted."""
    store(tmp_path, trade(phase, reason))
    with life(tmp_path) as now:
        assert closes(now, LONG, SHORT, OTHER) == [(BTC, Side.LONG)]
        assert now.orders.are_pending


@pytest.mark.parametrize(
    ("phase", "reason"),
    [
        (Phase.CLOSING, ExitReason.MAX_HOLD),
        (Phase.CLOSING, ExitReason.MODEL_EXIT),
        (Phase.PROTECTED, ExitReason.OPERATOR),
        (Phase.SWEEPING, ExitReason.OPERATOR),
        (Phase.DONE, ExitReason.KILL_SWITCH),
    ],
)
def test_what_no_operator_wants_gone_or_is_gone_is_left(
    tmp_path: Path, phase: Phase, reason: ExitReason
) -> None:
    store(tmp_path, trade(phase, reason))
    with life(tmp_path) as now:
        assert closes(now, LONG) == []


def test_a_trade_is_closed_once_by_this_life_and_the_next(tmp_path: Path) -> None:
    store(tmp_path, trade())
    with life(tmp_path) as now:
        assert closes(now, LONG) == [(BTC, Side.LONG)]
        assert closes(now, at_ms=2_000) == closes(now, at_ms=2_000 + FLAT_GAP_MS) == []
        assert now.answers == {end_id(trade().trade_id): FLAT}
        assert closes(now, LONG, at_ms=9_000) == [], "somebody opened that afterwards"
    batch = answer_batch(
        end_id(trade().trade_id), FLAT, wire_ms=WireMs(START_MS), market_ms=MarketMs(START_MS)
    )
    db = open_writer(DISK, tmp_path / WATCHDOG_FILE)
    write(db, link(read_head(db), [prepare(batch)]))
    db.close()
    with life(tmp_path) as later:
        assert closes(later, LONG) == []


def test_K2_a_trade_of_an_hour_ago_is_left_and_one_heard_in_time_gone_on_with(tmp_path: Path) -> None:
    store(tmp_path, trade())
    with life(tmp_path) as late:
        assert closes(late, LONG, beat_ms=CLOSE_AGE_MS_MAX + 1) == []
        assert closes(late, LONG, beat_ms=None) == []
    with life(tmp_path) as now:
        assert closes(now, LONG, beat_ms=CLOSE_AGE_MS_MAX) == [(BTC, Side.LONG)]
        assert closes(now, LONG, at_ms=10 * CLOSE_AGE_MS_MAX) == [(BTC, Side.LONG)]


def test_what_an_engine_that_came_back_finished_is_forgotten(tmp_path: Path) -> None:
    store(tmp_path, trade(), level=KillLevel.FLATTEN)
    with life(tmp_path) as now:
        assert closes(now, LONG) == [(BTC, Side.LONG)]
        store(tmp_path, trade(Phase.DONE), level=KillLevel.NORMAL)
        assert closes(now, LONG, at_ms=9_000) == []
        assert not now.orders.are_pending


def test_K2_a_record_that_cannot_be_read_any_more_ends_nothing(tmp_path: Path) -> None:
    store(tmp_path, level=KillLevel.FLATTEN)
    with life(tmp_path) as now:
        assert closes(now, LONG) == [(BTC, Side.LONG)]
        for file in tmp_path.glob(f"{ENGINE_FILE}*"):
            file.write_bytes(b"no store" * 1_000)
        assert read_accepted(DISK, tmp_path / ENGINE_FILE, WireMs(START_MS)) is None
        assert closes(now, LONG, at_ms=9_000) == [(BTC, Side.LONG)]


def test_an_order_of_the_desk_and_one_on_record_close_a_position_once_a_look(tmp_path: Path) -> None:
    store(tmp_path, trade(), level=KillLevel.LOCKED)
    with life(tmp_path) as now:
        now.submit(close("c"), kill("k"))
        assert closes(now, LONG) == [(BTC, Side.LONG)]
        assert now.answers == {"c": CLOSING, "k": CLOSING}
