"""Trade ids and the client order ids derived from them.

A client order id is ``trade id + role + attempt + check``, base 36, fixed width, 20 characters: it fits Binance
(36), OKX (32 alphanumeric) and BingX (40, lower-cased). After a crash the ids are derived again; an order is ours
when its id re-derives.

    j tag(3) fence(6) ordinal(4) | role(1) attempt(3) check(2)
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NewType

from jackline.core.errors import invariant

TradeId = NewType("TradeId", str)
ClientId = NewType("ClientId", str)

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_PREFIX = "j"
_TAG_WIDTH, _FENCE_WIDTH, _ORDINAL_WIDTH = 3, 6, 4
_ATTEMPT_WIDTH, _CHECK_WIDTH = 3, 2
_TRADE_WIDTH = len(_PREFIX) + _TAG_WIDTH + _FENCE_WIDTH + _ORDINAL_WIDTH
LEG_ATTEMPT = 0
"""The stop that travels inside an entry: no order is sent under this id, for attempts count from 1. It can be derived
without a record, so a leg whose record was lost with a process is still known for ours."""
FIRST_ENTRY = 0
"""The attempt of a trade's first entry. Those of its additions are counted with all its other orders, from 1."""
ATTEMPTS_MAX = 36**_ATTEMPT_WIDTH - 1
"""Orders one trade can name; a ratchet that moves by 5 bps needs far fewer."""
CLIENT_ID_WIDTH = _TRADE_WIDTH + 1 + _ATTEMPT_WIDTH + _CHECK_WIDTH


class Role(StrEnum):
    """What an order is for. The watchdog has letters of its own, so its ids never meet the engine's."""

    ENTRY = "e"
    DISASTER = "d"
    WORKING = "w"
    TARGET = "t"
    TRAILING = "n"
    CLOSE = "x"
    CANARY = "c"
    WATCHDOG_STOP = "y"
    WATCHDOG_CLOSE = "z"
    ASKED_STOP = "a"
    ASKED_TARGET = "b"
    ASKED_TRAIL = "l"


ASKED_ROLES = frozenset({Role.ASKED_STOP, Role.ASKED_TARGET, Role.ASKED_TRAIL})
"""Somebody asked for it beside the plan: it is ours, and no stop of the plan is measured by it."""
TARGET_ROLES = frozenset({Role.TARGET, Role.ASKED_TARGET})
"""Orders that take a profit; they protect nothing."""


PARSED_MAX = 4_096
"""Ids whose parts are remembered: each order is told of many times, and a look shows all that rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderName:
    """A client id taken apart."""

    trade_id: TradeId
    role: Role
    attempt: int


def account_tag(account: str) -> str:
    """Three base-36 characters that mark the orders of an account name."""
    return _encode(zlib.crc32(account.encode()) % 36**_TAG_WIDTH, _TAG_WIDTH)


def mint_trade_id(*, tag: str, fence: int, ordinal: int) -> TradeId:
    """The id of the `ordinal`-th trade under fencing number `fence`.

    The fence is at least the wall clock in seconds when the lease was taken, so ids do not repeat even when the
    disk was lost in between.
    """
    invariant(len(tag) == _TAG_WIDTH, "O1", tag=tag)
    return TradeId(f"{_PREFIX}{tag}{_encode(fence, _FENCE_WIDTH)}{_encode(ordinal, _ORDINAL_WIDTH)}")


def fence_of(trade_id: TradeId) -> int:
    """The fencing number a trade was minted under."""
    return int(trade_id[len(_PREFIX) + _TAG_WIDTH :][:_FENCE_WIDTH], 36)


def client_id(trade_id: TradeId, role: Role, attempt: int) -> ClientId:
    """Derive the client order id of one attempt at one role of a trade (O2: the same intent, the same id)."""
    invariant(len(trade_id) == _TRADE_WIDTH, "O2", trade_id=trade_id)
    stem = f"{trade_id}{role.value}{_encode(attempt, _ATTEMPT_WIDTH)}"
    return ClientId(stem + _check(stem))


@lru_cache(maxsize=PARSED_MAX)
def parse_client_id(text: str) -> OrderName | None:
    """Take a client id apart; None when it is not one of jackline's, whatever the account."""
    if len(text) != CLIENT_ID_WIDTH or not text.startswith(_PREFIX):
        return None
    stem, check = text[:-_CHECK_WIDTH], text[-_CHECK_WIDTH:]
    if _check(stem) != check or any(character not in _DIGITS for character in stem):
        return None
    letter = stem[_TRADE_WIDTH]
    if letter not in {role.value for role in Role}:
        return None
    return OrderName(
        trade_id=TradeId(stem[:_TRADE_WIDTH]),
        role=Role(letter),
        attempt=int(stem[_TRADE_WIDTH + 1 :], 36),
    )


def is_ours(text: str, tag: str) -> bool:
    """True when the client id re-derives and carries this account's tag."""
    name = parse_client_id(text)
    return name is not None and name.trade_id[1 : 1 + _TAG_WIDTH] == tag


def may_be_ours(text: str, tag: str) -> bool:
    """Ours, or without an id: where stops have none, ours is told from a stranger's by records, and those get lost.

    A stop is not loosened by whoever cannot tell (P4); what is cancelled is only what `is_ours`.
    """
    return not text or is_ours(text, tag)


def _check(stem: str) -> str:
    return _encode(zlib.crc32(stem.encode()) % 36**_CHECK_WIDTH, _CHECK_WIDTH)


def _encode(number: int, width: int) -> str:
    invariant(0 <= number < 36**width, "O1", number=number, width=width)
    digits: list[str] = []
    for _ in range(width):
        number, digit = divmod(number, 36)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
