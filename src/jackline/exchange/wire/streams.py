"""Who listens to which stream. A listener may be a real socket or a callback; publishing never waits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import parse_qs, unquote

import msgspec

from jackline.exchange.wire.json import Json, encode
from jackline.exchange.wire.misbehaviour import Board

STREAMS_MAX: Final = 200
"""Streams per socket, as at the venue."""

_ROOTS: Final = ("/public", "/market", "/private")
_REFUSED: Final = 2


class _Command(msgspec.Struct, frozen=True):
    """A frame from a client."""

    method: str
    params: list[str] = []
    id: int | str | None = None


_DECODER: Final = msgspec.json.Decoder(_Command)


class Listener(Protocol):
    """One connection to the streams, told apart from others by identity."""

    def offer(self, frame: bytes) -> None:
        """Takes one text frame; must not wait."""
        ...

    def hang_up(self) -> None:
        """The venue has closed the connection; nothing is offered any more."""
        ...


@dataclass(slots=True, kw_only=True)
class _Seat:
    """`combined` wraps each message with the name of its stream; `born_ms` is when it was opened (wire time)."""

    combined: bool
    born_ms: int
    streams: dict[str, None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """What an address asks for."""

    combined: bool
    streams: tuple[str, ...]


def read_dial(path: str, query: str) -> Dial | None:
    """`/ws`, `/ws/<streams>` and `/stream?streams=` under each of the venue's three roots, and bare as of old;
    a listen key is a stream. None where no socket is served."""
    for root in _ROOTS:
        if path.startswith(f"{root}/"):
            path = path.removeprefix(root)
            break
    asked = parse_qs(query)
    keys = asked.get("listenKey", [])[:1]
    if path == "/stream":
        return Dial(combined=True, streams=(*_names(asked.get("streams", [""])[0]), *keys))
    if path == "/ws" or path.startswith("/ws/"):
        return Dial(combined=False, streams=(*_names(unquote(path.removeprefix("/ws"))), *keys))
    return None


def _names(text: str) -> list[str]:
    return [one for one in text.split("/") if one]


class Hub:
    """All listeners by stream, in the order in which they came. `dial` reads the addresses of the wire."""

    def __init__(self, board: Board, dial: Callable[[str, str], Dial | None] = read_dial) -> None:
        self._board = board
        self._dial = dial
        self._seats: dict[Listener, _Seat] = {}
        self._listeners: dict[str, dict[Listener, None]] = {}
        self.shut = False
        """Nobody may open a socket."""

    def attach(self, path: str, query: str, listener: Listener) -> bool:
        """Seats a listener by the address it dialled. False where no socket is served, or none just now."""
        dial = self._dial(path, query)
        if dial is None or not self.enter(listener, combined=dial.combined):
            return False
        self.subscribe(listener, dial.streams[:STREAMS_MAX])
        return True

    def enter(self, listener: Listener, *, combined: bool = False) -> bool:
        """Seats a listener that listens to nothing yet, as a socket of requests does for ever. False where none may be
        opened just now."""
        if self.shut or self._board.refuses_dial():
            return False
        self._seats[listener] = _Seat(combined=combined, born_ms=self._board.now_ms())
        return True

    def retire(self, life_ms: int) -> None:
        """Closes every socket that has been open for so long (wire time)."""
        limit_ms = self._board.now_ms() - life_ms
        for listener in [one for one, seat in self._seats.items() if seat.born_ms <= limit_ms]:
            self.detach(listener)
            listener.hang_up()

    def detach(self, listener: Listener) -> None:
        """Forgets a listener; one that is not seated is no error, for both sides may hang up at once."""
        seat = self._seats.get(listener)
        if seat is not None:
            self.unsubscribe(listener, list(seat.streams))
            del self._seats[listener]

    def hang_up(self, stream: str | None) -> None:
        """Closes everyone on a stream, or everyone."""
        for listener in list(self._seats if stream is None else self._listeners.get(stream, ())):
            self.detach(listener)
            listener.hang_up()

    def heard(self, stream: str) -> bool:
        return stream in self._listeners

    def publish(self, stream: str, message: Json, *, account: str | None = None) -> None:
        """Tells a stream; `account` is whose user stream it is, None for the market's. The board may have it
        otherwise."""
        if self._board.calm:
            self._send(stream, message)
            return
        for _ in range(self._board.copies(stream, message, account=account)):
            self._send(stream, message)

    def release(self) -> None:
        """Sends what was held back and no longer is."""
        for stream, message in self._board.released():
            self._send(stream, message)

    def _send(self, stream: str, message: Json) -> None:
        listeners = self._listeners.get(stream)
        if not listeners:
            return
        plain: bytes | None = None
        wrapped: bytes | None = None
        # A copy, asked again each time: whoever is offered a frame may leave at once, or send others away.
        for listener in tuple(listeners):
            seat = self._seats.get(listener)
            if seat is None:
                continue
            if seat.combined:
                wrapped = wrapped or encode({"stream": stream, "data": message})
                listener.offer(wrapped)
            else:
                plain = plain or encode(message)
                listener.offer(plain)

    def subscribe(self, listener: Listener, streams: Sequence[str]) -> None:
        seat = self._seats[listener]
        for stream in streams:
            seat.streams[stream] = None
            self._listeners.setdefault(stream, {})[listener] = None

    def unsubscribe(self, listener: Listener, streams: Sequence[str]) -> None:
        seat = self._seats[listener]
        for stream in streams:
            if stream not in seat.streams:
                continue
            del seat.streams[stream]
            del self._listeners[stream][listener]
            if not self._listeners[stream]:
                del self._listeners[stream]

    def command(self, listener: Listener, text: str) -> None:
        """A frame from the client; the answer is offered to it like any other frame."""
        if listener in self._seats:
            listener.offer(encode(self._answer(listener, text)))

    def _answer(self, listener: Listener, text: str) -> Json:
        try:
            command = _DECODER.decode(text)
        except msgspec.DecodeError as error:
            return {"error": {"code": _REFUSED, "msg": f"Invalid request: {error}"}, "id": None}
        streams = self._seats[listener].streams
        match command.method:
            case "SUBSCRIBE":
                if len(streams | dict.fromkeys(command.params)) > STREAMS_MAX:
                    return {"error": {"code": _REFUSED, "msg": "Too many streams."}, "id": command.id}
                self.subscribe(listener, command.params)
            case "UNSUBSCRIBE":
                self.unsubscribe(listener, command.params)
            case "LIST_SUBSCRIPTIONS":
                return {"result": sorted(streams), "id": command.id}
            case _:
                message = f"Invalid request: unknown variant `{command.method}`"
                return {"error": {"code": _REFUSED, "msg": message}, "id": command.id}
        return {"result": None, "id": command.id}
