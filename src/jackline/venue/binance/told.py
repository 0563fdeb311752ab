"""What was told already: the same event comes once over each socket, and a venue may repeat itself. Pure."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar, assert_never

from jackline.venue.binance.frames import (
    AccountConfigUpdate,
    AccountUpdate,
    AlgoUpdate,
    ListenKeyExpired,
    MarginCall,
    OrderTradeUpdate,
    TradeLite,
    UserFrame,
)

REMEMBERED_MAX = 4_096
"""Minutes of the busiest account; what is older and told again is a hint again, which is harmless."""

Key = TypeVar("Key")
Value = TypeVar("Value")

Identity = tuple[object, ...]


class Memory(Generic[Key, Value]):
    """The last so many keys and what they stand for; the oldest goes first."""

    def __init__(self, size: int = REMEMBERED_MAX) -> None:
        self._size = size
        self._kept: OrderedDict[Key, Value] = OrderedDict()

    def keep(self, key: Key, value: Value) -> bool:
        """Remember it. False where the key is known already, which changes nothing."""
        if key in self._kept:
            return False
        self._kept[key] = value
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)
        return True

    def get(self, key: Key, otherwise: Value) -> Value:
        """What the key stands for."""
        return self._kept.get(key, otherwise)


def identity(frame: UserFrame) -> Identity:
    """Equal for two tellings of one event, on whichever socket; different for any two events.

    Never the time of telling where the time of happening is known. A trailing stop says NEW twice, with another `ia`.
    """
    match frame:
        case TradeLite():
            return ("TRADE_LITE", frame.T, frame.s, frame.i, frame.t)
        case OrderTradeUpdate(o=order):
            happened_ms = frame.T or order.T
            return ("ORDER_TRADE_UPDATE", happened_ms, order.s, order.i, order.x, order.X, order.t)
        case AlgoUpdate(o=algo):
            return ("ALGO_UPDATE", frame.T, algo.aid, algo.X, algo.ai, algo.ia)
        case AccountUpdate(a=account):
            moved = tuple((position.s, position.ps, position.pa) for position in account.P)
            return ("ACCOUNT_UPDATE", frame.T, account.m, moved)
        case AccountConfigUpdate(ac=setting):
            said = None if setting is None else (setting.s, setting.l)
            return ("ACCOUNT_CONFIG_UPDATE", frame.T or frame.E, said)
        case MarginCall():
            return ("MARGIN_CALL", frame.E)
        case ListenKeyExpired():
            return ("listenKeyExpired", frame.E, frame.listenKey)
        case _:
            assert_never(frame)
