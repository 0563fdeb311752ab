"""What the buttons do. Each is a form, a command in the desk, and a page that says what became of it.

Halting, flattening and closing need one press and the scope `reduce`: repeated, they do the same again, so each press
is a command of its own. A reset needs `admin`, a reason, and what everything needs that raises risk (K4, `step_up`).
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from fastapi import Request, Response

from jackline.core.state import KillLevel
from jackline.core.values import ZERO, Price, Side, Symbol
from jackline.store.commands import CommandKind
from jackline.store.order_wishes import TightenWish
from jackline.store.tokens import Scope
from jackline.web.access import Admin, Reader, Reducer, reaching
from jackline.web.bot_book import BotBook
from jackline.web.forms import fields
from jackline.web.pages import limits
from jackline.web.pages.live import Live
from jackline.web.pages.pressing import REASON_CHARS_MAX, command, done, note, reason_of, stepped_up
from jackline.web.pages.route import router, show
from jackline.web.problems import Problem
from jackline.web.routes.positions import PositionId
from jackline.web.routes.safety import MOST

pages = router()


@pages.post("/act/halt")
async def halt(request: Request, grant: Reducer) -> Response:
    """No new risk: one press, safe, and undone by a reset."""
    asked = await command(
        request, grant, CommandKind.KILL, "halted on the dashboard", level=KillLevel.NO_NEW_RISK
    )
    await note(request, grant, "kill.raise", KillLevel.NO_NEW_RISK.value, "halted on the dashboard")
    return done(asked, "/limits")


@pages.get("/flatten")
async def flatten_page(request: Request, grant: Reader) -> Response:
    """What it would do, and the one button that does it."""
    return await show(request, grant, limits.flatten_view)


@pages.post("/act/flatten")
async def flatten(request: Request, grant: Reducer) -> Response:
    """Close everything, and whatever appears; stops stay until flat (K3)."""
    reason = await reason_of(request, "flattened on the dashboard")
    asked = await command(request, grant, CommandKind.KILL, reason, level=KillLevel.FLATTEN)
    await note(request, grant, "kill.raise", KillLevel.FLATTEN.value, reason)
    return done(asked, "/")


@pages.post("/act/lock")
async def lock(request: Request, grant: Reducer) -> Response:
    """Close everything, and stay closed."""
    reason = await reason_of(request, "locked on the dashboard")
    asked = await command(request, grant, CommandKind.KILL, reason, level=KillLevel.LOCKED)
    await note(request, grant, "kill.raise", KillLevel.LOCKED.value, reason)
    return done(asked, "/limits")


@pages.post("/act/close/{position_id}")
async def close(request: Request, grant: Reducer, position_id: PositionId) -> Response:
    """Close one position; its stop stays until it is flat."""
    live: Live = request.app.state.live
    symbol, _, side = position_id.partition(":")
    if not any((one.symbol, one.side) == (symbol, side) for one in live.account.seen.positions):
        raise Problem("not-found", f"no open position {position_id}")
    reason = await reason_of(request, "closed on the dashboard")
    asked = await command(request, grant, CommandKind.CLOSE, reason, symbol=Symbol(symbol), side=Side(side))
    await note(request, grant, "position.close", position_id, reason)
    return done(asked, f"/positions/{position_id}")


@pages.post("/act/tighten/{position_id}")
async def tighten(request: Request, grant: Reducer, position_id: PositionId) -> Response:
    """Move the stop of one position nearer to the market, or to break-even. Looser than it stands is refused (P4)."""
    symbol, _, side = position_id.partition(":")
    said = await fields(request)
    wish = TightenWish(symbol=Symbol(symbol), side=Side(side), price=_price(said.get("price", "").strip()))
    asked = await command(request, grant, CommandKind.TIGHTEN, "tightened on the dashboard", wish=wish)
    await note(request, grant, "stop.tighten", f"{position_id} {wish.price or 'break-even'}", "")
    return done(asked, f"/positions/{position_id}")


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
    await stepped_up(request, grant, said)
    asked = await command(request, grant, CommandKind.RESET, reason)
    await note(request, grant, "kill.reset", KillLevel.NORMAL.value, reason)
    return done(asked, "/limits")


@pages.post("/act/bots/{bot}/{what}")
async def switch_bot(request: Request, grant: Reducer, bot: str, what: str) -> Response:
    """Stop a bot, which leaves its stops; or start it, which needs the scope `trade`."""
    kinds = {"stop": CommandKind.BOT_STOP, "start": CommandKind.BOT_START}
    book: BotBook = request.app.state.bots
    if what not in kinds or all(line.bot.name != bot for line in await book.lines()):
        raise Problem("not-found", f"no bot {bot[:40]}, or nothing of it to {what[:10]}")
    if what == "start":
        await reaching(request, grant, Scope.TRADE, "starting")
    reason = await reason_of(request, f"{what} on the dashboard")
    asked = await command(request, grant, kinds[what], reason, bot=bot)
    await note(request, grant, f"bot.{what}", bot, reason)
    return done(asked, "/bots")


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
