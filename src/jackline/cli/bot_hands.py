"""What may be done with the bots that are not the user's own file's: make, change and remove one, over API and command.

Each change is judged by the check that a start makes of the whole configuration, under a lock, and audited before and
after. What it comes to is in force when the engine has begun again with it.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from jackline.cli.bot_risk import looser_keys
from jackline.cli.config import Config, load_config
from jackline.cli.errors import CommandFailed
from jackline.cli.managed_bots import Table, plain_of, toml_of, write_managed
from jackline.cli.problems import ConfigError
from jackline.cli.stored import account_facts
from jackline.core.trade import Trade
from jackline.engine.options import bot_digests
from jackline.store.access import ACCESS_FILE, AccessStore
from jackline.store.audit import Act, record
from jackline.store.disk import LockBusy
from jackline.store.errors import StoreError
from jackline.store.host_disk import HostDisk
from jackline.store.tokens import By
from jackline.store.vault import changing
from jackline.strategies.registry import EVERY, MODEL
from jackline.web.hands import BotLine, BotsRefused, Weighed

ETAG_CHARS: Final = 32
Stamp = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    config: Config
    lines: tuple[BotLine, ...]
    stamp: Stamp


class BotsOfAccount:
    """The bots of one configuration."""

    def __init__(self, config: Config) -> None:
        self._path = config.path
        self._one_at_a_time = threading.Lock()
        self._read = _Read(config=config, lines=_lines(config), stamp=self._stamp(config))

    def listed(self) -> tuple[BotLine, ...]:
        """Every bot of the configuration as it is now; as it was where it cannot be read any more."""
        stamp = self._stamp(self._read.config)
        if stamp != self._read.stamp:
            try:
                config = load_config(self._path)
            except CommandFailed:
                return self._read.lines
            self._read = _Read(config=config, lines=_lines(config), stamp=stamp)
        return self._read.lines

    @property
    def strategies(self) -> tuple[str, ...]:
        """What a bot made here may be driven by."""
        return tuple(sorted(EVERY.keys() - {MODEL}))

    @property
    def trouble(self) -> str:
        """Why the bots that were made over the API are not in force; empty where they are."""
        self.listed()
        managed = self._read.config.managed
        return f"{managed.path.name}: {managed.trouble}" if managed.trouble else ""

    @property
    def bound(self) -> Mapping[str, str]:
        """What the evidence for a phase is bound to, as the configuration is now."""
        self.listed()
        return self._read.config.phase_options().bound

    def holds(self, name: str) -> tuple[str, ...]:
        """`SYMBOL:side` of everything that a bot has open or is opening, by the engine's records."""
        try:
            _, trades = account_facts(self._read.config)
        except (CommandFailed, StoreError, OSError) as error:
            raise BotsRefused("unavailable", str(error)) from error
        return tuple(sorted(_place(trade) for trade in trades if trade.bot == name))

    def weigh(self, name: str, changes: Mapping[str, object | None]) -> Weighed:
        """What a change would come to; nothing is written. A value of None takes its key out. Raises BotsRefused."""
        before = self._config()
        if before.managed.trouble:
            raise BotsRefused("does-not-fit", before.managed.trouble)
        after = self._candidate(before, {**before.managed.tables, name: _changed(before, name, changes)})
        return Weighed(etag=_etag(before.managed.tables[name]), looser=looser_keys(before, after, name))

    def add(self, name: str, table: Table, *, by: By) -> BotLine:
        """Make one. Raises BotsRefused."""
        with self._changing() as config:
            if name in config.managed.tables or any(line.bot.name == name for line in _lines(config)):
                raise BotsRefused("taken", f"there is a bot {name}")
            act = by.act("bots.add", after=toml_of(name, table))
            self._commit(config, {**config.managed.tables, name: dict(table)}, act)
        return self._line(name)

    def change(self, name: str, changes: Mapping[str, object | None], *, etag: str, by: By) -> BotLine:
        """Change one that is as `etag` says. Raises BotsRefused."""
        with self._changing() as config:
            before, table = _own(config, name), _changed(config, name, changes)
            _check_etag(before, etag)
            act = by.act("bots.change", before=toml_of(name, before), after=toml_of(name, table))
            self._commit(config, {**config.managed.tables, name: table}, act)
        return self._line(name)

    def remove(self, name: str, *, etag: str | None, by: By) -> None:
        """Take one out. What it has open stays its own, and guarded. Raises BotsRefused."""
        with self._changing() as config:
            before = _own(config, name)
            if etag is not None:
                _check_etag(before, etag)
            after = {one: table for one, table in config.managed.tables.items() if one != name}
            self._commit(config, after, by.act("bots.remove", before=toml_of(name, before)))

    # -- inside ----------------------------------------------------------------------------------------------

    def _line(self, name: str) -> BotLine:
        return next(line for line in self.listed() if line.bot.name == name)

    def _config(self) -> Config:
        """As it is now. Raises BotsRefused where it cannot be built upon."""
        try:
            config = load_config(self._path)
        except ConfigError as error:
            raise _does_not_fit(error) from error
        except CommandFailed as error:
            raise BotsRefused("unavailable", str(error)) from error
        if config.managed.trouble and not config.managed.tables:
            text = f"{config.managed.path}: {config.managed.trouble}. Fix: remove it, or put a copy of it in its place"
            raise BotsRefused("unavailable", text)
        return config

    def _candidate(self, before: Config, tables: Mapping[str, Table]) -> Config:
        try:
            return load_config(before.path, managed_bots=tables)
        except ConfigError as error:
            raise _does_not_fit(error) from error

    def _commit(self, config: Config, tables: Mapping[str, Table], act: Act) -> None:
        """Judge it whole, audit and write it. Raises BotsRefused; then nothing is changed."""
        self._candidate(config, tables)
        store = AccessStore(HostDisk(), config.state_dir / ACCESS_FILE)
        record(store, replace(act, outcome="asked"))
        try:
            write_managed(HostDisk(), config.managed.path, tables)
        except (OSError, ValueError) as error:
            record(store, replace(act, outcome=f"failed: {type(error).__name__}"))
            code = "unavailable" if isinstance(error, OSError) else "bad-request"
            raise BotsRefused(code, f"{config.managed.path.name}: {error}") from error
        record(store, act)

    @contextmanager
    def _changing(self) -> Iterator[Config]:
        """One at a time, in this process and among all of them."""
        disk = HostDisk()
        try:
            with self._one_at_a_time:
                path = self._read.config.managed.path
                disk.make_directory(path.parent)
                with changing(disk, path):
                    yield self._config()
        except LockBusy as error:
            raise BotsRefused("changed-meanwhile", "somebody else is changing the bots just now") from error
        except (StoreError, OSError) as error:
            raise BotsRefused("unavailable", str(error)) from error

    def _stamp(self, config: Config) -> Stamp:
        return tuple(_stamp_of(path) for path in (self._path, config.managed.path))


def _lines(config: Config) -> tuple[BotLine, ...]:
    every = config.engine_options().every_bot
    digests = bot_digests(config.phase_options().bound, tuple(one.bot.name for one in every))
    tables = config.managed.in_force
    return tuple(
        BotLine(
            bot=one.bot,
            strategy=one.strategy.name,
            digest=digests[one.bot.name],
            is_managed=one.bot.name in tables,
            settings=plain_of(tables.get(one.bot.name, {})),
            etag=_etag(tables[one.bot.name]) if one.bot.name in tables else "",
        )
        for one in every
    )


def _own(config: Config, name: str) -> Table:
    """The table of a bot that was made here. Raises BotsRefused for one of the user's file, and for none."""
    found = config.managed.tables.get(name)
    if found is not None:
        return found
    if any(line.bot.name == name for line in _lines(config)):
        raise BotsRefused(
            "in-the-file", f"bot {name} stands in {config.path.name}, which is never written from here"
        )
    raise BotsRefused("not-found", f"no bot {name}")


def _changed(config: Config, name: str, changes: Mapping[str, object | None]) -> dict[str, object]:
    merged = {**_own(config, name), **changes}
    return {key: value for key, value in merged.items() if value is not None}


def _check_etag(table: Table, etag: str) -> None:
    if etag not in {"*", _etag(table)}:
        raise BotsRefused("changed-meanwhile", "the bot is not what was read")


def _etag(table: Table) -> str:
    """Of what it is set to alone: the same settings have the same one."""
    return (
        f'"{hashlib.sha256(toml_of("bot", dict(sorted(table.items()))).encode()).hexdigest()[:ETAG_CHARS]}"'
    )


def _place(trade: Trade) -> str:
    return f"{trade.symbol}:{trade.side.value}"


def _does_not_fit(error: ConfigError) -> BotsRefused:
    told = "; ".join(f"{one.key}: {one.what}. Fix: {one.fix}" for one in error.problems)
    wrong = [{"where": one.key, "what": one.what, "fix": one.fix} for one in error.problems]
    return BotsRefused("does-not-fit", told, errors=wrong)


def _stamp_of(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0
    return found.st_mtime_ns, found.st_size, found.st_ino
