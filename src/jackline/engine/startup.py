"""Start-up, in the protocol's order: protect, own, read back, recover. Only the canary opens the gate."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from jackline.core.accounting import INCOME_OVERLAP_MS, LISTS_AT_ONCE_MAX
from jackline.core.events import Event
from jackline.core.ids import account_tag, is_ours
from jackline.core.instrument import Instrument
from jackline.core.money import UNKNOWN_MONEY, Books, Day, Money
from jackline.core.outcomes import Refusal, Refused, Unknown
from jackline.core.ports import Clock
from jackline.core.recovering import recover
from jackline.core.requests import ReadFills
from jackline.core.state import KillLevel, MarketState, State, initial_state
from jackline.core.values import MarketMs, Quote, Symbol, WireMs
from jackline.engine.options import AccountRefused, EngineOptions, StartRefused, VenueUnreadable
from jackline.engine.plans import read_floors, read_plans
from jackline.engine.protector import Action, Protector
from jackline.engine.regime import memory_bars
from jackline.engine.saved_limits import with_saved_limits
from jackline.store.batch import AccountKey
from jackline.store.boot import Store
from jackline.store.disk import Disk
from jackline.store.encode import decode
from jackline.store.ledger import INCOME_ENTRIES, EntryKind, totals
from jackline.venue.port import AccountFacts, Failed, Venue

log = structlog.get_logger("startup")

OPENING_READS_MAX = 5
"""Two suffice unless the wallet moves just then, or an answer is lost."""
TABLES_MAX = 6
"""Margin tables that a start waits for, two a second. Without its own a symbol's liquidation is taken for nearer."""
FILL_PAGES_MAX = 50
"""Pages of old fills skipped when a ledger starts on an account that has traded before."""


class EventSink(Protocol):
    """Where a stream puts its events."""

    def __call__(self, event: Event, /) -> None: ...


class Pump(Protocol):
    """A stream that runs until cancelled."""

    async def run(self) -> None:
        """Pump until cancelled; reconnects by itself."""
        ...


class StreamingVenue(Venue, Protocol):
    """A venue with its two streams and its clock."""

    def user_stream(self, sink: EventSink) -> Pump:
        """Private events."""
        ...

    def market_stream(
        self,
        *,
        symbols: tuple[Symbol, ...],
        interval_ms: int,
        after: dict[Symbol, MarketMs],
        sink: EventSink,
    ) -> Pump:
        """Completed bars and marks."""
        ...

    async def keep_clock(self) -> None:
        """Measure the venue's clock, and keep up what else must be ready beforehand, until cancelled."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueFacts:
    """What was read back before anything was decided (C4)."""

    account: AccountFacts
    instruments: Mapping[Symbol, Instrument]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a ledger begins with. `asked_ms`: the venue's clock when it was asked for."""

    wallet_quote: Quote
    asked_ms: WireMs


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstLook:
    """What a start found and did. `holds_nothing`: neither a position nor an order of ours, nor a trade on record."""

    holds_nothing: bool
    actions: tuple[Action, ...]


async def read_venue(venue: Venue) -> VenueFacts:
    """Read mode, balances, filters and tiers. Raises VenueUnreadable, or AccountRefused, with the fix."""
    # Side by side, and every symbol's filters: a position opened by hand elsewhere on the account is protected too, and
    # while nobody looks at it, each message costs (P1).
    account, instruments = await asyncio.gather(venue.read_account(), venue.read_instruments(None))
    if isinstance(account, Refused) and account.kind is not Refusal.OVERLOADED:
        raise AccountRefused(
            f"venue: {_why(account)}. Fix: check venue.key_file and venue.url; at the venue, check that the key lives, "
            "from which addresses it may come, and that it may trade futures"
        )
    if not isinstance(account, AccountFacts):
        raise VenueUnreadable(f"venue: {_why(account)}. Fix: see that it runs and that venue.url is right")
    if not isinstance(instruments, dict):
        raise VenueUnreadable(
            f"venue: no filters of the symbols: {_why(instruments)}. Fix: try again when the venue answers"
        )
    return VenueFacts(account=account, instruments=instruments)


async def with_margin_tables(options: EngineOptions, venue: Venue, facts: VenueFacts) -> VenueFacts:
    """The symbols' own margin tables, where a venue gives them one at a time and the first look did not wait for them.

    One that cannot be read leaves its symbol with the stricter tier of before, and so do many symbols: until the loop
    runs, nothing that stands naked can be closed (P1).
    """
    if not venue.profile.tables_apart:
        return facts
    if len(options.symbols) > TABLES_MAX:
        log.info("margin_tables_unread", symbols=len(options.symbols), most=TABLES_MAX)
        return facts
    found = await venue.read_instruments(options.symbols)
    if not isinstance(found, dict):
        log.warning("margin_tables_unreadable", code="P7", detail=_why(found))
        return facts
    return replace(facts, instruments={**facts.instruments, **found})


def check_fit(options: EngineOptions, facts: VenueFacts, first: FirstLook) -> None:
    """Raises StartRefused, with the fix, when configuration and account do not fit.

    After what is open was protected: a mode that somebody changed, or a wrong name, leaves nothing naked (P1). In
    another mode than configured an account that holds something is guarded, and a trade on record is brought to its
    end (L1): every request for a position is written for the mode it stands in, and no canary proves a rung for
    entries (C4). A guard fits every account: it plans nothing.
    """
    if options.guards_only:
        return
    account, instruments = facts.account, facts.instruments
    if account.mode is not options.position_mode and first.holds_nothing:
        raise StartRefused(
            f"venue.position_mode is {options.position_mode}, the account is in {account.mode} mode. Fix: set "
            f'position_mode = "{account.mode}", or change the mode at the venue while flat'
        )
    missing = [symbol for symbol in options.symbols if symbol not in instruments]
    if missing:
        raise StartRefused(
            f"venue.symbols: {', '.join(missing)} is not traded at this venue. Fix: correct the name"
        )
    reference = options.risk.regime.reference_symbol
    if memory_bars(options.risk) and reference not in instruments:
        raise StartRefused(
            f"regime.reference_symbol: {reference} is not traded at this venue. Fix: correct the name,"
            ' or set regime.gate = "off"'
        )
    for symbol in options.symbols:
        most = instruments[symbol].leverage_max(options.risk.equity_min_quote)
        if options.risk.leverage > most:
            raise StartRefused(
                f"risk.leverage is {options.risk.leverage}; the venue allows 1 … {most} on {symbol}. Fix: lower it"
            )


def _why(failed: Failed) -> str:
    if isinstance(failed, Refused):
        return f"the account is refused: {failed.code} {failed.text.rstrip('.')}"
    return f"no answer: {failed.cause}"


async def protect_first(
    options: EngineOptions, venue: Venue, clock: Clock, facts: VenueFacts, disk: Disk
) -> FirstLook:
    """Before the lease, the journal or anything that may fail: no position stays without a whole-position stop.

    Where the records can be read it goes where they say, or where the watchdog has seen a tighter one rest; else where
    a stop goes by default. What was done is owed to the journal, which nobody may write yet (O4).
    """
    protector = Protector(
        venue=venue,
        clock=clock,
        tag=account_tag(options.account),
        instruments=facts.instruments,
        risk=options.risk,
        protection=options.protection,
        equity_quote=facts.account.equity_quote,
    )
    # What a universe will hold is not known yet, and an order of ours may rest on what it no longer holds.
    snapshot = await protector.look(options.symbols if options.universe is None else None)
    if snapshot is None:
        return FirstLook(holds_nothing=False, actions=())
    planned = read_plans(disk, options.state_dir)
    protector.recall(read_floors(disk, options.state_dir))
    findings = protector.judge(snapshot, planned)
    for finding in findings:
        log.warning("start_found_naked", code="P1", finding=str(finding))
    actions = await asyncio.gather(*(protector.add_stop(finding, planned) for finding in findings))
    ours = any(is_ours(order.key.client_id, account_tag(options.account)) for order in snapshot.orders)
    return FirstLook(
        holds_nothing=not snapshot.positions and not ours and not planned,
        actions=tuple(action for action in actions if action is not None),
    )


async def read_opening(venue: Venue, facts: VenueFacts, store: Store) -> Opening | None:
    """The wallet that a ledger begins with; None where it has begun (A3).

    Read until two in a row agree: only then is what moved before the second question in it, and what the venue dates
    later not. Raises VenueUnreadable.
    """
    if opening_ms(store):
        return None
    before = facts.account
    for _ in range(OPENING_READS_MAX):
        account = await venue.read_account()
        if not isinstance(account, AccountFacts):
            log.warning("opening_unreadable", code="A3", answer=str(account))
            continue
        if account.wallet_quote == before.wallet_quote:
            return Opening(wallet_quote=account.wallet_quote, asked_ms=account.asked_ms)
        before = account
    raise VenueUnreadable("venue: the wallet a ledger begins with cannot be read. Fix: try again")


async def first_state(
    options: EngineOptions,
    venue: Venue,
    clock: Clock,
    facts: VenueFacts,
    store: Store,
    fence: int,
    opening: Opening | None,
) -> State:
    """The state the loop begins with: kill level first (K1), then what the journal remembers."""
    account = store.read.load_account()
    opened_ms = opening.asked_ms if opening is not None else WireMs(opening_ms(store))
    level = KillLevel(account.get(AccountKey.KILL_LEVEL.value, KillLevel.NORMAL.value))
    state = initial_state(
        tag=account_tag(options.account),
        mode=options.position_mode,
        fence=fence,
        risk=options.risk,
        protection=options.protection,
        instruments=facts.instruments,
        symbols=options.symbols,
        kill_level=level,
        books_from_ms=opened_ms,
        traits=venue.profile.traits,
        money=_money(store, account.get(AccountKey.DAY.value)),
        bar_ms=options.interval_ms,
        bots=tuple(one.bot for one in options.every_bot),
        bots_stopped=stopped_bots(account),
        adopting=options.adopting,
    )
    state = _cooling(with_saved_limits(state, account), store.read.last_ends())
    # The mode that was just read: an older one, or one of before the records said any, would be refused at first.
    trades = tuple(replace(trade, mode=facts.account.mode) for trade in store.read.load_trades())
    booked = _fills_booked(store)
    # Of many symbols, or of slow lists, a start reads none: each waits for its first fill, and is read from the
    # beginning then. Until the loop runs, nothing that stands naked can be closed (P1).
    listed = len(options.symbols) <= LISTS_AT_ONCE_MAX and not venue.profile.fills_by_time
    unread = [symbol for symbol in options.symbols if listed and symbol not in booked]
    found = await asyncio.gather(*(_last_fill_id(venue, symbol, opened_ms=opened_ms) for symbol in unread))
    booked.update(zip(unread, found, strict=True))
    log.info("recovered", trades=len(trades), kill_level=level, booked=booked)
    return recover(state, trades, booked, clock.now())


def stopped_bots(account: Mapping[str, str]) -> frozenset[str]:
    """The bots that an operator has stopped, by what the records say of the account."""
    text = account.get(AccountKey.BOTS_STOPPED.value)
    return frozenset() if text is None else frozenset(decode(text, tuple[str, ...]))


def _cooling(state: State, ends: Mapping[Symbol, MarketMs]) -> State:
    """Cool-downs outlive the process: a symbol that has just been stopped out is not entered again for a restart."""
    markets = dict(state.markets)
    for symbol, ended_ms in sorted(ends.items()):
        until_ms = MarketMs(ended_ms + state.risk.cooldown_ms)
        market = markets.get(symbol, MarketState(symbol=symbol))
        markets[symbol] = replace(market, cooldown_until_ms=until_ms)
    return replace(state, markets=markets)


def opening_ms(store: Store) -> int:
    """When the ledger's opening balance was booked; funding before that is part of it. 0 while there is none."""
    for entry in store.read.ledger_entries():
        if entry.kind is EntryKind.OPENING:
            return entry.wire_ms
    return 0


def _money(store: Store, day_text: str | None) -> Money:
    """What the ledger explains, what of the income listing it holds, and what the day began with (A3, K5)."""
    entries = store.read.ledger_entries()
    opened_ms = opening_ms(store)
    if not opened_ms:
        return UNKNOWN_MONEY
    listed = {entry.entry_id: entry.wire_ms for entry in entries if entry.kind in INCOME_ENTRIES.values()}
    newest_ms = max(listed.values(), default=opened_ms)
    from_ms = WireMs(max(opened_ms, newest_ms - INCOME_OVERLAP_MS))
    books = Books(
        explained_quote=totals(entries).wallet_quote,
        income_from_ms=from_ms,
        income_known={key: wire_ms for key, wire_ms in listed.items() if wire_ms >= from_ms},
    )
    return Money(books=books, day=None if day_text is None else decode(day_text, Day))


def _fills_booked(store: Store) -> dict[Symbol, int]:
    """How far the ledger has booked each symbol's trade list."""
    booked: dict[Symbol, int] = {}
    for entry in store.read.ledger_entries():
        if entry.kind is EntryKind.FILL and entry.symbol is not None:
            fill_id = int(entry.entry_id.rsplit(":", 1)[1])
            booked[entry.symbol] = max(booked.get(entry.symbol, 0), fill_id)
    return booked


async def _last_fill_id(venue: Venue, symbol: Symbol, *, opened_ms: int) -> int:
    """The last fill of before this ledger, whose opening balance stands for it (A3).

    A symbol of which nothing is booked may all the same have traded since: its writer can have been killed.
    """
    last = 0
    for _ in range(FILL_PAGES_MAX):
        page = await venue.read_fills(ReadFills(symbol=symbol, after_fill_id=last))
        if isinstance(page, Unknown):
            raise VenueUnreadable(
                f"venue: the trade list of {symbol} cannot be read: {page.cause}. Fix: try again"
            )
        older = [fill.fill_id for fill in page.fills if fill.wire_ms < opened_ms]
        last = max(older, default=last)
        if page.complete or len(older) < len(page.fills):
            break
    return last
