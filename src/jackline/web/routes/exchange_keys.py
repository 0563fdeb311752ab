"""`/api/exchange-keys`: secrets go in and never come out. They are encrypted at rest (S1, S3)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field, SecretStr

from jackline.store.commands import CommandKind
from jackline.store.key_wishes import KeyWish
from jackline.store.tokens import By
from jackline.web.access import Admin, address_of
from jackline.web.asking import Asked, Asking
from jackline.web.changes import Confirm, MaybeReason, OneTimeCode, Strict, audited
from jackline.web.doorkeeper import Grant, now
from jackline.web.hands import Hands, KeyHands, KeyLine, KeysRefused
from jackline.web.once import OnceRoute
from jackline.web.parts import MaybeKey, TheHands
from jackline.web.problems import Problem
from jackline.web.routes.commands import CommandState, accepted
from jackline.web.step_up import step_up

router = APIRouter(prefix="/api/exchange-keys", tags=["exchange keys"], route_class=OnceRoute)

KeyName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
PathName = Annotated[str, Path(max_length=32, pattern=r"^[a-z][a-z0-9_-]*$")]
SecretText = Annotated[SecretStr, Field(min_length=8, max_length=512)]
T = TypeVar("T")


class NewKey(Strict):
    """A key pair. Make one at the venue that may read and trade futures, and nothing else."""

    name: KeyName
    venue: Literal["binance", "bingx"]
    key: SecretText
    secret: SecretText
    reason: MaybeReason = ""
    confirm: Confirm = ""


class KeyRow(BaseModel):
    """One key, masked. `permissions`: as the venue said when it was validated last."""

    id: str
    venue: str
    mode: str
    key: str
    added_at: str | None
    validated_at: str | None
    permissions: str
    in_use: bool


class Keys(BaseModel):
    """All of them."""

    count: int
    keys: list[KeyRow]


class Which(Strict):
    """Which key."""

    name: KeyName


class Removed(BaseModel):
    """It is gone from the file. At the venue it lives on until it is ended there."""

    id: str
    message: str


@router.get("")
async def keys(hands: TheHands, _: Admin) -> Keys:
    """Every key, masked. Nothing is unlocked."""
    rows = [_row(one) for one in await _listed(hands)]
    return Keys(count=len(rows), keys=rows)


@router.post("", status_code=201)
async def add(
    asked: NewKey,
    grant: Admin,
    request: Request,
    _: MaybeKey,
    code: OneTimeCode = None,
) -> KeyRow:
    """Store a key pair, encrypted, for the mode of this account. It is used once the file names it and it was
    validated: one that may withdraw is refused then (S3)."""
    await step_up(request, grant, confirm=asked.confirm, code=code)
    return await added(request, grant, asked)


async def added(request: Request, grant: Grant, asked: NewKey) -> KeyRow:
    """Put it into the file, encrypted, with its audit row."""
    found = _keys(request.app.state.hands)
    by = By(wire_ms=now(), actor=grant.actor, from_address=address_of(request), reason=asked.reason)
    return _row(
        await _done(
            lambda: found.add(
                name=asked.name,
                venue=asked.venue,
                key=asked.key.get_secret_value(),
                secret=asked.secret.get_secret_value(),
                by=by,
            )
        )
    )


@router.post("/validate", responses={202: {"model": CommandState}})
async def validate_key(
    asked: Which, grant: Admin, request: Request, response: Response, key: MaybeKey
) -> KeyRow | CommandState:
    """Ask the venue what a key may do. The engine lets a process of its own ask; a key that may withdraw or transfer is
    refused (S3). Answered with the key and what was found; 202 where that takes longer than a request may."""
    said = await validated(request, grant, asked.name, key)
    if said.answer is None:
        return accepted(said, response)
    return next(_row(one) for one in await _listed(request.app.state.hands) if one.name == asked.name)


async def validated(request: Request, grant: Grant, name: str, key: str) -> Asked:
    """Ask the engine. Raises Problem where it is no key, must not be used, or nobody is there to ask."""
    state = request.app.state
    if not any(one.name == name for one in await _listed(state.hands)):
        raise Problem("not-found", f"no key is called {name[:40]}")
    if state.account.seen.engine is None:
        command = f"jackline keys validate {name} --config FILE"
        raise Problem("not-here", f"no engine runs, which would ask; run: {command}", command=command)
    await audited(request, state.doorkeeper, grant, "keys.validate", after=name, outcome="asked")
    desk: Asking = state.asking
    command_row = desk.command(
        CommandKind.KEY_CHECK,
        key=key,
        actor=grant.actor,
        reason="over the API",
        wish=KeyWish(name=name),
    )
    return await desk.ask(command_row)


@router.delete("/{name}")
async def remove(name: PathName, grant: Admin, request: Request, _: MaybeKey) -> Removed:
    """Remove a key from the file. An engine that is started without its key protects nothing."""
    await removed(request, grant, name, reason="over the API")
    return Removed(id=name, message="removed; at the venue it lives on until it is ended there")


async def removed(request: Request, grant: Grant, name: str, *, reason: str) -> None:
    """Take it out of the file. Raises Problem for the key in use."""
    hands: Hands = request.app.state.hands
    by = By(wire_ms=now(), actor=grant.actor, from_address=address_of(request), reason=reason)
    if any(one.name == name and one.in_use for one in await _listed(hands)):
        raise Problem("refused", f"{name} is the key in use: name another one in venue.key_name first")
    await _done(lambda: _keys(hands).remove(name, by=by))


async def _listed(hands: Hands) -> tuple[KeyLine, ...]:
    return await _done(_keys(hands).listed)


def _keys(hands: Hands) -> KeyHands:
    if hands.keys is None:
        raise Problem("locked", "this process was given no file of keys")
    return hands.keys


async def _done(work: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(work)
    except KeysRefused as error:
        raise Problem(error.code, str(error)) from error


def _row(line: KeyLine) -> KeyRow:
    return KeyRow(
        id=line.name,
        venue=line.venue,
        mode=line.mode,
        key=line.key,
        added_at=_moment(line.added),
        validated_at=_moment(line.validated),
        permissions=line.permissions,
        in_use=line.in_use,
    )


def _moment(shown: str) -> str | None:
    """RFC 3339 of a minute as the list of keys shows it; None where it shows that there was none."""
    return None if shown == "–" else f"{shown.replace(' ', 'T')}:00.000Z"
