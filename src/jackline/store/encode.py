"""Values of the core as versioned JSON text, and back, exactly.

``{"v": 1, "body": …}``; decimals are strings, so no digit is lost. A body that does not encode to the very
text it was read from (an unknown field, a lost field, another spelling) is refused: silence here would be a
forgotten stop.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from jackline.core.errors import InvariantBroken
from jackline.store.errors import BodyUnreadable

BODY_VERSION = 1
"""Raise it whenever the shape of a stored value changes, and add a decoder for the old one."""

Value = TypeVar("Value")


class _Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    v: int
    body: msgspec.Raw


def encode(value: object) -> str:
    """Any value of the core (dataclass, enum, Decimal, tuple, …) as a versioned body; else TypeError."""
    inner = msgspec.json.encode(value, order="deterministic")  # sets have no order of their own
    return msgspec.json.encode(_Envelope(v=BODY_VERSION, body=msgspec.Raw(inner))).decode()


def decode(text: str, kind: type[Value]) -> Value:
    """The value of a body. Raises BodyUnreadable on another version, shape or value."""
    raw = open_body(text)
    try:
        value = msgspec.json.decode(raw, type=kind)
    except (msgspec.MsgspecError, InvariantBroken, ValueError) as error:
        raise BodyUnreadable(f"not a {kind.__name__} of version {BODY_VERSION}: {error}") from error
    if encode(value) != text:
        raise BodyUnreadable(
            f"a {kind.__name__} of another shape: it holds more or less than version {BODY_VERSION}"
        )
    return value


def open_body(text: str) -> bytes:
    """The JSON inside the envelope. Raises BodyUnreadable when it is no body, or of another version."""
    try:
        envelope = msgspec.json.decode(text, type=_Envelope)
    except msgspec.MsgspecError as error:
        raise BodyUnreadable(f"not a stored body: {error}") from error
    if envelope.v != BODY_VERSION:
        raise BodyUnreadable(f"body version {envelope.v}; this program reads version {BODY_VERSION}")
    return bytes(envelope.body)
