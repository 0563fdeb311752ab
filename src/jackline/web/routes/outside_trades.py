"""`POST /api/trading-safety/record-trade`: results that were made elsewhere, by the word of an operator (K5)."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from jackline.core.values import Quote, Symbol
from jackline.store.account_wishes import OutsideTradeWish
from jackline.store.commands import CommandKind
from jackline.web.access import Admin
from jackline.web.changes import Strict, audited
from jackline.web.once import OnceRoute
from jackline.web.parts import MaybeKey, Now, Options, TheAccount, TheDesk, TheDoor, ThePast
from jackline.web.problems import Problem
from jackline.web.routes.safety import MOST, Amount, SideWord, Status, SymbolName
from jackline.web.routes.safety import status as safety_status

router = APIRouter(prefix="/api/trading-safety", tags=["trading safety"], route_class=OnceRoute)


class OutsideTrade(Strict):
    """A closed trade. `pnl` is quote currency, after fees; below 0 it lost."""

    trade_id: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")]
    pnl: Annotated[Decimal, Field(ge=-MOST, le=MOST, allow_inf_nan=False)]
    symbol: SymbolName
    side: SideWord
    quantity: Amount
    price: Amount


class Recorded(BaseModel):
    """What came of it, and the switch after it."""

    success: bool
    message: str
    status: Status


@router.post("/record-trade", responses={202: {"model": Recorded}})
async def record_trade(
    asked: OutsideTrade,
    grant: Admin,
    request: Request,
    response: Response,
    seen: Now,
    past: ThePast,
    account: TheAccount,
    options: Options,
    desk: TheDesk,
    keeper: TheDoor,
    _: MaybeKey,
) -> Recorded:
    """Count a loss made elsewhere in the losing streak, at once, and once a `trade_id`. The engine records its own
    trades from fills; the day's result comes from the venue's equity and is not changed by this."""
    await audited(
        request,
        keeper,
        grant,
        "record-trade",
        after=f"{asked.trade_id} {asked.symbol} {asked.pnl:f}",
        outcome="asked",
    )
    command = desk.command(
        CommandKind.OUTSIDE_TRADE,
        key=asked.trade_id,
        actor=grant.actor,
        reason=f"{asked.side} {asked.quantity:f} at {asked.price:f}",
        own_id=outside_id(asked.trade_id),
        wish=OutsideTradeWish(
            trade_id=asked.trade_id, symbol=Symbol(asked.symbol), pnl_quote=Quote(asked.pnl)
        ),
    )
    try:
        answered = await desk.ask(command)
    except Problem as problem:
        raise _named(problem, asked.trade_id) from problem
    if answered.answer is None:
        response.status_code = 202
        response.headers["location"] = answered.link
    else:
        seen = await account.next()
    return Recorded(
        success=answered.answer is not None,
        message=answered.answer or "asked for: the engine has not answered yet",
        status=await safety_status(seen, past, account, options, grant),
    )


def _named(problem: Problem, trade_id: str) -> Problem:
    """A trade is known by its own id here, not by a key of the request."""
    if problem.kind.code != "key-reused":
        return problem
    told = f"trade_id: {trade_id} is on record with another result, symbol, side, quantity or price"
    return problem.under("key-reused", told)


def outside_id(trade_id: str) -> str:
    """One trade is one command, whoever tells it and with whatever key."""
    return "outside-" + hashlib.sha256(trade_id.encode()).hexdigest()[:32]
