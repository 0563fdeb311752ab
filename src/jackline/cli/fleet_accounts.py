"""The configurations of a fleet's accounts: files of a directory, and rows of the database."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Final

from jackline.cli.errors import CommandFailed, ExitCode
from jackline.store import fleet
from jackline.store.db import Db
from jackline.store.host_disk import HostDisk

UNREADABLE: Final = ""
STORED_SUFFIX: Final = ".stored.toml"
"""A row of the database, as the worker that holds its account wrote it down."""


class ConfigFiles:
    """The files of a directory, each by the account that it names; and those that are rows of the database."""

    def __init__(self, directory: Path, *, connect: Callable[[], Db], environment: Mapping[str, str]) -> None:
        self._directory, self._connect = directory, connect
        self._environment = environment
        self._read: dict[Path, tuple[int, str | None]] = {}

    def names(self) -> Collection[str]:
        """Accounts of which there is a file. One that cannot be read, or names another's account, is nobody's."""
        return {name for name, paths in self._by_name().items() if len(paths) == 1}

    def faults(self) -> list[str]:
        """What is wrong with the files, for whoever starts a worker. A file without `[account]` is something else's."""
        found = self._by_name()
        twice = [
            f"{' and '.join(map(str, paths))} name the same account" for paths in found.values() if paths[1:]
        ]
        return [*(f"{path}: not TOML, or [account] without a name" for path in self._unreadable()), *twice]

    def path_of(self, account: str) -> Path:
        """The configuration of an account; one of the database is written down beside the files. CommandFailed."""
        paths = self._by_name().get(account, [])
        if len(paths) == 1:
            return paths[0]
        with contextlib.closing(self._connect()) as db:
            text = fleet.config_of(db, account)
        if text is None:
            raise CommandFailed(
                ExitCode.BAD_INPUT, f"account {account}: no file and no row has its configuration"
            )
        path = self._directory / f"{account}{STORED_SUFFIX}"
        HostDisk().replace(path, text.encode(), durable=False)
        return path

    def environment(self, state_dir: Path) -> Mapping[str, str]:
        """What the processes of an account are told besides their file: the worker decides where they keep their
        state, and in which database."""
        return {**self._environment, "JACKLINE__ACCOUNT__STATE_DIR": str(state_dir)}

    def _unreadable(self) -> list[Path]:
        return [path for path, (_, name) in self._read.items() if name == UNREADABLE]

    def _by_name(self) -> dict[str, list[Path]]:
        found: dict[str, list[Path]] = {}
        paths = [
            path for path in sorted(self._directory.glob("*.toml")) if not path.name.endswith(STORED_SUFFIX)
        ]
        for path in paths:
            name = self._name_in(path)
            if name:
                found.setdefault(name, []).append(path)
        for gone in self._read.keys() - set(paths):
            self._read.pop(gone, None)
        return found

    def _name_in(self, path: Path) -> str | None:
        """Read again only where it was changed: a directory may hold thousands, and is looked at every two seconds."""
        try:
            changed_ns = path.stat().st_mtime_ns
            known = self._read.get(path)
            if known is None or known[0] != changed_ns:
                self._read[path] = (changed_ns, name_of(path.read_text(encoding="utf-8")))
        except OSError:
            return None
        return self._read[path][1]


def name_of(text: str) -> str | None:
    """The account that a configuration names; None where it has no table of that name, `UNREADABLE` where it says no
    name."""
    try:
        account = tomllib.loads(text).get("account")
    except tomllib.TOMLDecodeError:
        return UNREADABLE
    if account is None:
        return None
    name = account.get("name") if isinstance(account, dict) else None
    return name if isinstance(name, str) else UNREADABLE
