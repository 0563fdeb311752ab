"""Names of hosts as addresses, also while nobody answers for them: the last address that was told is taken again.

The operating system's question may take ten seconds where a name server is silent, and then has no answer. A stop that
needs a new connection cannot wait for it. Whoever speaks TLS there proves his name by his certificate, so an address
that belongs to somebody else by now is refused, not believed.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable
from functools import partial

import structlog
from aiohttp.abc import AbstractResolver, ResolveResult

PATIENCE_S = 0.5
"""So long a question may take before its name counts as lost, and an address that is known is taken: a small part of
the protect deadline, which is paid once."""
PAUSE_S = 0.5
"""Before a question that failed is asked again. A name server that says no at once would else be asked by every try."""

Key = tuple[str, int, int]
Told = asyncio.Future[list[ResolveResult]]

log = structlog.get_logger("addresses")


class RememberingResolver(AbstractResolver):
    """For all connections of one process. A question is asked once at a time, by a thread that nobody waits for."""

    def __init__(self) -> None:
        self._known: dict[Key, list[ResolveResult]] = {}
        self._asked: dict[Key, Told] = {}
        self._lost: set[Key] = set()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Addresses of a host. Raises socket.gaierror where none was ever told; its caller has a deadline."""
        key = (host, port, int(family))
        asked, known = self._asked.get(key) or self._ask(key), self._known.get(key)
        await asyncio.wait({asked}, timeout=0 if known and key in self._lost else PATIENCE_S)
        if asked.done() and asked.exception() is None:
            return list(asked.result())
        self._lose(key, str(asked.exception()) if asked.done() else f"no answer within {PATIENCE_S:g} s")
        return list(await asyncio.shield(asked) if known is None else known)

    async def close(self) -> None:
        """Nothing is open."""

    def _ask(self, key: Key) -> Told:
        loop = asyncio.get_running_loop()
        told = self._asked[key] = loop.create_future()
        told.add_done_callback(partial(self._heard, key))
        threading.Thread(target=_answer, args=(key, loop, told), name="names", daemon=True).start()
        return told

    def _heard(self, key: Key, told: Told) -> None:
        if told.exception() is not None:  # and whoever tries again meanwhile hears the same
            told.get_loop().call_later(PAUSE_S, self._asked.pop, key, None)
            return
        self._asked.pop(key)
        self._known[key] = told.result()
        if key in self._lost:
            self._lost.discard(key)
            log.info("name_resolved")

    def _lose(self, key: Key, why: str) -> None:
        """Say so once. Not which name: that of a dead man's switch is part of a secret (S1)."""
        if key not in self._lost:
            self._lost.add(key)
            log.warning("name_unresolved", why=why, taken="the last address" if key in self._known else None)


def _answer(key: Key, loop: asyncio.AbstractEventLoop, told: Told) -> None:
    """In a thread."""
    tell: Callable[[], None]
    try:
        tell = partial(told.set_result, _found(*key))
    except OSError as error:
        tell = partial(told.set_exception, error)
    with contextlib.suppress(RuntimeError):  # the loop has ended
        loop.call_soon_threadsafe(tell)


def _found(host: str, port: int, family: int) -> list[ResolveResult]:
    """Of either family, those of this machine's own kind."""
    every = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return [
        ResolveResult(hostname=host, host=str(address[0]), port=port, family=found, proto=proto, flags=flags)
        for found, _, proto, _, address in every
    ]
