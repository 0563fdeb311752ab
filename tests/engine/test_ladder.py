"""The ladder on a whole engine: the canary proves what the venue does, and the rung in use is told and recorded."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from jackline.core.ids import Role, parse_client_id
from jackline.core.plan import Rung
from jackline.core.settings import ProtectionSettings
from jackline.store.boot import ENGINE_FILE
from jackline.store.host_disk import HostDisk
from jackline.store.reader import StoreReader
from tests.patience import patience
from tests.processes import LINE_S, Child, Exchange, Json, exchange, spawn, write_config

ACCEPTS, REFUSES = {"stop_while_flat": "accept"}, {"stop_while_flat": "refuse"}
RUNS = {"hold": False, "ratio": 1_200.0}
EAGER = {
    "strategy__parameters__rsi_period": "2",
    "strategy__parameters__ema_period": "2",
    "strategy__parameters__rsi_long": "51",
    "strategy__parameters__rsi_short": "49",
}
"""A strategy that wants something every few bars."""
BTC = "BTCUSDT"
DEADLINE_MS = ProtectionSettings().protect_deadline_ms
BOUNDS = {Rung.STOP_FIRST: 0.0, Rung.CONCURRENT: DEADLINE_MS, Rung.AFTER_FILL: DEADLINE_MS}


def eager(directory: Path, venue: Exchange, rung: str = "auto") -> Path:
    return write_config(
        directory,
        venue.url,
        venue__symbols=f'["{BTC}"]',
        venue__rung=f'"{rung}"',
        **EAGER,
    )


async def rung_told(engine: Child) -> tuple[str | None, str]:
    """The next rung that is told, and why."""
    line = await engine.event("rung")
    assert line["symbol"] == BTC
    return line["rung"], line["detail"]


async def first_entry(venue: Exchange, *, after: int = 0) -> Json:
    """The first episode that an entry of ours has opened, once it is covered."""
    async with patience(2 * LINE_S):
        while True:
            for one in (await venue.get("witness"))["episodes"][after:]:
                name = parse_client_id(one["entry_client_id"])
                if name is not None and name.role is Role.ENTRY and not one["naked_now"]:
                    return dict(one)


def planned_rungs(directory: Path) -> list[str]:
    """Of every entry that was intended, as the journal has it."""
    with StoreReader(HostDisk(), directory / "state" / ENGINE_FILE) as reader:
        bodies = [row.body for row in reader.journal_tail(10_000) if row.kind == "request"]
    return [found for body in bodies for found in re.findall(r'"rung":"(\w+)"', body)]


@pytest.mark.timeout(120)
@pytest.mark.owns("P1", "C4")
@pytest.mark.parametrize(
    ("order", "forced", "proven", "because"),
    [
        (ACCEPTS, "auto", Rung.STOP_FIRST, "while flat: NEW"),
        (REFUSES, "auto", Rung.AFTER_FILL, "refused while flat: -4509"),
        (ACCEPTS, "concurrent", Rung.CONCURRENT, "forced; .*while flat: NEW"),
        (ACCEPTS, "after_fill", Rung.AFTER_FILL, "forced; .*while flat: NEW"),
        (REFUSES, "after_fill", Rung.AFTER_FILL, "forced; refused while flat"),
    ],
)
async def test_P1_the_best_rung_that_is_proven_is_used_told_and_recorded(
    tmp_path: Path, order: Json, forced: str, proven: Rung, because: str
) -> None:
    async with exchange("--generate", BTC, "--hold") as venue:
        await venue.post("switches", order)
        engine = await spawn("engine", "--config", str(eager(tmp_path, venue, forced)))
        rung, detail = await rung_told(engine)
        assert rung == proven.value
        assert re.search(because, detail), detail
        engine.drain()
        await venue.post("market", RUNS)
        entered = await first_entry(venue)
        assert entered["naked_ms"] <= BOUNDS[proven], entered
        assert await engine.stop() == 0
    assert set(planned_rungs(tmp_path)) == {proven.value}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("forced", ["stop_first", "concurrent"])
async def test_C4_a_forced_rung_that_the_venue_disproves_opens_nothing(tmp_path: Path, forced: str) -> None:
    async with exchange("--generate", BTC, "--hold", "--stop-while-flat", "refuse") as venue:
        engine = await spawn("engine", "--config", str(eager(tmp_path, venue, forced)))
        rung, detail = await rung_told(engine)
        assert rung is None
        assert f"{forced} needs a stop while flat" in detail
        await venue.post("market", RUNS)
        denied = await engine.event("entry_denied")
        assert denied["reason"] == "rung", json.dumps(denied)
        assert (await venue.get("witness"))["episodes"] == []
        engine.drain()
        assert await engine.stop() == 0


@pytest.mark.timeout(120)
@pytest.mark.owns("P1")
async def test_P1_a_venue_that_begins_to_refuse_stops_while_flat_is_met_on_the_lower_rung(
    tmp_path: Path,
) -> None:
    """The proof is out of date: the stop that is refused takes it away, no entry leaves, and the canary sings anew."""
    async with exchange("--generate", BTC, "--hold") as venue:
        engine = await spawn("engine", "--config", str(eager(tmp_path, venue)))
        assert (await rung_told(engine))[0] == Rung.STOP_FIRST.value
        await venue.post("switches", REFUSES)
        await venue.post("market", RUNS)
        rung, detail = await rung_told(engine)
        assert rung == Rung.AFTER_FILL.value, detail
        engine.drain()
        entered = await first_entry(venue)
        assert entered["naked_ms"] <= DEADLINE_MS, entered
        assert await engine.stop() == 0
