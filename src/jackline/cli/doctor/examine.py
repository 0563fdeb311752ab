"""The examination: the checks in their order. What fails does not keep the others from being asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from jackline.cli import keyring_acts as acts
from jackline.cli.config import Config, load_config
from jackline.cli.doctor import canary, keys, machine, people, venue, web
from jackline.cli.doctor.finding import Finding, fail, ok, skip
from jackline.cli.doctor.stream import listened
from jackline.cli.problems import ConfigError, Problem
from jackline.cli.tree import read_tree
from jackline.venue.transport.endpoint import Credentials

CONFIGURATION = "configuration"
OF_KEYS = ("venue.key_file", "venue.key_name", "keys.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What is asked for. `sings` and `sends`: the only two that leave anything anywhere."""

    config: Path | None
    requests: int = venue.REQUESTS
    sings: bool = False
    sends: bool = False
    host: machine.Host = machine.Host()


async def findings(wishes: Wishes) -> AsyncIterator[Finding]:
    """One after the other, as they are found."""
    for one in machine.software():
        yield one
    if wishes.config is None:
        yield skip(CONFIGURATION, "none given and no jackline.toml here: jackline new writes one")
        return
    found, config, has_key = _configured(wishes.config)
    for one in found:
        yield one
    if config is None:
        return
    for one in machine.records(config, wishes.host):
        yield one
    if has_key:
        async for one in _at_the_venue(config, wishes):
            yield one
    else:
        for one in venue.unasked():
            yield one
    yield await people.channels(config, sends=wishes.sends)
    yield await people.deadman(config)
    yield await web.dashboard(config)
    for one in web.tokens(config):
        yield one


def _configured(path: Path) -> tuple[list[Finding], Config | None, bool]:
    """The configuration as a start reads it. Trouble of the key alone leaves the rest to be examined."""
    try:
        is_guarded = "guard" in read_tree(path)
        config = load_config(path, load_strategy_file=not is_guarded)
    except ConfigError as wrong:
        of_key = [problem for problem in wrong.problems if problem.key.startswith(OF_KEYS)]
        told = [
            _told(problem, keys.CHECK if problem in of_key else CONFIGURATION) for problem in wrong.problems
        ]
        if len(of_key) < len(wrong.problems):
            return told, None, False
        return [ok(CONFIGURATION, f"{path}, but for the key"), *told], acts.without_key(path), False
    said = f"{path}: account {config.account.name}, {config.venue.name}, {config.mode}"
    return [ok(CONFIGURATION, said)], config, True


def _told(problem: Problem, check: str) -> Finding:
    return fail(check, f"{problem.key}: {problem.what}", problem.fix)


async def _at_the_venue(config: Config, wishes: Wishes) -> AsyncIterator[Finding]:
    finding, pair = keys.opened(config)
    yield finding
    if pair is None:
        for one in venue.unasked():
            yield one
        return
    async for one in _visited(config, pair, wishes):
        yield one


async def _visited(config: Config, pair: Credentials, wishes: Wishes) -> AsyncIterator[Finding]:
    async with venue.visiting(config, pair, canary.permit if wishes.sings else None) as visit:
        if isinstance(visit, Finding):
            yield visit
            for one in venue.unasked():
                yield one
            return
        async for one in venue.examined(visit, pair, requests=wishes.requests):
            yield one
        yield await listened(visit)
        for one in await canary.sung(visit) if wishes.sings else canary.told(config):
            yield one
