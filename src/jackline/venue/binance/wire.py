"""The signed wire: ccxt signs and sends; what comes back is our exception with the venue's number, or JSON.

ccxt's exception classes and messages are never looked at: they change with the base URL and with the
venue's wording.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import aiohttp
import msgspec

from jackline.core.outcomes import NotSent, Refused, Unknown
from jackline.core.values import WireMs
from jackline.venue.binance.endpoint import Credentials, Endpoint
from jackline.venue.binance.gate import GateRefused, RequestGate
from jackline.venue.binance.one_venue import exchange_class
from jackline.venue.binance.refusals import UNDECIDED_CODES, refused
from jackline.venue.port import Failed

binanceusdm: Any
BaseError: type[Exception]
binanceusdm, BaseError = exchange_class("binanceusdm")

NOT_PLACED_STATUSES = frozenset({403, 418, 429})
"""Stopped before the matching engine, even when the body is not the venue's JSON."""
THROTTLED = -1008
SOCKET_TIMEOUT_MS = 10_000
"""Backstop under the deadlines of each verb, which are all shorter."""
CONNECTIONS_MAX = 8
"""Per instance: a snapshot asks this many things at once."""
KEEP_ALIVE_S = 120
"""Idle connections stay warm between guard passes."""
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
    """One connection pool. Every request passes the gate; every answer is judged here and nowhere else."""

    def __init__(
        self,
        *,
        endpoint: Endpoint,
        credentials: Credentials,
        gate: RequestGate,
        venue_ms: Callable[[], WireMs],
        headers: HeaderSink,
        throttled: bool,
    ) -> None:
        self._gate = gate
        self._venue_ms = venue_ms
        self._header_sink = headers
        self._own_session = open_session()
        super().__init__(
            {
                "apiKey": credentials.api_key,
                "secret": credentials.secret,
                "enableRateLimit": throttled,
                "timeout": SOCKET_TIMEOUT_MS,
                "session": self._own_session,
                "asyncio_loop": asyncio.get_running_loop(),
                "options": {"maxRetriesOnFailure": 0},
            }
        )
        root = f"{endpoint.rest}/fapi"
        # Only these: a call to any other part of the venue finds no address.
        self.urls["api"] = {
            "fapiPublic": f"{root}/v1",
            "fapiPrivate": f"{root}/v1",
            "fapiPrivateV3": f"{root}/v3",
        }
        self.timeout_on_exit = 0
        # ccxt writes headers, the key among them, at debug level (S1).
        self.logger.setLevel(logging.WARNING)
        self.ssl_context = False  # this session speaks plain HTTP to loopback; building a context costs 30 ms

    def nonce(self) -> int:
        """Time stamp of a request, by the venue's clock."""
        return int(self._venue_ms())

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
        headers: dict[str, str],
        body: str,
        response: Any,
        requestHeaders: Any,
        requestBody: Any,
    ) -> None:
        """The single judge of an answer; replaces ccxt's tables of classes and texts."""
        weight = headers.get("X-MBX-USED-WEIGHT-1M", "")
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
        await self.close()
        await self._own_session.close()


def open_session() -> aiohttp.ClientSession:
    """A session without proxies from the environment and without silent retries of a DELETE."""
    connector = aiohttp.TCPConnector(limit=CONNECTIONS_MAX, keepalive_timeout=KEEP_ALIVE_S)
    session = aiohttp.ClientSession(connector=connector, trust_env=False, auto_decompress=True)
    # aiohttp repeats GET, PUT and DELETE on a stale connection; it has no public switch for that.
    session._retry_connection = False
    return session


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
        case BaseError():
            # Not ccxt's own text: it repeats the address with its signature.
            return Unknown(cause=_wire_trouble(error)[:TEXT_MAX])
        case _:
            raise error


def _wire_trouble(error: BaseException) -> str:
    """What broke, by the operating system's own words where it has any."""
    beneath = error.__cause__
    if isinstance(beneath, OSError) and beneath.errno:
        return f"{type(error).__name__}: {os.strerror(beneath.errno)}"
    return f"{type(error).__name__}: {beneath!r}"


def read_failure(error: BaseException) -> Failed:
    """The same for a question, which the gate never stops."""
    outcome = failure(error)
    if isinstance(outcome, NotSent):
        return Unknown(cause=outcome.why)
    return outcome


WIRE_TROUBLE = (GateRefused, VenueSaid, Garbled, msgspec.ValidationError, TimeoutError, BaseError)
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


def _ban_end(headers: dict[str, str], text: str, now_ms: int) -> int:
    """End of a ban: the only place where a text is read, because the venue says it nowhere else."""
    found = _BAN.search(text)
    if found:
        return int(found.group(1))
    after = headers.get("Retry-After", "")
    return now_ms + (int(after) * 1_000 if after.isdigit() else 1_000)
