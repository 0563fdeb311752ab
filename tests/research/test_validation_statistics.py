"""The statistics of validation against figures of their papers, closed forms, and small cases worked out by hand."""

import math
from itertools import combinations

import numpy as np
import pytest

from jackline.research.validation import sharpe as ratios
from jackline.research.validation.folds import combinatorial_sharpes, walk_forward, walk_forward_folds
from jackline.research.validation.overfitting import overfitting
from jackline.research.validation.plateau import neighbours, plateau
from jackline.research.validation.resampling import mean_interval
from jackline.research.validation.superiority import superiority

DAYS, SETTINGS = 120, 12


def noise(seed: int = 1, *, days: int = DAYS, settings: int = SETTINGS) -> ratios.Floats:
    return np.random.default_rng(seed).standard_normal((days, settings))


# -- deflated Sharpe -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trials", "skewness", "kurtosis", "least", "sure"),
    [
        pytest.param(100, -3, 10, 0.1132, 0.9004, id="the paper's strategy is refused"),
        pytest.param(46, -3, 10, None, 0.9505, id="and would have been taken after 46 trials"),
        pytest.param(88, 0, 3, None, 0.9505, id="or after 88, were its returns normal"),
    ],
)
def test_the_example_of_the_paper(
    trials: int, skewness: float, kurtosis: float, least: float | None, sure: float
) -> None:
    """Five years of days, an annual ratio of 2.5, a variance of 1/2 among the trials (2014, section 6)."""
    deviation = math.sqrt(0.5 / 250)
    expected = ratios.expected_maximum(deviation, trials)
    assert least is None or expected == pytest.approx(least, abs=5e-5)
    found = ratios.probabilistic(
        2.5 / math.sqrt(250), expected, periods=1_250, skewness=skewness, kurtosis=kurtosis
    )
    assert found == pytest.approx(sure, abs=5e-5)


def test_the_expected_maximum_is_that_of_simulated_trials() -> None:
    draws = np.random.default_rng(3).standard_normal((20_000, 50))
    assert ratios.expected_maximum(1.0, 50) == pytest.approx(draws.max(axis=1).mean(), rel=0.02)
    assert ratios.expected_maximum(1.0, 1) == 0.0


def test_the_probability_without_skew_is_the_t_test_of_the_mean() -> None:
    found = ratios.probabilistic(0.1, 0.0, periods=101, skewness=0, kurtosis=1)
    assert found == pytest.approx(ratios.NORMAL.cdf(1.0))


@pytest.mark.parametrize(
    ("columns", "worth"),
    [
        pytest.param([0, 0, 0, 0], 1.0, id="four times the same"),
        pytest.param([0, 1, 2, 3], 4.0, id="four that share nothing"),
        pytest.param([0, 0, 1, 1], 2.0, id="two pairs"),
    ],
)
def test_trials_count_for_what_they_do_not_share(columns: list[int], worth: float) -> None:
    waves = np.array([np.sin(2 * np.pi * (k + 1) * np.arange(64) / 64) for k in range(4)]).T
    assert ratios.effective_trials(waves[:, columns]) == pytest.approx(worth, rel=1e-6)
    assert ratios.effective_trials(-waves[:, columns]) == pytest.approx(worth, rel=1e-6)
    assert ratios.effective_trials(waves[:, columns], more=8) == pytest.approx(3 * worth, rel=1e-6)


def test_every_further_trial_makes_the_same_ratio_less_believable() -> None:
    returns = noise() + 0.3
    chosen = int(ratios.sharpe(returns).argmax())
    sure = [
        ratios.deflated(returns, chosen, more_trials=more).probability for more in (0, 10, 1_000, 100_000)
    ]
    assert sure == sorted(sure, reverse=True)
    assert sure[0] > sure[-1]


def test_settings_that_never_traded_are_worth_nothing() -> None:
    returns = np.zeros((DAYS, 4))
    found = ratios.deflated(returns, 0)
    assert (found.observed, found.effective_trials, found.probability) == (0.0, 0.0, 0.0)


# -- overfitting -----------------------------------------------------------------------------------------------


def plain_overfitting(returns: ratios.Floats, blocks: int) -> tuple[float, float]:
    """The same by loops over the days themselves."""
    length = len(returns) // blocks
    parts = [list(range(block * length, (block + 1) * length)) for block in range(blocks)]
    below, lost, count = 0, 0, 0
    for past in combinations(range(blocks), blocks // 2):
        inside = [day for block in past for day in parts[block]]
        outside = [day for block in range(blocks) if block not in past for day in parts[block]]
        best = int(ratios.sharpe(returns[inside]).argmax())
        later = ratios.sharpe(returns[outside])
        rank = int((later < later[best]).sum()) + 1
        below += rank / (returns.shape[1] + 1) <= 0.5
        lost += later[best] < 0
        count += 1
    return below / count, lost / count


@pytest.mark.parametrize("seed", range(3))
def test_the_splits_are_those_of_plain_loops(seed: int) -> None:
    returns = noise(seed, days=61)
    found = overfitting(returns, blocks=6)
    expected = plain_overfitting(returns, 6)
    assert (found.below_median_fraction, found.loss_fraction) == pytest.approx(expected)
    assert found.in_sample.shape == (20,)


def test_the_better_half_of_chance_is_as_often_the_worse_one() -> None:
    found = [overfitting(noise(seed), blocks=8).below_median_fraction for seed in range(40)]
    assert np.mean(found) == pytest.approx(0.5, abs=0.08)


def test_what_is_always_best_is_never_overfitted() -> None:
    returns = noise()
    returns[:, 5] += 3
    found = overfitting(returns)
    assert (found.below_median_fraction, found.loss_fraction) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("shape", "blocks"), [((10, 3), 12), ((120, 1), 12), ((120, 3), 7)], ids=["days", "settings", "odd"]
)
def test_what_cannot_be_split_is_refused(shape: tuple[int, int], blocks: int) -> None:
    with pytest.raises(ValueError, match=f"{shape[0]} periods of {shape[1]} settings"):
        overfitting(np.zeros(shape), blocks=blocks)


# -- superior ability, intervals ---------------------------------------------------------------------------------


def test_the_best_of_chance_is_not_superior_and_a_planted_one_is() -> None:
    returns = noise(5, settings=40)
    assert superiority(returns, seed=1).p_value > 0.1
    returns[:, 7] += 0.5
    assert superiority(returns, seed=1).p_value < 0.01


def test_the_p_value_of_chance_is_spread_evenly() -> None:
    found = np.array([superiority(noise(seed, settings=8), seed=seed).p_value for seed in range(40)])
    assert (found < 0.2).mean() <= 0.35
    assert (found < 0.8).mean() >= 0.6


def test_a_wild_setting_hides_no_calm_one() -> None:
    returns = noise(5, settings=6) * 0.01
    returns[:, 2] += 0.005
    returns[:, 4] *= 1_000
    assert superiority(returns, seed=1).p_value < 0.01


def test_all_settings_may_win_and_none_may_trade() -> None:
    """The step-wise test of the library raises when it runs out of models: that is all of them, and no error."""
    assert superiority(noise() + 3, seed=1, count_winners=True).winners == SETTINGS
    found = superiority(np.zeros((DAYS, 3)), seed=1)
    assert (found.p_value, found.winners) == (1.0, 0)


def test_the_interval_of_independent_trades_is_that_of_the_t_test() -> None:
    values = np.random.default_rng(2).standard_normal(400)
    found = mean_interval(values, seed=1)
    half = 1.645 * values.std() / math.sqrt(len(values))
    assert found.high - found.mean == pytest.approx(half, rel=0.25)
    assert found.mean - found.low == pytest.approx(half, rel=0.25)


def test_trades_that_follow_each_other_have_a_wider_interval() -> None:
    values = np.repeat(np.random.default_rng(2).standard_normal(50), 8)
    shuffled = np.random.default_rng(3).permutation(values)
    in_order, torn = mean_interval(values, seed=1), mean_interval(shuffled, seed=1)
    assert in_order.block > 3
    assert in_order.high - in_order.low > 1.5 * (torn.high - torn.low)


@pytest.mark.parametrize("values", [np.empty(0), np.ones(9), np.ones(50)], ids=["none", "few", "equal"])
def test_trades_without_a_distribution_show_nothing(values: ratios.Floats) -> None:
    assert mean_interval(values, seed=1).low == -math.inf


# -- folds, plateau ----------------------------------------------------------------------------------------------


def test_no_label_of_the_past_reaches_into_the_test() -> None:
    starts = np.arange(100)
    ends = starts + np.random.default_rng(1).integers(0, 9, 100)
    folds = list(walk_forward_folds(starts, ends, folds=5, embargo=2))
    assert [len(one.test) for one in folds] == [20, 20, 20, 20]
    for one in folds:
        assert ends[one.train].max() < one.test[0] - 2
        purged = np.setdiff1d(np.arange(one.test[0]), one.train)
        assert (ends[purged] >= one.test[0] - 2).all()  # nothing else is thrown away


def test_a_walk_forward_earns_what_the_past_would_have_chosen() -> None:
    returns = np.zeros((60, 2))
    returns[:, 0] = np.where(np.arange(60) < 30, 1.0, -1.0) + 0.01 * np.arange(60)
    returns[:, 1] = -0.5 + 0.01 * np.arange(60)
    found = walk_forward(returns, folds=6)
    assert (found.first_period, len(found.returns)) == (10, 50)
    assert found.chosen[:2] == (0, 0)
    assert np.array_equal(found.returns[:20], returns[10:30, 0])


def test_each_recombined_history_holds_every_day_once() -> None:
    returns = np.repeat(np.arange(1.0, 101.0)[:, None], 3, axis=1)
    found = combinatorial_sharpes(returns, purged=1, embargo=1)
    assert found == pytest.approx([float(ratios.sharpe(returns[:, 0]))] * 9)


def test_neighbours_are_one_step_away_on_one_axis() -> None:
    places = np.array([(a, b) for a in range(3) for b in range(3)])
    assert neighbours(places, 4).tolist() == [1, 3, 5, 7]
    assert neighbours(places, 0).tolist() == [1, 3]


def test_a_spike_is_no_plateau() -> None:
    places = np.arange(5)[:, None]
    spike = np.tile([-1.0, -1.0, 2.0, -1.0, -1.0], (10, 1))
    hill = np.tile([0.5, 1.5, 2.0, 1.2, 0.3], (10, 1))
    assert plateau(spike, places, 2).holding_fraction == 0.0
    assert plateau(hill, places, 2).holding_fraction == 1.0
    assert plateau(hill, places, 0).neighbours == 1
    assert plateau(hill[:, :1], places[:1], 0).holding_fraction == 0.0
