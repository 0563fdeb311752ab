"""Redaction at the sink: what a process of ours says passes here last, and leaves without secrets (S1).

Secrets are known by value, from the moment they are read, and by the shapes they have on the wire. A value shorter than
`HELD_CHARS_MIN` is not looked for: it would be found inside ordinary words.
"""

from __future__ import annotations

import json
import re
from collections.abc import MutableMapping
from typing import Any, TextIO, cast
from urllib.parse import quote

HIDDEN = "(hidden)"
HELD_CHARS_MIN = 8
_SEPARATOR = r"""[\\"'\s:=,(\[]{1,8}"""
_SHAPES = (
    # headers that carry a key, however a client library prints them
    (re.compile(rf"(?i)(x-mbx-apikey|x-bx-apikey|api[-_]?key)({_SEPARATOR})[A-Za-z0-9_-]{{8,}}"), r"\1\2"),
    (
        re.compile(rf"(?i)(authorization)({_SEPARATOR})(?:(?:bearer|basic|token)\s+)?[^\s\"'\\,)\]}}]+"),
        r"\1\2",
    ),
    (re.compile(r"(?i)\b(bearer)(\s+)[A-Za-z0-9._~+/=-]{8,}"), r"\1\2"),
    (re.compile(rf"(?i)(signature)({_SEPARATOR}|%3D)[0-9a-f]{{16,}}"), r"\1\2"),
    (re.compile(rf"(?i)(listen_?key)({_SEPARATOR})[A-Za-z0-9]{{16,}}"), r"\1\2"),
    (re.compile(r"(/ws/)()[A-Za-z0-9]{32,}"), r"\1\2"),
    (re.compile(r"(\bsecret=)()[A-Z2-7]{16,}"), r"\1\2"),
    (re.compile(r"(\bjl_(?:read|reduce|trade|admin)_)()[0-9A-Za-z]{20,}"), r"\1\2"),
)
_NAMED = re.compile(
    r"(?i)^(.*_)?(secret|password|passphrase|token|api_?key|authorization|signature|cookie|csrf|listen_?key)$"
)
"""Fields of an event that are secrets by their name."""

Event = MutableMapping[str, Any]

_held: dict[str, None] = {}
_pattern: list[re.Pattern[str]] = []


def hold(*secrets: str | bytes) -> None:
    """From now on these values are removed from whatever this process says."""
    for secret in secrets:
        text = secret.decode(errors="replace") if isinstance(secret, bytes) else secret
        spelt = [text, json.dumps(text)[1:-1], quote(text, safe=""), repr(text)[1:-1]]
        if isinstance(secret, bytes):
            spelt += [secret.hex(), repr(secret)[2:-1]]
        _held.update(dict.fromkeys(one for one in spelt if len(one) >= HELD_CHARS_MIN))
    if _held:
        longest_first = sorted(_held, key=lambda one: (-len(one), one))
        _pattern[:] = [re.compile("|".join(re.escape(one) for one in longest_first))]


def redacted(text: str) -> str:
    """The text without secrets that are held, and without what has the shape of one."""
    for pattern in _pattern:
        text = pattern.sub(HIDDEN, text)
    for shape, kept in _SHAPES:
        text = shape.sub(kept + HIDDEN, text)
    return text


def hide_named(_: object, __: str, event: Event) -> Event:
    """A structlog processor: fields whose name says that they are secret, at any depth."""
    for name, value in event.items():
        if _NAMED.match(str(name)) and isinstance(value, str | bytes):
            event[name] = HIDDEN
        elif isinstance(value, dict):
            event[name] = hide_named(None, "", dict(value))
    return event


def redact_line(_: object, __: str, line: Any) -> str:
    """A structlog processor behind the renderer: the line as it would be printed, tracebacks and all."""
    return redacted(str(line))


class RedactedStream:
    """A text stream that redacts what is written to it, and is the stream it stands before in everything else."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """As a text stream does."""
        self._stream.write(redacted(text))
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        """As a text stream does."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def filtered(stream: TextIO) -> TextIO:
    """A stream in front of `stream`; one that is filtered already is given back."""
    return stream if isinstance(stream, RedactedStream) else cast("TextIO", RedactedStream(stream))
