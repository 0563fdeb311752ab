"""The signed wire: ccxt signs, a pool sends; what comes back is our exception with the venue's number, or JSON.

ccxt's exception classes and messages are never looked at: they change with the base URL and with the
venue's wording. Nor are its clock, its queue and its sockets used.
"""

from __future__ import annotations

import copy
import logging
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Self

import msgspec

from jackline.core.outcomes import NotSent, Refused, Unknown
from jackline.core.values import WireMs
from jackline.venue.binance.endpoint import Credentials, Endpoint
from jackline.venue.binance.gate import GateRefused, RequestGate
from jackline.venue.binance.one_venue import exchange_class
from jackline.venue.binance.pace import Pace
from jackline.venue.binance.refusals import UNDECIDED_CODES, refused
from jackline.venue.net import NetTrouble, Pool
from jackline.venue.port import Failed

binanceusdm: Any
BaseError: type[Exception]
binanceusdm, BaseError = exchange_class("binanceusdm")

NOT_PLACED_STATUSES = frozenset({403, 418, 429})
"""Stopped before the matching engine, even when the body is not the venue's JSON."""
NOT_OFFERED = 404
"""The address exists and the route does not."""
THROTTLED = -1008
TEXT_MAX = 200
"""Of a garbled answer, enough to recognise what spoke."""

_BAN = re.compile(r"until (\d{13})")
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


class VenueSaid(Exception):
    """The venue refused: HTTP status, its own code (else the status), its text."""

    def __init__(self, status: int, code: int | None, text: str) -> None:
        self.status = status
        self.code = code
        self.text = text
        super().__init__(f"HTTP {status}, code {code}: {text}")


class Garbled(Exception):
    """HTTP 200 and not the venue's JSON: empty, HTML, truncated, or of another shape."""


class HeaderSink:
    """What the wire tells about limits with each answer."""

    def __init__(self, *, weight: Callable[[int], None], ban: Callable[[int], None]) -> None:
        self.weight = weight
        self.ban = ban


class SignedWire(binanceusdm):  # type: ignore[misc] # ccxt is untyped
    """A signer in front of one pool. Every request passes the gate; every answer is judged here and nowhere else."""

    def __init__(
        self,
        *,
        endpoint: Endpoint,
        credentials: Credentials,
        gate: RequestGate,
        venue_ms: Callable[[], WireMs],
        headers: HeaderSink,
        pool: Pool,
    ) -> None:
        self._gate = gate
        self._venue_ms = venue_ms
        self._header_sink = headers
        self._pool = pool
        self._pace: Pace | None = None
        super().__init__(
            {
                "apiKey": credentials.api_key,
                "secret": credentials.secret,
                "enableRateLimit": False,
                "options": {"maxRetriesOnFailure": 0},
            }
        )
        root = f"{endpoint.rest}/fapi"
        # Only these: a call to any other part of the venue finds no address.
        self.urls["api"] = {
            "fapiPublic": f"{root}/v1",
            "fapiPrivate": f"{root}/v1",
            "fapiPrivateV3": f"{root}/v3",
            # Only ever asked what the key may do.
            "sapi": f"{endpoint.rest}/sapi/v1",
        }
        # ccxt writes headers, the key among them, at debug level (S1).
        self.logger.setLevel(logging.WARNING)

    def before(self, pool: Pool, *, pace: Pace | None = None) -> Self:
        """The same signer in front of another pool, at a pace where one is given.

        A copy, because building one takes milliseconds that a restart would spend before its first stop.
        """
        other = copy.copy(self)
        other._pool = pool
        other._pace = pace
        other.enableRateLimit = pace is not None
        return other

    def nonce(self) -> int:
        """Time stamp of a request, by the venue's clock."""
        return int(self._venue_ms())

    def milliseconds(self) -> int:
        """The wall, in ccxt's own words; its book-keeping gets our time."""
        return int(self._venue_ms())

    async def throttle(self, cost: float | None = None) -> None:
        """Instead of ccxt's own queue, which counts on the wall clock in a task that outlives who waits in it."""
        if self._pace is not None:
            await self._pace.take(1.0 if cost is None else cost)

    async def fetch(
        self, url: str, method: str = "GET", headers: dict[str, str] | None = None, body: str | None = None
    ) -> Any:
        """Send what was signed; the answer judged."""
        sent = self.prepare_request_headers(headers)
        answer = await self._pool.fetch(method, url, sent, body)
        text = answer.text.strip()
        tree = self.parse_json(text)
        self.handle_errors(answer.status, answer.reason, url, method, answer.headers, text, tree, sent, body)
        return tree

    def parse_json(self, http_response: str) -> Any:
        """Exact: integers stay integers, decimals become `Decimal`. None when it is not JSON."""
        try:
            return _decode(http_response)
        except (msgspec.DecodeError, UnicodeEncodeError):
            return None

    def sign(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Sign, then let the gate see exactly what would leave."""
        signed: dict[str, Any] = super().sign(*args, **kwargs)
        self._gate.check(method=signed["method"], url=signed["url"], body=signed["body"])
        return signed

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
        weight = headers.get("x-mbx-used-weight-1m", "")
        if weight.isdigit():
            self._header_sink.weight(int(weight))
        number, text = _venue_error(response)
        if code in {418, 429}:
            self._header_sink.ban(_ban_end(headers, text or body, int(self._venue_ms())))
        if code >= 400:
            raise VenueSaid(code, number, text or body[:TEXT_MAX])
        if number is not None and number < 0:
            raise VenueSaid(code, number, text)
        if not isinstance(response, dict | list):
            raise Garbled(f"HTTP {code} with {body[:TEXT_MAX]!r}")

    async def shut(self) -> None:
        """Close the pool."""
        await self._pool.close()


def failure(error: BaseException) -> Refused | Unknown | NotSent:
    """What an exception of the wire means. Anything that is not the venue's clear no is unknown."""
    match error:
        case GateRefused(code=code, why=why):
            return NotSent(why=f"{code}: {why}")
        case VenueSaid():
            return _said(error)
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


def read_failure(error: BaseException) -> Failed:
    """The same for a question, which the gate never stops."""
    outcome = failure(error)
    if isinstance(outcome, NotSent):
        return Unknown(cause=outcome.why)
    return outcome


WIRE_TROUBLE = (GateRefused, VenueSaid, Garbled, msgspec.ValidationError, TimeoutError, NetTrouble, BaseError)
"""Everything `failure` understands; anything else is a bug and propagates."""


def _said(error: VenueSaid) -> Refused | Unknown:
    if error.code in UNDECIDED_CODES:
        return Unknown(cause=str(error))
    if error.status == 408 or (error.status >= 500 and error.code != THROTTLED):
        return Unknown(cause=str(error))
    if error.code is not None:
        return refused(error.code, error.text)
    if error.status in NOT_PLACED_STATUSES:
        return refused(error.status, error.text)
    return Unknown(cause=str(error))


def _venue_error(response: Any) -> tuple[int | None, str]:
    """The venue's code and text. A cancel says ``"code": "200"``: a string, and no error."""
    if not isinstance(response, dict):
        return None, ""
    number = response.get("code")
    text = str(response.get("msg", ""))
    return (number, text) if isinstance(number, int) else (None, text)


def _ban_end(headers: Mapping[str, str], text: str, now_ms: int) -> int:
    """End of a ban: the only place where a text is read, because the venue says it nowhere else."""
    found = _BAN.search(text)
    if found:
        return int(found.group(1))
    after = headers.get("retry-after", "")
    return now_ms + (int(after) * 1_000 if after.isdigit() else 1_000)
