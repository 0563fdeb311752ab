"""The network port over aiohttp: an address leaves as it was signed, once, and trouble never repeats it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from jackline.venue.aiohttp_net import AiohttpNet
from jackline.venue.net import NetTrouble

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listener(talk: Talk) -> AsyncIterator[str]:
    """A socket that speaks as told, byte for byte."""
    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


def replies(raw: bytes, heard: list[bytes]) -> Talk:
    """Answer each request with these bytes and close."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(raw)
        await writer.drain()
        writer.close()

    return talk


async def test_an_address_leaves_byte_for_byte_and_names_come_back_in_lower_case() -> None:
    heard: list[bytes] = []
    raw = b"HTTP/1.1 200 Fine\r\nX-MBX-Used-Weight-1M: 7\r\nContent-Length: 4\r\n\r\n\xffa\r\n"
    async with listener(replies(raw, heard)) as root:
        pool = AiohttpNet().open_pool()
        answer = await pool.fetch("DELETE", f"{root}/a?b=%5B%22x%22%5D&c=1%2B1", {"X-MBX-APIKEY": "k"}, None)
        await pool.close()
    assert heard[0].startswith(b"DELETE /a?b=%5B%22x%22%5D&c=1%2B1 HTTP/1.1\r\n")
    assert b"X-MBX-APIKEY: k\r\n" in heard[0]
    assert (answer.status, answer.reason, answer.text) == (200, "Fine", "�a\r\n")
    assert answer.headers["x-mbx-used-weight-1m"] == "7"


@pytest.mark.owns("C2")
async def test_c2_a_redirect_is_an_answer_and_is_not_followed() -> None:
    heard: list[bytes] = []
    raw = b"HTTP/1.1 307 Go\r\nLocation: http://192.0.2.1/elsewhere\r\nContent-Length: 0\r\n\r\n"
    async with listener(replies(raw, heard)) as root:
        pool = AiohttpNet().open_pool()
        answer = await pool.fetch("POST", f"{root}/a", {}, "x=1")
        await pool.close()
    assert (answer.status, len(heard)) == (307, 1)


@pytest.mark.owns("S1")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
@pytest.mark.parametrize(
    "raw",
    [b"", b"not http\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"],
    ids=["cut", "junk", "half"],
)
async def test_s1_no_whole_answer_is_trouble_after_one_try_and_without_the_address(
    raw: bytes, method: str
) -> None:
    heard: list[bytes] = []
    async with listener(replies(raw, heard)) as root:
        pool = AiohttpNet().open_pool()
        with pytest.raises(NetTrouble) as told:
            await pool.fetch(method, f"{root}/a?signature=beef", {}, None)
        await pool.close()
    assert len(heard) == 1
    assert "beef" not in f"{told.value!r} {told.value.__cause__!r}"
    assert told.value.__suppress_context__


async def test_nobody_there_is_told_in_the_systems_words_by_pool_and_dial() -> None:
    async with listener(replies(b"", [])) as root:
        pass
    pool = AiohttpNet().open_pool()
    with pytest.raises(NetTrouble, match="refused"):
        await pool.fetch("GET", root, {}, None)
    with pytest.raises(NetTrouble, match="refused"):
        await AiohttpNet().connect(root.replace("http", "ws"), heartbeat_s=6)
    await pool.close()
    with pytest.raises(NetTrouble, match="closed"):
        await pool.fetch("GET", root, {}, None)


async def test_a_cancelled_request_and_a_cancelled_dial_leave_nothing_open() -> None:
    arrived = asyncio.Event()
    gone = asyncio.Event()

    async def listens(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        arrived.set()
        await reader.read()
        gone.set()
        writer.close()

    async with listener(listens) as root:
        pool = AiohttpNet().open_pool()
        for leaving in (
            pool.fetch("GET", root, {}, None),
            AiohttpNet().connect(root.replace("http", "ws"), heartbeat_s=6),
        ):
            arrived.clear()
            gone.clear()
            task = asyncio.ensure_future(leaving)
            await arrived.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await gone.wait()
        await pool.close()


async def test_a_socket_yields_text_and_ends_at_anything_else() -> None:
    async def talk(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str("one")
        await socket.send_bytes(b"two")
        await socket.receive()
        return socket

    app = web.Application()
    app.router.add_get("/", talk)
    runner = web.AppRunner(app, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        socket = await AiohttpNet().connect(f"ws://127.0.0.1:{runner.addresses[0][1]}/", heartbeat_s=6)
        assert [await socket.receive(), await socket.receive()] == ["one", None]
        await socket.close()
        assert await socket.receive() is None
        await socket.close()
    finally:
        await runner.cleanup()


async def test_a_name_is_dialled_as_its_address_is() -> None:
    """`localhost` of the hosts file; names that cease to resolve are in test_addresses.py."""
    heard: list[bytes] = []
    raw = b"HTTP/1.1 200 Fine\r\nContent-Length: 2\r\n\r\nok"
    async with listener(replies(raw, heard)) as root:
        pool = AiohttpNet().open_pool()
        answer = await pool.fetch("GET", f"{root.replace('127.0.0.1', 'localhost')}/a", {}, None)
        await pool.close()
    assert answer.text == "ok"
    assert b"Host: localhost" in heard[0]
