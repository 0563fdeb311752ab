"""What a model bundle says at every close of a whole history: as `models.inference` says it, all bars at once."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from jackline.core.values import Side
from jackline.data.candles import Candles
from jackline.models.calibration import calibrated
from jackline.models.features import COLUMNS, WINDOW_BARS, Floats, features
from jackline.models.inference import PLACES, Inference
from jackline.models.manifest import Role
from jackline.research.refusal import ResearchRefused
from jackline.research.sweep.arrays import Whole
from jackline.research.sweep.bar_rules import ONE
from jackline.research.sweep.market import parts
from jackline.research.sweep.signals import NO_OPINION, Signals
from jackline.strategies.model import ModelDriven

NEVER = ONE + 1
"""A least probability that none reaches: of a side without a model."""


def model_signals(strategy: ModelDriven, candles: Candles) -> Signals:
    """The opinions of a strategy's bundle. Raises ResearchRefused where there is none, or it has no opinion."""
    model = strategy.model
    if not isinstance(model, Inference):
        raise ResearchRefused(
            "strategy: it has no model. Fix: name its bundle in [strategy] of the configuration"
        )
    rows, told = _rows(model, candles)
    if not told.any():
        raise ResearchRefused(
            f"{model.name}: no opinion on any of these bars: they lie in its training, or too far behind it, or are not"
            " its market. Fix: give bars from behind the end of the training; strategy.parameters.model_age_days_max"
        )

    def opinions(role: Role, side: Side, otherwise: int) -> Whole:
        found = np.full(len(candles), NO_OPINION, np.int64)
        member = model.bundle.member(f"{role}_{side}")
        if member is None:
            found[told] = otherwise
            return found
        raw = model.bundle.forests[member.key].probabilities(rows[told])
        # Written and read again, as the engine does: the nearest ten-thousandth, to the last bit.
        found[told] = [parts(Decimal(f"{one:{PLACES}}")) for one in calibrated(member.calibration, raw)]
        return found

    ends = {}
    for side in Side:
        least = model.exit_threshold(side)
        sure = opinions(Role.EXIT, side, NO_OPINION)
        ends[side] = None if least is None else np.where(sure >= parts(least), sure, NO_OPINION)
    return Signals(
        name=strategy.name,
        p_long=opinions(Role.ENTRY, Side.LONG, 0),
        p_short=opinions(Role.ENTRY, Side.SHORT, 0),
        end_long=ends[Side.LONG],
        end_short=ends[Side.SHORT],
        least_long=_least(model, Side.LONG),
        least_short=_least(model, Side.SHORT),
    )


def _least(model: Inference, side: Side) -> int:
    least = model.entry_threshold(side)
    return NEVER if least is None else parts(least)


def _rows(model: Inference, candles: Candles) -> tuple[Floats, np.ndarray]:
    """Features in the bundle's order, shape (bars, columns), and at which bars there is an opinion."""
    manifest = model.bundle.manifest
    rows = np.full((len(candles), len(manifest.columns)), np.nan)
    found = features(candles.table)
    if len(found):
        rows[WINDOW_BARS - 1 :] = found[:, [COLUMNS.index(one.name) for one in manifest.columns]]
    age_ms = candles.open_ms + candles.interval_ms - manifest.trained_to_ms
    told = (age_ms > 0) & (age_ms <= model.age_ms_max)
    told &= candles.interval_ms == manifest.interval_ms and manifest.is_for(candles.symbol)
    for index, column in enumerate(manifest.columns):
        margin = model.range_margin_fraction * (column.high - column.low)
        # A row without a window is nan, and no comparison with it holds.
        told &= (rows[:, index] >= column.low - margin) & (rows[:, index] <= column.high + margin)
    return np.ascontiguousarray(rows), told
