"""The venue, as this account meets it: clock, key, mode, leverage, filters, latency, weight. Reads only."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from jackline.cli.compose import VenueAccess, open_venue
from jackline.cli.config import Config
from jackline.cli.demo.figures import nearest_rank
from jackline.cli.doctor import keys, sizes
from jackline.cli.doctor.finding import Finding, fail, ok, skip, warn
from jackline.cli.doctor.timed_net import TimedNet
from jackline.cli.stored import engine_holder
from jackline.cli.views import positions_at_venue
from jackline.core.instrument import Instrument, MarginTier
from jackline.core.orders import Snapshot
from jackline.core.outcomes import Refused
from jackline.core.requests import ReadSnapshot
from jackline.core.values import Symbol
from jackline.engine.clock import TwoClocks
from jackline.engine.host import HostWorld
from jackline.engine.process import ENTRY_DENIED, Permit
from jackline.venue.aiohttp_net import AiohttpNet
from jackline.venue.binance.venue import BinanceVenue
from jackline.venue.bingx.venue import BingxVenue
from jackline.venue.port import AccountFacts, KeyFacts, SymbolFacts
from jackline.venue.transport.budget import WEIGHT_MAX
from jackline.venue.transport.clock import SAMPLES
from jackline.venue.transport.endpoint import Credentials
from jackline.venue.transport.lanes import JITTER_MS_MAX, SKEW_MS_MAX

READS_MAX = 3
"""A read that fails is tried again at once; a venue that fails three times is down."""
SYMBOLS_MAX = 20
"""Asked one by one; of a larger universe these stand for the rest."""
REQUESTS = 50
STEP_MS_MAX = 50
"""Between the wall clock and the steady one, while the doctor looks: more is a clock that is being set."""
EVERYTHING = (
    "clock", keys.RIGHTS, "position mode", "positions", "leverage", "sizes", "latency", "request weight", "user stream",
)  # fmt: skip
"""What cannot be asked of a venue that does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """An open connection to the account, for the time of the examination."""

    config: Config
    venue: BinanceVenue | BingxVenue
    clock: TwoClocks
    net: TimedNet
    account: AccountFacts
    instruments: dict[Symbol, Instrument]


@asynccontextmanager
async def visiting(
    config: Config, pair: Credentials, permit: Permit | None = None
) -> AsyncIterator[Visit | Finding]:
    """Connect and read account and filters; a finding where the venue does not let us."""
    access = VenueAccess(
        name=config.venue.name, mode=config.mode, url=config.venue.url, credentials=pair
    )  # fmt: skip
    clock, net = TwoClocks(HostWorld()), TimedNet(AiohttpNet())
    venue = await open_venue(access, clock, permit or (lambda _: ENTRY_DENIED), net=net)
    venue.share(with_engine=engine_holder(config) is not None)
    try:
        account, instruments = await _account(venue), await _instruments(venue, config)
        if isinstance(account, AccountFacts) and isinstance(instruments, dict):
            yield Visit(
                config=config, venue=venue, clock=clock, net=net, account=account, instruments=instruments
            )
        else:
            yield _unreachable(config, account if not isinstance(account, AccountFacts) else instruments)
    finally:
        await venue.close()


async def _account(venue: BinanceVenue | BingxVenue) -> object:
    return await _tried(venue.read_account, AccountFacts)


async def _instruments(venue: BinanceVenue | BingxVenue, config: Config) -> object:
    return await _tried(lambda: venue.read_instruments(config.symbols[:SYMBOLS_MAX] or None), dict)


async def _tried(ask: Callable[[], Awaitable[object]], wanted: type) -> object:
    found = await ask()
    for _ in range(READS_MAX - 1):
        if isinstance(found, wanted):
            break
        found = await ask()
    return found


def _unreachable(config: Config, answer: object) -> Finding:
    if isinstance(answer, Refused):
        fix = "see that the key lives, that it is of this venue, and that it allows this address"
        return fail("venue", f"{config.venue.url} refuses the account: {answer.code} {answer.text}", fix)
    cause = getattr(answer, "cause", answer)
    fix = "see that it runs: jackline run, or jackline exchange serve; and that venue.url is right"
    return fail("venue", f"{config.venue.url} does not answer: {cause}", fix)


async def examined(visit: Visit, pair: Credentials, *, requests: int) -> AsyncIterator[Finding]:
    """Everything but the stream and the canary."""
    config = visit.config
    yield ok("venue", f"{config.venue.name} at {config.venue.url}, equity {visit.account.equity_quote:.2f}")
    apart_ms = _apart_ms()
    clock = [await visit.venue.read_clock_offset_ms() for _ in range(max(1, requests // SAMPLES))]
    yield _clock(visit, clock[-1], stepped_ms=abs(_apart_ms() - apart_ms))
    facts = await visit.venue.read_key()
    if isinstance(facts, KeyFacts):
        yield keys.rights(config, pair, facts)
    else:
        yield fail(keys.RIGHTS, f"the venue did not say: {facts}", "ask again: jackline doctor")
    yield _mode(visit)
    yield await _positions(visit)
    yield await _leverage(visit)
    for symbol in config.symbols[:SYMBOLS_MAX]:
        yield await sizes.size(visit.venue, config, symbol, visit.instruments.get(symbol), visit.account)
    yield _latency(visit)
    yield _weight(visit)


def _apart_ms() -> float:
    """How far the wall clock is from the steady one."""
    return time.time() * 1_000 - time.monotonic() * 1_000


def _clock(visit: Visit, behind: object, *, stepped_ms: float) -> Finding:
    if not isinstance(behind, int):
        return fail("clock", f"the venue's clock could not be read: {behind}", "ask again: jackline doctor")
    word = "behind" if behind >= 0 else "ahead of"
    jitter_ms = visit.venue.clock_jitter_ms
    seen = f"{abs(behind)} ms {word} the venue's, samples {jitter_ms} ms apart"
    fix = "let a time service set it (chrony, systemd-timesyncd), then ask again"
    if abs(behind) > SKEW_MS_MAX or jitter_ms > JITTER_MS_MAX:
        return fail("clock", f"{seen}; beyond {SKEW_MS_MAX} ms no entry leaves", fix)
    if abs(behind) > SKEW_MS_MAX // 2:
        return warn("clock", f"{seen}; beyond {SKEW_MS_MAX} ms no entry leaves", fix)
    if stepped_ms > STEP_MS_MAX:
        return warn("clock", f"{seen}; it was set by {stepped_ms:.0f} ms while we looked", fix)
    return ok("clock", f"{seen}, steady")


def _mode(visit: Visit) -> Finding:
    wanted, found = visit.config.venue.position_mode, visit.account.mode
    if wanted is found:
        return ok("position mode", found.value)
    fix = f'change it at the venue while flat, or venue.position_mode = "{found}"'
    seen = f"the account is in {found}, configured is {wanted}"
    return fail("position mode", seen, fix)


async def _positions(visit: Visit) -> Finding:
    """What is open, and whether it is protected: by the code that every command asks."""
    known = tuple(one for one in visit.config.symbols if one in visit.instruments) or None
    snapshot = await visit.venue.read_snapshot(ReadSnapshot(asked=0, symbols=known))
    if not isinstance(snapshot, Snapshot):
        return fail("positions", f"not read: {snapshot.cause}", "ask again: jackline doctor")
    rows = positions_at_venue(snapshot, visit.config.risk.stop_price_source)
    naked = [f"{row.symbol} {row.side}" for row in rows if row.state == "NAKED"]
    if naked:
        fix = "start engine and watchdog, which protect it; or jackline close-all --direct"
        return fail("positions", f"without a stop: {', '.join(naked)}", fix)
    return ok("positions", f"{len(rows)} open, each with its stop" if rows else "none open")


async def _leverage(visit: Visit) -> Finding:
    """What is set for each symbol, and whether what is wished can be."""
    config = visit.config
    wanted, apart, beyond = (config.risk.leverage, config.venue.margin_type), list[str](), list[str]()
    for symbol in (one for one in config.symbols[:SYMBOLS_MAX] if one in visit.instruments):
        most = max((tier.leverage_max for tier in _tiers(visit, symbol)), default=wanted[0])
        if wanted[0] > most:
            beyond.append(f"{symbol} allows {most}x")
        found = await visit.venue.read_symbol(symbol)
        if not isinstance(found, SymbolFacts):
            return fail("leverage", f"{symbol}: not read: {found}", "ask again: jackline doctor")
        if (found.leverage, found.margin_type) != wanted:
            apart.append(f"{symbol} {found.leverage}x {found.margin_type}")
    wish = f"{wanted[0]}x {wanted[1]}"
    if beyond:
        seen = f"configured is {wanted[0]}x; {', '.join(beyond)}"
        return fail("leverage", seen, "lower risk.leverage, or leave the symbol out")
    if apart:
        return ok("leverage", f"{', '.join(apart)}: set to {wish} before the first entry")
    return ok("leverage", f"{wish} on every symbol" if config.symbols else "left as it is")


def _tiers(visit: Visit, symbol: Symbol) -> Sequence[MarginTier]:
    found = visit.instruments.get(symbol)
    return () if found is None else found.tiers


def _latency(visit: Visit) -> Finding:
    """Of every answer so far; a stop is read back two of these after it was decided."""
    took = visit.net.took_ms
    p50, p99 = nearest_rank(took, 50), nearest_rank(took, 99)
    deadline_ms = visit.config.protection.protect_deadline_ms
    seen = f"p50 {p50:.1f} ms, p99 {p99:.1f} ms of {len(took)} requests"
    if 2 * p99 > deadline_ms:
        fix = f"a line on which two of these fit into protect_deadline_ms = {deadline_ms}"
        return fail("latency", seen, fix)
    if 6 * p99 > deadline_ms:
        return warn("latency", seen, "nearer to the venue, or a quieter machine: retries need room too")
    return ok("latency", seen)


def _weight(visit: Visit) -> Finding:
    used = visit.venue.weight_used()
    if used is None:
        return ok("request weight", "this venue counts by the second, and every question waits its turn")
    seen = f"{used} of {WEIGHT_MAX} used in this minute, ours included"
    if used > WEIGHT_MAX * 4 // 5:
        return fail(
            "request weight", seen, "find out who else asks from this address; entries wait meanwhile"
        )
    if used > WEIGHT_MAX // 2:
        return warn("request weight", seen, "find out who else asks from this address")
    return ok("request weight", seen)


def unasked() -> list[Finding]:
    """The lines of a venue that did not let us in."""
    return [skip(check, "the venue did not answer") for check in EVERYTHING]
