"""The engine is killed while a position is open; operators are heard by the watchdog, over a real socket.

Exchange, watchdog and the command line are processes of their own, as a user would start them.
"""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from jackline.cli.errors import ExitCode
from jackline.core.ids import Role, parse_client_id
from jackline.core.values import Side, Symbol
from jackline.engine.host import HostWorld
from jackline.store.batch import AccountKey, JournalKind
from jackline.store.boot import COMMANDS_FILE, ENGINE_FILE, WATCHDOG_FILE
from jackline.store.commands import Command, CommandDesk, CommandKind
from jackline.store.host_disk import HostDisk
from jackline.store.reader import StoreReader
from jackline.store.watch import WatchReader
from jackline.store.watch_answers import CLOSING, FLAT, end_id, is_watching, watch_answer
from tests.cli.test_account import GENERATE, buy, jackline
from tests.cli.test_switch import JOURNAL_MAX, no_positions, started
from tests.patience import patience
from tests.processes import LINE_S, Child, Exchange, Json, exchange, spawn, write_config

pytestmark = [pytest.mark.owns("K1", "K2", "K3"), pytest.mark.timeout(120)]


async def watching(config: str) -> Child:
    watchdog = await spawn("watchdog", "--config", config)
    await watchdog.event("watching")
    watchdog.drain()
    return watchdog


def roles(testimony: Json) -> list[Role]:
    """What the orders of ours at the exchange were for."""
    names = [parse_client_id(order["client_id"]) for order in testimony["orders"]]
    return [name.role for name in names if name is not None]


def is_open(testimony: Json) -> bool:
    return not no_positions(testimony) and not testimony["episodes"][-1]["naked_now"]


def level_on_record(directory: Path) -> str | None:
    with StoreReader(HostDisk(), directory / "state" / ENGINE_FILE) as reader:
        return reader.load_account().get(AccountKey.KILL_LEVEL.value)


async def until_a_wish_is_denied(directory: Path, venue: Exchange) -> None:
    """The engine's strategy wanted to enter, and a gate said no; the journal keeps it."""
    async with patience(LINE_S):
        while True:
            await venue.get("state")
            with StoreReader(HostDisk(), directory / "state" / ENGINE_FILE) as reader:
                rows = reader.journal_after(0, JOURNAL_MAX)
            denied = [row.body for row in rows if row.kind == JournalKind.DENIED]
            if any(
                "kill_level" in body for body in denied
            ):  # the life before may have had denials of its own
                return


async def test_K1_K3_a_kill_given_to_a_dead_engine_flattens_and_the_next_engine_starts_under_it(
    tmp_path: Path,
) -> None:
    async with exchange(*GENERATE, "--speed", "1200") as venue:
        eager = {"rsi_period": "2", "ema_period": "2", "rsi_long": "51", "rsi_short": "49"}
        parameters = {f"strategy__parameters__{name}": value for name, value in eager.items()}
        config = str(write_config(tmp_path, venue.url, **parameters))
        watchdog = await watching(config)
        engine, _ = await started(config)
        await venue.witnessed(is_open)
        await venue.post("market", {"hold": True})
        await engine.kill()
        killed = await jackline(
            "kill", "--config", config, "--level", "flatten", "--reason", "fire", "--json"
        )
        assert (killed.code, killed.json) == (
            0,
            {"level": "flatten", "engine": False, "watchdog": True, "flat": True},
        )
        testimony = await venue.get("witness")
        assert no_positions(testimony)
        assert not any(episode["naked_now"] for episode in testimony["episodes"]), (
            "the stop stayed until flat"
        )
        assert Role.WATCHDOG_CLOSE in roles(testimony)
        entries = roles(testimony).count(Role.ENTRY)
        await venue.post("market", {"hold": False})
        engine, _ = await started(config)
        await until_a_wish_is_denied(tmp_path, venue)
        assert level_on_record(tmp_path) == "flatten"
        testimony = await venue.witnessed(lambda seen: not seen["orphans"])
        assert roles(testimony).count(Role.ENTRY) == entries, "nothing enters"
        assert no_positions(testimony)
        await engine.stop()
        await watchdog.kill()


CLOSES_REFUSED = {"kind": "refuse", "code": -4131, "paths": ["/fapi/v1/order"], "risk": "reducing"}


async def until_answered(directory: Path, kind: CommandKind, venue: Exchange) -> None:
    """The engine has taken the order, durably."""
    desk = CommandDesk(HostDisk(), directory / "state" / COMMANDS_FILE)
    async with patience(LINE_S):
        while True:
            await venue.get("state")
            posted, _ = desk.find(frozenset({kind}), None)
            with StoreReader(HostDisk(), directory / "state" / ENGINE_FILE) as reader:
                if any(reader.answer(item.command.command_id) is not None for item in posted):
                    return


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("kill", "--level", "flatten", "--reason", "fire"), CommandKind.KILL),
        pytest.param(("close-all", "--yes"), CommandKind.CLOSE_ALL, marks=pytest.mark.long),
    ],
    ids=["kill", "close_all"],
)
async def test_K3_what_an_engine_accepted_and_died_of_is_closed_by_the_watchdog(
    tmp_path: Path, words: tuple[str, ...], kind: CommandKind
) -> None:
    """Killed between its answer and flat: the venue refuses its closes, and takes the watchdog's."""
    async with exchange(*GENERATE) as venue:
        config = str(write_config(tmp_path, venue.url))
        watchdog = await watching(config)
        engine, _ = await started(config)
        await buy(venue)
        await venue.witnessed(is_open)
        rule = (await venue.post("faults", CLOSES_REFUSED))["number"]
        given = asyncio.create_task(jackline(words[0], "--config", config, *words[1:], "--json"))
        await until_answered(tmp_path, kind, venue)
        await engine.kill()
        assert is_open(await venue.get("witness")), "it died before it was flat"
        async with venue.http.delete(f"{venue.url}/local/v1/faults/{rule}") as answer:
            assert answer.status == 200
        testimony = await venue.witnessed(no_positions)
        assert Role.WATCHDOG_CLOSE in roles(testimony)
        assert not any(episode["naked_now"] for episode in testimony["episodes"])
        told = await given
        assert (told.code, told.json["flat"]) == (0, True), told
        await buy(venue)
        if kind is CommandKind.KILL:
            await venue.witnessed(lambda seen: len(seen["episodes"]) == 2 and no_positions(seen))
        else:
            await venue.witnessed(lambda seen: len(seen["episodes"]) == 2 and is_open(seen))
        await watchdog.kill()


async def order(state: Path, venue: Exchange, name: str, side: Side) -> str:
    """Order one leg closed at the desk, and the watchdog's last word on it."""
    command = Command(
        command_id=name,
        created_ms=HostWorld().wire_ms(),
        actor="test",
        kind=CommandKind.CLOSE,
        symbol=Symbol("BTCUSDT"),
        side=side,
        reason="one leg",
    )
    CommandDesk(HostDisk(), state / COMMANDS_FILE).submit(command)
    async with patience(LINE_S):
        while (said := watch_answer(HostDisk(), state / WATCHDOG_FILE, end_id(name))) is None:
            await venue.get("state")
    return said


@pytest.mark.long
async def test_K3_one_leg_of_a_hedge_is_closed_once_and_never_by_the_next_life_again(tmp_path: Path) -> None:
    state = tmp_path / "state"
    async with exchange(*GENERATE, "--hedge") as venue:
        config = str(write_config(tmp_path, venue.url, venue__position_mode='"hedge"'))
        watchdog = await watching(config)
        for side, leg in (("BUY", "LONG"), ("SELL", "SHORT")):
            await open_leg(venue, side, leg)
        await venue.witnessed(lambda seen: len(legs(seen)) == 2 and is_open(seen))
        assert await order(state, venue, "one", Side.LONG) == FLAT
        assert watch_answer(HostDisk(), state / WATCHDOG_FILE, "one") == CLOSING
        assert legs(await venue.get("witness")) == {"SHORT"}
        await open_leg(venue, "BUY", "LONG")
        await watchdog.kill()
        watchdog = await watching(config)
        assert await order(state, venue, "two", Side.SHORT) == FLAT
        seen = await venue.witnessed(is_open)
        assert legs(seen) == {"LONG"}, (
            "the order of before was over; this leg was opened after it, and is covered"
        )
        await watchdog.kill()
    with WatchReader(HostDisk(), state / WATCHDOG_FILE) as reader:
        assert reader.acting() is not None


async def open_leg(venue: Exchange, side: str, leg: str) -> None:
    await venue.signed(
        "POST",
        "/fapi/v1/order",
        symbol="BTCUSDT",
        side=side,
        positionSide=leg,
        type="MARKET",
        quantity="0.01",
    )


def legs(testimony: Json) -> set[str]:
    return {position["position_side"] for position in testimony["accounts"]["main"]["positions"]}


async def until_nobody_watches(directory: Path) -> None:
    """A watchdog counts as one for some seconds behind its last record."""
    async with patience(LINE_S):
        while is_watching(HostDisk(), directory / "state" / WATCHDOG_FILE, HostWorld().wire_ms()):
            await asyncio.to_thread(lambda: None)


@pytest.mark.long
async def test_close_all_goes_to_the_watchdog_and_nothing_waits_where_it_is_dead_too(tmp_path: Path) -> None:
    async with exchange(*GENERATE) as venue:
        config = str(write_config(tmp_path, venue.url))
        watchdog = await watching(config)
        await buy(venue)
        done = await jackline("close-all", "--config", config, "--yes", "--json")
        assert (done.code, done.json) == (0, {"source": "watchdog", "flat": True})
        assert no_positions(await venue.get("witness"))
        await watchdog.kill()
        await until_nobody_watches(tmp_path)
        alone = await jackline("close-all", "--config", config, "--yes")
        assert (alone.code, "no watchdog" in " ".join(alone.said.split())) == (ExitCode.UNANSWERED, True)
        posted, _ = CommandDesk(HostDisk(), tmp_path / "state" / COMMANDS_FILE).find(
            frozenset(CommandKind), None
        )
        assert [item.command.kind for item in posted] == [CommandKind.CLOSE_ALL], "the first, and no second"


async def test_K3_a_paused_engine_does_not_keep_a_kill_from_closing(tmp_path: Path) -> None:
    """It holds its lock, says nothing, and goes on later."""
    async with exchange(*GENERATE) as venue:
        config = str(write_config(tmp_path, venue.url))
        watchdog = await watching(config)
        engine, _ = await started(config)
        await buy(venue)
        await venue.witnessed(is_open)
        engine.process.send_signal(signal.SIGSTOP)
        try:
            killed = await jackline("kill", "--config", config, "--level", "locked", "--reason", "it hangs")
            assert (killed.code, killed.out.endswith("Flat, by watchdog and venue.\n")) == (0, True), killed
        finally:
            engine.process.send_signal(signal.SIGCONT)
        async with patience(LINE_S):
            while level_on_record(tmp_path) != "locked":
                await venue.get("state")
        assert await engine.stop() == 0
        await watchdog.kill()
