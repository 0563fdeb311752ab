"""What the records say of each position: whose trade it is, where its stop belongs, and where one last rested.

Read by processes that do not own the account, the watchdog and an engine before it holds the lease; and, of its own
store, by each in its next life.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import structlog

from jackline.core.claims import Claim
from jackline.core.guard import PositionKey, Protection
from jackline.core.trade import Trade
from jackline.core.values import WireMs
from jackline.engine.protector import PlannedStop
from jackline.store.boot import ENGINE_FILE, WATCHDOG_FILE, Store
from jackline.store.disk import Disk
from jackline.store.errors import StoreError
from jackline.store.reader import StoreReader
from jackline.store.watch import Floor, WatchReader, kept_claims, kept_floors

log = structlog.get_logger("plans")

KEPT_MS = 60_000
"""A start that finds the journal shortened looks at its positions long before."""


def read_plans(disk: Disk, state_dir: Path) -> dict[PositionKey, PlannedStop]:
    """The engine's own plans; empty where its store cannot be read: every position then gets the default stop."""
    try:
        with StoreReader(disk, state_dir / ENGINE_FILE) as reader:
            trades = reader.load_trades()
    except (StoreError, OSError) as error:
        log.warning("plans_unreadable", code="P1", detail=str(error))
        return {}
    return {(trade.symbol, trade.side): _planned_stop(trade) for trade in trades}


class PlanMemory:
    """The engine's plans as they were read last: a journal may lose its end while nothing rests by the plan yet (P4).

    A plan is kept while its position may be open: until a look shows none and the store names none, and no longer than
    `KEPT_MS` after the store has named it.
    """

    def __init__(self) -> None:
        self._known: dict[PositionKey, tuple[PlannedStop, WireMs]] = {}

    def read(self, disk: Disk, state_dir: Path, now_ms: WireMs) -> dict[PositionKey, PlannedStop]:
        """What the store says now, and what it said a moment ago of a position that it names no more."""
        said = read_plans(disk, state_dir)
        for key, plan in said.items():
            self._known[key] = (plan, now_ms)
        self._known = {key: known for key, known in self._known.items() if abs(now_ms - known[1]) <= KEPT_MS}
        return {key: plan for key, (plan, _) in self._known.items()}

    def forget_flat(self, open_keys: Iterable[PositionKey]) -> None:
        """A look that counts shows these positions and no others."""
        kept = set(open_keys)
        self._known = {key: known for key, known in self._known.items() if key in kept}


def read_floors(disk: Disk, state_dir: Path) -> tuple[Floor, ...]:
    """Where the watchdog last saw stops of ours rest; empty where its store cannot be read.

    The journal's end may be lost with what it said of a position, and the watchdog have looked since (P4).
    """
    try:
        with WatchReader(disk, state_dir / WATCHDOG_FILE) as reader:
            return reader.floors()
    except (StoreError, OSError) as error:
        log.warning("floors_unreadable", code="P4", detail=str(error))
        return ()


def read_claims(disk: Disk, state_dir: Path) -> tuple[Claim, ...]:
    """The watchdog's stops that carry no id of ours; empty where its store cannot be read."""
    try:
        with WatchReader(disk, state_dir / WATCHDOG_FILE) as reader:
            return reader.claims()
    except (StoreError, OSError) as error:
        log.debug("claims_unreadable", code="P6", detail=str(error))
        return ()


def _planned_stop(trade: Trade) -> PlannedStop:
    """At the tightest price the records know: a stop put back is never a worse one (P4)."""
    protection = Protection(stop_price=trade.ratchet_price, price_source=trade.stop.price_source)
    return PlannedStop(trade_id=trade.trade_id, protection=protection)


def former_floors(store: Store) -> tuple[Floor, ...]:
    """How tight stops have been, as this store remembers; nothing where it cannot be read (P4)."""
    try:
        return kept_floors(store.read)
    except StoreError as error:
        log.warning("floors_unreadable", code="P4", detail=str(error))
        return ()


def former_claims(store: Store) -> tuple[Claim, ...]:
    """Whose the stops without a name are, as this store remembers; nothing where it cannot be read (P6)."""
    try:
        return kept_claims(store.read)
    except StoreError as error:
        log.warning("claims_unreadable", code="P6", detail=str(error))
        return ()
