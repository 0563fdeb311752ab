"""The gate: which numbers decide, at which thresholds, and the verdict in plain words.

Every deciding check must hold. The thresholds are not opinions: `jackline validate --calibrate` sends strategies with
and without an edge through this very file (docs/validation.md has the figures).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

import numpy as np

from jackline.research.validation.measures import Measured

TRADES_MIN = 30
"""Fewer trades and their mean is nobody's."""
HOLDOUT_TRADES_MIN = 5
SUPERIORITY_MAX = 0.05
DEFLATED_MIN = 0.95
LOSS_MAX = 0.2
STRESS_MULTIPLE = 1.5
PLATEAU_MIN = 0.5
RANDOM_MIN = 0.95
HOLDOUT_DOUBT = 0.5
"""What a first look at the holdout may be wrong with. It is shared among all looks: the second must be surer than the
first, as whoever looks twice is lucky twice as often."""
BPS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One number against its threshold. `decides`: without it nothing is proven; else it is only told."""

    name: str
    passed: bool
    decides: bool
    value: float
    threshold: float
    above: bool
    words: str
    equal: bool = False

    @property
    def needed(self) -> str:
        """``> 0.95``; ``≥ 30`` where the threshold itself will do."""
        sign = ">" if self.above else "<"
        return f"{'≥' if self.equal else sign} {self.threshold:.4g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All checks in their order."""

    checks: tuple[Check, ...]

    @property
    def proven(self) -> bool:
        """Every check that decides; a verdict without any proves nothing."""
        deciding = [one for one in self.checks if one.decides]
        return bool(deciding) and all(one.passed for one in deciding)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is not proven, in words."""
        return tuple(f"{one.name}: {one.words}" for one in self.checks if one.decides and not one.passed)

    @property
    def title(self) -> str:
        """`proven` or `not proven`."""
        return "proven" if self.proven else "not proven"


def judge(measured: Measured) -> Verdict:
    """What these numbers prove. Pure: the same numbers give the same verdict."""
    return Verdict(
        checks=(
            *_leaks(measured),
            *_trading(measured),
            *_chance(measured),
            *_searching(measured),
            *_later(measured),
        )
    )


def holdout_needed(looks: int) -> float:
    """How sure the holdout must be at its so-many-th look: 0.5, 0.75, 0.833 …"""
    return 1 - HOLDOUT_DOUBT / max(1, looks)


def _more(
    name: str, value: float, threshold: float, words: str, *, decides: bool = True, equal: bool = False
) -> Check:
    passed = value >= threshold if equal else value > threshold
    return Check(
        name=name,
        passed=passed,
        decides=decides,
        value=value,
        threshold=threshold,
        above=True,
        words=words,
        equal=equal,
    )


def _less(name: str, value: float, threshold: float, words: str, *, decides: bool = True) -> Check:
    return Check(
        name=name,
        passed=value < threshold,
        decides=decides,
        value=value,
        threshold=threshold,
        above=False,
        words=words,
    )


def _leaks(measured: Measured) -> Iterator[Check]:
    for one in measured.findings:
        yield _less(f"leak: {one.leak}", float(one.count), 1.0, one.detail)


def _trading(measured: Measured) -> Iterator[Check]:
    words = f"{measured.trades} trades in the searched part"
    yield _more("trades", measured.trades, TRADES_MIN, words, equal=True)
    interval = measured.interval
    words = f"the mean trade earns {interval.mean * BPS:.1f} bps, costs paid; " + (
        f"resampled in blocks it is above {interval.low * BPS:.1f} bps with 95 %"
        if isfinite(interval.low)
        else "there are too few to say within which bounds"
    )
    yield _more("mean trade", interval.low, 0.0, words)
    for times, mean in measured.stressed.items():
        if times > 1:
            words = f"with {times:g} times the costs the mean trade earns {mean * BPS:.1f} bps"
            yield _more(f"costs × {times:g}", mean, 0.0, words, decides=times == STRESS_MULTIPLE)


def _chance(measured: Measured) -> Iterator[Check]:
    fraction = measured.random_fraction
    words = f"its mean trade beats {fraction:.1%} of entries by chance with the same exits"
    yield _more("random entries", fraction, RANDOM_MIN, words, equal=True)
    p_value = measured.superiority.p_value
    words = f"the best of as many settings without an edge would look as good with p = {p_value:.3f}"
    yield _less("superior ability", p_value, SUPERIORITY_MAX, words)
    found = measured.deflated
    words = (
        f"{found.probability:.3f} sure that its Sharpe ratio is no product of {found.trials} trials, worth"
        f" {found.effective_trials:.1f} independent ones"
    )
    yield _more("deflated Sharpe", found.probability, DEFLATED_MIN, words)


def _searching(measured: Measured) -> Iterator[Check]:
    found = measured.overfitting
    words = f"the best setting of one half of the time lost in the other half in {found.loss_fraction:.1%} of splits"
    yield _less("loss out of sample", found.loss_fraction, LOSS_MAX, words)
    words = f"it was below the median there in {found.below_median_fraction:.1%} of splits"
    yield _less("backtest overfitting", found.below_median_fraction, 0.5, words, decides=False)
    flat = measured.plateau
    words = f"{flat.holding_fraction:.0%} of its {flat.neighbours} neighbours in the grid keep half of what it earns"
    yield _more("plateau", flat.holding_fraction, PLATEAU_MIN, words, equal=True)
    mean = float(measured.walk_forward.returns.mean())
    words = f"chosen anew by the past alone it earns {mean * BPS:.1f} bps of notional a day"
    yield _more("walk-forward", mean, 0.0, words)
    least = float(measured.combined.min()) if len(measured.combined) else 0.0
    words = (
        f"of {len(measured.combined)} recombined histories {int((measured.combined > 0).sum())} earn; the worst has a"
        f" Sharpe ratio of {least:.3f} a day, the median {np.median(measured.combined):.3f}"
    )
    yield _more("combinatorial folds", least, 0.0, words, decides=False)


def _later(measured: Measured) -> Iterator[Check]:
    words = f"{measured.holdout_trades} trades in the holdout"
    yield _more("holdout trades", measured.holdout_trades, HOLDOUT_TRADES_MIN, words, equal=True)
    looks = measured.looks
    told = (
        "its first look" if looks <= 1 else f"look number {looks} at it: it must be surer than at the first"
    )
    words = (
        f"the holdout earns {measured.holdout_mean * BPS:.1f} bps of notional a day,"
        f" {measured.holdout_probability:.3f} sure to be above zero; {told}"
    )
    yield _more("holdout", measured.holdout_probability, holdout_needed(looks), words)
