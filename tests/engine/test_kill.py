"""Kill -9 of the engine at random moments, over a real socket, judged from the venue's truth alone.

One exchange, one watchdog, and an engine that is killed after a random number of the lines it logs: between an
intent and its stop, a stop and its entry, a fill and its read-back, while closing or sweeping, at start-up. After the
last restart everything is closed, and the witness is asked: was anything naked beyond the deadline, did an entry
execute twice, is an order of ours left on a flat symbol, does the ledger equal the exchange?
"""

from __future__ import annotations

import random
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest

from jackline.core.ids import Role, parse_client_id
from jackline.core.settings import ProtectionSettings
from jackline.core.values import WireMs
from jackline.store.boot import COMMANDS_FILE, ENGINE_FILE
from jackline.store.commands import Command, CommandDesk, CommandKind
from jackline.store.host_disk import HostDisk
from jackline.store.ledger import totals
from jackline.store.reader import StoreReader
from tests.patience import patience
from tests.processes import Exchange, Json, exchange, spawn, write_config

LINES_MAX = 60
"""An entry with its stop, read-back and sweep logs about this many lines."""
SETTLE_S = 40.0
GRACE_MS = 2_000
"""A process of ours is able to act from this long after its start; the watchdog lives throughout."""


async def _survive(directory: Path, venue: Exchange, config: Path, *, kills: int, seed: int) -> None:
    """Kill and restart the engine `kills` times, then let a last one come up and close everything."""
    dice = random.Random(seed)
    for _ in range(kills):
        engine = await spawn("engine", "--config", str(config), log_level="debug")
        remaining = dice.randrange(1, LINES_MAX)
        while remaining:
            await engine.line(lambda _: True)
            remaining -= 1
        await engine.kill()
    engine = await spawn("engine", "--config", str(config))
    await engine.event("recovered")
    await venue.post("market", {"hold": True})
    engine.drain()
    await _close_everything(directory, venue)
    await engine.stop()


async def _close_everything(directory: Path, venue: Exchange) -> None:
    """Order the engine to close until the venue shows no position and no order of ours, and no trade is live."""
    state_dir = directory / "state"
    desk = CommandDesk(HostDisk(), state_dir / COMMANDS_FILE)
    async with patience(SETTLE_S):
        for number in count():
            command = Command(
                command_id=f"close-{number}",
                created_ms=WireMs(0),
                actor="test",
                kind=CommandKind.CLOSE_ALL,
                symbol=None,
                side=None,
                reason="the campaign is over",
            )
            desk.submit(command)
            await _answered(state_dir, venue, command.command_id)
            testimony = await venue.get("witness")
            with StoreReader(HostDisk(), state_dir / ENGINE_FILE) as reader:
                live = reader.load_trades()
            if not testimony["accounts"]["main"]["positions"] and not live and not testimony["orphans"]:
                return


async def _answered(state_dir: Path, venue: Exchange, command_id: str) -> None:
    while True:
        with StoreReader(HostDisk(), state_dir / ENGINE_FILE) as reader:
            if reader.answer(command_id) is not None:
                return
        await venue.get("state")


def _judge(testimony: Json, directory: Path, *, naked_ms_max: float) -> None:
    """What the venue saw, and the ledger to the last unit."""
    account = testimony["accounts"]["main"]
    for episode in testimony["episodes"]:
        for start, end in episode["naked_intervals"]:
            assert end is not None, f"P1: naked at the end: {episode}"
            assert end - start <= naked_ms_max, f"P1: naked for {end - start} ms: {episode}"
        assert not episode["liquidated"], f"P7: {episode}"
        name = parse_client_id(episode["entry_client_id"])
        assert name is not None, f"P3: a position opened by {episode['entry_client_id']}"
        assert name.role is Role.ENTRY, f"P3: a position opened by an order that may only reduce: {episode}"
    filled = [
        parse_client_id(order["client_id"]) for order in testimony["orders"] if Decimal(order["executed"]) > 0
    ]
    entered = [name.trade_id for name in filled if name is not None and name.role is Role.ENTRY]
    assert len(entered) == len(set(entered)), f"O1: a trade entered twice: {entered}"
    assert testimony["orphans"] == [], f"P6: {testimony['orphans']}"
    with StoreReader(HostDisk(), directory / "state" / "engine.db") as reader:
        booked = totals(reader.ledger_entries())
    assert booked.realised_quote == Decimal(account["realised"]), "A1: realised"
    assert booked.fees_quote == Decimal(account["fees"]), "A1: fees"
    assert booked.funding_quote == Decimal(account["funding"]), "A1: funding"
    assert booked.wallet_quote == Decimal(account["wallet"]), "A1: wallet"


async def _campaign(directory: Path, rung: str, *, kills: int, seed: int) -> None:
    async with exchange("--generate", "BTCUSDT,ETHUSDT", "--speed", "1200", "--seed", str(seed)) as venue:
        config = write_config(
            directory,
            venue.url,
            venue__rung=f'"{rung}"',
            strategy__parameters__rsi_period="2",
            strategy__parameters__ema_period="2",
            strategy__parameters__rsi_long="51",
            strategy__parameters__rsi_short="49",
            risk__trailing_fraction="0.01",
        )
        watchdog = await spawn("watchdog", "--config", str(config))
        await watchdog.event("watching")
        watchdog.drain()
        try:
            await _survive(directory, venue, config, kills=kills, seed=seed)
            testimony = await venue.get("witness")
        finally:
            await watchdog.kill()
    assert testimony["episodes"], "no position ever opened: the kills hit nothing"
    deadline_ms = ProtectionSettings().protect_deadline_ms
    _judge(testimony, directory, naked_ms_max=0 if rung == "stop_first" else deadline_ms)


@pytest.mark.timeout(120)
@pytest.mark.owns("P1", "P6", "O1", "O4", "A1")
@pytest.mark.parametrize(
    ("rung", "kills"),
    [
        ("stop_first", 3),
        # Half a minute each; the worlds of the short command kill on these rungs too.
        pytest.param("concurrent", 3, marks=pytest.mark.long),
        pytest.param("after_fill", 3, marks=pytest.mark.long),
    ],
)
async def test_kill_at_random_moments(tmp_path: Path, rung: str, kills: int) -> None:
    await _campaign(tmp_path, rung, kills=kills, seed=kills)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("rung", "kills"), [("stop_first", 20), ("concurrent", 10), ("after_fill", 20)])
async def test_fifty_kills_at_random_moments(tmp_path: Path, rung: str, kills: int) -> None:
    await _campaign(tmp_path, rung, kills=kills, seed=1_000 + kills)
