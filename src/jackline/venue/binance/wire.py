"""Binance's signed wire: what an answer of this venue says, and what its no means."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

from jackline.core.outcomes import NotSent, Refused, Unknown
from jackline.venue.binance.order_frames import OrderFrames
from jackline.venue.binance.refusals import UNDECIDED_CODES, refused
from jackline.venue.net import Pool
from jackline.venue.port import Failed
from jackline.venue.transport import failures
from jackline.venue.transport.endpoint import Endpoint
from jackline.venue.transport.failures import TEXT_MAX, Garbled, VenueSaid
from jackline.venue.transport.one_venue import exchange_class
from jackline.venue.transport.signed import SignedWireMechanics, Signing

binanceusdm: Any
binanceusdm, _ = exchange_class("binanceusdm")

NOT_PLACED_STATUSES = frozenset({403, 418, 429})
"""Stopped before the matching engine, even when the body is not the venue's JSON."""
NOT_OFFERED = 404
"""The address exists and the route does not."""
THROTTLED = -1008

_BAN = re.compile(r"until (\d{13})")


class CheckFrame(Protocol):
    """The gate's look at a frame. Raises GateRefused."""

    def __call__(self, *, url: str, text: str) -> None: ...


class HeaderSink:
    """What the wire tells about limits with each answer."""

    def __init__(self, *, weight: Callable[[int], None], ban: Callable[[int], None]) -> None:
        self.weight = weight
        self.ban = ban


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing:
    """Where frames go, how they are written, and the gate that every one passes."""

    url: str
    frames: OrderFrames
    check: CheckFrame


class SignedWire(SignedWireMechanics, binanceusdm):  # type: ignore[misc] # ccxt is untyped
    """A signer in front of one pool. Every request passes the gate; every answer is judged here and nowhere else."""

    def __init__(self, signing: Signing, *, endpoint: Endpoint, headers: HeaderSink, pool: Pool) -> None:
        self._header_sink = headers
        self._framing: Framing | None = None
        root = f"{endpoint.rest}/fapi"
        urls = {
            "fapiPublic": f"{root}/v1",
            "fapiPrivate": f"{root}/v1",
            "fapiPrivateV3": f"{root}/v3",
            # Only ever asked what the key may do.
            "sapi": f"{endpoint.rest}/sapi/v1",
        }
        super().__init__(signing, pool=pool, urls=urls)

    def framed(self, framing: Framing, *, before: Pool, headers: HeaderSink) -> Self:
        """The same judge for requests that leave as frames of a socket."""
        other = self.before(before)
        other._framing, other._header_sink = framing, headers
        return other

    def sign(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Sign, then let the gate see exactly what would leave."""
        if self._framing is None:
            signed: dict[str, Any] = super().sign(*args, **kwargs)
            return signed
        path, _, method, params = args[:4]
        text = self._framing.frames.write(method, path, params)
        self._framing.check(url=self._framing.url, text=text)
        return {"url": self._framing.url, "method": method, "headers": None, "body": text}

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


def failure(error: BaseException) -> Refused | Unknown | NotSent:
    """What an exception of the wire means. Anything that is not the venue's clear no is unknown."""
    return failures.failure(error, _said)


def read_failure(error: BaseException) -> Failed:
    """The same for a question."""
    return failures.read_failure(error, _said)


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
