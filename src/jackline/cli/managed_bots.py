"""Bots made over the API or with `jackline bots add`: a file of their own in the state directory.

The user's own file is never written. This one is written whole or not at all, and sealed: changed by hand, torn or
unreadable, it counts for nothing, and the account is what the user's file says.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeVar

from jackline.cli.bot_checks import BOT, NAME
from jackline.cli.problems import ConfigError, Problem
from jackline.cli.spoken import toml_text
from jackline.cli.tree import KeyPath, Tree, mark
from jackline.store.disk import Disk

FILE: Final = "bots.toml"
HEAD: Final = """\
# Bots made over the API or with `jackline bots add`. Sealed: changed by hand it counts for nothing.
# To keep them yourself, move the tables into your configuration file and remove this one.
# sha256 of the rest: """
BYTES_MAX: Final = 256 * 1_024
"""Fifty bots with every key are a tenth of it."""
HOST_KEYS: Final = ("file", "bundle")
"""They name what lies on the host, and one of them is code: only the user's own file may."""
PARAMETER: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SEAL = re.compile(r"[0-9a-f]{64}\n")

Table = Mapping[str, object]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Managed:
    """What the file holds, so far as it can be read. `trouble`: why it counts for nothing, or empty."""

    path: Path
    tables: Mapping[str, Table] = field(default_factory=dict)
    trouble: str = ""

    @property
    def in_force(self) -> Mapping[str, Table]:
        """The bots that the account has."""
        return {} if self.trouble else self.tables

    @property
    def source(self) -> str:
        """Where its values come from, as problems and `config show` say it."""
        return f"api {self.path.name}"


def managed_of(tree: Tree, config: Path) -> Managed:
    """The file of a configuration, by the state directory that it names; nothing where it names none."""
    account = tree.get("account")
    named = account.get("state_dir") if isinstance(account, dict) else None
    try:
        path = (config.parent / str(named)).resolve() / FILE
        return read_managed(path) if named else Managed(path=path)
    except (OSError, ValueError) as error:  # a name that no file can have: the section's own problem
        return Managed(path=Path(FILE), trouble=str(error))


def read_managed(path: Path) -> Managed:
    """What it holds, or what is wrong with it."""
    try:
        with path.open("rb") as file:
            data = file.read(BYTES_MAX + 1)
    except FileNotFoundError:
        return Managed(path=path)
    except OSError as error:
        return Managed(path=path, trouble=f"cannot be read: {error.strerror}")
    text = data.decode("utf-8", "replace")
    seal, body = text.removeprefix(HEAD)[:65], text.removeprefix(HEAD)[65:]
    if not (text.startswith(HEAD) and _SEAL.fullmatch(seal) and seal.strip() == _sealed(body)):
        return Managed(path=path, trouble="it was changed by hand, or is damaged")
    try:
        tables = tomllib.loads(body, parse_float=Decimal).get(BOT, {})
    except ValueError as error:
        return Managed(path=path, trouble=f"not TOML: {error}")
    if not (isinstance(tables, dict) and all(isinstance(table, dict) for table in tables.values())):
        return Managed(path=path, trouble="not tables of bots")
    return Managed(path=path, tables=tables)


def write_managed(disk: Disk, path: Path, tables: Mapping[str, Table]) -> None:
    """Put these bots in its place, whole and durable. Raises OSError, and ValueError for what TOML cannot hold."""
    body = "\n".join(line for name, table in tables.items() for line in _lines(name, table))
    data = f"{HEAD}{_sealed(body)}\n{body}".encode()
    if len(data) > BYTES_MAX or tomllib.loads(body, parse_float=Decimal).get(BOT, {}) != tables:
        raise ValueError("it cannot be written so that it is read again as it is meant")
    disk.make_directory(path.parent)
    disk.replace(path, data, durable=True)


def checked_with(
    managed: Managed,
    tree: Tree,
    sources: Mapping[KeyPath, str],
    check: Callable[[Tree, dict[KeyPath, str], Managed], T],
    *,
    own: frozenset[str],
    is_wanted: bool,
) -> T:
    """The configuration with these bots, by the check of every start.

    Where they do not fit it is the user's file alone that holds, and `trouble` says why; with `is_wanted` ConfigError
    is raised instead. `own`: names of the user's file, of which none may be here too.
    """
    if managed.tables:
        joined, told = deepcopy(tree), dict(sources)
        try:
            _join(joined, told, managed, own)
            return check(joined, told, managed)
        except ConfigError as error:
            if is_wanted:
                raise
            why = "; ".join(f"{one.key}: {one.what}" for one in error.problems)
            managed = replace(managed, trouble=f"it does not fit the configuration: {why}")
    return check(deepcopy(tree), dict(sources), managed)


def refused_tables(tables: Mapping[str, Table], source: str) -> list[Problem]:
    """What only the user's own file may say, and names that TOML cannot hold bare."""
    found = []
    for name, table in tables.items():
        for key in HOST_KEYS:
            if key in table:
                what, fix = "it names a file of the host", "put this bot into the configuration file"
                found.append(
                    Problem(key=f"{BOT}.{name}.{key}", value=None, source=source, what=what, fix=fix)
                )
        given = table.get("parameters", {})
        for key in given if isinstance(given, Mapping) else ():
            if not PARAMETER.fullmatch(str(key)):
                where, fix = f"{BOT}.{name}.parameters", "letters, digits, _ and -, at most 64"
                found.append(
                    Problem(key=where, value=str(key), source=source, what="no name of a parameter", fix=fix)
                )
        if not NAME.fullmatch(name):
            fix = "a to z, 0 to 9, _ and -, at most 32, beginning with a letter"
            found.append(
                Problem(key=f"{BOT}.name", value=name, source=source, what="no name of a bot", fix=fix)
            )
    return found


def _join(tree: Tree, sources: dict[KeyPath, str], managed: Managed, own: frozenset[str]) -> None:
    """Put the tables beneath what variables and options say. Raises ConfigError."""
    problems = refused_tables(managed.tables, managed.source)
    for name in sorted(own & managed.tables.keys()):
        what, fix = "C2: the configuration file has a bot of this name too", "keep one of the two"
        problems.append(Problem(key=f"{BOT}.{name}", value=None, source=managed.source, what=what, fix=fix))
    if problems:
        raise ConfigError(problems)
    bots = tree.setdefault(BOT, {})
    if isinstance(bots, dict):  # else it is the section's own problem
        _beneath(bots, managed.tables, (BOT,), sources, managed.source)


def _beneath(
    table: Tree, below: Mapping[str, object], at: KeyPath, sources: dict[KeyPath, str], source: str
) -> None:
    """Keys that nobody has given."""
    for key, value in below.items():
        held = table.get(key)
        if isinstance(held, dict) and isinstance(value, Mapping):
            _beneath(held, value, (*at, key), sources, source)
        elif key not in table:
            table[key] = deepcopy(value)
            mark(sources, (*at, key), table[key], source)


def _lines(name: str, table: Table) -> list[str]:
    """A table as a person would write it, its parameters last."""
    said = [f"[{BOT}.{name}]"]
    said += [f"{key} = {toml_text(value)}" for key, value in table.items() if not isinstance(value, Mapping)]
    for key, inner in table.items():
        if isinstance(inner, Mapping):
            said += [
                f"[{BOT}.{name}.{key}]",
                *(f"{one} = {toml_text(value)}" for one, value in inner.items()),
            ]
    return [*said, ""]


def toml_of(name: str, table: Table) -> str:
    """Its lines for a configuration file."""
    return "\n".join(_lines(name, table)).strip()


def _sealed(body: str) -> str:
    return hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()


def plain_of(table: Table) -> dict[str, object]:
    """A table for JSON: ratios as numbers, money as a text."""
    return {key: str(value) if key.endswith("_quote") else _plain(value) for key, value in table.items()}


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return plain_of(value)
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return float(value) if isinstance(value, Decimal) else value
