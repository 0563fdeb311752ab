"""What an engine or a watchdog is started with. Built by the composition root from the configuration file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jackline.core.orders import MarginType, PositionMode
from jackline.core.plan import Rung
from jackline.core.ports import Strategy
from jackline.core.settings import NOTHING_MORE, AdoptSettings, ProtectionSettings, RiskSettings
from jackline.core.values import Symbol


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """One account, one venue, one strategy.

    Attributes:
        account: name of the account; its tag is part of every client order id.
        state_dir: journal, lease, heartbeat and command files live here.
        forced_rung: use this rung where the canary does not disprove it; None takes the best proven one.
        history_bars: completed bars read before the strategy may speak.
        guards_only: nothing is ever entered; whatever is open is adopted and protected, on every symbol of the venue.
        adopting: what positions that nobody planned get besides the default stop.
    """

    account: str
    mode: str
    state_dir: Path
    symbols: tuple[Symbol, ...]
    interval_ms: int
    position_mode: PositionMode
    margin_type: MarginType
    forced_rung: Rung | None
    risk: RiskSettings
    protection: ProtectionSettings
    strategy: Strategy
    history_bars: int = 400
    guards_only: bool = False
    adopting: AdoptSettings = NOTHING_MORE


class StartRefused(Exception):
    """The engine will not start. The text says what, where and how to mend it; nothing was changed."""


class VenueUnreadable(StartRefused):
    """The venue does not answer, or not with what was asked. Trying again later may help."""


class AccountRefused(VenueUnreadable):
    """The venue answers, and refuses the account: mostly its key. A watchdog goes on asking all the same."""
