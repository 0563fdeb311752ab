"""The socket of BingX: every frame gzip, a Ping every few seconds, subscriptions by `dataType`."""

import asyncio
import gzip
from typing import Final

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from jackline.exchange.bingx.floor import SOCKET_PATH, BingxFloor
from jackline.exchange.bingx.market_streams import KINDS
from jackline.exchange.wire.json import Json, encode
from jackline.exchange.wire.sockets import FRAME_BYTES_MAX, SEND_DEADLINE_S, SocketListener, pong
from jackline.exchange.wire.streams import Listener

PING_S: Final = 5.0
PINGS_UNANSWERED_MAX: Final = 12
"""A client that says nothing for a minute is cut off; the real patience is not written down."""

_BAD_FRAME: Final = 80014
_NO_SYMBOL: Final = 80015


class _Command(msgspec.Struct, frozen=True):
    """A frame from a client."""

    id: str = ""
    reqType: str = "sub"  # the name on the wire
    dataType: str = ""  # the name on the wire


_DECODER: Final = msgspec.json.Decoder(_Command)


def answer(floor: BingxFloor, listener: Listener, text: str) -> Json:
    """Subscribes or unsubscribes a listener, and what it is told about that."""
    try:
        command = _DECODER.decode(text)
    except msgspec.DecodeError:
        return {"id": "", "code": _BAD_FRAME, "msg": "invalid request"}
    symbol, _, kind = command.dataType.partition("@")
    wire_ms = floor.venue.state.clock.wire_ms()
    said: dict[str, Json] = {"id": command.id, "code": 0, "msg": "SUCCESS", "timestamp": wire_ms}
    if kind not in KINDS or command.reqType not in {"sub", "unsub"}:
        return said | {"code": _BAD_FRAME, "msg": f"dataType {command.dataType} not support"}
    if symbol.replace("-", "", 1) not in floor.venue.state.markets:
        return said | {"code": _NO_SYMBOL, "msg": f"{symbol} not exist"}
    if command.reqType == "unsub":
        floor.hub.unsubscribe(listener, [command.dataType])
    else:
        floor.hub.subscribe(listener, [command.dataType])
    return said


def hear(floor: BingxFloor, listener: Listener, heart: "Heart", text: str) -> None:
    """A frame from a client: a Pong, a Ping that wants nothing, or what it wants to listen to."""
    if text == "Pong":
        heart.unanswered = 0
    elif text != "Ping":
        listener.offer(encode(answer(floor, listener, text)))


def packed(frame: bytes) -> bytes:
    """A frame as it goes out: compressed by itself, without a time in its head."""
    return gzip.compress(frame, mtime=0)


class BingxSockets:
    """All open sockets of one server."""

    def __init__(self, floor: BingxFloor) -> None:
        self._floor = floor
        self._open: dict[web.WebSocketResponse, None] = {}

    def add_to(self, app: web.Application) -> None:
        app.router.add_get(SOCKET_PATH, self._serve)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        """Runs one socket until either side ends it."""
        socket = web.WebSocketResponse(autoping=False, compress=False, max_msg_size=FRAME_BYTES_MAX)
        listener = SocketListener()
        path, _, query = request.raw_path.partition("?")
        if not self._floor.hub.attach(path, query, listener):
            return web.Response(status=503)
        try:
            await socket.prepare(request)
            self._open[socket] = None
            heart = Heart()
            tasks = [
                asyncio.create_task(self._write(socket, listener)),
                asyncio.create_task(heart.beat(listener)),
            ]
            try:
                async for message in socket:
                    if self._floor.hub.is_deaf(listener):
                        continue
                    if message.type is WSMsgType.TEXT:
                        hear(self._floor, listener, heart, message.data)
                    elif message.type is WSMsgType.PING:
                        await pong(socket, message.data)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            self._open.pop(socket, None)
            self._floor.hub.detach(listener)
        return socket

    async def _write(self, socket: web.WebSocketResponse, listener: SocketListener) -> None:
        """Sends what is queued, each frame compressed by itself; a socket that is too slow is closed."""
        try:
            while not listener.overflowed:
                frame = await listener.queue.get()
                if frame is None:
                    await socket.close(code=WSCloseCode.GOING_AWAY)
                    return
                if self._floor.hub.is_deaf(listener):
                    continue
                async with asyncio.timeout(SEND_DEADLINE_S):
                    await socket.send_bytes(packed(frame))
        except (TimeoutError, ConnectionError):
            pass  # closing is all that is left, and it is what follows
        await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"slow consumer")

    async def close(self) -> None:
        """Says goodbye to every socket, each within the send deadline."""
        await asyncio.gather(*map(_say_goodbye, self._open), return_exceptions=True)


class Heart:
    """Pings one listener, and hangs up on one that has not answered for long. `period_s` lies between two pings."""

    def __init__(self, period_s: float = PING_S) -> None:
        self._period_s = period_s
        self.unanswered = 0

    async def beat(self, listener: Listener) -> None:
        while True:
            await asyncio.sleep(self._period_s)
            if not self.ping(listener):
                return

    def ping(self, listener: Listener) -> bool:
        """One ping, due now; False where none was answered for too long, and the listener is hung up instead."""
        if self.unanswered >= PINGS_UNANSWERED_MAX:
            listener.hang_up()
            return False
        self.unanswered += 1
        listener.offer(b"Ping")
        return True


async def _say_goodbye(socket: web.WebSocketResponse) -> None:
    async with asyncio.timeout(SEND_DEADLINE_S):
        await socket.close(code=WSCloseCode.GOING_AWAY)
