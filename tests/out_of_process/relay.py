"""A TCP relay on loopback between a process of ours and the local exchange, which can be cut in many ways.

It carries bytes and changes none. It reads along just far enough to know a stream from a request, and whose order
a request carries, so that a fault can strike between two given messages of the wire.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self
from urllib.parse import parse_qs

from jackline.core.ids import Role, parse_client_id
from tests.out_of_process.lasting import lasting

LOOPBACK = "127.0.0.1"
CHUNK = 1 << 16
HEAD_BYTES_MAX = 1 << 20
RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: closing sends RST instead of FIN


class Lane(StrEnum):
    """What a connection carries; known from its first line."""

    REST = "rest"
    STREAM = "stream"


class Line(StrEnum):
    """The state of a lane.

    `SILENT` is a half-open wire: connections are taken, nothing passes, and what was held arrives when it heals, as
    TCP's own repetition does. `DEAF` lets requests pass and holds their answers. `CUT` resets what stands; with both
    lanes cut, dialling is refused by the system.
    """

    OPEN = "open"
    SILENT = "silent"
    DEAF = "deaf"
    CUT = "cut"


BOTH = (Lane.REST, Lane.STREAM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """When requests or their answers did not pass; wall milliseconds, `end_ms` None while it lasts."""

    start_ms: float
    end_ms: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """`spring` is called at once when a request that carries an order of `role` has passed."""

    role: Role
    spring: Callable[[], None]


@dataclass
class Connection:
    """Two sockets and what passes between them."""

    client: asyncio.StreamWriter
    lane: Lane | None = None
    server: asyncio.StreamWriter | None = None

    def reset(self) -> None:
        """End both sides without a goodbye."""
        for writer in (self.client, self.server):
            if writer is not None:
                end = writer.get_extra_info("socket")
                with suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                writer.transport.abort()


@dataclass
class Relay:
    """Listens on a port of its own for as long as the block lasts."""

    target_port: int
    delay_ms: float = 0.0
    passed: dict[Role, int] = field(default_factory=dict)
    requests: int = 0
    cuts: int = 0
    _lines: dict[Lane, Line] = field(default_factory=lambda: dict.fromkeys(BOTH, Line.OPEN))
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _outages: list[Outage] = field(default_factory=list)
    _traps: list[Trap] = field(default_factory=list)
    _connections: list[Connection] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _place: socket.socket = field(default_factory=socket.socket)
    _server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._place.getsockname()[1]}"

    @property
    def outages(self) -> tuple[Outage, ...]:
        """Every span in which requests or answers did not pass."""
        return tuple(self._outages)

    async def __aenter__(self) -> Self:
        # Bound and never listening: keeps the port ours while a cut line refuses connections.
        self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._place.bind((LOOPBACK, 0))
        await self._listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._deafen()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in self._connections:
            connection.reset()
        self._place.close()

    def line(self, state: Line, *, lanes: tuple[Lane, ...] = BOTH) -> None:
        """Put lanes into a state, at once."""
        was_up = self._is_up()
        for lane in lanes:
            self._lines[lane] = state
        if state is Line.CUT:
            for connection in [one for one in self._connections if one.lane in (None, *lanes)]:
                connection.reset()
        if all(self._lines[lane] is Line.CUT for lane in BOTH):
            self._deafen()
        now_ms = time.time() * 1_000
        if was_up and not self._is_up():
            self._outages.append(Outage(start_ms=now_ms, end_ms=None))
        elif not was_up and self._is_up():
            self._outages[-1] = Outage(start_ms=self._outages[-1].start_ms, end_ms=now_ms)
        self.cuts += state is not Line.OPEN
        self._changed.set()
        self._changed = asyncio.Event()

    async def restore(self) -> None:
        """Everything passes again; what a silent line held goes on its way first."""
        if self._server is None:
            await self._listen()
        self.line(Line.OPEN)

    def trap(self, role: Role, spring: Callable[[], None]) -> asyncio.Future[None]:
        """Do `spring` when the next order of this role has passed to the exchange; the future is done then."""
        sprung = asyncio.get_running_loop().create_future()

        def once() -> None:
            spring()
            sprung.set_result(None)

        self._traps.append(Trap(role=role, spring=once))
        return sprung

    def _is_up(self) -> bool:
        return self._lines[Lane.REST] is Line.OPEN

    def _deafen(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _listen(self) -> None:
        port = self._place.getsockname()[1]
        self._server = await asyncio.start_server(
            self._accepted, LOOPBACK, port, reuse_address=True, limit=HEAD_BYTES_MAX
        )

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        connection = Connection(writer)
        self._connections.append(connection)
        # asyncio logs a handler that ends by an error or a cancel; a connection's end is nobody's error here.
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self._carry(connection, reader)
        connection.reset()
        self._connections.remove(connection)

    async def _carry(self, connection: Connection, reader: asyncio.StreamReader) -> None:
        message = await _request(reader)
        connection.lane = _lane(message)
        await self._gate(connection, Line.SILENT)
        server_reader, connection.server = await asyncio.open_connection(LOOPBACK, self.target_port)
        down = asyncio.create_task(self._answers(server_reader, connection))
        try:
            await self._requests(message, reader, connection, connection.server)
        finally:
            down.cancel()
            await asyncio.gather(down, return_exceptions=True)

    async def _requests(
        self,
        message: bytes,
        reader: asyncio.StreamReader,
        connection: Connection,
        server: asyncio.StreamWriter,
    ) -> None:
        while message:
            await self._gate(connection, Line.SILENT)
            await self._slowly()
            server.write(message)
            await server.drain()
            if connection.lane is Lane.REST:
                self._note(message)
                message = await _request(reader)
                connection.lane = _lane(message)  # a client may upgrade a connection that it had kept
            else:
                message = await reader.read(CHUNK)

    async def _answers(self, reader: asyncio.StreamReader, connection: Connection) -> None:
        with suppress(OSError):
            while chunk := await reader.read(CHUNK):
                await self._gate(connection, Line.SILENT, Line.DEAF)
                await self._slowly()
                connection.client.write(chunk)
                await connection.client.drain()
        # The exchange has closed: so does this side, and the request loop ends with the client's answer to it.
        connection.client.close()

    async def _gate(self, connection: Connection, *held: Line) -> None:
        lane = connection.lane or Lane.REST
        while self._lines[lane] in held:
            await self._changed.wait()
        if self._lines[lane] is Line.CUT:
            raise ConnectionResetError("the line is cut")

    async def _slowly(self) -> None:
        if self.delay_ms:
            await lasting(self.delay_ms)

    def _note(self, message: bytes) -> None:
        self.requests += bool(message)
        role = _role(message)
        if role is None:
            return
        self.passed[role] = self.passed.get(role, 0) + 1
        due = [trap for trap in self._traps if trap.role is role]
        self._traps = [trap for trap in self._traps if trap.role is not role]
        for trap in due:
            trap.spring()


async def _request(reader: asyncio.StreamReader) -> bytes:
    """One whole request: head and body."""
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return head + await reader.readexactly(int(value))
    return head


def _lane(message: bytes) -> Lane:
    return Lane.STREAM if b"upgrade: websocket" in message.lower() else Lane.REST


def _role(message: bytes) -> Role | None:
    """The role of the order that a request asks for; None for every other request."""
    head, _, body = message.partition(b"\r\n\r\n")
    verb, target, *_ = head.split(b" ", 2)
    if verb != b"POST" or b"order" not in target.lower():
        return None
    told = parse_qs((target.partition(b"?")[2] + b"&" + body).decode())
    for key in ("newClientOrderId", "clientAlgoId"):
        for value in told.get(key, ()):
            name = parse_client_id(value)
            if name is not None:
                return name.role
    return None
