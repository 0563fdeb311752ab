"""`/api/kill-switch`, `/api/halt`, `/api/flatten`: stop everything, and begin again with a reason (K3, K4)."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from jackline.core.state import KillLevel
from jackline.store.commands import CommandKind
from jackline.web.access import Admin, Reader, Reducer
from jackline.web.account import Account, Seen
from jackline.web.changes import Confirm, MaybeReason, OneTimeCode, Reason, Strict, audited, audited_after
from jackline.web.doorkeeper import Doorkeeper, Grant, now
from jackline.web.looking import shown_since
from jackline.web.once import OnceRoute
from jackline.web.parts import (
    MaybeKey,
    Now,
    Options,
    TheAccount,
    TheDesk,
    TheDoor,
    ThePast,
)
from jackline.web.problems import Problem
from jackline.web.routes.commands import CommandState, accepted
from jackline.web.routes.safety import Status
from jackline.web.routes.safety import status as safety_status
from jackline.web.step_up import step_up
from jackline.web.words import moment

router = APIRouter(prefix="/api", tags=["kill switch"], route_class=OnceRoute)

LevelName = Literal["normal", "no_new_risk", "flatten", "locked"]
ENTERING = frozenset({"intended", "arming", "entering"})
"""Phases in which nothing is held yet."""


class LevelPreview(BaseModel):
    """What a level would do to what is there now. Stops stay until their position is flat (K3)."""

    level: str
    cancels_entries: int
    keeps_stops: int
    closes_positions: int
    text: str


class KillSwitch(BaseModel):
    """Where it stands, since when and why, and what each level would do."""

    level: str
    since: str | None
    actor: str | None
    reason: str | None
    levels: list[LevelPreview]


class Switching(Strict):
    """A level, and why. Only `normal` is lower than another: it is a reset, which needs `admin`."""

    level: LevelName
    reason: Reason
    confirm: Confirm = ""


class Halting(Strict):
    """Why."""

    reason: MaybeReason = "over the API"


class Resetting(Strict):
    """Why risk may be taken again."""

    reason: Reason
    confirm: Confirm = ""


@router.get("/kill-switch")
async def kill_switch(seen: Now, past: ThePast, _: Reader) -> KillSwitch:
    """The level, and a preview of each."""
    account = seen.account
    level = "unknown" if account is None else account.kill_level
    last = past.switched if level != KillLevel.NORMAL else past.reset
    return KillSwitch(
        level=level,
        since=None if last is None else moment(last.wire_ms),
        actor=None if last is None else last.actor,
        reason=None if last is None else last.reason,
        levels=[preview(one, seen) for one in KillLevel],
    )


@router.put("/kill-switch", responses={202: {"model": CommandState}})
async def set_kill_switch(
    asked: Switching,
    grant: Reducer,
    request: Request,
    response: Response,
    seen: Now,
    account: TheAccount,
    desk: TheDesk,
    keeper: TheDoor,
    key: MaybeKey,
    code: OneTimeCode = None,
) -> CommandState:
    """Raise it with scope `reduce`; `normal` resets it: scope `admin`, with everything protected."""
    level = KillLevel(asked.level)
    before = KillLevel.NORMAL if seen.account is None else KillLevel(seen.account.kill_level)
    if level is KillLevel.NORMAL:
        await step_up(request, grant, confirm=asked.confirm, code=code)
        _check_protected(seen)
        command = desk.command(CommandKind.RESET, key=key, actor=grant.actor, reason=asked.reason)
    elif level.rank < before.rank:
        raise Problem("bad-request", f"level: {before} falls to normal only, by a reset; nothing was changed")
    else:
        halting = Halting(reason=asked.reason)
        return await _raised(level, halting, grant, request, response, account, desk, keeper, key)
    await audited(
        request,
        keeper,
        grant,
        "kill-switch",
        reason=asked.reason,
        before=before,
        after=level,
        outcome="asked",
    )
    asked_for = await desk.ask(command)
    if asked_for.by == "engine":
        await shown_since(account, now())
    return accepted(asked_for, response)


@router.post("/halt", responses={202: {"model": CommandState}})
async def halt(
    grant: Reducer,
    request: Request,
    response: Response,
    account: TheAccount,
    desk: TheDesk,
    keeper: TheDoor,
    key: MaybeKey,
    asked: Halting | None = None,
) -> CommandState:
    """No new risk. What is open keeps its stops and its exits."""
    return await _raised(KillLevel.NO_NEW_RISK, asked, grant, request, response, account, desk, keeper, key)


@router.post("/flatten", responses={202: {"model": CommandState}})
async def flatten(
    grant: Reducer,
    request: Request,
    response: Response,
    account: TheAccount,
    desk: TheDesk,
    keeper: TheDoor,
    key: MaybeKey,
    asked: Halting | None = None,
) -> CommandState:
    """Close everything and let nothing in. Works without an engine: the watchdog hears it."""
    return await _raised(KillLevel.FLATTEN, asked, grant, request, response, account, desk, keeper, key)


@router.post("/trading-safety/reset-kill-switch", tags=["trading safety"])
async def reset_kill_switch(
    grant: Admin,
    request: Request,
    response: Response,
    seen: Now,
    past: ThePast,
    account: TheAccount,
    options: Options,
    desk: TheDesk,
    keeper: TheDoor,
    key: MaybeKey,
    asked: Resetting | None = None,
    admin_override: Annotated[
        bool, Query(description="Of older clients. It authorises nothing: scope and reason do.")
    ] = False,
    code: OneTimeCode = None,
) -> Status:
    """Reset the switch: scope `admin`, a written reason, and everything protected. Nobody is let in by the query."""
    if asked is None:
        if admin_override:
            raise Problem("forbidden", "admin_override is no authorisation: send a body with a reason")
        raise Problem("bad-request", 'body: a reason is needed, e.g. {"reason": "…"}')
    await step_up(request, grant, confirm=asked.confirm, code=code)
    _check_protected(seen)
    before = "unknown" if seen.account is None else seen.account.kill_level
    command = desk.command(CommandKind.RESET, key=key, actor=grant.actor, reason=asked.reason)
    await audited(
        request,
        keeper,
        grant,
        "kill-switch",
        reason=asked.reason,
        before=before,
        after="normal",
        outcome="asked",
    )
    answered = await desk.ask(command)
    if answered.answer is None:
        response.status_code = 202
        response.headers["location"] = answered.link
    shown = await shown_since(account, now())
    return await safety_status(shown, past, account, options, grant)


def preview(level: KillLevel, seen: Seen) -> LevelPreview:
    """What a level would do to what is there now."""
    entries = sum(one.phase in ENTERING for one in seen.positions)
    held = [one for one in seen.positions if one.quantity > 0]
    stops = sum(len(one.stops) for one in held)
    closes = len(held) if level.closes else 0
    cancels = 0 if level is KillLevel.NORMAL else entries
    return LevelPreview(
        level=level.value,
        cancels_entries=cancels,
        keeps_stops=stops,
        closes_positions=closes,
        text=f"cancels {cancels} entries, keeps {stops} stops, closes {closes} positions",
    )


async def _raised(
    level: KillLevel,
    asked: Halting | None,
    grant: Grant,
    request: Request,
    response: Response,
    account: Account,
    desk: TheDesk,
    keeper: Doorkeeper,
    key: str,
) -> CommandState:
    reason = (asked or Halting()).reason
    command = desk.command(CommandKind.KILL, key=key, actor=grant.actor, reason=reason, level=level)
    asked_for = await desk.ask(command)
    await audited_after(request, keeper, grant, "kill-switch", reason=reason, after=level)
    if asked_for.by == "engine":
        await shown_since(account, now())
    return accepted(asked_for, response)


def _check_protected(seen: Seen) -> None:
    """Raises Problem where somebody would begin to risk more with a position that no stop covers."""
    if not seen.is_live:
        raise Problem(
            "unprotected", "no engine shows the account: nobody can say that everything is protected"
        )
    naked = [
        f"{one.symbol} {one.side}" for one in seen.positions if one.quantity > 0 and not one.is_protected
    ]
    if naked:
        raise Problem("unprotected", ", ".join(naked))
