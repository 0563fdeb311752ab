"""Figures of what was followed in the journal."""

from __future__ import annotations

from decimal import Decimal

import pytest

from jackline.web.history import quantile


@pytest.mark.parametrize(
    ("lengths", "fraction", "expected"),
    [
        ([], "0.5", None),
        ([94, 105], "0.5", 94),
        ([94, 105], "0.95", 105),
        (range(1, 101), "0.99", 99),
        (range(1, 101), "0.5", 50),
        ([7], "0.01", 7),
    ],
)
def test_a_quantile_is_the_least_length_that_this_share_does_not_exceed(
    lengths: list[int], fraction: str, expected: int | None
) -> None:
    assert quantile(list(lengths), Decimal(fraction)) == expected
