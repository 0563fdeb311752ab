"""The account as it can be seen from here: by its engine, by the watchdog while no engine shows it, or by the records.

One poller asks for everybody: twenty pages cost what one does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

import structlog

from jackline.core.orders import Snapshot
from jackline.core.picture import AccountPicture, PositionPicture
from jackline.core.trade import Trade
from jackline.core.venue_picture import venue_positions
from jackline.store import published
from jackline.store.boot import ENGINE_FILE, WATCHDOG_FILE
from jackline.store.disk import Disk
from jackline.store.errors import StoreError
from jackline.store.lease import Holder, is_held
from jackline.store.published import Published
from jackline.store.reader import StoreReader
from jackline.store.statements import Statement, statement
from jackline.store.watch import WatchReader
from jackline.web.options import WebOptions
from jackline.web.problems import Problem

log = structlog.get_logger("web")

LOOK_S = 0.25
"""The engine shows itself two to five times a second."""
STALE_MS = 3_000
"""A picture that is older says STALE with its age."""
STATED_S = 2.0
NOTES_TAIL = 50
"""Rows of the watchdog among which its newest look at the venue is found: one every 2 s while it looks."""

T = TypeVar("T")


class Source(StrEnum):
    """Who says what is shown."""

    ENGINE = "engine"
    WATCHDOG = "watchdog"
    """The venue's word, as the watchdog wrote it down while the engine is silent."""
    NOBODY = "nobody"
    """The last picture of an engine that is gone, or nothing at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One look at everything that is published.

    Attributes:
        now_ms: wire time of this look.
        engine: who holds the lease; None while no engine runs.
        published: the engine's newest picture, however old.
        positions: by the newest word there is; see `source`.
        said_ms: when that word was said; None when nothing was ever said.
    """

    now_ms: int
    engine: Holder | None
    published: Published | None
    source: Source
    positions: tuple[PositionPicture, ...]
    said_ms: int | None

    @property
    def age_ms(self) -> int | None:
        """How old the newest word is."""
        return None if self.said_ms is None else max(0, self.now_ms - self.said_ms)

    @property
    def is_live(self) -> bool:
        """The engine runs, and has shown itself within STALE_MS."""
        return (
            self.source is Source.ENGINE
            and self.engine is not None
            and self.age_ms is not None
            and self.age_ms <= STALE_MS
        )

    @property
    def account(self) -> AccountPicture | None:
        """The engine's picture of the account, however old."""
        return None if self.published is None else self.published.account


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """The statement of the whole ledger, and the trades it is about, by id."""

    statement: Statement
    trades: Mapping[str, Trade]


def stated(store: StoreReader) -> Stated:
    """As the store has it now."""
    every = store.every_trade()
    return Stated(
        statement=statement(store.ledger_entries(), every),
        trades={str(trade.trade_id): trade for trade in every},
    )


class Account:
    """Everything the web knows of the account. Read-only."""

    def __init__(self, disk: Disk, options: WebOptions) -> None:
        self._disk = disk
        self._options = options
        self._seen: Seen | None = None
        self._changed = asyncio.Condition()
        self._stating = asyncio.Lock()
        self._stated: tuple[float, Stated | None] = (0.0, None)

    @property
    def seen(self) -> Seen:
        """The newest look, at most LOOK_S old while `run` runs."""
        return self._seen or self.look()

    def look(self) -> Seen:
        """Look now."""
        self._seen = self._look()
        return self._seen

    async def run(self) -> None:
        """Look for ever, and wake whoever waits for it."""
        while True:
            try:
                seen = await asyncio.to_thread(self._look)
            except (StoreError, OSError) as error:
                # Whoever looks at the old one sees its age; `/livez` says that nothing newer comes (L2).
                log.warning("account_unreadable", code="L2", detail=str(error))
            else:
                self._seen = seen
                async with self._changed:
                    self._changed.notify_all()
            await asyncio.sleep(LOOK_S)

    def marks(self) -> dict[str, Decimal]:
        """Of every symbol that the engine shows."""
        shown = self.seen.account
        rows = () if shown is None else shown.markets
        return {row.symbol: row.mark for row in rows if row.mark is not None}

    async def next(self) -> Seen:
        """The look after this moment."""
        async with self._changed:
            await self._changed.wait()
        return self.seen

    async def ask(self, question: Callable[[StoreReader], T]) -> T:
        """Ask the engine's store, off the loop. Raises Problem where it cannot be read."""
        return await asyncio.to_thread(self._ask, question)

    async def stated(self) -> Stated:
        """What every trade and every day earned; at most STATED_S old, for it walks through the whole ledger."""
        async with self._stating:
            until, found = self._stated
            if found is None or time.monotonic() > until:
                found = await self.ask(stated)
                self._stated = (time.monotonic() + STATED_S, found)
            return found

    def _ask(self, question: Callable[[StoreReader], T]) -> T:
        path = self._options.state_dir / ENGINE_FILE
        if not path.exists():
            raise Problem("no-engine", f"{path.name}: no engine has written here yet")
        try:
            with StoreReader(self._disk, path) as store:
                return question(store)
        except StoreError as error:
            raise Problem("unavailable", f"{path.name}: {error}") from error

    def _look(self) -> Seen:
        now_ms = time.time_ns() // 1_000_000
        engine = is_held(self._disk, self._options.state_dir)
        shown = published.read(self._disk, self._options.state_dir)
        said_ms = None if shown is None else shown.account.wire_ms
        is_fresh = engine is not None and said_ms is not None and now_ms - said_ms <= STALE_MS
        word = None if is_fresh else self._watchdog_word()
        if word is not None and (said_ms is None or word.asked_ms > said_ms):
            return Seen(
                now_ms=now_ms,
                engine=engine,
                published=shown,
                source=Source.WATCHDOG,
                positions=venue_positions(word, self._options.price_source),
                said_ms=word.asked_ms,
            )
        return Seen(
            now_ms=now_ms,
            engine=engine,
            published=shown,
            source=Source.NOBODY if engine is None or shown is None else Source.ENGINE,
            positions=() if shown is None else shown.account.positions,
            said_ms=said_ms,
        )

    def _watchdog_word(self) -> Snapshot | None:
        """The venue's newest word in the watchdog's records; None where there is none to read."""
        path = self._options.state_dir / WATCHDOG_FILE
        if not path.exists():
            return None
        try:
            with StoreReader(self._disk, path) as store:
                last = store.head().seq
            with WatchReader(self._disk, path) as watch:
                notes = watch.notes_after(max(0, last - NOTES_TAIL))
        except StoreError as error:
            log.warning("watchdog_unreadable", detail=str(error))
            return None
        looks = [note.what for note in notes if isinstance(note.what, Snapshot)]
        return looks[-1] if looks else None
