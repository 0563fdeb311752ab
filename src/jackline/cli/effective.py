"""The configuration as it holds: every key, its value, and where the value comes from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from jackline.cli.bot_checks import BOT
from jackline.cli.catalogue import PARAMETERS, Entry, bot_entries, parameter_entries, section_entries
from jackline.cli.config import Config
from jackline.cli.old_variables import IMPORTED
from jackline.cli.spoken import plain_text, spoken, toml_text
from jackline.cli.strategy_file import NotLoaded
from jackline.core.ports import Strategy
from jackline.strategies.from_file import inside


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One key. `value` is None where an optional key is not set; `source` is as `Config.source` says."""

    entry: Entry
    value: object
    source: str

    @property
    def is_imported(self) -> bool:
        """It comes from the variable of an older program."""
        return self.source.startswith(IMPORTED)

    @property
    def plain(self) -> dict[str, object]:
        """For programs."""
        return {"value": plain_text(self.value), "source": self.source}


def effective(config: Config) -> tuple[Setting, ...]:
    """Every key, in the order of the file; the parameters of the chosen strategy with their defaults."""
    sections: dict[str, BaseModel] = {
        "account": config.account,
        "store": config.store,
        "venue": config.venue,
        "keys": config.keys,
        "universe": config.universe,
        "risk": config.risk,
        "regime": config.regime,
        "opportunity": config.opportunity,
        "exits": config.exits,
        "protection": config.protection,
        "guard": config.guard,
        "webhook": config.webhook,
        "web": config.web,
        "alerts": config.alerts,
        "strategy": config.strategy_section,
        "phase": config.phase,
    }
    strategy = inside(config.strategy)
    settings = []
    for entry in (*section_entries(), *_parameters(strategy)):
        table, _, name = entry.key.rpartition(".")
        if config.bots and table in {"strategy", PARAMETERS}:
            continue  # each bot has its own
        holder = strategy if table == PARAMETERS else sections[table]
        settings.append(Setting(entry=entry, value=getattr(holder, name), source=config.source(entry.key)))
    return (*settings, *_bots(config))


def _bots(config: Config) -> Iterator[Setting]:
    """Every key of every bot; what it does not set is that of `[risk]`."""
    for one in config.bots:
        strategy, table = inside(one.strategy), f"{BOT}.{one.bot.name}"
        held = ((entry, config.bot_sections[one.bot.name]) for entry in bot_entries(table))
        taken = (
            (replace(entry, key=entry.key.replace(PARAMETERS, f"{table}.parameters")), strategy)
            for entry in _parameters(strategy)
        )
        for entry, holder in (*held, *taken):
            value = getattr(holder, entry.key.rpartition(".")[2])
            yield Setting(entry=entry, value=value, source=config.source(entry.key))


def _parameters(strategy: Strategy) -> tuple[Entry, ...]:
    """What the strategy declares; one that was not loaded declares nothing."""
    kind: Any = type(strategy)  # every other one was built from a class that declares its parameters
    return () if kind is NotLoaded else parameter_entries(kind)


def counted(settings: Iterable[Setting]) -> str:
    """``14 values from the file, 1 from the environment, 46 defaults``: how much was decided by whom."""
    kinds = Counter("an old variable" if one.is_imported else one.source.split()[0] for one in settings)
    words = {
        "file": "value from the file" if kinds["file"] == 1 else "values from the file",
        "environment": "from the environment",
        "command": "from the command line",
        "api": "made over the API",
        "an old variable": "imported",
        "default": "default" if kinds["default"] == 1 else "defaults",
    }
    return ", ".join(f"{kinds[kind]} {said}" for kind, said in words.items() if kinds[kind])


def as_toml(settings: Iterable[Setting]) -> str:
    """A complete file, with the source of each value behind it. Environment variables are the key in capitals."""
    return "\n\n".join("\n".join(_table(name, rows)) for name, rows in _tables(settings))


def lines_to_add(settings: Iterable[Setting]) -> list[str]:
    """What to write into the file in place of the imported variables."""
    lines: list[str] = []
    for name, rows in _tables(one for one in settings if one.is_imported):
        lines += ["", *_table(name, rows)] if lines else _table(name, rows)
    return lines


def _tables(settings: Iterable[Setting]) -> Iterator[tuple[str, list[Setting]]]:
    tables: dict[str, list[Setting]] = {}
    for one in settings:
        tables.setdefault(one.entry.key.rpartition(".")[0], []).append(one)
    yield from tables.items()


def _table(name: str, rows: Iterable[Setting]) -> Iterator[str]:
    """The lines of a table, comments below each other."""
    lines = [(_left(one), _right(one)) for one in rows]
    width = max(len(left) for left, _ in lines)
    yield f"[{name}]"
    for left, right in lines:
        yield f"{left:<{width}}  # {right}"


def _left(setting: Setting) -> str:
    name = setting.entry.key.rpartition(".")[2]
    return f"# {name}" if setting.value is None else f"{name} = {toml_text(setting.value)}"


def _right(setting: Setting) -> str:
    if setting.value is None:
        return "not set"
    aloud = spoken(setting.entry.key, setting.value) if setting.is_imported else None
    where = setting.source.split()[0] if setting.source.startswith("environment") else setting.source
    return f"{where}: {aloud}" if aloud else where
