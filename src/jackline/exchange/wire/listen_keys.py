"""Listen keys: the names under which an account's user stream is opened, with one hour of life."""

import hashlib
from dataclasses import dataclass
from typing import Final

from jackline.exchange.errors import VenueError
from jackline.exchange.wire.lives import Lives

LIFE_MS: Final = 60 * 60_000


@dataclass(slots=True, kw_only=True)
class _Key:
    text: str
    expires_ms: int


class ListenKeys:
    """At most one live key per account, shared by all its processes. All times are wire time."""

    def __init__(self, lives: Lives | None = None) -> None:
        self._lives = lives or Lives()
        self._keys: dict[str, _Key] = {}
        self._issued = 0

    def open(self, account: str, wire_ms: int) -> str:
        """The account's live key, made if there is none; its life starts again."""
        key = self._keys.get(account)
        if key is None or key.expires_ms <= wire_ms:
            self._issued += 1
            seed = f"{account}:{self._issued}:{wire_ms}"
            key = self._keys[account] = _Key(text=hashlib.sha256(seed.encode()).hexdigest(), expires_ms=0)
        key.expires_ms = wire_ms + self._lives.scaled(LIFE_MS)
        return key.text

    def extend(self, account: str, wire_ms: int) -> str:
        """Raises VenueError -1125 where no key is alive."""
        key = self._keys.get(account)
        if key is None or key.expires_ms <= wire_ms:
            raise VenueError(-1125)
        key.expires_ms = wire_ms + self._lives.scaled(LIFE_MS)
        return key.text

    def close(self, account: str) -> str | None:
        """Ends the key and returns it, for the farewell to its listeners."""
        key = self._keys.pop(account, None)
        return None if key is None else key.text

    def current(self, account: str) -> str | None:
        key = self._keys.get(account)
        return None if key is None else key.text

    def expired(self, wire_ms: int) -> list[tuple[str, str]]:
        """Takes out the keys whose time is over: (account, key)."""
        dead = [account for account, key in self._keys.items() if key.expires_ms <= wire_ms]
        return [(account, self._keys.pop(account).text) for account in dead]
