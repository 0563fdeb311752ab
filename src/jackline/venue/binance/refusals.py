"""Binance's numbers in the protocol's words. The number decides, never the text, never an exception's
class."""

from __future__ import annotations

from jackline.core.outcomes import Refusal, Refused

CODES: dict[int, Refusal] = {
    -2021: Refusal.STOP_REACHED,
    -4116: Refusal.DUPLICATE_ID,
    -20132: Refusal.DUPLICATE_ID,
    -4130: Refusal.STOP_EXISTS,
    -4509: Refusal.NEEDS_POSITION,
    -2022: Refusal.NOTHING_TO_REDUCE,
    -4118: Refusal.REDUCE_BLOCKED,
    -4131: Refusal.PRICE_BAND,
    -4016: Refusal.PRICE_BAND,
    -4024: Refusal.PRICE_BAND,
    -4061: Refusal.WRONG_MODE,
    -2011: Refusal.ORDER_GONE,
    -2013: Refusal.ORDER_GONE,
    -20124: Refusal.ORDER_GONE,
    -1106: Refusal.FLAG_REFUSED,
    -4136: Refusal.FLAG_REFUSED,
    -4138: Refusal.FLAG_REFUSED,
    -1003: Refusal.OVERLOADED,
    -1008: Refusal.OVERLOADED,
    -1015: Refusal.OVERLOADED,
    429: Refusal.OVERLOADED,
    418: Refusal.OVERLOADED,
}
"""Everything else is `Refusal.OTHER`."""

NO_SUCH_ORDER = -2013
BAD_TIMESTAMP = -1021
KEY_REFUSED = frozenset({-2014, -2015})
"""The key is none, is gone, may not do this, or not from this address."""
NOT_TAKEN_CODES = frozenset({BAD_TIMESTAMP, -1008, -1015})
"""The venue did not place it and will take the same request a moment later."""
UNDECIDED_CODES = frozenset({-1000, -1001, -1006, -1007})
"""The venue says that it does not know either."""
OURS = 0
"""Code of a refusal that never reached the venue: paced by its ceiling, or contradicted by a fresh read."""


def refused(code: int, text: str) -> Refused:
    """The venue's no."""
    return Refused(kind=CODES.get(code, Refusal.OTHER), code=code, text=text)
