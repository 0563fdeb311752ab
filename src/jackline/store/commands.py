"""The command desk: operators' orders to the engine as rows. Written by the command line, read by the engine.

The answers are rows of the engine's own store (`Batch.answers`), so each file has one kind of writer.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import NoneType

from jackline.core.asked_order import AskedTerms
from jackline.core.errors import InvariantBroken, invariant
from jackline.core.phases import Parity, Proof, Validation
from jackline.core.state import KillLevel
from jackline.core.values import Fraction, Side, Symbol, WireMs
from jackline.store.account_wishes import AccountWish, LimitsWish, OutsideTradeWish
from jackline.store.command_args import BotArgs as _BotArgs
from jackline.store.command_args import KillArgs as _KillArgs
from jackline.store.command_args import PlaceArgs as _Args
from jackline.store.command_args import SignalArgs as _SignalArgs
from jackline.store.db import Db, Row, ensure, open_reader, open_writer, transaction
from jackline.store.disk import Disk
from jackline.store.encode import decode, encode
from jackline.store.errors import BodyUnreadable, CommandConflict, DbTrouble, StoreDamaged
from jackline.store.key_wishes import KeyWish
from jackline.store.order_wishes import DropWish, TightenWish, Wish
from jackline.store.schema import COMMANDS
from jackline.store.signature import Promotion

POLL_MAX = 100
"""Commands taken in one poll; the rest come with the next one."""
REOPENED_POLLS = 25
"""A connection stays with the file it opened, wherever that is moved: every 5 s the file is opened by name again."""
_INSERT = "INSERT INTO commands (id, created_ms, actor, kind, args, reason) VALUES (?, ?, ?, ?, ?, ?)"


class CommandKind(StrEnum):
    """What may be asked. A reset and an accounting allow risk again, and need a written reason (K4, A3)."""

    CLOSE = "close"
    CLOSE_ALL = "close_all"
    KILL = "kill"
    RESET = "reset"
    ACCOUNT_FOR = "account_for"
    BOT_START = "bot_start"
    BOT_STOP = "bot_stop"
    BOT_RESTART = "bot_restart"
    SIGNAL = "signal"
    """A person wants a position for a bot."""
    ALERT = "alert"
    """The same, by webhook."""
    PROMOTE = "promote"
    PARITY = "parity"
    """A replay has measured how far today's decisions differ from those on the tape."""
    VALIDATION = "validation"
    """A validation has judged whether the strategy may be believed."""
    ORDER_ASKED = "order_asked"
    """A stop, target or trailing stop beside what protects the position."""
    ORDER_DROPPED = "order_dropped"
    TIGHTEN = "tighten"
    """The stop of one position to a price, or to break-even."""
    LIMITS = "limits"
    OUTSIDE_TRADE = "outside_trade"
    RECONCILE = "reconcile"
    """Look at the account now: positions, orders, and what moved its money."""
    KEY_CHECK = "key_check"
    """Ask the venue what an exchange key of the file may do."""
    RELOAD = "reload"
    """Take the configuration up as it is now: the engine begins again with it."""
    UNREADABLE = "unreadable"
    """What a row is taken for that this program does not understand: damaged, or of a later one. Never submitted."""


TO_BOTS = frozenset({CommandKind.BOT_START, CommandKind.BOT_STOP, CommandKind.BOT_RESTART})
FROM_OUTSIDE = frozenset({CommandKind.SIGNAL, CommandKind.ALERT})
"""All that may ask for an entry. The gates have the last word on each."""
WISHES: dict[CommandKind, type[Wish] | type[AccountWish]] = {
    CommandKind.ORDER_ASKED: AskedTerms,
    CommandKind.ORDER_DROPPED: DropWish,
    CommandKind.TIGHTEN: TightenWish,
    CommandKind.LIMITS: LimitsWish,
    CommandKind.OUTSIDE_TRADE: OutsideTradeWish,
    CommandKind.KEY_CHECK: KeyWish,
}
"""What a command of these kinds carries. Those about the stops of one position only reduce (K2)."""
PROOFS: dict[CommandKind, type[Proof]] = {CommandKind.PARITY: Parity, CommandKind.VALIDATION: Validation}


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One order of an operator.

    Attributes:
        command_id: idempotency key, chosen by the sender; the same key is the same command.
        actor: who asked.
        symbol, side: what to close, `side` None for both sides; or what to open. None for every other kind.
        level: what to raise the kill level to; None but for `KILL`.
        bot: which to stop or to start, or for which to open.
        confidence: of a signal.
        told_ms: when an alert says that it was made; None where it was made when it was written here.
        promotion: the signed wish of a `PROMOTE`; None for every other kind.
        proof: what a kind of `PROOFS` has measured; None for every other kind.
        wish: what a kind of `WISHES` asks for; None for every other kind.
    """

    command_id: str
    created_ms: WireMs
    actor: str
    kind: CommandKind
    symbol: Symbol | None
    side: Side | None
    reason: str
    level: KillLevel | None = None
    bot: str = ""
    confidence: Fraction | None = None
    told_ms: WireMs | None = None
    promotion: Promotion | None = None
    proof: Proof | None = None
    wish: Wish | AccountWish | None = None

    def __post_init__(self) -> None:
        from_outside = self.kind in FROM_OUTSIDE
        fits = (self.symbol is not None) == (from_outside or self.kind is CommandKind.CLOSE) and (
            self.symbol or self.side is None
        )
        for_bot = bool(self.bot) == (from_outside or self.kind in TO_BOTS)
        told = from_outside or (self.confidence is None and self.told_ms is None)
        whole = for_bot and told and (self.side is not None or not from_outside)
        invariant(whole, "P2", kind=self.kind, bot=self.bot, symbol=self.symbol, side=self.side)
        invariant(bool(fits), "K2", kind=self.kind, symbol=self.symbol, side=self.side)
        levelled = (self.level is not None) == (self.kind is CommandKind.KILL)
        invariant(levelled and self.level is not KillLevel.NORMAL, "K4", kind=self.kind, level=self.level)
        signed = (self.promotion is not None) == (self.kind is CommandKind.PROMOTE)
        invariant(signed, "S2", kind=self.kind)
        invariant(type(self.proof) is PROOFS.get(self.kind, NoneType), "D4", kind=self.kind)
        wanted = WISHES.get(self.kind)
        fitting = self.wish is None if wanted is None else isinstance(self.wish, wanted)
        invariant(fitting, "K2", kind=self.kind, wish=type(self.wish).__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A command with its place in the queue; give the last `seq` to the next poll."""

    seq: int
    command: Command


class CommandDesk:
    """Both ends of the desk at `path`. `submit` is for the sender, `poll_new` for the engine."""

    def __init__(self, disk: Disk, path: Path) -> None:
        self._disk = disk
        self._path = path
        self._reading: Db | None = None
        self._polls = 0
        self.openings = 0
        """How often the file was opened for reading: each time it may be another one."""

    def submit(self, command: Command) -> bool:
        """Write a command durably. False when this very command was already there.

        Raises CommandConflict when its id was used for another one, StoreDamaged and DbTrouble.
        """
        ensure(self._disk, self._path, COMMANDS)
        with closing(open_writer(self._disk, self._path)) as db:
            self._check(db)
            with transaction(db):
                rows = db.run("SELECT * FROM commands WHERE id = ?", (command.command_id,))
                if not rows:
                    args = _args_text(command)
                    values = (command.command_id, command.created_ms, command.actor, command.kind.value, args)
                    db.run(
                        _INSERT,
                        (*values, command.reason),
                    )
                    return True
        found = _posted(rows[0]).command
        if _order(found) != _order(command):
            raise CommandConflict(f"command {command.command_id} is already: {found}. Fix: use a new id")
        return False

    def poll_new(self, after: int) -> tuple[Posted, ...]:
        """At most POLL_MAX commands after row `after`, oldest first. Read-only; no file, no commands."""
        self._polls += 1
        if self._polls % REOPENED_POLLS == 0:
            self.close()
        if self._reading is None:
            if not self._disk.exists(self._path):
                return ()
            self._reading = open_reader(self._disk, self._path)
            self.openings += 1
            self._check(self._reading)
        try:
            rows = self._reading.run(
                "SELECT * FROM commands WHERE seq > ? ORDER BY seq LIMIT ?", (after, POLL_MAX)
            )
        except DbTrouble:
            self.close()
            raise
        return tuple(_posted(row) for row in rows)

    def find(self, kinds: frozenset[CommandKind], after: Posted | None) -> tuple[tuple[Posted, ...], bool]:
        """At most POLL_MAX commands of these kinds behind `after`, oldest first; and whether `after` is still there.

        Where it is not, the file is another one, and they are from its beginning. A connection each time: a file that
        was moved aside would be read for ever. No file, no commands. Raises DbTrouble and StoreDamaged.
        """
        if not self._disk.exists(self._path):
            return (), after is None
        with closing(open_reader(self._disk, self._path)) as db:
            self._check(db)
            seq, command_id = (0, "") if after is None else (after.seq, after.command.command_id)
            known = db.run("SELECT 1 FROM commands WHERE seq = ? AND id = ?", (seq, command_id))
            marks = ", ".join("?" * len(kinds))
            rows = db.run(
                f"SELECT * FROM commands WHERE seq > ? AND kind IN ({marks}) ORDER BY seq LIMIT ?",  # noqa: S608  marks only
                (seq if known else 0, *sorted(kinds), POLL_MAX),
            )
        return tuple(_posted(row) for row in rows), bool(known) or after is None

    def id_at(self, seq: int) -> str | None:
        """The id of a row of the file that the last poll read; None where it has none."""
        rows = (
            []
            if self._reading is None
            else self._reading.run("SELECT id FROM commands WHERE seq = ?", (seq,))
        )
        return str(rows[0][0]) if rows else None

    def close(self) -> None:
        """Close the reading connection."""
        if self._reading is not None:
            self._reading.close()
            self._reading = None

    def _check(self, db: Db) -> None:
        found = db.dialect.identity(db)
        if found != (COMMANDS.application_id, COMMANDS.version):
            raise StoreDamaged(
                what=f"not a command desk of this version (application_id {found[0]:#x}, version {found[1]})",
                where=str(self._path),
                fix="move the file aside; commands not yet answered are to be given again",
            )


def _order(command: Command) -> tuple[object, ...]:
    """What is asked for, whoever asks."""
    wanted = command.bot, command.symbol, command.side, command.confidence, command.told_ms
    return command.kind, command.level, command.promotion, command.proof, command.wish, *wanted


def _args_text(command: Command) -> str:
    if command.kind in TO_BOTS:
        return encode(_BotArgs(bot=command.bot))
    if command.kind in FROM_OUTSIDE and command.symbol is not None and command.side is not None:
        return encode(
            _SignalArgs(
                bot=command.bot,
                symbol=command.symbol,
                side=command.side,
                confidence=command.confidence,
                told_ms=command.told_ms,
            )
        )
    if command.level is not None:
        return encode(_KillArgs(level=command.level))
    carried = command.promotion or command.proof or command.wish
    if carried is not None:
        return encode(carried)
    return encode(_Args(symbol=command.symbol, side=command.side))


def _posted(row: Row) -> Posted:
    """One that cannot be understood keeps its place: behind it may be a kill, which must be heard (K2)."""
    try:
        return _understood(row)
    except (BodyUnreadable, InvariantBroken, ValueError) as error:
        why = str(error)
    seq, command_id, created_ms, actor, *_ = row
    command = Command(
        command_id=command_id,
        created_ms=created_ms,
        actor=actor,
        kind=CommandKind.UNREADABLE,
        symbol=None,
        side=None,
        reason=why,
    )
    return Posted(seq=seq, command=command)


def _understood(row: Row) -> Posted:
    """Raises BodyUnreadable, InvariantBroken and ValueError."""
    seq, command_id, created_ms, actor, kind_text, args_text, reason = row
    kind, args = CommandKind(kind_text), _Args(symbol=None, side=None)
    level, bot, promotion = None, "", None
    confidence, told_ms = None, None
    wish = decode(args_text, WISHES[kind]) if kind in WISHES else None
    proof = decode(args_text, PROOFS[kind]) if kind in PROOFS else None
    if kind is CommandKind.PROMOTE:
        promotion = decode(args_text, Promotion)
    elif kind is CommandKind.KILL:
        level = decode(args_text, _KillArgs).level
    elif kind in TO_BOTS:
        bot = decode(args_text, _BotArgs).bot
    elif kind in FROM_OUTSIDE:
        wanted = decode(args_text, _SignalArgs)
        args, bot = _Args(symbol=wanted.symbol, side=wanted.side), wanted.bot
        confidence, told_ms = wanted.confidence, wanted.told_ms
    elif wish is None and proof is None:
        args = decode(args_text, _Args)
    command = Command(
        command_id=command_id,
        created_ms=created_ms,
        actor=actor,
        kind=kind,
        symbol=args.symbol,
        side=args.side,
        reason=reason,
        level=level,
        bot=bot,
        confidence=confidence,
        told_ms=told_ms,
        promotion=promotion,
        proof=proof,
        wish=wish,
    )
    return Posted(seq=seq, command=command)
