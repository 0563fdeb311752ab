"""The whole bench: a clean history breaches nothing, the rows are the store's own, and looking is cheap."""

from __future__ import annotations

import time
from decimal import Decimal

from jackline.core.effects import SaveKill
from jackline.core.ids import TradeId
from jackline.core.orders import OrderKey
from jackline.core.outcomes import NotSent, Unknown
from jackline.core.requests import CancelOrder
from jackline.core.state import KillLevel
from jackline.core.values import Symbol
from jackline.engine.recorder import OutcomeNote, RequestNote
from jackline.store.encode import encode
from jackline.world.judges.bench import seat
from jackline.world.judges.journal import Intent, JournalIndex
from jackline.world.judges.panel import Panel
from tests.core.making import TRADE as PLANNED
from tests.demo.making import trade
from tests.world.judges.court import OTHER, TRADE, Court, ListJournal
from tests.world.judges.test_money import row, rows_of
from tests.world.judges.test_stops import BUDGET

LOOK_SECONDS_MAX = 30e-6


def full_court() -> Court:
    court = Court()
    bench = seat(court.scene, budget=BUDGET, daily_loss_max_fraction=Decimal("0.05"))
    court.panel = bench.panel
    court.look()
    return court


def test_a_clean_run_passes_the_whole_bench() -> None:
    court = full_court()
    for trade_id in (TRADE, OTHER):
        court.journal.intend(trade_id)
        court.stop(trade_id=trade_id)
        court.enter(trade_id)
        court.passing(10_000)
        court.close(trade_id=trade_id)
        court.passing(5_000)
        court.cancel(next(stop.algo for stop in court.scene.resting.values()))
        court.journal.add("ended", {"reason": "operator"}, trade_id)
    ledger = [row("opening", 10_000)]
    for fill in court.world.account.fills:
        ledger += rows_of(fill)
    court.finish(trades={TRADE: "done", OTHER: "done"}, ledger=ledger)
    assert [str(breach) for breach in court.panel.breaches] == []


def test_rows_are_read_as_the_store_writes_them() -> None:
    journal = ListJournal()
    planned = trade()
    journal.add("intent", encode(planned), PLANNED)
    key = OrderKey(symbol=Symbol("BTCUSDT"), client_id="c", venue_id=1, conditional=True)
    request = CancelOrder(trade_id=TradeId(PLANNED), key=key, why="swept")
    journal.add("request", encode(RequestNote(verb="CancelOrder", client_id="c", request=request)))
    journal.add("outcome", encode(OutcomeNote(verb="CancelOrder", client_id="c", outcome=NotSent(why="no"))))
    journal.add(
        "outcome", encode(OutcomeNote(verb="SendEntry", client_id="e", outcome=Unknown(cause="lost")))
    )
    saved = SaveKill(
        before=KillLevel.NORMAL,
        level=KillLevel.LOCKED,
        actor="me",
        reason="because",
        receipt=None,
        awaited=False,
    )
    journal.add("kill", encode(saved))
    index = JournalIndex(view=journal)
    index.refresh()
    assert planned.entry is not None
    assert index.intents[PLANNED] == Intent(
        trade_id=PLANNED,
        quantity=planned.entry.quantity,
        stop_price=planned.stop.disaster_price,
        symbol=planned.symbol,
        decided_ms=planned.entry.signal_market_ms,
        rung=planned.entry.rung.value,
    )
    assert PLANNED in index.dead  # the made trade is done
    assert list(index.named) == ["c"]
    assert [held.why for held in index.held.values()] == ["no"]
    assert index.answers["e"] == "unknown"
    assert [(row.level, row.reason) for row in index.kills] == [("locked", "because")]


def test_a_row_that_cannot_be_read_is_passed_over() -> None:
    journal = ListJournal()
    for kind in ("intent", "trade", "request", "outcome", "kill", "income"):
        journal.add(kind, [1])
    index = JournalIndex(view=journal)
    index.refresh()
    assert (index.intents, index.held, index.kills, index.capital_rows) == ({}, {}, [], 0)


def test_a_journal_that_was_put_back_is_read_again() -> None:
    journal = ListJournal()
    journal.intend(TRADE)
    index = JournalIndex(view=journal)
    index.refresh()
    journal.rows.clear()
    journal.epoch += 1
    journal.intend(OTHER)
    index.refresh()
    assert sorted(index.intents) == [TRADE, OTHER]


def looks_per_second(court: Court) -> float:
    """The best of a few rounds: the machine is shared."""
    panel: Panel = court.panel
    best = float("inf")
    for _ in range(5):
        started = time.perf_counter()
        for _ in range(500):
            panel.on_venue(court.world.venue, court.now_ms)
        best = min(best, (time.perf_counter() - started) / 500)
    return best


def test_looking_at_a_flat_account_is_cheap() -> None:
    court = full_court()
    court.enter()
    court.close()
    assert looks_per_second(court) < LOOK_SECONDS_MAX
