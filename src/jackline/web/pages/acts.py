"""What the buttons do. Each is a form, a command in the desk, and a page that says what became of it.

Halting, flattening and closing need one press and the scope `reduce`: repeated, they do the same again, so each press
is a command of its own. A reset needs `admin`, a reason, and what everything needs that raises risk (K4, `step_up`).
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from decimal import Decimal, InvalidOperation

from fastapi import Request, Response

from jackline.core.state import KillLevel
from jackline.core.values import ZERO, Price, Side, Symbol
from jackline.store.commands import CommandKind
from jackline.store.order_wishes import TightenWish
from jackline.store.tokens import Scope
from jackline.web.access import SESSION_COOKIE, Admin, Reader, Reducer
from jackline.web.asking import Asked, Asking
from jackline.web.doorkeeper import Grant, now
from jackline.web.forms import fields
from jackline.web.pages import limits
from jackline.web.pages.live import Live
from jackline.web.pages.route import door_of, router, seen_from, show
from jackline.web.problems import Problem
from jackline.web.routes.positions import PositionId
from jackline.web.routes.safety import MOST
from jackline.web.step_up import step_up

pages = router()
REASON_CHARS_MAX = 200
SHOWN_S = 1.0
"""An engine that runs shows itself twice a second and oftener."""


@pages.post("/act/halt")
async def halt(request: Request, grant: Reducer) -> Response:
    """No new risk: one press, safe, and undone by a reset."""
    asked = await _ask(
        request, grant, CommandKind.KILL, "halted on the dashboard", level=KillLevel.NO_NEW_RISK
    )
    await _note(request, grant, "kill.raise", KillLevel.NO_NEW_RISK.value, "halted on the dashboard")
    return _done(asked, "/limits")


@pages.get("/flatten")
async def flatten_page(request: Request, grant: Reader) -> Response:
    """What it would do, and the one button that does it."""
    return await show(request, grant, limits.flatten_view)


@pages.post("/act/flatten")
async def flatten(request: Request, grant: Reducer) -> Response:
    """Close everything, and whatever appears; stops stay until flat (K3)."""
    reason = await _reason(request, "flattened on the dashboard")
    asked = await _ask(request, grant, CommandKind.KILL, reason, level=KillLevel.FLATTEN)
    await _note(request, grant, "kill.raise", KillLevel.FLATTEN.value, reason)
    return _done(asked, "/")


@pages.post("/act/lock")
async def lock(request: Request, grant: Reducer) -> Response:
    """Close everything, and stay closed."""
    reason = await _reason(request, "locked on the dashboard")
    asked = await _ask(request, grant, CommandKind.KILL, reason, level=KillLevel.LOCKED)
    await _note(request, grant, "kill.raise", KillLevel.LOCKED.value, reason)
    return _done(asked, "/limits")


@pages.post("/act/close/{position_id}")
async def close(request: Request, grant: Reducer, position_id: PositionId) -> Response:
    """Close one position; its stop stays until it is flat."""
    live: Live = request.app.state.live
    symbol, _, side = position_id.partition(":")
    if not any((one.symbol, one.side) == (symbol, side) for one in live.account.seen.positions):
        raise Problem("not-found", f"no open position {position_id}")
    reason = await _reason(request, "closed on the dashboard")
    asked = await _ask(request, grant, CommandKind.CLOSE, reason, symbol=Symbol(symbol), side=Side(side))
    await _note(request, grant, "position.close", position_id, reason)
    return _done(asked, f"/positions/{position_id}")


@pages.post("/act/tighten/{position_id}")
async def tighten(request: Request, grant: Reducer, position_id: PositionId) -> Response:
    """Move the stop of one position nearer to the market, or to break-even. Looser than it stands is refused (P4)."""
    symbol, _, side = position_id.partition(":")
    said = await fields(request)
    wish = TightenWish(symbol=Symbol(symbol), side=Side(side), price=_price(said.get("price", "").strip()))
    asked = await _ask(request, grant, CommandKind.TIGHTEN, "tightened on the dashboard", wish=wish)
    await _note(request, grant, "stop.tighten", f"{position_id} {wish.price or 'break-even'}", "")
    return _done(asked, f"/positions/{position_id}")


@pages.post("/act/reset")
async def reset(request: Request, grant: Admin) -> Response:
    """Allow entries again. The list of what must hold is judged here once more; the engine has the last word."""
    said = await fields(request)
    reason = said.get("reason", "").strip()[:REASON_CHARS_MAX]
    if not reason:
        raise Problem("bad-request", "reason: a reset needs a written one (K4)")
    live: Live = request.app.state.live
    lacking = [one.text for one in limits.checklist(await live.sight()) if not one.passed]
    if lacking:
        raise Problem("refused", f"before a reset: {'; '.join(lacking)}")
    fresh = await _renewed(request, grant, said.get("token", "").strip())
    await step_up(
        fresh,
        keeper=request.app.state.doorkeeper,
        hands=request.app.state.hands,
        options=request.app.state.options,
        confirm=said.get("word", "").strip(),
        code=said.get("code", "").strip() or None,
    )
    asked = await _ask(request, grant, CommandKind.RESET, reason)
    await _note(request, grant, "kill.reset", KillLevel.NORMAL.value, reason)
    return _done(asked, "/limits")


@pages.post("/act/bots/{bot}/{what}")
async def switch_bot(request: Request, grant: Reducer, bot: str, what: str) -> Response:
    """Stop a bot, which leaves its stops; or start it, which needs the scope `trade`."""
    kinds = {"stop": CommandKind.BOT_STOP, "start": CommandKind.BOT_START}
    if what not in kinds or all(one.name != bot for one, _ in request.app.state.options.bots):
        raise Problem("not-found", f"no bot {bot[:40]}, or nothing of it to {what[:10]}")
    if what == "start" and not grant.scope.includes(Scope.TRADE):
        raise Problem("forbidden", f"starting needs scope trade, the credential has {grant.scope}")
    reason = await _reason(request, f"{what} on the dashboard")
    asked = await _ask(request, grant, kinds[what], reason, bot=bot)
    await _note(request, grant, f"bot.{what}", bot, reason)
    return _done(asked, "/bots")


async def _ask(
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
    desk: Asking = request.app.state.asking
    command = desk.command(
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
    asked = await desk.ask(command)
    if asked.answer is not None:
        await _shown(request.app.state.live)
    return asked


async def _shown(live: Live) -> None:
    """Until the engine has shown itself anew: the page that follows must not say what was so before."""
    answered_ms = now()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SHOWN_S):
            while (live.account.seen.said_ms or 0) <= answered_ms:
                await live.account.next()


async def _note(request: Request, grant: Grant, what: str, after: str, reason: str) -> None:
    """Audited behind the command, so that a store which is busy never holds up a halt (K2)."""
    keeper, address = door_of(request)
    try:
        await keeper.note(grant, what, address=address, reason=reason, after=after, outcome="asked")
    except Problem:
        return  # the desk and the journal have actor and reason


async def _reason(request: Request, default: str) -> str:
    said = await fields(request)
    return said.get("reason", "").strip()[:REASON_CHARS_MAX] or default


async def _renewed(request: Request, grant: Grant, token: str) -> Grant:
    """The grant with a log-in that is fresh once more where its token was given again; else as it is."""
    session, cookie = grant.session, request.cookies.get(SESSION_COOKIE)
    if session is None or cookie is None or session.is_fresh(now()) or not token:
        return grant
    keeper, address = door_of(request)
    again = await keeper.by_token(token, address=address)
    if again is None or again.token.token_id != grant.token.token_id:
        raise Problem("forbidden", "token: it is not the one of this session")
    await keeper.renew(cookie, grant, address=address)
    return await keeper.by_session(cookie, address=address) or grant


def _price(text: str) -> Price | None:
    """As somebody types it; nothing is break-even. Raises Problem."""
    if not text:
        return None
    try:
        price = Decimal(text.replace(",", "").replace("\u2009", ""))
    except InvalidOperation:
        raise Problem("bad-request", "price: it is no number; 53500.5 would be one") from None
    if not price.is_finite() or not ZERO < price <= MOST:
        raise Problem("bad-request", f"price: above 0, {MOST:f} at most")
    return Price(price)


def _done(asked: Asked, place: str) -> Response:
    return seen_from(f"{place}?said={asked.command_id}")
