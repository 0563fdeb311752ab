"""The universe while an engine runs: chosen at the start, chosen anew on a schedule, journalled when it changes.

A symbol that goes opens nothing more; its open trade keeps its stop, its streams and its exits until it is swept. One
that comes gets its history and streams, and its rung is proven before its first entry (C4). A venue that does not
answer changes nothing: what was traded goes on being traded, and the journal says that it is old.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from jackline.core.effects import Alert, Level
from jackline.core.events import RungProven
from jackline.core.instrument import Instrument
from jackline.core.orders import Bar
from jackline.core.state import State
from jackline.core.universe import Unfit, Universe, UniverseRules, select_universe
from jackline.core.values import Quote, Symbol, WireMs
from jackline.engine.clock import TwoClocks
from jackline.engine.feeds import SHARE_MAX, Feeds
from jackline.engine.inbox import Inbox
from jackline.engine.opening import Opener
from jackline.engine.options import EngineOptions, VenueUnreadable
from jackline.engine.recorder import Recorder
from jackline.engine.startup import StreamingVenue, VenueFacts
from jackline.store.batch import AccountKey, JournalKind
from jackline.store.boot import ENGINE_FILE, Store
from jackline.store.disk import Disk
from jackline.store.encode import decode, encode
from jackline.store.errors import StoreError
from jackline.store.reader import StoreReader
from jackline.venue.port import Venue

log = structlog.get_logger("universe")

FIRST_TRIES_MAX = 3
"""A start asks so often; a venue that lists nothing then is not waited for where a universe is on record."""
AGAIN_S = 60.0
"""A refresh that failed is tried again after this, and not only when the next one is due."""
WATCH_S = 1.0
"""How soon the streams of a symbol are dropped when its last trade is swept, and begun when one was adopted."""
LEFT = "it has left the universe"


@dataclass(frozen=True, slots=True, kw_only=True)
class UniverseNote:
    """A change, for the journal. `left` may have trades that are still open."""

    members: tuple[Symbol, ...]
    entered: tuple[Symbol, ...]
    left: tuple[Symbol, ...]


def unfit_for(instruments: Mapping[Symbol, Instrument], *, leverage: int, notional_quote: Quote) -> Unfit:
    """Why an engine with this leverage could not trade a symbol, by the filters it has read."""

    def unfit(symbol: Symbol) -> str | None:
        instrument = instruments.get(symbol)
        if instrument is None:
            return "its filters were not read: it is newer than the engine's start, or not understood"
        most = instrument.leverage_max(notional_quote)
        return f"risk.leverage is {leverage}, the venue allows 1 … {most}" if leverage > most else None

    return unfit


async def ask_universe(
    venue: Venue, rules: UniverseRules, *, named: tuple[Symbol, ...], unfit: Unfit, now_ms: WireMs
) -> Universe | str:
    """One question; a text says why there is no answer. An empty universe is no answer: no venue lists nothing."""
    listings = await venue.read_listings()
    if not isinstance(listings, tuple):
        return str(listings)
    found = select_universe(listings, rules, named=named, unfit=unfit, now_ms=now_ms)
    if not listings:
        return "the venue lists no symbol"
    return found


async def choose_first(
    options: EngineOptions,
    venue: Venue,
    clock: TwoClocks,
    facts: VenueFacts,
    disk: Disk,
    *,
    holds_nothing: bool,
) -> EngineOptions:
    """Options with the symbols to begin with, and `named` kept in them: the venue's word, else the record's.

    An account that holds something, or may, begins with the record whatever it says: the listings take seconds, and
    until the loop runs nobody puts a stop back (P1). The keeper asks for them then.

    Raises VenueUnreadable where nothing is held and neither says any.
    """
    rules = options.universe
    if rules is None:
        return options
    unfit = unfit_of(options, facts.instruments)
    recorded = tuple(symbol for symbol in recorded_universe(disk, options.state_dir) if unfit(symbol) is None)
    if not holds_nothing:
        return replace(options, symbols=recorded, named=options.symbols)
    why = ""
    for _ in range(FIRST_TRIES_MAX):
        found = await ask_universe(
            venue, rules, named=options.symbols, unfit=unfit, now_ms=clock.now().wire_ms
        )
        if isinstance(found, Universe) and found.members:
            out = Counter(one.reason.value for one in found.excluded)
            log.info("universe_chosen", members=len(found.members), excluded=dict(out))
            return replace(options, symbols=found.members, named=options.symbols)
        why = found if isinstance(found, str) else "no symbol passes the filters"
        if isinstance(found, Universe):
            break
    if not recorded:
        raise VenueUnreadable(
            f"universe: {why}, and none is on record. Fix: ask `jackline universe` who is out and why; widen the "
            "filters, or try again when the venue answers"
        )
    log.warning("universe_old", why=why, members=len(recorded))
    return replace(options, symbols=recorded, named=options.symbols)


def unfit_of(options: EngineOptions, instruments: Mapping[Symbol, Instrument]) -> Unfit:
    """By what the options say."""
    return unfit_for(
        instruments, leverage=options.risk.leverage, notional_quote=options.risk.equity_min_quote
    )


def recorded_universe(disk: Disk, state_dir: Path) -> tuple[Symbol, ...]:
    """What was traded last; empty where nothing says so."""
    try:
        with StoreReader(disk, state_dir / ENGINE_FILE) as reader:
            return _members_in(reader.load_account())
    except (StoreError, OSError) as error:
        log.warning("universe_unreadable", detail=str(error))
        return ()


def recorded_in(store: Store) -> tuple[Symbol, ...]:
    """The same of a store that is open, by an engine that guards already: what is only told from ends nothing (P1)."""
    try:
        return _members_in(store.read.load_account())
    except StoreError as error:
        log.warning("universe_unreadable", detail=str(error))
        return ()


def _members_in(account: Mapping[str, str]) -> tuple[Symbol, ...]:
    text = account.get(AccountKey.UNIVERSE.value)
    return () if text is None else decode(text, UniverseNote).members


class UniverseKeeper:
    """Who is traded now. Runs beside the loop; what it decides about entries goes through the inbox."""

    def __init__(
        self,
        *,
        options: EngineOptions,
        rules: UniverseRules,
        venue: StreamingVenue,
        clock: TwoClocks,
        recorder: Recorder,
        inbox: Inbox,
        opener: Opener,
        feeds: Feeds,
        load: Callable[[Symbol, Iterable[Bar]], None],
        only_read: Callable[[], tuple[Symbol, ...]],
        view: Callable[[], State],
    ) -> None:
        self._options = options
        self._rules = rules
        self._venue = venue
        self._clock = clock
        self._recorder = recorder
        self._inbox = inbox
        self._opener = opener
        self._feeds = feeds
        self._load = load
        self._only_read = only_read
        self._view = view
        self.members = options.symbols
        self._fed: tuple[Symbol, ...] = ()
        self._unfit = unfit_of(options, view().instruments)

    async def run(self, recorded: tuple[Symbol, ...]) -> None:
        """Bring up the first members, then keep up with the venue until cancelled."""
        if self.members != recorded:
            self._record(recorded)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._feeds.run())
            group.create_task(self._watch())
            for symbol in (*self._only_read(), *self._left_behind()):
                self._load(symbol, await self._opener.history(symbol))
            await self._bring_in(self.members)
            group.create_task(self._refresh_for_ever(recorded))

    def _left_behind(self) -> tuple[Symbol, ...]:
        """Symbols outside the universe with a trade of our plan: its strategy is asked when it ends, and needs bars.

        A position that nobody planned has no strategy, and its history is not read.
        """
        planned = {trade.symbol for trade in self._view().trades.values() if trade.entry is not None}
        return tuple(sorted(planned.difference(self.members, self._only_read())))

    async def _bring_in(self, symbols: tuple[Symbol, ...]) -> None:
        """History first: a stream that opens after it has nothing to read again. A socketful at a time: the history of
        hundreds takes minutes, and those that have theirs are traded meanwhile."""
        for first in range(0, len(symbols), SHARE_MAX):
            share = symbols[first : first + SHARE_MAX]
            for symbol in share:
                self._load(symbol, await self._opener.history(symbol))
            self._fed += tuple(symbol for symbol in share if symbol not in self._fed)
            self._feed()
            for symbol in share:
                self._opener.want(symbol)

    async def _refresh_for_ever(self, recorded: tuple[Symbol, ...]) -> None:
        # Of an account that held something the start has not asked.
        pause_s = 0.0 if set(self.members) == set(recorded) else self._rules.refresh_ms / 1_000
        while True:
            await asyncio.sleep(pause_s)
            pause_s = self._rules.refresh_ms / 1_000
            if not await self._refresh():
                pause_s = min(pause_s, AGAIN_S)

    async def _refresh(self) -> bool:
        """Whether there is an answer. None, or one in which nothing passes, keeps what is traded."""
        found = await ask_universe(
            self._venue,
            self._rules,
            named=self._options.named,
            unfit=self._unfit,
            now_ms=self._clock.now().wire_ms,
        )
        if isinstance(found, Universe) and found.members:
            await self._change_to(found)
            return True
        why = found if isinstance(found, str) else "no symbol passes the filters"
        text = f"universe: {why}: the {len(self.members)} symbols of before go on being traded"
        self._recorder.alert(Alert(level=Level.WARNING, code="C4", text=text))
        log.warning("universe_old", code="C4", why=why, members=len(self.members))
        return False

    async def _change_to(self, found: Universe) -> None:
        before, self.members = self.members, found.members
        if set(before) == set(self.members):
            return
        came = tuple(symbol for symbol in self.members if symbol not in before)
        left = tuple(symbol for symbol in before if symbol not in self.members)
        self._record(before)
        # The gate of those that went is shut first: nothing is opened there while the others' history is read.
        self._opener.admit(self.members)
        for symbol in left:
            self._inbox.put(RungProven(symbol=symbol, rung=None, detail=LEFT))
        self._feed()
        fed = set(self._fed)
        await self._bring_in(tuple(symbol for symbol in came if symbol not in fed))
        for symbol in came:
            self._opener.want(symbol)

    def _record(self, before: tuple[Symbol, ...]) -> None:
        note = UniverseNote(
            members=self.members,
            entered=tuple(symbol for symbol in self.members if symbol not in before),
            left=tuple(symbol for symbol in before if symbol not in self.members),
        )
        self._recorder.account(JournalKind.UNIVERSE, AccountKey.UNIVERSE, encode(note))
        log.info("universe", members=len(note.members), entered=note.entered, left=note.left)

    async def _watch(self) -> None:
        """A symbol is heard as long as it is a member or a trade on it is not swept, whoever opened that."""
        while True:
            await asyncio.sleep(WATCH_S)
            self._feed()

    def _feed(self) -> None:
        """Members whose history is read, every symbol with a trade, and what is only read for its regime."""
        held = {trade.symbol for trade in self._view().trades.values()}
        members = set(self.members)
        self._fed = tuple(symbol for symbol in self._fed if symbol in members or symbol in held)
        self._feeds.want((*self._fed, *sorted(held.difference(self._fed)), *self._only_read()))
