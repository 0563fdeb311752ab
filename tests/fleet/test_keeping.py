"""Leases in a real database: who may claim, what a number is worth, what is known when, over kills and pauses of it."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from jackline.cli.holding import fence_of
from jackline.cli.lease_keeper import Gained, Lost, Unwanted
from jackline.core.standing import Standing, Terms
from jackline.store import fleet
from jackline.store.boot import ENGINE_FILE, open_store
from jackline.store.errors import DbTrouble
from jackline.store.fencing import Fence, FencedOff
from jackline.store.fleet import Me, Renewed
from jackline.store.host_disk import HostDisk
from jackline.store.postgres_db import PostgresServer
from jackline.store.postgres_disk import PostgresDisk
from jackline.store.postgres_origin import PostgresOrigin
from jackline.store.reader import StoreReader
from jackline.store.schema import ENGINE
from tests.fleet.fleets import TERMS, bench, connected, emptied
from tests.postgres.server import Server
from tests.store.making import batch

pytestmark = pytest.mark.owns("C3")


def expire(server: PostgresServer) -> None:
    """What a term does, without waiting for it."""
    connected(server).run("UPDATE jackline.lease SET expires_at = clock_timestamp()")


def test_C3_eight_who_claim_at_once_get_every_account_once(server: PostgresServer) -> None:
    db = emptied(server)
    names = [f"a{number:02}" for number in range(40)]
    fleet.meet(db, names)
    got: list[dict[str, int]] = []

    def claim(holder: str) -> None:
        mine = connected(server)
        got.append(fleet.claim(mine, holder, names, at_most=40, term_ms=10_000))
        mine.close()

    threads = [threading.Thread(target=claim, args=(f"w{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(account for one in got for account in one) == names
    assert fleet.claim(db, "late", names, at_most=40, term_ms=10_000) == {}


def test_C3_numbers_only_grow_and_an_old_one_writes_and_renews_nothing(server: PostgresServer) -> None:
    db = emptied(server)
    fleet.meet(db, ["a"])
    numbers = []
    for holder in ("w1", "w2", "w1"):
        numbers.append(fleet.claim(db, holder, ["a"], at_most=1, term_ms=10_000)["a"])
        expire(server)
    assert numbers == sorted(set(numbers))
    old, newest = numbers[1], numbers[2]
    came = fleet.renew(db, {"a": old}, term_ms=10_000)
    assert came.kept == frozenset()
    assert came.lost == {"a": f"number {newest}, worker w1"}
    assert fleet.renew(db, {"a": newest}, term_ms=10_000).kept == {"a"}
    with pytest.raises(FencedOff, match=f"newest number is {newest}"):
        Fence(account="a", number=old).check(db)
    fleet.give_back(db, "a", old)
    assert fleet.accounts(db)[0].is_held
    fleet.remove(db, "a")
    fleet.meet(db, ["a"])
    fleet.give_back(db, "a", newest)
    assert fleet.claim(db, "w3", ["a"], at_most=1, term_ms=10_000)["a"] > newest


def test_C3_a_lease_that_ran_out_and_that_nobody_took_is_kept(server: PostgresServer) -> None:
    db = emptied(server)
    fleet.meet(db, ["a"])
    number = fleet.claim(db, "w1", ["a"], at_most=1, term_ms=10_000)["a"]
    expire(server)
    assert fleet.renew(db, {"a": number}, term_ms=10_000).kept == {"a"}
    assert fleet.claim(db, "w2", ["a"], at_most=1, term_ms=10_000) == {}


def test_C3_a_write_under_way_holds_up_a_claim_and_no_renewal(server: PostgresServer) -> None:
    """An engine that was stopped within a write, or whose disk is slow, must not cost its worker the lease."""
    db = emptied(server)
    fleet.meet(db, ["a", "b"])
    held = fleet.claim(db, "w1", ["a", "b"], at_most=2, term_ms=10_000)
    writing, fence = connected(server), Fence(account="a", number=held["a"])
    writing.run("BEGIN")
    fence.check(writing)
    came = fleet.renew(connected(server), held, term_ms=10_000)
    assert came == Renewed(kept=frozenset("ab"), lost={}, waiting=frozenset())
    db.run("UPDATE jackline.lease SET expires_at = '-infinity'")
    assert fleet.claim(connected(server), "w2", ["a", "b"], at_most=2, term_ms=10_000).keys() == {"b"}
    writing.run("COMMIT")
    assert fleet.claim(connected(server), "w2", ["a", "b"], at_most=2, term_ms=10_000).keys() == {"a"}
    with pytest.raises(FencedOff):
        fence.check(writing)


def test_a_row_that_somebody_holds_does_not_hold_up_the_renewal_of_others(server: PostgresServer) -> None:
    db = emptied(server)
    fleet.meet(db, ["a", "b"])
    held = fleet.claim(db, "w1", ["a", "b"], at_most=2, term_ms=10_000)
    other = connected(server)
    other.run("BEGIN")
    other.run("SELECT 1 FROM jackline.lease WHERE account = 'a' FOR UPDATE")
    came = fleet.renew(connected(server), held, term_ms=10_000)
    assert came == Renewed(kept=frozenset("b"), lost={}, waiting=frozenset("a"))
    other.run("ROLLBACK")


def test_accounts_are_spread_and_move_to_a_newcomer_one_by_one(
    server: PostgresServer, tmp_path: Path
) -> None:
    emptied(server)
    names = ("a", "b", "c", "d")
    first = bench(tmp_path / "1", lambda: connected(server), "w1", names=names)
    first.turn()
    assert set(first.numbers()) == set(names)
    second = bench(tmp_path / "2", lambda: connected(server), "w2", names=names)
    second.turn()
    assert second.told == []
    first.clock.skew_ms += 61_000
    (leaving,) = first.turn()
    assert isinstance(leaving, Unwanted)
    assert first.standing(leaving.account) is Standing.HELD
    first.keeper.give_back(leaving.account, first.numbers()[leaving.account])
    second.clock.skew_ms += TERMS.claim_ms
    first.clock.skew_ms += TERMS.claim_ms
    first.turn()
    assert first.standing(leaving.account) is Standing.LOST
    (gained,) = second.turn()
    assert isinstance(gained, Gained)
    assert gained.account == leaving.account
    assert gained.number > first.numbers()[leaving.account]


def test_an_account_that_is_at_risk_does_not_move(server: PostgresServer, tmp_path: Path) -> None:
    emptied(server)
    names = ("a", "b")
    first = bench(tmp_path / "1", lambda: connected(server), "w1", names=names, is_calm=lambda _: False)
    first.turn()
    bench(tmp_path / "2", lambda: connected(server), "w2", names=names).turn()
    first.clock.skew_ms += 61_000
    assert first.turn() == []


def test_C3_a_holder_that_slept_finds_out_that_it_lost(server: PostgresServer, tmp_path: Path) -> None:
    emptied(server)
    first = bench(tmp_path / "1", lambda: connected(server), "w1", names=("a",))
    first.turn()
    assert first.standing("a") is Standing.HELD
    first.clock.skew_ms += 60_000  # its host slept
    assert first.standing("a") is Standing.UNASKED
    expire(server)
    connected(server).run("UPDATE jackline.worker SET expires_at = clock_timestamp()")
    second = bench(tmp_path / "2", lambda: connected(server), "w2", names=("a",))
    second.turn()
    assert second.standing("a") is Standing.HELD
    (lost,) = first.turn()
    assert isinstance(lost, Lost)
    assert "worker w2" in lost.to
    assert first.standing("a") is Standing.LOST
    first.clock.skew_ms += 60_000
    assert first.turn() == []
    assert first.standing("a") is Standing.LOST


def test_C3_K2_while_the_database_is_gone_stops_go_on_once_it_was_asked(
    own_cluster: Server, tmp_path: Path
) -> None:
    server = PostgresServer(url=own_cluster.url)
    emptied(server)
    only = bench(tmp_path, lambda: connected(server), "w1", names=("a",))
    only.turn()
    own_cluster.kill()
    only.turn()
    assert only.standing("a") is Standing.HELD  # for as long as it is certain
    only.clock.skew_ms += TERMS.term_ms
    assert only.standing("a") is Standing.UNASKED
    only.turn()
    assert only.standing("a") is Standing.CUT_OFF
    own_cluster.start()
    only.turn()
    assert only.standing("a") is Standing.HELD
    assert not any(isinstance(one, Lost) for one in only.told)


def test_C3_a_database_that_hangs_is_given_up_in_time(own_cluster: Server, tmp_path: Path) -> None:
    server, terms = PostgresServer(url=own_cluster.url), Terms.of(4_000)
    emptied(server)
    only = bench(tmp_path, lambda: connected(server, terms), "w1", names=("a",), terms=terms)
    only.turn()
    own_cluster.pause()
    begun = only.clock.moment()
    only.turn()
    assert 0 < only.clock.moment().steady_ms - begun.steady_ms < terms.question_ms + 2_000
    own_cluster.resume()
    only.turn()
    assert only.standing("a") in {Standing.HELD, Standing.FADING}


def test_what_could_not_be_started_rests_and_says_why(server: PostgresServer, tmp_path: Path) -> None:
    db = emptied(server)
    fleet.register(db, "a", "[account]")
    only = bench(tmp_path, lambda: connected(server), "w1")
    only.turn()
    only.keeper.trouble("a", "x" * 9_000, rest_ms=60_000)
    only.keeper.give_back("a", only.numbers()["a"])
    only.clock.skew_ms += TERMS.claim_ms
    assert only.turn() == []
    (row,) = fleet.accounts(db)
    assert (row.is_held, row.is_resting, len(row.trouble)) == (False, True, fleet.TROUBLE_CHARS_MAX)
    fleet.register(db, "a", "[account]\n")  # mended: it need not rest
    only.clock.skew_ms += TERMS.claim_ms
    assert [type(one) for one in only.turn()] == [Gained]


def test_what_is_no_longer_of_the_fleet_is_given_back(server: PostgresServer, tmp_path: Path) -> None:
    db = emptied(server)
    fleet.register(db, "a", "[account]")
    only = bench(tmp_path, lambda: connected(server), "w1")
    only.turn()
    fleet.remove(db, "a")
    only.clock.skew_ms += TERMS.claim_ms
    assert only.turn() == [Unwanted(account="a", why="it is no longer of the fleet")]
    only.clock.skew_ms += TERMS.claim_ms
    assert only.turn() == []  # told once


def test_C3_a_keeper_that_finishes_gives_back_and_says_goodbye(
    server: PostgresServer, tmp_path: Path
) -> None:
    db = emptied(server)
    only = bench(tmp_path, lambda: connected(server), "w1", names=("a",), terms=Terms.of(20_000))
    only.keeper.turn()
    only.keeper.start()
    only.keeper.give_back("a", only.numbers()["a"])
    assert only.keeper.finish(deadline_s=20)
    assert fleet.workers(db) == ()
    assert not fleet.accounts(db)[0].is_held
    assert only.standing("a") is Standing.LOST


def test_two_who_make_the_tables_at_once(own_cluster: Server) -> None:
    server = PostgresServer(url=own_cluster.url)
    failed: list[DbTrouble] = []

    def make() -> None:
        try:
            fleet.make_tables(connected(server, Terms.of(60_000)))
        except DbTrouble as trouble:
            failed.append(trouble)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    fleet.be_seen(connected(server), Me(name="w", host="h", pid=1, capacity=2), term_ms=1_000)


async def test_C3_a_write_with_an_old_number_is_refused_and_shuts_the_gate(
    server: PostgresServer, account: str, tmp_path: Path
) -> None:
    db = emptied(server)
    old = bench(tmp_path, lambda: connected(server), "w1", names=(account,))
    old.turn()
    held = old.held(account)
    disk = PostgresDisk(server, account=account, state_dir=tmp_path / account, fence=fence_of(account, held))
    broken = asyncio.Event()
    with open_store(disk, tmp_path / account / ENGINE_FILE) as store:
        writer = store.writer(on_broken=lambda _: broken.set(), on_mended=lambda: None)
        await writer.append(batch(1))
        expire(server)
        assert fleet.claim(db, "w2", [account], at_most=1, term_ms=10_000)
        assert held.standing() is Standing.HELD  # nobody has told it yet
        refused = writer.append(batch(2))
        await broken.wait()
        assert held.standing() is Standing.LOST
        assert not refused.done()
        assert await writer.close(deadline_ms=100) == 1
    origin = PostgresOrigin(server, account, tmp_path / "other" / ENGINE_FILE, fence=None)
    origin.fetch(ENGINE)
    with StoreReader(HostDisk(), tmp_path / "other" / ENGINE_FILE) as reader:
        assert len(reader.journal_after(0, 10)) == len(batch(1).rows)
