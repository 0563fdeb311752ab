"""A connection that keeps nobody out: whoever holds one without asking anything is cut, and makes room for who asks.

uvicorn bounds how many connections there are, and then answers 503 to every one of them. Without a deadline for the
head of a request, some hundred silent connections, which need no token, would hold the kill switch shut for as long as
they like (K2).
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, cast

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from jackline.web.problems import Problem, response

HEAD_S_MAX: Final = 10.0
"""From the connection, or from the answer before, to the end of a request's head."""


_waiting: dict[Connection, None] = {}
"""Whose request is not complete, the oldest first. One process, one server."""


class Connection(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it. Of those whose request is not complete the oldest makes room for a new one."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._cut: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn narrows it
        """Take part, and take the place of the oldest that only waits where there is none left."""
        super().connection_made(transport)
        most = self.limit_concurrency
        if most is not None and len(self.connections) >= most and _waiting:
            next(iter(_waiting)).leave()
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A complete request is answered, however long that takes; anything less waits on."""
        super().data_received(data)
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            self._stop_waiting()  # gone, or a WebSocket, which is counted and pinged elsewhere
        elif not self._is_asked:
            self._wait()
        elif self.cycle.more_body:
            self._stop_clock()
        else:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """Answered: it may ask again, and is the first to go where others want in."""
        super().on_response_complete()
        if not self._is_asked and not self.transport.is_closing():
            _waiting[self] = None

    def leave(self) -> None:
        """Make room for another."""
        self._stop_waiting()
        self.transport.abort()

    @property
    def _is_asked(self) -> bool:
        """A head has come, and its request is not answered. The body has a deadline of its own (`guarding`)."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is not None and not cycle.response_complete

    def _wait(self) -> None:
        _waiting.setdefault(self, None)
        if self._cut is None:
            self._cut = self.loop.call_later(HEAD_S_MAX, self._too_slow)

    def _stop_clock(self) -> None:
        if self._cut is not None:
            self._cut.cancel()
            self._cut = None

    def _stop_waiting(self) -> None:
        self._stop_clock()
        _waiting.pop(self, None)

    def _too_slow(self) -> None:
        self._stop_waiting()
        if self.transport.is_closing():
            return
        if self.conn.trailing_data[0]:  # it has begun to say something, and is told why it is cut
            body = bytes(response(Problem("too-slow", f"no whole head after {HEAD_S_MAX:g} s")).body)
            head = f"HTTP/1.1 408 Request Timeout\r\ncontent-length: {len(body)}\r\nconnection: close\r\n"
            self.transport.write(f"{head}content-type: application/problem+json\r\n\r\n".encode() + body)
        self.transport.close()
