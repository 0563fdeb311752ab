"""The command behind docs/isolation.md: `.venv/bin/python -m tests.bench.isolation [--rounds 60] [--page]`.

Real processes and sockets on this machine: positions are opened by hand at the local exchange, and the engine's own
record says how long each was without a read-back stop; first with nobody looking, then with everybody.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from jackline.core.phases import confirm_ms
from jackline.core.trade import Trade
from jackline.store.boot import ENGINE_FILE
from jackline.store.host_disk import HostDisk
from jackline.store.reader import StoreReader
from jackline.store.tokens import Scope
from tests.bench.ten_at_once import share
from tests.conftest import ROOT, git
from tests.web.house import House, house

PAGE = ROOT / "docs" / "isolation.md"
TARGET = 1.5
PATHS = ("/api/positions", "/api/protection", "/api/kill-switch", "/api/trading-safety/status", "/health")
PAGES = ("/", "/protection", "/limits", "/reconcile")
"""What the dashboards look at; the most of each is the same, as it is for people."""
ROUND_S = 60.0
"""One round is over long before on any machine that can run this at all."""
SLOT_S = 0.02
LOAD_NICE = 5
"""Of those who ask: dashboards and programs have machines of their own, and must not take the engine's turn here."""
REQUESTS_MAX = 200
"""Under way at once: a server that falls behind is asked no faster than it answers."""
HEAD = """# Isolation

What a stop waits for while the API is loaded: a position is opened by hand at the local exchange, and the engine's
own record tells the time from the first evidence of it to the read-back of its stop. The engine, the exchange and the
web are processes of their own; the engine knows nothing of who asks the web.

`.venv/bin/python -m tests.bench.isolation --rounds 60 --page` writes this page. Every process and the load itself share
the cores named below, so a loaded figure holds what the machine's scheduler costs, too. Loaded means that every
dashboard is open and a second's worth of requests has been answered; those who ask are nice 5, the web nice 10. Idle
rounds and loaded rounds take turns, so that what else the machine does falls on both.

| | fills | p50 ms | p99 ms | max ms |
|---|---:|---:|---:|---:|
"""


@dataclass
class Load:
    """Dashboards and requests, while it runs."""

    home: House
    followers: int
    rate: int
    answers: Counter[int] = field(default_factory=Counter)
    messages: int = 0
    cookie: str | None = None
    seconds: float = 0.0
    open: int = 0
    is_whole: asyncio.Event = field(default_factory=asyncio.Event)
    _whole_at: int = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """All dashboards open and a second's worth of requests answered, from here to the end of the block."""
        self.is_whole.clear()
        self.open, self._whole_at = 0, self.answers.total() + self.rate
        tasks = [asyncio.create_task(self._follow(number)) for number in range(self.followers)]
        tasks.append(asyncio.create_task(self._ask()))
        started = time.monotonic()
        try:
            await self.is_whole.wait()
            yield
        finally:
            self.seconds += time.monotonic() - started
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow(self, number: int) -> None:
        """As a browser does: the page, then its socket, whose messages are read as they come."""
        headers = {"Cookie": await self._cookie(), "Origin": self.home.url}
        page = PAGES[number % len(PAGES)]
        timeout = aiohttp.ClientTimeout(total=None)
        async with aiohttp.ClientSession(headers=headers, timeout=timeout) as http:
            async with http.get(f"{self.home.url}{page}") as answer:
                await answer.read()
            async with http.ws_connect(f"{self.home.url}/ws", params={"page": page}) as socket:
                self.open += 1
                async for _ in socket:
                    self.messages += 1

    async def _cookie(self) -> str:
        """Of one session that all of them share, opened by the form."""
        if self.cookie is None:
            form = {"token": self.home.tokens[Scope.READ], "next": "/"}
            async with self.home.http.post(
                f"{self.home.url}/login", data=form, allow_redirects=False
            ) as entered:
                self.cookie = entered.headers["set-cookie"].partition(";")[0]
        return self.cookie

    async def _ask(self) -> None:
        """So many a second, in slots; what cannot be asked in its slot is not made up for."""
        loop, due = asyncio.get_running_loop(), asyncio.get_running_loop().time()
        gate, tasks, number = asyncio.Semaphore(REQUESTS_MAX), set[asyncio.Task[None]](), 0
        try:
            while True:
                for _ in range(round(self.rate * SLOT_S)):
                    await gate.acquire()
                    number += 1
                    task = asyncio.create_task(self._one(PATHS[number % len(PATHS)], gate))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
                due = max(due + SLOT_S, loop.time())
                slot = asyncio.Event()
                loop.call_at(due, slot.set)
                await slot.wait()
        finally:
            for task in tasks:  # what is under way when the load ends was never answered, and is not counted
                task.cancel()

    async def _one(self, path: str, gate: asyncio.Semaphore) -> None:
        try:
            self.answers[(await self.home.ask("GET", path)).status] += 1
        except (aiohttp.ClientError, TimeoutError):
            self.answers[0] += 1
        finally:
            gate.release()
            if self.open == self.followers and self.answers.total() >= self._whole_at:
                self.is_whole.set()


async def fills(home: House) -> list[int]:
    """One round: both symbols are bought, protected and closed. Milliseconds to the read-back of each."""
    async with asyncio.timeout(ROUND_S):
        for symbol, quantity in (("BTCUSDT", "0.010"), ("ETHUSDT", "0.100")):
            await home.venue.signed(
                "POST", "/fapi/v1/order", symbol=symbol, side="BUY", type="MARKET", quantity=quantity
            )
        figures = await recorded(home, lambda trades: [confirm_ms(one) for one in trades], count=2)
        await home.ask("POST", "/api/close-all", scope=Scope.REDUCE)
        await recorded(home, lambda trades: [0] if not trades else [None], count=1)
    return figures


async def recorded(
    home: House, look: Callable[[tuple[Trade, ...]], list[int | None]], *, count: int
) -> list[int]:
    """What the engine has on record of its live trades, once there are so many figures and none is missing.

    Asked of its store: what is measured must not wait for the API that is loaded.
    """

    def read() -> list[int | None]:
        with StoreReader(HostDisk(), home.config.parent / "state" / ENGINE_FILE) as store:
            return look(store.load_trades())

    while True:
        found = [one for one in await asyncio.to_thread(read) if one is not None]
        if len(found) == count:
            return found
        await home.venue.get("state")


async def measure(rounds: int, *, followers: int, rate: int) -> tuple[list[int], list[int], Load]:
    """Idle and loaded figures, round by round in turn; the first round warms up."""
    idle: list[int] = []
    loaded: list[int] = []
    with tempfile.TemporaryDirectory() as directory:
        async with house(Path(directory)) as home:
            await home.until("/readyz", lambda body: body["ready"], scope=None)
            await fills(home)
            os.nice(LOAD_NICE)
            load = Load(home, followers, rate)
            for _ in range(rounds):
                idle += await fills(home)
                async with load.running():
                    loaded += await fills(home)
    return idle, loaded, load


def row(name: str, figures: Sequence[int]) -> str:
    """One line of the table."""
    return f"| {name} | {len(figures)} | {share(figures, 0.5):.0f} | {share(figures, 0.99):.0f} | {max(figures)} |"


def main() -> None:
    """Measure, and say whether the target holds."""
    parser = argparse.ArgumentParser(description="what a stop waits for while the API is loaded")
    parser.add_argument("--rounds", type=int, default=60, choices=range(1, 201), metavar="1…200")
    parser.add_argument(
        "--dashboards", dest="followers", type=int, default=20, choices=range(51), metavar="0…50"
    )
    parser.add_argument("--rate", type=int, default=500, help="requests a second", metavar="N")
    parser.add_argument("--page", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    chosen = parser.parse_args()
    idle, loaded, load = asyncio.run(measure(chosen.rounds, followers=chosen.followers, rate=chosen.rate))
    rows = [row("idle", idle), row("loaded", loaded)]
    ratios = [share(loaded, part) / max(1.0, share(idle, part)) for part in (0.5, 0.99)]
    asked = sum(load.answers.values())
    rest = ", ".join(
        f"{count} with {status or 'nothing'}" for status, count in load.answers.items() if status != 200
    )
    told = (
        f"\nLoaded over idle: p50 {ratios[0]:.2f}, p99 {ratios[1]:.2f}; the target is at most {TARGET}. "
        f"{chosen.followers} dashboards took {load.messages} messages by WebSocket; "
        f"{asked / load.seconds:.0f} requests a second were "
        f"answered of {chosen.rate} wanted, {rest or 'all with 200'}"
        + (": `/health` says critical while a stop is on its way.\n" if rest else ".\n")
    )
    sys.stdout.write("\n".join(rows) + "\n" + told)
    if chosen.page:
        commit = git("describe", "--always", "--dirty")
        made = f"\nCommit {commit}, Python {platform.python_version()}, {os.cpu_count()} shared cores, "
        made += f"load average {os.getloadavg()[0]:.1f}.\n"
        PAGE.write_text(HEAD + "\n".join(rows) + "\n" + told + made, encoding="utf-8")


if __name__ == "__main__":
    main()
