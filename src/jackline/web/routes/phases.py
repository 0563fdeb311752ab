"""`/api/phases`: what the account may risk, and the evidence for more. A promotion is signed on the host."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from jackline.core.phases import Needs, Stage, Standing, changed_keys
from jackline.core.promotion import judge, promotion_denial
from jackline.store.evidence import collect, read_standing
from jackline.store.reader import StoreReader
from jackline.web.access import Admin, Reader
from jackline.web.account import Account
from jackline.web.changes import Reason, Strict
from jackline.web.hands import Hands
from jackline.web.once import KnownRoute
from jackline.web.parts import TheAccount, TheHands
from jackline.web.problems import Problem

router = APIRouter(prefix="/api/phases", tags=["phases"], route_class=KnownRoute)

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


@router.get("")
async def phases(account: TheAccount, hands: TheHands, _: Reader) -> Phases:
    """The phase, the evidence for the next one, and what is lacking."""
    needs = Needs() if hands.phase is None else hands.phase.needs
    standing, lacking, checks = await account.ask(lambda store: _read(store, needs, None))
    changed = [] if hands.phase is None else list(changed_keys(standing.bound, hands.phase.bound))
    after = standing.stage.after
    return Phases(
        phase=standing.stage.value,
        next=None if after is None else after.value,
        identity=standing.identity,
        ready=not lacking and not changed,
        changed_keys=changed,
        checks=checks,
    )


@router.post("")
async def promote(asked: Promoting, account: TheAccount, hands: TheHands, _: Admin) -> Phases:
    """Judge a promotion. What is lacking is answered; where nothing is, the command that signs it on the host."""
    return await _promoted(asked, account, hands)


@router.post("/promote")
async def promote_as_well(asked: Promoting, account: TheAccount, hands: TheHands, _: Admin) -> Phases:
    """The same under its own name."""
    return await _promoted(asked, account, hands)


async def _promoted(asked: Promoting, account: Account, hands: Hands) -> Phases:
    needs = Needs() if hands.phase is None else hands.phase.needs
    standing, lacking, _ = await account.ask(lambda store: _read(store, needs, Stage(asked.to)))
    changed = [] if hands.phase is None else list(changed_keys(standing.bound, hands.phase.bound))
    told = [f"changed since: {key}" for key in changed] + lacking
    if told:
        raise Problem("lacking", f"not promoted to {asked.to}: {'; '.join(told)}", lacking=told)
    command = f"jackline phase promote --to {asked.to} --reason … --config FILE"
    raise Problem("not-here", "a promotion is signed with the key file of a person", command=command)


def _read(store: StoreReader, needs: Needs, to: Stage | None) -> tuple[Standing, list[str], list[Check]]:
    standing = read_standing(store)
    if standing is None:
        raise Problem("no-engine", "no phase is on record: the engine begins on paper at its first start")
    evidence = collect(store, standing, needs)
    verdict = judge(evidence, needs)
    checks = [Check(name=one.name, passed=one.passed, detail=one.detail) for one in verdict.checks]
    lacking = verdict.lacking if to is None else promotion_denial(standing, to, evidence, needs)
    return standing, list(lacking), checks
