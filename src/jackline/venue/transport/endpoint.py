"""Where requests go, and with which key. The only place that knows an address."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

ECHO_CHARS_MIN = 16
"""A key as venues make them. A shorter one is play money, and may be a word of any answer."""


class VenueMode(StrEnum):
    """The modes that speak to a venue over a network (C2)."""

    PAPER = "paper"
    TESTNET = "testnet"
    LIVE = "live"


class EndpointRefused(Exception):
    """An endpoint that this mode must not use (C2). The text names the value and the fix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A key pair. Its representation shows neither half (S1)."""

    api_key: str = field(repr=False)
    secret: str = field(repr=False)

    def hidden_in(self, text: str) -> str:
        """What a venue said without what it quotes of us: it would go into the journal with the words around it."""
        for own in (self.api_key, self.secret):
            if len(own) >= ECHO_CHARS_MIN:
                text = text.replace(own, "(hidden)")
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A loopback venue, e.g. ``http://127.0.0.1:8090``. Constructing any other raises `EndpointRefused`."""

    mode: VenueMode
    base_url: str

    def __post_init__(self) -> None:
        if self.mode is not VenueMode.PAPER:
            raise EndpointRefused(
                f"C2: mode {self.mode} has no transport in this version; use mode paper with a local exchange"
            )
        parts = urlsplit(self.base_url)
        if parts.scheme != "http" or parts.path not in {"", "/"} or parts.query:
            raise EndpointRefused(f"C2: base_url {self.base_url!r} must look like http://127.0.0.1:PORT")
        if not is_loopback(parts.hostname):
            raise EndpointRefused(f"C2: mode paper reached for {parts.hostname!r}; give a loopback address")

    @property
    def authority(self) -> str:
        """Host and port, which the request gate compares with what is about to leave."""
        return urlsplit(self.base_url).netloc

    @property
    def rest(self) -> str:
        """Scheme and authority, no slash at the end."""
        return f"http://{self.authority}"

    @property
    def socket(self) -> str:
        """Root of the stream addresses."""
        return f"ws://{self.authority}"


def is_loopback(host: str | None) -> bool:
    """True for a literal loopback address. Names are refused: they resolve to whatever a resolver says."""
    try:
        return host is not None and ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
