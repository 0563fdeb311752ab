"""Loading the configuration: one TOML file, then environment variables, then options of the command.

`JACKLINE__RISK__LEVERAGE=3` stands for `leverage = 3` under `[risk]`; its value is read as TOML where it can
be. Everything is checked before anything starts, and all problems are told at once (C1).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path

from pydantic import BaseModel, ValidationError

from jackline.cli import checks
from jackline.cli.alerts_section import AlertsSection
from jackline.cli.all_sections import GUARDED, SECTIONS
from jackline.cli.bot_checks import BOT, make_bots, read_bots
from jackline.cli.bot_section import BotSection
from jackline.cli.contradictions import contradictions
from jackline.cli.exits_section import ExitsSection, exit_settings
from jackline.cli.guard_section import GuardSection
from jackline.cli.identity import bound_settings
from jackline.cli.keys_section import KeysSection
from jackline.cli.managed_bots import Managed, Table, checked_with, managed_of
from jackline.cli.model_bundle import model_problems
from jackline.cli.old_variables import read_old
from jackline.cli.phase_section import PhaseSection, needs
from jackline.cli.problems import ConfigError, Problem, section_problems, unknown_key
from jackline.cli.protection_section import ProtectionSection
from jackline.cli.reading_keys import read_keys
from jackline.cli.regime_section import (
    OpportunitySection,
    RegimeSection,
    opportunity_settings,
    regime_settings,
    spell_reference,
    without_regime,
)
from jackline.cli.risk_section import RiskSection, risk_settings, with_usual_target
from jackline.cli.section_types import BAR_INTERVALS_MS
from jackline.cli.sections import AccountSection, StrategySection, VenueSection
from jackline.cli.store_section import StoreSection
from jackline.cli.strategy_file import NotLoaded
from jackline.cli.trailing_checks import trailing_problems
from jackline.cli.tree import KeyPath, Tree, mark, put, read_tree, toml_value
from jackline.cli.universe_section import UniverseSection, universe_rules
from jackline.cli.venue_key import StoredKey
from jackline.cli.web_section import WebSection
from jackline.cli.webhook_section import WebhookSection
from jackline.core.plan import Rung
from jackline.core.ports import Strategy
from jackline.core.settings import ProtectionSettings, RiskSettings
from jackline.core.values import Symbol
from jackline.engine.bars import BARS_KEPT
from jackline.engine.options import BotOptions, EngineOptions, PhaseOptions
from jackline.engine.regime import memory_bars
from jackline.store.signature import SigningKey
from jackline.venue.transport.endpoint import Credentials, VenueMode

ENVIRONMENT_PREFIX = "JACKLINE__"
DEFAULT = "default"
MIB_BYTES = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A configuration that has passed every check. Its methods give the settings of the other rooms."""

    path: Path
    account: AccountSection
    store: StoreSection
    venue: VenueSection
    keys: KeysSection
    universe: UniverseSection
    risk: RiskSection
    regime: RegimeSection
    opportunity: OpportunitySection
    exits: ExitsSection
    protection: ProtectionSection
    guard: GuardSection
    webhook: WebhookSection
    web: WebSection
    alerts: AlertsSection
    strategy_section: StrategySection
    strategy: Strategy
    bot_sections: Mapping[str, BotSection]
    bots: tuple[BotOptions, ...]
    phase: PhaseSection
    signing_key: SigningKey | None
    venue_key: Credentials | StoredKey
    sources: Mapping[KeyPath, str]
    """Where each value that was given comes from."""
    managed: Managed
    """Bots that were made over the API; they stand in `bots` too, while their file is in force."""

    def source(self, key: str) -> str:
        """``file``, ``default``, ``command line``, or a word and the variable: ``environment JACKLINE__…``."""
        found = self.sources.get(tuple(key.split(".")), DEFAULT)
        return "file" if found == str(self.path) else found

    @property
    def credentials(self) -> Credentials:
        """The key to the venue; one that lies in the vault is unlocked for it, which may ask for a passphrase."""
        return self.venue_key if isinstance(self.venue_key, Credentials) else self.venue_key.unlock()

    @property
    def state_dir(self) -> Path:
        """Absolute; a relative one is meant from the configuration file."""
        return (self.path.parent / self.account.state_dir).resolve()

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """What the account trades, or, where `[universe]` chooses, what it chooses from."""
        return tuple(Symbol(name) for name in self.venue.symbols)

    @property
    def mode(self) -> VenueMode:
        """The mode, one that this version can run (C2)."""
        return VenueMode(self.account.mode)

    @property
    def forced_rung(self) -> Rung | None:
        """None for ``auto``."""
        return self.venue.rung if isinstance(self.venue.rung, Rung) else None

    @property
    def strategies(self) -> tuple[Strategy, ...]:
        """Of every bot, or the one of the account."""
        return tuple(one.strategy for one in self.bots) or (self.strategy,)

    def risk_settings(self) -> RiskSettings:
        """`[risk]`, with the gates and the exits that have a table of their own."""
        own = risk_settings(self.risk)
        return replace(
            own if self.bots else with_usual_target(own, self.risk, self.strategy),
            regime=regime_settings(self.regime),
            opportunity=opportunity_settings(self.opportunity),
            exits=exit_settings(self.exits),
        )

    def protection_settings(self) -> ProtectionSettings:
        """`[protection]`."""
        return ProtectionSettings(**self.protection.model_dump())

    def engine_options(self) -> EngineOptions:
        """What an engine or a watchdog is started with."""
        risk = self.risk_settings()
        return EngineOptions(
            account=self.account.name,
            mode=self.mode.value,
            state_dir=self.state_dir,
            symbols=self.symbols,
            interval_ms=BAR_INTERVALS_MS[self.venue.bar_interval],
            position_mode=self.venue.position_mode,
            margin_type=self.venue.margin_type,
            forced_rung=self.forced_rung,
            risk=risk,
            protection=self.protection_settings(),
            strategy=self.strategy,
            universe=universe_rules(self.universe),
            tape_bytes_max=self.account.tape_mib_max * MIB_BYTES,
            history_bars=min(
                BARS_KEPT, max(max(one.warmup_bars for one in self.strategies) + 100, memory_bars(risk))
            ),
            bots=tuple(one.with_tables(risk) for one in self.bots),
            signal_age_ms_max=self.webhook.signal_age_ms_max,
            phase=self.phase_options(),
            is_published=True,
            adopting=self.guard.settings(),
            key_name=self.venue.key_name,
            any_address_accepted=isinstance(self.venue_key, StoredKey)
            and self.venue_key.any_address_accepted,
        )

    def guard_options(self) -> EngineOptions:
        """What a guard is started with: it follows no market and enters nothing, whatever else the file says."""
        return replace(
            self.engine_options(),
            guards_only=True,
            symbols=(),
            universe=None,
            bots=(),
            strategy=NotLoaded(name="none"),
            risk=without_regime(self.risk_settings()),
        )

    def phase_options(self) -> PhaseOptions:
        """What a phase is judged by, and what its evidence is bound to."""
        asked = needs(self.phase, protect_deadline_ms=self.protection.protect_deadline_ms)
        return PhaseOptions(
            bound=bound_settings(self.path, self._sections(), self.bot_sections),
            needs=asked,
            key=self.signing_key,
        )

    def _sections(self) -> dict[str, BaseModel]:
        """Every section under its name in the file."""
        names = {kind: name for kinds in (SECTIONS, GUARDED) for name, kind in kinds.items()}
        values = (getattr(self, field.name) for field in fields(self))
        return {names[type(one)]: one for one in values if isinstance(one, BaseModel)}


def load_config(
    path: Path,
    overrides: Mapping[str, object] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    load_strategy_file: bool = False,
    import_old: bool = False,
    guards_only: bool = False,
    managed_bots: Mapping[str, Table] | None = None,
) -> Config:
    """Read and check a configuration.

    Args:
        path: the TOML file.
        overrides: values of options by dotted key (``"venue.rung"``); they win over everything.
        environment: variables; the process's own unless given.
        load_strategy_file: run the file of a user's strategy, read a model's bundle; for the one process that asks.
        import_old: take keys that nothing else gives from the variables of older programs.
        guards_only: nothing will be entered: neither symbols nor a strategy are needed. A `[guard]` table says so to
            every process but the one that asks a strategy.
        managed_bots: instead of those that were made over the API; refused with the rest where they do not fit.

    Raises:
        ConfigError: with every problem found.
    """
    tree = read_tree(path)
    own = frozenset(tree[BOT]) if isinstance(tree.get(BOT), dict) else frozenset[str]()
    sources: dict[KeyPath, str] = {}
    mark(sources, (), tree, str(path))
    variables = os.environ if environment is None else environment
    for variable in sorted(variables):
        if variable.startswith(ENVIRONMENT_PREFIX):
            keys = tuple(variable[len(ENVIRONMENT_PREFIX) :].lower().split("__"))
            put(tree, sources, keys, toml_value(variables[variable]), f"environment {variable}")
    for key, value in (overrides or {}).items():
        put(tree, sources, tuple(key.split(".")), value, "command line")
    problems = _import(tree, sources, variables, str(path)) if import_old else []
    guarded = guards_only or ("guard" in tree and not load_strategy_file)
    managed = managed_of(tree, path)
    return checked_with(
        managed if managed_bots is None else replace(managed, tables=managed_bots, trouble=""),
        tree,
        sources,
        partial(_checked, path, problems, load_strategy_file=load_strategy_file, guarded=guarded),
        own=own,
        is_wanted=managed_bots is not None,
    )


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
            put(tree, sources, (section, name), one.value, one.source)
        elif not one.agrees_with(table[name]):
            problems.append(one.contradicted(table[name], sources.get((section, name), file)))
    return problems


def _checked(
    path: Path,
    found_before: list[Problem],
    tree: Tree,
    sources: dict[KeyPath, str],
    managed: Managed,
    *,
    load_strategy_file: bool,
    guarded: bool,
) -> Config:
    """Validate section by section, so that a fault in one does not hide those of another."""
    problems = list(found_before)
    spell_reference(tree)
    for key in sorted(tree.keys() - SECTIONS.keys() - {BOT}):
        problems.append(unknown_key(key, tree[key], sources.get((key,), str(path)), (*SECTIONS, BOT)))
    sections: dict[str, BaseModel] = {}
    for name, kind in (SECTIONS | (GUARDED if guarded else {})).items():
        try:
            sections[name] = kind.model_validate(tree.get(name, {}))
        except ValidationError as error:
            problems.extend(section_problems(name, kind, error, sources, str(path)))
    venue, risk, section = sections.get("venue"), sections.get("risk"), sections.get("strategy")
    found = checks.Found(path=path, sources=sources)
    venue_key, signing_key, unread = read_keys(sections, path.parent, found)
    problems.extend(unread)
    problems.extend(contradictions(sections, found))
    bots, made = read_bots(tree, found), list[BotOptions]()
    if isinstance(venue, VenueSection) and isinstance(risk, RiskSection):
        made = make_bots(bots, venue, risk, found, load_file=load_strategy_file)
    problems.extend(bots.problems)
    problems.extend(trailing_problems(sections, bots.sections, found))
    strategy: Strategy | list[Problem] = made[0].strategy if made else []
    if isinstance(section, StrategySection) and not tree.get(BOT):
        strategy = checks.choose_strategy(section, found, load_file=load_strategy_file, optional=guarded)
    problems.extend(strategy if isinstance(strategy, list) else ())
    problems.extend(model_problems(strategy, made, sections, found))
    if problems or isinstance(strategy, list) or venue_key is None:
        raise ConfigError(problems)
    return Config(
        path=path,
        account=AccountSection.model_validate(sections["account"]),
        store=StoreSection.model_validate(sections["store"]),
        venue=venue if isinstance(venue, VenueSection) else VenueSection.model_validate(venue),
        keys=KeysSection.model_validate(sections["keys"]),
        universe=UniverseSection.model_validate(sections["universe"]),
        risk=RiskSection.model_validate(risk),
        regime=RegimeSection.model_validate(sections["regime"]),
        opportunity=OpportunitySection.model_validate(sections["opportunity"]),
        exits=ExitsSection.model_validate(sections["exits"]),
        protection=ProtectionSection.model_validate(sections["protection"]),
        guard=GuardSection.model_validate(sections["guard"]),
        webhook=WebhookSection.model_validate(sections["webhook"]),
        web=WebSection.model_validate(sections["web"]),
        alerts=AlertsSection.model_validate(sections["alerts"]),
        strategy_section=StrategySection.model_validate(section),
        strategy=strategy,
        bot_sections=bots.sections,
        bots=tuple(made),
        phase=PhaseSection.model_validate(sections["phase"]),
        signing_key=signing_key,
        venue_key=venue_key,
        sources=sources,
        managed=managed,
    )
