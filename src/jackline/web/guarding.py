"""What no request gets past, whatever its route: our own name, a body of bounded size and time, pages of ours alone."""

from __future__ import annotations

import asyncio
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jackline.web.options import BODY_BYTES_MAX, WebOptions
from jackline.web.problems import Problem, response

BODY_S_MAX = 10.0
"""A body of 64 kB that takes longer comes from somebody who holds a connection for its own sake."""
FOR_ALL: Final = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # with none at all a browser sends our own forms with the origin "null"
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class Guarding:
    """ASGI middleware, the outermost of ours."""

    def __init__(self, app: ASGIApp, options: WebOptions) -> None:
        self._app = app
        self._options = options

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer with what is wrong about it."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        wrong = self._stranger(headers, scope)
        if scope["type"] == "websocket":
            if wrong is not None:
                await send({"type": "websocket.close", "code": 4403, "reason": wrong.kind.code})
                return
            await self._app(scope, receive, send)
            return
        if wrong is None:
            wrong = _too_large(headers)
        if wrong is not None:
            await response(wrong)(scope, receive, _stamped(send))
            return
        try:
            body = await _read(receive) if scope["method"] not in {"GET", "HEAD", "OPTIONS"} else None
        except Problem as problem:
            await response(problem)(scope, receive, _stamped(send))
            return
        await self._app(scope, receive if body is None else _replayed(body, receive), _stamped(send))

    def _stranger(self, headers: Headers, scope: Scope) -> Problem | None:
        """A name that is not ours (DNS rebinding), or a page that is not ours."""
        host = headers.get("host", "")
        name = urlsplit(f"//{host}").hostname or ""
        if name not in self._options.hosts and f"[{name}]" not in self._options.hosts:
            return Problem("unknown-host", "this server is not known by that name")
        origin = headers.get("origin")
        changes = scope["type"] == "websocket" or scope["method"] not in {"GET", "HEAD", "OPTIONS"}
        if origin is not None and changes and urlsplit(origin).netloc != host:
            return Problem("forged", "the request comes from a page of another origin")
        return None


def _too_large(headers: Headers) -> Problem | None:
    length = headers.get("content-length")
    if length is not None and length.isdecimal() and int(length) > BODY_BYTES_MAX:
        return Problem("too-large", f"at most {BODY_BYTES_MAX} bytes are taken")
    return None


async def _read(receive: Receive) -> bytes:
    """The whole body. Raises Problem where it is too large, too slow, or its sender has gone."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S_MAX):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Problem("too-slow", "the connection was closed before the body was complete")
                body += message.get("body", b"")
                if len(body) > BODY_BYTES_MAX:
                    raise Problem("too-large", f"at most {BODY_BYTES_MAX} bytes are taken")
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        raise Problem("too-slow", f"the body was not complete after {BODY_S_MAX:g} s") from None


def _replayed(body: bytes, receive: Receive) -> Receive:
    """The body once, then whatever the connection says."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _stamped(send: Send) -> Send:
    """Every answer forbids what no page of ours does."""

    async def stamp(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in FOR_ALL.items():
                headers.setdefault(name, value)
        await send(message)

    return stamp
