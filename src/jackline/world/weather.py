"""What the network does to messages: trouble of single ones, and whole ways that are cut or silent."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Line(StrEnum):
    """State of the way between one process and the venue."""

    OPEN = "open"
    CUT = "cut"
    """Connections are reset and refused."""
    SILENT = "silent"
    """Half-open: everything is accepted and nothing arrives."""


@dataclass(slots=True, kw_only=True)
class Weather:
    """What happens to single messages; fractions are probabilities of one message.

    Attributes:
        median_ms, tail: half of all messages travel at most `median_ms` one way; one in twenty up to `tail` times it.
        extra_ms: every message takes up to so much longer, none of them more.
        late: a request arrives 1 to 7 seconds after it left, whoever has given up on it by then.
        late_orders: like `late`, of entries and closes alone.
        event_late: a frame of the user stream comes seconds late.
    """

    median_ms: float = 3.0
    tail: float = 4.0
    extra_ms: float = 0.0
    lose_request: float = 0.0
    lose_answer: float = 0.0
    reset: float = 0.0
    late: float = 0.0
    twice: float = 0.0
    event_late: float = 0.0
    late_orders: float = 0.0


@dataclass(slots=True, kw_only=True)
class Ways:
    """One process's ways to the venue."""

    rest: Line = Line.OPEN
    streams: Line = Line.OPEN
