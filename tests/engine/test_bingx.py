"""A whole engine at a venue of the attached class: BingX's wire, as processes over sockets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jackline.core.ids import Role, parse_client_id
from jackline.core.plan import Rung
from jackline.core.settings import ProtectionSettings
from tests.engine.test_ladder import EAGER, RUNS, planned_rungs
from tests.patience import patience
from tests.processes import LINE_S, Child, Exchange, Json, exchange, spawn, write_config

BTC = "BTC-USDT"
DEADLINE_MS = ProtectionSettings().protect_deadline_ms
MODES = pytest.mark.parametrize("mode", ["netting", "hedge"])


def eager(directory: Path, venue: Exchange, mode: str, rung: str = "auto") -> Path:
    return write_config(
        directory,
        venue.url,
        venue__name='"bingx"',
        venue__symbols=f'["{BTC}"]',
        venue__position_mode=f'"{mode}"',
        venue__rung=f'"{rung}"',
        **EAGER,
    )


def served(mode: str) -> tuple[str, ...]:
    return ("--wire", "bingx", "--generate", "BTCUSDT", "--hold", *(["--hedge"] if mode == "hedge" else []))


async def rung_told(engine: Child) -> tuple[str | None, str]:
    line = await engine.event("rung")
    assert line["symbol"] == BTC
    return line["rung"], line["detail"]


async def first_entry(venue: Exchange) -> Json:
    """The first episode that an entry of ours has opened."""
    async with patience(2 * LINE_S):
        while True:
            for one in (await venue.get("witness"))["episodes"]:
                name = parse_client_id(one["entry_client_id"])
                if name is not None and name.role is Role.ENTRY:
                    return dict(one)


async def killed_with_a_position(venue: Exchange, config: str) -> None:
    """An engine enters and dies; the market stands still from then on."""
    engine = await spawn("engine", "--config", config)
    await rung_told(engine)
    engine.drain()
    await venue.post("market", RUNS)
    await first_entry(venue)
    await venue.post("market", {"hold": True})
    await engine.kill()


@MODES
@pytest.mark.timeout(120)
@pytest.mark.owns("P1", "C4")
async def test_P1_a_stop_comes_with_the_entry(tmp_path: Path, mode: str) -> None:
    async with exchange(*served(mode)) as venue:
        engine = await spawn("engine", "--config", str(eager(tmp_path, venue, mode)))
        rung, detail = await rung_told(engine)
        assert rung == Rung.ATTACHED.value, detail
        assert "taken with the leg, expired, nothing left" in detail
        assert (await venue.get("witness"))["episodes"] == [], "the canary opened nothing"
        engine.drain()
        await venue.post("market", RUNS)
        entered = await first_entry(venue)
        assert entered["naked_ms"] == 0, entered
        assert await engine.stop() == 0
    assert set(planned_rungs(tmp_path)) == {Rung.ATTACHED.value}


@MODES
@pytest.mark.timeout(120)
@pytest.mark.owns("P1", "C4")
async def test_P1_the_stop_follows_the_fill_where_that_rung_is_forced(tmp_path: Path, mode: str) -> None:
    async with exchange(*served(mode)) as venue:
        engine = await spawn("engine", "--config", str(eager(tmp_path, venue, mode, "after_fill")))
        rung, detail = await rung_told(engine)
        assert (rung, detail.startswith("forced; ")) == (Rung.AFTER_FILL.value, True), detail
        engine.drain()
        await venue.post("market", RUNS)
        await first_entry(venue)
        testimony = await venue.witnessed(lambda seen: not seen["episodes"][0]["naked_now"])
        assert testimony["episodes"][0]["naked_ms"] <= DEADLINE_MS
        assert await engine.stop() == 0
    assert set(planned_rungs(tmp_path)) == {Rung.AFTER_FILL.value}


@MODES
@pytest.mark.timeout(120)
@pytest.mark.owns("P1")
async def test_P1_a_killed_engine_comes_back_to_its_position_and_its_stop(tmp_path: Path, mode: str) -> None:
    """A venue whose stops carry no name of ours: whose they are is known from the records."""
    async with exchange(*served(mode)) as venue:
        config = str(eager(tmp_path, venue, mode))
        await killed_with_a_position(venue, config)
        stops = _resting(await venue.get("witness"))
        assert len(stops) == 1
        watchdog = await spawn("watchdog", "--config", config)
        await watchdog.event("watching")
        watchdog.drain()
        again = await spawn("engine", "--config", config)
        recovered = await again.event("recovered")
        assert recovered["trades"] == 1
        again.drain()
        testimony = await venue.witnessed(lambda seen: not seen["episodes"][-1]["naked_now"])
        assert testimony["episodes"][-1]["naked_ms"] == 0
        assert _resting(testimony) == stops
        assert await again.stop() == 0
        assert _resting(await venue.get("witness")) == stops
        await watchdog.kill()


def _resting(testimony: Json) -> list[Json]:
    return [one for one in testimony["orders"] + testimony["algos"] if one["status"] == "NEW"]


@pytest.mark.timeout(120)
async def test_everything_is_closed_without_an_engine(tmp_path: Path) -> None:
    async with exchange(*served("netting")) as venue:
        config = str(eager(tmp_path, venue, "netting"))
        await killed_with_a_position(venue, config)
        closing = await spawn("close-all", "--direct", "--yes", "--config", config)
        closing.drain()
        async with patience(LINE_S):
            assert await closing.process.wait() == 0, closing.noise
        testimony = await venue.get("witness")
        assert testimony["episodes"][-1]["closed_wire_ms"] is not None
        assert testimony["episodes"][-1]["naked_ms"] == 0
        await closing.kill()


@pytest.mark.owns("C1")
@pytest.mark.parametrize(
    ("name", "symbol", "rung", "says"),
    [
        ("bingx", "BTCUSDT", "auto", "venue.symbols.*not names of bingx.*BTC-USDT"),
        ("binance", "BTC-USDT", "auto", "venue.symbols.*not names of binance.*BTCUSDT"),
        ("bingx", "BTC-USDT", "stop_first", "venue.rung.*no rung of bingx.*auto, attached, after_fill"),
        ("binance", "BTCUSDT", "attached", "venue.rung.*no rung of binance.*auto, stop_first"),
        ("okx", "BTCUSDT", "auto", "venue.name.*binance.*bingx"),
    ],
)
async def test_C1_a_configuration_for_another_venue_is_refused(
    tmp_path: Path, name: str, symbol: str, rung: str, says: str
) -> None:
    config = write_config(
        tmp_path,
        "http://127.0.0.1:1",
        venue__name=f'"{name}"',
        venue__symbols=f'["{symbol}"]',
        venue__rung=f'"{rung}"',
    )
    engine = await spawn("engine", "--config", str(config))
    engine.drain()
    async with patience(LINE_S):
        assert await engine.process.wait() == 2
        assert engine.draining is not None
        await engine.draining
    said = " ".join(" ".join(engine.noise).split())
    assert re.search(says, said), said
