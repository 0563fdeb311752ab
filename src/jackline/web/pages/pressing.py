"""What each form does behind its page: a command in the desk, an audit row, and the page that says what came of it."""

from __future__ import annotations

import secrets

from fastapi import Request, Response

from jackline.core.state import KillLevel
from jackline.core.values import Side, Symbol
from jackline.store.commands import CommandKind
from jackline.store.order_wishes import TightenWish
from jackline.web.access import SESSION_COOKIE
from jackline.web.asking import Asked, Asking
from jackline.web.doorkeeper import Grant, now
from jackline.web.forms import fields
from jackline.web.looking import shown_since
from jackline.web.pages.live import Live
from jackline.web.pages.route import door_of, seen_from
from jackline.web.problems import Problem
from jackline.web.step_up import step_up

REASON_CHARS_MAX = 200


async def command(
    request: Request,
    grant: Grant,
    kind: CommandKind,
    reason: str,
    *,
    level: KillLevel | None = None,
    symbol: Symbol | None = None,
    side: Side | None = None,
    bot: str = "",
    wish: TightenWish | None = None,
) -> Asked:
    """Write the command and wait for its answer; where there is one, until the engine has shown itself anew."""
    desk: Asking = request.app.state.asking
    row = desk.command(
        kind,
        key=secrets.token_hex(16),
        actor=grant.actor,
        reason=reason,
        level=level,
        symbol=symbol,
        side=side,
        bot=bot,
        wish=wish,
    )
    asked = await desk.ask(row)
    if asked.answer is not None:
        live: Live = request.app.state.live
        await shown_since(live.account, now())
    return asked


async def note(request: Request, grant: Grant, what: str, after: str, reason: str) -> None:
    """Audited behind the command, so that a store which is busy never holds up a halt (K2)."""
    keeper, address = door_of(request)
    try:
        await keeper.note(grant, what, address=address, reason=reason, after=after, outcome="asked")
    except Problem:
        return  # the desk and the journal have actor and reason


async def reason_of(request: Request, default: str) -> str:
    """As it was typed, or what stands for a field that was left empty."""
    said = await fields(request)
    return said.get("reason", "").strip()[:REASON_CHARS_MAX] or default


async def stepped_up(
    request: Request, grant: Grant, said: dict[str, str], *, needs_code: bool = False
) -> Grant:
    """The grant, fresh, where the form brought all that raises risk. Raises Problem."""
    fresh = await renewed(request, grant, said)
    await step_up(
        request,
        fresh,
        confirm=said.get("word", "").strip(),
        code=said.get("code", "").strip() or None,
        needs_code=needs_code,
    )
    return fresh


async def renewed(request: Request, grant: Grant, said: dict[str, str]) -> Grant:
    """The grant with a log-in that is fresh once more where its token was given again; else as it is."""
    token = said.get("token", "").strip()
    session, cookie = grant.session, request.cookies.get(SESSION_COOKIE)
    if session is None or cookie is None or session.is_fresh(now()) or not token:
        return grant
    keeper, address = door_of(request)
    again = await keeper.by_token(token, address=address)
    if again is None or again.token.token_id != grant.token.token_id:
        raise Problem("forbidden", "token: it is not the one of this session")
    await keeper.renew(cookie, grant, address=address)
    return await keeper.by_session(cookie, address=address) or grant


def done(asked: Asked, place: str) -> Response:
    """To the page that says what became of it."""
    return seen_from(f"{place}?said={asked.command_id}")
