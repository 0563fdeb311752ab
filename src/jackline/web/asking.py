"""Commands: each is a row in the desk, durable before anything happens, and answered by a row."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass

from jackline.core.state import KillLevel
from jackline.core.values import Side, Symbol, WireMs
from jackline.store.account_wishes import AccountWish
from jackline.store.boot import COMMANDS_FILE, ENGINE_FILE, WATCHDOG_FILE
from jackline.store.commands import Command, CommandDesk, CommandKind
from jackline.store.db import open_reader
from jackline.store.disk import Disk
from jackline.store.encode import decode
from jackline.store.errors import CommandConflict, StoreError
from jackline.store.order_wishes import Wish
from jackline.store.reader import StoreReader
from jackline.store.signature import Promotion
from jackline.web.options import WebOptions
from jackline.web.problems import Problem

ANSWER_S = 2.0
"""A request waits so long for the engine; then it is given the link of its command (202)."""
POLL_S = 0.05
REFUSED = "refused: "
"""How an answer begins that says no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A command and what came of it. `answer` is None while nobody has answered; `by`: engine or watchdog."""

    command_id: str
    answer: str | None
    by: str | None

    @property
    def link(self) -> str:
        """Where its answer can be asked for."""
        return f"/api/commands/{self.command_id}"


class Asking:
    """The desk as the web uses it."""

    def __init__(self, disk: Disk, options: WebOptions) -> None:
        self._disk = disk
        self._options = options
        self._desk = CommandDesk(disk, options.state_dir / COMMANDS_FILE)

    def command(
        self,
        kind: CommandKind,
        *,
        key: str,
        actor: str,
        reason: str,
        symbol: Symbol | None = None,
        side: Side | None = None,
        level: KillLevel | None = None,
        bot: str = "",
        wish: Wish | AccountWish | None = None,
        promotion: Promotion | None = None,
        own_id: str = "",
    ) -> Command:
        """A command whose id is made of its idempotency key and of who sends it: the same key is the same command.

        `own_id`: of what has a name of its own.
        """
        return Command(
            command_id=own_id or command_id(actor, key),
            created_ms=WireMs(time.time_ns() // 1_000_000),
            actor=actor,
            kind=kind,
            symbol=symbol,
            side=side,
            reason=reason,
            level=level,
            bot=bot,
            wish=wish,
            promotion=promotion,
        )

    async def first_ms(self, asked_id: str) -> WireMs | None:
        """When a command of this id was written first; None where none was. A repeated request says the same again."""
        return await asyncio.to_thread(self._first_ms, asked_id)

    def _first_ms(self, asked_id: str) -> WireMs | None:
        path = self._options.state_dir / COMMANDS_FILE
        if not self._disk.exists(path):
            return None
        try:
            with closing(open_reader(self._disk, path)) as db:
                rows = db.run("SELECT created_ms FROM commands WHERE id = ?", (asked_id,))
        except StoreError as error:
            raise Problem("unavailable", f"{COMMANDS_FILE}: {error}") from error
        return WireMs(rows[0][0]) if rows else None

    async def ask(self, command: Command, *, waits: bool = True) -> Asked:
        """Write the command and wait for its answer, for two seconds. Raises Problem where it cannot be written, was
        another one before, or is refused. `waits` False: nobody is there who would answer."""
        try:
            await asyncio.to_thread(self._desk.submit, command)
        except CommandConflict as error:
            raise Problem("key-reused", "the key came with another request before") from error
        except (StoreError, OSError) as error:
            raise Problem("unavailable", f"{COMMANDS_FILE}: {error}") from error
        if not waits:
            return await self.answered(command.command_id)
        return await wait_for(lambda: self.answered(command.command_id))

    async def answered(self, asked_id: str) -> Asked:
        """What became of a command so far. Raises Problem when it was refused."""
        found = await asyncio.to_thread(self._answer, asked_id)
        if found is None:
            return Asked(command_id=asked_id, answer=None, by=None)
        by, text = found
        if text.startswith(REFUSED):
            raise Problem("refused", text.removeprefix(REFUSED), command_id=asked_id)
        return Asked(command_id=asked_id, answer=text, by=by)

    def _answer(self, asked_id: str) -> tuple[str, str] | None:
        for by, name in (("engine", ENGINE_FILE), ("watchdog", WATCHDOG_FILE)):
            path = self._options.state_dir / name
            if not path.exists():
                continue
            try:
                with StoreReader(self._disk, path) as store:
                    row = store.answer(asked_id)
            except StoreError:
                continue  # busy or being made: it is asked again
            if row is not None:
                return by, decode(row.result, str)
        return None


async def wait_for(look: Callable[[], Awaitable[Asked]]) -> Asked:
    """Look until there is an answer, or the time of a request is over."""
    until = time.monotonic() + ANSWER_S
    while True:
        asked = await look()
        if asked.answer is not None or time.monotonic() > until:
            return asked
        await asyncio.sleep(POLL_S)


def command_id(actor: str, key: str) -> str:
    """Of an idempotency key: one key of two people is two commands."""
    return "web-" + hashlib.sha256(f"{actor}\0{key}".encode()).hexdigest()[:32]
