"""The one error that data raise: what is wrong, where, the value, and what to do about it."""

from __future__ import annotations

from datetime import UTC, datetime


class DataRefused(ValueError):
    """Data that must not be believed.

    Attributes:
        what: in a few words, e.g. `duplicate timestamp`.
        where: file, with its line or row where there is one.
        value: what stands there.
        fix: what to do.
    """

    def __init__(self, *, what: str, where: str, value: str, fix: str) -> None:
        super().__init__(f"{what}: {value}\n  in {where}\n  Fix: {fix}")
        self.what = what
        self.where = where
        self.value = value
        self.fix = fix


def utc(time_ms: int) -> str:
    """A time for a reader: the instant in UTC, and the number as it stands in the file."""
    return f"{minute(time_ms)} UTC [{time_ms}]"


def minute(time_ms: int) -> str:
    """A time in UTC, to the minute; seconds only where there are some."""
    moment = datetime.fromtimestamp(time_ms / 1_000, UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S" if moment.second else "%Y-%m-%d %H:%M")


def counted(count: int, noun: str) -> str:
    """`1 bar`, `2 bars`, `21,695 bars`."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
