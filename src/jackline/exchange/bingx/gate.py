"""Who is asking: API key, signature over the sorted fields, receive window."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

from jackline.exchange.account import Account
from jackline.exchange.bingx.errors import refusal, translated, wrong
from jackline.exchange.errors import VenueError
from jackline.exchange.wire.auth import AHEAD_MS_MAX, Gatekeeper
from jackline.exchange.wire.params import Params

RECV_WINDOW_MS_MAX: Final = 5_000
"""What BingX assumes without one, and its most."""

KEY_HEADER: Final = "x-bx-apikey"


def read_fields(form: str) -> dict[str, str]:
    """The fields of a query or a form body, decoded. A plus sign stands for itself."""
    fields: dict[str, str] = {}
    for pair in form.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            fields[unquote(name)] = unquote(value)
    return fields


def signed_text(fields: Mapping[str, str]) -> str:
    """What a signature covers: every field but itself, sorted by name, not encoded."""
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name != "signature")


class Gate:
    """Checks in BingX's order: key, signature, time."""

    def __init__(self, keeper: Gatekeeper) -> None:
        self._keeper = keeper

    def holder(self, key: str | None) -> Account | None:
        return self._keeper.holder(key)

    def account(self, key: str | None) -> Account:
        """Raises BingxError 100413."""
        try:
            return self._keeper.account(key)
        except VenueError as refused:
            raise translated(refused) from None

    def check(self, key: str, fields: Mapping[str, str], params: Params, *, wire_ms: int) -> None:
        """Raises BingxError: 100412, 100001, 100421, or 109400 for a window beyond the most."""
        if not fields.get("signature"):
            raise refusal(100412)
        try:
            self._keeper.check_signature(key, payload=signed_text(fields), params=params)
        except VenueError as refused:
            raise translated(refused) from None
        sent = fields.get("timestamp", "")
        if not (sent.isascii() and sent.isdigit()):
            raise refusal(100421)
        asked = params.integer("recvWindow")
        window_ms = RECV_WINDOW_MS_MAX if asked is None or asked == 0 else asked
        if not 0 < window_ms <= RECV_WINDOW_MS_MAX:
            raise wrong(f"recvWindow: {window_ms} is not in (0, {RECV_WINDOW_MS_MAX}]")
        if int(sent) > wire_ms + AHEAD_MS_MAX or wire_ms - int(sent) > window_ms:
            raise refusal(100421)
