"""A REST request and its answer as values, so that whoever carries bytes can ask: a server or a simulated network."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A request as it arrived. `path` without the query; `query` and `body` raw, because the signature covers
    them as sent; header names in lower case. `signed` is what it covers where that was something else. `address` is
    where it comes from, and `on_socket` that it is a frame of an open socket."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: str = ""
    signed: str | None = None
    address: str = "127.0.0.1"
    on_socket: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """An answer, to be sent `delay_ms` after it was made.

    The last two say what really happened, whatever the answer says: `taken` is False where the request was
    turned away before the venue could act on it; `code` is the number the venue itself refused with, or None.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    delay_ms: float = 0.0
    taken: bool
    code: int | None
