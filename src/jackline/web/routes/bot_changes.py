"""`POST`, `PATCH`, `DELETE /api/bots`: bots beside those of the configuration file, which is never written.

A change is judged by the check of every start, written whole or not at all, audited, and taken up by the engine: it
begins again with it once everything open is protected. What may raise risk asks for all that raises risk.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from jackline.core.values import Side, Symbol
from jackline.store.commands import CommandKind
from jackline.store.tokens import By
from jackline.web.access import Admin, Reducer, address_of
from jackline.web.account import Account
from jackline.web.asking import Asked, Asking
from jackline.web.bot_book import BotBook
from jackline.web.changes import Confirm, MaybeReason, OneTimeCode, Reason, Strict
from jackline.web.doorkeeper import Grant, now
from jackline.web.hands import BotLine
from jackline.web.once import OnceRoute
from jackline.web.parts import MaybeKey
from jackline.web.problems import Problem
from jackline.web.routes.bots import BotId, BotRow, phase_of, row_of
from jackline.web.routes.commands import CommandState, state
from jackline.web.routes.safety import SymbolName
from jackline.web.step_up import step_up

router = APIRouter(prefix="/api/bots", tags=["bots"], route_class=OnceRoute)

DIGITS_MAX = 20
SYMBOLS_MAX = 250
BotName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$", description="[bot.NAME].")]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
Share = Annotated[Decimal, Field(gt=0, le=1, max_digits=DIGITS_MAX, allow_inf_nan=False)]
Amount = Annotated[Decimal, Field(gt=0, le=1_000_000_000, max_digits=DIGITS_MAX, allow_inf_nan=False)]
Number = Annotated[Decimal, Field(max_digits=DIGITS_MAX, allow_inf_nan=False)]
Whole = Annotated[int, Field(ge=-(10**15), le=10**15)]
Text = Annotated[str, StringConstraints(max_length=200)]
Scalar = bool | Whole | Number | Text
ParameterName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
IfMatch = Annotated[str | None, Header(max_length=200, description="`ETag` of what was read.")]


class Settings(Strict):
    """The keys of `[bot.NAME]`, but for those that name files of the host: a bot with code or a model of its own stands
    in the configuration file. `jackline config explain bot` tells every key."""

    symbols: Annotated[list[SymbolName], Field(min_length=1, max_length=SYMBOLS_MAX)] | None = None
    side: Word | None = None
    budget_fraction: Share | None = None
    trades_max: Annotated[int, Field(ge=1, le=200)] | None = None
    risk_per_trade_fraction: Share | None = None
    size_mode: Word | None = None
    size_fixed_quote: Amount | None = None
    size_cap_fraction: Share | None = None
    size_cap_basis: Word | None = None
    stop_basis: Word | None = None
    stop_value_fraction: Share | None = None
    target_fraction: Share | None = None
    trailing_fraction: Share | None = None
    hold_max_ms: Annotated[int, Field(ge=1, le=10**12)] | None = None
    parameters: Annotated[dict[ParameterName, Scalar | list[Scalar]], Field(max_length=50)] | None = None


class NewBot(Settings):
    """A bot that is to be."""

    name: BotName
    strategy: Word
    reason: Reason
    confirm: Confirm = ""


class BotChange(Settings):
    """What is to be another; null takes a setting out. `reason` and `confirm` are for what may raise risk."""

    strategy: Word | None = None
    reason: MaybeReason = ""
    confirm: Confirm = ""


class Changed(BaseModel):
    """What was written, and what becomes of it. `bot` is null where it was removed; `command`: what the engine was
    asked, null where it could not be."""

    id: str
    bot: BotRow | None
    message: str
    command: CommandState | None


@router.post("", status_code=201, responses={202: {"model": Changed}})
async def new_bot(
    asked: NewBot, grant: Admin, request: Request, response: Response, key: MaybeKey, code: OneTimeCode = None
) -> Changed:
    """Make one: scope `admin`, a reason, and what everything asks that raises risk. The account's evidence is
    counted anew. 202 where the engine has not answered within a request."""
    await step_up(request, grant, confirm=asked.confirm, code=code)
    act = Act(request=request, grant=grant, reason=asked.reason, key=key)
    line, taken_up = await made(act, asked.name, table_of(asked))
    return await _answer(act, asked.name, line, taken_up, response)


@router.patch("/{bot_id}", responses={202: {"model": Changed}})
async def change_bot(
    bot_id: BotId,
    asked: BotChange,
    grant: Reducer,
    request: Request,
    response: Response,
    key: MaybeKey,
    if_match: IfMatch = None,
    code: OneTimeCode = None,
) -> Changed:
    """Change one that was made here. What is surely less (a smaller budget, size or number of trades, fewer symbols,
    one side) needs scope `reduce`; all else `admin`, a reason, and what everything asks that raises risk."""
    if if_match is None:
        raise Problem("precondition-missing", "If-Match: missing")
    act = Act(request=request, grant=grant, reason=asked.reason, key=key)
    line, taken_up = await changed(
        act, bot_id, table_of(asked), etag=if_match.strip(), confirm=asked.confirm, code=code
    )
    return await _answer(act, bot_id, line, taken_up, response)


@router.delete("/{bot_id}", responses={202: {"model": Changed}})
async def remove_bot(
    bot_id: BotId,
    grant: Admin,
    request: Request,
    response: Response,
    key: MaybeKey,
    if_match: IfMatch = None,
    close: Annotated[bool, Query(description="Close what it has open.")] = False,
    keep: Annotated[
        bool, Query(description="Leave what it has open to its stop and the exits of its plan.")
    ] = False,
) -> Changed:
    """Remove one that was made here. With something open it is refused until `close` or `keep` says what becomes of
    that; its protection never ends because its bot went."""
    act = Act(request=request, grant=grant, reason="over the API", key=key)
    etag = None if if_match is None else if_match.strip()
    taken_up = await removed(act, bot_id, etag=etag, close=close, keep=keep)
    return await _answer(act, bot_id, None, taken_up, response)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who asks, why, and under which idempotency key: over the API or on a page."""

    request: Request
    grant: Grant
    reason: str
    key: str

    @property
    def book(self) -> BotBook:
        """The bots."""
        found: BotBook = self.request.app.state.bots
        return found

    @property
    def is_heard(self) -> bool:
        """An engine runs."""
        account: Account = self.request.app.state.account
        return account.seen.engine is not None

    @property
    def by(self) -> By:
        """For the audit."""
        return By(
            wire_ms=now(), actor=self.grant.actor, from_address=address_of(self.request), reason=self.reason
        )

    async def told(
        self, kind: CommandKind, what: str, *, symbol: Symbol | None = None, side: Side | None = None
    ) -> Asked:
        """A command of this act; `what` tells it from its others. Where no engine runs nobody waits for its answer."""
        desk: Asking = self.request.app.state.asking
        key, actor, reason = f"{self.key} {what}", self.grant.actor, self.reason
        command = desk.command(kind, key=key, actor=actor, reason=reason, symbol=symbol, side=side)
        return await desk.ask(command, waits=self.is_heard or kind is not CommandKind.RELOAD)


async def made(act: Act, name: str, table: dict[str, object | None]) -> tuple[BotLine, Asked | Problem]:
    """Make one, and let the engine take it up. Raises Problem where it does not fit."""
    given = {key: value for key, value in table.items() if value is not None}
    line = await act.book.ask(lambda hands: hands.add(name, given, by=act.by))
    return line, await _taken_up(act)


async def changed(
    act: Act, name: str, table: dict[str, object | None], *, etag: str, confirm: str, code: str | None
) -> tuple[BotLine, Asked | Problem]:
    """Weigh a change, ask for what it needs, and write it. Raises Problem."""
    weighed = await act.book.ask(lambda hands: hands.weigh(name, table))
    if etag not in {"*", weighed.etag}:
        raise Problem("changed-meanwhile", "the bot is not what was read", etag=weighed.etag)
    if weighed.looser:
        if not act.reason.strip():
            raise Problem(
                "confirm", f"reason: {', '.join(weighed.looser)}: it may raise risk, which needs one"
            )
        await step_up(act.request, act.grant, confirm=confirm, code=code)
    line = await act.book.ask(lambda hands: hands.change(name, table, etag=weighed.etag, by=act.by))
    return line, await _taken_up(act)


async def removed(act: Act, name: str, *, etag: str | None, close: bool, keep: bool) -> Asked | Problem:
    """Remove one, with what it has open closed or left guarded. Raises Problem."""
    held = await act.book.ask(lambda hands: hands.holds(name))
    if held and not (close or keep):
        raise Problem("holds-positions", f"bot {name} has {', '.join(held)} open", open=list(held))
    await act.book.ask(lambda hands: hands.remove(name, etag=etag, by=act.by))
    for place in held if close else ():
        symbol, _, side = place.rpartition(":")
        await act.told(CommandKind.CLOSE, place, symbol=Symbol(symbol), side=Side(side))
    return await _taken_up(act)


def table_of(asked: NewBot | BotChange) -> dict[str, object | None]:
    """What was said of `[bot.NAME]`; None where null was."""
    found: dict[str, object | None] = asked.model_dump(
        exclude={"name", "reason", "confirm"}, exclude_unset=True
    )
    return found


async def _taken_up(act: Act) -> Asked | Problem:
    """What is written is written: an engine that cannot be asked begins with it at its next start."""
    try:
        return await act.told(CommandKind.RELOAD, "reload")
    except Problem as problem:
        return problem


async def _answer(
    act: Act, name: str, line: BotLine | None, taken_up: Asked | Problem, response: Response
) -> Changed:
    """What was done, and what the engine says to it; 202 while it says nothing."""
    app = act.request.app.state
    if line is not None:
        response.headers["etag"] = line.etag
    if isinstance(taken_up, Problem):
        message = f"written; it holds from the next start of the engine: {taken_up.detail}"
    elif taken_up.answer is None and not act.is_heard:
        message = "written; no engine runs: it holds from its next start"
    elif taken_up.answer is None:
        response.status_code = 202
        response.headers["location"] = taken_up.link
        message = "written; the engine takes it up as soon as it hears of it, or at its next start"
    else:
        message = f"written; {taken_up.answer}"
    return Changed(
        id=name,
        bot=None if line is None else row_of(line, app.account.seen, await phase_of(app.account)),
        message=message,
        command=None if isinstance(taken_up, Problem) else state(taken_up),
    )
