"""Whether a model that decides has learnt from the very bars it is to be judged on (incident E3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import msgspec

from jackline.core.ports import Strategy
from jackline.engine.options import EngineOptions
from jackline.models.inference import Inference
from jackline.research.refusal import BacktestRefused
from jackline.strategies.model import ModelDriven

FOR_EVER_MS = 2**62


def refuse_overlap(options: EngineOptions, *, first_ms: int, end_ms: int) -> None:
    """Raises BacktestRefused where a bundle's training reaches into these bars."""
    for one in options.every_bot:
        model = _model(one.strategy)
        if model is None:
            continue
        manifest = model.bundle.manifest
        if manifest.trained_from_ms < end_ms and first_ms < manifest.trained_to_ms:
            raise BacktestRefused(
                what=f"the model {model.name} has learnt from these bars",
                where="strategy.bundle",
                value=f"trained on {_day(manifest.trained_from_ms)} to {_day(manifest.trained_to_ms)}, "
                f"to be played on {_day(first_ms)} to {_day(end_ms)}",
                fix=f"--from {_day(manifest.trained_to_ms)}, or --allow-training-overlap, which marks every "
                "figure as in sample",
            )


def overlaps(options: EngineOptions, *, first_ms: int, end_ms: int) -> bool:
    """The same as a question."""
    try:
        refuse_overlap(options, first_ms=first_ms, end_ms=end_ms)
    except BacktestRefused:
        return True
    return False


def opened(options: EngineOptions, *, first_ms: int) -> EngineOptions:
    """The options with models that speak about bars of their own training too; else they have no opinion there (M2)."""
    bots = tuple(replace(one, strategy=_opened(one.strategy, first_ms)) for one in options.bots)
    return replace(options, bots=bots, strategy=_opened(options.strategy, first_ms))


def _opened(strategy: Strategy, first_ms: int) -> Strategy:
    model = _model(strategy)
    if model is None or not isinstance(strategy, ModelDriven):
        return strategy
    manifest = msgspec.structs.replace(model.bundle.manifest, trained_to_ms=first_ms)
    bundle = replace(model.bundle, manifest=manifest)
    return replace(strategy, model=replace(model, bundle=bundle, age_ms_max=FOR_EVER_MS))


def _model(strategy: Strategy) -> Inference | None:
    model = strategy.model if isinstance(strategy, ModelDriven) else None
    return model if isinstance(model, Inference) else None


def _day(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1_000, UTC):%Y-%m-%d}"
