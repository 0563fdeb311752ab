"""What an engine or a watchdog is started with. Built by the composition root from the configuration file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from jackline.core.bots import MAIN, Bot, SignalSource
from jackline.core.effects import Alert
from jackline.core.orders import MarginType, PositionMode
from jackline.core.phases import Needs, identity_of
from jackline.core.plan import Rung
from jackline.core.ports import Strategy
from jackline.core.settings import NOTHING_MORE, AdoptSettings, ProtectionSettings, RiskSettings
from jackline.core.universe import UniverseRules
from jackline.core.values import Symbol
from jackline.store.signature import SigningKey

DIGEST_CHARS = 16
KeyCheck = Callable[[str], Awaitable[str]]
"""Asks the venue what the key of this name may do. Its words begin with `refused: ` where nobody may trade with it."""


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
class BotOptions:
    """A bot and who speaks for it."""

    bot: Bot
    strategy: Strategy

    def with_tables(self, account: RiskSettings) -> BotOptions:
        """The same bot with the account's own tables beside `[risk]`, of which no bot has others."""
        tables = replace(
            self.bot.risk, regime=account.regime, opportunity=account.opportunity, exits=account.exits
        )
        return replace(self, bot=replace(self.bot, risk=tables))


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """One account, one venue, one strategy or several bots.

    Attributes:
        account: name of the account; its tag is part of every client order id.
        state_dir: journal, lease, heartbeat and command files live here.
        forced_rung: use this rung where the canary does not disprove it; None takes the best proven one.
        universe: `symbols` are chosen by these from what the venue lists, at the start and ever again; None leaves them
            as they are. `named`: the only ones that may be chosen, unless it is empty.
        history_bars: completed bars read before the strategy may speak.
        tape_bytes_max: what the tape of decisions may take on the disk; 0 keeps none.
        bots: with a strategy each; where there are none, one called `main` trades every symbol by `strategy`.
        signal_age_ms_max: wire time after which a signal from outside is too old; None takes the length of a bar.
        guards_only: nothing is ever entered; whatever is open is adopted and protected, on every symbol of the venue.
        adopting: what positions that nobody planned get besides the default stop.
        is_published: other processes see the account several times a second; a simulation has none that look.
        key_name: of the vault; None for a key file or play money.
        any_address_accepted: an operator typed that this key may be used from every address (S3).
        key_check: for operators who ask; None where nothing asks.
        fence_floor: the engine's own fencing number is above this: the number by which a worker holds the account.
        phase: None where no phase is kept, as in a simulation: then no mode but paper may run.
        configured_ms: see `Reloading`.
        alerts: what people are told of at the start.
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
    universe: UniverseRules | None = None
    named: tuple[Symbol, ...] = ()
    tape_bytes_max: int = 0
    bots: tuple[BotOptions, ...] = ()
    signal_age_ms_max: int | None = None
    guards_only: bool = False
    adopting: AdoptSettings = NOTHING_MORE
    key_name: str | None = None
    any_address_accepted: bool = False
    key_check: KeyCheck | None = None
    fence_floor: int = 0
    phase: PhaseOptions | None = None
    is_published: bool = False
    configured_ms: int | None = None
    alerts: tuple[Alert, ...] = ()

    @property
    def every_bot(self) -> tuple[BotOptions, ...]:
        """The bots that are configured, or the one that stands for a configuration without any. A guard has none."""
        if self.guards_only:
            return ()
        if self.bots:
            return self.bots
        main = Bot(name=MAIN, symbols=None, risk=self.risk, source=source_of(self.strategy))
        return (BotOptions(bot=main, strategy=self.strategy),)

    @property
    def bot_digests(self) -> Mapping[str, str]:
        """See `bot_digests`; none where no phase is kept, whose settings they are made of."""
        bound = {} if self.phase is None else self.phase.bound
        return bot_digests(bound, tuple(one.bot.name for one in self.every_bot)) if bound else {}


def bot_digests(bound: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    """Of each bot all that it decides by, in short: whoever has read the same configuration has the same."""
    return {name: _digest(bound, f"bot.{name}.") or _digest(bound, "strategy.") for name in names}


def _digest(bound: Mapping[str, str], under: str) -> str:
    own = {key: value for key, value in bound.items() if key.startswith(under)}
    return identity_of(own)[:DIGEST_CHARS] if own else ""


def source_of(strategy: Strategy) -> SignalSource:
    """Where its signals come from; a strategy that does not say decides on bars."""
    found = getattr(strategy, "source", SignalSource.BARS)
    return found if isinstance(found, SignalSource) else SignalSource.BARS


class StartRefused(Exception):
    """The engine will not start. The text says what, where and how to mend it; nothing was changed."""


class VenueUnreadable(StartRefused):
    """The venue does not answer, or not with what was asked. Trying again later may help."""


class AccountRefused(VenueUnreadable):
    """The venue answers, and refuses the account: mostly its key. A watchdog goes on asking all the same."""
