"""What `jackline train` is asked for: candles and models, as the command line says them, and as a bundle was made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jackline.models.report import TrainingReport

DATA = Path("data")
"""Where `jackline data` keeps its sets unless it is told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where candles are, and which of them; `environment` stands where the data say nothing."""

    path: Path
    directory: Path = DATA
    symbol: str | None = None
    environment: str | None = None
    start: str | None = None
    end: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says of the labels and the models; None is the configuration's."""

    label: str
    stop: float | None
    target: float | None
    unit: str
    hold_bars: int | None
    sides: str
    has_exits: bool
    exit_entries: float | None
    trainer: str
    trees: int
    leaves: int
    leaf_rows: int
    calibration: str
    folds: int
    embargo_bars: int | None
    seed: int
    best_share: float
    is_forced: bool


def usual_options(*, folds: int) -> Options:
    """What `jackline train` asks for where nobody says otherwise, in so many folds."""
    return Options(
        label="target",
        stop=None,
        target=None,
        unit="fraction",
        hold_bars=None,
        sides="both",
        has_exits=True,
        exit_entries=None,
        trainer="sklearn",
        trees=100,
        leaves=8,
        leaf_rows=100,
        calibration="sigmoid",
        folds=folds,
        embargo_bars=None,
        seed=0,
        best_share=0.05,
        is_forced=False,
    )


def options_of(report: TrainingReport, *, folds: int) -> Options:
    """What a bundle was made with, by its own report, in so many folds."""
    barriers, recipe = report.barriers, report.recipe
    asked = {*(one.key for one in report.models), *report.left_out}
    sides = [side for side in ("long", "short") if f"entry_{side}" in asked]
    return Options(
        label=barriers.ask,
        stop=barriers.stop,
        target=barriers.target,
        unit=barriers.unit,
        hold_bars=barriers.hold_bars,
        sides="both" if len(sides) > 1 else sides[0],
        has_exits=any(key.startswith("exit") for key in asked),
        exit_entries=report.exit_entries_share,
        trainer=str(recipe["trainer"]),
        trees=int(recipe["trees"]),
        leaves=int(recipe["leaves"]),
        leaf_rows=int(recipe["leaf_rows_min"]),
        calibration=report.calibration,
        folds=folds,
        embargo_bars=report.embargo_bars,
        seed=int(recipe["seed"]),
        best_share=report.best_share,
        is_forced=False,
    )
