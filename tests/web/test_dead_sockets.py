"""Pages that vanish, or stop reading, with their sockets open: the server answers on, and frees what they held."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import time
from base64 import b64encode
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from starlette.types import Message

from jackline.cli.config import load_config
from jackline.cli.serving import PING_S, web_options
from jackline.store.access import ACCESS_FILE, AccessStore
from jackline.store.host_disk import HostDisk
from jackline.store.tokens import Scope
from jackline.web.access import SESSION_COOKIE
from jackline.web.app import create_app
from jackline.web.doorkeeper import Doorkeeper
from jackline.web.pages import socket as pages
from tests.patience import patience
from tests.processes import LINE_S, write_config
from tests.web.house import make_token, web

DEAD = 100
SPARE = 4
"""Handles of whoever asks meanwhile, and of a store that is read just then."""
GROWN_KB_MAX = 40_000
"""Of a hundred sockets together; a leak of one page's parts for each would be more within a minute."""
ANSWER_S = 5.0
"""On a machine that two other houses share."""
ONOFF_LINGER = struct.pack("ii", 1, 0)
"""Closing sends a reset, as a machine does that lost its power and came back."""


async def cookie_of(url: str, token: str) -> str:
    """Of a session, opened as the form does it."""
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{url}/login", data={"token": token, "next": "/"}, allow_redirects=False) as entered,
    ):
        return entered.headers["set-cookie"].partition(";")[0]


def upgraded(port: int, cookie: str) -> socket.socket:
    """A socket on which a page has just begun to listen, and takes as little as a socket can."""
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
    plain.settimeout(LINE_S)
    plain.connect(("127.0.0.1", port))
    lines = (
        "GET /ws?page=/ HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Origin: http://127.0.0.1:{port}",
        f"Cookie: {cookie}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13",
    )
    plain.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    assert plain.recv(12) == b"HTTP/1.1 101", "it is a socket now"
    return plain


def resident_kb(pid: int) -> int:
    """What the process holds in memory."""
    (line,) = (one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmRSS"))
    return int(line.split()[1])


def handles(pid: int) -> int:
    """How many files and sockets the process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


async def answered(url: str) -> None:
    """The server answers, and in time."""
    started_s = time.monotonic()
    async with aiohttp.ClientSession() as http, http.get(f"{url}/livez") as answer:
        assert answer.status == 200
    assert time.monotonic() - started_s < ANSWER_S


async def until_freed(pid: int, before: int, url: str, *, within_s: float) -> None:
    """Until the process holds as few handles as before; it answers all the while."""
    async with patience(within_s):
        while handles(pid) > before + SPARE:
            await answered(url)


async def opened(url: str, cookie: str) -> list[socket.socket]:
    port = int(url.rsplit(":", 1)[1])
    return await asyncio.to_thread(lambda: [upgraded(port, cookie) for _ in range(DEAD)])


async def test_a_hundred_pages_that_vanish_are_forgotten(tmp_path: Path) -> None:
    config = write_config(tmp_path, "http://127.0.0.1:1")
    token = make_token(tmp_path / "state", Scope.READ)
    async with web(config) as (child, url):
        cookie, pid = await cookie_of(url, token), child.process.pid
        await answered(url)
        before = handles(pid)
        for dead in await opened(url, cookie):
            dead.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ONOFF_LINGER)
            dead.close()
        await until_freed(pid, before, url, within_s=LINE_S)


@pytest.mark.long
@pytest.mark.timeout(180)
async def test_a_hundred_pages_that_stop_reading_are_dropped_and_cost_no_memory(tmp_path: Path) -> None:
    """Long: a page that says nothing is asked twice, forty seconds in all, whether anybody is there."""
    config = write_config(tmp_path, "http://127.0.0.1:1")
    token = make_token(tmp_path / "state", Scope.READ)
    async with web(config) as (child, url):
        cookie, pid = await cookie_of(url, token), child.process.pid
        await answered(url)
        before, held_kb = handles(pid), resident_kb(pid)
        silent = await opened(url, cookie)
        try:
            assert handles(pid) >= before + DEAD - SPARE
            await until_freed(pid, before, url, within_s=3 * PING_S + LINE_S)
            assert resident_kb(pid) - held_kb < GROWN_KB_MAX
        finally:
            for one in silent:
                one.close()


async def test_a_page_that_takes_no_message_in_time_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "SEND_S", 0.05)
    config, disk = load_config(write_config(tmp_path, "http://127.0.0.1:1")), HostDisk()
    keeper = Doorkeeper(AccessStore(disk, config.state_dir / ACCESS_FILE))
    opened_session = await keeper.log_in(make_token(config.state_dir, Scope.READ), address="127.0.0.1")
    assert opened_session is not None
    cookie = f"{SESSION_COOKIE}={opened_session[0]}"
    app = create_app(web_options(config), disk=disk, doorkeeper=keeper)
    sent: list[Message] = []
    gone = asyncio.Event()

    async def receive() -> Message:
        if not sent:
            return {"type": "websocket.connect"}
        await gone.wait()
        return {"type": "websocket.disconnect", "code": 1006}

    async def send(message: Message) -> None:
        sent.append(message)
        if message["type"] == "websocket.send":
            await gone.wait()  # its buffers are full, and nobody reads

    scope: dict[str, Any] = {
        "type": "websocket",
        "path": "/ws",
        "raw_path": b"/ws",
        "query_string": b"page=/",
        "headers": [
            (b"host", b"127.0.0.1"),
            (b"origin", b"http://127.0.0.1"),
            (b"cookie", cookie.encode()),
        ],
        "subprotocols": [],
        "client": ("127.0.0.1", 1),
        "scheme": "ws",
        "state": {},
    }
    async with patience(LINE_S):
        looks = asyncio.create_task(app.state.account.run())
        try:
            await app(scope, receive, send)
        finally:
            looks.cancel()
    assert [one["type"] for one in sent] == ["websocket.accept", "websocket.send", "websocket.close"]
    assert not pages._open, "its place is free again"
