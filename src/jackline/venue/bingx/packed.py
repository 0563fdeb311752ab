"""BingX's sockets for whoever reads text: every frame gzip, the venue's Ping answered, silence noticed.

Fulfils `Net` towards the loop that dials again, so that this loop is the same for every venue.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Sequence

from jackline.venue.net import NetTrouble, Pool, TalkingNet, TalkingSocket

PING, PONG = "Ping", "Pong"
SILENCE_S = 12.0
"""The venue pings every five seconds: two of its pings may be lost."""
SEND_DEADLINE_S = 2.0
"""A Pong or a subscription that the network does not take for so long means that the socket is dead."""
TEXT_BYTES_MAX = 1 << 20
"""Of an unpacked frame: a hundred times what the venue sends."""
_GZIP = 16 + zlib.MAX_WBITS


class PackedNet:
    """Dials with something to say: `greetings` are sent as soon as a socket stands."""

    def __init__(
        self, net: TalkingNet, *, greetings: Sequence[str] = (), silence_s: float = SILENCE_S
    ) -> None:
        self._net = net
        self._greetings = tuple(greetings)
        self._silence_s = silence_s

    def open_pool(self) -> Pool:
        """A pool of the net behind."""
        return self._net.open_pool()

    async def connect(self, url: str, *, heartbeat_s: float) -> PackedSocket:
        """Dial; the venue keeps the heart beating here, so `heartbeat_s` counts for nothing. Raises NetTrouble."""
        socket = PackedSocket(await self._net.talk(url), silence_s=self._silence_s)
        greeted = False
        try:
            for text in self._greetings:
                await socket.send(text)
            greeted = True
        finally:
            if not greeted:
                await socket.close()
        return socket


class PackedSocket:
    """Fulfils `Socket`."""

    def __init__(self, socket: TalkingSocket, *, silence_s: float) -> None:
        self._socket = socket
        self._silence_s = silence_s

    async def receive(self) -> str | None:
        """The next frame that says something; None when the socket is closed, or silent for too long."""
        while True:
            try:
                async with asyncio.timeout(self._silence_s):
                    frame = await self._socket.receive()
            except TimeoutError:
                return None
            if frame is None:
                return None
            text = frame if isinstance(frame, str) else _unpacked(frame)
            if text != PING:
                return text
            try:
                await self.send(PONG)
            except NetTrouble:
                return None

    async def send(self, text: str) -> None:
        """Raises NetTrouble."""
        try:
            async with asyncio.timeout(SEND_DEADLINE_S):
                await self._socket.send(text)
        except TimeoutError:
            raise NetTrouble("a frame was not taken in time") from None

    async def close(self) -> None:
        """Close; never raises."""
        await self._socket.close()


def _unpacked(frame: bytes) -> str:
    """The text of a frame; "" for one that cannot be read, which its reader then does not understand."""
    try:
        return zlib.decompressobj(_GZIP).decompress(frame, TEXT_BYTES_MAX).decode(errors="replace")
    except zlib.error:
        return ""
