"""`/api/audit`: who changed what, from where and why; each row seals those before it."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import BaseModel

from jackline.store.audit import AuditRow, read_page
from jackline.web.access import Admin
from jackline.web.paging import Cursor, Limit, after, link_next
from jackline.web.parts import TheDoor
from jackline.web.words import moment

router = APIRouter(prefix="/api/audit", tags=["audit"])


class Acted(BaseModel):
    """One act. `outcome`: `done`, `asked`, or `refused: why`."""

    seq: int
    at: str | None
    actor: str
    from_address: str
    what: str
    before: str
    after: str
    reason: str
    outcome: str
    hash: str


class Audit(BaseModel):
    """Newest first."""

    count: int
    rows: list[Acted]
    next_cursor: str | None


@router.get("")
async def audit(
    keeper: TheDoor, response: Response, _: Admin, limit: Limit = 100, cursor: Cursor = None
) -> Audit:
    """A page of the audit. `jackline audit verify` follows the whole chain."""
    before = after(cursor, first=1 << 62)
    found = await keeper.ask(lambda db: read_page(db, before=before, limit=limit + 1))
    page = found[:limit]
    more = page[-1].seq if len(found) > limit else None
    return Audit(
        count=len(page),
        rows=[_acted(row) for row in page],
        next_cursor=link_next(response, "/api/audit", more, limit),
    )


def _acted(row: AuditRow) -> Acted:
    act = row.act
    return Acted(
        seq=row.seq,
        at=moment(act.wire_ms),
        actor=act.actor,
        from_address=act.from_address,
        what=act.what,
        before=act.before,
        after=act.after,
        reason=act.reason,
        outcome=act.outcome,
        hash=row.hash,
    )
