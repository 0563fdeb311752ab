"""What the web process may do besides reading the store and writing commands: given to it by the composition root.

Each is small and named. None of them speaks to a venue, and none gives a secret back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from jackline.core.bots import Bot
from jackline.core.phases import Needs
from jackline.core.values import Symbol
from jackline.store.signature import Promotion
from jackline.store.tokens import By, Token


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLine:
    """One exchange key, masked. `permissions`: as the venue said when it was `validated` last."""

    name: str
    venue: str
    mode: str
    key: str
    added: str
    validated: str
    permissions: str
    in_use: bool


class KeysRefused(Exception):
    """The file of keys does not do what was asked. `code`: of the problem that is answered."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        super().__init__(detail)


class KeyHands(Protocol):
    """The file of exchange keys. Each may block: call it off the loop. Every one raises KeysRefused."""

    def listed(self) -> tuple[KeyLine, ...]:
        """All of them, masked; nothing is unlocked."""
        ...

    def add(self, *, name: str, venue: str, key: str, secret: str, by: By) -> KeyLine:
        """Store one, encrypted, with its audit row."""
        ...

    def remove(self, name: str, *, by: By) -> None:
        """Remove one, with its audit row."""
        ...

    def takes_code(self, token: Token, code: str) -> bool:
        """Whether a one-time code of this token is good now; it is used up by that."""
        ...


class SignHand(Protocol):
    """Signs a promotion with the key of `phase.key_file`; the key itself stays where it is."""

    def __call__(self, wish: Promotion, *, command_id: str, actor: str, reason: str) -> Promotion:
        """The same with its signature."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseTerms:
    """What a promotion needs, and the settings that its evidence is bound to now. `sign` None: no key is configured."""

    bound: Callable[[], Mapping[str, str]]
    needs: Needs
    sign: SignHand | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertTerms:
    """What alerts of `POST /api/signals` are judged by. `secret` None: only a token may send one."""

    secret: bytes | None = field(repr=False)
    symbols: tuple[Symbol, ...]
    age_ms_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BotLine:
    """One bot of the configuration as it is now.

    Attributes:
        strategy: its name.
        digest: what it decides by, in short; an engine shows the same once it is in force.
        is_managed: made over the API or by command; every other one stands in the user's file, which nobody writes.
        settings: what a managed one is set to, for JSON.
        etag: of those.
    """

    bot: Bot
    strategy: str
    digest: str = ""
    is_managed: bool = False
    settings: Mapping[str, object] = field(default_factory=dict)
    etag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What a change of a bot would come to: `looser` names what is not surely less; `etag` is of what was looked at."""

    etag: str
    looser: tuple[str, ...]


class BotsRefused(Exception):
    """A change of the bots is refused. `code`: of the problem that is answered; `errors`: with where, what, fix."""

    def __init__(self, code: str, detail: str, *, errors: Sequence[Mapping[str, str]] = ()) -> None:
        self.code = code
        self.errors = list(errors)
        super().__init__(detail)


class BotHands(Protocol):
    """The bots of the account. Each may block: call it off the loop. What raises, raises BotsRefused."""

    @property
    def strategies(self) -> tuple[str, ...]:
        """Names of what a bot made here may be driven by."""
        ...

    @property
    def trouble(self) -> str:
        """Why the bots that were made over the API are not in force; empty where they are."""
        ...

    @property
    def bound(self) -> Mapping[str, str]:
        """What the evidence for a phase is bound to now."""
        ...

    def listed(self) -> tuple[BotLine, ...]:
        """Every bot of the configuration as it is now."""
        ...

    def holds(self, name: str) -> tuple[str, ...]:
        """`SYMBOL:side` of what a bot has open, by the engine's records."""
        ...

    def weigh(self, name: str, changes: Mapping[str, object | None]) -> Weighed:
        """What a change would come to, judged as a start judges it; nothing is written."""
        ...

    def add(self, name: str, table: Mapping[str, object], *, by: By) -> BotLine:
        """Make one, audited and durable."""
        ...

    def change(self, name: str, changes: Mapping[str, object | None], *, etag: str, by: By) -> BotLine:
        """Change one that is as `etag` says; None takes a key out."""
        ...

    def remove(self, name: str, *, etag: str | None, by: By) -> None:
        """Take one out. What it has open stays its own, and guarded."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """All of them; None where this process has not been given one."""

    keys: KeyHands | None = None
    phase: PhaseTerms | None = None
    alerts: AlertTerms | None = None
    bots: BotHands | None = None


NO_HANDS = Hands()
"""Of a process that was given nothing: what needs a hand says so."""
