"""Streams and the socket API over real sockets: a bounded queue between the venue and each listener."""

import asyncio
from contextlib import suppress
from typing import Final

from aiohttp import WSCloseCode, WSMsgType, web

from jackline.exchange.wire.limits import HERE
from jackline.exchange.wire.streams import Hub
from jackline.exchange.wire.ws_api import Reply, WsApi

QUEUE_MAX: Final = 4_096
"""Messages a socket may be behind. A slower consumer is cut off: it must resync anyway, and the venue never
waits."""

SEND_DEADLINE_S: Final = 10.0
PING_S: Final = 180.0
FRAME_BYTES_MAX: Final = 64 * 1024


class SocketListener:
    """The venue's end of one socket: frames not yet sent, and None where the venue hangs up."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue(QUEUE_MAX + 1)
        self.overflowed = False

    def offer(self, frame: bytes) -> None:
        """Queues a frame, or marks the socket for closing when it is too far behind."""
        if self.queue.qsize() < QUEUE_MAX:
            self.queue.put_nowait(frame)
        else:
            self.overflowed = True

    def hang_up(self) -> None:
        """The last thing in the queue: what was offered before still goes out."""
        if not self.queue.full():
            self.queue.put_nowait(None)


class Sockets:
    """All open sockets of one server."""

    def __init__(self, hub: Hub, api: WsApi) -> None:
        self._hub = hub
        self._api = api
        self._open: dict[web.WebSocketResponse, None] = {}

    def add_to(self, app: web.Application) -> None:
        for root in ("", "/public", "/market", "/private"):
            for tail in ("/ws", "/ws/{streams:.+}", "/stream"):
                app.router.add_get(root + tail, self._serve)
        app.router.add_get("/ws-fapi/v1", self._serve_api)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        """Runs one socket until either side ends it."""
        socket = web.WebSocketResponse(heartbeat=PING_S, compress=False, max_msg_size=FRAME_BYTES_MAX)
        listener = SocketListener()
        path, _, query = request.raw_path.partition("?")
        if not self._hub.attach(path, query, listener):
            return web.Response(status=503)
        try:
            await socket.prepare(request)
            self._open[socket] = None
            writer = asyncio.create_task(_write(socket, listener))
            try:
                async for message in socket:
                    if message.type is WSMsgType.TEXT:
                        self._hub.command(listener, message.data)
            finally:
                writer.cancel()
                await asyncio.gather(writer, return_exceptions=True)
        finally:
            self._open.pop(socket, None)
            self._hub.detach(listener)
        return socket

    async def _serve_api(self, request: web.Request) -> web.StreamResponse:
        """Runs one socket of requests: each is carried out as it comes, and its answer may overtake another's."""
        socket = web.WebSocketResponse(heartbeat=PING_S, compress=False, max_msg_size=FRAME_BYTES_MAX)
        listener = SocketListener()
        if not self._hub.enter(listener):
            return web.Response(status=503)
        address = request.remote or HERE
        try:
            await socket.prepare(request)
            self._open[socket] = None
            # Nothing is ever offered here: it waits for the venue to hang up.
            writer = asyncio.create_task(_write(socket, listener))
            try:
                async with asyncio.TaskGroup() as answers:
                    async for message in socket:
                        if message.type is WSMsgType.TEXT:
                            answers.create_task(_say(socket, self._api.answer(message.data, address=address)))
            finally:
                writer.cancel()
                await asyncio.gather(writer, return_exceptions=True)
        finally:
            self._open.pop(socket, None)
            self._hub.detach(listener)
        return socket

    async def close(self) -> None:
        """Says goodbye to every socket, each within the send deadline."""
        await asyncio.gather(*map(_say_goodbye, self._open), return_exceptions=True)


async def _say(socket: web.WebSocketResponse, reply: Reply) -> None:
    """A client that is gone or takes nothing misses its answer, as over any wire."""
    await asyncio.sleep(reply.delay_ms / 1_000)
    with suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(SEND_DEADLINE_S):
            await socket.send_str(reply.frame.decode())


async def _say_goodbye(socket: web.WebSocketResponse) -> None:
    async with asyncio.timeout(SEND_DEADLINE_S):
        await socket.close(code=WSCloseCode.GOING_AWAY)


async def _write(socket: web.WebSocketResponse, listener: SocketListener) -> None:
    """Sends what is queued; a socket that overflowed or does not take a frame in time is closed."""
    try:
        while not listener.overflowed:
            frame = await listener.queue.get()
            if frame is None:
                await socket.close(code=WSCloseCode.GOING_AWAY)
                return
            async with asyncio.timeout(SEND_DEADLINE_S):
                await socket.send_str(frame.decode())
    except (TimeoutError, ConnectionError):
        pass  # closing is all that is left, and it is what follows
    await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"slow consumer")
