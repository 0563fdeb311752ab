"""`jackline validate` of a model: its recipe in folds, exits too, or one bundle behind its training; and what each says
nothing of."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from html import unescape
from pathlib import Path

import numpy as np
import pytest

from jackline.cli.config import load_config
from jackline.cli.errors import CommandFailed, ExitCode, explain
from jackline.cli.main import load
from jackline.cli.page import WIDTH
from jackline.cli.train_options import Options, options_of, usual_options
from jackline.cli.validate import read
from jackline.cli.validate_candidate import candidate_of
from jackline.cli.validate_model import recipe_of
from jackline.data.candles import Candles
from jackline.models.bundle import read_bundle
from jackline.models.report import report_of
from jackline.research.validation.candidate import Candidate
from tests.cli.test_ledger import NOWHERE, run
from tests.cli.test_validate import to_csv
from tests.models.market import market
from tests.models.teaching import MOMENTUM, SEED
from tests.processes import write_config

HOUR_MS = 3_600_000
TRAINED, LATER = 900, 24 * 80
"""Bars of the bundle, and of the days behind it."""
RECIPE = ("--trees", "6", "--leaves", "6", "--leaf-rows", "20", "--folds", "3", "--target", "0.008")


def hours(bars: int) -> Candles:
    """The market that carries its moves on, an hour a bar."""
    made = market(bars, seed=SEED, momentum=MOMENTUM)
    first = made.open_ms[0] // HOUR_MS * HOUR_MS
    prices = {name: np.round(getattr(made, name), 2) for name in ("open", "high", "low", "close")}
    return replace(made, interval_ms=HOUR_MS, open_ms=first + (made.open_ms - made.open_ms[0]) * 4, **prices)


def configured(directory: Path, **changes: str) -> Path:
    return write_config(
        directory,
        NOWHERE,
        **{
            "strategy__name": '"model"',
            "strategy__bundle": '"btc"',
            "strategy.parameters__long_probability_min": "0.55",
            "strategy.parameters__short_probability_min": "0.55",
            "venue__symbols": '["BTCUSDT"]',
            "venue__bar_interval": '"1h"',
            "risk__stop_value_fraction": "0.01",
            "risk__hold_max_ms": "28_800_000",
            "risk__cooldown_ms": "3_600_000",
            "exits__model_exit_long_fraction": "0.5",
            "exits__model_exit_short_fraction": "0.5",
            **changes,
        },
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return to_csv(tmp_path_factory.mktemp("candles") / "made-BTCUSDT-1h.csv", hours(TRAINED + LATER))


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Path:
    """A configuration with its bundle beside it, trained by the command."""
    directory = tmp_path_factory.mktemp("model")
    path = configured(directory)
    end_ms = str(int(hours(TRAINED + 1).open_ms[-1]))
    options = ("--environment", "generated", "--to", end_ms, "--exit-entries", "0.5", "--force", "--json")
    trained = run("train", str(path), "--data", str(data), *RECIPE, *options)
    assert trained.exit_code == 0, trained
    return path


def candidate(config: Path, data: Path, folds: int | None) -> Candidate:
    """What is judged, before anything is measured."""
    loaded = load_config(config, load_strategy_file=folds is None)
    candles = read(data, None)
    return candidate_of(loaded, candles, folds=folds, say=lambda *_: None)[0]


def test_folds_take_the_recipe_of_the_bundle_and_judge_its_exits(config: Path, data: Path) -> None:
    found = candidate(config, data, folds=3)
    whose, *exits = found.notes
    assert "trained anew in 3 folds, as the bundle btc was" in whose
    assert "No single bundle is judged" in whose
    assert any(note.startswith("Exits of a long by the model are asked from") for note in exits)
    ((signals, _),) = found.tried.families
    assert signals.end_long is not None
    assert (signals.end_long >= 0).any()


def test_one_bundle_is_judged_behind_its_training_and_says_how_much_it_had_no_opinion_on(
    config: Path, data: Path
) -> None:
    (note,) = candidate(config, data, folds=None).notes
    assert "One bundle was judged, as it is, on the 80 days behind its training." in note
    assert "--folds asks that" in note
    share = int(note.split("It had an opinion on ")[1].split("%")[0])
    assert 10 < share <= 38, "thirty of eighty days, and no bar that it has not seen the like of"


@pytest.mark.long
@pytest.mark.parametrize("folds", [(), ("--folds", "3")], ids=["bundle", "folds"])
def test_the_page_and_the_document_have_the_notes(
    config: Path, data: Path, tmp_path: Path, folds: tuple[str, ...]
) -> None:
    more = ("--ledger", str(tmp_path), "--report", str(tmp_path / "report"))
    ran = run("validate", str(config), "--data", str(data), *folds, *more)
    assert ran.exception is None, ran.exception
    assert [line for line in ran.output.splitlines() if len(line) > WIDTH] == []
    plain = json.loads((tmp_path / "report" / "validation.json").read_text())
    page = (tmp_path / "report" / "validation.html").read_text()
    assert plain["notes"]
    for note in plain["notes"]:
        assert note in " ".join(ran.output.split())
        assert note in unescape(page)


def test_a_bundle_says_how_it_was_made(config: Path) -> None:
    """Every option that changes what is fitted comes back."""
    options = options_of(report_of(read_bundle(config.parent / "btc")), folds=7)
    wanted = replace(
        usual_options(folds=7),
        stop=0.01,
        target=0.008,
        hold_bars=8,
        exit_entries=0.5,
        trees=6,
        leaves=6,
        leaf_rows=20,
        embargo_bars=8,
    )
    assert asdict(options) == asdict(wanted)


def test_without_a_bundle_the_recipe_is_the_usual_one_and_that_is_said(tmp_path: Path) -> None:
    options, said = recipe_of(load_config(configured(tmp_path)), 5)
    assert options == usual_options(folds=5)
    assert isinstance(options, Options)
    assert "by the usual recipe: there is no bundle yet" in said


def test_a_bundle_that_cannot_be_read_is_refused_and_not_passed_over(tmp_path: Path) -> None:
    path = configured(tmp_path)
    (tmp_path / "btc").mkdir()
    with pytest.raises(Exception, match="manifest") as refused:
        recipe_of(load_config(path), 5)
    assert explain(refused.value)[1] is ExitCode.BAD_INPUT


def test_bars_inside_the_training_of_a_bundle_are_no_test_of_it(
    config: Path, data: Path, tmp_path: Path
) -> None:
    seen = to_csv(tmp_path / "made-BTCUSDT-1h.csv", hours(TRAINED - 100))
    with pytest.raises(CommandFailed, match="it has seen what comes"):
        load("validate")(args=[str(config), "--data", str(seen)], standalone_mode=False)
