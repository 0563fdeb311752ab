"""What a request weighs, by the venue's documentation: what is under way is counted before the venue says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

UNKNOWN_WEIGHT: Final = 5
"""Of a route that is not in the table: what most reads of an account cost."""
_PLACEMENTS: Final = frozenset({"order", "algoOrder"})
"""Orders are counted in windows of their own, and weigh nothing."""
_READS: Final[Mapping[str, int]] = {
    "account": 5,
    "account/apiRestrictions": 1,
    "accountConfig": 5,
    "algoOrder": 1,
    "exchangeInfo": 1,
    "income": 30,
    "leverageBracket": 1,
    "order": 1,
    "positionRisk": 5,
    "symbolConfig": 5,
    "time": 1,
    "userTrades": 5,
}
_OF_ALL: Final[Mapping[str, tuple[int, int]]] = {
    "openAlgoOrders": (1, 40),
    "openOrders": (1, 40),
    "premiumIndex": (1, 10),
    "ticker/24hr": (1, 40),
    "ticker/bookTicker": (2, 5),
}
"""Of one symbol, and of all of them."""
_BARS: Final = ((99, 1), (499, 2), (1_000, 5), (1_500, 10))
"""Largest limit, and its weight."""
BARS_DEFAULT: Final = 500


def request_weight(method: str, path: str, params: Mapping[str, str]) -> int:
    """What one request counts against its address."""
    if method != "GET":
        return 0 if path in _PLACEMENTS and method != "DELETE" else 1
    if path in _OF_ALL:
        one, every = _OF_ALL[path]
        return one if "symbol" in params else every
    if path == "klines":
        limit = int(params.get("limit", BARS_DEFAULT))
        return next((weight for largest, weight in _BARS if limit <= largest), _BARS[-1][1])
    return _READS.get(path, UNKNOWN_WEIGHT)
