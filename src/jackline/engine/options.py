"""What an engine or a watchdog is started with. Built by the composition root from the configuration file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jackline.core.orders import MarginType, PositionMode
from jackline.core.phases import Needs
from jackline.core.plan import Rung
from jackline.core.ports import Strategy
from jackline.core.settings import ProtectionSettings, RiskSettings
from jackline.core.values import Symbol
from jackline.store.signature import SigningKey


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseOptions:
    """What a phase is judged by.

    Attributes:
        bound: the settings that decide, by key: evidence holds for these alone.
        key: verifies promotions; without one nothing is promoted.
    """

    bound: Mapping[str, str]
    needs: Needs
    key: SigningKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """One account, one venue, one strategy.

    Attributes:
        account: name of the account; its tag is part of every client order id.
        state_dir: journal, lease, heartbeat and command files live here.
        forced_rung: use this rung where the canary does not disprove it; None takes the best proven one.
        history_bars: completed bars read before the strategy may speak.
        phase: None where no phase is kept, as in a simulation: then no mode but paper may run.
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
    phase: PhaseOptions | None = None


class StartRefused(Exception):
    """The engine will not start. The text says what, where and how to mend it; nothing was changed."""


class VenueUnreadable(StartRefused):
    """The venue does not answer, or not with what was asked. Trying again later may help."""


class AccountRefused(VenueUnreadable):
    """The venue answers, and refuses the account: mostly its key. A watchdog goes on asking all the same."""
