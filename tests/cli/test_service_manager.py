"""What a service manager hears: over a real datagram socket, and only while the work gets on."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from jackline.cli.private_file import others_may
from jackline.cli.service_manager import ServiceManager, kept_alive, take_manager
from tests.processes import exchange, spawn, write_config

HEARD_S = 30


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(HEARD_S)
        yield listening


def manager_of(heard: socket.socket, patience_s: float | None = None) -> ServiceManager:
    return ServiceManager(address=heard.getsockname(), patience_s=patience_s)


def waiting(heard: socket.socket) -> list[str]:
    """Whatever has come by now."""
    found = []
    heard.setblocking(False)
    try:
        while True:
            found.append(heard.recv(4_096).decode())
    except BlockingIOError:
        return found


def test_no_manager_is_no_manager() -> None:
    assert take_manager({}) is None
    assert take_manager({"NOTIFY_SOCKET": "relative"}) is None


def test_children_do_not_inherit_it() -> None:
    variables = {
        "NOTIFY_SOCKET": "/run/notify",
        "WATCHDOG_USEC": "3000000",
        "WATCHDOG_PID": str(os.getpid()),
        "PATH": "/bin",
    }
    assert take_manager(variables) == ServiceManager(address="/run/notify", patience_s=3.0)
    assert variables == {"PATH": "/bin"}


def test_a_deadline_of_another_process_is_not_kept() -> None:
    variables = {"NOTIFY_SOCKET": "@notify", "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}
    assert take_manager(variables) == ServiceManager(address="@notify", patience_s=None)


def test_ready_has_a_status(heard: socket.socket) -> None:
    manager_of(heard).ready("watching")
    assert waiting(heard) == ["READY=1\nSTATUS=watching"]


def test_an_abstract_address_is_reached() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0jackline-test-{os.getpid()}")
        listening.settimeout(HEARD_S)
        assert ServiceManager(address=f"@jackline-test-{os.getpid()}", patience_s=None).tell("READY=1")
        assert listening.recv(100) == b"READY=1"


def test_a_manager_that_is_gone_stops_nothing(tmp_path: Path) -> None:
    assert not ServiceManager(address=str(tmp_path / "gone"), patience_s=None).tell("READY=1")


@pytest.mark.owns("L2")
async def test_who_gets_on_is_alive_until_the_end(heard: socket.socket) -> None:
    turns, often = count(), asyncio.Event()

    def progress() -> int:
        turn = next(turns)
        if turn > 4:
            often.set()
        return turn

    async with kept_alive(manager_of(heard, patience_s=0.03), progress):
        await often.wait()
    told = waiting(heard)
    assert set(told[:-1]) == {"WATCHDOG=1"}
    assert told[-1] == "STOPPING=1"


@pytest.mark.owns("L2")
@pytest.mark.parametrize("stuck", [7, None], ids=["stuck", "not begun"])
async def test_who_does_not_get_on_is_not_alive(heard: socket.socket, stuck: int | None) -> None:
    """The process exists and its loop runs, but its work stands still."""
    asked, often = count(), asyncio.Event()

    def progress() -> int | None:
        if next(asked) > 4:
            often.set()
        return stuck

    async with kept_alive(manager_of(heard, patience_s=0.03), progress):
        await often.wait()
    assert waiting(heard) == ["STOPPING=1"]


async def test_a_manager_without_patience_hears_no_signs_of_life(heard: socket.socket) -> None:
    async with kept_alive(manager_of(heard), lambda: pytest.fail("it was asked")):
        await asyncio.sleep(0)
    assert waiting(heard) == ["STOPPING=1"]


@pytest.mark.long
async def test_the_processes_say_that_they_are_ready_and_get_on(
    heard: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with exchange("--generate", "BTCUSDT,ETHUSDT", "--from", "now", "--bars", "500") as venue:
        config = write_config(tmp_path, venue.url)
        monkeypatch.setenv("NOTIFY_SOCKET", heard.getsockname())
        monkeypatch.setenv("WATCHDOG_USEC", "6000000")
        for verb in (["watchdog"], ["engine"], ["web", "--port", "0"]):
            child = await spawn(*verb, "--config", str(config))
            try:
                child.drain()
                first = await asyncio.to_thread(heard.recv, 4_096)
                assert first.startswith(b"READY=1\n"), (verb, first, child.noise)
                assert await asyncio.to_thread(heard.recv, 4_096) == b"WATCHDOG=1", verb
                assert await child.stop() in {0, -signal.SIGTERM}, verb
                assert await asyncio.to_thread(heard.recv, 4_096) in {b"STOPPING=1", b"WATCHDOG=1"}, verb
            finally:
                await child.kill()
            heard.setblocking(True)
            waiting(heard)
            heard.settimeout(HEARD_S)


@pytest.mark.owns("S1")
@pytest.mark.parametrize(
    ("mode", "given", "open_to_others"),
    [
        (0o600, False, False),
        (0o440, False, True),
        (0o400, True, False),
        (0o440, True, False),  # root's, with an access list for the unit's user: its mask is the group's bit
        (0o444, True, True),
        (0o460, True, True),
    ],
)
def test_a_credential_may_carry_an_access_list(
    mode: int, given: bool, open_to_others: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "unit" / "jackline-keys"
    file.parent.mkdir()
    file.touch(mode=0o600)
    file.chmod(mode)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(file.parent if given else tmp_path))
    assert others_may(file, file.stat().st_mode) is open_to_others
