"""Whoever sends slowly is cut, and nobody waits for them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.types import Message, Receive, Scope, Send

from jackline.cli.config import load_config
from jackline.cli.serving import web_options
from jackline.web import connection, guarding
from jackline.web.connection import Connection
from jackline.web.guarding import Guarding
from tests.patience import patience
from tests.processes import LINE_S, write_config
from tests.web.house import web

HALF = b"POST /api/halt HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"


async def never(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("a request without its body must not reach a route")


async def test_a_body_that_does_not_come_is_cut_before_any_route(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarding, "BODY_S_MAX", 0.05)
    options = web_options(load_config(write_config(tmp_path, "http://127.0.0.1:1")))
    sent: list[Message] = []
    parts = iter([{"type": "http.request", "body": b"{", "more_body": True}])

    async def receive() -> Any:
        part = next(parts, None)
        if part is not None:
            return part
        return await asyncio.get_running_loop().create_future()

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/api/halt", "headers": [(b"host", b"127.0.0.1")]}
    await Guarding(never, options)(scope, receive, send)
    assert sent[0]["status"] == 408
    assert json.loads(sent[1]["body"])["code"] == "too-slow"


@pytest.mark.long
async def test_a_slow_client_on_a_socket_is_cut_while_others_are_answered(tmp_path: Path) -> None:
    """Long: a real server waits its ten seconds for the body."""
    config = write_config(tmp_path, "http://127.0.0.1:1")
    async with web(config) as (_, url):
        port = int(url.rsplit(":", 1)[1])
        slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
        for _, writer in slow:
            writer.write(HALF)
            await writer.drain()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        async with patience(LINE_S):
            assert b" 200 " in (await reader.read()).split(b"\r\n")[0]
            for slow_reader, slow_writer in slow:
                assert b" 408 " in await slow_reader.readline()
                slow_writer.close()
        writer.close()


@asynccontextmanager
async def serving(most: int) -> AsyncIterator[int]:
    """A server of ours with few places, in this process: its port."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
            await send({"type": "http.response.body", "body": b"ok"})

    options = uvicorn.Config(
        app, port=0, http=Connection, limit_concurrency=most, log_config=None, lifespan="off"
    )
    listening = options.bind_socket()
    listening.listen()
    server = uvicorn.Server(options)
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield int(listening.getsockname()[1])
    finally:
        server.should_exit = True
        await running
        listening.close()


async def asked(port: int, *, text: bytes = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") -> bytes:
    """The first line of the answer; nothing where the connection was cut without one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(text)
        async with patience(LINE_S):
            return await reader.readline()
    finally:
        writer.close()


@pytest.mark.owns("K2")
async def test_K2_connections_that_ask_nothing_keep_nobody_out() -> None:
    """Silent ones, half a head, half a body, and those that were answered: the oldest makes room."""
    parts = (b"", b"GET / HTTP/1.1\r\nHost: x", HALF, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    async with serving(8) as port:
        held = []
        for index in range(24):
            held.append(await asyncio.open_connection("127.0.0.1", port))
            held[-1][1].write(parts[index % len(parts)])
        for _ in range(3):
            assert b" 200 " in await asked(port)
        for _, writer in held:
            writer.close()


async def test_a_head_that_does_not_come_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_S_MAX", 0.05)
    async with serving(8) as port:
        assert b" 408 " in await asked(port, text=b"GET / HTTP/1.1\r\nHost: x")
        assert await asked(port, text=b"") == b"", "who says nothing is told nothing"
        assert b" 200 " in await asked(port)
