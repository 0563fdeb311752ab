"""What one turn saves is on disk whole or not at all: killed after any step, with any queue before it (K5)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import cast

import pytest

from jackline.core.effects import SaveDay, SaveTrade
from jackline.core.machine import Phase
from jackline.core.money import Day
from jackline.core.values import Quote
from jackline.engine.clock import TwoClocks
from jackline.engine.inbox import Inbox
from jackline.engine.recorder import Recorder
from jackline.engine.runner import Runner
from jackline.store.batch import AccountKey
from jackline.store.boot import open_store
from jackline.store.encode import decode
from jackline.store.writer import GROUP_BATCHES_MAX
from jackline.venue.port import Venue
from jackline.world.process import Process
from tests.store.making import adopted, batch
from tests.world.disk_making import ENGINE_DB, Heard, Host
from tests.world.test_disk_processes import kill_at

STEPS = 12
TRADE = replace(adopted(900), phase=Phase.DONE)
DAY = Day(number=1, equity_quote=Quote(Decimal(1)), capital_quote=Quote(Decimal(0)), losing_streak=1)


def one_turn(host: Host, process: Process) -> None:
    """The disk is behind by all that shares one commit but the first of the turn's rows."""
    heard = Heard()

    async def main() -> None:
        with open_store(host.disk.process(process), ENGINE_DB) as store:
            writer = heard.writer(store)
            clock = TwoClocks(process)
            runner = Runner(
                venue=cast(Venue, None),  # nothing leaves in this turn
                clock=clock,
                recorder=Recorder(writer, clock),
                inbox=Inbox(),
                on_unproven=lambda _: None,
            )
            for number in range(GROUP_BATCHES_MAX - 1):
                writer.append(batch(number + 1))
            runner.carry_out((SaveTrade(trade=TRADE, why="done", intent=False), SaveDay(day=DAY)))
            await writer.close(deadline_ms=1_000)

    host.start(process, main)


@pytest.mark.owns("K5")
def test_K5_a_trade_that_is_done_and_the_streak_that_counts_it_are_written_together() -> None:
    seen: set[tuple[bool, int]] = set()
    for step in range(1, STEPS):
        with Host() as host:
            process = host.process()
            host.loop.after_step = partial(kill_at, step)
            one_turn(host, process)
            host.play(2.0)
            process.kill()
            with open_store(host.disk.process(host.process()), ENGINE_DB) as store:
                trades = [one.trade_id for one in store.read.every_trade()]
                account = store.read.load_account()
            kept = account.get(AccountKey.DAY.value)
            streak = 0 if kept is None else decode(kept, Day).losing_streak
            seen.add((TRADE.trade_id in trades, streak))
    assert seen == {(False, 0), (True, 1)}, "a loss that is on record is counted"
