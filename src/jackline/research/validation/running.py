"""A configuration through the gate: holdout cut off, trials counted, leaks looked for, all measured and judged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from jackline.core.ports import Strategy
from jackline.data.candles import Candles
from jackline.research.sweep.signals import rule_signals
from jackline.research.trials import TrialRow, note_trials, read_trials, settings_sha256
from jackline.research.validation import leaks
from jackline.research.validation.candidate import Candidate
from jackline.research.validation.findings import Finding
from jackline.research.validation.folds import Fold, walk_forward_folds
from jackline.research.validation.gate import Verdict, judge
from jackline.research.validation.holdout import (
    Look,
    Split,
    candles_sha256,
    looks,
    looks_at,
    note_look,
    plain,
    split,
)
from jackline.research.validation.measures import Material, Measured, measure
from jackline.research.validation.sharpe import Floats
from jackline.research.validation.study import buy_and_hold, material
from jackline.research.validation.trading import Desk

DAYS_MIN = 60
"""In the searched part: a dozen blocks of five days."""
PREFIX_BARS = 1_200
"""Of the end of the searched part, in which a user's strategy is asked again without what comes later."""
PREFIX_CUTS = 4


class TooLittle(ValueError):
    """Nothing can be said of so few days; the text has the figures and the fix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How to validate.

    Attributes:
        ledger: directory of the ledgers of trials and of holdouts.
        at_ms: now, by the wall.
        identity: of strategy, model and risk configuration.
        fraction: of the days, kept as the holdout.
        swept: the sweep whose days are given with the candidate, as the ledger of trials knows it; its settings are not
            counted twice.
    """

    ledger: Path
    at_ms: int
    identity: str
    seed: int
    fraction: float
    swept: tuple[str, str, int, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Validated:
    """The verdict, with all it rests on. `holdout_from_ms`, `holdout_to_ms`: the span that was looked at."""

    candidate: Candidate
    candles: Candles
    cut: Split
    material: Material
    measured: Measured
    verdict: Verdict
    holdout_from_ms: int
    holdout_to_ms: int
    data_sha256: str
    hold_day_return: float
    wanted: Wanted


def validate(candidate: Candidate, desk: Desk, wanted: Wanted, findings: tuple[Finding, ...]) -> Validated:
    """The whole way. The look at the holdout and the trials are on record before anything is told.

    Raises:
        TooLittle: fewer days than anything can be said of.
        holdout.LedgerDamaged, trials.LedgerDamaged: nobody knows what was tried before.
    """
    candles = desk.candles
    cut = split(candles, fraction=wanted.fraction)
    if cut.holdout_day < DAYS_MIN:
        raise TooLittle(
            f"{cut.holdout_day} days to search in; at least {DAYS_MIN} are needed before the holdout."
            " Fix: give more data, or a smaller --holdout"
        )
    others = candidate.tried.others
    if others is not None and len(others) < cut.holdout_day:
        raise TooLittle(
            f"--sweep: {len(others)} days of it, and {cut.holdout_day} are searched here. Fix: sweep all bars before"
            " the holdout, or leave it out"
        )
    begin, end = int(candles.open_ms[cut.holdout_bar]), int(candles.open_ms[-1]) + candles.interval_ms
    sha256 = candles_sha256(candles)
    before, more = known_before(candidate, wanted, candles, holdout_from_ms=begin)
    _note(candidate, wanted, candles, cut, sha256)
    found = material(
        desk,
        candidate.tried,
        cut,
        seed=wanted.seed,
        looks=before + 1,
        more_trials=more,
        findings=findings,
    )
    found = _with_findings(found, candles, desk, cut, wanted.at_ms)
    measured = measure(found, seed=wanted.seed)
    return Validated(
        candidate=candidate,
        candles=candles,
        cut=cut,
        material=found,
        measured=measured,
        verdict=judge(measured),
        holdout_from_ms=begin,
        holdout_to_ms=end,
        data_sha256=sha256,
        hold_day_return=buy_and_hold(candles, cut),
        wanted=wanted,
    )


def known_before(
    candidate: Candidate, wanted: Wanted, candles: Candles, *, holdout_from_ms: int
) -> tuple[int, int]:
    """Looks at this holdout so far, sweeps that saw it counted as such; and settings tried on these bars before.

    The same trials once more are no new ones.
    """
    first, end = int(candles.open_ms[0]), int(candles.open_ms[-1]) + candles.interval_ms
    looked = looks_at(looks(wanted.ledger), symbol=candles.symbol, from_ms=holdout_from_ms, to_ms=end)
    rows = [one for one in read_trials(wanted.ledger) if plain(one.symbol) == plain(candles.symbol)]
    seen = sum(1 for one in rows if one.from_ms < end and one.to_ms > holdout_from_ms)
    mine = row_of(candidate, wanted, candles, end_ms=holdout_from_ms, sha256="")
    elsewhere = {
        one.settings: one.trials
        for one in rows
        if one.from_ms < end
        and one.to_ms > first
        and one.settings != mine.settings
        and (one.data_sha256, one.strategy, one.trials, one.settings_sha256) != wanted.swept
    }
    return len(looked) + seen, sum(elsewhere.values())


def _note(candidate: Candidate, wanted: Wanted, candles: Candles, cut: Split, sha256: str) -> None:
    begin, end = int(candles.open_ms[cut.holdout_bar]), int(candles.open_ms[-1]) + candles.interval_ms
    note_trials(wanted.ledger, row_of(candidate, wanted, candles, end_ms=begin, sha256=sha256))
    note_look(
        wanted.ledger,
        Look(
            at_ms=wanted.at_ms,
            symbol=candles.symbol,
            interval_ms=candles.interval_ms,
            from_ms=begin,
            to_ms=end,
            data_sha256=candles_sha256(candles.part(cut.holdout_bar, len(candles))),
            strategy=f"{candidate.name} {wanted.identity[:8]}",
        ),
    )


def row_of(candidate: Candidate, wanted: Wanted, candles: Candles, *, end_ms: int, sha256: str) -> TrialRow:
    """How the ledger of trials knows a candidate that is searched until `end_ms`."""
    ranges = "; ".join(
        f"{name} {', '.join(f'{one:g}' for one in values)}" for name, values in candidate.axes.items()
    )
    what = f"validate: {ranges}"
    return TrialRow(
        at_ms=wanted.at_ms,
        data_sha256=sha256,
        symbol=candles.symbol,
        interval_ms=candles.interval_ms,
        from_ms=int(candles.open_ms[0]),
        to_ms=end_ms,
        trials=candidate.settings,
        strategy=candidate.name,
        what=what,
        settings_sha256=settings_sha256(what, *candidate.fixed),
    )


# -- leaks -------------------------------------------------------------------------------------------------------


def prefix_finding(strategy: Strategy, candles: Candles) -> Finding:
    """Whether a strategy says the same of a bar when it cannot have seen what comes later."""
    last = candles.part(max(0, len(candles) - PREFIX_BARS), len(candles))

    def computed(some: Candles) -> Floats:
        sides = rule_signals(strategy, some).sides
        return np.zeros(0) if sides is None else sides.astype(np.float64)

    cuts = np.linspace(len(last) // 2, len(last) - 1, PREFIX_CUTS).astype(int).tolist()
    return leaks.future_feature(computed, last, cuts=cuts)


def _with_findings(found: Material, candles: Candles, desk: Desk, cut: Split, known_ms: int) -> Material:
    """With the checks that trades and folds can be asked, those given before them first."""
    trades = found.trades
    days = np.arange(cut.holdout_day, dtype=np.int64)
    folds = list(walk_forward_folds(days, days + found.position_days, embargo=1))
    asked = (
        *found.findings,
        *_of_folds(folds, days + found.position_days, samples=len(days)),
        leaks.unfinished_bar(candles, trades, known_ms=known_ms),
        leaks.impossible_fill(
            candles, trades, slippage_fraction=float(desk.prepared.costs.slippage_fraction) * 2
        ),
        leaks.overlapping_windows(trades.entry_bar, trades.exit_bar),
    )
    return replace(found, findings=_worst(asked))


def _worst(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """One answer of each check, the worst of those that it was asked for; in the order of the first."""
    by_leak: dict[str, Finding] = {}
    for one in findings:
        known = by_leak.get(one.leak)
        by_leak[one.leak] = one if known is None or one.count > known.count else known
    return tuple(by_leak.values())


def _of_folds(folds: list[Fold], ends: np.ndarray, *, samples: int) -> tuple[Finding, ...]:
    """The folds of the walk-forward, asked as a stranger's would be: the worst answer of each kind."""
    trained = [leaks.training_in_test(ends[one.train], one.test) for one in folds]
    torn = [leaks.shuffled_folds(one.test, samples=samples) for one in folds]
    return tuple(max(every, key=lambda one: one.count) for every in (trained, torn))
