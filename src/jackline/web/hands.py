"""What the web process may do besides reading the store and writing commands: given to it by the composition root.

Each is small and named. None of them speaks to a venue, and none gives a secret back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

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
    """What a promotion needs, and the settings that its evidence is bound to. `sign` None: no key is configured."""

    bound: Mapping[str, str]
    needs: Needs
    sign: SignHand | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertTerms:
    """What alerts of `POST /api/signals` are judged by. `secret` None: only a token may send one."""

    secret: bytes | None = field(repr=False)
    symbols: tuple[Symbol, ...]
    age_ms_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """All of them; None where this process has not been given one."""

    keys: KeyHands | None = None
    phase: PhaseTerms | None = None
    alerts: AlertTerms | None = None


NO_HANDS = Hands()
"""Of a process that was given nothing: what needs a hand says so."""
