"""What a failed command says, on one screen, and the number it exits with.

| code | meaning |
|---|---|
| 0 | done |
| 1 | a promise was breached, or a position could not be shown to be closed |
| 2 | bad configuration or input, or an extra that is not installed; nothing was started |
| 3 | nothing happened: declined at the prompt, or a demo without a position |
| 4 | the venue, or the engine, did not answer |
| 5 | another process holds the lease of the account, or took it over |
| 6 | the store is damaged or cannot be used |
| 7 | a bug of ours |
"""

from __future__ import annotations

import errno
import traceback
from enum import IntEnum

from jackline.cli.extras import missing


class ExitCode(IntEnum):
    """Exit codes of every command. `130` is the shell's own word for an interrupt."""

    DONE = 0
    BREACH = 1
    BAD_INPUT = 2
    NOTHING = 3
    UNANSWERED = 4
    LEASE_HELD = 5
    STORE_DAMAGED = 6
    INTERNAL = 7


class CommandFailed(Exception):
    """A command cannot do what it was asked. The text says what, where, and the fix."""

    def __init__(self, code: ExitCode, text: str) -> None:
        self.code = code
        super().__init__(text)


_CODES: dict[str, ExitCode] = {
    "jackline.data.problems.DataRefused": ExitCode.BAD_INPUT,
    "jackline.research.refusal.BacktestRefused": ExitCode.BAD_INPUT,
    "jackline.research.refusal.ResearchRefused": ExitCode.BAD_INPUT,
    "jackline.research.trials.LedgerDamaged": ExitCode.STORE_DAMAGED,
    "jackline.research.validation.holdout.LedgerDamaged": ExitCode.STORE_DAMAGED,
    "jackline.data.source.VenueSilent": ExitCode.UNANSWERED,
    "jackline.engine.held_lease.LeaseGone": ExitCode.LEASE_HELD,
    "jackline.engine.options.AccountRefused": ExitCode.BAD_INPUT,
    "jackline.engine.options.VenueUnreadable": ExitCode.UNANSWERED,
    "jackline.engine.options.StartRefused": ExitCode.BAD_INPUT,
    "jackline.venue.transport.endpoint.EndpointRefused": ExitCode.BAD_INPUT,
    "jackline.models.refusal.BundleRefused": ExitCode.BAD_INPUT,
    "jackline.models.training.TrainingRefused": ExitCode.BAD_INPUT,
    "jackline.exchange.feeds.errors.FeedError": ExitCode.BAD_INPUT,
    "jackline.exchange.ports.SourceSilentError": ExitCode.UNANSWERED,
    "jackline.exchange.wire.server.PortError": ExitCode.BAD_INPUT,
    "jackline.store.lease.LeaseHeld": ExitCode.LEASE_HELD,
    "jackline.store.errors.CommandConflict": ExitCode.BAD_INPUT,
    "jackline.store.backup_file.BackupRefused": ExitCode.BAD_INPUT,
    "jackline.store.private.NotPrivate": ExitCode.BAD_INPUT,
    "jackline.store.tokens.TokenRefused": ExitCode.BAD_INPUT,
    "jackline.store.unlocking.UnlockRefused": ExitCode.BAD_INPUT,
    "jackline.store.errors.StoreError": ExitCode.STORE_DAMAGED,
}
"""By name, because importing the rooms that raise them would cost every command their start-up time."""


def explain(error: BaseException) -> tuple[str, ExitCode]:
    """The text for a person, and the exit code. An exception nobody knows is a bug of ours."""
    known = _first_known(error)
    if known is not None:
        return f"{known[0]}", known[1]
    absent = missing(error)
    if absent is not None:
        return absent, ExitCode.BAD_INPUT
    if isinstance(error, OSError) and error.errno is not None:
        return _operating_system(error), ExitCode.BAD_INPUT
    return _bug(error), ExitCode.INTERNAL


def _first_known(error: BaseException) -> tuple[BaseException, ExitCode] | None:
    """Look into groups too: a task group wraps what failed inside it."""
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            found = _first_known(part)
            if found is not None:
                return found
        return None
    if isinstance(error, CommandFailed):
        return error, error.code
    for kind in type(error).__mro__:
        code = _CODES.get(f"{kind.__module__}.{kind.__qualname__}")
        if code is not None:
            return error, code
    return None


def _operating_system(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    fix = {
        errno.EADDRINUSE: "another process uses this port; choose another one, or stop that process",
        errno.ENOSPC: "free some space on the disk",
        errno.EACCES: "see who owns the file and who may read and write it",
        errno.ENOENT: "see that the path is spelt right",
        errno.EEXIST: "a file of that name is in the way: name another one, or move it",
        errno.EISDIR: "a directory stands there: name a file",
        errno.ENOTDIR: "a file stands where a directory is needed: name another path",
    }.get(error.errno or 0, "see that the path, the disk and the permissions are right")
    return f"{where}{error.strerror}. Fix: {fix}"


def _bug(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno} in {frames[-1].name}" if frames else "unknown place"
    return (
        f"internal error: {type(error).__name__}: {error}\n  at {place}\n"
        "This is a bug of jackline. The stops at the venue are not touched by it: see them with\n"
        "jackline orders --direct. JACKLINE_TRACEBACK=1 shows the whole trace for a report."
    )
