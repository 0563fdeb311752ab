"""What evidence is bound to: every setting that decides, by key, and the content of every strategy file and bundle.

Told from the configuration alone: no user's code runs for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

from pydantic import BaseModel

from jackline.models.digest import manifest_sha256
from jackline.strategies.building import declared
from jackline.strategies.parameters import ParametersRefused
from jackline.strategies.registry import DECLARED, MODEL, build_strategy

NOT_DECIDING = frozenset({"account", "alerts", "keys", "phase", "store", "venue", "web"})
"""Where, for whom and who is told, not what is decided. Every other section binds, one that comes later too."""
SOURCE = "source_sha256"
FILE = "file"
BUNDLE, MANIFEST_SHA256 = "bundle", "manifest_sha256"
UNREADABLE = "unreadable"
ASKED = {MODEL: tuple(f"jackline.models.{one}" for one in ("calibration", "features", "forest", "inference"))}
"""Modules that decide behind a built-in strategy."""


def bound_settings(
    config_path: Path, sections: Mapping[str, BaseModel], bots: Mapping[str, BaseModel] | None = None
) -> dict[str, str]:
    """Keys as in the configuration file, values as text. The bar is what a strategy sees, so it binds too.

    Under `model` stands the hash of every bundle, none where no strategy has one.
    """
    found: dict[str, str] = {}
    for name, section in sections.items():
        if name not in NOT_DECIDING:
            found.update(_flat(name, section.model_dump(), config_path.parent))
    for name, bot in (bots or {}).items():
        found.update(_flat(f"bot.{name}", bot.model_dump(), config_path.parent))
    venue = sections.get("venue")
    if venue is not None:
        found["venue.bar_interval"] = str(getattr(venue, "bar_interval", ""))
    models = (value for key, value in found.items() if key.endswith(f".{BUNDLE}.{MANIFEST_SHA256}"))
    found["model"] = ", ".join(models) or "none"
    return found


def _flat(key: str, value: object, base: Path) -> Iterator[tuple[str, str]]:
    """Tables and lists opened up; beside a strategy's name or file the hash of what it runs."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(f"{key}.{name}", inner, base)
        chosen = value.get("name") or value.get("strategy")  # of [strategy], of a bot
        if isinstance(chosen, str) and chosen in DECLARED:
            yield f"{key}.{SOURCE}", _source(chosen)
            yield from _defaults(f"{key}.parameters", chosen, value.get("parameters"))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _flat(f"{key}.{index}", inner, base)
    elif isinstance(value, Path) and key.rpartition(".")[2] == FILE:
        yield key, str(value)
        yield f"{key}.{SOURCE}", _content(base / value)
    elif isinstance(value, Path) and key.rpartition(".")[2] == BUNDLE:
        yield key, str(value)
        yield f"{key}.{MANIFEST_SHA256}", _bundle(base / value)
    else:
        yield key, f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _defaults(key: str, name: str, given: object) -> Iterator[tuple[str, str]]:
    """Every parameter as it holds, so that one written out with its default changes nothing."""
    try:
        built = build_strategy(name, given if isinstance(given, dict) else {})
    except ParametersRefused:
        return
    for one in declared(DECLARED[name]):
        yield f"{key}.{one.name}", str(getattr(built, one.name))


def _source(name: str) -> str:
    """Of the module of a built-in strategy, and of what it asks: another version of jackline may decide otherwise."""
    return "+".join(_module(one) for one in (DECLARED[name].__module__, *ASKED.get(name, ())))


def _module(name: str) -> str:
    """Found, not imported."""
    spec = find_spec(name)
    return _content(Path(spec.origin)) if spec is not None and spec.origin else UNREADABLE


def _bundle(directory: Path) -> str:
    try:
        return manifest_sha256(directory)
    except OSError:
        return UNREADABLE


def _content(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return UNREADABLE
