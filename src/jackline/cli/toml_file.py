"""A file of TOML as it stands, before any section gives it types. Decimals keep all their digits."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from jackline.cli.problems import ConfigError, Problem

FILE_BYTES_MAX = 1_000_000
"""A configuration is a page; a file this long is something else."""

Tree = dict[str, Any]
"""TOML as parsed, before the sections give it types."""


def read_toml(path: Path) -> Tree:
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
