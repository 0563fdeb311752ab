"""Answers that are not the venue's words: what stands there instead, and under which status."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from jackline.exchange.wire.json import encode

JSON_TYPE: Final = "application/json"
HTML_TYPE: Final = "text/html"


class Form(StrEnum):
    """`truncated` cuts the true answer in half; every other form says the same whatever was asked."""

    TIMEOUT = "timeout"
    UNKNOWN = "unknown"
    UNAVAILABLE = "unavailable"
    MAINTENANCE = "maintenance"
    BAD_GATEWAY = "bad_gateway"
    GATEWAY_TIMEOUT = "gateway_timeout"
    FIREWALL = "firewall"
    EMPTY = "empty"
    HTML = "html"
    OBJECT = "object"
    TRUNCATED = "truncated"

    @property
    def never_executed(self) -> bool:
        """The form itself promises that the request went no further."""
        return self is Form.FIREWALL


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A status and a body, whatever they say."""

    status: int
    content_type: str
    body: bytes


def _page(title: str) -> bytes:
    return f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>".encode()


def _said(status: int, code: int, text: str) -> Spoken:
    return Spoken(status=status, content_type=JSON_TYPE, body=encode({"code": code, "msg": text}))


def _html(status: int, title: str) -> Spoken:
    return Spoken(status=status, content_type=HTML_TYPE, body=_page(title))


_TIMED_OUT: Final = (
    "Timeout waiting for response from backend server. Send status unknown; execution status unknown."
)
_FORMS: Final[dict[Form, Spoken]] = {
    Form.TIMEOUT: _said(408, -1007, _TIMED_OUT),
    Form.UNKNOWN: _said(503, -1000, "Unknown error, please check your request or try again later."),
    Form.UNAVAILABLE: _said(503, -1000, "Service Unavailable."),
    Form.MAINTENANCE: _html(503, "System maintenance"),
    Form.BAD_GATEWAY: _html(502, "502 Bad Gateway"),
    Form.GATEWAY_TIMEOUT: _html(504, "504 Gateway Time-out"),
    Form.FIREWALL: _html(403, "403 Forbidden"),
    Form.EMPTY: Spoken(status=200, content_type=JSON_TYPE, body=b""),
    Form.HTML: _html(200, "One moment, please"),
    Form.OBJECT: Spoken(status=200, content_type=JSON_TYPE, body=b"{}"),
}
_HALF_SAID: Final = b'{"orderId":80000'
"""What a cut answer looks like where there was no true one to cut."""


def garbled(form: Form, body: bytes | None) -> Spoken:
    """The answer in that form. `body` is the true one, None where nothing was executed."""
    if form is Form.TRUNCATED:
        # At least one byte is lost, else a short body would come through whole.
        cut = _HALF_SAID if body is None else body[: max(1, len(body) // 2)]
        return Spoken(status=200, content_type=JSON_TYPE, body=cut)
    return _FORMS[form]
