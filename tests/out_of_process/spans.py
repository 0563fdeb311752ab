"""Spans of wall time, and how much of a naked one some process of ours was able to act in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

START_GRACE_MS = 2_000.0
"""A process is able to act from this long after its start (promise, *able to act*)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Wall milliseconds."""

    start_ms: float
    end_ms: float


def without(spans: Iterable[Span], holes: Sequence[Span]) -> tuple[Span, ...]:
    """The spans, less every hole."""
    left = list(spans)
    for hole in holes:
        left = [
            piece
            for span in left
            for piece in (
                Span(start_ms=span.start_ms, end_ms=min(span.end_ms, hole.start_ms)),
                Span(start_ms=max(span.start_ms, hole.end_ms), end_ms=span.end_ms),
            )
            if piece.end_ms > piece.start_ms
        ]
    return tuple(left)


def able(lives: Iterable[Span], unreachable: Sequence[Span]) -> tuple[Span, ...]:
    """When one process could act: up for the grace, and the venue answers it."""
    up = (
        Span(start_ms=life.start_ms + START_GRACE_MS, end_ms=life.end_ms)
        for life in lives
        if life.end_ms > life.start_ms + START_GRACE_MS
    )
    return without(up, unreachable)


def shared_ms(one: Span, others: Iterable[Span]) -> float:
    """How much of `one` lies in any of `others`; where those overlap it counts once."""
    total, reached_ms = 0.0, one.start_ms
    for other in sorted(others, key=lambda span: span.start_ms):
        start_ms, end_ms = max(other.start_ms, reached_ms), min(other.end_ms, one.end_ms)
        if end_ms > start_ms:
            total += end_ms - start_ms
            reached_ms = end_ms
    return total


def spans_of(intervals: Iterable[Sequence[float]]) -> Iterator[Span]:
    """Spans from pairs of numbers, as the witness tells them."""
    for start_ms, end_ms in intervals:
        yield Span(start_ms=start_ms, end_ms=end_ms)
