"""How a model's own probability becomes one that comes true so often: plain numbers in the manifest."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import assert_never

import msgspec
import numpy as np

from jackline.models.features import Floats

KNOTS_MAX = 1_000
"""Of a piecewise calibration: an isotonic regression keeps one for each of its steps."""
RAW_MIN = 1e-12
"""Nearer to 0 or 1 a raw probability has no useful log-odds."""


class Sigmoid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="sigmoid"):
    """``p = 1 / (1 + e^−(slope · log(q / (1 − q)) + intercept))`` of the model's own `q` (Platt 1999)."""

    slope: float
    intercept: float


class Piecewise(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="piecewise"):
    """Straight lines through (raw, probability), level outside them: what an isotonic regression comes to."""

    raw: tuple[float, ...]
    probability: tuple[float, ...]


Calibration = Sigmoid | Piecewise
AS_IT_IS = Piecewise(raw=(0.0, 1.0), probability=(0.0, 1.0))
"""Changes nothing: for a model that nobody has calibrated, and that says so."""


def fault(calibration: Calibration) -> str | None:
    """Why it gives no probability; None when it does. A higher raw value never gives a lower one."""
    match calibration:
        case Sigmoid(slope=slope, intercept=intercept):
            fine = math.isfinite(slope) and math.isfinite(intercept) and slope > 0
            return None if fine else f"slope {slope:g}, intercept {intercept:g}"
        case Piecewise(raw=raw, probability=probability):
            return _knots_fault(raw, probability)
        case _:
            assert_never(calibration)


def _knots_fault(raw: tuple[float, ...], probability: tuple[float, ...]) -> str | None:
    if not 2 <= len(raw) <= KNOTS_MAX or len(raw) != len(probability):
        return f"{len(raw)} raw values and {len(probability)} probabilities; as many of each, 2 … {KNOTS_MAX}"
    if not all(0 <= one <= 1 for one in (*raw, *probability)):
        return "a knot outside 0 … 1"
    if not all(a < b for a, b in pairwise(raw)) or not all(a <= b for a, b in pairwise(probability)):
        return "knots that do not rise"
    return None


def logistic(odds: Floats) -> Floats:
    """``1 / (1 + e^−odds)``, written so that no odds are too large for it."""
    found: Floats = 0.5 * (1 + np.tanh(0.5 * odds))
    return found


def calibrated(calibration: Calibration, raw: Floats) -> Floats:
    """Probabilities, 0 … 1, of raw ones, 0 … 1; any shape. The calibration has no `fault`."""
    match calibration:
        case Piecewise(raw=knots, probability=probability):
            return np.interp(raw, knots, probability)
        case Sigmoid(slope=slope, intercept=intercept):
            kept = np.clip(raw, RAW_MIN, 1 - RAW_MIN)
            return logistic(slope * np.log(kept / (1 - kept)) + intercept)
        case _:
            assert_never(calibration)
