"""Files of a secret, the webhook's for one: one line, readable by its owner alone. It is never shown (S1)."""

from __future__ import annotations

import stat
from pathlib import Path

from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.private_file import others_may
from jackline.cli.redaction import hold

SECRET_CHARS_MIN = 16
FILE_BYTES_MAX = 1_000


def read_secret(path: Path | None, directory: Path) -> bytes:
    """The secret. Raises CommandFailed with what is wrong with its file; never with what is in it."""
    if path is None:
        raise _refused("webhook.secret_file", "missing", 'name a file, e.g. secret_file = "webhook.secret"')
    return read_secret_file(directory / path, chars_min=SECRET_CHARS_MIN)


def read_secret_file(path: Path, *, chars_min: int) -> bytes:
    """One line that nobody else may read. Raises CommandFailed with what is wrong; never with what is in it."""
    try:
        mode = path.stat().st_mode
        with path.open("rb") as file:
            secret = file.read(FILE_BYTES_MAX + 1).strip()
    except OSError as error:
        raise _refused(
            str(path), f"cannot be read: {error.strerror}", "check its path and its owner"
        ) from None
    if others_may(path, mode):
        what = f"S1: its mode {stat.S_IMODE(mode):04o} lets others read it"
        raise _refused(str(path), what, f"chmod 600 {path}")
    if not chars_min <= len(secret) <= FILE_BYTES_MAX or len(secret.splitlines()) != 1:
        what = f"not one line of {chars_min} … {FILE_BYTES_MAX} characters"
        raise _refused(str(path), what, f"openssl rand -hex 32 > {path}")
    hold(secret)
    return secret


def _refused(where: str, what: str, fix: str) -> CommandFailed:
    return CommandFailed(ExitCode.BAD_INPUT, f"{where}: {what}. Fix: {fix}")
