"""Who is asking, and is the request fresh: API key, HMAC signature, receive window."""

import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Final

from jackline.exchange.account import Account, AccountSpec
from jackline.exchange.errors import VenueError
from jackline.exchange.wire.limits import HERE
from jackline.exchange.wire.params import Params, need

RECV_WINDOW_MS: Final = 5_000
"""What the venue assumes when a request names none."""

RECV_WINDOW_MS_MAX: Final = 60_000
AHEAD_MS_MAX: Final = 1_000
"""A timestamp may be this far in the future; more means that the client's clock is wrong."""

_AHEAD: Final = f"Timestamp for this request was {AHEAD_MS_MAX}ms ahead of the server's time."
_SIGNATURE: Final = re.compile(r"(?:^|&)signature=[^&]*")
_KEY_LENGTH_MAX: Final = 128


class Gatekeeper:
    """Knows the keys of all accounts."""

    def __init__(self, specs: Sequence[AccountSpec], accounts: Mapping[str, Account]) -> None:
        self._secrets = {spec.key: spec.secret.encode() for spec in specs}
        self._accounts = {spec.key: accounts[spec.name] for spec in specs}

    def account(self, key: str | None, *, address: str = HERE) -> Account:
        """The account behind a key. Raises VenueError -2014 (no or absurd key) or -2015 (unknown key, or one that may
        not come from there)."""
        if not key or len(key) > _KEY_LENGTH_MAX:
            raise VenueError(-2014)
        account = self._accounts.get(key)
        if account is None or not account.rights.comes_from(address):
            raise VenueError(-2015)
        return account

    def holder(self, key: str | None) -> Account | None:
        """The account behind a key, for whoever refuses before anything is checked."""
        return self._accounts.get(key or "")

    def check_signature(self, key: str, *, payload: str, params: Params) -> None:
        """-1022 where the signature does not cover this payload."""
        given = need(params.text("signature"), "signature")
        wanted = hmac.digest(self._secrets[key], payload.encode(), "sha256").hex()
        if not hmac.compare_digest(wanted.encode(), given.encode()):
            raise VenueError(-1022)

    def check_fresh(self, params: Params, *, wire_ms: int) -> None:
        """-1021 for a timestamp older than the receive window, or too far ahead."""
        sent_ms = need(params.integer("timestamp"), "timestamp")
        asked = params.integer("recvWindow")
        window_ms = RECV_WINDOW_MS if asked is None else asked
        if not 0 < window_ms <= RECV_WINDOW_MS_MAX:
            raise VenueError(-1130, name="recvWindow")
        if sent_ms > wire_ms + AHEAD_MS_MAX:
            raise VenueError(-1021, text=_AHEAD)
        if wire_ms - sent_ms > window_ms:
            raise VenueError(-1021)


def signed_payload(*, query: str, body: str) -> str:
    """What a signature covers: raw query followed by raw body, as sent, without itself."""
    return _unsigned(query) + _unsigned(body)


def _unsigned(raw: str) -> str:
    return _SIGNATURE.sub("", raw).removeprefix("&")
