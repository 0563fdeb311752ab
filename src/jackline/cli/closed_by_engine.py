"""One position, closed by the engine that holds it, and asked for again where the engine had not seen it yet."""

from __future__ import annotations

import time
from collections.abc import Callable

from jackline.cli.config import Config
from jackline.cli.direct import read_account
from jackline.cli.stored import await_answer, await_position_flat, submit
from jackline.core.values import Side, Symbol
from jackline.store.commands import CommandKind
from jackline.store.lease import Holder

AGAIN_S = 4.0
"""An engine sees what was opened by hand within its poll of 3.5 s; an order given before that closes nothing. One that
closes already is not hurried by another order."""
ASKED_MAX = 8
PAUSE_S = 1.0


def close_position(
    config: Config, holder: Holder, symbol: Symbol, side: Side | None, say: Callable[[str], None]
) -> bool:
    """Whether it is flat, by the engine's records and by the venue, which has the last word.

    Raises CommandFailed when the engine does not answer; what it was asked for stands.
    """
    for asked in range(1, ASKED_MAX + 1):
        command_id = submit(
            config, CommandKind.CLOSE, reason="close on the command line", symbol=symbol, side=side
        )
        await_answer(config, holder, command_id)
        if asked == 1:
            say(f"engine {holder.pid} has taken the order; waiting until it is flat")
        if await_position_flat(config, symbol, side, within_s=AGAIN_S):
            if not _is_open(config, symbol, side):
                return True
            time.sleep(PAUSE_S)  # its records are older than the position
        if asked == 1:
            say("it is still open; asking again")
    return False


def _is_open(config: Config, symbol: Symbol, side: Side | None) -> bool:
    here = read_account(config, every_symbol=False).positions
    return any(one.symbol == symbol and side in {None, one.side} for one in here)
