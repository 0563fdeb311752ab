"""What can go wrong between signing and a typed answer, and what a placement may be called afterwards."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from jackline.core.outcomes import NotSent, Refused, Unknown
from jackline.venue.net import NetTrouble
from jackline.venue.port import Failed
from jackline.venue.transport.gate import GateRefused
from jackline.venue.transport.one_venue import errors_of_ccxt

BaseError: type[Exception] = errors_of_ccxt()

TEXT_MAX = 200
"""Of a garbled answer, enough to recognise what spoke."""


class VenueSaid(Exception):
    """The venue refused: HTTP status, its own code (else the status), its text."""

    def __init__(self, status: int, code: int | None, text: str) -> None:
        self.status = status
        self.code = code
        self.text = text
        super().__init__(f"HTTP {status}, code {code}: {text}")


class Garbled(Exception):
    """HTTP 200 and not the venue's JSON: empty, HTML, truncated, or of another shape."""


Said = Callable[[VenueSaid], Refused | Unknown]
"""What a venue's own no means: each venue has its numbers."""


def failure(error: BaseException, said: Said) -> Refused | Unknown | NotSent:
    """What an exception of the wire means. Anything that is not the venue's clear no is unknown."""
    match error:
        case GateRefused(code=code, why=why):
            return NotSent(why=f"{code}: {why}")
        case VenueSaid():
            return said(error)
        case Garbled() | msgspec.ValidationError():
            return Unknown(cause=f"garbled answer: {error}"[:TEXT_MAX])
        case TimeoutError():
            return Unknown(cause="no answer within the deadline")
        case NetTrouble():
            return Unknown(cause=f"no whole answer: {error}"[:TEXT_MAX])
        case BaseError():
            # ccxt would not sign it. Its text is not repeated: it may hold the address.
            return Unknown(cause=f"not signed: {type(error).__name__}")
        case _:
            raise error


def read_failure(error: BaseException, said: Said) -> Failed:
    """The same for a question, which the gate stops only where this process no longer speaks for its account."""
    outcome = failure(error, said)
    if isinstance(outcome, NotSent):
        return Unknown(cause=outcome.why)
    return outcome


WIRE_TROUBLE = (GateRefused, VenueSaid, Garbled, msgspec.ValidationError, TimeoutError, NetTrouble, BaseError)
"""Everything `failure` understands; anything else is a bug and propagates."""
