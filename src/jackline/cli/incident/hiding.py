"""What leaves the house is without secrets (S1), and without names unless they are wanted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from jackline.cli.redaction import hide_named, redacted

NAMED = frozenset({"actor", "host", "hostname", "user"})
"""Fields that say who: what stands before a colon in them, the way in, is kept."""
SOMEBODY = "somebody"
_LOGIN = re.compile(r"//[^/@\s\"]+@")


class Hiding:
    """Takes secrets and names out of texts and JSON.

    Args:
        names: of accounts and the like, hidden wherever they stand as words; empty to keep all names.
        keeps_names: whether fields that say who are left as they are.
    """

    def __init__(self, names: Sequence[str], *, keeps_names: bool) -> None:
        self._keeps_names = keeps_names
        words = "|".join(re.escape(name) for name in names if name)
        hides = bool(words) and not keeps_names
        self._names = re.compile(rf"(?<![A-Za-z0-9_])(?:{words})(?![A-Za-z0-9_])") if hides else None

    def text(self, text: str) -> str:
        """A text for people."""
        text = redacted(_LOGIN.sub("//(hidden)@", text))
        if self._keeps_names:
            return text
        text = text.replace(str(Path.home()), "~")
        return self._names.sub(SOMEBODY, text) if self._names is not None else text

    def json(self, body: bytes) -> bytes:
        """JSON: the texts in it, never its keys; the very bytes where there is nothing to hide."""
        value = msgspec.json.decode(body)
        hidden = self._value("", value)
        return body if hidden == value else msgspec.json.encode(hidden)

    def _value(self, name: str, value: object) -> object:
        if isinstance(value, str):
            if name in NAMED and not self._keeps_names:
                way, colon, _ = value.partition(":")
                return f"{way}:{SOMEBODY}" if colon else SOMEBODY
            return self._inner(value) if value.startswith("{") else self.text(value)
        if isinstance(value, dict):
            return {key: self._value(key, one) for key, one in hide_named(None, "", dict(value)).items()}
        if isinstance(value, list):
            return [self._value(name, one) for one in value]
        return value

    def _inner(self, value: str) -> str:
        """JSON inside a text, as the body of a row is."""
        try:
            return self.json(value.encode()).decode()
        except msgspec.MsgspecError:
            return self.text(value)
