"""Waiting for a look at the venue that was asked for."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from jackline.web.account import Account, Seen

SHOWN_S: Final = 1.0
"""An engine that runs shows itself twice a second and oftener."""
LOOKED_S: Final = 3.0
"""A look takes a few round trips; on a loaded account it waits its turn behind what protects."""


async def shown_since(account: Account, said_ms: int) -> Seen:
    """The account as the engine shows it after this moment, so that who asks next is not told what was so before; after
    SHOWN_S as it is."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SHOWN_S):
            while (account.seen.said_ms or 0) <= said_ms:
                await account.next()
    return account.seen


async def looked_since(account: Account, asked_ms: int) -> Seen:
    """The account as the engine shows it once the venue was asked after this moment; after LOOKED_S as it is."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LOOKED_S):
            while not is_looked(account.seen, asked_ms):
                await account.next()
    return account.seen


def is_looked(seen: Seen, asked_ms: int) -> bool:
    """Whether the newest look is of after this moment."""
    shown = seen.account
    return shown is not None and shown.looked_ms is not None and shown.looked_ms >= asked_ms
