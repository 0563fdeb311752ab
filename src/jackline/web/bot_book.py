"""The bots as the web knows them: what is configured now, and what of it the engine has begun with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal, TypeVar

from jackline.web.account import Seen
from jackline.web.hands import BotHands, BotLine, BotsRefused, Hands
from jackline.web.options import WebOptions
from jackline.web.problems import Problem

State = Literal["running", "stopped", "waiting", "gone", "unknown"]
T = TypeVar("T")


class BotBook:
    """Those of the hand that was given; without one those that the process was started with."""

    def __init__(self, options: WebOptions, hands: Hands) -> None:
        self._given = tuple(BotLine(bot=bot, strategy=strategy) for bot, strategy in options.bots)
        self._hands = hands.bots

    async def lines(self) -> tuple[BotLine, ...]:
        """Every bot of the configuration."""
        return self._given if self._hands is None else await asyncio.to_thread(self._hands.listed)

    @property
    def strategies(self) -> tuple[str, ...]:
        """What a new one may be driven by; none where nobody makes one."""
        return () if self._hands is None else self._hands.strategies

    async def trouble(self) -> str:
        """Why those that were made over the API are not in force; empty where they are."""
        hands = self._hands
        return "" if hands is None else await asyncio.to_thread(lambda: hands.trouble)

    async def known(self, name: str) -> BotLine:
        """One of them. Raises Problem."""
        lines = await self.lines()
        for line in lines:
            if line.bot.name == name:
                return line
        known = ", ".join(line.bot.name for line in lines)
        raise Problem("not-found", f"no bot {name[:40]}; there are: {known}")

    async def ask(self, work: Callable[[BotHands], T]) -> T:
        """Let the hand do something, off the loop. Raises Problem for what it refuses."""
        hands = self._hands
        if hands is None:
            raise Problem("unavailable", "this process was given no hand for bots")
        try:
            return await asyncio.to_thread(work, hands)
        except BotsRefused as error:
            if error.errors:
                raise Problem(error.code, str(error), errors=error.errors) from error
            raise Problem(error.code, str(error)) from error


def in_force(line: BotLine, seen: Seen) -> bool | None:
    """Whether the engine runs it as it is configured; None where no engine says."""
    if seen.published is None or not seen.published.bots or not line.digest:
        return None
    return seen.published.bots.get(line.bot.name) == line.digest


def state_of(line: BotLine, seen: Seen) -> State:
    """What it is doing. `waiting`: the engine has not begun with it yet."""
    shown = seen.published
    if shown is None:
        return "unknown"
    if shown.bots and line.bot.name not in shown.bots:
        return "waiting"
    return "stopped" if line.bot.name in shown.account.bots_stopped else "running"


def gone_ones(lines: tuple[BotLine, ...], seen: Seen) -> tuple[str, ...]:
    """Bots that no configuration names any more, and that have something open: guarded until it is flat."""
    known = {line.bot.name for line in lines}
    return tuple(sorted({one.bot for one in seen.positions if one.bot and one.bot not in known}))


def held_by(name: str, seen: Seen) -> list[str]:
    """Ids of the positions that are its own."""
    return [f"{one.symbol}:{one.side}" for one in seen.positions if one.bot == name]
