"""The socket of orders: a second way to the venue that is open before it is needed.

It shares nothing with REST but the account: another host at the venue, another connection, no pool. What swallows one
request is hung up and dialled again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from jackline.venue.binance.order_frames import as_rest, number_of
from jackline.venue.net import HttpAnswer, Net, NetTrouble, Socket
from jackline.venue.transport.socket import SocketHandlers, run_socket

PATH = "/ws-fapi/v1"
LIFE_S = 12 * 3_600.0
"""The venue hangs up after 24 hours; renewed before, at a moment when nobody waits for an answer."""
DOUBTED_S = 0.9
"""Under the deadline of every verb that uses it: while an answer is due for longer, nothing else goes this way."""
SWALLOWED_S = 2.0
"""A venue that is merely slow has answered by then, here as over REST; what has not is hung up."""
WAITING_MAX = 64
"""Requests under way at once; far more than the positions of an account, and a socket so far behind is no help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wait:
    """A request under way. `alarm` goes off when its answer is overdue."""

    answer: asyncio.Future[str]
    alarm: asyncio.TimerHandle

    def fail(self, why: str) -> None:
        self.alarm.cancel()
        if not self.answer.done():
            self.answer.set_exception(NetTrouble(why))


class OrderSocket:
    """Fulfils `Pool` for requests that are frames. Open only while `run` runs."""

    def __init__(self, *, net: Net, root: str, life_s: float = LIFE_S) -> None:
        self._net = net
        self._url = f"{root}{PATH}"
        self._life_s = life_s
        self._socket: Socket | None = None
        self._broken = asyncio.Event()
        self._waiting: dict[int, _Wait] = {}

    @property
    def url(self) -> str:
        """Where it is dialled."""
        return self._url

    @property
    def is_open(self) -> bool:
        """A request would leave at once, and nothing says that it would be swallowed."""
        if self._socket is None or len(self._waiting) >= WAITING_MAX:
            return False
        oldest = next(iter(self._waiting.values()), None)
        return (
            oldest is None
            or asyncio.get_running_loop().time() < oldest.alarm.when() - SWALLOWED_S + DOUBTED_S
        )

    async def run(self) -> None:
        """Keep it open until cancelled."""

        async def address() -> str:
            return self._url

        handlers = SocketHandlers(
            address=address,
            opened=self._opened,
            frame=self._frame,
            closed=self._closed,
            companion=self._until_over,
        )
        await run_socket("orders", handlers, net=self._net)

    async def fetch(self, method: str, url: str, headers: Mapping[str, str], body: str | None) -> HttpAnswer:
        """Send one frame and wait for its answer. Raises NetTrouble: not open, broken, or silent for too long."""
        socket = self._socket
        if socket is None or body is None:
            raise NetTrouble("the socket of orders is not open")
        loop, number = asyncio.get_running_loop(), number_of(body)
        # Kept though the caller may stop waiting: a socket that swallows requests is found out all the same.
        wait = self._waiting[number] = _Wait(
            answer=loop.create_future(),
            alarm=loop.call_later(SWALLOWED_S, self._swallowed, number),
        )
        await socket.send(body)
        return as_rest(await wait.answer)

    async def close(self) -> None:
        """Nothing to do: it closes with `run`."""

    async def _opened(self, socket: Socket) -> None:
        self._broken.clear()
        self._socket = socket

    async def _frame(self, text: str) -> bool:
        """An answer finds who waits for it. A frame without a number is the word of a gateway: nothing more is sent
        this way."""
        try:
            wait = self._waiting.pop(number_of(text), None)
        except msgspec.DecodeError:
            return False
        if wait is not None:
            wait.alarm.cancel()
            if not wait.answer.done():
                wait.answer.set_result(text)
        return True

    def _swallowed(self, number: int) -> None:
        self._waiting.pop(number).fail("the socket of orders gave no answer")
        self._broken.set()

    def _closed(self) -> None:
        self._socket = None
        waiting, self._waiting = self._waiting, {}
        for wait in waiting.values():
            wait.fail("the socket of orders broke")

    async def _until_over(self) -> None:
        """Return, and so reconnect, when it swallowed a request, or its time is over and nobody waits."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._life_s):
                    await self._broken.wait()
                    return
            if not self._waiting:
                return
