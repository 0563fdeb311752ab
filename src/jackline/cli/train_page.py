"""What `jackline train` shows: each model out of fold, the trades, what to know of them, and an honest last line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from jackline.cli.page import fitted

if TYPE_CHECKING:
    from jackline.models.gated import Earned
    from jackline.models.leak import LeakReport
    from jackline.models.pipeline import Trained
    from jackline.models.report import BarriersReport, ModelReport, TrainingReport

DIGEST_CHARS = 8
TRADES_MIN = 30
"""Fewer trades of the gate say nothing; then those of the highest answers are spoken of."""
ERRORS_MIN = 2
"""Standard errors above nothing, below which a gain is not told apart from chance."""


def print_json(directory: Path, sha256: str, trained: Trained, leak: LeakReport | None) -> None:
    """One object: where the bundle is, and everything that was found."""
    from msgspec import to_builtins

    from jackline.cli import views

    views.print_json(
        bundle=str(directory),
        sha256=sha256,
        trained_from_ms=trained.training.from_ms,
        trained_to_ms=trained.training.to_ms,
        report=to_builtins(trained.report),
        leak=to_builtins(leak),
        verdict=verdict(trained.report),
    )


def print_page(directory: Path, sha256: str, trained: Trained, leak: LeakReport | None) -> None:
    """80 columns."""
    report = trained.report
    lines = [*_head(trained), ""]
    for one in report.models:
        lines += [*_model(one), ""]
    lines += [*_trades(report), ""]
    if leak is not None:
        lines += [*_leak(leak), ""]
    lines += [f"  ! {said}" for said in report.warnings]
    lines += [f"  left out: {said}" for said in report.left_out.values()]
    print("\n".join(fitted(line) for line in lines))
    print(fitted(f"\n{directory}: written, as model@{sha256[:DIGEST_CHARS]}. {verdict(report)}"))


def verdict(report: TrainingReport) -> str:
    """What may be believed after a training: nothing yet, and why."""
    found, whose = report.gate, "the trades of the gate"
    if found.trades < TRADES_MIN:
        spoken = f"The gate let {found.trades} trades through out of fold, too few to say anything. "
        (side, found) = max(report.best.items(), key=lambda one: one[1].net_bps)
        whose = f"{spoken}The {report.best_share:.0%} of bars that entry_{side} likes best"
    else:
        whose = "Out of fold, the trades of the gate"
    figure = f"{found.net_bps:+.1f} ± {found.error_bps:.1f} bps each, costs paid ({found.trades} trades)"
    if found.net_bps <= 0:
        return f"{whose} lose: {figure}. Not proven, and nothing here says that it could be."
    if found.net_bps < ERRORS_MIN * found.error_bps:
        return f"{whose}: {figure}. Not told apart from chance. Not proven."
    return f"{whose}: {figure}. Not proven until jackline validate says so."


def _head(trained: Trained) -> Iterator[str]:
    from jackline.data.intervals import spell

    report, training = trained.report, trained.training
    yield (
        f"{report.symbol}: {report.bars:,} bars of {spell(training.interval_ms)}, "
        f"{_minute(training.from_ms)} to {_minute(training.to_ms)} UTC, {training.environment}"
    )
    yield f"  labels: {_labels(report.barriers)}"
    recipe = report.recipe
    yield (
        f"  models: {recipe['trainer']}, {recipe['trees']} trees of {recipe['leaves']} leaves, "
        f"{report.calibration} calibration, seed {recipe['seed']}"
    )
    yield (
        f"  asked: {len(report.models[0].folds)} disjoint blocks, each of models of its past, "
        f"purged, {report.embargo_bars} bars of embargo"
    )


def _labels(barriers: BarriersReport) -> str:
    def distance(value: float) -> str:
        return f"{value:.2%}" if barriers.unit == "fraction" else f"{value:g} ATR"

    target = "no target" if barriers.target is None else f"target {distance(barriers.target)}"
    costs = 10_000 * 2 * (barriers.taker_fraction + barriers.slippage_fraction)
    return (
        f"{target}, stop {distance(barriers.stop)}, at most {barriers.hold_bars} bars, entered at the "
        f"next open; round trip {costs:.0f} bps and funding; class 1 is {barriers.ask}"
    )


def _model(one: ModelReport) -> Iterator[str]:
    yield (
        f"{one.key}: {one.rows:,} rows, {one.asked:,} asked out of fold, "
        f"{one.base_fraction:.1%} of them class 1"
    )
    areas = " ".join(f"{fold.area:.3f}" for fold in one.folds)
    yield f"  area under the curve  {one.area:.3f}   folds {areas}"
    yield f"  Brier score           {one.brier:.4f}   a constant reaches {one.brier_constant:.4f}"
    yield (
        f"  at {one.threshold:g} or more       {one.above_fraction:.2%} of the bars, "
        f"the highest {one.highest:.3f}"
    )
    yield "  said  " + " ".join(f"{bin_.said:6.3f}" for bin_ in one.reliability)
    yield "  came  " + " ".join(f"{bin_.came:6.3f}" for bin_ in one.reliability)
    lead = ", ".join(f"{column.column} {column.loss:.3f}" for column in reversed(one.columns[-3:]))
    yield f"  area lost without     {lead}"


def _trades(report: TrainingReport) -> Iterator[str]:
    yield "out of fold, costs paid       trades  net bps      ±    won     total"
    yield _earned("through the gate", report.gate)
    for side, found in report.best.items():
        yield _earned(f"{side}, best {report.best_share:.0%} of bars", found)


def _earned(name: str, found: Earned) -> str:
    figures = f"{found.trades:6d} {found.net_bps:+8.1f} {found.error_bps:6.1f} {found.won_fraction:6.0%}"
    return f"  {name:<27} {figures} {found.total_fraction:+9.1%}"


def _leak(leak: LeakReport) -> Iterator[str]:
    yield "what a leak would have claimed of the same bars"
    for claim in leak.claims:
        areas = ", ".join(f"{side} {area:.3f}" for side, area in claim.area.items())
        yield f"{claim.how}: area {areas}"
        yield _earned("through the gate", claim.gate)
        for side, found in claim.best.items():
            yield _earned(f"{side}, best answers", found)
    for name, by_side in (
        ("a barrier is touched at all", leak.touch_area),
        ("which of them, where one is", leak.direction_area),
    ):
        said = ", ".join(f"{side} {area:.3f}" for side, area in by_side.items())
        yield f"honest area, {name}: {said}"


def _minute(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M")
