"""The network as one simulated process sees it: what the production transport is given in place of aiohttp."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit

from jackline.exchange.wire.messages import Inbound
from jackline.venue.net import HttpAnswer
from jackline.world.network import Network, lowered
from jackline.world.process import Process
from jackline.world.sockets import SimSocket, SimTalk


class ProcessPool:
    """`venue.net.Pool` of a process."""

    def __init__(self, network: Network, process: Process) -> None:
        self._network, self._process = network, process

    async def fetch(self, method: str, url: str, headers: Mapping[str, str], body: str | None) -> HttpAnswer:
        """Send once."""
        parts = urlsplit(url)
        inbound = Inbound(
            method=method, path=parts.path, query=parts.query, headers=lowered(headers), body=body or ""
        )
        return await self._network.request(self._process, inbound)

    async def close(self) -> None:
        """Nothing to close; but closing connections takes a turn of the loop, in which one can die."""
        await asyncio.sleep(0)


class ProcessNet:
    """`venue.net.TalkingNet` of a process."""

    def __init__(self, network: Network, process: Process) -> None:
        self._network, self._process = network, process

    def open_pool(self) -> ProcessPool:
        """Connections are free in here."""
        return ProcessPool(self._network, self._process)

    async def connect(self, url: str, *, heartbeat_s: float) -> SimSocket:
        """Dial."""
        return await self._network.dial(self._process, url, heartbeat_s)

    async def talk(self, url: str) -> SimTalk:
        """Dial, to be spoken to."""
        return await self._network.dial_talk(self._process, url)
