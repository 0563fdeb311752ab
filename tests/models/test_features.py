"""Features: what each is, worked out by hand, and that no later or older bar changes one (the first half of D2)."""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import fmean, pstdev

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackline.models import features as module
from jackline.models.features import COLUMNS, ROWS_AT_ONCE, WINDOW_BARS, Floats, candles_of, features
from jackline.models.source import code_sha256
from tests.models.making import bars_of, trained_rows

CODE = "1f36339e"
"""Of the features, shortened. Another one refuses every bundle there is (M1): change it knowingly, and say so to those
who have trained."""


def candles(count: int, seed: int) -> Floats:
    """Of a market that wanders, wilder than most."""
    chance = np.random.default_rng(seed)
    close = 100 * np.cumprod(1 + chance.normal(0, 0.01, count))
    opened = np.concatenate(([100.0], close[:-1]))
    high = np.maximum(opened, close) * (1 + chance.exponential(0.002, count))
    low = np.minimum(opened, close) * (1 - chance.exponential(0.002, count))
    return np.stack((opened, high, low, close, chance.exponential(5, count)))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 400), kept=st.integers(1, 400))
def test_a_later_bar_never_changes_an_earlier_row(seed: int, count: int, kept: int) -> None:
    """To the last bit: the batch of a training and the last bar of an engine are one function."""
    market = candles(count, seed)
    whole, before = features(market), features(market[:, :kept])
    assert before.tobytes() == whole[: len(before)].tobytes()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), bar=st.integers(WINDOW_BARS, 400))
def test_the_window_alone_gives_the_row_that_the_whole_history_gives(seed: int, bar: int) -> None:
    market = candles(400, seed)
    (alone,) = features(market[:, bar - WINDOW_BARS : bar])
    assert alone.tobytes() == features(market)[bar - WINDOW_BARS].tobytes()


def test_rows_that_are_computed_in_several_parts_are_the_same() -> None:
    market = candles(ROWS_AT_ONCE + WINDOW_BARS + 50, 1)
    whole = features(market)
    assert len(whole) == ROWS_AT_ONCE + 51
    for row in (0, ROWS_AT_ONCE - 1, ROWS_AT_ONCE, len(whole) - 1):
        (alone,) = features(market[:, row : row + WINDOW_BARS])
        assert alone.tobytes() == whole[row].tobytes(), row


def test_by_hand() -> None:
    """Every column of a last bar, by the words of its definition."""
    bars = bars_of(WINDOW_BARS)
    opened, high, low, close, volume = ([float(one) for one in row] for row in candles_of(bars))
    moves = [after / before - 1 for before, after in pairwise(close)]
    steps = [after - before for before, after in pairwise(close)]
    ranges = [max(h, c) - min(lo, c) for h, lo, c in zip(high[1:], low[1:], close[:-1], strict=True)]
    last = close[-1]

    def place(count: int) -> float:
        bottom, top = min(low[-count:]), max(high[-count:])
        return (last - bottom) / (top - bottom)

    def distance(period: int) -> float:
        kept = [(1 - 2 / (period + 1)) ** age for age in range(3 * period)]
        average = sum(w * c for w, c in zip(kept, reversed(close), strict=False)) / sum(kept)
        return last / average - 1

    gains = sum(max(step, 0.0) for step in steps[-14:])
    expected = {
        **{f"return_{count}": last / close[-1 - count] - 1 for count in (1, 3, 6, 12, 24, 48)},
        "range_1": (high[-1] - low[-1]) / last,
        "upper_wick_1": (high[-1] - max(opened[-1], last)) / last,
        "lower_wick_1": (min(opened[-1], last) - low[-1]) / last,
        "place_24": place(24),
        "place_96": place(96),
        "ema_distance_12": distance(12),
        "ema_distance_48": distance(48),
        "rsi_14": gains / sum(abs(step) for step in steps[-14:]),
        "atr_fraction_14": fmean(ranges[-14:]) / last,
        "volatility_24": pstdev(moves[-24:]),
        "volatility_ratio_12_96": pstdev(moves[-12:]) / pstdev(moves[-96:]),
        "volume_z_48": (volume[-1] - fmean(volume[-48:])) / pstdev(volume[-48:]),
    }
    (row,) = features(candles_of(bars))
    assert dict(zip(COLUMNS, row, strict=True)) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_a_market_that_stands_still_has_rows_without_a_hole() -> None:
    still = np.full((5, WINDOW_BARS), 100.0)
    (row,) = features(still)
    found = dict(zip(COLUMNS, row, strict=True))
    assert (found["place_24"], found["rsi_14"], found["volatility_ratio_12_96"]) == (0.5, 0.5, 1.0)
    assert all(math.isfinite(value) for value in row)
    assert found["return_48"] == found["range_1"] == found["volume_z_48"] == 0


def test_a_market_at_another_price_and_volume_has_the_same_rows() -> None:
    """By a power of two, so that no float is rounded: nothing in a row knows what a coin costs."""
    market = candles(200, 3)
    assert features(market * 4).tobytes() == features(market).tobytes()


def test_too_few_bars_have_no_row() -> None:
    assert features(candles_of(bars_of(WINDOW_BARS - 1))).shape == (0, len(COLUMNS))
    assert features(candles_of([])).shape == (0, len(COLUMNS))


def test_no_two_columns_say_the_same() -> None:
    seen = np.corrcoef(trained_rows().T)
    assert np.abs(seen - np.eye(len(COLUMNS))).max() < 0.99


def test_the_code_is_the_one_that_bundles_were_made_with() -> None:
    assert code_sha256(module).startswith(CODE)


@pytest.mark.parametrize(
    ("text", "is_same"),
    [
        ("def f(x):\n    return x + 1\n", True),
        ('"""Another word."""\n\ndef f(x):\n    """And here."""\n\n    return (x + 1)  # and here\n', True),
        ('A = 1\n"""Said of it."""\n', False),
        ("def f(x):\n    return x + 2\n", False),
        ("def f(y):\n    return y + 1\n", False),
    ],
)
def test_the_hash_is_of_the_code_and_not_of_its_words(text: str, is_same: bool) -> None:
    assert (code_sha256(text) == code_sha256("def f(x):\n    return x + 1\n")) is is_same
