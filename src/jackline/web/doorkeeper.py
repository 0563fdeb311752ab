"""The doorkeeper: knows tokens and sessions, writes down who is turned away, and makes whoever guesses wait."""

from __future__ import annotations

import asyncio
import math
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import structlog

from jackline.core.values import WireMs
from jackline.store import attempts, audit
from jackline.store.access import AccessStore
from jackline.store.db import Db
from jackline.store.errors import StoreError
from jackline.store.sessions import Session, close_session, find_session, open_session, refresh_session
from jackline.store.tokens import (
    By,
    Rejected,
    Scope,
    Token,
    find_token,
    is_use_due,
    note_use,
    rejection,
    token_hash,
)
from jackline.web.problems import Problem

log = structlog.get_logger("web")

KNOWN_MAX: Final = 1_000
"""Credentials remembered between two changes of the access store."""
CREDENTIAL_CHARS_MAX: Final = 200
TURNED_AWAY_S: Final = 60.0
"""A token that wants more than it may is written down so often."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A credential that was found good. `session`: it came as the cookie of a page; None for a bearer token."""

    token: Token
    session: Session | None = None

    @property
    def scope(self) -> Scope:
        """How far it reaches."""
        return self.token.scope

    @property
    def actor(self) -> str:
        """Who, in journal and audit."""
        return f"token:{self.token.token_id} {self.token.name}"


class Doorkeeper:
    """One account's. What was found good is remembered until the store changes or it ends, so that a request costs no
    read of the disk, and a token that is revoked ends with the next request."""

    def __init__(self, store: AccessStore) -> None:
        self._store = store
        self._known: dict[str, Grant] = {}
        self._seen: tuple[tuple[int, int], ...] = ()
        self._turned_away: dict[tuple[str, str], float] = {}

    async def by_token(self, text: str, *, address: str) -> Grant | None:
        """The grant of a bearer token. None for one that is wrong, expired or revoked, which is written down.

        Raises Problem for an address that has guessed too often.
        """
        return await self._admit(
            text, address=address, look=lambda db, now_ms: _granted(find_token(db, text, now_ms=now_ms))
        )

    async def by_session(self, cookie: str, *, address: str) -> Grant | None:
        """The grant of a page's cookie."""

        def look(db: Db, now_ms: WireMs) -> Grant | Rejected:
            found = find_session(db, cookie, now_ms=now_ms)
            return found if isinstance(found, Rejected) else Grant(token=found.token, session=found)

        return await self._admit(cookie, address=address, look=look)

    async def log_in(self, text: str, *, address: str) -> tuple[str, Session] | None:
        """What goes into the cookie of a page that was given a good token. Raises Problem as `by_token` does."""
        grant = await self.by_token(text, address=address)
        if grant is None:
            return None

        def opened() -> tuple[str, Session]:
            by = By(wire_ms=now(), actor=grant.actor, from_address=address, reason="log-in")
            with self._store.changing() as db:
                attempts.forget(db, address)
                return open_session(db, grant.token, by=by, entropy=secrets.token_bytes)

        return await self._run(opened)

    async def log_out(self, cookie: str, grant: Grant, *, address: str) -> None:
        """End the session of a cookie."""

        def closed() -> None:
            by = By(wire_ms=now(), actor=grant.actor, from_address=address, reason="log-out")
            with self._store.changing() as db:
                close_session(db, cookie, by=by)

        await self._run(closed)

    async def renew(self, cookie: str, grant: Grant, *, address: str) -> None:
        """The token of a session was given again: it is fresh once more."""

        def renewed() -> None:
            by = By(wire_ms=now(), actor=grant.actor, from_address=address, reason="token given again")
            with self._store.changing() as db:
                refresh_session(db, cookie, by=by)

        await self._run(renewed)

    async def note(
        self,
        grant: Grant,
        what: str,
        *,
        address: str,
        reason: str = "",
        before: str = "",
        after: str = "",
        outcome: str = "done",
    ) -> None:
        """Write down what somebody changed (audit)."""

        def noted() -> None:
            by = By(wire_ms=now(), actor=grant.actor, from_address=address, reason=reason)
            with self._store.changing() as db:
                audit.append(db, by.act(what, before=before, after=after, outcome=outcome))

        await self._run(noted)

    async def ask(self, question: Callable[[Db], T]) -> T:
        """Read the access store, off the loop."""

        def asked() -> T:
            with self._store.reading() as db:
                return question(db)

        return await self._run(asked)

    async def change(self, work: Callable[[Db], T]) -> T:
        """Change the access store in one transaction, off the loop."""

        def changed() -> T:
            with self._store.changing() as db:
                return work(db)

        return await self._run(changed)

    async def turn_away(self, grant: Grant, why: str, *, address: str) -> None:
        """Write down a good credential that wanted more than it has (S2): a row a minute for each token and reason, so
        that nobody fills the audit. Raises nothing: it is turned away whether or not that can be written."""
        last = (grant.token.token_id, why)
        at = time.monotonic()
        if at - self._turned_away.get(last, -math.inf) < TURNED_AWAY_S:
            return
        if len(self._turned_away) >= KNOWN_MAX:
            self._turned_away.clear()
        self._turned_away[last] = at
        log.warning("access_refused", code="S2", why=why, address=address, token=grant.token.token_id)
        try:
            await self.note(grant, "access", address=address, outcome=f"refused: {why}")
        except Problem as problem:
            log.warning("audit_failed", code="S2", detail=problem.detail)

    async def hold_back(self, counted: str) -> None:
        """Raises Problem for whoever has guessed too often, before the next guess is looked at."""
        _raise_waiting(await self.ask(lambda db: attempts.wait_ms(db, counted, now_ms=now())))

    async def refuse(self, address: str, why: str, *, counted: str = "") -> None:
        """Write down a credential of another kind that was wrong; whoever guesses waits. Raises Problem then.

        `counted`: whose guesses it adds to, where that is not the address.
        """
        whence = counted or address

        def refused() -> int:
            now_ms = now()
            with self._store.changing() as db:
                waits_ms = attempts.wait_ms(db, whence, now_ms=now_ms)
                if not waits_ms:
                    attempts.note_failure(db, whence, now_ms=now_ms)
                    by = By(wire_ms=now_ms, actor="unknown", from_address=address)
                    audit.append(db, by.act("access", outcome=f"refused: {why}"))
            return waits_ms

        _raise_waiting(await self._run(refused))
        log.warning("access_refused", code="S2", why=why, address=address)

    async def _admit(
        self, text: str, *, address: str, look: Callable[[Db, WireMs], Grant | Rejected]
    ) -> Grant | None:
        if not 0 < len(text) <= CREDENTIAL_CHARS_MAX:
            text = ""
        key = token_hash(text)
        self._forget_changed()
        known = self._known.get(key)
        if known is not None and _still_good(known):
            return known
        found = await self._run(lambda: self._look(look, address))
        if isinstance(found, Rejected):
            self._known.pop(key, None)
            return None
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        self._forget_changed()  # its use may just have been written
        self._known[key] = found
        return found

    def _look(self, look: Callable[[Db, WireMs], Grant | Rejected], address: str) -> Grant | Rejected:
        now_ms = now()
        with self._store.reading() as db:
            found = look(db, now_ms)
            waits_ms = attempts.wait_ms(db, address, now_ms=now_ms) if isinstance(found, Rejected) else 0
        # A good credential passes: somebody else behind the same address must not lock its owner out.
        _raise_waiting(waits_ms)
        if isinstance(found, Rejected):
            with self._store.changing() as db:
                attempts.note_failure(db, address, now_ms=now_ms)
                by = By(wire_ms=now_ms, actor="unknown", from_address=address)
                audit.append(db, by.act("access", outcome=f"refused: {found}"))
            log.warning("access_refused", code="S2", why=found.value, address=address)
        elif is_use_due(found.token, now_ms=now_ms):
            with self._store.changing() as db:
                note_use(db, found.token, now_ms=now_ms)
        return found

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(work)
        except (StoreError, OSError) as error:
            raise Problem("unavailable", f"access store: {error}") from error

    def _forget_changed(self) -> None:
        """Whatever changes the store changes the time or the size of one of its files."""
        seen = tuple(_stamp(path) for path in (self._store.path, Path(f"{self._store.path}-wal")))
        if seen != self._seen:
            self._seen = seen
            self._known.clear()


def now() -> WireMs:
    """Wall time."""
    return WireMs(time.time_ns() // 1_000_000)


def _granted(found: Token | Rejected) -> Grant | Rejected:
    return found if isinstance(found, Rejected) else Grant(token=found)


def _still_good(grant: Grant) -> bool:
    now_ms = now()
    ended = grant.session is not None and now_ms >= grant.session.expires_ms
    return not ended and rejection(grant.token, now_ms=now_ms) is None


def _raise_waiting(waits_ms: int) -> None:
    if waits_ms:
        after_s = -(-waits_ms // 1_000)
        raise Problem("too-many", f"try again in {after_s} s", headers={"Retry-After": str(after_s)})


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
