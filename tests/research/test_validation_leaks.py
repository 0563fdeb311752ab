"""Leaks planted on purpose are caught by the check of their name, and honest twins pass all of them."""

from dataclasses import replace

import numpy as np
import pytest

from jackline.data.candles import Candles
from jackline.models.features import features
from jackline.research.validation import leaks
from jackline.research.validation.findings import Leak
from jackline.research.validation.markets import generated_market
from jackline.research.validation.planted import leaks_caught, pairs
from jackline.research.validation.sharpe import Floats
from jackline.research.validation.trades import Trades


def trades(candles: Candles, *, stopped: bool = False, exit_price: float | None = None) -> Trades:
    """One long, decided on bar 9, in at the open of 10 and out at the open of 14."""
    stop = float(candles.open[14]) * (1.001 if stopped else 0.9)
    return Trades(
        decided_bar=np.array([9]),
        entry_bar=np.array([10]),
        exit_bar=np.array([14]),
        side=np.array([1]),
        entry_price=candles.open[[10]],
        exit_price=candles.open[[14]] if exit_price is None else np.array([exit_price]),
        stop_price=np.array([stop]),
        stopped=np.array([stopped]),
        net_fraction=np.zeros(1),
        cost_fraction=np.zeros(1),
    )


@pytest.fixture(scope="module")
def candles() -> Candles:
    return generated_market(days=4, seed=3)


def over(candles: Candles) -> int:
    return int(candles.open_ms[-1]) + candles.interval_ms


@pytest.mark.parametrize("seed", range(3))
def test_every_planted_leak_is_caught_and_no_clean_twin_is(seed: int) -> None:
    assert leaks_caught(seed) == dict.fromkeys((one.value for one in Leak), True)


@pytest.mark.parametrize("leak", list(Leak))
def test_a_finding_says_what_and_how_often(leak: Leak) -> None:
    planted, clean = pairs(1)[leak]
    assert (planted.leak, clean.leak) == (leak, leak)
    assert (planted.count > 0, clean.count) == (True, 0)
    assert planted.detail != clean.detail


def test_the_features_that_ship_look_at_no_later_bar(candles: Candles) -> None:
    def computed(some: Candles) -> Floats:
        return features(some.table)

    found = leaks.future_feature(computed, candles)
    assert not found.caught, found.detail


def test_one_bar_of_future_in_one_column_is_found(candles: Candles) -> None:
    def computed(some: Candles) -> Floats:
        rows = np.column_stack((some.close, some.open))
        rows[:-1, 1] = some.open[1:]  # the next open: an hour's work to see in a result, a moment to see here
        return rows

    found = leaks.future_feature(computed, candles)
    assert found.count == leaks.PREFIXES
    assert found.detail.startswith("the row of bar ")


def test_a_feature_that_forgets_rows_is_found(candles: Candles) -> None:
    assert leaks.future_feature(lambda some: some.close[len(some) // 2 :], candles).caught


def test_a_bar_that_is_still_open_is_found(candles: Candles) -> None:
    assert not leaks.unfinished_bar(candles, None, known_ms=over(candles)).caught
    assert leaks.unfinished_bar(candles, None, known_ms=over(candles) - 1).count == 1


def test_an_entry_in_the_bar_of_its_own_decision_is_found(candles: Candles) -> None:
    early = replace(trades(candles), decided_bar=np.array([10]))
    assert leaks.unfinished_bar(candles, early, known_ms=over(candles)).count == 1
    assert not leaks.unfinished_bar(candles, trades(candles), known_ms=over(candles)).caught


def test_a_stop_is_not_filled_at_its_trigger_where_the_open_had_passed_it(candles: Candles) -> None:
    opened = float(candles.open[14])
    at_trigger = trades(candles, stopped=True, exit_price=opened * 1.001)
    at_open = trades(candles, stopped=True, exit_price=opened * (1 - 0.0001))
    assert leaks.impossible_fill(candles, at_trigger, slippage_fraction=0.0001).caught
    assert not leaks.impossible_fill(candles, at_open, slippage_fraction=0.0001).caught


@pytest.mark.parametrize(("factor", "caught"), [(1.05, True), (0.95, True), (1.00005, False)])
def test_a_price_outside_the_bar_is_found(candles: Candles, factor: float, caught: bool) -> None:
    found = leaks.impossible_fill(
        candles,
        trades(candles, exit_price=float(candles.high[14] if factor > 1 else candles.low[14]) * factor),
        slippage_fraction=0.0001,
    )
    assert found.caught is caught


@pytest.mark.parametrize(
    ("begins", "ends", "count"),
    [
        pytest.param([0, 5, 10], [5, 10, 15], 0, id="one after the other"),
        pytest.param([0, 1, 2], [5, 6, 7], 2, id="sliding"),
        pytest.param([0, 3], [9, 4], 1, id="one inside the other"),
        pytest.param([3, 3], [3, 3], 1, id="the same twice"),
        pytest.param([10, 0], [15, 5], 0, id="any order"),
    ],
)
def test_windows_that_share_time_are_counted(begins: list[int], ends: list[int], count: int) -> None:
    assert leaks.overlapping_windows(np.array(begins), np.array(ends)).count == count


def test_a_bundle_trained_until_the_test_has_seen_it() -> None:
    assert leaks.training_in_test(np.array([200]), np.array([100, 101])).caught
    assert not leaks.training_in_test(np.array([99]), np.array([100, 101])).caught
    assert not leaks.training_in_test(np.array([99]), np.empty(0, dtype=np.int64)).caught


def test_a_block_is_not_shuffled_wherever_it_lies() -> None:
    for begin in (0, 40, 90):
        assert not leaks.shuffled_folds(np.arange(begin, begin + 10), samples=100).caught
    assert leaks.shuffled_folds(np.arange(0, 100, 5), samples=100).caught
