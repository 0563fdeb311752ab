"""The account as its engine shows it to other processes: one small file, replaced several times a second.

It is no record. What must outlive a process is in the journal; whoever reads this looks at `wire_ms` first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from jackline.core.picture import AccountPicture
from jackline.core.risk_limits import RiskLimits
from jackline.core.values import Fraction, MarketMs, Side, Symbol
from jackline.store.disk import Disk

FILE = "picture.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """How sure a model was, at the close of a bar, that an open trade should end: 0 … 1."""

    symbol: Symbol
    side: Side
    confidence: Fraction
    market_ms: MarketMs


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A picture, and the process it comes from.

    Attributes:
        ready: entries could leave.
        limits: those in force.
        naked_ms_deadline: P1's deadline, which the picture's exposure clocks run against.
        opinions: of what is open, oldest first, the newest few of each since this engine's start.
        bots: what each of this engine's bots is, in short, by name: whether a changed one is in force yet.
    """

    pid: int
    fence: int
    ready: bool
    turns: int
    inbox: int
    loop_lag_ms: int
    journal_lag_ms: int
    naked_ms_deadline: int
    limits: RiskLimits
    account: AccountPicture
    opinions: tuple[Opinion, ...] = ()
    bots: Mapping[str, str] = field(default_factory=dict)


def write(disk: Disk, state_dir: Path, published: Published) -> None:
    """Replace the file. Raises OSError, which is the caller's to report and never a reason to stop."""
    disk.replace(state_dir / FILE, msgspec.json.encode(published), durable=False)


def read(disk: Disk, state_dir: Path) -> Published | None:
    """The last one; None when there is none, or it is of another version."""
    try:
        return msgspec.json.decode(disk.read(state_dir / FILE), type=Published)
    except (OSError, msgspec.MsgspecError):
        return None
