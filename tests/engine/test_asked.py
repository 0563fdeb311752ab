"""A stop-loss asked for over the command desk, by the real engine process at the local exchange."""

from __future__ import annotations

import uuid
from decimal import Decimal
from pathlib import Path

import pytest

from jackline.core.asked_order import AskedKind, AskedStatus, AskedTerms
from jackline.core.ids import parse_client_id
from jackline.core.values import Fraction, Price, Side, Symbol, WireMs
from jackline.store.asked import AskedRow, Said, WishAnswer, find_asked, read_answer
from jackline.store.boot import COMMANDS_FILE, ENGINE_FILE
from jackline.store.commands import Command, CommandDesk, CommandKind
from jackline.store.encode import decode
from jackline.store.host_disk import HostDisk
from jackline.store.order_wishes import DropWish, Wish
from jackline.store.reader import StoreReader
from tests.engine.test_guard import Trader, covered
from tests.patience import patience
from tests.processes import LINE_S, Child, Exchange, Json, exchange, spawn, write_config

BTC = "BTCUSDT"
FIRST_MS, INTERVAL_MS, BARS = 1_735_689_600_000, 300_000, 300
STOPS_REFUSED = {"kind": "refuse", "code": -1007, "methods": ["POST"], "paths": ["/fapi/v1/algoOrder"]}
STOP_LOSS = AskedTerms(
    order_id="sl_pos_12345",
    kind=AskedKind.STOP,
    symbol=Symbol(BTC),
    side=Side.LONG,
    quantity=None,
    trigger_price=Price(Decimal(49_000)),
    trailing_fraction=None,
    position_id="pos_12345",
    entry_price=Price(Decimal(50_000)),
    fraction=Fraction(Decimal("0.02")),
    user_id="user_1",
    created_ms=WireMs(1),
)


def at_fifty_thousand(directory: Path) -> list[str]:
    """Markets that stand still."""
    arguments: list[str] = []
    for symbol, price in ((BTC, 50_000), ("ETHUSDT", 3_000)):
        path = directory / f"{symbol}-5m.csv"
        figures = f"{price},{price},{price},{price},100000"
        rows = [f"{FIRST_MS + number * INTERVAL_MS},{figures}" for number in range(BARS)]
        path.write_text("\n".join(["timestamp,open,high,low,close,volume", *rows]) + "\n")
        arguments += ["--data", str(path)]
    return arguments


class Asker:
    """Writes wishes to the desk and reads their answers, as the web process does."""

    def __init__(self, directory: Path) -> None:
        self.state_dir = directory / "state"

    def submit(self, kind: CommandKind, wish: Wish) -> str:
        command = Command(
            command_id=uuid.uuid4().hex,
            created_ms=WireMs(1),
            actor="test",
            kind=kind,
            symbol=None,
            side=None,
            reason="test",
            wish=wish,
        )
        CommandDesk(HostDisk(), self.state_dir / COMMANDS_FILE).submit(command)
        return command.command_id

    async def told(self, command_id: str, venue: Exchange) -> WishAnswer:
        async with patience(LINE_S):
            while True:
                with StoreReader(HostDisk(), self.state_dir / ENGINE_FILE) as store:
                    answer = store.answer(command_id)
                if answer is not None:
                    return read_answer(decode(answer.result, str))
                await venue.get("state")

    def row(self) -> AskedRow:
        with StoreReader(HostDisk(), self.state_dir / ENGINE_FILE) as store:
            row = find_asked(store, STOP_LOSS.order_id)
        assert row is not None
        return row


async def started(config: Path) -> Child:
    engine = await spawn("engine", "--config", str(config))
    await engine.event("recovered")
    engine.drain()
    return engine


def of_role(rows: list[Json], letter: str) -> list[Json]:
    names = [(parse_client_id(str(row.get("clientAlgoId"))), row) for row in rows]
    return [row for name, row in names if name is not None and name.role.value == letter]


@pytest.mark.owns("P1", "P5")
async def test_P1_a_stop_asked_for_rests_before_it_is_active_outlives_a_kill_and_is_not_dropped_last(
    tmp_path: Path,
) -> None:
    start = str(FIRST_MS + 250 * INTERVAL_MS)
    async with exchange(*at_fifty_thousand(tmp_path), "--from", start) as venue:
        config = write_config(tmp_path, venue.url, venue__symbols='["BTCUSDT"]')
        engine, asker, trader = await started(config), Asker(tmp_path), Trader(venue)
        await trader.trade(BTC, "BUY", "0.010")
        await venue.witnessed(covered(1))

        told = await asker.told(asker.submit(CommandKind.ORDER_ASKED, STOP_LOSS), venue)
        assert (told.said, told.trigger_price) == (Said.ACTIVE, Decimal(49_000))
        (rests,) = of_role(await trader.orders(ours=True), "a")
        assert (Decimal(rests["triggerPrice"]), rests["clientAlgoId"]) == (Decimal(49_000), told.client_id)
        assert rests["algoId"] == told.venue_id
        assert told.read_back_ms is not None
        assert rests["createTime"] <= told.read_back_ms, "at the exchange first"
        row = asker.row()
        assert (row.terms, row.status, row.client_id) == (STOP_LOSS, AskedStatus.ACTIVE, told.client_id)

        await engine.kill()
        engine = await started(config)
        await venue.witnessed(covered(1))
        rows = await trader.when(lambda rows: bool(of_role(rows, "d")))
        assert [row["clientAlgoId"] for row in of_role(rows, "a")] == [told.client_id], "kept, and not twice"
        assert asker.row().status is AskedStatus.ACTIVE

        rule = (await venue.post("faults", STOPS_REFUSED))["number"]
        (disaster,) = of_role(rows, "d")
        await venue.signed("DELETE", "/fapi/v1/algoOrder", clientAlgoId=disaster["clientAlgoId"])
        dropped = asker.submit(CommandKind.ORDER_DROPPED, DropWish(order_id=STOP_LOSS.order_id))
        told = await asker.told(dropped, venue)
        assert (told.said, told.word) == (Said.REFUSED, "last_protection"), engine.noise[-20:]
        (rests,) = of_role(await trader.orders(ours=True), "a")

        async with venue.http.delete(f"{venue.url}/local/v1/faults/{rule}") as answer:
            assert answer.status == 200
        await trader.when(lambda rows: bool(of_role(rows, "d")))
        dropped = asker.submit(CommandKind.ORDER_DROPPED, DropWish(order_id=STOP_LOSS.order_id))
        told = await asker.told(dropped, venue)
        assert (told.said, told.text) == (Said.CANCELLED, STOP_LOSS.order_id)
        assert of_role(await trader.orders(ours=True), "a") == []
        assert asker.row().status is AskedStatus.CANCELLED
        assert await engine.stop() == 0
