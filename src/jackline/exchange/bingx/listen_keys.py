"""Listen keys: each request mints another, and each opens the same account's stream for an hour."""

import hashlib
from dataclasses import dataclass
from typing import Final

from jackline.exchange.bingx.errors import refusal

LIFE_MS: Final = 60 * 60_000
KEYS_MAX: Final = 50
"""Living keys per account; the oldest makes room. The real number is not written down."""


@dataclass(slots=True, kw_only=True)
class _Key:
    account: str
    expires_ms: int


class BingxListenKeys:
    """All living keys, oldest first. Times are wire time."""

    def __init__(self) -> None:
        self._keys: dict[str, _Key] = {}
        self._issued = 0

    def open(self, account: str, wire_ms: int) -> str:
        """A new key."""
        own = self.current(account)
        if len(own) >= KEYS_MAX:
            del self._keys[own[0]]
        self._issued += 1
        text = hashlib.sha256(f"{account}:{self._issued}:{wire_ms}".encode()).hexdigest()
        self._keys[text] = _Key(account=account, expires_ms=wire_ms + LIFE_MS)
        return text

    def extend(self, account: str, text: str, wire_ms: int) -> None:
        """Raises BingxError 100400 for a key that is not alive, or another account's."""
        key = self._keys.get(text)
        if key is None or key.account != account or key.expires_ms <= wire_ms:
            raise refusal(100400)
        key.expires_ms = wire_ms + LIFE_MS

    def close(self, account: str, text: str | None = None) -> None:
        """Ends one key of an account, or all; its listeners hear nothing more, not even this."""
        for key in self.current(account):
            if text in {None, key}:
                del self._keys[key]

    def current(self, account: str) -> list[str]:
        return [text for text, key in self._keys.items() if key.account == account]

    def living(self) -> list[tuple[str, str]]:
        """(account, key) of all."""
        return [(key.account, text) for text, key in self._keys.items()]

    def expired(self, wire_ms: int) -> list[tuple[str, str]]:
        """Takes out the keys whose time is over: (account, key)."""
        dead = [text for text, key in self._keys.items() if key.expires_ms <= wire_ms]
        return [(self._keys.pop(text).account, text) for text in dead]
