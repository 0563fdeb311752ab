"""The house of a drill: exchange, watchdog and engine by a copy of the user's configuration, on play money."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TypeVar

import aiohttp

from jackline.cli.children import Child, Children
from jackline.cli.config import Config
from jackline.cli.demo.witness import Episode, Testimony, Witness
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.stored import await_answer, engine_holder, submit
from jackline.core.state import KillLevel
from jackline.core.values import Fraction, Side, Symbol
from jackline.engine import heartbeat
from jackline.store import published
from jackline.store.commands import CommandKind
from jackline.store.host_disk import HostDisk

READY_S = 60.0
OPEN_S = 40.0
"""A symbol that was traded is free again after two flat looks 3 s apart."""
POLL_S = 0.1
CONFIDENCE = Fraction(Decimal("0.9"))

Found = TypeVar("Found")


@dataclass(slots=True, kw_only=True)
class House:
    """What runs. `engine` and `watchdog` are replaced as they are killed and started again."""

    config: Config
    symbol: Symbol
    url: str
    witness: Witness
    session: aiohttp.ClientSession
    children: Children
    engine: Child
    watchdog: Child

    @property
    def listed(self) -> str:
        """The symbol as the exchange lists it, whichever wire it speaks."""
        return self.symbol.replace("-", "")

    @property
    def allowed_ms(self) -> int:
        """How long a stop that was taken away may be missing (P1)."""
        return self.config.protection_settings().repair_deadline_ms

    async def start_engine(self) -> None:
        """And wait until entries could leave."""
        self.engine = await self.children.start("engine", "engine", "--config", str(self.config.path))
        await self.engine_ready()

    async def engine_ready(self) -> None:
        """Wait until entries could leave."""
        await self.until(self._is_ready, READY_S, "the engine is not ready")

    async def start_watchdog(self) -> None:
        self.watchdog = await self.children.start("watchdog", "watchdog", "--config", str(self.config.path))

    async def position(self) -> Episode:
        """One that is open and covered: what is there, or a long that the engine is asked for.

        Raises CommandFailed where the gates of the configuration let none through.
        """
        until, why = time.monotonic() + OPEN_S, ""
        while time.monotonic() < until:
            open_now = (await self.witness.testimony()).living
            if open_now and not open_now[0].naked_now:
                return open_now[0]
            if not open_now:
                why = await self.signal()
            await asyncio.sleep(POLL_S)
        text = f"no position could be opened for the drill: {why or 'it is not covered'}"
        fix = "jackline plan shows what each gate says; the sizes are those of your [risk]"
        raise CommandFailed(ExitCode.NOTHING, f"{text}.\nFix: {fix}")

    async def signal(self) -> str:
        """Ask for a long; what the engine answered."""
        signal = partial(submit, self.config, CommandKind.SIGNAL, reason="drill", symbol=self.symbol)
        return await self._answer(partial(signal, side=Side.LONG, confidence=CONFIDENCE, bot="main"))

    async def order(self, kind: CommandKind, reason: str, level: KillLevel | None = None) -> str:
        """Give an order to the engine; what it answered."""
        return await self._answer(partial(submit, self.config, kind, reason=reason, level=level))

    async def flat(self) -> Testimony:
        """Close everything, and wait until the exchange shows neither position nor order without one."""
        await self.order(CommandKind.CLOSE_ALL, "the drill is over")
        return await self.until(self._flat, READY_S, "the position was not closed")

    async def fault(self, body: dict[str, object] | None) -> None:
        """Put up a rule of misbehaviour at the exchange; None takes all of them down."""
        verb = "DELETE" if body is None else "POST"
        async with self.session.request(verb, f"{self.url}/local/v1/faults", json=body) as answer:
            if answer.status != 200:
                raise CommandFailed(ExitCode.UNANSWERED, f"the exchange said {await answer.text()}")

    async def stream_is_up(self) -> bool | None:
        """By the engine's own word; None while it is not."""
        seen = published.read(HostDisk(), self.config.state_dir)
        return True if seen is not None and seen.account.stream_up else None

    async def until(self, ask: Callable[[], Awaitable[Found | None]], within_s: float, what: str) -> Found:
        """Ask until there is an answer. Raises CommandFailed with `what` when the time is over."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            found = await ask()
            if found is not None:
                return found
            await asyncio.sleep(POLL_S)
        raise CommandFailed(ExitCode.UNANSWERED, f"{what} after {within_s:g} s:\n{self.engine.last_words()}")

    async def _flat(self) -> Testimony | None:
        seen = await self.witness.testimony()
        return None if seen.living or seen.orphans else seen

    async def _is_ready(self) -> bool | None:
        beat = heartbeat.read(HostDisk(), self.config.state_dir)
        if not self.engine.is_running:
            raise self.engine.failed("ended at its start")
        return True if beat is not None and beat.pid == self.engine.pid and beat.ready else None

    async def _answer(self, command: Callable[[], str]) -> str:
        """Submitted and answered off the loop: both wait for the disk."""

        def give() -> str:
            holder = engine_holder(self.config)
            if holder is None:
                raise CommandFailed(ExitCode.UNANSWERED, "the engine of the drill has ended")
            return await_answer(self.config, holder, command())

        return await asyncio.to_thread(give)
