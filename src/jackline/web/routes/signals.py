"""`POST /api/signals`: alerts from charts, with a token, a signature, or the secret in their body (S2).

What is asked for passes every gate of the engine. An alert is taken once: its id, or what it says, is the command's.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from jackline.core.values import WireMs
from jackline.store.alert_commands import AlertRefused, AlertRules, read_alert
from jackline.store.commands import Command
from jackline.store.tokens import Scope
from jackline.web.access import address_of, grant_of, keep_pace, reaching
from jackline.web.bot_book import BotBook
from jackline.web.doorkeeper import Doorkeeper, now
from jackline.web.hands import AlertTerms, Hands
from jackline.web.options import WebOptions
from jackline.web.parts import Now, Options, TheBots, TheDesk, TheDoor, TheHands
from jackline.web.problems import Problem
from jackline.web.routes.commands import CommandState, accepted

router = APIRouter(prefix="/api/signals", tags=["signals"])

SIGNED_AGE_MS_MAX = 30_000
"""A signature is good for so long, early or late: after that it is a replay."""
EXAMPLE = {
    "bot": "alerts",
    "symbol": "BINANCE:BTCUSDT.P",
    "side": "buy",
    "time": "2026-01-31T12:00:00Z",
    "secret": "…",
}
STAMP, DIGEST = r"^[0-9]{13}$", r"^sha256=[0-9a-f]{64}$"
"""They are a credential: one of another form is a wrong one, and is answered as that (S2)."""
TimeStamp = Annotated[
    str | None,
    Header(alias="X-Timestamp", json_schema_extra={"pattern": STAMP}, description="Milliseconds since 1970."),
]
Signature = Annotated[
    str | None,
    Header(
        alias="X-Signature",
        json_schema_extra={"pattern": DIGEST},
        description="HMAC-SHA256 of timestamp, a full stop, and the body, by the webhook's secret.",
    ),
]


@router.post(
    "",
    status_code=200,
    responses={202: {"model": CommandState}},
    openapi_extra={
        "requestBody": {"content": {"application/json": {"schema": {"type": "object"}, "example": EXAMPLE}}}
    },
)
async def signal(
    request: Request,
    response: Response,
    seen: Now,
    options: Options,
    book: TheBots,
    hands: TheHands,
    keeper: TheDoor,
    desk: TheDesk,
    stamp: TimeStamp = None,
    signature: Signature = None,
) -> CommandState:
    """Take an alert as TradingView writes it. Who may: scope `trade`, or who knows the webhook's secret."""
    body = await request.body()
    actor, secret = await _who(request, body, hands, keeper, stamp=stamp, signature=signature)
    command = await _command(request, body, options, book, hands, keeper, actor=actor, secret=secret)
    if seen.engine is None:
        raise Problem("no-engine", "an alert does not wait for an engine")
    before = await desk.first_ms(command.command_id)
    if before is not None:
        raise Problem("duplicate", f"taken at {before}", command_id=command.command_id)
    return accepted(await desk.ask(command), response)


async def _who(
    request: Request,
    body: bytes,
    hands: Hands,
    keeper: Doorkeeper,
    *,
    stamp: str | None,
    signature: str | None,
) -> tuple[str, bytes | None]:
    """Who sends it, and the secret that its body must still show. Raises Problem for a credential that is wrong."""
    kept = None if hands.alerts is None else hands.alerts.secret
    if request.headers.get("authorization") or request.cookies:
        grant = await grant_of(request)
        await reaching(request, grant, Scope.TRADE, "a signal")
        keep_pace(request, grant)
        return grant.actor, None
    if kept is None:
        raise await _stranger(request, keeper, "no_secret")
    if signature is None:
        return "webhook", kept
    if stamp is None or not re.match(STAMP, stamp) or not re.match(DIGEST, signature):
        raise await _stranger(request, keeper, "signature")
    wanted = "sha256=" + hmac.new(kept, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted, signature):
        raise await _stranger(request, keeper, "signature")
    if abs(now() - int(stamp)) > SIGNED_AGE_MS_MAX:
        raise await _stranger(request, keeper, "replayed")
    return "webhook", None


async def _command(
    request: Request,
    body: bytes,
    options: WebOptions,
    book: BotBook,
    hands: Hands,
    keeper: Doorkeeper,
    *,
    actor: str,
    secret: bytes | None,
) -> Command:
    terms = hands.alerts or AlertTerms(secret=None, symbols=options.symbols, age_ms_max=options.interval_ms)
    rules = AlertRules(
        secret=secret,
        bots={line.bot.name: line.bot for line in await book.lines()},
        symbols=terms.symbols,
        age_ms_max=terms.age_ms_max,
    )
    try:
        return read_alert(body, rules, WireMs(now()), actor=actor)
    except AlertRefused as refused:
        if refused.status == 401 or (secret is not None and refused.error == "not_json"):
            raise await _stranger(request, keeper, "alert") from refused
        raise Problem("signal", refused.detail, error=refused.error) from refused


async def _stranger(request: Request, keeper: Doorkeeper, why: str) -> Problem:
    """Written down, and made to wait where it guesses."""
    await keeper.refuse(address_of(request), f"signal {why}")
    text = "no token, no signature, or a secret that is wrong"
    return Problem("unauthenticated", text, headers={"WWW-Authenticate": "Bearer"})
