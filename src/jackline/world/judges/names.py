"""Client order ids taken apart: `j tag(3) fence(6) ordinal(4) | role(1) attempt(3) check(2)`, base 36.

Written a second time on purpose: a judge that parsed with the engine's parser would share its mistakes.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

_WIDTH: Final = 20
_STEM: Final = 18
_TRADE: Final = 14
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


class Role(StrEnum):
    """What an order says it is for."""

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


STOPS: Final = (Role.DISASTER, Role.WORKING, Role.WATCHDOG_STOP)
CLOSES: Final = (Role.CLOSE, Role.WATCHDOG_CLOSE)
ASKED: Final = (Role.ASKED_STOP, Role.ASKED_TARGET, Role.ASKED_TRAIL)
"""Beside the plan, by somebody's wish: theirs to drop, and no stop of the plan is measured by them."""
PROTECTIVE: Final = (*STOPS, Role.TARGET, Role.TRAILING, *CLOSES, *ASKED)
_ROLES: Final = {role.value: role for role in Role}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderName:
    """An id of ours."""

    trade_id: str
    role: Role
    attempt: int


@lru_cache(maxsize=4096)
def parse(client_id: str) -> OrderName | None:
    """The parts of a client id; None when it is a stranger's."""
    if len(client_id) != _WIDTH or client_id[0] != "j" or any(one not in _DIGITS for one in client_id):
        return None
    role = _ROLES.get(client_id[_TRADE])
    if role is None or client_id[_STEM:] != _check(client_id[:_STEM]):
        return None
    attempt = int(client_id[_TRADE + 1 : _STEM], 36)
    return OrderName(trade_id=client_id[:_TRADE], role=role, attempt=attempt)


def spell(trade_id: str, role: Role, attempt: int) -> str:
    """The client id of these parts."""
    high, low = divmod(attempt, 36)
    stem = f"{trade_id}{role.value}{_DIGITS[high // 36]}{_DIGITS[high % 36]}{_DIGITS[low]}"
    return stem + _check(stem)


def _check(stem: str) -> str:
    high, low = divmod(zlib.crc32(stem.encode()) % 36**2, 36)
    return _DIGITS[high] + _DIGITS[low]
