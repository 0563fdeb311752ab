"""Able time is judged by hand-made lives: each figure can be counted on a line."""

from __future__ import annotations

import pytest

from tests.out_of_process.spans import START_GRACE_MS, Span, able, shared_ms, without


def _span(start_ms: float, end_ms: float) -> Span:
    return Span(start_ms=start_ms, end_ms=end_ms)


@pytest.mark.parametrize(
    ("holes", "left"),
    [
        ([], [(0, 10)]),
        ([(2, 4)], [(0, 2), (4, 10)]),
        ([(2, 4), (3, 7)], [(0, 2), (7, 10)]),
        ([(-5, 3), (8, 20)], [(3, 8)]),
        ([(0, 10)], []),
    ],
)
def test_holes_are_taken_out(holes: list[tuple[float, float]], left: list[tuple[float, float]]) -> None:
    assert without([_span(0, 10)], [_span(*hole) for hole in holes]) == tuple(_span(*one) for one in left)


def test_a_process_is_able_after_its_grace_and_while_the_venue_answers_it() -> None:
    lives = [_span(0, START_GRACE_MS - 1), _span(10_000, 20_000)]
    assert able(lives, [_span(15_000, 16_000)]) == (_span(12_000, 15_000), _span(16_000, 20_000))


def test_two_who_could_act_count_once() -> None:
    assert shared_ms(_span(0, 100), [_span(50, 80), _span(10, 60), _span(90, 500)]) == 80
