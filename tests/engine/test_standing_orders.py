"""Which orders the watchdog obeys while no engine hears them, until when, and what it answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import pytest

from jackline.core.orders import PositionView
from jackline.core.settings import ProtectionSettings
from jackline.core.state import KillLevel
from jackline.core.values import MarketMs, Side, Symbol, WireMs
from jackline.engine.standing_orders import CLOSE_AGE_MS_MAX, FLAT_GAP_MS, StandingOrders
from jackline.store.batch import prepare
from jackline.store.boot import COMMANDS_FILE, ENGINE_FILE, WATCHDOG_FILE, open_store
from jackline.store.commands import Command, CommandDesk, CommandKind
from jackline.store.db import open_writer
from jackline.store.host_disk import HostDisk
from jackline.store.journal import link, read_head, write
from jackline.store.watch import open_watch_store
from jackline.store.watch_answers import CLOSING, FLAT, NO_ENTRY, RESET, answer_batch, end_id
from tests.core.making import START_MS, position, snapshot

pytestmark = pytest.mark.owns("K2", "K3")

BTC, ETH = Symbol("BTCUSDT"), Symbol("ETHUSDT")
DISK = HostDisk()


def close(name: str, *, symbol: Symbol | None = None, side: Side | None = None, age_ms: int = 0) -> Command:
    return Command(
        command_id=name,
        created_ms=WireMs(START_MS - age_ms),
        actor="operator",
        kind=CommandKind.CLOSE_ALL if symbol is None else CommandKind.CLOSE,
        symbol=symbol,
        side=side,
        reason="news",
    )


def kill(name: str, level: KillLevel = KillLevel.FLATTEN, *, age_ms: int = 0) -> Command:
    return replace(close(name, age_ms=age_ms), kind=CommandKind.KILL, level=level)


def reset(name: str) -> Command:
    return replace(close(name), kind=CommandKind.RESET)


def answered(path: Path, command_id: str) -> None:
    """A process whose store is at `path` has answered this."""
    batch = answer_batch(command_id, "x", wire_ms=WireMs(START_MS), market_ms=MarketMs(START_MS))
    db = open_writer(DISK, path)
    write(db, link(read_head(db), [prepare(batch)]))
    db.close()


@dataclass
class Life:
    """One life of a watchdog, as far as orders go."""

    orders: StandingOrders
    path: Path
    answers: dict[str, str] = field(default_factory=dict)
    heard_ms: int | None = None

    def submit(self, *commands: Command) -> None:
        for command in commands:
            CommandDesk(DISK, self.path / COMMANDS_FILE).submit(command)

    def closes(
        self, *open_now: PositionView, at_ms: int = 0, settled: bool = True
    ) -> list[tuple[Symbol, Side]]:
        """What it closes of a look asked so long after the start."""
        now_ms = WireMs(START_MS + at_ms)
        self.orders.listen(now_ms, heard_ms=self.heard_ms)
        look = replace(snapshot(positions=open_now), asked_ms=now_ms)
        return [(view.symbol, view.side) for view in self.orders.due(look, now_ms, settled=settled)]


@contextmanager
def life(path: Path) -> Iterator[Life]:
    answers: dict[str, str] = {}
    with open_watch_store(DISK, path / WATCHDOG_FILE) as store:
        orders = StandingOrders(
            disk=DISK,
            state_dir=path,
            own=store.read,
            protection=ProtectionSettings(),
            answer=lambda name, text: answers.update({name: text}),
        )
        yield Life(orders=orders, path=path, answers=answers)


LONG, SHORT = position(Side.LONG), position(Side.SHORT)
OTHER = replace(LONG, symbol=ETH)


def test_K3_a_kill_that_closes_closes_everything_and_whatever_appears(tmp_path: Path) -> None:
    with life(tmp_path) as now:
        assert now.closes(LONG) == []
        now.submit(kill("k", KillLevel.LOCKED))
        assert now.closes(LONG, OTHER) == [(BTC, Side.LONG), (ETH, Side.LONG)]
        assert now.answers == {"k": CLOSING}
        assert now.orders.are_pending
        assert now.closes(at_ms=3_000) == []
        assert now.closes(at_ms=3_000 + FLAT_GAP_MS) == []
        assert now.answers[end_id("k")] == FLAT
        assert not now.orders.are_pending
        assert now.closes(LONG, at_ms=9_000) == [(BTC, Side.LONG)], "the level stands"


def test_K2_a_kill_of_last_week_that_nobody_has_obeyed_is_still_wanted(tmp_path: Path) -> None:
    with life(tmp_path) as now:
        now.submit(kill("k", age_ms=7 * 86_400_000))
        assert now.closes(LONG) == [(BTC, Side.LONG)]


def test_K2_a_close_of_an_hour_ago_is_not(tmp_path: Path) -> None:
    with life(tmp_path) as now:
        now.submit(close("old", age_ms=CLOSE_AGE_MS_MAX + 1), close("older", symbol=BTC, age_ms=3_600_000))
        assert now.closes(LONG) == []
        assert now.answers == {}
        now.submit(close("new", age_ms=CLOSE_AGE_MS_MAX))
        assert now.closes(LONG) == [(BTC, Side.LONG)]


def test_a_close_taken_up_in_time_is_gone_on_with_however_long_the_venue_refuses(tmp_path: Path) -> None:
    with life(tmp_path) as now:
        now.submit(close("c"))
        assert now.closes(LONG) == [(BTC, Side.LONG)]
        assert now.closes(LONG, at_ms=10 * CLOSE_AGE_MS_MAX) == [(BTC, Side.LONG)]


def test_a_close_ends_with_what_it_closes(tmp_path: Path) -> None:
    with life(tmp_path) as now:
        now.submit(close("c"))
        assert now.closes(LONG) == [(BTC, Side.LONG)]
        now.closes(at_ms=1_000)
        now.closes(at_ms=2_000)
        assert now.answers == {"c": CLOSING, end_id("c"): FLAT}
        assert now.closes(LONG, at_ms=3_000) == [], "somebody opened that afterwards"


def test_a_close_of_one_leg_leaves_the_other(tmp_path: Path) -> None:
    with life(tmp_path) as now:
        now.submit(close("c", symbol=BTC, side=Side.SHORT))
        assert now.closes(LONG, SHORT, OTHER) == [(BTC, Side.SHORT)]
        now.closes(LONG, OTHER, at_ms=1_000)
        now.closes(LONG, OTHER, at_ms=2_000)
        assert now.answers[end_id("c")] == FLAT
        now.submit(close("d", symbol=BTC))
        assert now.closes(LONG, SHORT, OTHER, at_ms=5_000) == [(BTC, Side.LONG), (BTC, Side.SHORT)]


def test_K3_flat_is_two_looks_apart_and_none_from_before_the_order(tmp_path: Path) -> None:
    with life(tmp_path) as now:
        now.submit(close("c"))
        now.closes(LONG, at_ms=5_000)
        behind = replace(snapshot(), asked_ms=WireMs(START_MS + 4_000))
        now.orders.due(behind, WireMs(START_MS + 5_100), settled=True)
        now.closes(at_ms=5_200)
        now.closes(at_ms=5_200 + FLAT_GAP_MS - 1)
        assert end_id("c") not in now.answers, "the two must be apart"
        assert now.closes(LONG, at_ms=6_500) == [(BTC, Side.LONG)], (
            "the first came from a replica that is behind"
        )
        now.closes(at_ms=7_000)
        now.closes(at_ms=9_000, settled=False)
        assert end_id("c") not in now.answers, "an entry of the dead engine may still execute"
        now.closes(at_ms=9_001)
        assert now.answers[end_id("c")] == FLAT


def test_what_the_engine_has_answered_is_not_done_again(tmp_path: Path) -> None:
    """By id: the numbers of another desk begin anew, and those of an engine's store that was put back lie."""
    with life(tmp_path) as now, open_store(DISK, tmp_path / ENGINE_FILE):
        now.submit(close("c"), kill("k"), kill("unanswered"))
        answered(tmp_path / ENGINE_FILE, "c")
        answered(tmp_path / ENGINE_FILE, "k")
        assert now.closes(LONG) == [(BTC, Side.LONG)], "the engine died between taking and answering this one"
        assert now.answers == {"unanswered": CLOSING}
        answered(tmp_path / ENGINE_FILE, "unanswered")
        assert now.closes(LONG, at_ms=60_000) == [], "it has come back, taken it, and died"


@pytest.mark.parametrize("damage", [b"", b"no store" * 1_000])
def test_K2_an_engine_store_that_cannot_be_read_hinders_nothing(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / ENGINE_FILE).write_bytes(damage)
    with life(tmp_path) as now:
        now.submit(kill("k"))
        assert now.closes(LONG) == [(BTC, Side.LONG)]


def test_K4_a_reset_undoes_the_kills_before_it_and_none_after(tmp_path: Path) -> None:
    with life(tmp_path) as now:
        now.submit(kill("k"), reset("r"))
        assert now.closes(LONG) == []
        assert now.answers == {"k": CLOSING, end_id("k"): RESET}
        now.submit(kill("k2"), kill("k3"))
        assert now.closes(LONG, at_ms=1) == [(BTC, Side.LONG)]
        assert now.answers["k2"] == now.answers["k3"] == CLOSING
        now.submit(reset("r2"))
        assert now.closes(LONG, at_ms=9_000) == []
        now.submit(close("c"))
        assert now.closes(LONG, at_ms=10_000) == [(BTC, Side.LONG)], "a close is no kill"


def test_no_new_risk_needs_nothing_and_is_answered_so(tmp_path: Path) -> None:
    with life(tmp_path) as now:
        now.submit(kill("k", KillLevel.NO_NEW_RISK))
        assert now.closes(LONG) == []
        assert now.answers == {"k": NO_ENTRY}


def test_the_next_life_closes_under_a_kill_and_does_no_close_again_that_ended(tmp_path: Path) -> None:
    with life(tmp_path) as first:
        first.submit(close("c"), kill("k"))
        first.closes(LONG)
    answered(tmp_path / WATCHDOG_FILE, end_id("c"))
    with life(tmp_path) as second:
        assert second.closes(LONG) == [(BTC, Side.LONG)]
        assert second.answers == {"k": CLOSING}
        second.submit(reset("r"))
        assert second.closes(LONG, at_ms=9_000) == []


def test_an_attempt_is_repeated_after_a_pause_that_doubles(tmp_path: Path) -> None:
    retry_ms, most_ms = ProtectionSettings().close_retry_ms, ProtectionSettings().close_retry_ms_max
    with life(tmp_path) as now:
        now.submit(kill("k"))
        tried = [at_ms for at_ms in range(0, 20_000, 50) if now.closes(LONG, at_ms=at_ms)]
        gaps = [after - before for before, after in pairwise(tried)]
        assert gaps[:4] == [retry_ms, 2 * retry_ms, 4 * retry_ms, 8 * retry_ms]
        assert set(gaps[4:]) == {most_ms}
        assert now.closes(LONG, at_ms=-3_600_000) == [(BTC, Side.LONG)], "the clock was set back by an hour"


def test_K2_a_desk_moved_aside_is_ordered_no_more_and_the_new_one_is_heard(tmp_path: Path) -> None:
    with life(tmp_path) as now:
        now.submit(*(close(f"c{number}", symbol=ETH) for number in range(120)), kill("k"))
        assert now.closes(LONG) == [(BTC, Side.LONG)]
        for file in tmp_path.glob(f"{COMMANDS_FILE}*"):
            file.rename(file.with_name(f"aside-{file.name}"))
        assert now.closes(LONG, at_ms=9_000) == []
        now.submit(kill("again"))
        assert now.closes(LONG, at_ms=18_000) == [(BTC, Side.LONG)], (
            "its number is lower than those of before"
        )
        assert now.answers["again"] == CLOSING


def test_K2_a_desk_that_cannot_be_read_for_a_while_ends_nothing(tmp_path: Path) -> None:
    with life(tmp_path) as now:
        now.submit(kill("k"))
        assert now.closes(LONG) == [(BTC, Side.LONG)]
        desk = tmp_path / COMMANDS_FILE
        whole = desk.read_bytes()
        desk.write_bytes(b"no desk" * 1_000)
        assert now.closes(LONG, at_ms=9_000) == [(BTC, Side.LONG)]
        desk.write_bytes(whole)
        now.submit(reset("r"))
        assert now.closes(LONG, at_ms=18_000) == []


def test_what_allows_risk_is_left_for_the_engine(tmp_path: Path) -> None:
    signal = replace(
        close("s", symbol=BTC, side=Side.LONG), kind=CommandKind.SIGNAL, bot="manual", confidence=None
    )
    with life(tmp_path) as now:
        now.submit(signal, replace(close("a"), kind=CommandKind.ACCOUNT_FOR))
        assert now.closes(LONG) == []
        assert now.answers == {}
