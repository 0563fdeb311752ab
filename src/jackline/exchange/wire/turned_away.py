"""Refusals from the venue's outer walls, before its books are asked: how each number is said."""

from typing import Final

from jackline.exchange.errors import spoken
from jackline.exchange.wire.limits import BANNED, ORDERS_PER_TEN_SECONDS, WEIGHT_PER_MINUTE, ban_text

KEY_REFUSED: Final = -2015

# Placeholders of the venue's own texts, filled in where no request supplies them.
_FACTS: Final[dict[str, object]] = {
    "limit": WEIGHT_PER_MINUTE,
    "window": "10 SECONDS",
    "name": "timestamp",
    "read": 0,
    "sent": 1,
    "price": 0,
    "notional": 100,
    "leverage": 0,
    "type": "STOP_MARKET",
}
_FACTS_OF: Final[dict[int, dict[str, object]]] = {-1015: _FACTS | {"limit": ORDERS_PER_TEN_SECONDS}}


def knows(code: int) -> bool:
    """Whether a number can be said here."""
    try:
        say(code, until_ms=None)
    except KeyError:
        return False
    return True


def say(code: int, *, until_ms: int | None) -> tuple[int, str]:
    """(HTTP status, text) of a number; a ban names the wire time of its end. KeyError for one nobody says."""
    if code == BANNED and until_ms is not None:
        return 429, ban_text(until_ms)
    return spoken(code, **(_FACTS_OF.get(code) or _FACTS))
