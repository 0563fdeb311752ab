"""The person at the command line: gives orders through the desk, and waits for the engine's durable answer.

What the watchdog answers while no engine does is told too; the engine's answer is waited for all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from random import Random

from jackline.core.asked_order import AskedKind
from jackline.core.state import KillLevel
from jackline.core.values import WireMs
from jackline.store.boot import COMMANDS_FILE, ENGINE_FILE, WATCHDOG_FILE
from jackline.store.commands import Command, CommandDesk, CommandKind
from jackline.store.disk import Disk
from jackline.store.errors import StoreError
from jackline.store.order_wishes import Wish
from jackline.store.reader import StoreReader
from jackline.store.watch_answers import watch_answer
from jackline.world.acts import Act
from jackline.world.judges.stand_in import TAKEN
from jackline.world.process import Process
from jackline.world.stage import Stage

ANSWER_POLL_S = 0.2
ANSWER_TRIES_MAX = 600
"""Two minutes: longer than any world goes on after a command."""


class Operator:
    """Submits commands; tells the judges of each, and of its answer."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._given = 0
        self._taken: set[str] = set()
        self.orders = 0
        self.order_ids: list[str] = []

    def kill(self, act: Act) -> Callable[[], None] | None:
        """Raise the kill level; the reset follows when the act ends."""
        levels = (KillLevel.NO_NEW_RISK, KillLevel.FLATTEN, KillLevel.LOCKED)
        level = levels[int(act.pick * len(levels))]
        if not self._submit(CommandKind.KILL, level=level):
            return None
        return self.reset

    def flatten(self, then: Callable[[], None] | None = None) -> None:
        """Close everything and keep it closed: how a run ends. `then` follows the engine's answer."""
        self._submit(CommandKind.KILL, level=KillLevel.FLATTEN, then=then)

    def reset(self) -> None:
        """Allow entries again, with a reason."""
        self._submit(CommandKind.RESET, level=None)

    def close_all(self, then: Callable[[], None] | None = None) -> None:
        """Close every position. `then` follows the engine's answer."""
        self._submit(CommandKind.CLOSE_ALL, level=None, then=then)

    def account_for(self) -> None:
        """Acknowledge an unexplained change of equity."""
        self._submit(CommandKind.ACCOUNT_FOR, level=None)

    def next_order_id(self, kind: AskedKind) -> str:
        """A name for another order; one of four is a name that is used already."""
        number = len(self.order_ids)
        name = self.order_ids[number // 2] if number % 4 == 3 else f"{kind}_{number}"
        self.order_ids.append(name)
        return name

    def wish(self, kind: CommandKind, wish: Wish) -> bool:
        """Ask for something about the stops of one position."""
        return self._submit(kind, level=None, wish=wish)

    def _submit(
        self,
        kind: CommandKind,
        *,
        level: KillLevel | None,
        wish: Wish | None = None,
        then: Callable[[], None] | None = None,
    ) -> bool:
        stage = self._stage
        self._given += 1
        command = Command(
            command_id=f"command-{self._given}",
            created_ms=WireMs(stage.clock.wire_ms()),
            actor="operator",
            kind=kind,
            symbol=None,
            side=None,
            level=level,
            reason="simulated",
            wish=wish,
        )
        said = kind.value if level is None else f"{kind.value}:{level.value}"
        try:
            CommandDesk(self._terminal(), stage.processes.options.state_dir / COMMANDS_FILE).submit(command)
        except (StoreError, OSError) as error:
            stage.trace.note(stage.now_ms(), "operator", f"{said} could not be given: {error}")
            return False
        stage.trace.note(stage.now_ms(), "operator", said)
        stage.tell_command(said, acknowledged=False)
        self._await_answer(command.command_id, said, ANSWER_TRIES_MAX, then or _nothing)
        return True

    def _await_answer(self, command_id: str, said: str, tries: int, then: Callable[[], None]) -> None:
        stage = self._stage

        def look() -> None:
            if self._answered(command_id):
                stage.trace.note(stage.now_ms(), "operator", f"{said} acknowledged")
                stage.tell_command(said, acknowledged=True)
                then()
            elif tries > 0:
                self._look_at_watchdog(command_id, said)
                self._await_answer(command_id, said, tries - 1, then)

        stage.network.later(ANSWER_POLL_S, look)

    def _look_at_watchdog(self, command_id: str, said: str) -> None:
        stage = self._stage
        if command_id in self._taken or not self._is_taken(command_id):
            return
        self._taken.add(command_id)
        stage.trace.note(stage.now_ms(), "operator", f"{said} taken by the watchdog")
        stage.tell_command(f"{TAKEN}{said}", acknowledged=True)

    def _is_taken(self, command_id: str) -> bool:
        path = self._stage.processes.options.state_dir / WATCHDOG_FILE
        return watch_answer(self._terminal(), path, command_id) is not None

    def _terminal(self) -> Disk:
        """The disk as a new command of the operator sees it."""
        stage = self._stage
        person = Process(
            loop=stage.loop, clock=stage.clock, name="person-1", number=1_000, rng=Random("person")
        )
        return stage.disk.process(person)

    def _answered(self, command_id: str) -> bool:
        with (
            suppress(StoreError, OSError),
            StoreReader(self._terminal(), self._stage.processes.options.state_dir / ENGINE_FILE) as reader,
        ):
            return reader.answer(command_id) is not None
        return False


def _nothing() -> None:
    return None
