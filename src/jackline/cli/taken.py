"""An order to close, and who takes it: the engine, or the watchdog while no engine is heard."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from jackline.cli.config import Config
from jackline.cli.direct import read_account
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.stored import (
    FLAT_S,
    engine_holder,
    has_flat_records,
    read_store,
    submit,
    wait_for,
)
from jackline.store.boot import ENGINE_FILE, WATCHDOG_FILE
from jackline.store.commands import CommandKind
from jackline.store.encode import decode
from jackline.store.host_disk import HostDisk
from jackline.store.watch_answers import FLAT, end_id, is_watching, sees_flat, watch_answer

TAKEN_S = 8.0
"""An engine that hangs counts as silent 3 s after its last beat; then the watchdog hears what it does not."""
SEEN_S = 4.0
"""A watchdog notices within a second that its engine is gone, and then writes down what it sees every 2 s."""


class Taker(StrEnum):
    """Who carries an order out."""

    ENGINE = "engine"
    WATCHDOG = "watchdog"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An order that somebody has answered, durably. `result`: in the taker's words."""

    command_id: str
    by: Taker
    result: str


def close_everything(config: Config, say: Callable[[str], None]) -> tuple[Taker, bool]:
    """Order everything closed; who took it, and whether it was flat in time, by its records and by the venue.

    Raises CommandFailed when nobody takes it: neither runs (nothing is written then: an order must not wait for an
    engine that may come back in a week), or who runs does not answer.
    """
    if engine_holder(config) is None and not is_watched(config):
        raise CommandFailed(
            ExitCode.UNANSWERED,
            f"{config.state_dir}: no engine runs for account {config.account.name}, and no watchdog; nothing was "
            "asked.\nFix: close at the venue itself: jackline close-all --direct",
        )
    taken = await_taken(config, submit(config, CommandKind.CLOSE_ALL, reason="close-all on the command line"))
    say(f"the {taken.by} has taken the order; waiting until it is flat")
    return taken.by, is_flat(config, taken)


def is_watched(config: Config) -> bool:
    """Whether a watchdog looks at the account in place of an engine. Where none has ever run that is known at once."""
    path = config.state_dir / WATCHDOG_FILE
    if not path.exists():
        return False
    return (
        wait_for(SEEN_S, lambda: is_watching(HostDisk(), path, time.time_ns() // 1_000_000) or None)
        is not None
    )


def await_taken(config: Config, command_id: str) -> Taken:
    """The first answer, of whoever it is. Raises CommandFailed when both stay silent."""
    taken = wait_for(TAKEN_S, lambda: _answered(config, command_id))
    if taken is None:
        holder = engine_holder(config)
        who = "the watchdog" if holder is None else f"engine {holder.pid}"
        raise CommandFailed(
            ExitCode.UNANSWERED,
            f"{who} has not answered within {TAKEN_S:g} s; the order stands and is carried "
            "out when it does.\nFix: close at the venue itself: jackline close-all --direct",
        )
    return taken


def is_flat(config: Config, taken: Taken) -> bool:
    """Until the records of whoever closes show no position, or for so long; then the venue has the last word (K3)."""
    since_ms = time.time_ns() // 1_000_000
    in_time = wait_for(FLAT_S, lambda: _is_over(config, taken.command_id, since_ms) or None) is not None
    return in_time and not read_account(config, every_symbol=False).positions


def _answered(config: Config, command_id: str) -> Taken | None:
    answer = _engine_answer(config, command_id)
    if answer is not None:
        return Taken(command_id=command_id, by=Taker.ENGINE, result=answer)
    answer = watch_answer(HostDisk(), config.state_dir / WATCHDOG_FILE, command_id)
    return None if answer is None else Taken(command_id=command_id, by=Taker.WATCHDOG, result=answer)


def _engine_answer(config: Config, command_id: str) -> str | None:
    """While no engine runs its store may be damaged or gone: the watchdog does not need it."""
    path = config.state_dir / ENGINE_FILE
    if engine_holder(config) is None or not path.exists():
        return watch_answer(HostDisk(), path, command_id)
    found = read_store(config, lambda store: store.answer(command_id))
    return None if found is None else decode(found.result, str)


def _is_over(config: Config, command_id: str, since_ms: int) -> bool:
    """By the watchdog, or by an engine that has come back and taken the order too; or that was killed after it had."""
    path = config.state_dir / WATCHDOG_FILE
    if watch_answer(HostDisk(), path, end_id(command_id)) == FLAT:
        return True
    if engine_holder(config) is None and sees_flat(HostDisk(), path, since_ms):
        return True
    return _engine_answer(config, command_id) is not None and read_store(config, has_flat_records)
