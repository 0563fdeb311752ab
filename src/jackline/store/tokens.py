"""Tokens of the API: 256 random bits, shown once, kept as their SHA-256 alone; with a scope, an end, and a way to
revoke them at once (api.md, Access)."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from jackline.core.values import WireMs
from jackline.store.audit import Act, append
from jackline.store.db import Db, Row
from jackline.store.errors import StoreError
from jackline.store.unlocking import Entropy

TOKEN_BYTES = 32
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BODY_CHARS = 43
"""62^43 is just above 2^256."""
USED_EVERY_MS = 300_000
"""Last use is remembered this coarsely: a token in use must not be a write a request."""
ID_BYTES = 6
TOKENS_MAX = 1_000
_COLUMNS = "id, hash, name, scope, created_ms, expires_ms, revoked_ms, last_used_ms"


class Scope(StrEnum):
    """What a token may ask for; each includes those before it. Reducing risk needs little, raising it needs more."""

    READ = "read"
    REDUCE = "reduce"
    TRADE = "trade"
    ADMIN = "admin"

    def includes(self, wanted: Scope) -> bool:
        """Whether this one is enough."""
        order = tuple(Scope)
        return order.index(self) >= order.index(wanted)


TOKEN = re.compile(rf"jl_({'|'.join(Scope)})_[0-9A-Za-z]{{{BODY_CHARS}}}")
"""What a token looks like, for whoever removes them from a log."""


class Rejected(StrEnum):
    """Why a token is not good. The answer to a stranger must not say which."""

    MALFORMED = "malformed"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REVOKED = "revoked"


class TokenRefused(StoreError):
    """No token of that name or id, or one too many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One token, without its secret. `expires_ms` None never ends; `last_used_ms` is at most five minutes behind."""

    token_id: str
    name: str
    scope: Scope
    created_ms: WireMs
    expires_ms: WireMs | None
    revoked_ms: WireMs | None
    last_used_ms: WireMs | None


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """Who does it, from where and why: the audit row of a change."""

    wire_ms: WireMs
    actor: str
    from_address: str = ""
    reason: str = ""

    def act(self, what: str, *, before: str = "", after: str = "", outcome: str = "done") -> Act:
        """The row."""
        return Act(
            wire_ms=self.wire_ms,
            actor=self.actor,
            from_address=self.from_address,
            what=what,
            before=before,
            after=after,
            reason=self.reason,
            outcome=outcome,
        )


def create_token(
    db: Db, *, name: str, scope: Scope, expires_ms: WireMs | None, by: By, entropy: Entropy
) -> tuple[Token, str]:
    """Make one, with its audit row, inside `AccessStore.changing`; its text is told here and nowhere else."""
    if db.run("SELECT count(*) FROM tokens")[0][0] >= TOKENS_MAX:
        raise TokenRefused(f"{TOKENS_MAX} tokens are on record. Fix: use one of them")
    if db.run("SELECT 1 FROM tokens WHERE name = ? AND revoked_ms IS NULL", (name,)):
        raise TokenRefused(
            f"a token that is not revoked is called {name}. Fix: another name, or revoke it first"
        )
    text = f"jl_{scope}_{base62(entropy(TOKEN_BYTES))}"
    token = Token(
        token_id=entropy(ID_BYTES).hex(),
        name=name,
        scope=scope,
        created_ms=by.wire_ms,
        expires_ms=expires_ms,
        revoked_ms=None,
        last_used_ms=None,
    )
    db.run(
        f"INSERT INTO tokens ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, NULL, NULL)",  # noqa: S608  names of columns
        (token.token_id, token_hash(text), name, scope.value, by.wire_ms, expires_ms),
    )
    until = (
        "never"
        if expires_ms is None
        else f"{datetime.fromtimestamp(expires_ms / 1_000, UTC):%Y-%m-%d %H:%M} UTC"
    )
    after = f"{token.token_id} {name} {scope} until {until}"
    append(db, by.act("token.create", after=after))
    return token, text


def find_token(db: Db, text: str, *, now_ms: WireMs) -> Token | Rejected:
    """Whose token this is. It is looked up by its hash, so how long that takes tells nothing of any token."""
    if TOKEN.fullmatch(text) is None:
        return Rejected.MALFORMED
    wanted = token_hash(text)
    rows = db.run(f"SELECT {_COLUMNS} FROM tokens WHERE hash = ?", (wanted,))  # noqa: S608  names of columns
    if not rows or not hmac.compare_digest(rows[0][1], wanted):
        return Rejected.UNKNOWN
    token = _token(rows[0])
    if not text.startswith(f"jl_{token.scope}_"):
        return Rejected.UNKNOWN
    return rejection(token, now_ms=now_ms) or token


def rejection(token: Token, *, now_ms: WireMs) -> Rejected | None:
    """Why a token is not good any more."""
    if token.revoked_ms is not None:
        return Rejected.REVOKED
    if token.expires_ms is not None and now_ms >= token.expires_ms:
        return Rejected.EXPIRED
    return None


def is_use_due(token: Token, *, now_ms: WireMs) -> bool:
    """Whether this use is worth a write."""
    return token.last_used_ms is None or now_ms - token.last_used_ms >= USED_EVERY_MS


def note_use(db: Db, token: Token, *, now_ms: WireMs) -> None:
    """Remember that it was used; where `is_use_due`."""
    db.run("UPDATE tokens SET last_used_ms = ? WHERE id = ?", (now_ms, token.token_id))


def revoke_token(db: Db, named: str, *, by: By) -> Token:
    """End a token, by its id or name, and every session that was opened with it. Raises TokenRefused."""
    token = get_token(db, named)
    if token.revoked_ms is not None:
        raise TokenRefused(f"{named} is revoked already")
    db.run("UPDATE tokens SET revoked_ms = ? WHERE id = ?", (by.wire_ms, token.token_id))
    db.run(
        "UPDATE sessions SET revoked_ms = ? WHERE token_id = ? AND revoked_ms IS NULL",
        (by.wire_ms, token.token_id),
    )
    told = f"{token.token_id} {token.name} {token.scope}"
    append(db, by.act("token.revoke", before=told))
    return token


def list_tokens(db: Db) -> tuple[Token, ...]:
    """Every token there ever was, oldest first."""
    rows = db.run(f"SELECT {_COLUMNS} FROM tokens ORDER BY created_ms, id")  # noqa: S608  names of columns
    return tuple(_token(row) for row in rows)


def get_token(db: Db, named: str) -> Token:
    """By its id, or by the name of one that is not revoked. Raises TokenRefused with the names there are."""
    every = list_tokens(db)
    for token in every:
        if token.token_id == named:
            return token
    for token in every:
        if token.name == named and token.revoked_ms is None:
            return token
    names = ", ".join(token.name for token in every if token.revoked_ms is None) or "none"
    raise TokenRefused(f"no token is called {named}. Known: {names}")


def token_hash(text: str) -> str:
    """SHA-256 in hexadecimal: of 256 random bits nothing slower is needed."""
    return hashlib.sha256(text.encode()).hexdigest()


def base62(secret: bytes) -> str:
    """32 bytes as 43 letters and digits, so that a double click takes all of it."""
    number, digits = int.from_bytes(secret), ""
    for _ in range(BODY_CHARS):
        number, digit = divmod(number, len(BASE62))
        digits = BASE62[digit] + digits
    return digits


def _token(row: Row) -> Token:
    token_id, _, name, scope, created_ms, expires_ms, revoked_ms, last_used_ms = row
    return Token(
        token_id=token_id,
        name=name,
        scope=Scope(scope),
        created_ms=WireMs(created_ms),
        expires_ms=None if expires_ms is None else WireMs(expires_ms),
        revoked_ms=None if revoked_ms is None else WireMs(revoked_ms),
        last_used_ms=None if last_used_ms is None else WireMs(last_used_ms),
    )
