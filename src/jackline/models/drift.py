"""How far a later market has moved away from the one that a bundle was trained on, and whether its answers still hold.

Three looks: each column's distribution beside that of the training, the distribution of the answers beside those out
of fold, and, where later bars tell how it ended, how often an answer came true (E19, E23, E29). It reports; what an
engine refuses to believe is decided by `inference`, bar by bar.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

import msgspec
import numpy as np

from jackline.data.candles import Candles
from jackline.models.bundle import Bundle
from jackline.models.calibrating import Reliability, area_under_curve, brier, reliability, said_of
from jackline.models.features import COLUMNS, WINDOW_BARS, Floats, features
from jackline.models.labels import Barriers, Costs
from jackline.models.lessons import entry_question
from jackline.models.manifest import Member, Role
from jackline.models.markets import Markets, markets_of
from jackline.models.refusal import refused
from jackline.models.report import BarriersReport, Edges, TrainingReport, report_of

MOVING_INDEX, DRIFTED_INDEX = 0.10, 0.25
"""Of a population stability index: the usual marks of credit scoring (Siddiqi 2006, chapter 8)."""
MOVING_GAP, DRIFTED_GAP = 0.05, 0.10
"""Of the mean answer and the share that came true."""
SHARE_MIN = 1e-4
"""An empty bin counts as this: its logarithm would be endless."""
ROWS_MIN = 200
"""Fewer bars say nothing about a distribution."""
SPREAD_MIN = 1e-4
"""Answers that lie nearer together are one answer: the model does not look at the market any more (E29)."""
OUTSIDE_MOVING, OUTSIDE_DRIFTED = 0.01, 0.05
"""Share of bars outside the training's range; two in a thousand lie there by construction."""


class State(StrEnum):
    """Of each thing that is looked at."""

    HOLDS = "holds"
    MOVING = "moving"
    DRIFTED = "drifted"
    UNKNOWN = "unknown"


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """A distribution beside that of the training. `index`: population stability; `outside_fraction`: of its range."""

    name: str
    state: State
    index: float
    outside_fraction: float | None = None


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """A model on later bars.

    Attributes:
        shift: of its probabilities, beside those out of fold.
        above_fraction, above_training_fraction: share of bars that reach its threshold, now and out of fold.
        labelled: bars whose outcome is known; the rest of the fields are None without any.
        said, came: the mean answer and the share of class 1.
    """

    key: str
    state: State
    shift: Shift
    lowest: float
    highest: float
    above_fraction: float
    above_training_fraction: float
    labelled: int = 0
    said: float | None = None
    came: float | None = None
    area: float | None = None
    brier: float | None = None
    reliability: tuple[Reliability, ...] = ()


class DriftReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was looked at. `bars`: those after the training, which alone count."""

    state: State
    bars: int
    from_ms: int
    to_ms: int
    columns: tuple[Shift, ...]
    models: tuple[Answers, ...]


def drift_report(bundle: Bundle, candles: Candles) -> DriftReport:
    """Look at the bars that close after the end of the training.

    Raises:
        BundleRefused: no report of a training in it, other bars or another symbol than its own, or too few bars.
    """
    report = report_of(bundle)
    later = _after_training(bundle, candles)
    order = [COLUMNS.index(one.name) for one in bundle.manifest.columns]
    rows = np.ascontiguousarray(features(later.table)[:, order])
    columns = tuple(_columns(bundle, report, rows))
    market = _labelled(later, report.barriers)
    models = tuple(
        _answers(one, bundle, report, rows, market)
        for one in bundle.manifest.models
        if any(known.key == one.key for known in report.models)
    )
    return DriftReport(
        state=worst([*(one.state for one in columns), *(one.state for one in models)]),
        bars=len(rows),
        from_ms=int(later.open_ms[WINDOW_BARS - 1]) + later.interval_ms,
        to_ms=int(later.open_ms[-1]) + later.interval_ms,
        columns=columns,
        models=models,
    )


def stability_index(edges: Edges, values: Floats) -> float:
    """``Σ (now − then) · ln(now / then)`` over the bins between the deciles of then.

    0 is the same distribution. With `n` independent values noise alone gives about 9 / n; values that hang together,
    as a volatility does from bar to bar, give as much as fewer values would.
    """
    then = np.maximum(np.diff((0.0, *edges.upto_fraction, 1.0)), SHARE_MIN)
    places = np.searchsorted(np.array(edges.deciles), values, side="left")
    now = np.bincount(places, minlength=len(then)) / len(values)
    now = np.maximum(now, SHARE_MIN)
    return float(((now - then) * np.log(now / then)).sum())


def worst(states: Sequence[State]) -> State:
    """The worst of them; what is not known is not held against it."""
    return next((one for one in (State.DRIFTED, State.MOVING, State.HOLDS) if one in states), State.UNKNOWN)


def _state(value: float, moving: float, drifted: float) -> State:
    if value > drifted:
        return State.DRIFTED
    return State.MOVING if value > moving else State.HOLDS


def _after_training(bundle: Bundle, candles: Candles) -> Candles:
    """Bars whose row is asked after the training; the windows of the first reach back into it, as a live one's do."""
    manifest = bundle.manifest
    if candles.interval_ms != manifest.interval_ms:
        what = f"bars of {candles.interval_ms} ms, and it was trained on {manifest.interval_ms} ms"
        raise refused("interval", what, "give the bars that it is asked about")
    if not manifest.is_for(candles.symbol):
        what = f"{candles.symbol}, and it was trained for {', '.join(manifest.symbols[:10])}"
        raise refused("symbols", what, "give a market of its own")
    first = int(np.searchsorted(candles.open_ms + candles.interval_ms, manifest.trained_to_ms, side="right"))
    later = candles.part(max(0, first - WINDOW_BARS + 1), len(candles))
    count = len(later) - WINDOW_BARS + 1
    if count < ROWS_MIN:
        what = f"{max(count, 0)} bars can be asked about after the end of its training"
        raise refused("rows", what, f"at least {ROWS_MIN}, and {WINDOW_BARS - 1} before them")
    return later


def _columns(bundle: Bundle, report: TrainingReport, rows: Floats) -> Iterator[Shift]:
    known = {one.name: one for one in report.columns}
    for place, column in enumerate(bundle.manifest.columns):
        values = rows[:, place]
        outside = float(((values < column.low) | (values > column.high)).mean())
        index = stability_index(known[column.name], values)
        yield Shift(
            name=column.name,
            state=worst(
                [
                    _state(index, MOVING_INDEX, DRIFTED_INDEX),
                    _state(outside, OUTSIDE_MOVING, OUTSIDE_DRIFTED),
                ]
            ),
            index=index,
            outside_fraction=outside,
        )


def _labelled(later: Candles, barriers: BarriersReport) -> Markets | None:
    """The later bars with labels made like those of the training; None where none of them has ended."""
    if len(later) < WINDOW_BARS + barriers.hold_bars + 1:
        return None
    return markets_of(
        [later],
        Barriers(
            stop=barriers.stop, target=barriers.target, hold_bars=barriers.hold_bars, unit=barriers.unit
        ),
        Costs(
            taker_fraction=barriers.taker_fraction,
            slippage_fraction=barriers.slippage_fraction,
            funding_8h_fraction=barriers.funding_8h_fraction,
        ),
    )


def _answers(
    member: Member, bundle: Bundle, report: TrainingReport, rows: Floats, market: Markets | None
) -> Answers:
    then = next(one for one in report.models if one.key == member.key)
    said = said_of(member.calibration, bundle.forests[member.key].probabilities(rows))
    index = stability_index(then.probability, said)
    shift = Shift(name=member.key, state=_state(index, MOVING_INDEX, DRIFTED_INDEX), index=index)
    stuck = State.DRIFTED if float(np.ptp(said)) < SPREAD_MIN else State.HOLDS
    found = Answers(
        key=member.key,
        state=worst([shift.state, stuck]),
        shift=shift,
        lowest=float(said.min()),
        highest=float(said.max()),
        above_fraction=float((said >= member.threshold).mean()),
        above_training_fraction=then.above_fraction,
    )
    if member.role is not Role.ENTRY or market is None:
        return found  # which trades an exit would have been asked about, only a backtest knows
    question = entry_question(market, member.side, report.barriers.ask)
    answered = said[: len(question.rows)]
    gap = abs(float(answered.mean()) - float(question.classes.mean()))
    return msgspec.structs.replace(
        found,
        state=worst([found.state, _state(gap, MOVING_GAP, DRIFTED_GAP)]),
        labelled=len(answered),
        said=float(answered.mean()),
        came=float(question.classes.mean()),
        area=area_under_curve(answered, question.classes),
        brier=brier(answered, question.classes),
        reliability=reliability(answered, question.classes),
    )
