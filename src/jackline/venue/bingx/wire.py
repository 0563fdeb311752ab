"""BingX's signed wire: what an answer of this venue says, and what its no means.

Refusals come under HTTP 200, with a number in the envelope.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from jackline.core.outcomes import NotSent, Refused, Unknown
from jackline.venue.bingx.refusals import TOO_OFTEN, UNDECIDED_CODES, refused
from jackline.venue.net import Pool
from jackline.venue.port import Failed
from jackline.venue.transport import failures
from jackline.venue.transport.endpoint import Endpoint
from jackline.venue.transport.failures import TEXT_MAX, Garbled, VenueSaid
from jackline.venue.transport.one_venue import exchange_class
from jackline.venue.transport.signed import SignedWireMechanics, Signing

bingx: Any
bingx, _ = exchange_class("bingx")

NOT_PLACED_STATUSES = frozenset({403, 418, 429})
"""Stopped before the matching engine, even when the body is not the venue's JSON."""

_BAN = re.compile(r"after (\d{13})")


class SignedWire(SignedWireMechanics, bingx):  # type: ignore[misc] # ccxt is untyped
    """A signer in front of one pool. Every request passes the gate; every answer is judged here and nowhere else."""

    def __init__(
        self, signing: Signing, *, endpoint: Endpoint, ban: Callable[[int], None], pool: Pool
    ) -> None:
        self._ban = ban
        root = f"{endpoint.rest}/openApi"
        super().__init__(signing, pool=pool, urls={"swap": root, "user": root})

    def handle_errors(
        self,
        code: int,
        reason: str,
        url: str,
        method: str,
        headers: Mapping[str, str],
        body: str,
        response: Any,
        requestHeaders: Any,
        requestBody: Any,
    ) -> None:
        """The single judge of an answer; replaces ccxt's tables of classes and texts."""
        number, text = _venue_error(response)
        until = _BAN.search(text) if number == TOO_OFTEN else None
        if until is not None:
            # The only place where a text is read, because the venue says the end of a ban nowhere else.
            self._ban(int(until.group(1)))
        if code >= 400 or number:
            raise VenueSaid(code, number or None, text or body[:TEXT_MAX])
        if not isinstance(response, dict):
            raise Garbled(f"HTTP {code} with {body[:TEXT_MAX]!r}")


def failure(error: BaseException) -> Refused | Unknown | NotSent:
    """What an exception of the wire means. Anything that is not the venue's clear no is unknown."""
    return failures.failure(error, _said)


def read_failure(error: BaseException) -> Failed:
    """The same for a question."""
    return failures.read_failure(error, _said)


def _said(error: VenueSaid) -> Refused | Unknown:
    if error.code in UNDECIDED_CODES or error.status == 408 or error.status >= 500:
        return Unknown(cause=str(error))
    if error.code is not None:
        return refused(error.code, error.text)
    if error.status in NOT_PLACED_STATUSES:
        return refused(error.status, error.text)
    return Unknown(cause=str(error))


def _venue_error(response: Any) -> tuple[int | None, str]:
    """The venue's number, 0 for none, and its text; a flat answer has neither."""
    if not isinstance(response, dict):
        return None, ""
    number = response.get("code")
    text = str(response.get("msg", ""))
    return (number, text) if isinstance(number, int) else (None, text)
