"""Who asks, and how far that reaches: bearer tokens for programs, session cookies for pages."""

from __future__ import annotations

import math
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from jackline.store.tokens import Scope
from jackline.web.doorkeeper import Doorkeeper, Grant
from jackline.web.forms import CSRF_FIELD, fields
from jackline.web.pace import Pace
from jackline.web.problems import Problem

SESSION_COOKIE = "jackline_session"
CSRF_HEADER = "x-csrf-token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
BEARER = HTTPBearer(auto_error=False, description="Made with `jackline token create`; shown once.")


def needs(scope: Scope) -> Callable[..., Coroutine[Any, Any, Grant]]:
    """A dependency that lets a request pass whose credential reaches as far as `scope`; the document says so too."""
    bearer = Security(BEARER, scopes=[scope.value])

    async def admitted(request: Request, _: HTTPAuthorizationCredentials | None = bearer) -> Grant:
        grant = await grant_of(request)
        await reaching(request, grant, scope, "this")
        if scope is not Scope.REDUCE:
            keep_pace(request, grant)
        return grant

    return admitted


async def reaching(request: Request, grant: Grant, scope: Scope, what: str) -> None:
    """Raises Problem for a credential that does not reach as far as `scope`, which `what` needs; it is written down."""
    if grant.scope.includes(scope):
        return
    keeper: Doorkeeper = request.app.state.doorkeeper
    await keeper.turn_away(grant, f"scope {scope} is needed", address=address_of(request))
    raise Problem("forbidden", f"{what} needs scope {scope}, the credential has {grant.scope}")


async def grant_of(request: Request) -> Grant:
    """Whose request it is. Raises Problem where nobody's that we know."""
    keeper: Doorkeeper = request.app.state.doorkeeper
    address = address_of(request)
    said = request.headers.get("authorization")
    if said is not None:
        scheme, _, text = said.partition(" ")
        found = await keeper.by_token(text.strip(), address=address) if scheme.lower() == "bearer" else None
    elif (cookie := request.cookies.get(SESSION_COOKIE)) is not None:
        found = await keeper.by_session(cookie, address=address)
        if found is not None and request.method not in SAFE:
            await _check_page(request, found)
    else:
        found = None
    if found is None:
        raise Problem(
            "unauthenticated",
            "no token, or one that is wrong, expired or revoked",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return found


def keep_pace(request: Request, grant: Grant) -> None:
    """Raises Problem for a token that asks oftener than one may. Not asked of what only lowers risk (K2)."""
    pace: Pace = request.app.state.pace
    waits_s = pace.take(grant.token.token_id)
    if waits_s:
        after = {"Retry-After": str(max(1, math.ceil(waits_s)))}
        raise Problem(
            "too-fast",
            f"at most {request.app.state.options.requests_per_s_max} requests a second",
            headers=after,
        )


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client is not None else "unknown"


async def _check_page(request: Request, grant: Grant) -> None:
    """A cookie comes along with whatever page asks: only ours knows the word beside it (S2). Scripts send it as a
    header, forms as a field."""
    said = request.headers.get(CSRF_HEADER) or (await fields(request)).get(CSRF_FIELD, "")
    if grant.session is None or not grant.session.takes(said):
        keeper: Doorkeeper = request.app.state.doorkeeper
        await keeper.turn_away(grant, "no CSRF token of its page", address=address_of(request))
        raise Problem("forged", "the CSRF token is missing or wrong")


Reader = Annotated[Grant, Depends(needs(Scope.READ))]
Reducer = Annotated[Grant, Depends(needs(Scope.REDUCE))]
Trader = Annotated[Grant, Depends(needs(Scope.TRADE))]
Admin = Annotated[Grant, Depends(needs(Scope.ADMIN))]
