"""BingX's numbers, and that texts and classes decide nothing."""

from __future__ import annotations

from typing import Any

import pytest

from jackline.core.outcomes import NotSent, Refusal, Refused, Unknown
from jackline.venue.bingx.refusals import CODES, NOT_TAKEN_CODES, UNDECIDED_CODES
from jackline.venue.bingx.wire import failure, read_failure
from jackline.venue.net import NetTrouble
from jackline.venue.transport.failures import Garbled, VenueSaid
from jackline.venue.transport.gate import GateRefused

MEANT = {
    110411: Refusal.STOP_REACHED,
    110412: Refusal.STOP_REACHED,
    110413: Refusal.STOP_REACHED,
    110414: Refusal.STOP_REACHED,
    110406: Refusal.STOP_EXISTS,
    101205: Refusal.NOTHING_TO_REDUCE,
    109420: Refusal.NOTHING_TO_REDUCE,
    101290: Refusal.NOTHING_TO_REDUCE,
    110424: Refusal.REDUCE_BLOCKED,
    101211: Refusal.PRICE_BAND,
    80017: Refusal.WRONG_MODE,
    101481: Refusal.DUPLICATE_ID,
    109201: Refusal.DUPLICATE_ID,
    109421: Refusal.ORDER_GONE,
    80016: Refusal.ORDER_GONE,
    100410: Refusal.OVERLOADED,
    109429: Refusal.OVERLOADED,
    101204: Refusal.OTHER,
    101253: Refusal.OTHER,
    110206: Refusal.OTHER,
    110203: Refusal.OTHER,
    109400: Refusal.OTHER,
    101400: Refusal.OTHER,
    77: Refusal.OTHER,
}


@pytest.mark.parametrize("code", MEANT)
@pytest.mark.parametrize("text", ["", "order not exist", "busy, please try again later"])
def test_the_number_decides_and_never_the_text(code: int, text: str) -> None:
    assert failure(VenueSaid(200, code, text)) == Refused(kind=MEANT[code], code=code, text=text)


@pytest.mark.parametrize("code", sorted(UNDECIDED_CODES))
def test_busy_is_unknown(code: int) -> None:
    assert isinstance(failure(VenueSaid(200, code, "busy")), Unknown)


@pytest.mark.parametrize("status", [408, 500, 502, 504])
@pytest.mark.parametrize("code", [None, 101204])
def test_a_gateway_that_gave_up_is_unknown_whatever_it_says(status: int, code: int | None) -> None:
    assert isinstance(failure(VenueSaid(status, code, "needs confirmation")), Unknown)


@pytest.mark.parametrize("status", [403, 418, 429])
def test_what_the_outer_wall_stopped_was_not_placed(status: int) -> None:
    outcome = failure(VenueSaid(status, None, "<html>"))
    assert isinstance(outcome, Refused)
    assert outcome.kind is Refusal.OVERLOADED


@pytest.mark.parametrize(
    "error", [Garbled("{}"), TimeoutError(), NetTrouble("reset"), VenueSaid(404, None, "")]
)
def test_anything_else_is_unknown(error: Exception) -> None:
    assert isinstance(failure(error), Unknown)
    assert isinstance(read_failure(error), Unknown)


def test_the_gates_no_is_not_sent_and_a_bug_is_a_bug() -> None:
    assert failure(GateRefused("P2", "why")) == NotSent(why="P2: why")
    assert isinstance(read_failure(GateRefused("P2", "why")), Unknown)
    bug: Any = KeyError("x")
    with pytest.raises(KeyError):
        failure(bug)


def test_no_number_is_two_things() -> None:
    assert not UNDECIDED_CODES & CODES.keys()
    assert not UNDECIDED_CODES & NOT_TAKEN_CODES
