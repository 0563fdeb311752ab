"""What BingX says when it says no, and how it puts what the venue refuses.

Sources: the common error codes of BingX's swap reference, the codes that ccxt knows, and threads (exchanges, 3). The
numbers are the contract. Which of 110411 to 110414 means which leg is not written down: the assignment is ours.
"""

from typing import Final

from jackline.exchange.errors import VenueError
from jackline.exchange.wire.turned_away import say

_TEXTS: Final[dict[int, str]] = {
    100001: "Signature verification failed",
    100400: "listenKey not exist",
    100410: "rate limited, please try again later",
    100412: "Null signature",
    100413: "Incorrect apiKey",
    100421: "Null timestamp or timestamp mismatch",
    100500: "The current system is busy, please try again later",
    101204: "Insufficient margin",
    101205: "No position to close",
    101209: "The maximum position value for this leverage is exceeded",
    101211: "The order price is out of the allowed range",
    101290: "The Reduce Only order can only decrease the position",
    101400: "{reason}",
    101415: "This trading pair is suspended from trading",
    104103: "Position mode cannot be switched with open positions or pending orders",
    109400: "Invalid parameters, err:{reason}",
    109421: "order not exist",
    109425: "{symbol} not exist, please verify it",
    109500: "The current system is busy, please try again later",
    110203: "The order quantity is out of range",
    110206: "The number of TP/SL orders has reached the upper limit",
    110400: "The order does not meet its own conditions: {reason}",
    110406: "A stop-loss order exists for this position",
    110411: "The stop-loss price of a long position should be below the current price",
    110412: "The stop-loss price of a short position should be above the current price",
    110413: "The take-profit price of a long position should be above the current price",
    110414: "The take-profit price of a short position should be below the current price",
    110424: "The order size must be less than the available amount",
    110425: "Please ensure that the minimum nominal value of the order placed must be greater than {notional}u",
    110500: "Order system busy, please try again later",
}
PARAMETER: Final = 109400

_OF_VENUE: Final[dict[int, int]] = {
    -1000: 100500,
    -1001: 110500,
    -1003: 100410,
    -1006: 110500,
    -1007: 110500,
    -1008: 110500,
    -1015: 100410,
    -1021: 100421,
    -1022: 100001,
    -1125: 100400,
    -2011: 109421,
    -2013: 109421,
    -2014: 100413,
    -2015: 100413,
    -2019: 101204,
    -2021: 110411,
    -2022: 101290,
    -2027: 101209,
    -2028: 101204,
    -4003: 110203,
    -4004: 110203,
    -4005: 110203,
    -4016: 101211,
    -4024: 101211,
    -4045: 110206,
    -4050: 101204,
    -4067: 104103,
    -4068: 104103,
    -4116: 101400,
    -4118: 110424,
    -4130: 110406,
    -4131: 101211,
    -4140: 101415,
    -4141: 101415,
    -4164: 110425,
    -4509: 101205,
    -5021: 110400,
    -5022: 110400,
    -20124: 109421,
}
"""By the venue's numbers; every other one is a parameter that is wrong (109400), with the venue's own text."""


class BingxError(Exception):
    """A refusal in BingX's words. `code` is its number; it travels under HTTP 200."""

    def __init__(self, code: int, text: str) -> None:
        self.code = code
        self.text = text
        super().__init__(f"{code} {text}")


def refusal(code: int, **facts: object) -> BingxError:
    """`facts` fill the placeholders of the text. An unknown code is a programming error (KeyError)."""
    return BingxError(code, _TEXTS[code].format(**facts))


def wrong(reason: str) -> BingxError:
    """A parameter, or a combination of them, that BingX does not take."""
    return refusal(PARAMETER, reason=reason)


def translated(refused: VenueError) -> BingxError:
    """What the venue refused with, in BingX's words."""
    code = _OF_VENUE.get(refused.code, PARAMETER)
    text = _TEXTS.get(code, refused.text)
    return BingxError(code, refused.text if "{" in text else text)


def from_outside(code: int) -> BingxError:
    """A refusal that a rule of misbehaviour names by the venue's number."""
    said = _OF_VENUE.get(code, PARAMETER)
    text = _TEXTS.get(said, "")
    return BingxError(said, say(code, until_ms=None)[1] if "{" in text or not text else text)
