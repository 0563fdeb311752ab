"""How the texts of old variables are read: each with the unit it had, or not at all.

A percentage taken for a fraction is wrong by a hundred. So a number with a "%" is a percentage, and without one it
is read only where a single reading makes sense.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

RISK_LOWEST, RISK_HIGHEST = Decimal("0.0005"), Decimal("0.5")
"""What anyone has risked on one trade, 0.05 % to 50 % of equity: a reading outside of it was not meant."""

_NUMBER = re.compile(r"([0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})\s*(%?)", re.ASCII)
_YES, _NO = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A text that says nothing that could be used."""

    what: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ambiguous:
    """A number with two readings, each as a fraction."""

    readings: tuple[Decimal, ...]


Read = Callable[[str], str | int | Decimal | Unreadable | Ambiguous]


def a_percentage(text: str) -> Decimal | Unreadable:
    """``3.0`` and ``3 %`` are the fraction 0.03."""
    parsed = _parsed(text)
    return (
        _hundredth(parsed[0]) if parsed else Unreadable(what="not a number", fix="a percentage: 3.0 is 3 %")
    )


def a_risk(text: str) -> Decimal | Unreadable | Ambiguous:
    """A fraction in some programs and a percentage in others: 0.01 is 1 %, 0.75 is 0.75 %, and 0.1 nobody knows."""
    parsed = _parsed(text)
    if parsed is None:
        return Unreadable(what="not a number", fix='say the unit: "0.75%"')
    number, is_percentage = parsed
    if is_percentage:
        return _hundredth(number)
    readings = [reading for reading in (number, _hundredth(number)) if RISK_LOWEST <= reading <= RISK_HIGHEST]
    if not readings:
        what = "neither as a fraction nor as a percentage between 0.05 % and 50 % of equity"
        return Unreadable(what=what, fix='say the unit: "0.75%"')
    return readings[0] if len(readings) == 1 else Ambiguous(readings=tuple(readings))


def a_probability(text: str) -> Decimal | Unreadable:
    """0 to 1; ``65`` is refused and ``65 %`` is 0.65."""
    parsed = _parsed(text)
    if parsed is None:
        return Unreadable(what="not a number", fix="a probability between 0 and 1, e.g. 0.65")
    number, is_percentage = parsed
    value = _hundredth(number) if is_percentage else number
    if value > 1:
        return Unreadable(what="more than certain", fix="a probability between 0 and 1: 65 % is 0.65")
    return value


def a_count(text: str) -> int | Unreadable:
    """A whole number."""
    stripped = text.strip()
    if re.fullmatch(r"[0-9]{1,9}", stripped, re.ASCII):
        return int(stripped)
    return Unreadable(what="not a whole number", fix="a count, e.g. 2")


def a_mode(text: str) -> str | Unreadable:
    """Yes is paper, no is live."""
    word = text.strip().lower()
    if word in _YES | _NO:
        return "paper" if word in _YES else "live"
    return Unreadable(what="neither yes nor no", fix="true or false")


def _parsed(text: str) -> tuple[Decimal, bool] | None:
    """The number, and whether a "%" follows it."""
    found = _NUMBER.fullmatch(text.strip())
    return (Decimal(found[1]).normalize(), found[2] == "%") if found else None


def _hundredth(number: Decimal) -> Decimal:
    """Exact: the numbers read here have at most eighteen digits."""
    return number.scaleb(-2).normalize()
