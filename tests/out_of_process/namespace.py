"""A network namespace whose loopback link is set down and up: a cut that the kernel makes, not a program of ours.

Exchange, engine and watchdog live in it. The test reaches the exchange through sockets opened in there, which work
whenever the link is up.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import shutil
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp

from tests.patience import patience

CLONE_NEWNET = 0x40000000
DIRECTORY = Path("/run/netns")
COMMAND_S = 10.0

_numbers = count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """One namespace, by its name."""

    name: str

    @property
    def under(self) -> tuple[str, ...]:
        """The command that starts another inside; it becomes that command, with its process id."""
        return ("ip", "netns", "exec", self.name)

    async def link(self, *, up: bool) -> None:
        """Set the loopback link. Down: nothing passes, nothing can be dialled, no connection is told."""
        await _must("ip", "-n", self.name, "link", "set", "lo", "up" if up else "down")

    def connector(self) -> aiohttp.TCPConnector:
        """Connections from this process into the namespace; none is kept, for a cut would hurt it."""
        return aiohttp.TCPConnector(socket_factory=self._socket, force_close=True)

    def _socket(self, address: Any) -> socket.socket:
        """A socket belongs to the namespace in which its thread stood when it was made, wherever that goes later."""
        family, kind, protocol = address[:3]
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open(DIRECTORY / self.name, os.O_RDONLY)
        try:
            _enter(there)
            try:
                return socket.socket(family, kind, protocol)
            finally:
                _enter(home)
        finally:
            os.close(there)
            os.close(home)


@asynccontextmanager
async def namespace() -> AsyncIterator[Namespace]:
    """A fresh namespace with its loopback up, removed with the block. Raises OSError where that is not allowed."""
    made = Namespace(name=f"jackline-{os.getpid()}-{next(_numbers)}")
    await _must("ip", "netns", "add", made.name)
    try:
        await made.link(up=True)
        yield made
    finally:
        await _must("ip", "netns", "del", made.name)


async def unavailable() -> str | None:
    """Why this machine cannot make a namespace; None when it can."""
    if shutil.which("ip") is None:
        return "iproute2 is not installed: the namespace variant was not run"
    try:
        async with namespace():
            return None
    except OSError as error:
        return f"no right to make a network namespace (root or CAP_NET_ADMIN and CAP_SYS_ADMIN): {error}"


async def _must(*command: str) -> None:
    code, said = await _run(command)
    if code:
        raise OSError(f"{' '.join(command)}: {said}")


async def _run(command: Sequence[str]) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with patience(COMMAND_S):
        said, _ = await process.communicate()
    return process.returncode or 0, said.decode(errors="replace").strip()


def _enter(handle: int) -> None:
    """setns(2), which Python offers from 3.12 on."""
    library = ctypes.CDLL(None, use_errno=True)
    if library.setns(handle, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
