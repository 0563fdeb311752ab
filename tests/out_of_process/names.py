"""A name server of a test's own, and the processes that ask it: names that resolve, do not, or are never answered for.

A process started `under` it has its own /etc/resolv.conf, in a mount namespace; the network is everybody's. The name
server is a real one: UDP, port 53, on an address of 127.0.0.0/8 that is this test's alone.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum, auto
from pathlib import Path
from typing import Any

PORT = 53
HEADER = struct.Struct("!6H")
ADDRESS = struct.pack("!HHHIH4B", 0xC00C, 1, 1, 0, 4, 127, 0, 0, 1)
"""An A record of the name that was asked for: 127.0.0.1, to be kept for no time."""
KIND_A = 1
ANSWER, SERVER_FAILURE = 0x8180, 0x8182


class Unavailable(Exception):
    """This machine cannot do it; the text says what is missing."""


class Weather(Enum):
    """What the name server does with a question."""

    ANSWERS = auto()
    FAILS = auto()
    """It says so at once, as one does that cannot reach those behind it."""
    SILENT = auto()


class NameServer(asyncio.DatagramProtocol):
    """Every name is 127.0.0.1. `asked` counts questions; `address` is its own."""

    def __init__(self, address: str, resolver_file: Path) -> None:
        self.address = address
        self.weather = Weather.ANSWERS
        self.asked = 0
        self._file = resolver_file
        self._transport: asyncio.DatagramTransport | None = None

    @property
    def under(self) -> tuple[str, ...]:
        """The command that starts another with this as its name server; it becomes that command."""
        script = f'mount --bind {self._file} /etc/resolv.conf && exec "$@"'
        return ("unshare", "--mount", "sh", "-c", script, "sh")

    def connection_made(self, transport: Any) -> None:
        """It can be asked."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """One question."""
        self.asked += 1
        if self.weather is Weather.SILENT or self._transport is None:
            return
        number, *_ = HEADER.unpack_from(data)
        ends = data.index(b"\0", HEADER.size) + 5
        question = data[HEADER.size : ends]
        is_answered = self.weather is Weather.ANSWERS and struct.unpack("!H", question[-4:-2])[0] == KIND_A
        code = ANSWER if self.weather is Weather.ANSWERS else SERVER_FAILURE
        head = HEADER.pack(number, code, 1, int(is_answered), 0, 0)
        self._transport.sendto(head + question + (ADDRESS if is_answered else b""), addr)


@asynccontextmanager
async def names(directory: Path) -> AsyncIterator[NameServer]:
    """A name server until the end of the block. Raises Unavailable."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        raise Unavailable("no right to make a mount namespace (root and util-linux): names were not lost")
    address = ".".join(map(str, (127, *(random.SystemRandom().randrange(2, 254) for _ in range(3)))))
    file = directory / "resolv.conf"
    file.write_text(f"nameserver {address}\n")
    server = NameServer(address, file)
    tried = await asyncio.create_subprocess_exec(*server.under, "true", stderr=asyncio.subprocess.PIPE)
    _, said = await tried.communicate()
    if tried.returncode:
        raise Unavailable(f"no mount namespace with a resolv.conf of its own: {said.decode().strip()}")
    try:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: server, local_addr=(address, PORT)
        )
    except OSError as error:
        raise Unavailable(f"no name server can be made at {address}:{PORT}: {error}") from error
    try:
        yield server
    finally:
        transport.close()
