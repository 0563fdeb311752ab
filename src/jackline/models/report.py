"""What a training found, as it lies in the bundle beside its models: `training.json`, hashed like every file.

It is what people read, and what `jackline model drift` compares later markets with. An engine never opens it.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec
import numpy as np

from jackline.models.bundle import Bundle
from jackline.models.calibrating import Reliability
from jackline.models.features import Floats
from jackline.models.gated import Earned
from jackline.models.labels import Unit
from jackline.models.refusal import refused

TRAINING = "training.json"
BINS = 10
"""Of a distribution: each as likely as the others in the training."""


class Ask(StrEnum):
    """What class 1 of an entry is: the target was reached first, or the trade earned, costs paid."""

    TARGET = "target"
    EARNED = "earned"


class Edges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A distribution: its inner deciles, rising, those that are equal once, and the share of values up to each."""

    name: str
    deciles: tuple[float, ...]
    upto_fraction: tuple[float, ...]


class FoldReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One block that a model of the past was asked about. `area`: under the curve."""

    from_ms: int
    to_ms: int
    rows_train: int
    rows_test: int
    area: float
    is_calibrated: bool


class Leading(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A column, and how much area under the curve the last fold loses when its values change places."""

    column: str
    loss: float


class ModelReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one model did out of fold. Probabilities are calibrated by each fold's own past.

    Attributes:
        base_fraction: share of class 1 in the rows that were asked about.
        area: under the curve, of all folds together.
        brier_constant: what `base_fraction`, said to every row, reaches.
        above_fraction: share of the rows that reach the threshold.
        probability: of the answers out of fold, calibrated as the model of the bundle is: what later ones are like.
        columns: by rising importance, the last the most important.
    """

    key: str
    rows: int
    asked: int
    base_fraction: float
    folds: tuple[FoldReport, ...]
    area: float
    reliability: tuple[Reliability, ...]
    brier: float
    brier_constant: float
    threshold: float
    above_fraction: float
    highest: float
    probability: Edges
    columns: tuple[Leading, ...]


class BarriersReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a label's trade ended, and what it paid: enough to label later bars alike."""

    ask: Ask
    stop: float
    target: float | None
    unit: Unit
    hold_bars: int
    taker_fraction: float
    slippage_fraction: float
    funding_8h_fraction: float


class TrainingReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`training.json`.

    Attributes:
        symbol: of the market; of several, all of them by comma.
        bars: of all markets.
        recipe: of `trainers.Recipe`, by name.
        exit_entries_share: exits were taught on this share of best-liked bars; None: on the entries of the gate.
        gate: trades that the thresholds and the opportunity gate let through, out of fold.
        best: of each side alone, by `long` and `short`, the trades of the highest probabilities.
        best_share: how many of the rows those are.
        left_out: models that were asked for and are not in the bundle, with the reason.
        warnings: what a reader must know, in sentences.
        columns: distribution of each column in the training.
    """

    symbol: str
    bars: int
    recipe: dict[str, str | int | float]
    calibration: str
    embargo_bars: int
    barriers: BarriersReport
    models: tuple[ModelReport, ...]
    gate: Earned
    best: dict[str, Earned]
    best_share: float
    left_out: dict[str, str]
    warnings: tuple[str, ...]
    columns: tuple[Edges, ...]
    exit_entries_share: float | None = None


def edges_of(name: str, values: Floats) -> Edges:
    """The inner deciles of values, shape (values,)."""
    cuts = np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1)[1:-1]))
    return Edges(
        name=name,
        deciles=tuple(map(float, cuts)),
        upto_fraction=tuple(float((values <= cut).mean()) for cut in cuts),
    )


def encoded(report: TrainingReport) -> bytes:
    """As a file."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1)


def report_of(bundle: Bundle) -> TrainingReport:
    """Of a bundle that was read. Raises BundleRefused where it carries none, or one of another version."""
    content = bundle.files.get(TRAINING)
    if content is None:
        raise refused("training", f"it holds no {TRAINING}", "train it with jackline train, which writes one")
    try:
        return msgspec.json.decode(content, type=TrainingReport)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise refused("training", f"{TRAINING}: {error}", "train it again with this version") from None
