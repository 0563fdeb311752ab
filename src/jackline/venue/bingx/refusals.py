"""BingX's numbers in the protocol's words. The number decides, never the text, never an exception's class."""

from __future__ import annotations

from jackline.core.outcomes import Refusal, Refused

CODES: dict[int, Refusal] = {
    110411: Refusal.STOP_REACHED,
    110412: Refusal.STOP_REACHED,
    110413: Refusal.STOP_REACHED,
    110414: Refusal.STOP_REACHED,
    101481: Refusal.DUPLICATE_ID,
    109201: Refusal.DUPLICATE_ID,
    110406: Refusal.STOP_EXISTS,
    101205: Refusal.NOTHING_TO_REDUCE,
    109420: Refusal.NOTHING_TO_REDUCE,
    101290: Refusal.NOTHING_TO_REDUCE,
    110424: Refusal.REDUCE_BLOCKED,
    101211: Refusal.PRICE_BAND,
    80017: Refusal.WRONG_MODE,
    109421: Refusal.ORDER_GONE,
    80016: Refusal.ORDER_GONE,
    100410: Refusal.OVERLOADED,
    109429: Refusal.OVERLOADED,
    403: Refusal.OVERLOADED,
    418: Refusal.OVERLOADED,
    429: Refusal.OVERLOADED,
}
"""Everything else is `Refusal.OTHER`. 80017 is told for a position side that does not fit the mode, and for no
position: whoever meets WRONG_MODE reads the mode, and finds out."""

NO_SUCH_ORDER = frozenset({109421, 80016})
BAD_TIMESTAMP = 100421
TOO_OFTEN = 100410
AMBIGUOUS_ID = 101400
"""An id that is taken, and an order below the minimum: a query by that id tells them apart."""
AMBIGUOUS_MODE = 109400
"""Any wrong parameter, a mode that does not fit among them: a read of the mode tells them apart."""
KEY_REFUSED = frozenset({100413, 100419})
"""The key is none, or is gone; the address is not one of its."""
NOT_TAKEN_CODES = frozenset({BAD_TIMESTAMP, TOO_OFTEN})
"""The venue did not place it and will take the same request a moment later."""
UNDECIDED_CODES = frozenset({100500, 109500, 110500})
"""Busy: the venue does not say whether it has happened."""
OURS = 0
"""Code of a refusal that never reached the venue."""


def refused(code: int, text: str) -> Refused:
    """The venue's no."""
    return Refused(kind=CODES.get(code, Refusal.OTHER), code=code, text=text)
