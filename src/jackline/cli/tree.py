"""The configuration as parsed, before its sections give it types: a tree, and where each of its values comes from."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from jackline.cli.problems import ConfigError, Problem

FILE_BYTES_MAX = 1_000_000
"""A configuration is a page; a file this long is something else."""

Tree = dict[str, Any]
KeyPath = tuple[str, ...]


def read_tree(path: Path) -> Tree:
    """The file as TOML, decimals unrounded."""
    try:
        with path.open("rb") as file:
            text = file.read(FILE_BYTES_MAX + 1)
        if len(text) > FILE_BYTES_MAX:
            raise _file_problem(path, f"longer than {FILE_BYTES_MAX} bytes", "give the configuration file")
        return tomllib.loads(text.decode(), parse_float=Decimal)
    except OSError as error:
        fix = "see that the path is right and the file readable"
        raise _file_problem(path, f"cannot be read: {error.strerror}", fix) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _file_problem(path, f"not TOML: {error}", "correct the line named") from None


def _file_problem(path: Path, what: str, fix: str) -> ConfigError:
    return ConfigError([Problem(key=str(path), value=None, source="file", what=what, fix=fix)])


def toml_value(text: str) -> object:
    """`3`, `true`, `[..]` as TOML reads them; anything else is a text."""
    try:
        return tomllib.loads(f"value = {text}", parse_float=Decimal)["value"]
    except tomllib.TOMLDecodeError:
        return text


def put(tree: Tree, sources: dict[KeyPath, str], keys: KeyPath, value: object, source: str) -> None:
    """Set one value, making tables on the way; what stands in the way of a table is replaced and reported."""
    table = tree
    for key in keys[:-1]:
        below = table.get(key)
        if not isinstance(below, dict):
            below = table[key] = {}
        table = below
    table[keys[-1]] = value
    for depth in range(1, len(keys)):
        sources[keys[:depth]] = source
    for below in [path for path in sources if path[: len(keys)] == keys]:
        del sources[below]
    mark(sources, keys, value, source)


def mark(sources: dict[KeyPath, str], keys: KeyPath, value: object, source: str) -> None:
    """Remember where a value, and everything in it, comes from."""
    if keys:
        sources[keys] = source
    if isinstance(value, dict):
        for key, inner in value.items():
            mark(sources, (*keys, key), inner, source)
