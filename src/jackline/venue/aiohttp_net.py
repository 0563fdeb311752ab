"""The network port over aiohttp: what production sends through, and nothing about what it carries."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress

import aiohttp
import yarl

from jackline.venue.addresses import RememberingResolver
from jackline.venue.net import HttpAnswer, NetTrouble

CONNECTIONS_MAX = 32
"""Per pool: what a few looks at a handful of symbols ask at once, each part up to three times."""
KEEP_ALIVE_S = 120
"""Idle connections stay warm between guard passes."""
BACKSTOP_S = 10.0
"""Of a whole request, under the deadlines of each verb, which are all shorter."""
FRAME_BYTES_MAX = 1 << 20
"""Of a stream: the largest frame the venue documents is a hundredth of it."""

_BROKEN = (aiohttp.ClientError, TimeoutError, OSError)


class AiohttpNet:
    """Fulfils `Net`. Every pool and every socket owns its session, so that closing one disturbs no other.

    They share what names have been told to mean.
    """

    def __init__(self) -> None:
        self._resolver = RememberingResolver()

    def open_pool(self) -> AiohttpPool:
        """Needs a running loop."""
        return AiohttpPool(_open_session(self._resolver))

    async def connect(self, url: str, *, heartbeat_s: float) -> AiohttpSocket:
        """Dial; a dial that fails or is cancelled leaves nothing open."""
        return AiohttpSocket(*await _dial(self._resolver, url, heartbeat_s))

    async def talk(self, url: str) -> AiohttpTalkingSocket:
        """The same, for a protocol that is spoken both ways."""
        return AiohttpTalkingSocket(*await _dial(self._resolver, url, None))


class AiohttpPool:
    """Fulfils `Pool`."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def fetch(self, method: str, url: str, headers: Mapping[str, str], body: str | None) -> HttpAnswer:
        """The address goes out byte for byte as it was signed; a redirect is an answer and is not followed."""
        if self._session.closed:
            raise NetTrouble("the pool is closed")
        try:
            async with self._session.request(
                method,
                yarl.URL(url, encoded=True),
                headers=headers,
                data=None if body is None else body.encode(),
                allow_redirects=False,
            ) as response:
                raw = await response.read()
        except _BROKEN as error:
            raise NetTrouble(_words(error)) from None
        return HttpAnswer(
            status=response.status,
            reason=response.reason or "",
            headers={name.lower(): value for name, value in response.headers.items()},
            text=raw.decode(errors="replace"),
        )

    async def close(self) -> None:
        """Close the connections; what is under way ends in trouble."""
        await self._session.close()


class _Stream:
    """A socket and its session, which end together."""

    def __init__(self, session: aiohttp.ClientSession, stream: aiohttp.ClientWebSocketResponse) -> None:
        self._session = session
        self._stream = stream

    async def send(self, text: str) -> None:
        """One text frame; what is written to a dead line is found out by its pings. Raises NetTrouble."""
        try:
            await self._stream.send_str(text)
        except _BROKEN as error:
            raise NetTrouble(_words(error)) from None

    async def close(self) -> None:
        """Say good-bye where somebody listens."""
        with suppress(*_BROKEN):
            await self._stream.close()
        await self._session.close()


class AiohttpSocket(_Stream):
    """Fulfils `Socket`."""

    async def receive(self) -> str | None:
        """The next text frame. Anything else, a binary frame too, is not of this protocol and ends it."""
        message = await self._stream.receive()
        return message.data if message.type is aiohttp.WSMsgType.TEXT else None


class AiohttpTalkingSocket(_Stream):
    """Fulfils `TalkingSocket`."""

    async def receive(self) -> str | bytes | None:
        """The next frame, text or binary."""
        message = await self._stream.receive()
        if message.type is aiohttp.WSMsgType.BINARY:
            return bytes(message.data)
        return message.data if message.type is aiohttp.WSMsgType.TEXT else None


async def _dial(
    resolver: RememberingResolver, url: str, heartbeat_s: float | None
) -> tuple[aiohttp.ClientSession, aiohttp.ClientWebSocketResponse]:
    """A session with its one socket; nothing stays open where there is none."""
    session = _open_session(resolver)
    dialled = False
    try:
        stream = await session.ws_connect(url, heartbeat=heartbeat_s, max_msg_size=FRAME_BYTES_MAX)
        dialled = True
    except _BROKEN as error:
        raise NetTrouble(_words(error)) from None
    finally:
        if not dialled:
            await session.close()
    return session, stream


def _open_session(resolver: RememberingResolver) -> aiohttp.ClientSession:
    """Without proxies from the environment, and without silent retries."""
    connector = aiohttp.TCPConnector(limit=CONNECTIONS_MAX, keepalive_timeout=KEEP_ALIVE_S, resolver=resolver)
    timeout = aiohttp.ClientTimeout(total=BACKSTOP_S, sock_connect=BACKSTOP_S, sock_read=BACKSTOP_S)
    session = aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False)
    # aiohttp repeats GET, PUT and DELETE on a stale connection; it has no public switch for that.
    session._retry_connection = False
    return session


def _words(error: BaseException) -> str:
    """The operating system's own words where it has any; never the library's, which may repeat a signed address."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):  # its numbers are no numbers of errors
        return f"{type(error).__name__}: {error.os_error.strerror}"
    if isinstance(error, OSError) and error.errno:
        return f"{type(error).__name__}: {os.strerror(error.errno)}"
    return type(error).__name__
