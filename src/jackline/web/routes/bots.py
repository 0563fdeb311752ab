"""`/api/bots`: which bots there are, what each has open, and stopping and starting them.

Bots come from the configuration file, which is signed for by its owner and bound to the phase: no request adds one, or
changes what one may do. Asked to, the answer says which lines to put there.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field

from jackline.core.bots import MAIN, Bot
from jackline.core.values import Side, Symbol
from jackline.store.commands import CommandKind
from jackline.store.evidence import read_standing
from jackline.web.access import Admin, Reader, Reducer, Trader
from jackline.web.account import Account, Seen
from jackline.web.changes import MaybeReason, Strict, audited, audited_after
from jackline.web.once import OnceRoute
from jackline.web.options import WebOptions
from jackline.web.parts import MaybeKey, Now, Options, TheAccount, TheDesk, TheDoor
from jackline.web.problems import Problem
from jackline.web.routes.commands import CommandState, accepted
from jackline.web.routes.safety import SymbolName

router = APIRouter(prefix="/api/bots", tags=["bots"], route_class=OnceRoute)

BotId = Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9_-]+$", description="Its name.")]


class BotRow(BaseModel):
    """One bot. `phase`: of the account; `open`: ids of the positions that are its own."""

    id: str
    strategy: str
    symbols: list[str] | None
    sides: list[str]
    source: str
    state: Literal["running", "stopped", "unknown"]
    phase: str
    budget_fraction: float
    trades_max: int | None
    open: list[str]


class Bots(BaseModel):
    """All of them."""

    count: int
    bots: list[BotRow]


class NewBot(Strict):
    """A bot that somebody would like: the answer gives the lines for the file."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
    strategy: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")] = "manual"
    symbols: Annotated[list[SymbolName], Field(max_length=500)] = Field(default_factory=list)
    budget_fraction: Annotated[float, Field(gt=0, le=1)] | None = None


class BotChange(Strict):
    """Settings that somebody would like to be others."""

    strategy: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")] | None = None
    symbols: Annotated[list[SymbolName], Field(max_length=500)] | None = None
    budget_fraction: Annotated[float, Field(gt=0, le=1)] | None = None


class Switch(Strict):
    """Why."""

    reason: MaybeReason = "over the API"


@router.get("")
async def bots(seen: Now, options: Options, account: TheAccount, _: Reader) -> Bots:
    """Every bot of the configuration file."""
    phase = await _phase(account)
    rows = [_row(bot, strategy, seen, phase) for bot, strategy in options.bots]
    return Bots(count=len(rows), bots=rows)


@router.get("/{bot_id}")
async def bot(bot_id: BotId, seen: Now, options: Options, account: TheAccount, _: Reader) -> BotRow:
    """One of them."""
    found, strategy = _known(options, bot_id)
    return _row(found, strategy, seen, await _phase(account))


@router.post("")
async def new_bot(asked: NewBot, options: Options, _: Admin, __: MaybeKey) -> BotRow:
    """Never made over the network: the answer is the problem `in-the-file`, with the lines to put there."""
    if any(one.name == asked.name for one, _strategy in options.bots):
        raise Problem(
            "taken", f"bot {asked.name} is in the file; start it: POST /api/bots/{asked.name}/start"
        )
    lines = _lines(asked.name, asked.strategy, asked.symbols, asked.budget_fraction)
    raise Problem("in-the-file", f"bot {asked.name} is not in the configuration file", toml=lines)


@router.patch("/{bot_id}")
async def change_bot(bot_id: BotId, asked: BotChange, options: Options, _: Admin) -> BotRow:
    """Never changed over the network: the answer is the problem `in-the-file`, with the lines to put there."""
    _known(options, bot_id)
    lines = _lines(bot_id, asked.strategy, asked.symbols, asked.budget_fraction)
    raise Problem("in-the-file", f"bot {bot_id} is what the configuration file says", toml=lines)


@router.delete("/{bot_id}", responses={202: {"model": CommandState}})
async def remove_bot(bot_id: BotId, options: Options, _: Admin) -> CommandState:
    """Never removed over the network: stop it, and take its lines out of the file."""
    _known(options, bot_id)
    text = (
        f"# stop it first: POST /api/bots/{bot_id}/stop\n# then remove [bot.{bot_id}] and restart the engine"
    )
    raise Problem("in-the-file", f"bot {bot_id} is in the configuration file", toml=text)


@router.post("/{bot_id}/start", responses={202: {"model": CommandState}})
async def start(
    bot_id: BotId,
    grant: Trader,
    request: Request,
    response: Response,
    options: Options,
    desk: TheDesk,
    keeper: TheDoor,
    key: MaybeKey,
    asked: Switch | None = None,
) -> CommandState:
    """Let a bot that was stopped open trades again; every gate and limit asks as before."""
    _known(options, bot_id)
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
    options: Options,
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
    _known(options, bot_id)
    reason = (asked or Switch()).reason
    stopping = desk.command(CommandKind.BOT_STOP, key=key, actor=grant.actor, reason=reason, bot=bot_id)
    answered = await desk.ask(stopping)
    if close or mode == "flatten":
        for one in seen.positions:
            if one.bot == bot_id:
                closing = desk.command(
                    CommandKind.CLOSE,
                    key=f"{key} {one.symbol} {one.side}",
                    actor=grant.actor,
                    reason=reason,
                    symbol=Symbol(one.symbol),
                    side=Side(one.side),
                )
                await desk.ask(closing)
    await audited_after(request, keeper, grant, "bot.stop", reason=reason, after=f"{bot_id} {mode}")
    return accepted(answered, response)


def _known(options: WebOptions, name: str) -> tuple[Bot, str]:
    for found, strategy in options.bots:
        if found.name == name:
            return found, strategy
    known = ", ".join(one.name for one, _ in options.bots)
    raise Problem("not-found", f"no bot {name}; there are: {known}")


def _row(bot: Bot, strategy: str, seen: Seen, phase: str) -> BotRow:
    shown = seen.account
    stopped = shown is not None and bot.name in shown.bots_stopped
    return BotRow(
        id=bot.name,
        strategy=strategy,
        symbols=None if bot.symbols is None else list(bot.symbols),
        sides=[side.value for side in bot.sides],
        source=bot.source.value,
        state="unknown" if shown is None else "stopped" if stopped else "running",
        phase=phase,
        budget_fraction=float(bot.budget_fraction),
        trades_max=bot.trades_max,
        open=[f"{one.symbol}:{one.side}" for one in seen.positions if one.bot == bot.name],
    )


async def _phase(account: Account) -> str:
    try:
        standing = await account.ask(read_standing)
    except Problem:
        return "paper"  # no engine has written here yet, and every account begins there
    return "paper" if standing is None else standing.stage.value


def _lines(name: str, strategy: str | None, symbols: list[str] | None, budget: float | None) -> str:
    head = "[strategy]" if name == MAIN else f"[bot.{name}]"
    said: list[str] = [head]
    if strategy is not None:
        said.append(f'{"name" if name == MAIN else "strategy"} = "{strategy}"')
    if symbols:
        said.append(f"symbols = [{', '.join(f'{chr(34)}{one}{chr(34)}' for one in symbols)}]")
    if budget is not None:
        said.append(f"budget_fraction = {budget:g}")
    return "\n".join(said)
