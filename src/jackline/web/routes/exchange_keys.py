"""`/api/exchange-keys`: secrets go in and never come out. They are encrypted at rest (S1, S3)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field, SecretStr

from jackline.store.tokens import By
from jackline.web.access import Admin, address_of
from jackline.web.changes import Confirm, MaybeReason, OneTimeCode, Strict
from jackline.web.doorkeeper import now
from jackline.web.hands import Hands, KeyHands, KeyLine, KeysRefused
from jackline.web.once import OnceRoute
from jackline.web.parts import MaybeKey, Options, TheDoor, TheHands
from jackline.web.problems import Problem
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
    added_at: str
    validated_at: str
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
    rows = [_row(one) for one in await _done(_keys(hands).listed)]
    return Keys(count=len(rows), keys=rows)


@router.post("", status_code=201)
async def add(
    asked: NewKey,
    grant: Admin,
    request: Request,
    keeper: TheDoor,
    hands: TheHands,
    options: Options,
    _: MaybeKey,
    code: OneTimeCode = None,
) -> KeyRow:
    """Store a key pair, encrypted, for the mode of this account. It is used once the file names it and it was
    validated: one that may withdraw is refused then (S3)."""
    await step_up(grant, keeper=keeper, hands=hands, options=options, confirm=asked.confirm, code=code)
    found = _keys(hands)
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


@router.post("/validate")
async def validate_key(asked: Which, hands: TheHands, _: Admin) -> KeyRow:
    """Asks the venue what a key may do: done on the host, for this process speaks to no venue and opens no key."""
    rows = await _done(_keys(hands).listed)
    if not any(one.name == asked.name for one in rows):
        raise Problem("not-found", f"no key is called {asked.name}")
    command = f"jackline keys validate {asked.name} --config FILE"
    raise Problem("not-here", f"run: {command}", command=command)


@router.delete("/{name}")
async def remove(name: PathName, grant: Admin, request: Request, hands: TheHands, _: MaybeKey) -> Removed:
    """Remove a key from the file. An engine that is started without its key protects nothing."""
    found = _keys(hands)
    by = By(wire_ms=now(), actor=grant.actor, from_address=address_of(request), reason="over the API")
    if any(one.name == name and one.in_use for one in await _done(found.listed)):
        raise Problem("refused", f"{name} is the key in use: name another one in venue.key_name first")
    await _done(lambda: found.remove(name, by=by))
    return Removed(id=name, message="removed; at the venue it lives on until it is ended there")


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
        added_at=line.added,
        validated_at=line.validated,
        permissions=line.permissions,
        in_use=line.in_use,
    )
