"""The gate: every deciding check can refuse alone, and strategies without an edge do not pass it."""

from dataclasses import replace

import numpy as np
import pytest

from jackline.research.validation import gate
from jackline.research.validation.calibrating import COEFFICIENTS, calibrate, trial
from jackline.research.validation.findings import Finding, Leak
from jackline.research.validation.folds import WalkForward
from jackline.research.validation.markets import drawn_signal, generated_market, planted_signal
from jackline.research.validation.measures import Measured
from jackline.research.validation.overfitting import Overfitting
from jackline.research.validation.plateau import Plateau
from jackline.research.validation.resampling import Interval
from jackline.research.validation.sharpe import Deflated
from jackline.research.validation.superiority import Superiority

GOOD = Measured(
    trades=120,
    holdout_trades=30,
    interval=Interval(mean=0.003, low=0.001, high=0.005, block=2.0),
    superiority=Superiority(p_value=0.01, winners=0),
    deflated=Deflated(
        observed=0.3, expected_maximum=0.1, trials=324, effective_trials=15.0, probability=0.99
    ),
    overfitting=Overfitting(
        below_median_fraction=0.1, loss_fraction=0.05, in_sample=np.ones(4), out_of_sample=np.ones(4)
    ),
    plateau=Plateau(neighbours=6, holding_fraction=0.8, worst_mean=0.001),
    stressed={1.0: 0.003, 1.5: 0.002, 2.0: 0.001},
    walk_forward=WalkForward(returns=np.full(50, 0.001), first_period=10, chosen=(1, 1, 1, 1, 1)),
    combined=np.full(9, 0.1),
    random_fraction=0.99,
    holdout_mean=0.001,
    holdout_probability=0.9,
    looks=1,
    findings=(Finding(leak=Leak.FUTURE_FEATURE, count=0, detail="the same rows at 8 cuts"),),
)


def test_a_good_strategy_is_proven_and_every_number_has_its_threshold() -> None:
    verdict = gate.judge(GOOD)
    assert verdict.proven, verdict.reasons
    assert (verdict.title, verdict.reasons) == ("proven", ())
    assert all(one.words and one.needed for one in verdict.checks)


@pytest.mark.parametrize(
    ("name", "worse"),
    [
        ("leak: future_feature", {"findings": (replace(GOOD.findings[0], count=1),)}),
        ("trades", {"trades": 29}),
        ("mean trade", {"interval": replace(GOOD.interval, low=-1e-9)}),
        ("costs × 1.5", {"stressed": {1.0: 0.003, 1.5: 0.0, 2.0: -0.001}}),
        ("random entries", {"random_fraction": 0.94}),
        ("superior ability", {"superiority": Superiority(p_value=0.05, winners=0)}),
        ("deflated Sharpe", {"deflated": replace(GOOD.deflated, probability=0.95)}),
        ("loss out of sample", {"overfitting": replace(GOOD.overfitting, loss_fraction=0.2)}),
        ("plateau", {"plateau": replace(GOOD.plateau, holding_fraction=0.49)}),
        ("walk-forward", {"walk_forward": replace(GOOD.walk_forward, returns=np.zeros(50))}),
        ("holdout trades", {"holdout_trades": 4}),
        ("holdout", {"holdout_probability": 0.5}),
        ("holdout", {"holdout_probability": 0.7, "looks": 2}),
    ],
)
def test_each_deciding_check_refuses_alone(name: str, worse: dict[str, object]) -> None:
    verdict = gate.judge(replace(GOOD, **worse))  # type: ignore[arg-type]  # fields by name
    assert not verdict.proven
    assert [one.name for one in verdict.checks if one.decides and not one.passed] == [name]
    assert verdict.reasons[0].startswith(f"{name}: ")


@pytest.mark.parametrize(
    "worse",
    [
        {"overfitting": replace(GOOD.overfitting, below_median_fraction=0.9)},
        {"combined": np.full(9, -0.1)},
        {"stressed": {1.0: 0.003, 1.5: 0.001, 2.0: -0.001}},
    ],
    ids=["overfitting", "combinatorial", "twice the costs"],
)
def test_what_only_reports_refuses_nothing(worse: dict[str, object]) -> None:
    verdict = gate.judge(replace(GOOD, **worse))  # type: ignore[arg-type]  # fields by name
    assert verdict.proven
    assert any(not one.passed for one in verdict.checks)


def test_a_second_look_at_the_holdout_is_said() -> None:
    (told,) = [one for one in gate.judge(replace(GOOD, looks=2)).checks if one.name == "holdout"]
    assert "look number 2" in told.words
    assert (told.passed, told.threshold) == (True, 0.75)


def test_a_verdict_without_checks_proves_nothing() -> None:
    assert not gate.Verdict(checks=()).proven


# -- the gate on trial -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("coefficient", [0.0, 0.31])
def test_a_planted_signal_knows_as_much_as_it_says(coefficient: float) -> None:
    market = generated_market(days=60, seed=2)
    signal = planted_signal(market, 96, coefficient, np.random.default_rng(5))
    ahead = np.log(market.open[97:] / market.open[1:-96])
    assert np.corrcoef(signal[: len(ahead)], ahead)[0, 1] == pytest.approx(coefficient, abs=0.02)


def test_the_generated_market_is_rough_and_has_no_memory() -> None:
    market = generated_market(days=400, seed=1)
    returns = np.diff(np.log(market.close))
    days = np.diff(np.log(market.close[::96]))
    lagged = [np.corrcoef(returns[:-lag], returns[lag:])[0, 1] for lag in (1, 4, 96)]
    assert np.abs(lagged).max() < 0.02
    assert np.corrcoef(np.abs(returns[:-1]), np.abs(returns[1:]))[0, 1] > 0.05
    assert ((returns - returns.mean()) ** 4).mean() / returns.var() ** 2 > 5
    assert days.std() == pytest.approx(0.025, rel=0.15)
    assert (market.high >= np.maximum(market.open, market.close)).all()
    assert (market.low <= np.minimum(market.open, market.close)).all()


def test_chance_does_not_pass_and_a_strong_edge_does() -> None:
    assert not any(trial(number, None, 1).proven for number in range(4))
    assert trial(0, 0.5, 1).proven


def test_a_trial_is_the_same_again_and_no_two_are() -> None:
    assert trial(3, None, 1) == trial(3, None, 1)
    drawn = [drawn_signal(500, 12, np.random.default_rng(seed)) for seed in (1, 2)]
    assert abs(np.corrcoef(drawn[0], drawn[1])[0, 1]) < 0.5


@pytest.mark.long
@pytest.mark.timeout(3_600)
def test_a_thousand_without_an_edge_and_the_power_curve() -> None:
    """What the issue of research promises, by the command's own function."""
    found = calibrate(1_000, seed=1, jobs=2)
    power = {one.information_coefficient: one.accept_fraction for one in found.planted}
    assert found.noise_accept_fraction <= 0.05
    assert all(power[one] >= 0.8 for one in COEFFICIENTS if one >= 0.31), power
    assert list(power.values()) == sorted(power.values())
    assert all(found.leaks_caught.values()), found.leaks_caught
