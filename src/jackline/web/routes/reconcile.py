"""`/api/reconcile`: whether engine, venue and ledger say the same; and acknowledging what somebody was told of."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel

from jackline.store.audit import AuditRow, read_acts
from jackline.store.commands import CommandKind
from jackline.web.access import Reader, Reducer
from jackline.web.account import Account, Seen
from jackline.web.changes import MaybeReason, Strict, audited, audited_after
from jackline.web.differences import diffs
from jackline.web.doorkeeper import Doorkeeper, now
from jackline.web.looking import is_looked, looked_since
from jackline.web.once import OnceRoute
from jackline.web.parts import MaybeKey, Now, TheAccount, TheDesk, TheDoor, ThePast
from jackline.web.problems import Problem
from jackline.web.routes.commands import CommandState, accepted
from jackline.web.words import moment, told

router = APIRouter(prefix="/api", tags=["reconciliation"], route_class=OnceRoute)

ACKNOWLEDGED = "incident.ack"


class Difference(BaseModel):
    """What the engine holds to be so, what the venue showed, and what is done; `open` where they are not the same."""

    subject: str
    engine: str
    venue: str
    action: str
    open: bool


class Reconciliation(BaseModel):
    """`wallet_quote` by the venue, `explained_quote` by the ledger. `frozen` and `denied`: why nothing may enter.
    `rows`: each position and each of its orders, what is open first."""

    source: str
    looked_at: str | None
    age_ms: int | None
    open_positions: int
    unprotected: list[str]
    foreign_orders: int
    frozen: list[str]
    denied: str
    wallet_quote: str | None
    explained_quote: str | None
    agrees: bool
    rows: list[Difference]


class Acknowledging(Strict):
    """What is done about it."""

    note: MaybeReason = ""


class Acknowledged(BaseModel):
    """Who has seen it first. It stays on record as it was told."""

    id: int
    by: str
    at: str | None
    note: str


class Acknowledgements(BaseModel):
    """Newest first."""

    count: int
    acknowledged: list[Acknowledged]


class Reconciled(CommandState):
    """The command, and what the look that it asked for has found; `result` None where that is still under way."""

    result: Reconciliation | None


@router.get("/reconcile")
async def reconcile(seen: Now, account: TheAccount, _: Reader) -> Reconciliation:
    """The newest look at the account beside what is on record."""
    return await _found(seen, account)


@router.post("/reconcile/run", responses={202: {"model": Reconciled}})
async def run(
    grant: Reducer,
    request: Request,
    response: Response,
    account: TheAccount,
    desk: TheDesk,
    keeper: TheDoor,
    key: MaybeKey,
) -> Reconciled:
    """Let the engine look at the account now: positions, orders, and what moved its money; and say what it found."""
    asked_ms = now()
    command = desk.command(CommandKind.RECONCILE, key=key, actor=grant.actor, reason="over the API")
    asked = await desk.ask(command)
    await audited_after(request, keeper, grant, "reconcile.run")
    told_so_far = accepted(asked, response)
    seen = account.seen if asked.answer is None else await looked_since(account, asked_ms)
    result = await _found(seen, account) if is_looked(seen, asked_ms) else None
    return Reconciled(**told_so_far.model_dump(), result=result)


async def _found(seen: Seen, account: Account) -> Reconciliation:
    shown = seen.account
    whole = (await account.stated()).statement.whole
    held = [one for one in seen.positions if one.quantity > 0]
    naked = [f"{one.symbol}:{one.side}" for one in held if not one.is_protected]
    frozen = [] if shown is None else list(shown.frozen)
    return Reconciliation(
        source=seen.source.value,
        looked_at=None if shown is None else moment(shown.looked_ms),
        age_ms=seen.age_ms,
        open_positions=len(held),
        unprotected=naked,
        foreign_orders=0 if shown is None else shown.foreign_orders,
        frozen=frozen,
        denied="" if shown is None else shown.denied,
        wallet_quote=None if shown is None else told(shown.wallet_quote),
        explained_quote=told(whole.wallet_quote),
        agrees=seen.is_live and not naked and not frozen,
        rows=sorted(_rows(seen), key=lambda row: not row.open),
    )


def _rows(seen: Seen) -> list[Difference]:
    return [
        Difference(
            subject=row.subject, engine=row.engine, venue=row.venue, action=row.action, open=row.is_open
        )
        for one in seen.positions
        for row in diffs(one)
    ]


@router.get("/acknowledgements")
async def acknowledgements(keeper: TheDoor, _: Reader) -> Acknowledgements:
    """Which incidents somebody has seen."""
    rows = [_of(row.act.after, row.act.actor, row.act.wire_ms, row.act.reason) for row in await _acts(keeper)]
    return Acknowledgements(count=len(rows), acknowledged=rows)


@router.post("/incidents/{incident_id}/ack")
async def acknowledge(
    incident_id: Annotated[int, Path(ge=0, le=1 << 60)],
    grant: Reducer,
    request: Request,
    past: ThePast,
    keeper: TheDoor,
    _: MaybeKey,
    asked: Acknowledging | None = None,
) -> Acknowledged:
    """Say that it was seen. The first word stays; the incident is on record as it was."""
    if not any(one.seq == incident_id and one.level != "info" for one in past.alerts):
        raise Problem("not-found", f"no incident has the number {incident_id}")
    for row in await _acts(keeper):
        if row.act.after == str(incident_id):
            return _of(row.act.after, row.act.actor, row.act.wire_ms, row.act.reason)
    note = (asked or Acknowledging()).note
    await audited(request, keeper, grant, ACKNOWLEDGED, reason=note, after=str(incident_id))
    (row, *_rest) = await _acts(keeper)
    return _of(row.act.after, row.act.actor, row.act.wire_ms, row.act.reason)


async def _acts(keeper: Doorkeeper) -> tuple[AuditRow, ...]:
    return await keeper.ask(lambda db: read_acts(db, ACKNOWLEDGED, limit=1_000))


def _of(number: str, actor: str, wire_ms: int, note: str) -> Acknowledged:
    return Acknowledged(id=int(number), by=actor, at=moment(wire_ms), note=note)
