"""An access store for tests, and who changes it."""

from __future__ import annotations

import secrets
from pathlib import Path

from jackline.core.values import WireMs
from jackline.store.access import ACCESS_FILE, AccessStore
from jackline.store.host_disk import HostDisk
from jackline.store.tokens import By, Scope, Token, create_token

NOW = WireMs(1_790_000_000_000)
DAY_MS = 86_400_000


def by(now_ms: int = NOW, reason: str = "") -> By:
    return By(wire_ms=WireMs(now_ms), actor="cli:tester", reason=reason)


def store_in(directory: Path) -> AccessStore:
    return AccessStore(HostDisk(), directory / ACCESS_FILE)


def made(
    store: AccessStore, *, name: str = "phone", scope: Scope = Scope.TRADE, days: int | None = 30
) -> tuple[Token, str]:
    expires_ms = None if days is None else WireMs(NOW + days * DAY_MS)
    with store.changing() as db:
        return create_token(
            db, name=name, scope=scope, expires_ms=expires_ms, by=by(), entropy=secrets.token_bytes
        )
