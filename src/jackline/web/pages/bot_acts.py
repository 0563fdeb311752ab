"""Forms of the bots that were made here: one more, another setting, less of it, none any more.

What only lets a bot do less needs the scope `reduce`; whatever may raise risk asks for all that a reset asks for.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from fastapi import Request, Response
from pydantic import ValidationError

from jackline.web.access import Admin, Reducer
from jackline.web.asking import Asked
from jackline.web.doorkeeper import Grant
from jackline.web.forms import fields
from jackline.web.pages.pressing import REASON_CHARS_MAX, done, renewed, stepped_up
from jackline.web.pages.route import router, seen_from
from jackline.web.problems import Problem
from jackline.web.routes.bot_changes import Act, BotChange, NewBot, changed, made, removed, table_of
from jackline.web.routes.bots import BotId

pages = router()

PLACE: Final = "/bots"
TEXTS: Final = (
    "strategy",
    "side",
    "budget_fraction",
    "trades_max",
    "risk_per_trade_fraction",
    "stop_value_fraction",
    "target_fraction",
    "trailing_fraction",
)
"""Settings of the form that are one word or number; left empty they are taken out."""


@pages.post("/act/bots")
async def add_bot(request: Request, grant: Admin) -> Response:
    """Make one."""
    said = await fields(request)
    try:
        asked = NewBot.model_validate(
            {**_settings(said), "name": said.get("name", "").strip(), "reason": _reason(said)}
        )
    except ValidationError as error:
        raise _unfit(error) from None
    fresh = await stepped_up(request, grant, said)
    _, taken_up = await made(_act(request, fresh, said), asked.name, table_of(asked))
    return _done(taken_up)


@pages.post("/act/bots/{bot}/change")
async def change_bot(request: Request, grant: Admin, bot: BotId) -> Response:
    """Set one anew, to what the form says."""
    said = await fields(request)
    return await _changed(request, await renewed(request, grant, said), bot, said, _settings(said))


@pages.post("/act/bots/{bot}/tighten")
async def tighten_bot(request: Request, grant: Reducer, bot: BotId) -> Response:
    """Less of it; what would be more is refused to a session that may only reduce."""
    said = await fields(request)
    given = {key: said[key].strip() for key in ("budget_fraction", "trades_max") if said.get(key, "").strip()}
    return await _changed(request, grant, bot, said, given)


@pages.post("/act/bots/{bot}/remove")
async def remove_bot(request: Request, grant: Admin, bot: BotId) -> Response:
    """Take one out; what it has open is closed, or left guarded, as the form says."""
    said = await fields(request)
    held = said.get("open", "")
    act = _act(request, grant, said)
    taken_up = await removed(
        act, bot, etag=said.get("etag") or None, close=held == "close", keep=held == "keep"
    )
    return _done(taken_up)


async def _changed(
    request: Request, grant: Grant, bot: str, said: dict[str, str], given: Mapping[str, object]
) -> Response:
    try:
        asked = BotChange.model_validate({**given, "reason": _reason(said)})
    except ValidationError as error:
        raise _unfit(error) from None
    _, taken_up = await changed(
        _act(request, grant, said),
        bot,
        table_of(asked),
        etag=said.get("etag", ""),
        confirm=said.get("word", "").strip(),
        code=said.get("code", "").strip() or None,
    )
    return _done(taken_up)


def _settings(said: dict[str, str]) -> dict[str, object]:
    """The form's settings; what was left empty is None, which takes it out."""
    found: dict[str, object] = {key: said.get(key, "").strip() or None for key in TEXTS}
    symbols = said.get("symbols", "").replace(",", " ").split()
    found["symbols"] = symbols or None
    found["parameters"] = _parameters(said.get("parameters", "")) or None
    return found


def _parameters(text: str) -> dict[str, object]:
    """`rsi_period = 21`, one a line. Raises Problem."""
    found: dict[str, object] = {}
    for line in filter(None, (one.strip() for one in text.splitlines())):
        key, is_there, value = line.partition("=")
        if not is_there:
            raise Problem("bad-request", "parameters: one a line, as rsi_period = 21")
        try:
            found[key.strip()] = json.loads(value, parse_float=Decimal)
        except ValueError:
            found[key.strip()] = value.strip().strip('"')
    return found


def _reason(said: dict[str, str]) -> str:
    return said.get("reason", "").strip()[:REASON_CHARS_MAX]


def _act(request: Request, grant: Grant, said: dict[str, str]) -> Act:
    """Each press is an act of its own."""
    reason = _reason(said) or "on the dashboard"
    return Act(request=request, grant=grant, reason=reason, key=secrets.token_hex(16))


def _done(taken_up: Asked | Problem) -> Response:
    return seen_from(PLACE) if isinstance(taken_up, Problem) else done(taken_up, PLACE)


def _unfit(error: ValidationError) -> Problem:
    """What was typed is not repeated."""
    wrong = sorted({".".join(str(part) for part in one["loc"][:2]) for one in error.errors()})
    return Problem("bad-request", f"see to: {', '.join(wrong)}")
