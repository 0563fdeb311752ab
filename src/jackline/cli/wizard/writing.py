"""The files of a new account: the configuration, a strategy file where one is wanted, and what git is not to take."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from jackline.cli.all_sections import SECTIONS
from jackline.cli.allowed import allowed
from jackline.cli.config import Config, load_config
from jackline.cli.problems import ConfigError
from jackline.cli.spoken import toml_text
from jackline.cli.strategy import template
from jackline.cli.wizard.questions import GUARD, KEY, OWN, PORT, PURPOSE, VAULT

FILE = "jackline.toml"
STRATEGY_FILE = "my_strategy.py"
UNLOCK_FILE = "keys.unlock"
IGNORED = ("state/", "keys/", "*.unlock", "*.token", "key.toml", "phase.key.toml")
"""Secrets, and records that belong to one machine."""

_HEAD = """\
# Written by `jackline new`. What is not here has its default: `jackline config show --config {file}` shows every key,
# `jackline config explain KEY` says what one means. Paper: play money on a local exchange of this machine.
"""


def keys_of(answers: Mapping[str, object]) -> dict[str, object]:
    """The keys of the configuration that the answers come to, in the order of the file."""
    found: dict[str, object] = {
        "account.name": answers["account.name"],
        "account.mode": "paper",
        "account.state_dir": "state",
        "venue.name": answers["venue.name"],
        "venue.url": f"http://127.0.0.1:{answers[PORT]}",
    }
    for name in ("venue.symbols", "venue.bar_interval"):
        if name in answers:
            found[name] = answers[name]
    if answers[KEY] == VAULT:
        found["venue.key_name"] = answers["account.name"]
        found["keys.unlock_file"] = UNLOCK_FILE
    found |= {name: value for name, value in answers.items() if name.startswith("risk.")}
    found["web.port"] = answers["web.port"]
    if answers[PURPOSE] == OWN:
        found["strategy.file"] = STRATEGY_FILE
    elif answers[PURPOSE] != GUARD:
        found["strategy.name"] = answers[PURPOSE]
    return found


def text_of(answers: Mapping[str, object]) -> str:
    """The file, each key with what it may be and what it means."""
    tables: dict[str, list[str]] = {}
    for key, value in keys_of(answers).items():
        section, _, name = key.partition(".")
        tables.setdefault(section, []).append(_line(section, name, value))
    if answers[PURPOSE] == GUARD:
        tables["guard"] = ["# nothing is entered; every position gets a stop, whoever opened it"]
    ordered = (name for name in SECTIONS if name in tables)
    body = ("\n".join((f"[{name}]", *tables[name])) for name in ordered)
    return _HEAD.format(file=FILE) + "\n" + "\n\n".join(body) + "\n"


def _line(section: str, name: str, value: object) -> str:
    model = SECTIONS[section]
    left = f"{name} = {value if name == 'port' else toml_text(value)}"
    return f"{left:<34} # {allowed(model, name)}: {model.model_fields[name].description}"


def checked(directory: Path, text: str) -> None:
    """Whether this text would start, by the code that a start uses. Nothing of it is left. Raises ConfigError."""
    with tempfile.NamedTemporaryFile(
        "w", dir=directory, prefix=".jackline-", suffix=".toml", encoding="utf-8"
    ) as file:
        file.write(text)
        file.flush()
        try:
            # A key is stored after the file stands, and a strategy file is not run before it is written.
            load_config(Path(file.name), {"venue.key_name": None})
        except ConfigError as wrong:
            raise ConfigError(replace(problem, source="as answered") for problem in wrong.problems) from None


def write(directory: Path, answers: Mapping[str, object]) -> tuple[Path, ...]:
    """Write what is not there yet, and the configuration whether it is or not: its caller has asked. Tells what."""
    made = [_replaced(directory / FILE, text_of(answers))]
    if answers[PURPOSE] == OWN:
        made += _new(directory / STRATEGY_FILE, template(STRATEGY_FILE, Path(STRATEGY_FILE).stem))
    made += _new(directory / ".gitignore", "".join(f"{line}\n" for line in IGNORED))
    return tuple(made)


def started(directory: Path, answers: Mapping[str, object]) -> Config:
    """What was written, read as its engine or guard would read it: a strategy file is run, the key must be there."""
    return load_config(directory / FILE, load_strategy_file=answers[PURPOSE] != GUARD)


def _replaced(path: Path, text: str) -> Path:
    """Whole or not at all: an account may run by the file that stands there."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)
    return path


def _new(path: Path, text: str) -> Iterator[Path]:
    """Never over a file that exists."""
    if not path.exists():
        path.write_text(text, encoding="utf-8")
        yield path
