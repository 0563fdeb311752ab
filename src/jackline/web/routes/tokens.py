"""`/api/tokens`: who may ask for what. A token is shown once, when it is made; only its hash is kept (S1)."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from jackline.core.values import WireMs
from jackline.store.db import Db
from jackline.store.tokens import (
    By,
    Scope,
    Token,
    TokenRefused,
    create_token,
    list_tokens,
    revoke_token,
)
from jackline.web.access import Admin, address_of
from jackline.web.changes import Confirm, MaybeReason, OneTimeCode, Strict
from jackline.web.doorkeeper import Grant, now
from jackline.web.once import KnownRoute
from jackline.web.parts import TheDoor
from jackline.web.problems import Problem
from jackline.web.step_up import step_up
from jackline.web.words import moment

router = APIRouter(prefix="/api/tokens", tags=["tokens"], route_class=KnownRoute)

DAY_MS = 86_400_000
ScopeName = Literal["read", "reduce", "trade", "admin"]


class TokenRow(BaseModel):
    """One token, without its secret. Last use is at most five minutes behind."""

    id: str
    name: str
    scope: ScopeName
    created_at: str | None
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None


class Tokens(BaseModel):
    """All there ever were."""

    count: int
    tokens: list[TokenRow]


class NewToken(Strict):
    """`days`: how long it is good; there is none without an end over the network."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
    scope: ScopeName
    days: Annotated[int, Field(ge=1, le=365)] = 90
    reason: MaybeReason = ""
    confirm: Confirm = ""


class MadeToken(TokenRow):
    """`token` is told this once."""

    token: str


@router.get("")
async def tokens(keeper: TheDoor, _: Admin) -> Tokens:
    """Every token: what it may, and when it was used last."""
    rows = [_row(one) for one in await keeper.ask(list_tokens)]
    return Tokens(count=len(rows), tokens=rows)


@router.post("", status_code=201)
async def create(
    asked: NewToken,
    grant: Admin,
    request: Request,
    keeper: TheDoor,
    code: OneTimeCode = None,
) -> MadeToken:
    """Make one. It is shown in this answer and nowhere else: the answer is not kept, so a key repeats nothing here."""
    await step_up(request, grant, confirm=asked.confirm, code=code)
    by = _by(grant, request, asked.reason)

    def made(db: Db) -> tuple[Token, str] | TokenRefused:
        try:
            return create_token(
                db,
                name=asked.name,
                scope=Scope(asked.scope),
                expires_ms=WireMs(by.wire_ms + asked.days * DAY_MS),
                by=by,
                entropy=secrets.token_bytes,
            )
        except TokenRefused as error:
            return error

    found = await keeper.change(made)
    if isinstance(found, TokenRefused):
        raise Problem("taken", str(found))
    token, text = found
    return MadeToken(**_row(token).model_dump(), token=text)


@router.delete("/{token_id}")
async def revoke(
    token_id: Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")],
    grant: Admin,
    request: Request,
    keeper: TheDoor,
) -> TokenRow:
    """End it at once, and every session that was opened with it."""
    by = _by(grant, request, "over the API")

    def ended(db: Db) -> Token | TokenRefused:
        try:
            return revoke_token(db, token_id, by=by)
        except TokenRefused as error:
            return error

    found = await keeper.change(ended)
    if isinstance(found, TokenRefused):
        raise Problem("not-found", str(found))
    return _row(replace(found, revoked_ms=by.wire_ms))


def _by(grant: Grant, request: Request, reason: str) -> By:
    return By(wire_ms=now(), actor=grant.actor, from_address=address_of(request), reason=reason)


def _row(token: Token) -> TokenRow:
    return TokenRow(
        id=token.token_id,
        name=token.name,
        scope=token.scope.value,
        created_at=moment(token.created_ms),
        expires_at=moment(token.expires_ms),
        revoked_at=moment(token.revoked_ms),
        last_used_at=moment(token.last_used_ms),
    )
