"""`/api/positions`: what is open, what protects it, and closing it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field

from jackline.core.picture import PositionPicture, StopPicture
from jackline.core.values import Side, Symbol
from jackline.store.commands import CommandKind
from jackline.web.access import Reader, Reducer
from jackline.web.account import Seen, Source
from jackline.web.changes import audited_after
from jackline.web.measures import liquidation_ratio, naked_ms, stop_distance
from jackline.web.once import OnceRoute
from jackline.web.parts import IdempotencyKey, Now, TheDesk, TheDoor
from jackline.web.problems import Problem
from jackline.web.routes.commands import CommandState, accepted
from jackline.web.words import moment, number, told

router = APIRouter(prefix="/api", tags=["positions"], route_class=OnceRoute)


class RestingStop(BaseModel):
    """An order of ours at the venue. `confirmed_at`: when the newest look that shows it was asked."""

    client_id: str
    role: str
    state: str
    trigger_price: str
    quantity: str | None
    venue_id: int | None
    confirmed_at: str | None


class Position(BaseModel):
    """One open position. Prices, quantities and money are texts; ratios are numbers.

    `coverage`: covered quantity over quantity. `stop_distance`: from mark to the confirmed stop, of mark.
    `liquidation_ratio`: distance to the stop over distance to liquidation; beyond 1 the stop is no protection.
    `naked_ms`: since the running exposure clock started; 0 when it stands.
    """

    id: str
    symbol: str
    side: str
    bot: str
    adopted: bool
    phase: str
    quantity: str
    entry_price: str | None
    mark: str | None
    notional_quote: str | None
    unrealised_quote: str | None
    liquidation_price: str | None
    intended_stop: str | None
    sent_stop: str | None
    confirmed_stop: str | None
    target: str | None
    protected: bool
    coverage: float
    stop_distance: float | None
    liquidation_ratio: float | None
    loss_at_stop_quote: str
    naked_ms: int
    confirm_ms: int | None
    exit_reason: str
    stops: list[RestingStop]


class Positions(BaseModel):
    """All of them, who says so, and how old that word is."""

    source: Source
    said_at: str | None
    age_ms: int | None
    count: int
    positions: list[Position]


class Closing(BaseModel):
    """Why a position is closed; it is journalled."""

    reason: str = Field(default="closed over the API", min_length=1, max_length=200)


PositionId = Annotated[
    str, Path(max_length=80, pattern=r"^[A-Za-z0-9_-]+:(long|short)$", description="`SYMBOL:side`")
]


@router.get("/positions")
async def positions(seen: Now, _: Reader) -> Positions:
    """What is open, by the engine's word; by the venue's through the watchdog while the engine is silent."""
    return Positions(
        source=seen.source,
        said_at=moment(seen.said_ms),
        age_ms=seen.age_ms,
        count=len(seen.positions),
        positions=[shown(one, seen) for one in seen.positions],
    )


@router.post("/positions/{position_id}/close", responses={202: {"model": CommandState}})
async def close_position(
    position_id: PositionId,
    grant: Reducer,
    request: Request,
    desk: TheDesk,
    keeper: TheDoor,
    seen: Now,
    key: IdempotencyKey,
    response: Response,
    closing: Closing | None = None,
) -> CommandState:
    """Close one position by the engine's closing path; its stop stays until it is flat."""
    symbol, _, side = position_id.partition(":")
    if not any((one.symbol, one.side) == (symbol, side) for one in seen.positions):
        raise Problem("not-found", f"no open position {position_id}")
    command = desk.command(
        CommandKind.CLOSE,
        key=key,
        actor=grant.actor,
        reason=(closing or Closing()).reason,
        symbol=Symbol(symbol),
        side=Side(side),
    )
    asked = await desk.ask(command)
    await audited_after(request, keeper, grant, "close", reason=command.reason, after=position_id)
    return accepted(asked, response)


@router.post("/close-all", responses={202: {"model": CommandState}})
async def close_all(
    grant: Reducer,
    request: Request,
    desk: TheDesk,
    keeper: TheDoor,
    key: IdempotencyKey,
    response: Response,
    closing: Closing | None = None,
) -> CommandState:
    """Close every position of the account; every stop stays until its position is flat."""
    command = desk.command(
        CommandKind.CLOSE_ALL, key=key, actor=grant.actor, reason=(closing or Closing()).reason
    )
    asked = await desk.ask(command)
    await audited_after(request, keeper, grant, "close-all", reason=command.reason)
    return accepted(asked, response)


def shown(one: PositionPicture, seen: Seen) -> Position:
    """A position as it is answered."""
    return Position(
        id=f"{one.symbol}:{one.side}",
        symbol=one.symbol,
        side=one.side,
        bot=one.bot,
        adopted=one.adopted,
        phase=one.phase,
        quantity=f"{one.quantity:f}",
        entry_price=told(one.entry_price),
        mark=told(one.mark),
        notional_quote=told(one.notional_quote),
        unrealised_quote=told(one.unrealised_quote),
        liquidation_price=told(one.liquidation_price),
        intended_stop=told(one.intended_price),
        sent_stop=told(one.sent_price),
        confirmed_stop=told(one.confirmed_price),
        target=told(one.target_price),
        protected=one.is_protected,
        coverage=float(one.covered_quantity / one.quantity) if one.quantity else 1.0,
        stop_distance=number(stop_distance(one)),
        liquidation_ratio=number(liquidation_ratio(one)),
        loss_at_stop_quote=f"{one.heat_quote:f}",
        naked_ms=naked_ms(one, seen),
        confirm_ms=one.confirm_ms,
        exit_reason=one.exit_reason,
        stops=[_stop(stop) for stop in one.stops],
    )


def _stop(stop: StopPicture) -> RestingStop:
    return RestingStop(
        client_id=stop.client_id,
        role=stop.role,
        state=stop.state,
        trigger_price=f"{stop.trigger_price:f}",
        quantity=told(stop.quantity),
        venue_id=stop.venue_id,
        confirmed_at=moment(stop.confirmed_ms),
    )
