"""Sockets: who listens to which stream, and a bounded queue between the venue and each of them."""

import asyncio
from collections import defaultdict
from typing import Final

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from jackline.exchange.wire.json import Json, encode

QUEUE_MAX: Final = 4_096
"""Messages a socket may be behind. A slower consumer is cut off: it must resync anyway, and the venue never
waits."""

SEND_DEADLINE_S: Final = 10.0
PING_S: Final = 180.0
STREAMS_MAX: Final = 200
"""Streams per socket, as at the venue."""

_REFUSED: Final = 2


class _Command(msgspec.Struct, frozen=True):
    """A frame from a client."""

    method: str
    params: list[str] = []
    id: int | str | None = None


_DECODER: Final = msgspec.json.Decoder(_Command)


class Listener:
    """One socket. `combined` wraps each message with the name of its stream."""

    def __init__(self, *, combined: bool) -> None:
        self.combined = combined
        self.streams: set[str] = set()
        self.queue: asyncio.Queue[bytes] = asyncio.Queue(QUEUE_MAX)
        self.overflowed = asyncio.Event()

    def offer(self, frame: bytes) -> None:
        """Queues a frame, or marks the socket for closing when it is too far behind."""
        try:
            self.queue.put_nowait(frame)
        except asyncio.QueueFull:
            self.overflowed.set()


class Hub:
    """All sockets by stream. Publishing never waits."""

    def __init__(self) -> None:
        self._listeners: defaultdict[str, set[Listener]] = defaultdict(set)
        self._sockets: set[web.WebSocketResponse] = set()

    def heard(self, stream: str) -> bool:
        return bool(self._listeners.get(stream))

    def publish(self, stream: str, message: Json) -> None:
        listeners = self._listeners.get(stream)
        if not listeners:
            return
        plain = encode(message)
        wrapped = encode({"stream": stream, "data": message})
        for listener in listeners:
            listener.offer(wrapped if listener.combined else plain)

    def subscribe(self, listener: Listener, streams: list[str]) -> None:
        for stream in streams:
            listener.streams.add(stream)
            self._listeners[stream].add(listener)

    def unsubscribe(self, listener: Listener, streams: list[str]) -> None:
        for stream in streams:
            listener.streams.discard(stream)
            self._listeners[stream].discard(listener)
            if not self._listeners[stream]:
                del self._listeners[stream]

    async def serve(
        self, request: web.Request, *, combined: bool, streams: list[str]
    ) -> web.WebSocketResponse:
        """Runs one socket until either side ends it."""
        socket = web.WebSocketResponse(heartbeat=PING_S, compress=False, max_msg_size=64 * 1024)
        await socket.prepare(request)
        listener = Listener(combined=combined)
        self.subscribe(listener, streams[:STREAMS_MAX])
        self._sockets.add(socket)
        writer = asyncio.create_task(_write(socket, listener))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    listener.offer(encode(self._answer(listener, message.data)))
        finally:
            self._sockets.discard(socket)
            self.unsubscribe(listener, list(listener.streams))
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
        return socket

    async def close(self) -> None:
        """Says goodbye to every socket, each within the send deadline."""
        farewells = [
            asyncio.wait_for(socket.close(code=WSCloseCode.GOING_AWAY), SEND_DEADLINE_S)
            for socket in self._sockets
        ]
        await asyncio.gather(*farewells, return_exceptions=True)

    def _answer(self, listener: Listener, text: str) -> Json:
        try:
            command = _DECODER.decode(text)
        except msgspec.DecodeError as error:
            return {"error": {"code": _REFUSED, "msg": f"Invalid request: {error}"}, "id": None}
        match command.method:
            case "SUBSCRIBE":
                if len(listener.streams | set(command.params)) > STREAMS_MAX:
                    return {"error": {"code": _REFUSED, "msg": "Too many streams."}, "id": command.id}
                self.subscribe(listener, command.params)
            case "UNSUBSCRIBE":
                self.unsubscribe(listener, [one for one in command.params if one in listener.streams])
            case "LIST_SUBSCRIPTIONS":
                return {"result": sorted(listener.streams), "id": command.id}
            case _:
                message = f"Invalid request: unknown variant `{command.method}`"
                return {"error": {"code": _REFUSED, "msg": message}, "id": command.id}
        return {"result": None, "id": command.id}


async def _write(socket: web.WebSocketResponse, listener: Listener) -> None:
    """Sends what is queued; a socket that overflowed or does not take a frame in time is closed."""
    try:
        while not listener.overflowed.is_set():
            frame = await listener.queue.get()
            await asyncio.wait_for(socket.send_str(frame.decode()), SEND_DEADLINE_S)
    except (TimeoutError, ConnectionError):
        listener.overflowed.set()
    await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"slow consumer")
