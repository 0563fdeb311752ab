"""C3 with real processes: a host of the fleet is killed or stands still, and another one takes its account over."""

from __future__ import annotations

import os
import signal
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest

from jackline.core.ids import Role, parse_client_id
from jackline.store import fleet as rows
from jackline.store.boot import COMMANDS_FILE, ENGINE_FILE
from jackline.store.commands import CommandDesk
from jackline.store.host_disk import HostDisk
from jackline.store.ledger import totals
from jackline.store.postgres_db import PostgresServer
from jackline.store.postgres_disk import PostgresDisk
from jackline.store.postgres_origin import PostgresOrigin
from jackline.store.reader import StoreReader
from jackline.store.schema import ENGINE
from tests.fleet.fleets import connected
from tests.fleet.hosts import END_S, TERMS, Fleet, Host, fleet_of_two
from tests.out_of_process.lasting import lasting
from tests.postgres.making import close_all

pytestmark = [pytest.mark.long, pytest.mark.timeout(600), pytest.mark.owns("C3", "O1", "A1", "P1")]
CLOSED_S = 150.0
ORPHANED = ("the worker that kept it is not heard from", "it was taken over, by number")
BUSY_MS = 3_000
"""What a loaded machine adds to a claim: processes wait for their turn, the arithmetic does not."""


@pytest.mark.parametrize("whole_host", [True, False], ids=["host", "worker alone"])
async def test_C3_killed_and_taken_over_in_the_stated_time(
    server: PostgresServer, account: str, tmp_path: Path, whole_host: bool
) -> None:
    async with fleet_of_two(tmp_path, server, account) as two:
        await two.protected()
        await two.b.start()
        await two.b.until(lambda: two.b.logged("working") is not None, within_s=END_S, what="did not start")
        killed_ms = time.time() * 1_000
        two.a.signal(signal.SIGKILL, also_children=whole_host)
        claimed_ms = await two.b.claimed() - killed_ms
        assert claimed_ms <= TERMS.takeover_ms + BUSY_MS
        assert claimed_ms >= TERMS.term_ms - TERMS.renew_ms - TERMS.question_ms  # never before it ran out
        ready_ms = await two.b.ready() - killed_ms
        told = (
            f"claimed {claimed_ms:.0f} ms, ready {ready_ms:.0f} ms after the kill; stated {TERMS.takeover_ms}"
        )
        sys.stdout.write(f"{told}\n")
        if not whole_host:  # its processes have ended by themselves, and said why
            await two.a.until(lambda: len(two.a.pids()) == 1, within_s=END_S, what="orphans live on")
            for part in (
                "engine",
                "watchdog",
            ):  # by whichever it hears of first, which a busy machine decides
                assert any(word in two.a.said_by(part) for word in ORPHANED), two.a.said_by(part)[-2_000:]
        await _kept_its_stop(two)
        await _ends_well(two, two.b, server)


async def test_C3_a_host_that_stood_still_sends_nothing_and_ends_saying_so(
    server: PostgresServer, account: str, tmp_path: Path
) -> None:
    async with fleet_of_two(tmp_path, server, account) as two:
        await two.protected()
        await two.b.start()
        await two.b.until(lambda: two.b.logged("working") is not None, within_s=END_S, what="did not start")
        two.a.signal(signal.SIGSTOP)
        stopped_ms = time.time() * 1_000
        claimed_ms = await two.b.claimed() - stopped_ms
        assert claimed_ms <= TERMS.takeover_ms + BUSY_MS
        await two.b.ready()
        asked = two.a.relay.requests
        ended = two.a.pids()[1:]
        assert len(ended) >= 2
        two.a.signal(signal.SIGCONT)
        await two.a.until(
            lambda: two.a.logged("lease_lost", account=account) is not None, within_s=END_S, what="not told"
        )
        await two.a.until(lambda: not set(ended) & set(two.a.pids()), within_s=END_S, what="zombies live on")
        assert two.a.relay.requests == asked, two.a.words()
        newest = rows.accounts(connected(server))[0]
        assert newest.holder == "b"
        for part in ("engine", "watchdog"):
            said = two.a.said_by(part)
            assert f"it was taken over, by number {newest.number}" in said, said[-2_000:]
        await _kept_its_stop(two)
        await _ends_well(two, two.b, server)


async def test_C3_engine_and_watchdog_alone_stood_still_beside_a_worker_that_did_not(
    server: PostgresServer, account: str, tmp_path: Path
) -> None:
    """The lease is kept by the worker: nobody takes over, and the processes go on as they are still the holder's."""
    async with fleet_of_two(tmp_path, server, account) as two:
        await two.protected()
        await two.b.start()
        worker, *children = two.a.pids()
        for pid in children:
            os.kill(pid, signal.SIGSTOP)
        await lasting(TERMS.takeover_ms)
        for pid in children:
            os.kill(pid, signal.SIGCONT)
        await two.a.ready()
        assert two.b.logged("lease_claimed") is None
        assert two.a.pids() == [worker, *children]
        await _ends_well(two, two.a, server)


async def test_C3_a_worker_that_is_told_to_stop_gives_back_at_once(
    server: PostgresServer, account: str, tmp_path: Path
) -> None:
    async with fleet_of_two(tmp_path, server, account) as two:
        await two.protected()
        await two.b.start()
        await two.b.until(lambda: two.b.logged("working") is not None, within_s=END_S, what="did not start")
        two.a.signal(signal.SIGTERM, also_children=False)
        given_ms = await two.a.until(
            lambda: two.a.logged("lease_given_back") is not None, within_s=END_S, what="kept it"
        )
        claimed_ms = await two.b.claimed() - given_ms
        assert claimed_ms <= TERMS.claim_ms + TERMS.question_ms + BUSY_MS
        await two.b.ready()
        assert two.a.child is not None
        assert await two.a.child.process.wait() == 0
        await _kept_its_stop(two)
        await _ends_well(two, two.b, server)


async def _kept_its_stop(two: Fleet) -> None:
    """By the exchange's witness: covered all the time, whoever held the account."""
    testimony = await two.venue.get("witness")
    assert testimony["episodes"], f"seed {two.seed}"
    for episode in testimony["episodes"]:
        assert episode["naked_intervals"] == [], f"seed {two.seed}: {episode}; {two.b.words()}"


async def _ends_well(two: Fleet, holder: Host, server: PostgresServer) -> None:
    """The holder closes everything; nothing entered twice; the ledger in the database equals the exchange."""
    await _close_everything(two, holder, server)
    holder.signal(signal.SIGTERM, also_children=False)
    await holder.until(lambda: holder.logged("stopped") is not None, within_s=END_S, what="does not stop")
    testimony = await two.venue.get("witness")
    names = [parse_client_id(one["client_id"]) for one in testimony["orders"] if Decimal(one["executed"]) > 0]
    entered = [name.trade_id for name in names if name is not None and name.role is Role.ENTRY]
    assert len(entered) == len(set(entered)), f"O1, seed {two.seed}: {entered}"
    account = testimony["accounts"]["main"]
    path = holder.directory / "read" / ENGINE_FILE
    PostgresOrigin(server, two.account, path, fence=None).fetch(ENGINE)
    with StoreReader(HostDisk(), path) as reader:
        booked = totals(reader.ledger_entries())
    told = {key: Decimal(account[key]) for key in ("realised", "fees", "funding", "wallet")}
    assert {key: getattr(booked, f"{key}_quote") for key in told} == told, f"A1, seed {two.seed}"


async def _close_everything(two: Fleet, holder: Host, server: PostgresServer) -> None:
    deadline, number = time.monotonic() + CLOSED_S, 0
    while True:
        _order_close(server, two.account, holder.directory / "operator", f"close-{number}")
        number += 1
        await lasting(2_000)
        seen = await two.venue.get("witness")
        if not seen["accounts"]["main"]["positions"] and not seen["orphans"] and _live(holder) == 0:
            return
        assert time.monotonic() < deadline, f"L1, seed {two.seed}: {seen['orphans']} {holder.words()}"


def _live(holder: Host) -> int:
    with StoreReader(HostDisk(), holder.state_dir / ENGINE_FILE) as reader:
        return len(reader.load_trades())


def _order_close(server: PostgresServer, account: str, directory: Path, command_id: str) -> None:
    """As an operator does from a machine of his own."""
    disk = PostgresDisk(server, account=account, state_dir=directory)
    close_all(CommandDesk(disk, directory / COMMANDS_FILE), command_id)
