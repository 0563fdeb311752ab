"""What every change over the API carries besides its figures: why, and for a page what was typed."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import Header, Request
from pydantic import BaseModel, ConfigDict, Field

from jackline.web.access import address_of
from jackline.web.doorkeeper import Doorkeeper, Grant
from jackline.web.problems import Problem

log = structlog.get_logger("web")

Reason = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S", description="It is journalled.")]
MaybeReason = Annotated[str, Field(max_length=200, description="It is journalled.")]
Confirm = Annotated[
    str, Field(max_length=64, description="The account's name, typed on a page that raises risk.")
]
OneTimeCode = Annotated[
    str | None,
    Header(alias="X-One-Time-Code", pattern=r"^[0-9]{6}$", description="Of a token with a second factor."),
]


class Strict(BaseModel):
    """Fields that nobody reads are refused: they were meant for something."""

    model_config = ConfigDict(extra="forbid")


class Reasoned(Strict):
    """Why it is done."""

    reason: Reason


async def audited_after(
    request: Request, keeper: Doorkeeper, grant: Grant, what: str, *, reason: str = "", after: str = ""
) -> None:
    """Write down what only reduces, when it has been asked for: an audit that cannot be written holds up no close (K2).

    The journal has it all the same.
    """
    try:
        await audited(request, keeper, grant, what, reason=reason, after=after, outcome="asked")
    except Problem as problem:
        log.warning("audit_failed", code="K2", what=what, detail=problem.detail)


async def audited(
    request: Request,
    keeper: Doorkeeper,
    grant: Grant,
    what: str,
    *,
    reason: str = "",
    before: str = "",
    after: str = "",
    outcome: str = "done",
) -> None:
    """Write down who changed what, from where and why."""
    await keeper.note(
        grant,
        what,
        address=address_of(request),
        reason=reason,
        before=before,
        after=after,
        outcome=outcome,
    )
