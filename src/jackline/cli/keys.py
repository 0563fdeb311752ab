"""The key file: TOML with `key` and `secret`, readable by its owner alone. It is never shown (S1)."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path

from jackline.cli.private_file import others_may
from jackline.cli.problems import Problem
from jackline.venue.transport.endpoint import Credentials

LOCAL_KEY = Credentials(api_key="local", secret="local")  # noqa: S106  the local exchange's play money
"""Used where no key file is given."""
FILE_BYTES_MAX = 10_000


def read_key_file(path: Path) -> Credentials | list[Problem]:
    """The key pair, or what is wrong with the file."""
    try:
        mode = path.stat().st_mode
        with path.open("rb") as file:
            text = file.read(FILE_BYTES_MAX).decode()
        found = tomllib.loads(text)
    except OSError as error:
        return [_problem(path, f"cannot be read: {error.strerror}", "check the path and its owner")]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return [_problem(path, "not TOML", 'two lines: key = "…" and secret = "…"')]
    problems: list[Problem] = []
    if others_may(path, mode):
        what = f"S1: its mode {stat.S_IMODE(mode):04o} lets others read it"
        problems.append(_problem(path, what, f"chmod 600 {path}"))
    key, secret = found.get("key"), found.get("secret")
    given = isinstance(key, str) and isinstance(secret, str) and key and secret
    if not given or set(found) != {"key", "secret"}:
        what = "it must hold key and secret and nothing else"
        problems.append(_problem(path, what, 'two lines: key = "…" and secret = "…"'))
    return problems or Credentials(api_key=str(key), secret=str(secret))


def _problem(path: Path, what: str, fix: str) -> Problem:
    return Problem(key="venue.key_file", value=str(path), source="file", what=what, fix=fix)
