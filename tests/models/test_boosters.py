"""Models of LightGBM: the trees that an engine walks say what LightGBM says, or they are refused."""

from __future__ import annotations

import builtins
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from jackline.models import boosters
from jackline.models.bundle import read_bundle
from jackline.models.fitted import compared
from jackline.models.forest import Forest, fault
from jackline.models.pipeline import train, write
from jackline.models.refusal import BundleRefused
from jackline.models.trainers import Trainer, fit
from tests.models.making import manifest, replace_file
from tests.models.teaching import ENTRIES_ALONE, METHOD, SMALL, carried, silent

try:
    import lightgbm  # noqa: F401 # an extra: whether it is here decides what can be tested

    MISSING = ""
except (ImportError, OSError) as error:
    MISSING = f"lightgbm cannot be imported here ({error}); install the extra lightgbm, and libgomp1"

needs_lightgbm = pytest.mark.skipif(bool(MISSING), reason=MISSING or "there")
RECIPE = replace(SMALL, trainer=Trainer.LIGHTGBM)


def rows_and_classes(count: int = 800) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(1)
    rows = chance.normal(size=(count, 18))
    return rows, (rows[:, 3] - rows[:, 7] + chance.normal(size=count) > 0).astype(np.int8)


@needs_lightgbm
def test_the_trees_say_what_lightgbm_says_to_the_last_places() -> None:
    rows, classes = rows_and_classes()
    weights = np.random.default_rng(2).uniform(0.1, 1, len(rows))
    booster = fit(RECIPE, rows, classes, weights)
    trees = boosters.trees_of(booster)
    assert fault(trees, 18) is None
    strange = np.random.default_rng(3).normal(scale=4, size=(2_000, 18))
    for table in (rows, strange):
        apart = np.abs(Forest(trees).probabilities(table) - boosters.probabilities(booster, table)).max()
        assert apart < 1e-12


@needs_lightgbm
def test_its_bundle_is_written_read_and_compared_and_holds_no_pickle(tmp_path: Path) -> None:
    wanted = replace(ENTRIES_ALONE, method=replace(METHOD, recipe=RECIPE))
    write(tmp_path / "one", train([carried()], wanted, silent))
    bundle = read_bundle(tmp_path / "one")
    assert {one.fitted for one in bundle.manifest.models} == {"entry_long.txt", "entry_short.txt"}
    assert all(one.holds for one in compared(bundle))
    assert (tmp_path / "one" / "entry_long.txt").read_text().startswith("tree\n")
    assert "lightgbm" in manifest(tmp_path / "one")["libraries"]
    again = write(tmp_path / "two", train([carried()], wanted, silent))
    assert again.sha256 == bundle.sha256, "the same bars, the same bundle"


@needs_lightgbm
def test_a_text_that_is_no_model_or_another_one_is_refused(tmp_path: Path) -> None:
    wanted = replace(ENTRIES_ALONE, method=replace(METHOD, recipe=RECIPE))
    write(tmp_path / "one", train([carried()], wanted, silent))
    text = (tmp_path / "one" / "entry_long.txt").read_bytes()
    other = (tmp_path / "one" / "entry_short.txt").read_bytes()
    for content, said in (
        (b"no model", "entry_long.txt"),
        (other, "does not hold the trees of entry_long.txt"),
    ):
        replace_file(tmp_path / "one", "entry_long.txt", content)
        if content == other:
            with pytest.raises(BundleRefused, match="the same model"):
                read_bundle(tmp_path / "one")
            continue
        verdicts = list(compared(read_bundle(tmp_path / "one")))
        assert any(said in one.detail for one in verdicts if not one.holds)
    assert text != other


@needs_lightgbm
def test_categories_and_missing_values_are_refused() -> None:
    import lightgbm

    rows, classes = rows_and_classes()
    with_gaps = rows.copy()
    with_gaps[::5, 3] = np.nan
    settings = {"objective": "binary", "verbosity": -1, "num_threads": 1, "num_leaves": 4}
    table = lightgbm.Dataset(with_gaps, label=classes, params={"verbosity": -1})
    with pytest.raises(BundleRefused, match="missing values: NaN"):
        boosters.trees_of(lightgbm.train(settings, table, num_boost_round=2))
    ranked = lightgbm.Dataset(rows, label=classes, params={"verbosity": -1})
    regression = lightgbm.train({**settings, "objective": "regression"}, ranked, num_boost_round=2)
    with pytest.raises(BundleRefused, match="a booster for regression"):
        boosters.trees_of(regression)


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(BundleRefused, match=r"lightgbm cannot be imported.*install .jackline\[lightgbm\]"):
        boosters.library()


def test_without_libgomp_the_system_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the loader of shared objects raises, where the package is there and the library is not."""
    genuine = builtins.__import__

    def without_openmp(name: str, *rest: Any, **more: Any) -> Any:
        if name == "lightgbm":
            raise OSError("libgomp.so.1: cannot open shared object file")
        return genuine(name, *rest, **more)

    monkeypatch.delitem(sys.modules, "lightgbm", raising=False)
    finder = SimpleNamespace(find_spec=lambda name, *_: without_openmp(name) if name == "lightgbm" else None)
    monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])
    with pytest.raises(BundleRefused, match=r"libgomp\.so\.1.*libgomp1; or --trainer sklearn"):
        boosters.library()
