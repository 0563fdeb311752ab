"""An event that a human may be told of, and what makes two of them the same one again."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jackline.core.effects import Level
from jackline.core.values import WireMs

LOUD_CODES = re.compile(r"P1|K[0-9]")
"""Never silenced by quiet hours, whatever their level: a position may be naked, or the kill switch has moved."""
TRADE = "TRADE"
"""Stands in place of an invariant's code where a trade is told of and nothing is wrong."""
_SYMBOL = re.compile(r"\b[A-Z0-9]{1,20}-?(?:USDT|USDC|FDUSD|BUSD|USD)\b")
_VARYING = re.compile(r"\S*[0-9]\S*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened.

    Attributes:
        code: the invariant it touches, as in PROMISE.md, or `TRADE`.
        text: one sentence, as the journal has it; not yet redacted.
        wire_ms: when it happened.
        key: what makes it another event than one of the same shape; empty where the shape alone decides.
    """

    level: Level
    code: str
    text: str
    wire_ms: WireMs
    key: str = ""

    @property
    def is_loud(self) -> bool:
        """Quiet hours do not hold it back."""
        return self.level is Level.CRITICAL or is_loud_code(self.code)

    @property
    def symbol(self) -> str:
        """The first market its text names; empty where it names none."""
        found = _SYMBOL.search(self.text)
        return found[0] if found else ""

    @property
    def identity(self) -> str:
        """Level, code, symbol and the shape of the text: events that share it are repeats of each other."""
        return "|".join((self.level.value, self.code, self.symbol, self.key or shape(self.text)))


def is_loud_code(code: str) -> bool:
    """P1, and the kill switch's."""
    return LOUD_CODES.fullmatch(code) is not None


def shape(text: str) -> str:
    """The text with every word that holds a digit as ``#``: ids, prices, counts and times differ, shapes do not."""
    return _VARYING.sub("#", text)
