"""Values of the core as versioned JSON text, and back, exactly.

``{"v": 1, "body": …}``; decimals are strings, so no digit is lost. A body that does not encode to the very
text it was read from (an unknown field, a lost field, another spelling) is refused: silence here would be a
forgotten stop.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from jackline.core.errors import InvariantBroken
from jackline.store import older
from jackline.store.errors import BodyUnreadable

BODY_VERSION = 4
"""Raise it whenever the shape of a stored value changes, and bring the old one to it in `older`."""

Value = TypeVar("Value")


class _Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    v: int
    body: msgspec.Raw


def encode(value: object) -> str:
    """Any value of the core (dataclass, enum, Decimal, tuple, …) as a versioned body; else TypeError."""
    return msgspec.json.encode(_Envelope(v=BODY_VERSION, body=msgspec.Raw(_body(value)))).decode()


def decode(text: str, kind: type[Value]) -> Value:
    """The value of a body. Raises BodyUnreadable on another version, shape or value."""
    envelope = _open(text)
    body = bytes(envelope.body)
    if envelope.v < BODY_VERSION:
        body = older.to_present(envelope.v, body, kind)
    try:
        value = msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, InvariantBroken, ValueError) as error:
        raise BodyUnreadable(f"not a {kind.__name__} of version {envelope.v}: {error}") from error
    if _body(value) != body and not (envelope.v < BODY_VERSION and older.is_kept(body, _body(value))):
        raise BodyUnreadable(
            f"a {kind.__name__} of another shape: it holds more or less than version {envelope.v}"
        )
    return value


def open_body(text: str) -> bytes:
    """The JSON inside the envelope, as it was written. Raises BodyUnreadable when it is no body, or of an unknown
    version."""
    return bytes(_open(text).body)


def _open(text: str) -> _Envelope:
    try:
        envelope = msgspec.json.decode(text, type=_Envelope)
    except msgspec.MsgspecError as error:
        raise BodyUnreadable(f"not a stored body: {error}") from error
    if not 1 <= envelope.v <= BODY_VERSION:
        raise BodyUnreadable(f"body version {envelope.v}; this program reads versions 1 to {BODY_VERSION}")
    return envelope


def _body(value: object) -> bytes:
    return msgspec.json.encode(value, order="deterministic")  # sets have no order of their own
