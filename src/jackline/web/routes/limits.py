"""`/api/trading-safety/configuration`: the limits in force, tightened at once and loosened with care (K5)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from pydantic import Field

from jackline.core.risk_limits import RiskLimits, limits_of, loosened
from jackline.core.values import Fraction, Quote
from jackline.store.account_wishes import LimitsWish
from jackline.store.commands import CommandKind
from jackline.store.encode import encode
from jackline.web.access import Reader, Reducer
from jackline.web.changes import Confirm, MaybeReason, OneTimeCode, Strict, audited
from jackline.web.doorkeeper import now
from jackline.web.looking import shown_since
from jackline.web.once import OnceRoute
from jackline.web.parts import MaybeKey, Now, Options, TheAccount, TheDesk, TheDoor
from jackline.web.problems import Problem
from jackline.web.routes.safety import Configuration, configuration, limits_now
from jackline.web.step_up import step_up

router = APIRouter(prefix="/api/trading-safety", tags=["trading safety"], route_class=OnceRoute)

Share = Annotated[Decimal, Field(gt=0, le=1, allow_inf_nan=False)]
FIELDS = {
    "max_position_size_pct": "size_cap_fraction",
    "daily_loss_limit_pct": "daily_loss_max_fraction",
    "max_consecutive_losses": "losing_streak_max",
    "min_account_balance": "equity_min_quote",
    "max_slippage_pct": "slippage_adverse_max_fraction",
    "max_portfolio_heat": "heat_loss_max_fraction",
}
"""The source documents' names, and ours. What ends in `_pct` is a fraction of one."""


class ConfigurationChange(Strict):
    """Any subset; a limit that is not named stays. `reason` and `confirm` are for loosening."""

    max_position_size_pct: Share | None = None
    daily_loss_limit_pct: Share | None = None
    max_consecutive_losses: Annotated[int, Field(ge=1, le=1_000)] | None = None
    min_account_balance: Annotated[Decimal, Field(ge=0, le=Decimal("1e15"), allow_inf_nan=False)] | None = (
        None
    )
    max_slippage_pct: Share | None = None
    max_portfolio_heat: Share | None = None
    reason: MaybeReason = ""
    confirm: Confirm = ""


@router.get("/configuration")
async def get_configuration(seen: Now, options: Options, _: Reader, response: Response) -> Configuration:
    """The limits in force; their `ETag` goes into the `If-Match` of a change."""
    limits = limits_now(seen, options)
    response.headers["etag"] = etag(limits)
    return configuration(limits)


@router.patch("/configuration", responses={202: {"model": Configuration}})
async def change_configuration(
    asked: ConfigurationChange,
    grant: Reducer,
    request: Request,
    response: Response,
    seen: Now,
    options: Options,
    account: TheAccount,
    desk: TheDesk,
    keeper: TheDoor,
    key: MaybeKey,
    if_match: Annotated[str | None, Header(max_length=200, description="`ETag` of what was read.")] = None,
    code: OneTimeCode = None,
) -> Configuration:
    """Tightening needs scope `reduce` and holds at once. Loosening needs `admin` and a reason, never passes the
    configuration file, and is refused while the kill switch is tripped."""
    before = limits_now(seen, options)
    if if_match is None:
        raise Problem("precondition-missing", "If-Match: missing")
    if if_match.strip() not in {"*", etag(before)}:
        raise Problem("changed-meanwhile", "the limits are not those that were read", etag=etag(before))
    after = wanted(asked, before)
    looser = loosened(before, after)
    if looser:
        _check_file(after, limits_of(options.risk))
        if not asked.reason.strip():
            raise Problem("confirm", f"reason: {', '.join(looser)}: loosening needs a written one")
        await step_up(request, grant, confirm=asked.confirm, code=code)
    command = desk.command(
        CommandKind.LIMITS,
        key=key,
        actor=grant.actor,
        reason=asked.reason,
        wish=LimitsWish(before=before, after=after),
    )
    told = {"reason": asked.reason, "before": _told(before), "after": _told(after)}
    await audited(request, keeper, grant, "limits.change", **told, outcome="asked")
    try:
        answered = await desk.ask(command)
    except Problem as problem:
        await audited(request, keeper, grant, "limits.change", **told, outcome=f"refused: {problem.detail}")
        raise _named(problem) from problem
    if answered.answer is None:
        response.status_code = 202
        response.headers["location"] = answered.link
        return configuration(before)
    await audited(request, keeper, grant, "limits.change", **told)
    await shown_since(account, now())
    response.headers["etag"] = etag(after)
    return configuration(after)


def wanted(asked: ConfigurationChange, before: RiskLimits) -> RiskLimits:
    """The limits with what was asked for in the place of their own."""
    after = before
    if asked.max_position_size_pct is not None:
        after = replace(after, size_cap_fraction=Fraction(asked.max_position_size_pct))
    if asked.daily_loss_limit_pct is not None:
        after = replace(after, daily_loss_max_fraction=Fraction(asked.daily_loss_limit_pct))
    if asked.max_consecutive_losses is not None:
        after = replace(after, losing_streak_max=asked.max_consecutive_losses)
    if asked.min_account_balance is not None:
        after = replace(after, equity_min_quote=Quote(asked.min_account_balance))
    if asked.max_slippage_pct is not None:
        after = replace(after, slippage_adverse_max_fraction=Fraction(asked.max_slippage_pct))
    if asked.max_portfolio_heat is not None:
        after = replace(after, heat_loss_max_fraction=Fraction(asked.max_portfolio_heat))
    return after


def etag(limits: RiskLimits) -> str:
    """Of the limits alone: the same limits have the same one."""
    return f'"{hashlib.sha256(encode(limits).encode()).hexdigest()[:32]}"'


def _check_file(after: RiskLimits, file: RiskLimits) -> None:
    beyond = loosened(file, after)
    if beyond:
        raise Problem("looser-than-file", f"{', '.join(beyond)}: change the file")


def _named(problem: Problem) -> Problem:
    """A refusal of the engine under the code that it has here."""
    codes = {"stale": "changed-meanwhile", "file": "looser-than-file", "tripped": "tripped"}
    word, _, text = problem.detail.partition(": ")
    return problem.under(codes[word], text) if word in codes else problem


def _told(limits: RiskLimits) -> str:
    return " ".join(f"{name}={getattr(limits, ours)}" for name, ours in FIELDS.items())
