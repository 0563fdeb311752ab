"""`jackline guard` on the real local exchange, while somebody else trades there with orders of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from jackline.core.ids import account_tag, is_ours
from jackline.core.settings import ProtectionSettings
from tests.patience import patience
from tests.processes import LINE_S, Child, Exchange, Json, exchange, spawn, write_config

MARKETS = ("--generate", "BTCUSDT,ETHUSDT")
BTC, ETH = "BTCUSDT", "ETHUSDT"
TAG = account_tag("test")
UNWEIGHTED = 200
"""Control routes asked between two listings: they cost none of the minute's weight."""


def guard_config(directory: Path, url: str, **changes: str) -> Path:
    """A file without symbols and without a strategy."""
    path = write_config(directory, url, **{"guard__adopted_stop_shape": '"whole_position"', **changes})
    lines = path.read_text().splitlines()
    kept = [line for line in lines if not line.startswith(("symbols", "[strategy]", 'name = "rsi'))]
    path.write_text("\n".join(kept) + "\n")
    return path


@asynccontextmanager
async def guarded(directory: Path, venue: Exchange, **changes: str) -> AsyncIterator[tuple[Child, Path]]:
    config = guard_config(directory, venue.url, **changes)
    guard = await spawn("guard", "--config", str(config))
    await guard.event("running")
    guard.drain()
    try:
        yield guard, config
    finally:
        await guard.kill()


class Trader:
    """Somebody else: found signed requests, with ids and without."""

    def __init__(self, venue: Exchange, *, hedge: bool = False) -> None:
        self.venue = venue
        self.hedge = hedge

    async def trade(self, symbol: str, side: str, quantity: str, *, leg: str = "LONG") -> None:
        where = {"positionSide": leg} if self.hedge else {}
        await self.venue.signed(
            "POST", "/fapi/v1/order", symbol=symbol, side=side, type="MARKET", quantity=quantity, **where
        )

    async def brings_orders(self, symbol: str, quantity: str) -> None:
        """A stop that fires by the last price, as freqtrade's does, and a target in the book."""
        mark = await self.mark(symbol)
        await self.venue.signed(
            "POST",
            "/fapi/v1/algoOrder",
            algoType="CONDITIONAL",
            symbol=symbol,
            side="SELL",
            type="STOP_MARKET",
            triggerPrice=str((mark * Decimal("0.98")).quantize(Decimal(1))),
            quantity=quantity,
            reduceOnly="true",
            workingType="CONTRACT_PRICE",
            clientAlgoId="x-freq-1",
        )
        await self.venue.signed(
            "POST",
            "/fapi/v1/order",
            symbol=symbol,
            side="SELL",
            type="LIMIT",
            timeInForce="GTC",
            price=str((mark * Decimal("1.04")).quantize(Decimal(1))),
            quantity=quantity,
            reduceOnly="true",
            newClientOrderId="x-freq-2",
        )

    async def mark(self, symbol: str) -> Decimal:
        rows = (await self.venue.signed("GET", "/fapi/v3/positionRisk", symbol=symbol))["rows"]
        return Decimal(rows[0]["markPrice"])

    async def orders(self, *, ours: bool) -> list[Json]:
        """What rests, in both listings: the guard's, or everybody else's."""
        asked = [
            await self.venue.signed("GET", f"/fapi/v1/{listing}", symbol=symbol)
            for listing in ("openOrders", "openAlgoOrders")
            for symbol in (BTC, ETH)
        ]
        found = [row for answer in asked for row in answer["rows"]]
        named = [(str(row.get("clientAlgoId") or row.get("clientOrderId")), row) for row in found]
        return [row for name, row in named if is_ours(name, TAG) is ours]

    async def when(self, wanted: Callable[[list[Json]], bool], *, ours: bool = True) -> list[Json]:
        """What rests, once it is as wanted; asked again and again until then."""
        async with patience(LINE_S):
            while True:
                rows = await self.orders(ours=ours)
                if wanted(rows):
                    return rows
                for _ in range(UNWEIGHTED):
                    await self.venue.get("state")


def covered(count: int) -> Callable[[Json], bool]:
    def check(seen: Json) -> bool:
        open_now = [episode for episode in seen["episodes"] if episode["closed_wire_ms"] is None]
        return len(open_now) == count and not any(episode["naked_now"] for episode in open_now)

    return check


def in_time(seen: Json) -> bool:
    most = ProtectionSettings().protect_deadline_ms
    return all(end - start <= most for one in seen["episodes"] for start, end in one["naked_intervals"])


@pytest.mark.owns("P1", "P6")
@pytest.mark.parametrize("shape", ["whole_position", "quantity"])
async def test_P1_somebody_trades_on_undisturbed_and_is_covered_all_the_while(
    tmp_path: Path, shape: str
) -> None:
    """Opens, brings a stop and a target, adds, reduces, leaves; turns another position round on another symbol."""
    async with (
        exchange(*MARKETS) as venue,
        guarded(tmp_path, venue, guard__adopted_stop_shape=f'"{shape}"'),
    ):
        trader = Trader(venue)
        await trader.trade(BTC, "BUY", "0.010")
        await venue.witnessed(covered(1))
        await trader.brings_orders(BTC, "0.010")
        theirs = await trader.orders(ours=False)
        assert len(theirs) == 2
        await trader.trade(BTC, "BUY", "0.010")
        await venue.witnessed(covered(1))
        await trader.trade(BTC, "SELL", "0.005")
        await trader.trade(ETH, "BUY", "0.100")
        await venue.witnessed(covered(2))
        await trader.trade(ETH, "SELL", "0.300")
        await trader.when(lambda rows: any(row["symbol"] == ETH and row["side"] == "BUY" for row in rows))
        seen = await venue.witnessed(covered(2))
        assert in_time(seen)
        held = {one["symbol"]: one["amount"] for one in seen["accounts"]["main"]["positions"]}
        assert {name: Decimal(size) for name, size in held.items()} == {
            BTC: Decimal("0.015"),
            ETH: Decimal("-0.2"),
        }
        assert await trader.orders(ours=False) == theirs, "byte for byte as they were placed"
        await trader.trade(ETH, "BUY", "0.200")
        await trader.trade(BTC, "SELL", "0.015")
        await trader.when(lambda rows: rows == [])


@pytest.mark.owns("P1")
async def test_P1_both_legs_of_a_hedge_are_covered_whatever_mode_the_file_says(tmp_path: Path) -> None:
    async with exchange(*MARKETS, "--hedge") as venue, guarded(tmp_path, venue):
        trader = Trader(venue, hedge=True)
        await trader.trade(BTC, "BUY", "0.010")
        await trader.trade(BTC, "SELL", "0.020", leg="SHORT")
        assert in_time(await venue.witnessed(covered(2)))
        rows = await trader.when(lambda rows: len(rows) == 2)
        assert {(row["side"], row["positionSide"]) for row in rows} == {("SELL", "LONG"), ("BUY", "SHORT")}
        await trader.trade(BTC, "SELL", "0.010")
        await trader.when(lambda rows: [row["positionSide"] for row in rows] == ["SHORT"])
        await trader.trade(BTC, "BUY", "0.020", leg="SHORT")
        await trader.when(lambda rows: rows == [])


@pytest.mark.owns("P1", "C3")
async def test_P1_a_guard_killed_in_the_middle_takes_up_what_it_finds(tmp_path: Path) -> None:
    async with exchange(*MARKETS) as venue:
        trader = Trader(venue)
        async with guarded(tmp_path, venue) as (guard, config):
            await trader.trade(BTC, "BUY", "0.010")
            await venue.witnessed(covered(1))
            before = await trader.when(lambda rows: len(rows) == 1)
            await guard.kill()
        await trader.brings_orders(BTC, "0.010")
        theirs = await trader.orders(ours=False)
        await trader.trade(ETH, "SELL", "0.100")
        again = await spawn("guard", "--config", str(config))
        await again.event("running")
        again.drain()
        await venue.witnessed(covered(2))
        rows = await trader.when(lambda rows: len(rows) == 2)
        assert [row for row in rows if row["symbol"] == BTC] == before, "the stop of before is taken up"
        assert await trader.orders(ours=False) == theirs
        assert await again.stop() == 0
        assert await trader.orders(ours=True) == rows, "stopping cancels nothing"


@pytest.mark.owns("P1")
async def test_P1_a_position_whose_stop_is_refused_is_closed_in_time(tmp_path: Path) -> None:
    async with exchange(*MARKETS) as venue, guarded(tmp_path, venue):
        refused = {"kind": "refuse", "code": -2010, "methods": ["POST"], "paths": ["/fapi/v1/algoOrder"]}
        await venue.post("faults", refused)
        await Trader(venue).trade(BTC, "BUY", "0.010")
        seen = await venue.witnessed(
            lambda seen: bool(seen["episodes"]) and not seen["accounts"]["main"]["positions"]
        )
        (episode,) = seen["episodes"]
        held_ms = episode["closed_wire_ms"] - episode["opened_wire_ms"]
        assert held_ms <= ProtectionSettings().protect_deadline_ms


@pytest.mark.owns("P2", "C4")
async def test_P2_a_guard_places_nothing_on_a_flat_account(tmp_path: Path) -> None:
    """No canary, no leverage set: until somebody opens a position, the account has seen no order at all."""
    async with exchange(*MARKETS) as venue, guarded(tmp_path, venue):
        trader = Trader(venue)
        await trader.trade(BTC, "BUY", "0.010")
        await venue.witnessed(covered(1))
        every = (await venue.signed("GET", "/fapi/v1/allOrders", symbol=BTC))["rows"]
        assert [is_ours(str(row["clientOrderId"]), TAG) for row in every] == [False]
        (stop,) = await trader.orders(ours=True)
        assert (stop["orderType"], stop["side"]) == ("STOP_MARKET", "SELL")
