"""Loading the configuration: one TOML file, then environment variables, then options of the command.

`JACKLINE__RISK__LEVERAGE=3` stands for `leverage = 3` under `[risk]`; its value is read as TOML where it can
be. Everything is checked before anything starts, and all problems are told at once (C1).
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from jackline.cli import checks
from jackline.cli.guard_section import GuardedVenueSection, GuardSection
from jackline.cli.keys import LOCAL_KEY, read_key_file
from jackline.cli.old_variables import read_old
from jackline.cli.problems import ConfigError, Problem, section_problems, unknown_key
from jackline.cli.protection_section import ProtectionSection
from jackline.cli.risk_section import RiskSection, risk_settings
from jackline.cli.section_types import BAR_INTERVALS_MS
from jackline.cli.sections import AccountSection, StrategySection, VenueSection
from jackline.cli.strategy_file import NotLoaded
from jackline.core.plan import Rung
from jackline.core.ports import Strategy
from jackline.core.settings import ProtectionSettings, RiskSettings
from jackline.core.values import Symbol
from jackline.engine.bars import BARS_KEPT
from jackline.engine.options import EngineOptions
from jackline.venue.transport.endpoint import Credentials, VenueMode

ENVIRONMENT_PREFIX = "JACKLINE__"
DEFAULT = "default"
FILE_BYTES_MAX = 1_000_000
"""A configuration is a page; a file this long is something else."""

SECTIONS: dict[str, type[BaseModel]] = {
    "account": AccountSection,
    "venue": VenueSection,
    "risk": RiskSection,
    "protection": ProtectionSection,
    "guard": GuardSection,
    "strategy": StrategySection,
}
GUARDED: dict[str, type[BaseModel]] = {"venue": GuardedVenueSection}
"""In place of those where nothing is to be entered."""

Tree = dict[str, Any]
"""TOML as parsed, before the sections give it types."""
KeyPath = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A configuration that has passed every check. Its methods give the settings of the other rooms."""

    path: Path
    account: AccountSection
    venue: VenueSection
    risk: RiskSection
    protection: ProtectionSection
    guard: GuardSection
    strategy_section: StrategySection
    strategy: Strategy
    credentials: Credentials
    sources: Mapping[KeyPath, str]
    """Where each value that was given comes from."""

    def source(self, key: str) -> str:
        """``file``, ``default``, ``command line``, or a word and the variable: ``environment JACKLINE__…``."""
        found = self.sources.get(tuple(key.split(".")), DEFAULT)
        return "file" if found == str(self.path) else found

    @property
    def state_dir(self) -> Path:
        """Absolute; a relative one is meant from the configuration file."""
        return (self.path.parent / self.account.state_dir).resolve()

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """What the account trades."""
        return tuple(Symbol(name) for name in self.venue.symbols)

    @property
    def mode(self) -> VenueMode:
        """The mode, one that this version can run (C2)."""
        return VenueMode(self.account.mode)

    @property
    def forced_rung(self) -> Rung | None:
        """None for ``auto``."""
        return self.venue.rung if isinstance(self.venue.rung, Rung) else None

    def risk_settings(self) -> RiskSettings:
        """`[risk]`."""
        return risk_settings(self.risk)

    def protection_settings(self) -> ProtectionSettings:
        """`[protection]`."""
        return ProtectionSettings(**self.protection.model_dump())

    def engine_options(self) -> EngineOptions:
        """What an engine or a watchdog is started with."""
        return EngineOptions(
            account=self.account.name,
            mode=self.mode.value,
            state_dir=self.state_dir,
            symbols=self.symbols,
            interval_ms=BAR_INTERVALS_MS[self.venue.bar_interval],
            position_mode=self.venue.position_mode,
            margin_type=self.venue.margin_type,
            forced_rung=self.forced_rung,
            risk=self.risk_settings(),
            protection=self.protection_settings(),
            strategy=self.strategy,
            history_bars=min(BARS_KEPT, self.strategy.warmup_bars + 100),
            adopting=self.guard.settings(),
        )

    def guard_options(self) -> EngineOptions:
        """What a guard is started with: it follows no market and enters nothing, whatever else the file says."""
        return replace(self.engine_options(), guards_only=True, symbols=(), strategy=NotLoaded(name="none"))


def load_config(
    path: Path,
    overrides: Mapping[str, object] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    load_strategy_file: bool = False,
    import_old: bool = False,
    guards_only: bool = False,
) -> Config:
    """Read and check a configuration.

    Args:
        path: the TOML file.
        overrides: values of options by dotted key (``"venue.rung"``); they win over everything.
        environment: variables; the process's own unless given.
        load_strategy_file: run the file of a user's strategy; for the one process that asks it.
        import_old: take keys that nothing else gives from the variables of older programs.
        guards_only: nothing will be entered: neither symbols nor a strategy are needed. A `[guard]` table says so to
            every process but the one that asks a strategy.

    Raises:
        ConfigError: with every problem found.
    """
    tree = _read(path)
    sources: dict[KeyPath, str] = {}
    _mark(sources, (), tree, str(path))
    variables = os.environ if environment is None else environment
    for variable in sorted(variables):
        if variable.startswith(ENVIRONMENT_PREFIX):
            keys = tuple(variable[len(ENVIRONMENT_PREFIX) :].lower().split("__"))
            _put(tree, sources, keys, _toml_value(variables[variable]), f"environment {variable}")
    for key, value in (overrides or {}).items():
        _put(tree, sources, tuple(key.split(".")), value, "command line")
    problems = _import(tree, sources, variables, str(path)) if import_old else []
    guarded = guards_only or ("guard" in tree and not load_strategy_file)
    return _checked(path, tree, sources, problems, load_strategy_file=load_strategy_file, guarded=guarded)


def _import(
    tree: Tree, sources: dict[KeyPath, str], variables: Mapping[str, str], file: str
) -> list[Problem]:
    """Give what older programs' variables say to keys that nobody has given; tell what contradicts."""
    found, problems = read_old(variables, SECTIONS)
    for one in found:
        section, _, name = one.key.partition(".")
        table = tree.setdefault(section, {})
        if not isinstance(table, dict):
            continue  # the section's own problem
        if name not in table:
            _put(tree, sources, (section, name), one.value, one.source)
        elif not one.agrees_with(table[name]):
            problems.append(one.contradicted(table[name], sources.get((section, name), file)))
    return problems


def _checked(
    path: Path,
    tree: Tree,
    sources: dict[KeyPath, str],
    problems: list[Problem],
    *,
    load_strategy_file: bool,
    guarded: bool,
) -> Config:
    """Validate section by section, so that a fault in one does not hide those of another."""
    for key in sorted(tree.keys() - SECTIONS.keys()):
        problems.append(unknown_key(key, tree[key], sources.get((key,), str(path)), tuple(SECTIONS)))
    sections: dict[str, BaseModel] = {}
    kinds = SECTIONS if not guarded else {**SECTIONS, **GUARDED}
    for name, kind in kinds.items():
        try:
            sections[name] = kind.model_validate(tree.get(name, {}))
        except ValidationError as error:
            problems.extend(section_problems(name, kind, error, sources, str(path)))
    account, venue = sections.get("account"), sections.get("venue")
    risk, section = sections.get("risk"), sections.get("strategy")
    found = checks.Found(path=path, sources=sources)
    credentials = LOCAL_KEY
    if isinstance(venue, VenueSection) and venue.key_file is not None:
        key_pair = read_key_file(path.parent / venue.key_file)
        if isinstance(key_pair, Credentials):
            credentials = key_pair
        else:
            problems.extend(key_pair)
    if isinstance(venue, VenueSection):
        problems.extend(checks.venue_problems(venue, found))
    if isinstance(risk, RiskSection):
        problems.extend(checks.risk_problems(risk, found))
        problems.extend(checks.size_problems(risk, found))
    strategy: Strategy | list[Problem] = []
    if isinstance(section, StrategySection):
        strategy = checks.choose_strategy(section, found, load_file=load_strategy_file, optional=guarded)
    problems.extend(strategy if isinstance(strategy, list) else ())
    if problems or isinstance(strategy, list):
        raise ConfigError(problems)
    return Config(
        path=path,
        account=AccountSection.model_validate(account),
        venue=venue if isinstance(venue, VenueSection) else VenueSection.model_validate(venue),
        risk=RiskSection.model_validate(risk),
        protection=ProtectionSection.model_validate(sections["protection"]),
        guard=GuardSection.model_validate(sections["guard"]),
        strategy_section=StrategySection.model_validate(section),
        strategy=strategy,
        credentials=credentials,
        sources=sources,
    )


def _read(path: Path) -> Tree:
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


def _toml_value(text: str) -> object:
    """`3`, `true`, `[..]` as TOML reads them; anything else is a text."""
    try:
        return tomllib.loads(f"value = {text}", parse_float=Decimal)["value"]
    except tomllib.TOMLDecodeError:
        return text


def _put(tree: Tree, sources: dict[KeyPath, str], keys: KeyPath, value: object, source: str) -> None:
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
    _mark(sources, keys, value, source)


def _mark(sources: dict[KeyPath, str], keys: KeyPath, value: object, source: str) -> None:
    """Remember where a value, and everything in it, comes from."""
    if keys:
        sources[keys] = source
    if isinstance(value, dict):
        for key, inner in value.items():
            _mark(sources, (*keys, key), inner, source)
