"""Repeated requests: the same Idempotency-Key is carried out once, and answered again with what was answered first.

Replies are kept in memory for a day. Over a restart of this process the desk keeps the promise alone: a key is the id
of its command, and the same command is not taken twice.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute

from jackline.web.access import SAFE, grant_of
from jackline.web.doubled import refuse_doubled
from jackline.web.problems import Problem, response

KEPT_S: Final = 86_400.0
KEPT_MAX: Final = 10_000
BODY_BYTES_MAX: Final = 65_536
KEY_CHARS_MAX: Final = 128
UNKEPT: Final = frozenset({202, 401, 403, 408, 429})
"""Answers that may be another one a moment later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What was answered first. `body` None while that is under way."""

    fingerprint: str
    until: float
    status: int = 0
    body: bytes | None = None
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Replies:
    """The answers of a day, by who asked and by key. The oldest make room."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, Reply] = OrderedDict()

    def begin(self, name: str, fingerprint: str) -> Reply | None:
        """The answer that was given; None where this is the first request, which is under way from now on.

        Raises Problem where the first is under way still, or was another one.
        """
        now = self._clock()
        found = self._kept.get(name)
        if found is not None and found.until <= now:
            found = None
        if found is None:
            self._kept[name] = Reply(fingerprint=fingerprint, until=now + KEPT_S)
            self._kept.move_to_end(name)
            while len(self._kept) > KEPT_MAX:
                self._kept.popitem(last=False)
            return None
        if found.fingerprint != fingerprint:
            raise Problem("key-reused", "the key came with another path or body before")
        if found.body is None:
            raise Problem("key-in-progress", "the first request with this key has not been answered yet")
        return found

    def end(self, name: str, answer: Response | None) -> None:
        """Keep the answer of the first request; forget the key where there is none that will stay so."""
        found = self._kept.get(name)
        if found is None:
            return
        body = bytes(getattr(answer, "body", b"")) if answer is not None else b""
        if (
            answer is None
            or answer.status_code in UNKEPT
            or answer.status_code >= 500
            or len(body) > BODY_BYTES_MAX
        ):
            del self._kept[name]
            return
        self._kept[name] = Reply(
            fingerprint=found.fingerprint,
            until=found.until,
            status=answer.status_code,
            body=body,
            headers=tuple(answer.raw_headers),
        )


class KnownRoute(APIRoute):
    """A route that asks who it is before it looks at a body: a stranger learns nothing of what it takes (S2)."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's own handler, behind the question."""
        handle = super().get_route_handler()

        async def known(request: Request) -> Response:
            await grant_of(request)
            if request.method not in SAFE:
                refuse_doubled(await request.body())
            return await handle(request)

        return known


class OnceRoute(KnownRoute):
    """A route whose state-changing requests are carried out once a key. Who asks is asked first (S2)."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's own handler, behind the replies."""
        handle = super().get_route_handler()

        async def once(request: Request) -> Response:
            key = request.headers.get("idempotency-key")
            if key is None or len(key) > KEY_CHARS_MAX or request.method in SAFE:
                return await handle(request)
            grant = await grant_of(request)
            replies: Replies = request.app.state.replies
            name = f"{grant.actor}\0{key}"
            before = replies.begin(name, await _fingerprint(request))
            if before is not None:
                return _again(before)
            answer: Response | None = None
            try:
                answer = await handle(request)
            except Problem as problem:
                answer = response(problem)
            finally:
                replies.end(name, answer)
            return answer

        return once


def _again(reply: Reply) -> Response:
    answer = Response(content=reply.body, status_code=reply.status)
    answer.raw_headers = [*reply.headers, (b"idempotency-replayed", b"true")]
    return answer


async def _fingerprint(request: Request) -> str:
    said = f"{request.method}\0{request.url.path}\0{request.url.query}\0".encode()
    return hashlib.sha256(said + await request.body()).hexdigest()
