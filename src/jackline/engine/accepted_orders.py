"""What the engine has accepted to close and not finished, by its own store: read by the watchdog while it is silent.

Two things outlive an engine. Its kill level: under one that closes everything is closed, and what appears (K3). And
each of its trades that an operator, or the level, wants gone: what is open of it is closed, once.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import structlog

from jackline.core.closing import WISHES
from jackline.core.machine import BEFORE_ANSWER, Phase
from jackline.core.state import KillLevel
from jackline.core.trade import Trade
from jackline.core.values import WireMs
from jackline.store.batch import AccountKey
from jackline.store.commands import Command, CommandKind
from jackline.store.disk import Disk
from jackline.store.errors import StoreError
from jackline.store.reader import StoreReader

log = structlog.get_logger("standing_orders")

CLOSING_LEVELS = frozenset({KillLevel.FLATTEN, KillLevel.LOCKED})
UNFINISHED = BEFORE_ANSWER | {Phase.CLOSING}
"""Something is open of such a trade, or an entry of it may still execute."""
WHO = "engine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Closing that an engine has begun, as the orders that it would be given for it."""

    level: Command | None
    closes: tuple[Command, ...]

    @property
    def all(self) -> tuple[Command, ...]:
        """The level first."""
        return self.closes if self.level is None else (self.level, *self.closes)


NOTHING = Accepted(level=None, closes=())


def read_accepted(disk: Disk, path: Path, now_ms: WireMs) -> Accepted | None:
    """What the store at `path` says; None where it cannot be read: what was known before still holds (K2)."""
    try:
        if not disk.exists(path):
            return NOTHING
        with StoreReader(disk, path) as reader:
            text = reader.load_account().get(AccountKey.KILL_LEVEL.value, KillLevel.NORMAL.value)
            trades = reader.load_trades()
    except (StoreError, OSError) as error:
        log.warning("accepted_unreadable", code="K2", detail=str(error))
        return None
    # A level that no version of ours has written is none that closes: the next engine says so, and starts under none.
    closing = next((level for level in KillLevel if level.value == text and level in CLOSING_LEVELS), None)
    return Accepted(
        level=None if closing is None else _level(closing, now_ms),
        closes=tuple(_close(trade, now_ms) for trade in trades if _is_wanted_gone(trade)),
    )


def _is_wanted_gone(trade: Trade) -> bool:
    reason = trade.exit_reason if trade.close is None else trade.close.reason
    return trade.phase in UNFINISHED and reason in WISHES


def _level(level: KillLevel, now_ms: WireMs) -> Command:
    return Command(
        command_id=f"level:{level}",
        created_ms=now_ms,
        actor=WHO,
        kind=CommandKind.KILL,
        symbol=None,
        side=None,
        level=level,
        reason="the kill level on record",
    )


def _close(trade: Trade, now_ms: WireMs) -> Command:
    return Command(
        command_id=trade.trade_id,
        created_ms=now_ms,
        actor=WHO,
        kind=CommandKind.CLOSE,
        symbol=trade.symbol,
        side=trade.side,
        reason="the engine was closing it",
    )
