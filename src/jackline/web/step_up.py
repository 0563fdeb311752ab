"""What raises risk asks for more than a scope: a fresh log-in, the account's name in writing, a one-time code.

Whatever lowers it never comes here (security.md 5).
"""

from __future__ import annotations

import asyncio

from fastapi import Request

from jackline.store.second_factor import has_second_factor
from jackline.store.tokens import Scope
from jackline.web.access import address_of, reaching
from jackline.web.doorkeeper import Doorkeeper, Grant, now
from jackline.web.hands import Hands, KeysRefused
from jackline.web.problems import Problem


async def step_up(
    request: Request, grant: Grant, *, confirm: str, code: str | None, needs_code: bool = False
) -> None:
    """Raises Problem where any of it is lacking. A page is a person, who types; a program has a token and a code.

    `needs_code`: a token without a second factor is not enough. A code has a million values: who guesses one waits as
    who guesses a token does, and is written down.
    """
    keeper: Doorkeeper = request.app.state.doorkeeper
    hands: Hands = request.app.state.hands
    account: str = request.app.state.options.account
    await reaching(request, grant, Scope.ADMIN, "raising risk")
    if grant.session is not None and not grant.session.is_fresh(now()):
        raise Problem("confirm", "the log-in is older than five minutes")
    if grant.session is not None and confirm != account:
        raise Problem("confirm", f"confirm: type the account's name, {account}")
    if not await keeper.ask(lambda db: has_second_factor(db, grant.token)):
        if needs_code:
            raise Problem(
                "confirm", f"it needs a second factor: jackline token totp {grant.token.name} --config FILE"
            )
        return
    if code is None:
        raise Problem("confirm", "X-One-Time-Code: this token has a second factor")
    keys = hands.keys
    if keys is None:
        raise Problem("locked", "no file of keys is open here, so no code can be checked")
    guesses = f"code of {grant.token.token_id}"  # nobody else can use them up, whatever address they share
    await keeper.hold_back(guesses)
    try:
        good = await asyncio.to_thread(keys.takes_code, grant.token, code)
    except KeysRefused as error:
        raise Problem(error.code, str(error)) from error
    if not good:
        await keeper.refuse(address_of(request), f"one-time code of {grant.token.name}", counted=guesses)
        raise Problem("confirm", "X-One-Time-Code: wrong, or used before")
