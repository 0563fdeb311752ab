"""Each venue's codes in the protocol's words. The code decides, never the text, never an exception's class.

From ccxt 4.5.90's tables, which quote the venues. A code that is not here means `Refusal.OTHER`; where a meaning has no
code at all, nobody wrote one down, and it stays unknown (docs/venues.md lists them). So do codes that only say "busy":
whether the order was placed is not known then, and `Refusal.OVERLOADED` promises that it was not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from jackline.core.outcomes import Refusal, Refused
from jackline.venue.recorded.profiles import RecordedProfile

UNNUMBERED = 0
"""`Refused.code` of a venue that answers with words; the word stands first in the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """One venue's codes, as text. `bad_clock`: the time stamp was refused, so nothing was placed."""

    meanings: Mapping[str, Refusal]
    bad_clock: frozenset[str] = field(default_factory=frozenset)


CODES: dict[str, Codes] = {
    "bybit": Codes(
        meanings={
            "110092": Refusal.STOP_REACHED,
            "110093": Refusal.STOP_REACHED,
            "110072": Refusal.DUPLICATE_ID,
            "110017": Refusal.NOTHING_TO_REDUCE,
            "110034": Refusal.NEEDS_POSITION,
            "110001": Refusal.ORDER_GONE,
            "110008": Refusal.ORDER_GONE,
            "110010": Refusal.ORDER_GONE,
            "10006": Refusal.OVERLOADED,
            "10018": Refusal.OVERLOADED,
            "403": Refusal.OVERLOADED,
        },
        bad_clock=frozenset({"10002"}),
    ),
    "okx": Codes(
        meanings={
            "51278": Refusal.STOP_REACHED,
            "51280": Refusal.STOP_REACHED,
            "51016": Refusal.DUPLICATE_ID,
            "51023": Refusal.NEEDS_POSITION,
            "51400": Refusal.ORDER_GONE,
            "51603": Refusal.ORDER_GONE,
            "51503": Refusal.ORDER_GONE,
            "50011": Refusal.OVERLOADED,
            "50061": Refusal.OVERLOADED,
        },
        bad_clock=frozenset({"50102", "50112"}),
    ),
    "bitget": Codes(
        meanings={
            "40917": Refusal.STOP_REACHED,
            "45122": Refusal.STOP_REACHED,
            "40774": Refusal.WRONG_MODE,
            "40768": Refusal.ORDER_GONE,
            "43025": Refusal.ORDER_GONE,
            "429": Refusal.OVERLOADED,
        },
        bad_clock=frozenset({"40004", "40005", "40008"}),
    ),
    "kucoin-futures": Codes(
        meanings={
            "300009": Refusal.NOTHING_TO_REDUCE,
            "330012": Refusal.WRONG_MODE,
            "100001": Refusal.ORDER_GONE,
            "100004": Refusal.ORDER_GONE,
            "429": Refusal.OVERLOADED,
            "429000": Refusal.OVERLOADED,
        },
        bad_clock=frozenset({"400002"}),
    ),
    # Its answers are sentences without codes, and sentences are not branched on: everything is OTHER.
    "hyperliquid": Codes(meanings={}),
    "htx": Codes(
        meanings={
            "1048": Refusal.NOTHING_TO_REDUCE,
            "1017": Refusal.ORDER_GONE,
            "1051": Refusal.ORDER_GONE,
            "1061": Refusal.ORDER_GONE,
        }
    ),
    "gate": Codes(
        meanings={
            "AUTO_TRIGGER_PRICE_LESS_LAST": Refusal.STOP_REACHED,
            "AUTO_TRIGGER_PRICE_GREATE_LAST": Refusal.STOP_REACHED,
            "INCREASE_POSITION": Refusal.NOTHING_TO_REDUCE,
            "POSITION_EMPTY": Refusal.NOTHING_TO_REDUCE,
            "ORDER_NOT_FOUND": Refusal.ORDER_GONE,
            "CLIENT_ID_NOT_FOUND": Refusal.ORDER_GONE,
            "ORDER_FINISHED": Refusal.ORDER_GONE,
            "TOO_MANY_REQUESTS": Refusal.OVERLOADED,
        },
        bad_clock=frozenset({"REQUEST_EXPIRED"}),
    ),
    "mexc": Codes(
        meanings={
            "2009": Refusal.NEEDS_POSITION,
            "429": Refusal.OVERLOADED,
            "510": Refusal.OVERLOADED,
        },
        bad_clock=frozenset({"700003"}),
    ),
}

TOLD_APART: tuple[Refusal, ...] = (
    Refusal.STOP_REACHED,
    Refusal.NOTHING_TO_REDUCE,
    Refusal.DUPLICATE_ID,
    Refusal.OVERLOADED,
    Refusal.NEEDS_POSITION,
    Refusal.WRONG_MODE,
    Refusal.ORDER_GONE,
)
"""What the core acts upon differently."""


def refused(profile: RecordedProfile, code: str, text: str) -> Refused:
    """The venue's no. Codes that are words leave `Refused.code` at `UNNUMBERED`."""
    kind = CODES[profile.name].meanings.get(code, Refusal.OTHER)
    if code.isdecimal():
        return Refused(kind=kind, code=int(code), text=text)
    return Refused(kind=kind, code=UNNUMBERED, text=f"{code}: {text}")


def is_bad_clock(profile: RecordedProfile, code: str) -> bool:
    """The time stamp was refused: nothing was placed, measure the clock and send the same again."""
    return code in CODES[profile.name].bad_clock
