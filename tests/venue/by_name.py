"""A process that speaks to a server by its name, over the port that the engine uses, and does what it is told.

A line on standard input is an order, a line on standard output its answer: JSON with `ok`, `words` and `ms`. Its name
server is another one than the test's, so it cannot be the test.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from jackline.venue.aiohttp_net import AiohttpNet
from jackline.venue.net import NetTrouble, Pool, Socket

HEARTBEAT_S = 5.0


class Speaker:
    """One pool and one stream that stay, and new ones on request."""

    def __init__(self, root: str) -> None:
        self._root, self._net = root, AiohttpNet()
        self._kept: Pool = self._net.open_pool()
        self._stream: Socket | None = None

    async def obey(self, order: str) -> str:
        """What is worth telling. Raises NetTrouble."""
        if order == "fetch":
            return (await self._kept.fetch("GET", f"{self._root}/hello", {}, None)).text
        if order == "fetch anew":
            pool = self._net.open_pool()
            try:
                return (await pool.fetch("GET", f"{self._root}/hello", {}, None)).text
            finally:
                await pool.close()
        if order == "dial":
            self._stream = await self._net.connect(f"{self._root}/stream", heartbeat_s=HEARTBEAT_S)
            return "dialled"
        if order == "frame" and self._stream is not None:
            await self._stream.send("say something")
            return str(await self._stream.receive())
        raise LookupError(order)


async def main(root: str) -> None:
    """Obey until standard input ends."""
    speaker, loop = Speaker(root), asyncio.get_running_loop()
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while line := await orders.readline():
        begun_s = time.monotonic()
        try:
            ok, words = True, await speaker.obey(line.decode().strip())
        except NetTrouble as trouble:
            ok, words = False, str(trouble)
        told = {"ok": ok, "words": words, "ms": 1_000 * (time.monotonic() - begun_s)}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
