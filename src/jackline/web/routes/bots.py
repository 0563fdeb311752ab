"""`/api/bots`: which bots there are, what each has open, and stopping and starting them; `bot_changes` has the rest."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel

from jackline.core.values import Side, Symbol
from jackline.store.commands import CommandKind
from jackline.store.evidence import read_standing
from jackline.web.access import Reader, Reducer, Trader
from jackline.web.account import Account, Seen
from jackline.web.bot_book import State, gone_ones, held_by, in_force, state_of
from jackline.web.changes import MaybeReason, Strict, audited, audited_after
from jackline.web.hands import BotLine
from jackline.web.once import OnceRoute
from jackline.web.parts import MaybeKey, Now, TheAccount, TheBots, TheDesk, TheDoor
from jackline.web.problems import Problem
from jackline.web.routes.commands import CommandState, accepted

router = APIRouter(prefix="/api/bots", tags=["bots"], route_class=OnceRoute)

BotId = Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9_-]+$", description="Its name.")]


class BotRow(BaseModel):
    """One bot.

    `state`: `waiting` until the engine has begun with it, `gone` where only what it has open is left. `in_force`: the
    engine runs it as it is configured; null where none says. `managed`: made over the API, with `settings` as they were
    given and their `etag`; every other one is the configuration file's. `phase`: of the account; `open`: ids of the
    positions that are its own.
    """

    id: str
    strategy: str
    symbols: list[str] | None
    sides: list[str]
    source: str
    state: State
    in_force: bool | None
    managed: bool
    settings: dict[str, object]
    etag: str | None
    phase: str
    budget_fraction: float
    trades_max: int | None
    open: list[str]


class Bots(BaseModel):
    """All of them. `trouble`: why those that were made over the API are not in force; null where they are."""

    count: int
    bots: list[BotRow]
    trouble: str | None


class Switch(Strict):
    """Why."""

    reason: MaybeReason = "over the API"


@router.get("")
async def bots(seen: Now, book: TheBots, account: TheAccount, _: Reader) -> Bots:
    """Every bot of the configuration, then those that only have something open any more."""
    phase, lines = await phase_of(account), await book.lines()
    rows = [row_of(line, seen, phase) for line in lines]
    rows += [gone_row(name, seen, phase) for name in gone_ones(lines, seen)]
    return Bots(count=len(rows), bots=rows, trouble=await book.trouble() or None)


@router.get("/{bot_id}")
async def bot(
    bot_id: BotId, seen: Now, book: TheBots, account: TheAccount, response: Response, _: Reader
) -> BotRow:
    """One of them. The `ETag` of a managed one goes into the `If-Match` of a change."""
    phase = await phase_of(account)
    if bot_id in gone_ones(await book.lines(), seen):
        return gone_row(bot_id, seen, phase)
    line = await book.known(bot_id)
    if line.etag:
        response.headers["etag"] = line.etag
    return row_of(line, seen, phase)


@router.post("/{bot_id}/start", responses={202: {"model": CommandState}})
async def start(
    bot_id: BotId,
    grant: Trader,
    request: Request,
    response: Response,
    book: TheBots,
    desk: TheDesk,
    keeper: TheDoor,
    key: MaybeKey,
    asked: Switch | None = None,
) -> CommandState:
    """Let a bot that was stopped open trades again; every gate and limit asks as before."""
    await book.known(bot_id)
    reason = (asked or Switch()).reason
    await audited(request, keeper, grant, "bot.start", reason=reason, after=bot_id, outcome="asked")
    command = desk.command(CommandKind.BOT_START, key=key, actor=grant.actor, reason=reason, bot=bot_id)
    return accepted(await desk.ask(command), response)


@router.post("/{bot_id}/stop", responses={202: {"model": CommandState}})
async def stop(
    bot_id: BotId,
    grant: Reducer,
    request: Request,
    response: Response,
    seen: Now,
    book: TheBots,
    desk: TheDesk,
    keeper: TheDoor,
    key: MaybeKey,
    asked: Switch | None = None,
    close: Annotated[bool, Query(description="Close what it has open; the same as mode=flatten.")] = False,
    mode: Annotated[
        Literal["keep_protected", "flatten"], Query(description="What becomes of what it has open.")
    ] = "keep_protected",
) -> CommandState:
    """Let a bot open nothing more. What it has open keeps its stops and its exits, or is closed where that is asked."""
    await book.known(bot_id)
    reason = (asked or Switch()).reason
    stopping = desk.command(CommandKind.BOT_STOP, key=key, actor=grant.actor, reason=reason, bot=bot_id)
    answered = await desk.ask(stopping)
    if close or mode == "flatten":
        for place in held_by(bot_id, seen):
            symbol, _, side = place.rpartition(":")
            closing = desk.command(
                CommandKind.CLOSE,
                key=f"{key} {symbol} {side}",
                actor=grant.actor,
                reason=reason,
                symbol=Symbol(symbol),
                side=Side(side),
            )
            await desk.ask(closing)
    await audited_after(request, keeper, grant, "bot.stop", reason=reason, after=f"{bot_id} {mode}")
    return accepted(answered, response)


def row_of(line: BotLine, seen: Seen, phase: str) -> BotRow:
    """One of the configuration."""
    found = line.bot
    return BotRow(
        id=found.name,
        strategy=line.strategy,
        symbols=None if found.symbols is None else list(found.symbols),
        sides=[side.value for side in found.sides],
        source=found.source.value,
        state=state_of(line, seen),
        in_force=in_force(line, seen),
        managed=line.is_managed,
        settings=dict(line.settings),
        etag=line.etag or None,
        phase=phase,
        budget_fraction=float(found.budget_fraction),
        trades_max=found.trades_max,
        open=held_by(found.name, seen),
    )


def gone_row(name: str, seen: Seen, phase: str) -> BotRow:
    """One that no configuration names any more; what it has open is guarded on."""
    return BotRow(
        id=name,
        strategy="",
        symbols=[],
        sides=[],
        source="",
        state="gone",
        in_force=None,
        managed=False,
        settings={},
        etag=None,
        phase=phase,
        budget_fraction=0,
        trades_max=0,
        open=held_by(name, seen),
    )


async def phase_of(account: Account) -> str:
    """Of the account: paper while no engine has written here, for every account begins there."""
    try:
        standing = await account.ask(read_standing)
    except Problem:
        return "paper"
    return "paper" if standing is None else standing.stage.value
