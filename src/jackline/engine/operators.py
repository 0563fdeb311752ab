"""Operators' commands, taken from the desk: each becomes an event, or is answered with why it does not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from jackline.core.effects import Effect
from jackline.core.events import (
    AccountedFor,
    AccountHinted,
    BotAsked,
    CloseAsked,
    Event,
    KillAsked,
    Receipt,
    ResetAsked,
    Signalled,
)
from jackline.core.trade import ExitReason
from jackline.engine.outside import decision
from jackline.engine.recorder import Recorder
from jackline.engine.standing_orders import CLOSE_AGE_MS_MAX
from jackline.store.account_wishes import LimitsWish, OutsideTradeWish, account_event
from jackline.store.commands import (
    FROM_OUTSIDE,
    POLL_MAX,
    PROOFS,
    TO_BOTS,
    Command,
    CommandDesk,
    CommandKind,
    Posted,
)
from jackline.store.errors import StoreError
from jackline.store.key_wishes import KeyWish
from jackline.store.order_wishes import wish_event

log = structlog.get_logger("operators")

POLL_S = 0.2
CLOSING = frozenset({CommandKind.CLOSE, CommandKind.CLOSE_ALL})
NEED_REASON = frozenset({CommandKind.RESET, CommandKind.ACCOUNT_FOR})
"""Commands that allow risk again: who gives one says why (K4, A3)."""


class Operators:
    """The desk as the engine hears it. Until it was read once nothing may enter: a kill may be waiting in it."""

    def __init__(
        self,
        *,
        desk: CommandDesk,
        read_to: int,
        recorder: Recorder,
        take: Callable[[Event], tuple[Effect, ...]],
        hear: Callable[[Command], Signalled | str],
        promote: Callable[[Command, Receipt], None],
        measured: Callable[[Command, Receipt], None],
        answered: Callable[[str], bool],
        has_looked: Callable[[], bool],
        now_ms: Callable[[], int],
        check_key: Callable[[str, Receipt], None],
        reload: Callable[[Command, Receipt], None],
    ) -> None:
        self._desk = desk
        self._read_to = read_to
        self._recorder = recorder
        self._take = take
        self._hear = hear
        self._promote = promote
        self._measured = measured
        self._answered = answered
        self._has_looked = has_looked
        self._now_ms = now_ms
        self._check_key = check_key
        self._reload = reload
        self._are_heard = False
        self._unreadable = ""
        self._openings = 0
        self._held: list[Posted] = []
        self._obeyed: set[str] = set()

    @property
    def are_heard(self) -> bool:
        """Everything that was posted has been read."""
        return self._are_heard

    async def run(self) -> None:
        """Take commands for ever; each is answered in the transaction that makes it durable."""
        while True:
            await asyncio.sleep(POLL_S)
            self.listen()

    def listen(self) -> None:
        """Take what was posted since the last time."""
        self._let_go()
        try:
            posted = self._posted()
        except StoreError as error:
            self._cannot_read(error)
            return
        for item in posted:
            try:
                is_behind = self._is_behind(item.command)
            except StoreError as error:
                self._cannot_read(error)
                return
            self._read_to = item.seq
            if not is_behind:
                self._hear_one(item)
        self._unreadable = ""
        self._are_heard = len(posted) < POLL_MAX

    def _cannot_read(self, error: StoreError) -> None:
        """Nothing may enter until the rest is heard, in its order; what lies there too long the watchdog hears (K2)."""
        if str(error) != self._unreadable:  # once, not five times a second
            log.warning("commands_unreadable", code="K2", detail=str(error))
        self._are_heard, self._unreadable = False, str(error)

    def _is_behind(self, command: Command) -> bool:
        """Whether it was obeyed already. What lowers risk waits for no store that cannot say so: twice is harmless.

        Raises StoreError for any other command: a reset that is obeyed again could lift a kill of after it (K4).
        """
        try:
            return self._is_known(command.command_id)
        except StoreError:
            if command.level is None and command.kind not in CLOSING:
                raise
            log.warning("obeyed_unchecked", code="K2", kind=command.kind, id=command.command_id)
            return False

    def _hear_one(self, item: Posted) -> None:
        self._obeyed.add(item.command.command_id)
        if self._names_what_is_unseen(item.command):
            self._hold(item)
        else:
            self._obey(item.command, self._receipt(item))

    def _names_what_is_unseen(self, command: Command) -> bool:
        """A close of now, before the first look of this life: what is open now is not known yet. An old one names what
        was open then, which is on record."""
        young = self._now_ms() - command.created_ms <= CLOSE_AGE_MS_MAX
        return command.kind in CLOSING and young and not self._has_looked()

    def _hold(self, item: Posted) -> None:
        """Close what is on record, and wait for what the look shows: a position that nobody has recorded is named too
        (K3). Unanswered the order outlives the process."""
        log.info("held", code="K3", kind=item.command.kind, why="no look at the account yet")
        self._take(_asked(item.command))
        self._held.append(item)

    def _let_go(self) -> None:
        if self._held and self._has_looked():
            held, self._held = self._held, []
            for item in held:
                self._obey(item.command, self._receipt(item))

    def _receipt(self, item: Posted) -> Receipt:
        """Nothing that is held counts as read: the next start hears it, and knows what was answered behind it."""
        first = min((held.seq for held in self._held), default=self._read_to + 1)
        return Receipt(command_id=item.command.command_id, position=min(self._read_to, first - 1))

    def _posted(self) -> tuple[Posted, ...]:
        """What was posted behind what is read. A desk that took the place of another is read from its beginning.

        Its rows are counted from 1 again: behind the place that was reached in the old one a kill would never be heard
        (K2). The row at that place was obeyed, or is answered in the journal; in another desk it is neither.
        """
        posted = self._desk.poll_new(self._read_to)
        if self._desk.openings == self._openings or self._read_to == 0:
            return posted
        self._openings = self._desk.openings
        last = self._desk.id_at(self._read_to)
        if last is not None and self._is_known(last):
            return posted
        log.warning("desk_replaced", code="K2", read_to=self._read_to, note="read from the beginning")
        self._read_to = 0
        return self._desk.poll_new(0)

    def _is_known(self, command_id: str) -> bool:
        return command_id in self._obeyed or self._answered(command_id)

    def _obey(self, command: Command, receipt: Receipt) -> None:
        log.info("command", kind=command.kind, actor=command.actor, reason=command.reason)
        actor, reason = command.actor, command.reason
        if command.kind is CommandKind.UNREADABLE:
            log.critical("command_unreadable", code="K2", id=command.command_id, detail=reason)
            self._recorder.answer(receipt, f"refused: not understood by this program: {reason}")
        elif command.kind in NEED_REASON and not reason.strip():
            self._recorder.answer(receipt, "refused: it needs a written reason")
        elif command.level is not None:
            self._take(KillAsked(level=command.level, actor=actor, reason=reason, receipt=receipt))
        elif command.kind is CommandKind.PROMOTE:
            self._promote(command, receipt)
        elif command.kind is CommandKind.RELOAD:
            self._reload(command, receipt)
        elif command.kind in PROOFS:
            self._measured(command, receipt)
        elif command.kind is CommandKind.RESET:
            self._take(ResetAsked(actor=actor, reason=reason, receipt=receipt))
        elif command.kind is CommandKind.ACCOUNT_FOR:
            self._take(AccountedFor(actor=actor, reason=reason, receipt=receipt))
        elif command.kind in TO_BOTS:
            runs = command.kind is not CommandKind.BOT_STOP
            self._take(BotAsked(bot=command.bot, runs=runs, actor=actor, reason=reason, receipt=receipt))
        elif command.kind in FROM_OUTSIDE:
            self._recorder.answer(receipt, self._signalled(command))
        elif isinstance(command.wish, LimitsWish | OutsideTradeWish):
            self._take(account_event(command.wish, actor=actor, reason=reason, receipt=receipt))
        elif command.kind is CommandKind.RECONCILE:
            self._take(AccountHinted(symbol=None, transfer=True))
            self._recorder.answer(receipt, "looking")
        elif isinstance(command.wish, KeyWish):
            self._check_key(command.wish.name, receipt)
        elif command.wish is not None:
            # It is answered by what comes of it: at once where it is refused, else when the venue was read back.
            self._take(wish_event(command.wish, receipt))
        else:
            self._take(_asked(command))
            self._recorder.answer(receipt, "closing")

    def _signalled(self, command: Command) -> str:
        """Let the gates decide on a signal from outside, at once, and say what they did.

        Its answer is written behind the intent. A process that dies between the two hears the command again: its trade
        is on record then, or nothing is warm yet, and either way the gates say no (O1).
        """
        signal = self._hear(command)
        if isinstance(signal, str):
            return signal
        log.info("signal", symbol=signal.symbol, side=signal.side, reason=signal.reason, bot=signal.bot)
        return decision(self._take(signal))


def _asked(command: Command) -> CloseAsked:
    return CloseAsked(symbol=command.symbol, side=command.side, reason=ExitReason.OPERATOR)
