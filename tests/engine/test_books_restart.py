"""What the ledger explains and what the day began with are there again after a restart (A3, K5)."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from jackline.cli.compose import open_venue, venue_access
from jackline.cli.config import load_config
from jackline.core.effects import BookAdjustment, BookFills, BookIncome, SaveDay
from jackline.core.events import Receipt
from jackline.core.money import Day
from jackline.core.orders import IncomeKind, IncomeView
from jackline.core.values import MarketMs, OrderSide, Quote, Symbol, WireMs
from jackline.engine.clock import TwoClocks
from jackline.engine.host import HostWorld
from jackline.engine.recorder import Recorder
from jackline.engine.startup import first_state, read_venue
from jackline.store.boot import ENGINE_FILE, Store, open_store
from jackline.store.host_disk import HostDisk
from jackline.store.ledger import opening_entry
from tests.processes import exchange, write_config
from tests.store.making import fill

OPENED = WireMs(1_790_000_000_000)
LATER = WireMs(OPENED + 700_000)
DAY = Day(number=20_717, equity_quote=Quote(Decimal(1_000)), capital_quote=Quote(Decimal(-40)))


def paid(kind: IncomeKind, amount: str, wire_ms: WireMs, income_id: int) -> IncomeView:
    return IncomeView(
        kind=kind,
        symbol=None if kind is IncomeKind.TRANSFER else Symbol("BTCUSDT"),
        income_id=income_id,
        amount_quote=Quote(Decimal(amount)),
        wire_ms=wire_ms,
        market_ms=MarketMs(wire_ms),
    )


async def _write(store: Store) -> None:
    """An opening, a fill, funding, a transfer with its day, and an adjustment."""
    writer = store.writer(on_broken=pytest.fail, on_mended=lambda: None)
    recorder = Recorder(writer, TwoClocks(HostWorld()))
    recorder.opening(
        opening_entry(balance_quote=Quote(Decimal(1_000)), wire_ms=OPENED, market_ms=MarketMs(OPENED))
    )
    recorder.fills(
        BookFills(trade=None, fills=(fill(4, OrderSide.SELL, Decimal(1), Decimal(10), Decimal(3)),))
    )
    recorder.day(
        SaveDay(day=Day(number=DAY.number, equity_quote=DAY.equity_quote, capital_quote=Quote(Decimal(0))))
    )
    early = paid(IncomeKind.FUNDING, "-1", WireMs(OPENED + 1), 1)
    late = paid(IncomeKind.TRANSFER, "-40", LATER, 2)
    recorder.income(BookIncome(rows=(early,), day=None))
    recorder.income(BookIncome(rows=(late,), day=DAY))
    receipt = Receipt(command_id="c1", position=9)
    recorder.adjustment(
        BookAdjustment(
            amount_quote=Quote(Decimal(5)), actor="test", reason="found", receipt=receipt, day=None
        )
    )
    await writer.close(deadline_ms=2_000)


@pytest.mark.owns("A3", "K5")
async def test_the_money_of_a_restarted_engine_is_what_its_ledger_says(tmp_path: Path) -> None:
    async with exchange("--generate", "BTCUSDT,ETHUSDT") as served:
        config = load_config(write_config(tmp_path, served.url))
        options, clock = config.engine_options(), TwoClocks(HostWorld())
        path = options.state_dir / ENGINE_FILE
        with open_store(HostDisk(), path) as store:
            await _write(store)
        venue = await open_venue(venue_access(config), clock, lambda _: "no entry in this test")
        facts = await read_venue(venue)
        with open_store(HostDisk(), path) as store:
            state = await first_state(options, venue, clock, facts, store, fence=1, opening=None)
            assert store.read.load_account()["commands_read"] == "9"
            answer = store.read.answer("c1")
        await venue.close()
    assert answer is not None
    assert state.money.day == DAY
    books = state.money.books
    assert books is not None
    assert books.explained_quote == Decimal("966.95"), "1000 + 3 - 0.05 - 1 - 40 + 5"
    assert books.income_from_ms == LATER - 600_000
    assert dict(books.income_known) == {"transfer:2": LATER}, "the earlier payment is not listed again"
    assert state.markets[Symbol("BTCUSDT")].booked_to == 4
