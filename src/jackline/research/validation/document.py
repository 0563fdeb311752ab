"""A validation as plain numbers and words: what `--json` writes, and what every page shows."""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np

from jackline.research.validation.calibrating import Calibration
from jackline.research.validation.gate import Check
from jackline.research.validation.running import Validated
from jackline.research.validation.sharpe import DAYS_A_YEAR
from jackline.research.validation.study import setting_of
from jackline.research.validation.trading import values_of

FORMAT = 1


def document(found: Validated) -> dict[str, Any]:
    """Everything but the series; times are UTC ms, fractions of one, Sharpe ratios per day."""
    measured, material, candles = found.measured, found.material, found.candles
    _, point = setting_of(found.candidate.tried, material.chosen)
    return {
        "format": FORMAT,
        "proven": found.verdict.proven,
        "verdict": found.verdict.title,
        "reasons": list(found.verdict.reasons),
        "strategy": found.candidate.name,
        "notes": list(found.candidate.notes),
        "identity": found.wanted.identity,
        "setting": dict(values_of(point, 0)),
        "axes": {name: list(values) for name, values in found.candidate.axes.items()},
        "data": {
            "symbol": candles.symbol,
            "environment": candles.environment,
            "interval_ms": candles.interval_ms,
            "bars": len(candles),
            "from_ms": int(candles.open_ms[0]),
            "to_ms": int(candles.open_ms[-1]) + candles.interval_ms,
            "sha256": found.data_sha256,
        },
        "holdout": {
            "from_ms": found.holdout_from_ms,
            "to_ms": found.holdout_to_ms,
            "looks": measured.looks,
            "trades": measured.holdout_trades,
            "mean_day": measured.holdout_mean,
        },
        "trials": {
            "here": found.candidate.settings,
            "elsewhere": material.more_trials,
            "effective": measured.deflated.effective_trials,
        },
        "checks": [_check(one) for one in found.verdict.checks],
        "figures": {
            "trades": measured.trades,
            "mean_trade": measured.interval.mean,
            "mean_trade_low": _finite(measured.interval.low),
            "mean_trade_high": _finite(measured.interval.high),
            "sharpe_day": measured.deflated.observed,
            "sharpe_year": measured.deflated.observed * DAYS_A_YEAR**0.5,
            "sharpe_of_the_best_by_chance": measured.deflated.expected_maximum,
            "stressed_mean_trade": {f"{times:g}": mean for times, mean in measured.stressed.items()},
            "random_mean_trade": float(np.mean(material.random_means)),
            "walk_forward_mean_day": float(measured.walk_forward.returns.mean()),
            "combinatorial_sharpes_day": [float(one) for one in measured.combined],
            "backtest_overfitting_probability": measured.overfitting.below_median_fraction,
            "buy_and_hold_day": found.hold_day_return,
        },
        "seed": found.wanted.seed,
    }


def calibration_document(found: Calibration) -> dict[str, Any]:
    """What a calibration counted."""
    return {
        "noise_accept_fraction": found.noise_accept_fraction,
        "planted": [
            {
                "information_coefficient": one.information_coefficient,
                "accept_fraction": one.accept_fraction,
                "strategies": one.strategies,
            }
            for one in found.planted
        ],
        "leaks_caught": dict(found.leaks_caught),
        "noise_passed_by_check": dict(found.noise_passed),
        "strategies": found.strategies,
        "seed": found.seed,
    }


def _check(one: Check) -> dict[str, Any]:
    return {
        "name": one.name,
        "passed": one.passed,
        "decides": one.decides,
        "value": _finite(one.value),
        "needed": one.needed,
        "words": one.words,
    }


def _finite(value: float) -> float | None:
    return float(value) if isfinite(value) else None
