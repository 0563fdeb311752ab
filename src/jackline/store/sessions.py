"""Sessions of the dashboard: kept here and not in the cookie, so that one can be ended at once.

The cookie holds 256 random bits, the store their hash. A session is worth what its token is worth, at every request.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from jackline.core.values import WireMs
from jackline.store.audit import append
from jackline.store.db import Db
from jackline.store.tokens import By, Rejected, Token, base62, get_token, rejection, token_hash
from jackline.store.unlocking import Entropy

SESSION_BYTES = 32
SESSION_MS_MAX = 12 * 3_600_000
"""A shift. Whoever still looks logs in again."""
FRESH_MS = 300_000
"""For so long after a log-in with the token an act that raises risk may ask no further."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One log-in. `csrf` goes into the pages, and comes back with whatever changes state; it is not shown (S1)."""

    token: Token
    csrf: str
    created_ms: WireMs
    fresh_ms: WireMs
    expires_ms: WireMs

    def is_fresh(self, now_ms: WireMs) -> bool:
        """The token was given a moment ago."""
        return 0 <= now_ms - self.fresh_ms < FRESH_MS

    def takes(self, csrf: str) -> bool:
        """Whether a request brings this session's own word."""
        return hmac.compare_digest(self.csrf.encode(), csrf.encode())

    def __repr__(self) -> str:
        return f"Session(token={self.token.token_id}, expires_ms={self.expires_ms})"


def open_session(db: Db, token: Token, *, by: By, entropy: Entropy) -> tuple[str, Session]:
    """After a log-in: what goes into the cookie, told once; inside `AccessStore.changing`."""
    cookie, csrf = base62(entropy(SESSION_BYTES)), base62(entropy(SESSION_BYTES))
    ends_ms = WireMs(by.wire_ms + SESSION_MS_MAX)
    if token.expires_ms is not None:
        ends_ms = min(ends_ms, token.expires_ms)
    db.run(
        "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, NULL)",
        (token_hash(cookie), token.token_id, csrf, by.wire_ms, by.wire_ms, ends_ms),
    )
    # Ended ones are of no use to anybody; the audit has their beginning and end.
    db.run("DELETE FROM sessions WHERE expires_ms < ?", (by.wire_ms,))
    session = Session(token=token, csrf=csrf, created_ms=by.wire_ms, fresh_ms=by.wire_ms, expires_ms=ends_ms)
    append(db, by.act("session.open", after=f"{token.token_id} {token.name}"))
    return cookie, session


def find_session(db: Db, cookie: str, *, now_ms: WireMs) -> Session | Rejected:
    """Whose cookie this is, while session and token are both good."""
    rows = db.run("SELECT * FROM sessions WHERE hash = ?", (token_hash(cookie),))
    if not rows:
        return Rejected.UNKNOWN
    _, token_id, csrf, created_ms, fresh_ms, expires_ms, revoked_ms = rows[0]
    token = get_token(db, token_id)
    ended = rejection(token, now_ms=now_ms)
    if revoked_ms is not None:
        return Rejected.REVOKED
    if now_ms >= expires_ms:
        return Rejected.EXPIRED
    return ended or Session(
        token=token,
        csrf=csrf,
        created_ms=WireMs(created_ms),
        fresh_ms=WireMs(fresh_ms),
        expires_ms=WireMs(expires_ms),
    )


def refresh_session(db: Db, cookie: str, *, by: By) -> None:
    """The token was given again, for an act that needs it."""
    db.run("UPDATE sessions SET fresh_ms = ? WHERE hash = ?", (by.wire_ms, token_hash(cookie)))
    append(db, by.act("session.refresh"))


def close_session(db: Db, cookie: str, *, by: By) -> None:
    """Log out."""
    db.run(
        "UPDATE sessions SET revoked_ms = ? WHERE hash = ? AND revoked_ms IS NULL",
        (by.wire_ms, token_hash(cookie)),
    )
    append(db, by.act("session.close"))
