"""What `jackline token list` and `jackline audit list` show."""

from __future__ import annotations

from dataclasses import dataclass

from jackline.cli.keyring_acts import when
from jackline.core.values import WireMs
from jackline.store.access import AccessStore
from jackline.store.audit import AuditRow
from jackline.store.second_factor import has_second_factor
from jackline.store.tokens import list_tokens, rejection


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """One token. `state` is good, expired or revoked; `totp`: it has a second factor."""

    id: str
    name: str
    scope: str
    state: str
    totp: str
    expires: str
    last_used: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRow:
    """One act, as a table has room for it."""

    seq: int
    when: str
    actor: str
    what: str
    change: str
    reason: str
    outcome: str


def rows(store: AccessStore, now_ms: WireMs) -> list[TokenRow]:
    """Every token, oldest first."""
    with store.reading() as db:
        return [
            TokenRow(
                id=one.token_id,
                name=one.name,
                scope=one.scope.value,
                state=rejection(one, now_ms=now_ms) or "good",
                totp="yes" if has_second_factor(db, one) else "no",
                expires="never" if one.expires_ms is None else when(one.expires_ms),
                last_used=when(one.last_used_ms),
            )
            for one in list_tokens(db)
        ]


def act_row(row: AuditRow) -> ActRow:
    """For the table."""
    act = row.act
    change = f"{act.before} → {act.after}" if act.before and act.after else act.before or act.after
    return ActRow(
        seq=row.seq,
        when=when(act.wire_ms),
        actor=f"{act.actor} {act.from_address}".strip(),
        what=act.what,
        change=change or "–",
        reason=act.reason or "–",
        outcome=act.outcome,
    )
