"""The user stream: two sockets on one listen key; what either says becomes a hint, once.

Nothing is replayed after a reconnect, so the stream says when it went down and up, and the core reads. It is down only
while both sockets are. Frames wait in a queue before anything looks into them, so that no frame, however strange, ends
the pump, and no slow reader holds up a socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b

import msgspec
import structlog

from jackline.core.events import AccountHinted, Event, StreamChanged
from jackline.venue.binance.frames import ListenKeyExpired, UserFrame
from jackline.venue.binance.hints import Hints
from jackline.venue.binance.listen_key import KEEP_ALIVE_S, ListenKey, ListenKeys
from jackline.venue.binance.told import Identity, Memory, identity
from jackline.venue.net import Net, Socket
from jackline.venue.transport.socket import HEARTBEAT_S, Hide, SocketHandlers, as_it_is, run_socket

SOCKETS = 2
"""One carries on while the other is dialled again."""
LIFE_S = 12 * 3_600.0
"""The venue hangs up after 24 hours, on both at once if they were opened at once: each is renewed long before, at
least a quarter of this apart."""
RETIRE_PAUSE_S = 60.0
"""A socket whose time is over stays while the other one is down, and looks again after so long."""
FRAMES_MAX = 2_048
"""Frames not yet read. The queue is emptied whenever the loop turns: this many mean that it does not, and a look at
the account is worth more than old news."""

_decode = msgspec.json.Decoder(UserFrame).decode
_log = structlog.get_logger("jackline.venue.user_stream")


@dataclass(slots=True, kw_only=True)
class _Line:
    """One socket.

    Attributes:
        key: the listen key it was dialled with.
        ends_s: when it is due to be renewed, on the loop's clock.
        owes_look: it was lost, and nobody has asked for a look since.
        leaving: it is up, and about to be renewed.
    """

    name: str
    key: str | None = None
    up: bool = False
    ends_s: float = 0.0
    owes_look: bool = False
    leaving: bool = False


class UserStream:
    """Pumps one account's events into `sink` until cancelled."""

    def __init__(
        self,
        *,
        net: Net,
        root: str,
        listen_key: ListenKey,
        sink: Callable[[Event], None],
        keep_alive_s: float = KEEP_ALIVE_S,
        heartbeat_s: float = HEARTBEAT_S,
        life_s: float = LIFE_S,
        hide: Hide = as_it_is,
    ) -> None:
        self._net = net
        self._root = root
        self._sink = sink
        self._heartbeat_s = heartbeat_s
        self._life_s = life_s
        self._hide = hide
        self._keys = ListenKeys(listen_key, keep_alive_s=keep_alive_s)
        self._lines = [_Line(name=f"user-{number}") for number in range(1, SOCKETS + 1)]
        self._frames: asyncio.Queue[str] = asyncio.Queue(FRAMES_MAX)
        self._told: Memory[Identity, None] = Memory()
        self._hints = Hints()

    async def run(self) -> None:
        """Keep the stream up for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keys.keep())
            group.create_task(self._translate())
            for line in self._lines:
                handlers = self._handlers(line)
                group.create_task(
                    run_socket(
                        line.name, handlers, net=self._net, heartbeat_s=self._heartbeat_s, hide=self._hide
                    )
                )

    # -- one socket ------------------------------------------------------------------------------------------

    def _handlers(self, line: _Line) -> SocketHandlers:
        async def address() -> str | None:
            line.key = await self._keys.key()
            return None if line.key is None else f"{self._root}/private/ws?listenKey={line.key}"

        async def opened(_: Socket) -> None:
            self._opened(line)

        async def frame(text: str) -> bool:
            return self._queue(text)

        return SocketHandlers(
            address=address,
            opened=opened,
            frame=frame,
            closed=lambda: self._closed(line),
            companion=lambda: self._until_over(line),
        )

    def _opened(self, line: _Line) -> None:
        others = [other for other in self._lines if other.up]
        line.up, line.leaving = True, False
        line.ends_s = self._end_s(others)
        if not others:
            self._look(StreamChanged(up=True))
        elif line.owes_look:
            self._look(AccountHinted(symbol=None))

    def _closed(self, line: _Line) -> None:
        line.up, line.owes_look = False, True
        if not any(other.up for other in self._lines):
            self._sink(StreamChanged(up=False))

    def _look(self, event: StreamChanged | AccountHinted) -> None:
        """The core is to read the account: what any socket missed until now is in it."""
        for line in self._lines:
            line.owes_look = False
        self._sink(event)

    def _end_s(self, others: list[_Line]) -> float:
        """When a socket opened now is to be renewed: never close to another's turn."""
        apart_s = self._life_s / 4
        ends_s = asyncio.get_running_loop().time() + self._life_s
        near = [other.ends_s for other in others if abs(other.ends_s - ends_s) < apart_s]
        return min(near) - apart_s if near else ends_s

    async def _until_over(self, line: _Line) -> None:
        """Return, and so reconnect, when the key is another one, or time is up and the other socket carries on."""
        loop = asyncio.get_running_loop()
        wait_s = line.ends_s - loop.time()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._keys.replaced(line.key)
                    return
            if any(other.up and not other.leaving for other in self._lines if other is not line):
                line.leaving = True
                return
            wait_s = min(RETIRE_PAUSE_S, self._life_s)

    # -- frames ----------------------------------------------------------------------------------------------

    def _queue(self, text: str) -> bool:
        """Take a raw frame. A full queue is thrown away for a look at the account, and this socket with it: what was
        thrown away may have said that its key is dead."""
        try:
            self._frames.put_nowait(text)
        except asyncio.QueueFull:
            _log.error("user_frames_overflowed", code="L2", frames=self._frames.qsize())
            while not self._frames.empty():
                self._frames.get_nowait()
            self._look(StreamChanged(up=True))
            return False
        return True

    async def _translate(self) -> None:
        """What is wrong with one frame costs a look at the account, and nothing else."""
        while True:
            text = await self._frames.get()
            for event in self._read(text):
                self._sink(event)

    def _read(self, text: str) -> list[Event]:
        try:
            frame: UserFrame = _decode(text)
            if not self._told.keep(identity(frame), None):
                return []
            if isinstance(frame, ListenKeyExpired):
                _log.warning("listen_key_expired")
                self._keys.expired(frame.listenKey)
            return self._hints.of(frame)
        except msgspec.DecodeError as error:
            _log.warning("user_frame_not_understood", error=str(error))
        except Exception as error:  # noqa: BLE001 # whatever a frame holds, the next one may tell of a fill
            _log.error("user_frame_broke_its_reader", error=repr(error))
        # Something happened on the account and we cannot say what: worth a read, one for both sockets.
        raw = blake2b(text.encode(errors="replace")).digest()
        return [AccountHinted(symbol=None)] if self._told.keep((raw,), None) else []
