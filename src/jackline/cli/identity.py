"""What evidence is bound to: every setting that decides, by key, and the content of every strategy file.

Told from the configuration alone: no user's code runs for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

from pydantic import BaseModel

from jackline.strategies.parameters import ParametersRefused
from jackline.strategies.registry import STRATEGIES, build_strategy

NOT_DECIDING = frozenset({"account", "alerts", "keys", "phase", "venue", "web"})
"""Where, for whom and who is told, not what is decided. Every other section binds, one that comes later too."""
SOURCE = "source_sha256"
FILE = "file"
UNREADABLE = "unreadable"


def bound_settings(
    config_path: Path, sections: Mapping[str, BaseModel], bots: Mapping[str, BaseModel] | None = None
) -> dict[str, str]:
    """Keys as in the configuration file, values as text. The bar is what a strategy sees, so it binds too.

    There is no model in this version: its bundle's hash takes its place under `model` when there is.
    """
    found: dict[str, str] = {"model": "none"}
    for name, section in sections.items():
        if name not in NOT_DECIDING:
            found.update(_flat(name, section.model_dump(), config_path.parent))
    for name, bot in (bots or {}).items():
        found.update(_flat(f"bot.{name}", bot.model_dump(), config_path.parent))
    venue = sections.get("venue")
    if venue is not None:
        found["venue.bar_interval"] = str(getattr(venue, "bar_interval", ""))
    return found


def _flat(key: str, value: object, base: Path) -> Iterator[tuple[str, str]]:
    """Tables and lists opened up; beside a strategy's name or file the hash of what it runs."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(f"{key}.{name}", inner, base)
        chosen = value.get("name") or value.get("strategy")  # of [strategy], of a bot
        if isinstance(chosen, str) and chosen in STRATEGIES:
            yield f"{key}.{SOURCE}", _source(chosen)
            yield from _defaults(f"{key}.parameters", chosen, value.get("parameters"))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _flat(f"{key}.{index}", inner, base)
    elif isinstance(value, Path) and key.rpartition(".")[2] == FILE:
        yield key, str(value)
        yield f"{key}.{SOURCE}", _content(base / value)
    else:
        yield key, f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _defaults(key: str, name: str, given: object) -> Iterator[tuple[str, str]]:
    """Every parameter as it holds, so that one written out with its default changes nothing."""
    try:
        built = build_strategy(name, given if isinstance(given, dict) else {})
    except ParametersRefused:
        return
    for parameter, value in asdict(built).items():  # type: ignore[call-overload]  # built-in ones are dataclasses
        yield f"{key}.{parameter}", str(value)


def _source(name: str) -> str:
    """Of the module of a built-in strategy: another version of jackline may decide otherwise."""
    spec = find_spec(STRATEGIES[name].__module__)
    return _content(Path(spec.origin)) if spec is not None and spec.origin else UNREADABLE


def _content(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return UNREADABLE
