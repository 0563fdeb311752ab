"""From candles to the models of a bundle: labels, answers out of fold, exits from real entries, final fits, a report.

Two things end it without a bundle, because they are nearly always a mistake: answers out of fold that are too good
(E2), and an entry model whose calibration would fall (E16). What is merely worth nothing is written, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from jackline.core.values import Side
from jackline.data.candles import Candles
from jackline.models import features, judging
from jackline.models.bundle import Bundle
from jackline.models.calibrating import Falling, falling_refused
from jackline.models.gated import Gate, Trades, earned
from jackline.models.labels import Barriers, Costs
from jackline.models.lessons import (
    Lesson,
    entries_at_gate,
    entries_liked,
    entry_question,
    exit_question,
)
from jackline.models.manifest import Environment, Role
from jackline.models.markets import Markets, markets_of
from jackline.models.report import TRAINING, Ask, BarriersReport, TrainingReport, edges_of, encoded
from jackline.models.training import Method, Question, Tell, TrainingRefused, ask, finished
from jackline.models.writing import FittedModel, Training, write_bundle

ENVIRONMENTS = {
    "production": Environment.MAINNET,
    "testnet": Environment.TESTNET,
    "generated": Environment.GENERATED,
}
"""What candles say of themselves, in the words of a manifest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be trained.

    Attributes:
        thresholds: by model, ``entry_long`` …; a model without one is not trained.
        exit_entries_share: entries that teach exits are those of the gate; with a share they are those of each side's
            highest probabilities.
        best_share: the same for the report, which shows what they would have earned.
        is_forced: write it although its answers are too good.
    """

    ask: Ask
    barriers: Barriers
    costs: Costs
    method: Method
    gate: Gate
    thresholds: Mapping[str, float]
    exit_entries_share: float | None
    best_share: float
    is_forced: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trained:
    """The models, what they were fitted to, and what was found."""

    models: tuple[FittedModel, ...]
    training: Training
    report: TrainingReport


def train(every: Sequence[Candles], wanted: Wanted, tell: Tell) -> Trained:
    """Train what is wanted on candles, one set a market, each completed, without a gap, oldest first.

    Raises:
        TrainingRefused: too little to learn from, no known environment, or answers that are too good.
        BundleRefused: a library is missing, or an entry model's calibration would fall.
    """
    markets, entries = lessons_of(every, wanted, tell)
    return trained_of(markets, entries, wanted, tell)


def lessons_of(every: Sequence[Candles], wanted: Wanted, tell: Tell) -> tuple[Markets, list[Lesson]]:
    """The first half: the entry models asked out of fold. Raises as `train` does."""
    for candles in every:
        _environment(candles)
    markets = markets_of(every, wanted.barriers, wanted.costs)
    entries = [
        _lesson(Role.ENTRY, side, entry_question(markets, side, wanted.ask), wanted, tell)
        for side in Side
        if f"{Role.ENTRY}_{side}" in wanted.thresholds
    ]
    if not entries:
        raise TrainingRefused("models", "no model for an entry is wanted", "the long, the short or both")
    return markets, entries


def trained_of(markets: Markets, entries: list[Lesson], wanted: Wanted, tell: Tell) -> Trained:
    """The second half: exits from the real entries, the final fits, the report. Raises as `train` does."""
    at_gate = entries_at_gate(markets, entries, wanted.gate)
    exits, left_out = exits_of(markets, entries, at_gate, wanted, tell)
    taught, models = _fitted([*entries, *exits], wanted, tell, left_out)
    end = max(int(one.question.end.max()) for one in entries)
    training = Training(
        rows=entries[0].question.rows,
        symbols=markets.symbols,
        interval_ms=markets.interval_ms,
        environment=_environment(markets.each[0].candles),
        from_ms=markets.origin_ms,
        to_ms=markets.close_ms(end),
    )
    report = _report(markets, taught, models, at_gate, wanted, left_out)
    return Trained(models=models, training=training, report=report)


def write(directory: Path, trained: Trained) -> Bundle:
    """As a bundle with its report. Raises FileExistsError and BundleRefused as `write_bundle` does."""
    return write_bundle(directory, trained.models, trained.training, {TRAINING: encoded(trained.report)})


def _environment(candles: Candles) -> Environment:
    found = ENVIRONMENTS.get(candles.environment or "")
    if found is None:
        what = f"nobody says whose prices these are: environment = {candles.environment!r}"
        raise TrainingRefused("environment", what, f"one of {', '.join(ENVIRONMENTS)} (D3)")
    return found


def _lesson(role: Role, side: Side, question: Question, wanted: Wanted, tell: Tell) -> Lesson:
    """Asked fold by fold, and refused where that is too good to be true."""
    answers = ask(question, wanted.method, tell)
    if not wanted.is_forced:
        judging.too_good(question, answers)
    return Lesson(role=role, side=side, question=question, answers=answers)


def exits_of(
    markets: Markets, entries: list[Lesson], at_gate: tuple[Trades, ...], wanted: Wanted, tell: Tell
) -> tuple[list[Lesson], dict[str, str]]:
    """The exits that there are enough entries for, asked out of fold, and why the others are left out."""
    found: list[Lesson] = []
    left_out: dict[str, str] = {}
    for side in Side:
        key = f"{Role.EXIT}_{side}"
        if key not in wanted.thresholds:
            continue
        mine = next((one for one in entries if one.side is side), None)
        trades = at_gate
        if wanted.exit_entries_share is not None and mine is not None:
            trades = entries_liked(markets, mine, wanted.exit_entries_share)
        try:
            found.append(_lesson(Role.EXIT, side, exit_question(markets, side, trades), wanted, tell))
        except TrainingRefused as refused:
            if refused.check == judging.TOO_GOOD:
                raise
            left_out[key] = f"{refused.detail}. Fix: {refused.fix}"
    return found, left_out


def _fitted(
    lessons: list[Lesson], wanted: Wanted, tell: Tell, left_out: dict[str, str]
) -> tuple[list[Lesson], tuple[FittedModel, ...]]:
    """The models of a bundle. An exit that knows nothing is left out, and told; an entry is refused (E16)."""
    taught, models = list[Lesson](), list[FittedModel]()
    for one in lessons:
        key = one.key
        tell(f"{key}: all rows")
        try:
            classifier, calibration = finished(one.question, one.answers, wanted.method)
        except Falling as falling:
            if one.role is Role.ENTRY:
                raise falling_refused(key, falling) from None
            left_out[key] = f"{key}: a higher answer came true less often (E16): {falling.detail}"
            continue
        taught.append(one)
        models.append(
            FittedModel(
                role=one.role,
                side=one.side,
                classifier=classifier,
                calibration=calibration,
                threshold=wanted.thresholds[key],
            )
        )
    return taught, tuple(models)


def _report(
    markets: Markets,
    taught: list[Lesson],
    fitted: tuple[FittedModel, ...],
    at_gate: tuple[Trades, ...],
    wanted: Wanted,
    left_out: dict[str, str],
) -> TrainingReport:
    method = wanted.method
    models = tuple(
        judging.model_report(one, model.calibration, model.threshold, markets, method.recipe.seed)
        for one, model in zip(taught, fitted, strict=True)
    )
    entries = [one for one in taught if one.role is Role.ENTRY]
    rows = entries[0].question.rows
    return TrainingReport(
        symbol=", ".join(markets.symbols),
        bars=markets.bars,
        recipe=asdict(method.recipe),
        calibration=method.calibration,
        embargo_bars=method.embargo_bars,
        exit_entries_share=wanted.exit_entries_share,
        barriers=_barriers(wanted),
        models=models,
        gate=earned(at_gate),
        best={one.side: earned(entries_liked(markets, one, wanted.best_share)) for one in entries},
        best_share=wanted.best_share,
        left_out=left_out,
        warnings=(
            *(said for one in entries if (said := judging.at_once(one.key, one.question))),
            *(said for report in models for said in judging.warnings_of(report)),
        ),
        columns=tuple(edges_of(name, rows[:, place]) for place, name in enumerate(features.COLUMNS)),
    )


def _barriers(wanted: Wanted) -> BarriersReport:
    barriers, costs = wanted.barriers, wanted.costs
    return BarriersReport(
        ask=wanted.ask,
        stop=barriers.stop,
        target=barriers.target,
        unit=barriers.unit,
        hold_bars=barriers.hold_bars,
        taker_fraction=costs.taker_fraction,
        slippage_fraction=costs.slippage_fraction,
        funding_8h_fraction=costs.funding_8h_fraction,
    )
