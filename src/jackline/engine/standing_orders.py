"""Orders of operators while no engine hears them: what the watchdog closes, until when, and what it answers.

Which order is obeyed:

- one that the engine has answered, by its own store, is the engine's. Everything it takes it answers. What it had
  accepted and not finished when it fell silent is gone on with (engine/accepted_orders.py): its kill level until a
  reset follows it, and each trade that it was closing until that is flat;
- a kill to a level that closes stands, however old, until the engine takes it or a reset follows it: nobody has obeyed
  it yet (K2). Everything is closed under it, and whatever appears (K3);
- a close is obeyed when it is heard within `CLOSE_AGE_MS_MAX`. It ends with what it closes: what is opened after that
  is none of its business. One of an hour ago was about a position of an hour ago;
- a kill to `no_new_risk` asks nothing of a process that never enters, and is answered so.

None is marked as read: the engine takes each at its next start, before anything may enter (K1), and closing again what
is flat does nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

import structlog

from jackline.core.guard import PositionKey
from jackline.core.orders import PositionView, Snapshot
from jackline.core.settings import ProtectionSettings
from jackline.core.values import WireMs
from jackline.engine.accepted_orders import CLOSING_LEVELS, NOTHING, Accepted, read_accepted
from jackline.store.boot import COMMANDS_FILE, ENGINE_FILE
from jackline.store.commands import POLL_MAX, Command, CommandDesk, CommandKind, Posted
from jackline.store.disk import Disk
from jackline.store.errors import StoreError
from jackline.store.reader import StoreReader
from jackline.store.watch_answers import CLOSING, FLAT, NO_ENTRY, RESET, end_id

log = structlog.get_logger("standing_orders")

CLOSE_AGE_MS_MAX = 60_000
"""A close that waited longer is not obeyed: who gave it has looked again since, or asked somebody else."""
FLAT_GAP_MS = 1_000
"""Two looks so far apart must agree that it is gone: one alone may come from a replica that is behind."""
PAGES_MAX = 1_000
"""A hundred thousand orders of one desk; more are read with the next poll."""
HEARD = frozenset({CommandKind.CLOSE, CommandKind.CLOSE_ALL, CommandKind.KILL, CommandKind.RESET})
"""Everything else waits for the engine: it allows risk, or asks for it."""


@dataclass(slots=True, kw_only=True)
class _Order:
    """One that stands. `flat_ms`: when the first of the looks was asked that show it done; `ended`: it was said so."""

    command: Command
    heard_ms: WireMs
    flat_ms: WireMs | None = None
    ended: bool = False

    def means(self, position: PositionView) -> bool:
        """Whether this position is to be closed."""
        wanted, side = self.command.symbol, self.command.side
        if self.ended and self.command.kind is not CommandKind.KILL:
            return False
        return (wanted is None or wanted == position.symbol) and (side is None or side is position.side)


@dataclass(slots=True, kw_only=True)
class _Attempts:
    """How often a position was told to close, and when the next time is due."""

    count: int
    next_ms: WireMs


class StandingOrders:
    """What of the desk the watchdog has to carry out.

    Attributes:
        answer: writes (id, text) down, durable as soon as the disk allows; nothing waits for it (rule 2).
    """

    def __init__(
        self,
        *,
        disk: Disk,
        state_dir: Path,
        own: StoreReader,
        protection: ProtectionSettings,
        answer: Callable[[str, str], None],
    ) -> None:
        self._disk = disk
        self._engine = state_dir / ENGINE_FILE
        self._desk = CommandDesk(disk, state_dir / COMMANDS_FILE)
        self._own = own
        self._protection = protection
        self._answer = answer
        self._read_to: Posted | None = None
        self._orders: list[_Order] = []
        self._accepted: dict[str, _Order] = {}
        self._last_accepted = NOTHING
        self._resets: list[str] = []
        self._attempts: dict[PositionKey, _Attempts] = {}

    @property
    def are_pending(self) -> bool:
        """Something is to be closed that was not yet seen gone."""
        return any(not order.ended for order in self._every_order)

    @property
    def _every_order(self) -> list[_Order]:
        return [*self._orders, *self._accepted.values()]

    def listen(self, now_ms: WireMs, *, heard_ms: int | None = None) -> None:
        """Hear what was posted, and forget what the engine has taken. Call it only while the engine is silent.

        `heard_ms`: its last heartbeat; None where there is none.
        """
        self._hear_desk(now_ms)
        self._hear_engine(
            now_ms, is_fresh=heard_ms is not None and abs(now_ms - heard_ms) <= CLOSE_AGE_MS_MAX
        )

    def _hear_engine(self, now_ms: WireMs, *, is_fresh: bool) -> None:
        """What it was closing, by its store; `is_fresh`: its trades are of now, not of an hour ago."""
        found = read_accepted(self._disk, self._engine, now_ms) or self._last_accepted
        self._last_accepted = found
        level = None if self._resets else found.level
        known, self._accepted = self._accepted, {}
        for command in Accepted(level=level, closes=found.closes).all:
            order = known.get(command.command_id)
            if order is None and (is_fresh or command.kind is CommandKind.KILL):
                log.critical("order_gone_on_with", code="K3", kind=command.kind, id=command.command_id)
                ended = command.kind is CommandKind.CLOSE and self._was_ended(command)
                order = _Order(command=command, heard_ms=now_ms, ended=ended)
            if order is not None:
                self._accepted[command.command_id] = order

    def _hear_desk(self, now_ms: WireMs) -> None:
        try:
            posted = self._poll()
        except (StoreError, OSError) as error:
            log.warning("commands_unreadable", code="K2", detail=str(error))
            posted = ()
        if not posted and not self._orders and not self._resets:
            return
        ids = [item.command.command_id for item in posted]
        standing = [order.command.command_id for order in self._orders]
        taken = self._taken_by_engine([*standing, *self._resets, *ids])
        self._resets = [name for name in self._resets if name not in taken]
        self._orders = [order for order in self._orders if order.command.command_id not in taken]
        for item in posted:
            if item.command.command_id not in taken:
                self._hear(item.command, now_ms)

    def due(self, snapshot: Snapshot, now_ms: WireMs, *, settled: bool) -> tuple[PositionView, ...]:
        """What of a look is to be closed now; each again after a pause that doubles, as the engine's closing does.

        `settled`: no entry of the silent engine may still execute. Until then nothing is said to be flat for good.
        """
        for order in self._every_order:
            self._judge(order, snapshot, settled=settled)
        self._orders = [
            order for order in self._orders if not order.ended or order.command.kind is CommandKind.KILL
        ]
        meant = {
            (position.symbol, position.side): position
            for position in snapshot.positions
            if any(order.means(position) for order in self._every_order)
        }
        self._attempts = {key: tried for key, tried in self._attempts.items() if key in meant}
        return tuple(position for key, position in meant.items() if self._is_time(key, now_ms))

    def _is_time(self, key: PositionKey, now_ms: WireMs) -> bool:
        tried = self._attempts.setdefault(key, _Attempts(count=0, next_ms=now_ms))
        longest_ms = self._protection.close_retry_ms_max
        if tried.next_ms - longest_ms <= now_ms < tried.next_ms:  # or the clock was set back
            return False
        pause_ms = min(self._protection.close_retry_ms * 2 ** min(tried.count, 10), longest_ms)
        tried.count, tried.next_ms = tried.count + 1, WireMs(now_ms + pause_ms)
        return True

    def _judge(self, order: _Order, snapshot: Snapshot, *, settled: bool) -> None:
        """Flat is two looks apart that agree, the later one after anything could still be filled (K3)."""
        asked_ms = snapshot.asked_ms
        if any(order.means(position) for position in snapshot.positions):
            order.flat_ms = None
        elif asked_ms >= order.heard_ms and not order.ended:
            order.flat_ms = min(order.flat_ms or asked_ms, asked_ms)
            if settled and asked_ms - order.flat_ms >= FLAT_GAP_MS:
                self._end(order, FLAT)

    def _end(self, order: _Order, result: str) -> None:
        order.ended = True
        log.warning("order_ended", code="K3", id=order.command.command_id, result=result)
        self._answer(end_id(order.command.command_id), result)

    # -- the desk ------------------------------------------------------------------------------------------

    def _poll(self) -> tuple[Posted, ...]:
        """What was posted since the last time; all of it again where a read fails half-way."""
        found: list[Posted] = []
        read_to = self._read_to
        for _ in range(PAGES_MAX):
            page, is_same_file = self._desk.find(HEARD, read_to)
            if not is_same_file:
                # What was moved aside is ordered no more: whoever moved it was told to give it again.
                self._orders.clear()
                self._resets.clear()
                read_to = None
            found += page
            read_to = page[-1] if page else read_to
            if len(page) < POLL_MAX:
                break
        self._read_to = read_to
        return tuple(found)

    def _taken_by_engine(self, ids: list[str]) -> set[str]:
        """Those that the engine has answered. Where nothing can be read, none: closing twice is harmless (K2)."""
        try:
            if not self._disk.exists(self._engine):
                return set()
            with StoreReader(self._disk, self._engine) as reader:
                return {command_id for command_id in ids if reader.answer(command_id) is not None}
        except (StoreError, OSError) as error:
            log.warning("answers_unreadable", code="K2", detail=str(error))
            return set()

    def _hear(self, command: Command, now_ms: WireMs) -> None:
        match command.kind:
            case CommandKind.RESET:
                self._resets.append(command.command_id)
                self._undo_kills()
            case CommandKind.KILL:
                if command.level in CLOSING_LEVELS:
                    self._take(command, now_ms)
                else:
                    self._answer(command.command_id, NO_ENTRY)
            case CommandKind.CLOSE | CommandKind.CLOSE_ALL:
                if now_ms - command.created_ms > CLOSE_AGE_MS_MAX:
                    log.warning("order_too_old", code="K2", id=command.command_id, kind=command.kind)
                elif not self._was_ended(command):
                    self._take(command, now_ms)
            case (
                CommandKind.ACCOUNT_FOR
                | CommandKind.BOT_START
                | CommandKind.BOT_STOP
                | CommandKind.BOT_RESTART
                | CommandKind.SIGNAL
                | CommandKind.ALERT
                | CommandKind.PROMOTE
                | CommandKind.PARITY
                | CommandKind.VALIDATION
                | CommandKind.ORDER_ASKED
                | CommandKind.ORDER_DROPPED
                | CommandKind.TIGHTEN
                | CommandKind.LIMITS
                | CommandKind.OUTSIDE_TRADE
                | CommandKind.RECONCILE
                | CommandKind.KEY_CHECK
                | CommandKind.RELOAD
            ):
                pass  # not asked for
            case CommandKind.UNREADABLE:
                # The engine answers it at its next start; what it was meant to close nobody can say.
                log.critical("command_unreadable", code="K2", id=command.command_id, detail=command.reason)
            case _:
                assert_never(command.kind)

    def _take(self, command: Command, now_ms: WireMs) -> None:
        log.critical("order_taken", code="K3", kind=command.kind, actor=command.actor, reason=command.reason)
        order = _Order(command=command, heard_ms=now_ms, ended=self._was_ended(command))
        self._orders.append(order)
        self._answer(command.command_id, CLOSING)

    def _undo_kills(self) -> None:
        for order in self._orders:
            if order.command.kind is CommandKind.KILL and not order.ended:
                self._end(order, RESET)
        self._orders = [order for order in self._orders if order.command.kind is not CommandKind.KILL]

    def _was_ended(self, command: Command) -> bool:
        """A former life of this process has said that it is over."""
        try:
            return self._own.answer(end_id(command.command_id)) is not None
        except StoreError as error:
            log.warning("own_answers_unreadable", code="K2", detail=str(error))
            return False
