"""Starting, refusing to start, and starting again with a position open: real processes over a real socket."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from jackline.store.boot import ENGINE_FILE, WATCHDOG_FILE
from jackline.store.host_disk import HostDisk
from jackline.store.reader import StoreReader
from jackline.store.watch import WatchReader
from tests.patience import patience
from tests.processes import LINE_S, Exchange, Json, exchange, spawn, write_config

MARKETS = ("--generate", "BTCUSDT,ETHUSDT")


async def _ends(config: Path) -> tuple[int, str]:
    """Start an engine that is to refuse; its exit code and what it said."""
    engine = await spawn("engine", "--config", str(config))
    engine.drain()
    async with patience(LINE_S):
        code = await engine.process.wait()
        assert engine.draining is not None
        await engine.draining
    return code, " ".join(" ".join(engine.noise).split())


async def _buy_by_hand(venue: Exchange) -> None:
    await venue.signed("POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01")


async def _algo_orders(venue: Exchange) -> list[Json]:
    rows: list[Json] = (await venue.signed("GET", "/fapi/v1/openAlgoOrders", symbol="BTCUSDT"))["rows"]
    return rows


def _covered(testimony: Json) -> bool:
    return bool(testimony["episodes"]) and not testimony["episodes"][-1]["naked_now"]


async def _protected(directory: Path, venue: Exchange) -> None:
    """Wait until the engine's own record says its trade is protected."""
    async with patience(LINE_S):
        while True:
            await venue.get("state")
            if (directory / "state" / ENGINE_FILE).exists():
                with StoreReader(HostDisk(), directory / "state" / ENGINE_FILE) as reader:
                    if any(trade.phase == "protected" for trade in reader.load_trades()):
                        return


@pytest.mark.owns("C3")
async def test_C3_the_second_engine_exits_and_says_who_holds_the_lease(tmp_path: Path) -> None:
    async with exchange(*MARKETS) as venue:
        config = write_config(tmp_path, venue.url)
        first = await spawn("engine", "--config", str(config))
        await first.event("recovered")
        first.drain()
        code, said = await _ends(config)
        assert code == 5
        assert f"process {first.process.pid} " in said
        assert "Fix:" in said
        await first.stop()


async def test_C3_the_lease_of_a_dead_engine_is_taken_over(tmp_path: Path) -> None:
    async with exchange(*MARKETS) as venue:
        config = write_config(tmp_path, venue.url)
        first = await spawn("engine", "--config", str(config))
        await first.event("recovered")
        await first.kill()
        second = await spawn("engine", "--config", str(config))
        taken = await second.event("lease_taken_over")
        assert taken["dead_pid"] == first.process.pid
        second.drain()
        await second.stop()


@pytest.mark.owns("P1")
async def test_P1_a_damaged_journal_is_left_as_found_and_the_position_is_protected_first(
    tmp_path: Path,
) -> None:
    async with exchange(*MARKETS) as venue:
        config = write_config(tmp_path, venue.url)
        first = await spawn("engine", "--config", str(config))
        await first.event("recovered")
        first.drain()
        await first.stop()
        journal = tmp_path / "state" / ENGINE_FILE
        with closing(sqlite3.connect(journal)) as db:
            # The log holds newer copies of pages: damage under them would be healed, not found.
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        damaged = bytearray(journal.read_bytes())
        damaged[4_096:8_192] = b"\xff" * 4_096
        journal.write_bytes(damaged)
        await _buy_by_hand(venue)
        code, said = await _ends(config)
        assert code == 6
        assert ENGINE_FILE in said
        assert "Fix:" in said
        assert journal.read_bytes() == bytes(damaged)
        assert _covered(await venue.get("witness"))


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"venue__position_mode": '"hedge"'}, "position_mode"),
        ({"risk__leverage": "999"}, "leverage"),
        ({"venue__symbols": '["NOPEUSDT"]'}, "NOPEUSDT"),
        ({"risk__leverrage": "4"}, "leverrage"),
    ],
)
@pytest.mark.owns("C1")
async def test_C1_what_does_not_fit_stops_the_start(
    tmp_path: Path, change: dict[str, str], wanted: str
) -> None:
    async with exchange(*MARKETS) as venue:
        code, said = await _ends(write_config(tmp_path, venue.url, **change))
        assert code == 2
        assert wanted in said
        assert "Fix:" in said


async def test_a_silent_venue_is_named(tmp_path: Path) -> None:
    async with exchange(*MARKETS) as venue:
        url = venue.url
    code, said = await _ends(write_config(tmp_path, url))
    assert code == 4
    assert "Fix:" in said


@pytest.mark.owns("P1")
async def test_P1_a_lost_disk_and_an_open_position_is_a_normal_case(tmp_path: Path) -> None:
    """The engine adopts what it finds, recognises its own stop by its id, and adds nothing."""
    async with exchange(*MARKETS) as venue:
        first_home, second_home = tmp_path / "first", tmp_path / "second"
        first_home.mkdir()
        second_home.mkdir()
        await _buy_by_hand(venue)
        first = await spawn("engine", "--config", str(write_config(first_home, venue.url)))
        first.drain()
        await _protected(first_home, venue)
        before = await _algo_orders(venue)
        assert len(before) == 1
        await first.kill()
        second = await spawn("engine", "--config", str(write_config(second_home, venue.url)))
        second.drain()
        await _protected(second_home, venue)
        assert [row["clientAlgoId"] for row in await _algo_orders(venue)] == [before[0]["clientAlgoId"]]
        await second.stop()
        testimony = await venue.get("witness")
        assert len(testimony["episodes"][0]["naked_intervals"]) == 1, (
            "naked only before anyone of ours was up"
        )


@pytest.mark.owns("P4")
async def test_P4_a_start_without_a_journal_knows_from_the_watchdog_how_tight_the_stop_was(
    tmp_path: Path,
) -> None:
    """The journal is gone and so is the stop. The default of this start is three times as far."""
    async with exchange(*MARKETS) as venue:
        config = write_config(tmp_path, venue.url)
        watchdog = await spawn("watchdog", "--config", str(config))
        watchdog.drain()
        await _buy_by_hand(venue)
        await venue.witnessed(_covered)
        (tight,) = await _algo_orders(venue)
        await _kept(venue, tmp_path / "state" / WATCHDOG_FILE)
        await watchdog.kill()
        await venue.signed("DELETE", "/fapi/v1/algoOrder", symbol="BTCUSDT", algoId=tight["algoId"])
        engine = await spawn(
            "engine", "--config", str(write_config(tmp_path, venue.url, risk__stop_value_fraction="0.03"))
        )
        engine.drain()
        await venue.witnessed(_covered)
        (again,) = await _algo_orders(venue)
        assert again["clientAlgoId"] != tight["clientAlgoId"]
        assert again["triggerPrice"] == tight["triggerPrice"]
        await engine.stop()


async def _kept(venue: Exchange, path: Path) -> None:
    """Wait until the watchdog has written where the stop rests; it writes behind what it does."""
    async with patience(LINE_S):
        while True:
            with WatchReader(HostDisk(), path) as reader:
                if reader.floors():
                    return
            await venue.get("state")


@pytest.mark.owns("P5")
async def test_P5_shutting_down_never_cancels_a_stop(tmp_path: Path) -> None:
    async with exchange(*MARKETS) as venue:
        await _buy_by_hand(venue)
        engine = await spawn("engine", "--config", str(write_config(tmp_path, venue.url)))
        engine.drain()
        await _protected(tmp_path, venue)
        assert await engine.stop() == 0
        (stop,) = await _algo_orders(venue)
        assert stop["algoStatus"] == "NEW"
