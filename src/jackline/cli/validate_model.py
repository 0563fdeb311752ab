"""What a validation judges of a model: one bundle on bars behind its training, or its recipe trained anew in folds.

The notes say which of the two it was, and what follows of it for the other: nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from jackline.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from jackline.cli.config import Config
    from jackline.cli.train_options import Options
    from jackline.cli.validate_candidate import Say
    from jackline.data.candles import Candles
    from jackline.research.validation.candidate import Candidate
    from jackline.research.validation.findings import Finding
    from jackline.research.validation.refitting import Refitted
    from jackline.strategies.model import ModelDriven

DAY_MS = 86_400_000


def of_bundle(
    config: Config, strategy: ModelDriven, candles: Candles
) -> tuple[Candidate, Candles, tuple[Finding, ...]]:
    """The bundle on bars behind its training.

    Raises:
        CommandFailed: every bar lies in it.
        ResearchRefused: no bundle, or none that has an opinion.
    """
    from dataclasses import replace

    import numpy as np

    from jackline.models.inference import Inference
    from jackline.research.refusal import ResearchRefused
    from jackline.research.sweep.model_signals import model_signals
    from jackline.research.validation.candidate import model_candidate
    from jackline.research.validation.model_leaks import bundle_findings

    model = strategy.model
    if not isinstance(model, Inference):
        raise ResearchRefused("strategy: it has no model. Fix: name its bundle in [strategy]")
    ended = model.bundle.manifest.trained_to_ms
    later = candles.part(int(np.searchsorted(candles.open_ms, ended)), len(candles))
    if not len(later):
        raise CommandFailed(
            ExitCode.BAD_INPUT,
            "every bar lies in the training of the bundle: it has seen what comes (E3). Fix: give bars from behind it",
        )
    signals = model_signals(strategy, later)
    told = 0 if signals.p_long is None else int((signals.p_long >= 0).sum())
    days = len(later) * later.interval_ms / DAY_MS
    note = (
        f"One bundle was judged, as it is, on the {days:.0f} days behind its training. It had an opinion on"
        f" {told / len(later):.0%} of their bars; on the others it was too old, or saw what it was not trained on."
        " What its recipe gives when it is trained again is not judged by this: --folds asks that."
    )
    least = (strategy.long_probability_min, strategy.short_probability_min)
    found = model_candidate(signals, config.risk_settings(), later, least)
    return replace(found, notes=(note,)), later, bundle_findings(model.bundle, later)


def of_folds(
    config: Config, strategy: ModelDriven, candles: Candles, folds: int, say: Say
) -> tuple[Candidate, Candles, tuple[Finding, ...]]:
    """The recipe of the bundle, trained anew for every block; where there is no bundle yet, the usual one.

    Raises:
        BundleRefused: the bundle cannot be read.
        TrainingRefused: too little to learn from, or answers that are too good to be true.
        ResearchRefused: no fold has an opinion.
    """
    from dataclasses import replace

    from jackline.cli.train_wanted import wanted_of
    from jackline.research.validation.candidate import model_candidate
    from jackline.research.validation.refitting import refitted

    options, whose = recipe_of(config, folds)
    wanted = wanted_of(config, options, candles.interval_ms)
    fitted: list[str] = []

    def tell(what: str) -> None:
        fitted.append(what)
        say(what, len(fitted), len(wanted.thresholds) * folds)

    found = refitted(candles, wanted, tell)
    least = (strategy.long_probability_min, strategy.short_probability_min)
    candidate = model_candidate(found.signals, config.risk_settings(), found.candles, least)
    notes = (whose, *_exits(found))
    # Another recipe is another trial, though its thresholds and exits read alike.
    fixed = (*candidate.fixed, wanted)
    return replace(candidate, notes=notes, fixed=fixed), found.candles, found.findings


def recipe_of(config: Config, folds: int) -> tuple[Options, str]:
    """How it is trained, and the sentence that says so."""
    from jackline.cli.train_options import options_of, usual_options
    from jackline.models.bundle import read_bundle
    from jackline.models.report import report_of

    named = config.strategy_section.bundle
    directory = None if named is None else config.path.parent / str(named)
    judged = f"The model was trained anew in {folds} folds, {{}}. No single bundle is judged by this."
    if directory is None or not directory.exists():
        return usual_options(folds=folds), judged.format("by the usual recipe: there is no bundle yet")
    options = options_of(report_of(read_bundle(directory)), folds=folds)
    return options, judged.format(f"as the bundle {directory.name} was")


def _exits(found: Refitted) -> list[str]:
    """From when on which exits were asked, and why others were not."""
    notes = [
        f"Exits of a {side} by the model are asked from {_day(at_ms)} on: before that too few trades had taught one."
        for side, at_ms in found.exits_from_ms.items()
    ]
    return [*notes, *(f"Without its exit by the model. {reason}" for reason in found.left_out.values())]


def _day(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1_000, UTC):%Y-%m-%d}"
