"""The account as the venue tells it: connected for one command, without engine or store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from jackline.cli.compose import open_venue, venue_access
from jackline.cli.config import Config
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.flatten import Flattened, Flattener, Pace
from jackline.core.ids import account_tag
from jackline.core.orders import Snapshot
from jackline.core.outcomes import Refusal, Refused, Unknown
from jackline.core.requests import ReadSnapshot
from jackline.core.values import Symbol
from jackline.engine.clock import TwoClocks
from jackline.engine.host import HostWorld
from jackline.engine.process import ENTRY_DENIED
from jackline.store.host_disk import HostDisk
from jackline.store.lease import is_held
from jackline.venue.port import AccountFacts, Failed, Venue

READS_MAX = 3
"""A read that fails is tried again at once; a venue that fails three times is down."""


def read_account(config: Config, *, every_symbol: bool) -> Snapshot:
    """One read of the account. Orders are those of the configured symbols and of every open position.

    With `every_symbol` they are all orders, at a much higher request weight.
    Raises CommandFailed when the venue does not answer.
    """
    return asyncio.run(_read(config, None if every_symbol else config.symbols))


def flatten_account(config: Config, say: Callable[[str], None]) -> Flattened:
    """Close every position, verify flat, remove our leftovers.

    Beside a running engine the leftovers are left to it: it sweeps, and one of them may be the stop of an
    entry that it is about to send. Raises CommandFailed when the venue does not answer.
    """
    return asyncio.run(_flatten(config, say))


async def _read(config: Config, symbols: tuple[Symbol, ...] | None) -> Snapshot:
    async with connected(config) as venue:
        cause = ""
        for attempt in range(1, READS_MAX + 1):
            found = await venue.read_snapshot(ReadSnapshot(asked=attempt, symbols=symbols))
            if isinstance(found, Snapshot):
                return found
            cause = found.cause
        raise _unanswered(config, cause)


async def _flatten(config: Config, say: Callable[[str], None]) -> Flattened:
    engine = is_held(HostDisk(), config.state_dir)
    if engine is not None:
        say(f"an engine runs (process {engine.pid}): it removes its own orders, and it may trade again")
    async with connected(config) as venue:
        flattener = Flattener(
            venue=venue,
            clock=TwoClocks(HostWorld()),
            tag=account_tag(config.account.name),
            pace=Pace.of(config.risk_settings(), config.protection_settings()),
            sweep=engine is None,
            say=say,
        )
        return await flattener.run()


@asynccontextmanager
async def connected(config: Config) -> AsyncIterator[Venue]:
    """A venue whose account answers: a wrong key is told at once."""
    venue = await open_venue(venue_access(config), TwoClocks(HostWorld()), lambda _: ENTRY_DENIED)
    try:
        facts: AccountFacts | Failed | None = None
        for _ in range(READS_MAX):
            facts = await venue.read_account()
            if isinstance(facts, AccountFacts):
                break
        if isinstance(facts, Refused) and facts.kind is not Refusal.OVERLOADED:
            raise CommandFailed(
                ExitCode.BAD_INPUT,
                f"{config.venue.url}: the venue refuses the account: {facts.code} {facts.text.rstrip('.')}.\n"
                "Fix: check venue.key_file and venue.url",
            )
        if not isinstance(facts, AccountFacts):
            raise _unanswered(config, facts.cause if isinstance(facts, Unknown) else str(facts))
        yield venue
    finally:
        await venue.close()


def _unanswered(config: Config, cause: str) -> CommandFailed:
    return CommandFailed(
        ExitCode.UNANSWERED,
        f"{config.venue.url}: the venue does not answer: {cause}\n"
        "Fix: see that it runs and that venue.url is right. Stops that rest there go on resting.",
    )
