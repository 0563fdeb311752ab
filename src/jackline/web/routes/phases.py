"""`/api/phases`: what the account may risk, the evidence for more, and promoting it with a second factor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from jackline.core.phases import Needs, Stage, Standing, changed_keys
from jackline.core.promotion import judge, promotion_denial
from jackline.store.commands import CommandKind
from jackline.store.evidence import collect, read_standing
from jackline.store.reader import StoreReader
from jackline.store.signature import Promotion
from jackline.web.access import Admin, Reader
from jackline.web.account import Account
from jackline.web.asking import Asked, Asking, command_id
from jackline.web.changes import Confirm, OneTimeCode, Reason, Strict, audited
from jackline.web.doorkeeper import Grant
from jackline.web.hands import Hands
from jackline.web.once import OnceRoute
from jackline.web.parts import MaybeKey, TheAccount, TheHands
from jackline.web.problems import Problem
from jackline.web.routes.commands import CommandState, accepted
from jackline.web.step_up import step_up

router = APIRouter(prefix="/api/phases", tags=["phases"], route_class=OnceRoute)

StageName = Literal["backtest", "paper", "testnet", "live_canary", "live"]


class Check(BaseModel):
    """One requirement."""

    name: str
    passed: bool
    detail: str


class Phases(BaseModel):
    """Where the account stands. `changed_keys`: settings that are others now, so the evidence is of something else."""

    phase: str
    next: str | None
    identity: str
    ready: bool
    changed_keys: list[str]
    checks: list[Check]


class Promoting(Strict):
    """The phase that follows, and why."""

    to: StageName
    reason: Reason
    confirm: Confirm = ""


@router.get("")
async def phases(account: TheAccount, hands: TheHands, _: Reader) -> Phases:
    """The phase, the evidence for the next one, and what is lacking."""
    needs = Needs() if hands.phase is None else hands.phase.needs
    standing, lacking, checks = await account.ask(lambda store: _read(store, needs, None))
    changed = [] if hands.phase is None else list(changed_keys(standing.bound, hands.phase.bound()))
    after = standing.stage.after
    return Phases(
        phase=standing.stage.value,
        next=None if after is None else after.value,
        identity=standing.identity,
        ready=not lacking and not changed,
        changed_keys=changed,
        checks=checks,
    )


@router.post("", responses={202: {"model": CommandState}})
async def promote(
    asked: Promoting,
    grant: Admin,
    request: Request,
    response: Response,
    key: MaybeKey,
    code: OneTimeCode = None,
) -> CommandState:
    """Promote: scope `admin`, a reason, and a one-time code of the token's second factor. What is lacking is answered;
    where nothing is, the wish is signed and the engine judges it once more, by its own journal."""
    wish = Wanted(to=Stage(asked.to), reason=asked.reason, confirm=asked.confirm, key=key, code=code)
    return accepted(await promoted(request, grant, wish), response)


@router.post("/promote", responses={202: {"model": CommandState}})
async def promote_as_well(
    asked: Promoting,
    grant: Admin,
    request: Request,
    response: Response,
    key: MaybeKey,
    code: OneTimeCode = None,
) -> CommandState:
    """The same under its own name."""
    return await promote(asked, grant, request, response, key, code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A promotion as somebody asks for it: on a page or over the API."""

    to: Stage
    reason: str
    confirm: str
    key: str
    code: str | None


async def promoted(request: Request, grant: Grant, wanted: Wanted) -> Asked:
    """Judge, step up, sign, and ask the engine. Raises Problem where any of it does not hold."""
    state = request.app.state
    hands: Hands = state.hands
    standing = await _fit(state.account, hands, wanted.to)
    sign = None if hands.phase is None else hands.phase.sign
    if sign is None:
        raise Problem(
            "not-here", "phase.key_file is not set, so nobody can sign", command="jackline phase key FILE"
        )
    await step_up(request, grant, confirm=wanted.confirm, code=wanted.code, needs_code=True)
    asked_id = command_id(grant.actor, wanted.key)
    wish = Promotion(
        account=state.options.account, before=standing.stage, to=wanted.to, identity=standing.identity
    )
    signed = sign(wish, command_id=asked_id, actor=grant.actor, reason=wanted.reason)
    desk: Asking = state.asking
    command = desk.command(
        CommandKind.PROMOTE,
        key=wanted.key,
        actor=grant.actor,
        reason=wanted.reason,
        promotion=signed,
        own_id=asked_id,
    )
    await audited(
        request,
        state.doorkeeper,
        grant,
        "phase.promote",
        reason=wanted.reason,
        before=standing.stage.value,
        after=wanted.to.value,
        outcome="asked",
    )
    return await desk.ask(command)


async def _fit(account: Account, hands: Hands, to: Stage) -> Standing:
    """Where the account stands, if it may go on from there. Raises Problem with all that is lacking."""
    needs = Needs() if hands.phase is None else hands.phase.needs
    standing, lacking, _ = await account.ask(lambda store: _read(store, needs, to))
    changed = [] if hands.phase is None else list(changed_keys(standing.bound, hands.phase.bound()))
    told = [f"changed since: {key}" for key in changed] + lacking
    if told:
        raise Problem("lacking", f"not promoted to {to}: {'; '.join(told)}", lacking=told)
    return standing


def _read(store: StoreReader, needs: Needs, to: Stage | None) -> tuple[Standing, list[str], list[Check]]:
    standing = read_standing(store)
    if standing is None:
        raise Problem("no-engine", "no phase is on record: the engine begins on paper at its first start")
    evidence = collect(store, standing, needs)
    verdict = judge(evidence, needs)
    checks = [Check(name=one.name, passed=one.passed, detail=one.detail) for one in verdict.checks]
    lacking = verdict.lacking if to is None else promotion_denial(standing, to, evidence, needs)
    return standing, list(lacking), checks
