"""Redaction at the sink: whatever an alert's text says, no secret leaves in it (S1).

Two nets. What this process knows to be secret is replaced wherever it stands; and what looks like a secret goes too,
for secrets that it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

GONE = "[redacted]"
SECRET_CHARS_MIN = 6
"""A shorter secret is left to the patterns: replacing ``local`` everywhere would only eat words."""

_NAMED = re.compile(
    r"(?i)([\w-]*(?:secret|token|passw\w*|passphrase|signature|api[_-]?key|apikey|listen_?key|private[_-]?key|"
    r"authorization|x-mbx-apikey|cookie)[\"']?\s*[=:]\s*)(?:bearer\s+|basic\s+)?(?!\[redacted)(\"[^\"]*\"|'[^']*'|[^\s,;&)}\]]+)"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}")
_LOGIN = re.compile(r"(?<=://)[^/\s@]+@")
_QUERY = re.compile(r"((?:https?|wss?)://[^\s?]*)\?\S*")
_PEM = re.compile(r"-{5}BEGIN[^-]*-{5}.*?(?:-{5}END[^-]*-{5}|$)", re.DOTALL)
_LONG = re.compile(r"[A-Za-z0-9+/_=-]{33,}|\b[0-9a-fA-F]{32}\b")
_UUID = re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")


class Redactor:
    """Knows the secrets of this process. It is never shown, and neither are they."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {one.strip() for one in secrets if len(one.strip()) >= SECRET_CHARS_MIN}
        written = {form for one in known for form in (one, quote(one, safe=""))}
        self._known = sorted(written, key=len, reverse=True)

    def __repr__(self) -> str:
        return f"Redactor({len(self._known)} secrets)"

    def __call__(self, text: str) -> str:
        """The text without secrets, on lines of printable characters.

        Words that only look like one go too; an id of ours does not: it has at most 32 characters.
        """
        for secret in self._known:
            text = text.replace(secret, GONE)
        text = _PEM.sub(GONE, text)
        text = _LOGIN.sub(f"{GONE}@", text)
        text = _QUERY.sub(rf"\1?{GONE}", text)
        text = _NAMED.sub(rf"\1{GONE}", text)
        text = _BEARER.sub(rf"\1 {GONE}", text)
        text = _UUID.sub(GONE, text)
        text = _LONG.sub(_unless_words, text)
        return "".join(one if one.isprintable() else " " for one in text)


def _unless_words(found: re.Match[str]) -> str:
    """A path or a word with hyphens may be long; a key mixes digits with letters."""
    text = found[0]
    mixed = any(one.isdigit() for one in text) and any(one.isalpha() for one in text)
    return GONE if mixed else text
