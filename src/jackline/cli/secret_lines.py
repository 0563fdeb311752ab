"""Files of `[alerts]` that hold addresses: readable by their owner alone, and never shown (S1)."""

from __future__ import annotations

import stat
from pathlib import Path

from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.private_file import others_may
from jackline.notify.channel import Address, UrlsRefused, read_addresses

FILE_BYTES_MAX = 20_000


def read_urls(path: Path) -> tuple[Address, ...]:
    """The addresses of `alerts.urls_file`. Raises CommandFailed with what is wrong; never with what is in it."""
    try:
        return read_addresses(_text("alerts.urls_file", path))
    except UrlsRefused as refused:
        raise CommandFailed(ExitCode.BAD_INPUT, f"{path}: {refused}") from None


def read_deadman_url(path: Path) -> str:
    """The address of `alerts.deadman_url_file`: one line, over HTTPS, or HTTP on loopback. Raises CommandFailed."""
    key = "alerts.deadman_url_file"
    url = _text(key, path).strip()
    plain = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")
    if len(url.split()) != 1 or not url.startswith(("https://", *plain)):
        raise _refused(
            path, f"{key} holds one address, https://...", "write the address that the service shows"
        )
    return url


def _text(key: str, path: Path) -> str:
    try:
        mode = path.stat().st_mode
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
        text = data.decode()
    except OSError as error:
        raise _refused(
            path, f"{key} cannot be read: {error.strerror}", "check its path and its owner"
        ) from None
    except UnicodeDecodeError:
        raise _refused(path, f"{key} is no text", "write one address a line") from None
    if others_may(path, mode):
        what = f"S1: its mode {stat.S_IMODE(mode):04o} lets others read it"
        raise _refused(path, what, f"chmod 600 {path}")
    if len(data) > FILE_BYTES_MAX:
        raise _refused(
            path, f"{key} has more than {FILE_BYTES_MAX} bytes", "one address a line, nothing else"
        )
    return text


def _refused(path: Path, what: str, fix: str) -> CommandFailed:
    return CommandFailed(ExitCode.BAD_INPUT, f"{path}: {what}. Fix: {fix}")
