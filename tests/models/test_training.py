"""What is told of a model was asked out of fold, of models that could not know; what is too good is refused."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import pytest

from jackline.core.values import Side
from jackline.models.bundle import read_bundle
from jackline.models.calibrating import Falling, Kind
from jackline.models.exit_labels import exit_labels
from jackline.models.features import COLUMNS, features
from jackline.models.fitted import compared
from jackline.models.gated import Trades
from jackline.models.labels import Barriers, Outcome, triple_barrier
from jackline.models.leak import leak_report
from jackline.models.lessons import entries_at_gate, entries_liked, entry_question
from jackline.models.markets import markets_of
from jackline.models.pipeline import lessons_of, train, write
from jackline.models.refusal import BundleRefused
from jackline.models.report import Ask, encoded, report_of
from jackline.models.training import TrainingRefused, ask, finished, out_of_fold
from tests.models.making import written as written_before
from tests.models.market import FREE, USUAL, candles_from, market
from tests.models.teaching import (
    BARRIERS,
    BARS,
    ENTRIES_ALONE,
    GATE,
    METHOD,
    MOMENTUM,
    SMALL,
    WANTED,
    carried,
    silent,
    trained,
)

# -- out of fold ---------------------------------------------------------------------------------------------


def test_rows_of_the_test_change_nothing_but_their_own_answers() -> None:
    """Whatever stands in other test rows, and whatever their classes are: the model has not seen them."""
    made = markets_of([market(600, momentum=MOMENTUM)], BARRIERS, USUAL)
    question = entry_question(made, Side.LONG, Ask.TARGET)
    asked = partial(
        out_of_fold,
        weights=question.weights,
        train=np.arange(250),
        test=np.arange(300, 400),
        recipe=SMALL,
    )
    said = asked(question.rows, question.classes)
    spoiled, classes = question.rows.copy(), question.classes.copy()
    classes[250:] = 1 - classes[250:]
    spoiled[400:] = np.nan
    assert np.array_equal(said, asked(spoiled, classes))
    spoiled[301:] = 0.0
    assert said[0] == asked(spoiled, classes)[0]


def test_rows_that_teach_and_are_tested_are_refused() -> None:
    made = markets_of([market(400)], BARRIERS, USUAL)
    question = entry_question(made, Side.LONG, Ask.TARGET)
    with pytest.raises(TrainingRefused, match="rows of the test teach"):
        out_of_fold(
            question.rows,
            question.classes,
            question.weights,
            train=np.arange(200),
            test=np.arange(150, 220),
            recipe=SMALL,
        )


def test_nothing_ahead_of_a_fold_changes_its_calibrated_answers() -> None:
    made = markets_of([carried()], BARRIERS, USUAL)
    question = entry_question(made, Side.LONG, Ask.TARGET)
    answers = ask(question, METHOD, silent)
    first = answers.asked[0].fold
    classes = question.classes.copy()
    classes[first.test[0] :] = 1 - classes[first.test[0] :]
    again = ask(replace(question, classes=classes), METHOD, silent)
    assert np.array_equal(answers.probability[first.test], again.probability[first.test])
    assert not np.array_equal(answers.asked[-1].probability, again.asked[-1].probability)


def test_the_same_bars_give_the_same_bundle_to_the_last_bit(tmp_path: Path) -> None:
    candles = carried()
    one, two = (write(tmp_path / name, train([candles], ENTRIES_ALONE, silent)) for name in ("one", "two"))
    assert one.sha256 == two.sha256


def test_a_market_that_carries_its_moves_on_is_found_out_and_one_that_wanders_is_not() -> None:
    found = {}
    for momentum in (0.0, MOMENTUM):
        candles = market(BARS, seed=5, momentum=momentum)
        made = markets_of([candles], Barriers(stop=0.02, target=None, hold_bars=2), FREE)
        answers = ask(entry_question(made, Side.LONG, Ask.EARNED), METHOD, silent)
        found[momentum] = float(np.mean(answers.areas))
    assert abs(found[0.0] - 0.5) < 0.06
    assert found[MOMENTUM] > 0.6


# -- what is refused -----------------------------------------------------------------------------------------


def test_a_column_from_the_future_is_too_good_and_only_force_writes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    candles = market(BARS)
    labels = triple_barrier(candles, Side.LONG, BARRIERS, USUAL)

    def leaking(table: np.ndarray) -> np.ndarray:
        rows = features(table)
        rows[:, COLUMNS.index("volume_z_48")] = labels.net_fraction[len(labels.end) - len(rows) :]
        rows[np.isnan(rows)] = 0.0
        return rows

    monkeypatch.setattr("jackline.models.markets.features", leaking)
    long_alone = replace(ENTRIES_ALONE, thresholds={"entry_long": 0.65})
    with pytest.raises(
        TrainingRefused, match=r"too_good: entry_long: area under the curve (0\.9|1).*E2.*--force"
    ):
        train([candles], long_alone, silent)
    forced = train([candles], replace(long_alone, is_forced=True), silent)
    assert forced.report.models[0].area > 0.9


def test_a_model_that_says_the_opposite_is_refused() -> None:
    made = markets_of([carried()], BARRIERS, USUAL)
    question = entry_question(made, Side.LONG, Ask.EARNED)
    answers = ask(question, METHOD, silent)
    turned = replace(answers, raw=1 - answers.raw)
    with pytest.raises(Falling):
        finished(question, turned, METHOD)
    finished(question, answers, METHOD)


def test_too_little_to_learn_from_is_told_with_the_figures() -> None:
    with pytest.raises(
        TrainingRefused, match=r"100 bars; features look 145 back, a label 8 ahead.*at least 154"
    ):
        train([market(100)], ENTRIES_ALONE, silent)
    with pytest.raises(TrainingRefused, match="rows are of class 1; 30 of each class are needed"):
        train([market(400)], ENTRIES_ALONE, silent)
    with pytest.raises(TrainingRefused, match="folds have a past that may teach"):
        train([market(600)], replace(WANTED, method=replace(METHOD, embargo_bars=5_000)), silent)
    with pytest.raises(TrainingRefused, match="no model for an entry is wanted"):
        train([market(600)], replace(WANTED, thresholds={"exit_long": 0.7}), silent)


def test_D3_prices_that_nobody_vouches_for_are_refused() -> None:
    with pytest.raises(TrainingRefused, match="D3"):
        train([market(600, environment=None)], ENTRIES_ALONE, silent)


def test_a_column_that_is_no_number_teaches_nothing() -> None:
    candles = market(400)
    candles.close[200] = np.nan
    with pytest.raises(TrainingRefused, match=r"features: return_1, .*: not a number \(D13\)"):
        train([candles], ENTRIES_ALONE, silent)


def test_trades_that_end_where_they_begin_are_told() -> None:
    near = replace(ENTRIES_ALONE, barriers=Barriers(stop=0.001, target=0.001, hold_bars=8), is_forced=True)
    found = train([carried()], near, silent)
    assert any("end in the bar that they begin in" in one and "E6" in one for one in found.report.warnings)
    assert not any("E6" in one for one in trained().report.warnings)


# -- exits from real entries ---------------------------------------------------------------------------------


def test_an_exit_is_taught_on_bars_of_trades_that_were_entered_and_on_no_other() -> None:
    candles = market(120)
    labels = triple_barrier(candles, Side.SHORT, BARRIERS, USUAL)
    entered = np.array([10, 40, 90])
    trades = Trades(
        bar=entered,
        sign=np.array([-1, 1, -1]),
        end=labels.end[entered],
        net_fraction=labels.net_fraction[entered],
    )
    found = exit_labels(candles, Side.SHORT, trades, labels, USUAL)
    wanted = [bar for first in (10, 90) for bar in range(first + 1, int(labels.end[first]))]
    assert found.bar.tolist() == wanted
    assert found.trades == 2
    for bar, end, class_ in zip(found.bar, found.end, found.classes, strict=True):
        first = 10 if bar < 40 else 90
        assert end == labels.end[first]
        left = triple_barrier(
            candles, Side.SHORT, Barriers(stop=0.9, target=None, hold_bars=int(bar - first)), USUAL
        ).net_fraction[first]
        assert class_ == (left > labels.net_fraction[first])


def test_leaving_before_the_stop_is_better_and_before_the_target_worse() -> None:
    prices = [100.0, 100.0, 100.2, 100.1, 98.0, 98.0, 98.0]
    candles = candles_from(prices, [p + 0.1 for p in prices], [p - 0.1 for p in prices], prices)
    labels = triple_barrier(candles, Side.LONG, Barriers(stop=0.01, target=None, hold_bars=4), FREE)
    assert labels.outcome[0] == Outcome.STOP
    one = Trades(
        bar=np.array([0]), sign=np.array([1]), end=labels.end[:1], net_fraction=labels.net_fraction[:1]
    )
    found = exit_labels(candles, Side.LONG, one, labels, FREE)
    assert found.bar.tolist() == [1, 2, 3]
    assert found.classes.tolist() == [1, 1, 0], "at the open of the fall itself nothing is gained any more"


def test_too_few_real_entries_leave_the_exit_out_and_say_so() -> None:
    closed = replace(GATE, long_probability_min=Decimal(1), short_probability_min=Decimal(1))
    found = train([carried()], replace(WANTED, exit_entries_share=None, gate=closed), silent)
    assert [f"{one.role}_{one.side}" for one in found.models] == ["entry_long", "entry_short"]
    assert set(found.report.left_out) == {"exit_long", "exit_short"}
    assert "0 real entries out of fold, and 30 are needed (E15)" in found.report.left_out["exit_long"]
    assert found.report.gate.trades == 0


def test_trades_of_the_gate_do_not_overlap_and_pass_it() -> None:
    made, entries = lessons_of([carried()], ENTRIES_ALONE, silent)
    (trades,) = entries_at_gate(made, entries, replace(GATE, long_probability_min=Decimal("0.5")))
    assert len(trades.bar) > 10
    assert (trades.bar[1:] >= trades.end[:-1]).all(), "E7: one position at a time"
    (liked,) = entries_liked(made, entries[1], 0.1)
    assert set(liked.sign.tolist()) == {-1}
    said = np.full(made.bars, np.nan)
    said[entries[1].question.start] = entries[1].answers.probability
    assert said[liked.bar].min() >= np.nanquantile(said, 0.9)


# -- the bundle ----------------------------------------------------------------------------------------------


def test_the_bundle_holds_all_four_models_and_its_report(tmp_path: Path) -> None:
    written = write(tmp_path / "btc", trained())
    bundle = read_bundle(tmp_path / "btc")
    assert tuple(bundle.forests) == ("entry_long", "entry_short", "exit_long", "exit_short")
    assert all(one.holds for one in compared(bundle))
    assert report_of(bundle) == trained().report
    assert written.manifest.trained_to_ms <= int(carried().open_ms[-1]) + carried().interval_ms
    assert {one.threshold for one in written.manifest.models} == {0.65, 0.70, 0.72}
    with (tmp_path / "btc" / "training.json").open("ab") as file:
        file.write(b" ")
    with pytest.raises(BundleRefused, match=r"training\.json has the hash"):
        read_bundle(tmp_path / "btc")


def test_a_bundle_without_a_report_cannot_be_compared(tmp_path: Path) -> None:
    with pytest.raises(BundleRefused, match="jackline train"):
        report_of(written_before(tmp_path / "old", "entry_long"))


def test_the_report_tells_folds_reliability_costs_and_columns() -> None:
    report = trained().report
    for one in report.models:
        assert len(one.folds) >= 2
        assert [fold.from_ms for fold in one.folds] == sorted(fold.from_ms for fold in one.folds)
        assert sum(bin_.rows for bin_ in one.reliability) == one.asked
        assert one.brier_constant == pytest.approx(one.base_fraction * (1 - one.base_fraction))
        assert {lead.column for lead in one.columns} == set(COLUMNS)
        assert 0 <= one.above_fraction <= 1
    assert report.barriers.taker_fraction == USUAL.taker_fraction
    assert set(report.best) == {"long", "short"}
    assert msgspec.json.decode(encoded(report), type=type(report)) == report


def test_a_model_that_never_reaches_its_threshold_says_so() -> None:
    high = replace(ENTRIES_ALONE, thresholds={"entry_long": 0.99, "entry_short": 0.99})
    found = train([carried()], high, silent)
    assert [one.above_fraction for one in found.report.models] == [0, 0]
    assert sum("it would not act at all (E20)" in one for one in found.report.warnings) == 2


@pytest.mark.parametrize("kind", list(Kind))
def test_either_calibration_makes_a_bundle(kind: Kind, tmp_path: Path) -> None:
    wanted = replace(ENTRIES_ALONE, method=replace(METHOD, calibration=kind))
    found = write(tmp_path / kind, train([carried()], wanted, silent))
    assert (
        type(found.manifest.models[0].calibration).__name__
        == {
            Kind.SIGMOID: "Sigmoid",
            Kind.ISOTONIC: "Piecewise",
        }[kind]
    )


def test_shuffled_folds_claim_more_of_a_market_without_any_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jackline.models.leak.REMEMBERING_TREES", 40)
    monkeypatch.setattr("jackline.models.leak.REMEMBERING_LEAVES", 60)
    wanted = replace(ENTRIES_ALONE, is_forced=True)
    made, entries = lessons_of([market(900, seed=9)], wanted, silent)
    found = leak_report(made, entries, GATE, METHOD, 0.1, silent)
    honest, same, remembering = found.claims
    for side in Side:
        assert remembering.area[side] > honest.area[side] + 0.1
        assert remembering.best[side].net_bps > honest.best[side].net_bps
    assert same.how != remembering.how
    assert 0 < min(*found.touch_area.values(), *found.direction_area.values()) < 1
