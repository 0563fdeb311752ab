"""The watchdog over a real socket: it protects whoever's position it finds when no engine does, and only then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from jackline.core.ids import Role, parse_client_id
from jackline.core.machine import Phase
from jackline.core.settings import ProtectionSettings
from jackline.store.boot import ENGINE_FILE
from jackline.store.host_disk import HostDisk
from jackline.store.reader import StoreReader
from jackline.store.watch import WatchAction, WatchReader
from tests.patience import patience
from tests.processes import LINE_S, Child, Exchange, Json, exchange, spawn, write_config

pytestmark = pytest.mark.owns("P1")


@asynccontextmanager
async def _watched(directory: Path, venue: Exchange) -> AsyncIterator[Child]:
    config = write_config(directory, venue.url)
    watchdog = await spawn("watchdog", "--config", str(config))
    await watchdog.event("watching")
    watchdog.drain()
    try:
        yield watchdog
    finally:
        await watchdog.kill()


def _covered(testimony: Json) -> bool:
    episodes = testimony["episodes"]
    return bool(episodes) and not episodes[-1]["naked_now"]


async def _rest_by_hand(venue: Exchange, *, working_type: str) -> None:
    """A stranger's stop of the whole position, far below the price."""
    await venue.signed(
        "POST",
        "/fapi/v1/algoOrder",
        algoType="CONDITIONAL",
        symbol="BTCUSDT",
        side="SELL",
        type="STOP_MARKET",
        triggerPrice="40000",
        closePosition="true",
        workingType=working_type,
        clientAlgoId="by-hand",
    )


async def _first_action(directory: Path, venue: Exchange) -> str:
    """What the watchdog's own records say it did first; written behind the action, so waited for."""
    async with patience(LINE_S):
        while True:
            await venue.get("state")
            with WatchReader(HostDisk(), directory / "state" / "watchdog.db") as reader:
                for note in reader.notes_after(0):
                    if isinstance(note.what, WatchAction):
                        return note.what.what


async def test_P1_a_position_opened_by_hand_is_covered_when_no_engine_runs(tmp_path: Path) -> None:
    async with exchange("--generate", "BTCUSDT,ETHUSDT") as venue, _watched(tmp_path, venue):
        await venue.signed(
            "POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01"
        )
        testimony = await venue.witnessed(_covered)
        (interval,) = testimony["episodes"][0]["naked_intervals"]
        assert interval[1] - interval[0] <= ProtectionSettings().protect_deadline_ms
        rows = (await venue.signed("GET", "/fapi/v1/openAlgoOrders", symbol="BTCUSDT"))["rows"]
        (stop,) = rows
        name = parse_client_id(stop["clientAlgoId"])
        assert name is not None
        assert name.role is Role.WATCHDOG_STOP
        assert (stop["side"], stop["closePosition"], stop["orderType"]) == ("SELL", True, "STOP_MARKET")
        assert await _first_action(tmp_path, venue) == "stop"


async def test_P1_both_legs_of_a_hedge_are_covered(tmp_path: Path) -> None:
    async with exchange("--generate", "BTCUSDT,ETHUSDT", "--hedge") as venue:
        config = write_config(tmp_path, venue.url, venue__position_mode='"hedge"')
        watchdog = await spawn("watchdog", "--config", str(config))
        await watchdog.event("watching")
        for side, leg in (("BUY", "LONG"), ("SELL", "SHORT")):
            await venue.signed(
                "POST",
                "/fapi/v1/order",
                symbol="BTCUSDT",
                side=side,
                positionSide=leg,
                type="MARKET",
                quantity="0.01",
            )
        await venue.witnessed(
            lambda seen: len(seen["episodes"]) == 2 and not any(e["naked_now"] for e in seen["episodes"])
        )
        watchdog.drain()
        engine = await spawn("engine", "--config", str(config))
        await engine.event("canary_waits")
        engine.drain()
        await _both_legs_protected(tmp_path, venue)
        assert await engine.stop() == 0
        rows = (await venue.signed("GET", "/fapi/v1/openAlgoOrders", symbol="BTCUSDT"))["rows"]
        assert len(rows) == 2, "the engine takes up the watchdog's stops and adds none"
        await watchdog.kill()


async def _both_legs_protected(directory: Path, venue: Exchange) -> None:
    """Until the engine's store holds one protected trade for each leg."""
    async with patience(LINE_S):
        while True:
            await venue.get("state")
            with StoreReader(HostDisk(), directory / "state" / ENGINE_FILE) as reader:
                trades = reader.load_trades()
            if sorted(trade.side for trade in trades if trade.phase is Phase.PROTECTED) == ["long", "short"]:
                return


async def test_the_watchdog_never_cancels_and_never_enters(tmp_path: Path) -> None:
    """A stranger's stop that covers is left alone, and nothing is added to it."""
    async with exchange("--generate", "BTCUSDT,ETHUSDT") as venue:
        config = write_config(tmp_path, venue.url)
        await _rest_by_hand(venue, working_type="MARK_PRICE")
        await venue.signed(
            "POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01"
        )
        watchdog = await spawn("watchdog", "--config", str(config))
        await watchdog.event("engine_silent")
        with_records = tmp_path / "state" / "watchdog.db"
        async with patience(LINE_S):
            while True:
                await venue.get("state")
                if not with_records.exists():
                    continue
                with WatchReader(HostDisk(), with_records) as reader:
                    if reader.notes_after(0):
                        break
        rows = (await venue.signed("GET", "/fapi/v1/openAlgoOrders", symbol="BTCUSDT"))["rows"]
        assert [row["clientAlgoId"] for row in rows] == ["by-hand"]
        await watchdog.kill()


async def test_P1_a_position_is_closed_where_a_useless_stop_is_in_the_way(tmp_path: Path) -> None:
    """The venue holds one whole-position stop a direction: a stranger's, on the wrong price, keeps ours out."""
    async with exchange("--generate", "BTCUSDT,ETHUSDT") as venue:
        await _rest_by_hand(venue, working_type="CONTRACT_PRICE")
        async with _watched(tmp_path, venue):
            await venue.signed(
                "POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01"
            )
            await venue.witnessed(
                lambda seen: bool(seen["episodes"]) and not seen["accounts"]["main"]["positions"]
            )
            assert await _first_action(tmp_path, venue) == "stop"
