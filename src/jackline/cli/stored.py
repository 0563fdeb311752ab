"""The account as its engine last wrote it down, and orders to that engine. The venue is not spoken to."""

from __future__ import annotations

import getpass
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from jackline.cli.config import Config
from jackline.cli.disks import disk_of
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.core.phases import Proof
from jackline.core.state import KillLevel
from jackline.core.trade import Trade
from jackline.core.values import ZERO, Fraction, Side, Symbol, WireMs
from jackline.store.boot import COMMANDS_FILE, ENGINE_FILE
from jackline.store.commands import Command, CommandDesk, CommandKind
from jackline.store.encode import decode
from jackline.store.errors import DbTrouble, TroubleKind
from jackline.store.host_disk import HostDisk
from jackline.store.lease import Holder, is_held
from jackline.store.order_wishes import Wish
from jackline.store.reader import StoreReader
from jackline.store.signature import Promotion

ANSWER_S = 5.0
"""An engine polls its commands five times a second; one that takes longer is in trouble."""
FLAT_S = 30.0
"""The closing ladder needs a second; a market that refuses closes for half a minute needs a person."""
POLL_S = 0.1

T = TypeVar("T")


def live_trades(config: Config) -> tuple[Trade, ...]:
    """The trades that are not done. Raises CommandFailed where no engine has ever written."""
    return read_store(config, StoreReader.load_trades)


def account_facts(config: Config) -> tuple[dict[str, str], tuple[Trade, ...]]:
    """What is on record of the account, and its trades; nothing where no engine has ever written."""
    if not (config.state_dir / ENGINE_FILE).exists():
        return {}, ()
    return read_store(config, lambda store: (store.load_account(), store.load_trades()))


def engine_holder(config: Config) -> Holder | None:
    """The engine of this account that runs now."""
    return is_held(HostDisk(), config.state_dir)


def submit(
    config: Config,
    kind: CommandKind,
    *,
    reason: str,
    level: KillLevel | None = None,
    bot: str = "",
    symbol: Symbol | None = None,
    side: Side | None = None,
    confidence: Fraction | None = None,
    sign: Callable[[str, str], Promotion] | None = None,
    proof: Proof | None = None,
    wish: Wish | None = None,
) -> str:
    """Write a command durably, whether or not an engine runs; its id. `sign`: a promotion of this id and actor."""
    command_id, asking = uuid.uuid4().hex, actor()
    command = Command(
        command_id=command_id,
        created_ms=WireMs(time.time_ns() // 1_000_000),
        actor=asking,
        kind=kind,
        symbol=symbol,
        side=side,
        reason=reason,
        level=level,
        bot=bot,
        confidence=confidence,
        promotion=None if sign is None else sign(command_id, asking),
        proof=proof,
        wish=wish,
    )
    CommandDesk(disk_of(config), config.state_dir / COMMANDS_FILE).submit(command)
    return command.command_id


def await_answer(config: Config, holder: Holder, command_id: str) -> str:
    """What the engine answered: durable, or it would not have. Raises CommandFailed when it stays silent."""
    answer = wait_for(ANSWER_S, lambda: read_store(config, lambda store: store.answer(command_id)))
    if answer is None:
        raise CommandFailed(
            ExitCode.UNANSWERED,
            f"engine {holder.pid} has not answered within {ANSWER_S:g} s; the order stands and is carried "
            "out when it does.\nFix: close at the venue itself: jackline close-all --direct",
        )
    return decode(answer.result, str)


def await_flat(config: Config) -> bool:
    """Until the engine's records show no position, or for so long."""
    return wait_for(FLAT_S, lambda: read_store(config, has_flat_records) or None) is not None


def await_position_flat(config: Config, symbol: Symbol, side: Side | None, *, within_s: float) -> bool:
    """Whether the records show one symbol flat, and one side of it where that is said, before so long."""

    def flat(store: StoreReader) -> bool | None:
        here = (one for one in store.load_trades() if one.symbol == symbol and side in {None, one.side})
        return all(trade.quantity == ZERO for trade in here) or None

    return wait_for(within_s, lambda: read_store(config, flat)) is not None


def has_flat_records(store: StoreReader) -> bool:
    """The engine's records show no position."""
    return all(trade.quantity == ZERO for trade in store.load_trades())


def read_store(config: Config, question: Callable[[StoreReader], T]) -> T:
    """Ask the engine's store, waiting out a lock."""
    path: Path = config.state_dir / ENGINE_FILE
    if not path.exists():
        raise CommandFailed(
            ExitCode.BAD_INPUT,
            f"{path}: no engine has written here yet. Fix: check account.state_dir, or give --direct",
        )
    deadline = time.monotonic() + ANSWER_S
    while True:
        try:
            with StoreReader(HostDisk(), path) as store:
                return question(store)
        except DbTrouble as trouble:
            if trouble.kind is not TroubleKind.BUSY or time.monotonic() > deadline:
                text = f"{path}: {trouble}. Fix: ask the venue with --direct; it is right whatever this file says"
                raise CommandFailed(ExitCode.STORE_DAMAGED, text) from trouble
            time.sleep(POLL_S)


def wait_for(seconds: float, ask: Callable[[], T | None]) -> T | None:
    """Ask until there is an answer or the time is over; None then."""
    deadline = time.monotonic() + seconds
    while (found := ask()) is None and time.monotonic() < deadline:
        time.sleep(POLL_S)
    return found


def actor() -> str:
    """Who asks, for the audit."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return "cli:unknown"
