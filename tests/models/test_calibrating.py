"""A calibration is fitted to answers that come true so often; one that would fall is refused (E16)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score

from jackline.models.calibrating import (
    Falling,
    Kind,
    area_under_curve,
    brier,
    fit_calibration,
    reliability,
)
from jackline.models.calibration import Sigmoid, calibrated, fault


def answers(count: int, *, seed: int = 1, slope: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """Raw probabilities, and classes that come true along a sigmoid of that slope in their log-odds."""
    chance = np.random.default_rng(seed)
    raw = chance.uniform(0.05, 0.95, count)
    odds = slope * np.log(raw / (1 - raw)) - 0.5
    return raw, (chance.random(count) < 1 / (1 + np.exp(-odds))).astype(np.int8)


def test_a_sigmoid_is_what_logistic_regression_finds() -> None:
    raw, classes = answers(20_000)
    found = fit_calibration(Kind.SIGMOID, raw, classes)
    assert isinstance(found, Sigmoid)
    oracle = LogisticRegression(C=np.inf).fit(np.log(raw / (1 - raw))[:, None], classes)
    assert found.slope == pytest.approx(float(oracle.coef_[0, 0]), rel=1e-2)
    assert found.intercept == pytest.approx(float(oracle.intercept_[0]), abs=1e-2)


@pytest.mark.parametrize("kind", list(Kind))
def test_what_it_says_comes_true_so_often_on_other_rows(kind: Kind) -> None:
    found = fit_calibration(kind, *answers(20_000, seed=1))
    assert fault(found) is None
    raw, classes = answers(20_000, seed=2)
    for one in reliability(calibrated(found, raw), classes):
        assert one.came == pytest.approx(one.said, abs=0.04)


def test_an_isotonic_calibration_follows_the_isotonic_regression() -> None:
    raw, classes = answers(20_000)
    found = calibrated(fit_calibration(Kind.ISOTONIC, raw, classes), raw)
    oracle = IsotonicRegression().fit(raw, classes).predict(raw)
    assert np.abs(found - oracle).mean() < 0.02
    assert (np.diff(found[np.argsort(raw)]) >= 0).all()


@pytest.mark.parametrize("kind", list(Kind))
def test_a_calibration_that_would_fall_is_refused_and_never_turned_around(kind: Kind) -> None:
    raw, classes = answers(5_000, slope=-1.0)
    with pytest.raises(Falling, match="slope -"):
        fit_calibration(kind, raw, classes)


def test_answers_that_are_all_the_same_have_none() -> None:
    with pytest.raises(Falling):
        fit_calibration(Kind.ISOTONIC, np.full(200, 0.4), (np.arange(200) % 2).astype(np.int8))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(4, 200), levels=st.integers(1, 50))
def test_the_area_under_the_curve_is_that_of_scikit_learn_with_ties_too(
    seed: int, count: int, levels: int
) -> None:
    chance = np.random.default_rng(seed)
    score = chance.integers(0, levels, count) / levels
    classes = chance.integers(0, 2, count).astype(np.int8)
    if len(set(classes.tolist())) == 2:
        assert area_under_curve(score, classes) == pytest.approx(roc_auc_score(classes, score))
    else:
        assert area_under_curve(score, classes) == 0.5
    assert brier(score, classes) == pytest.approx(brier_score_loss(classes, score, pos_label=1))


def test_reliability_has_all_rows_in_bins_of_the_same_size() -> None:
    raw, classes = answers(1_003)
    bins = reliability(raw, classes)
    assert sum(one.rows for one in bins) == 1_003
    assert {one.rows for one in bins} == {100, 101}
    assert [one.said for one in bins] == sorted(one.said for one in bins)
    assert len(reliability(raw[:3], classes[:3])) == 3
