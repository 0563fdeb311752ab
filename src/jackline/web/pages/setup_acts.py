"""Buttons of what the account is set up with: look at it now, keys in and out, a promotion.

A key goes in over its form and is shown nowhere again (S1). What raises risk asks for all that a reset asks for, and a
promotion for a second factor besides.
"""

from __future__ import annotations

import secrets

from fastapi import Request, Response
from pydantic import SecretStr, ValidationError

from jackline.core.phases import Stage
from jackline.store.commands import CommandKind
from jackline.web.access import Admin, Reducer
from jackline.web.account import Account
from jackline.web.doorkeeper import now
from jackline.web.forms import fields
from jackline.web.looking import looked_since
from jackline.web.pages.pressing import REASON_CHARS_MAX, command, done, note, renewed, stepped_up
from jackline.web.pages.route import router, seen_from
from jackline.web.problems import Problem
from jackline.web.routes.exchange_keys import NewKey, PathName, added, removed, validated
from jackline.web.routes.phases import Wanted, promoted

pages = router()


@pages.post("/act/reconcile")
async def reconcile(request: Request, grant: Reducer) -> Response:
    """Let the engine look at the account now; the page that follows shows what it saw."""
    account: Account = request.app.state.account
    asked_ms = now()
    asked = await command(request, grant, CommandKind.RECONCILE, "asked on the dashboard")
    await note(request, grant, "reconcile.run", "", "asked on the dashboard")
    if asked.answer is not None:
        await looked_since(account, asked_ms)
    return done(asked, "/reconcile")


@pages.post("/act/promote/{stage}")
async def promote(request: Request, grant: Admin, stage: str) -> Response:
    """Ask for the next phase. The evidence is judged here, and by the engine once more."""
    if stage not in set(Stage):
        raise Problem("not-found", f"no phase is called {stage[:20]}")
    said = await fields(request)
    reason = said.get("reason", "").strip()[:REASON_CHARS_MAX]
    if not reason:
        raise Problem("bad-request", "reason: a promotion needs a written one (C2)")
    fresh = await renewed(request, grant, said)
    wanted = Wanted(
        to=Stage(stage),
        reason=reason,
        confirm=said.get("word", "").strip(),
        key=secrets.token_hex(16),
        code=said.get("code", "").strip() or None,
    )
    return done(await promoted(request, fresh, wanted), "/phases")


@pages.post("/act/keys")
async def add_key(request: Request, grant: Admin) -> Response:
    """Store a key pair, encrypted."""
    said = await fields(request)
    try:
        asked = NewKey.model_validate(
            {name: said.get(name, "").strip() for name in ("name", "venue", "reason")}
            | {name: SecretStr(said.get(name, "").strip()) for name in ("key", "secret")}
        )
    except ValidationError as error:
        wrong = sorted({str(one["loc"][0]) for one in error.errors()})  # what was typed is not repeated (S1)
        raise Problem("bad-request", f"see to: {', '.join(wrong)}") from None
    await stepped_up(request, grant, said)
    await added(request, grant, asked)
    return seen_from("/keys")


@pages.post("/act/keys/{name}/validate")
async def validate_key(request: Request, grant: Admin, name: PathName) -> Response:
    """Ask the venue what a key may do."""
    return done(await validated(request, grant, name, secrets.token_hex(16)), "/keys")


@pages.post("/act/keys/{name}/remove")
async def remove_key(request: Request, grant: Admin, name: PathName) -> Response:
    """Take a key out of the file."""
    said = await fields(request)
    reason = said.get("reason", "").strip()[:REASON_CHARS_MAX]
    if not reason:
        raise Problem("bad-request", "reason: it needs a written one")
    await stepped_up(request, grant, said)
    await removed(request, grant, name, reason=reason)
    return seen_from("/keys")
