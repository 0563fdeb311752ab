"""The signed wire: ccxt signs, a pool sends; what comes back is our exception with the venue's number, or JSON.

ccxt's exception classes and messages are never looked at: they change with the base URL and with the
venue's wording. Nor are its clock, its queue and its sockets used.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

import msgspec

from jackline.core.values import WireMs
from jackline.venue.net import Pool
from jackline.venue.transport.endpoint import Credentials
from jackline.venue.transport.gate import GateMechanics
from jackline.venue.transport.pace import Pace

_decode = msgspec.json.Decoder(float_hook=Decimal).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """As whom a wire signs, by whose clock, and through what every request passes."""

    credentials: Credentials
    gate: GateMechanics
    venue_ms: Callable[[], WireMs]


if TYPE_CHECKING:
    # A class of ccxt stands behind it at run time: `class Wire(SignedWireMechanics, ccxt's venue)`.
    _Ccxt = Any
else:
    _Ccxt = object


class SignedWireMechanics(_Ccxt):  # type: ignore[misc] # ccxt is untyped
    """A signer in front of one pool. Every request passes the gate; every answer is judged by `handle_errors`."""

    def __init__(self, signing: Signing, *, pool: Pool, urls: Mapping[str, str]) -> None:
        self._gate = signing.gate
        self._venue_ms = signing.venue_ms
        self._pool = pool
        self._pace: Pace | None = None
        self._credentials = signing.credentials
        super().__init__(
            {
                "apiKey": signing.credentials.api_key,
                "secret": signing.credentials.secret,
                "enableRateLimit": False,
                "options": {"maxRetriesOnFailure": 0},
            }
        )
        # Only these: a call to any other part of the venue finds no address.
        self.urls["api"] = dict(urls)
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
        text = self._credentials.hidden_in(answer.text.strip())
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
        """The single judge of an answer; replaces ccxt's tables of classes and texts. Raises `VenueSaid`, `Garbled`."""
        raise NotImplementedError

    async def shut(self) -> None:
        """Close the pool."""
        await self._pool.close()
