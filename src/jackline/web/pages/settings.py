"""What the account is set up with: bots, keys and phases."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from fastapi import Request, Response

from jackline.core.phases import Needs, Stage
from jackline.core.promotion import Check, judge
from jackline.store.errors import StoreError
from jackline.store.evidence import collect, read_standing
from jackline.store.reader import StoreReader
from jackline.store.vault import Record, RecordKind, read_vault
from jackline.web.access import Reader
from jackline.web.bot_book import State, gone_ones, in_force, state_of
from jackline.web.hands import BotLine
from jackline.web.pages.bar import Tone
from jackline.web.pages.rendering import View
from jackline.web.pages.route import router, show
from jackline.web.pages.sight import Sight
from jackline.web.words import moment

pages = router()

NAMED: Final = frozenset({"venue.name", "venue.key_name", "keys.file"})
SECRET_WORDS: Final = ("secret", "passphrase", "private", "seed")


@dataclass(frozen=True, slots=True, kw_only=True)
class BotShown:
    """A bot, what it may trade, and what it holds. `settings`: of one that was made here, as texts for its form."""

    name: str
    strategy: str
    symbols: str
    source: str
    state: State
    tone: Tone
    budget_fraction: Decimal | None
    trades: str
    holds: str
    is_managed: bool = False
    etag: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLine:
    """A key by its name; of its facts those that are none of its secret (S1)."""

    name: str
    kind: str
    is_exchange_key: bool
    facts: tuple[tuple[str, str], ...]
    notes: tuple[tuple[str, str], ...]


async def bots_view(sight: Sight, query: Mapping[str, str]) -> View:
    """Bots."""
    del query
    lines = await sight.bots.lines()
    rows = [_bot(line, sight) for line in lines]
    rows += [_gone(name, sight) for name in gone_ones(lines, sight.seen)]
    facts: dict[str, object] = {
        "rows": rows,
        "trouble": await sight.bots.trouble(),
        "strategies": sight.bots.strategies,
        "symbols": sight.options.symbols,
    }
    return View(name="bots", title="Bots", facts=facts, live=("bots",))


def _bot(line: BotLine, sight: Sight) -> BotShown:
    bot, state = line.bot, state_of(line, sight.seen)
    if state == "running" and in_force(line, sight.seen) is False:
        state = "waiting"
    return BotShown(
        name=bot.name,
        strategy=line.strategy,
        symbols=", ".join(sight.options.symbols if bot.symbols is None else bot.symbols)
        or "all of the account",
        source=bot.source.value,
        state=state,
        tone="ok" if state == "running" else "old" if state == "unknown" else "warn",
        budget_fraction=bot.budget_fraction,
        trades=f"{_held(sight, bot.name)} of {bot.trades_max or 'any number'}",
        holds=_holds(sight, bot.name),
        is_managed=line.is_managed,
        etag=line.etag,
        settings={key: _field(value) for key, value in line.settings.items()},
    )


def _gone(name: str, sight: Sight) -> BotShown:
    """What it has open is guarded on, until it is flat."""
    return BotShown(
        name=name,
        strategy="",
        symbols="",
        source="",
        state="gone",
        tone="warn",
        budget_fraction=None,
        trades=f"{_held(sight, name)} of none",
        holds=_holds(sight, name),
    )


def _field(value: object) -> str:
    """As somebody would type it."""
    if isinstance(value, Mapping):
        return "\n".join(f"{key} = {json.dumps(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return f"{Decimal(repr(value)):f}" if isinstance(value, float) else str(value)


def _holds(sight: Sight, bot: str) -> str:
    return ", ".join(f"{one.symbol} {one.side}" for one in sight.seen.positions if one.bot == bot)


async def keys_view(sight: Sight, query: Mapping[str, str]) -> View:
    """Keys: what is kept of each, and never the key."""
    del query
    trouble, rows = "", []
    path = sight.options.vault_file
    if path is not None and sight.disk.exists(path):
        try:
            vault = await asyncio.to_thread(read_vault, sight.disk, path)
            rows = [_key(one) for one in vault.records]
        except (StoreError, OSError) as error:
            trouble = f"{path.name}: {error}"
    named = {
        key: value for key, value in sight.options.configured.items() if key in NAMED and value != '"None"'
    }
    facts: dict[str, object] = {
        "rows": rows,
        "trouble": trouble,
        "named": named,
        "venue": sight.options.venue,
    }
    return View(name="keys", title="Keys", facts=facts)


async def phases_view(sight: Sight, query: Mapping[str, str]) -> View:
    """The phase, and the evidence for the next one."""
    del query
    needs = _needs(sight)

    def read(store: StoreReader) -> tuple[Stage, str, tuple[Check, ...]] | None:
        standing = read_standing(store)
        if standing is None:
            return None
        verdict = judge(collect(store, standing, needs), needs)
        return standing.stage, standing.identity, verdict.checks

    found = await sight.account.ask(read)
    facts: dict[str, object] = {
        "stages": [stage.value for stage in Stage],
        "stage": None if found is None else found[0],
        "identity": "" if found is None else found[1][:8],
        "checks": () if found is None else found[2],
        "after": None if found is None or found[0].after is None else found[0].after.value,
        "is_ready": found is not None and all(check.passed for check in found[2]),
    }
    return View(name="phases", title="Phases", facts=facts)


def _held(sight: Sight, bot: str) -> int:
    return sum(one.bot == bot for one in sight.seen.positions)


@pages.get("/bots")
async def bots_page(request: Request, grant: Reader) -> Response:
    """Bots."""
    return await show(request, grant, bots_view)


@pages.get("/keys")
async def keys_page(request: Request, grant: Reader) -> Response:
    """Keys."""
    return await show(request, grant, keys_view)


@pages.get("/phases")
async def phases_page(request: Request, grant: Reader) -> Response:
    """Phases."""
    return await show(request, grant, phases_view)


def _key(record: Record) -> KeyLine:
    shown = tuple(
        (_plain(name), _noted(name, value) if not _is_secret(name) else "kept")
        for name, value in sorted(record.facts.items())
    )
    return KeyLine(
        name=record.name,
        kind=record.kind.value,
        is_exchange_key=record.kind is RecordKind.EXCHANGE_KEY,
        facts=shown,
        notes=tuple((_plain(name), _noted(name, value)) for name, value in sorted(record.notes.items())),
    )


def _plain(name: str) -> str:
    return name.removesuffix("_ms")


def _noted(name: str, value: str) -> str:
    """What the venue said; a moment as one."""
    return (moment(int(value)) or value) if name.endswith("_ms") and value.isdecimal() else value


def _is_secret(name: str) -> bool:
    return any(word in name for word in SECRET_WORDS)


def _needs(sight: Sight) -> Needs:
    """As the configuration has them."""

    def number(key: str, default: int) -> int:
        text = sight.options.configured.get(key, "").replace("_", "")
        return int(text) if text.isdecimal() else default

    least = Needs()
    return Needs(
        trades_min=number("phase.trades_min", least.trades_min),
        monitoring_min_ms=number("phase.monitoring_min_ms", least.monitoring_min_ms),
        protect_deadline_ms=number("protection.protect_deadline_ms", least.protect_deadline_ms),
    )
