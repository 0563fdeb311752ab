"""`/api/sl-tp`: stops and targets placed at the venue, active only once they were read back from it."""

from __future__ import annotations

from collections.abc import Awaitable
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel

from jackline.core.asked_order import AskedKind, AskedTerms, Word
from jackline.core.sides import side_of
from jackline.core.values import Fraction, Price, Quantity, Side, Symbol, WireMs
from jackline.store.asked import Said, find_asked, live_asked, read_answer
from jackline.store.commands import CommandKind
from jackline.store.order_wishes import DropWish
from jackline.web.access import Reader, Trader
from jackline.web.account import Account, Seen
from jackline.web.asking import Asked, Asking, command_id
from jackline.web.changes import audited_after
from jackline.web.doorkeeper import Grant, now
from jackline.web.exit_orders import (
    PREFIXES,
    ActiveOrders,
    CheckTriggers,
    Exit,
    ExitAnswer,
    StopLoss,
    TakeProfit,
    TrailingStop,
    Triggered,
    of_row,
    of_terms,
    own_stops,
    trigger,
)
from jackline.web.monitor import would_fire
from jackline.web.once import OnceRoute
from jackline.web.parts import IdempotencyKey, MaybeKey, Now, TheAccount, TheDesk, TheDoor
from jackline.web.problems import Problem
from jackline.web.words import moment

router = APIRouter(prefix="/api/sl-tp", tags=["stops and targets"], route_class=OnceRoute)

CODES = {
    Word.NO_POSITION: "no-position",
    Word.UNKNOWN_ORDER: "not-found",
    Word.LAST_PROTECTION: "last-protection",
    Word.BAD_PRICE: "bad-request",
    Word.BAD_FRACTION: "bad-request",
    Word.BAD_QUANTITY: "bad-request",
}
"""Refusals of the engine that have a code of their own here; every other one is `refused` with its `word`."""
OrderId = Annotated[str, Path(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9_.:-]+$")]


class Dropped(BaseModel):
    """What became of it."""

    success: bool
    order_id: str
    status: Literal["cancelled", "closing", "triggered", "pending"]
    message: str
    link: str | None = None


@router.post("/stop-loss", responses={202: {"model": ExitAnswer}})
async def stop_loss(
    asked: StopLoss,
    grant: Trader,
    request: Request,
    response: Response,
    seen: Now,
    account: TheAccount,
    desk: TheDesk,
    keeper: TheDoor,
    key: IdempotencyKey,
) -> ExitAnswer:
    """A stop at the venue, beside the engine's own: `active` only after it was read back."""
    terms = await _terms(AskedKind.STOP, asked, asked.stop_loss_pct, grant, key, seen, desk)
    answer = await _placed(terms, asked, grant, response, account, desk, key)
    await audited_after(request, keeper, grant, "sl-tp.create", after=terms.order_id)
    return answer


@router.post("/take-profit", responses={202: {"model": ExitAnswer}})
async def take_profit(
    asked: TakeProfit,
    grant: Trader,
    request: Request,
    response: Response,
    seen: Now,
    account: TheAccount,
    desk: TheDesk,
    keeper: TheDoor,
    key: IdempotencyKey,
) -> ExitAnswer:
    """A reduce-only target at the venue."""
    terms = await _terms(AskedKind.TARGET, asked, asked.take_profit_pct, grant, key, seen, desk)
    answer = await _placed(terms, asked, grant, response, account, desk, key)
    await audited_after(request, keeper, grant, "sl-tp.create", after=terms.order_id)
    return answer


@router.post("/trailing-stop", responses={202: {"model": ExitAnswer}})
async def trailing_stop(
    asked: TrailingStop,
    grant: Trader,
    request: Request,
    response: Response,
    seen: Now,
    account: TheAccount,
    desk: TheDesk,
    keeper: TheDoor,
    key: IdempotencyKey,
) -> ExitAnswer:
    """A fixed stop from the first moment, moved towards the market only, each move read back first."""
    terms = await _terms(AskedKind.TRAILING, asked, asked.trailing_pct, grant, key, seen, desk)
    answer = await _placed(terms, asked, grant, response, account, desk, key)
    await audited_after(request, keeper, grant, "sl-tp.create", after=terms.order_id)
    return answer


@router.post("/check-triggers")
async def check_triggers(asked: CheckTriggers, account: TheAccount, seen: Now, _: Reader) -> Triggered:
    """Which active orders would fire at these prices. A dry evaluation: it executes and changes nothing."""
    fired = [
        of_row(row)
        for row in await account.ask(live_asked)
        if (price := asked.current_prices.get(row.terms.symbol)) is not None
        and would_fire(row, price)
        and _held(seen, row.terms.symbol, row.terms.side) is not None
    ]
    return Triggered(triggered_count=len(fired), triggered_orders=fired)


@router.get("/active")
async def active(
    account: TheAccount,
    seen: Now,
    _: Reader,
    user_id: Annotated[str | None, Query(max_length=64, description="Only those of this caller.")] = None,
) -> ActiveOrders:
    """Orders that rest or are on their way, with venue ids and when each was read back."""
    rows = [
        row
        for row in await account.ask(live_asked)
        if not row.status.is_over and user_id in {None, row.terms.user_id}
    ]
    orders = [of_row(row, whole=_held(seen, row.terms.symbol, row.terms.side)) for row in rows]
    return ActiveOrders(count=len(orders), orders=orders, protection=own_stops(seen.positions))


@router.delete("/{order_id}", responses={202: {"model": Dropped}})
async def drop(
    order_id: OrderId,
    grant: Trader,
    request: Request,
    response: Response,
    seen: Now,
    desk: TheDesk,
    keeper: TheDoor,
    key: MaybeKey,
    replace_with: Annotated[
        str | None,
        Query(max_length=80, description="An active order of the whole position that covers instead."),
    ] = None,
    close: Annotated[bool, Query(description="Close the position, and the order goes with it.")] = False,
) -> Dropped:
    """Take an order away at the venue, by the id that was answered. The last protection of a position stays."""
    command = desk.command(
        CommandKind.ORDER_DROPPED,
        key=key,
        actor=grant.actor,
        reason="sl-tp over the API",
        wish=DropWish(order_id=order_id, replace_with=replace_with or None, close=close),
    )
    owner = next(
        (one for one in seen.positions for stop in own_stops((one,)) if stop.client_id == order_id), None
    )
    if owner is not None:
        if not close:
            raise Problem(
                "last-protection", f"{order_id} is the engine's own stop of {owner.symbol} {owner.side}"
            )
        command = desk.command(
            CommandKind.CLOSE,
            key=key,
            actor=grant.actor,
            reason="sl-tp over the API",
            symbol=Symbol(owner.symbol),
            side=Side(owner.side),
        )
    asked = await _asked(desk.ask(command))
    await audited_after(request, keeper, grant, "sl-tp.delete", after=order_id)
    if asked.answer is None:
        response.status_code = 202
        response.headers["location"] = asked.link
        return Dropped(
            success=False, order_id=order_id, status="pending", message="asked for", link=asked.link
        )
    if asked.answer == Said.CLOSING:
        return Dropped(success=True, order_id=order_id, status="closing", message=asked.answer)
    said = read_answer(asked.answer)
    status: Literal["cancelled", "closing", "triggered"] = "cancelled"
    if said.said is Said.CLOSING:
        status = "closing"
    elif said.said is Said.TRIGGERED:
        status = "triggered"
    return Dropped(success=True, order_id=order_id, status=status, message=said.text)


async def _terms(
    kind: AskedKind, asked: Exit, fraction: Decimal, grant: Grant, key: str, seen: Seen, desk: Asking
) -> AskedTerms:
    """What is asked of the engine. Raises Problem where nothing is open there.

    The time of the first request is told again by a repeated one: it is the same command.
    """
    side, symbol = side_of(asked.side), Symbol(asked.symbol)
    held = _held(seen, symbol, side)
    if held is None and seen.is_live:
        raise Problem("no-position", f"no open position {symbol} {side}")
    trails = kind is AskedKind.TRAILING
    level = None if trails else trigger(kind, side, entry=asked.entry_price, fraction=fraction)
    return AskedTerms(
        order_id=f"{PREFIXES[kind]}_{asked.position_id}",
        kind=kind,
        symbol=symbol,
        side=side,
        # Of the whole position, whatever it grows to: it is never larger than what is open.
        quantity=None if held is not None and asked.quantity >= held else Quantity(asked.quantity),
        trigger_price=level,
        trailing_fraction=Fraction(fraction) if trails else None,
        position_id=asked.position_id,
        entry_price=Price(asked.entry_price),
        fraction=Fraction(fraction),
        user_id=asked.user_id,
        bot_id=asked.bot_id or "",
        created_ms=await desk.first_ms(command_id(grant.actor, key)) or WireMs(now()),
    )


async def _placed(
    terms: AskedTerms,
    asked: Exit,
    grant: Grant,
    response: Response,
    account: Account,
    desk: Asking,
    key: str,
) -> ExitAnswer:
    """Ask the engine, and answer what the venue showed."""
    command = desk.command(
        CommandKind.ORDER_ASKED,
        key=key,
        actor=grant.actor,
        reason="sl-tp over the API",
        symbol=None,
        wish=terms,
    )
    answered = await _asked(desk.ask(command))
    if answered.answer is None:
        response.status_code = 202
        response.headers["location"] = answered.link
        order = of_terms(terms, asked.quantity)
        text = "on its way to the venue; it is active once it was read back"
        return ExitAnswer(success=False, order=order, message=text, link=answered.link)
    said = read_answer(answered.answer)
    row = await account.ask(lambda store: find_asked(store, terms.order_id))
    order = of_terms(terms, asked.quantity) if row is None else of_row(row, whole=asked.quantity)
    order = order.model_copy(
        update={
            "status": "active" if said.said is Said.ACTIVE else said.said.value,
            "trigger_price": float(said.trigger_price) if said.trigger_price else order.trigger_price,
            "trigger_price_str": f"{said.trigger_price:f}" if said.trigger_price else order.trigger_price_str,
            "client_id": said.client_id or order.client_id,
            "venue_id": said.venue_id or order.venue_id,
            "read_back_at": moment(said.read_back_ms) or order.read_back_at,
        }
    )
    text = "rests at the venue, read back" if said.said is Said.ACTIVE else said.text
    return ExitAnswer(success=said.said is Said.ACTIVE, order=order, message=text)


async def _asked(asking: Awaitable[Asked]) -> Asked:
    """The answer; a refusal under the code that it has here."""
    try:
        return await asking
    except Problem as problem:
        if problem.kind.code != "refused":
            raise
        word, _, text = problem.detail.partition(": ")
        code = CODES.get(Word(word)) if word in set(Word) else None
        raise problem.under(code or "refused", text or word, word=word) from problem


def _held(seen: Seen, symbol: str, side: Side) -> Decimal | None:
    """What is open there; None where nothing is."""
    for one in seen.positions:
        if (one.symbol, one.side) == (symbol, side) and one.quantity > 0:
            return one.quantity
    return None
