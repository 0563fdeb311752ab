"""A bundle is judged before it is believed (M1): whatever does not match is refused with what, where and the fix."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from jackline.models.bundle import examine, read_bundle
from jackline.models.calibration import AS_IT_IS, Piecewise, Sigmoid, calibrated
from jackline.models.digest import MANIFEST, manifest_sha256
from jackline.models.fitted import compared, dumped, loaded
from jackline.models.forest import NODES_MAX, Forest, Tree, Trees, fault
from jackline.models.manifest import FORMAT, PROBES, Environment
from jackline.models.refusal import BundleRefused, Verdict
from jackline.models.stated import unfit
from jackline.models.writing import write_bundle
from tests.models.making import (
    ALL,
    BTC,
    ENTRIES,
    INTERVAL_MS,
    Json,
    classifier,
    fitted,
    manifest,
    replace_file,
    restate,
    rows,
    trained_rows,
    training,
    written,
)

FEATURES_SHA256 = "0" * 64


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("models") / "btc"
    written(directory)
    return directory


@pytest.fixture
def bundle(pristine: Path, tmp_path: Path) -> Path:
    """A copy to be spoiled."""
    return Path(shutil.copytree(pristine, tmp_path / "copy"))


def test_what_was_written_is_read_with_every_model_and_hash(pristine: Path) -> None:
    found = examine(pristine)
    assert [one.check for one in found.verdicts if not one.holds] == []
    assert found.bundle is not None
    assert tuple(found.bundle.forests) == ALL
    assert found.bundle.sha256 == manifest_sha256(pristine)
    assert set(found.bundle.manifest.sha256) == {one.name for one in pristine.iterdir()} - {MANIFEST}


def test_writing_goes_over_nothing(pristine: Path) -> None:
    with pytest.raises(FileExistsError):
        write_bundle(pristine, [fitted("entry_long")], training())


def test_the_fitted_models_are_what_their_trees_are(pristine: Path) -> None:
    verdicts = list(compared(read_bundle(pristine)))
    assert [(one.check, one.holds) for one in verdicts] == [("libraries", True), *[("fitted", True)] * 4]


@pytest.mark.parametrize("key", ALL)
def test_the_trees_say_what_scikit_learn_says_also_where_nothing_was_trained(
    pristine: Path, key: str
) -> None:
    from jackline.models.fitted import probabilities

    asked = rows(500, seed=5)
    ours = read_bundle(pristine).forests[key].probabilities(asked)
    np.testing.assert_allclose(ours, probabilities(classifier(key), asked), atol=1e-12)
    alone = [read_bundle(pristine).forests[key].probabilities(row[None])[0] for row in asked[:3]]
    assert alone == list(ours[:3]), "to the last bit"


# -- refusals ------------------------------------------------------------------------------------------------


def spoiled(**changes: object) -> Callable[[Path], None]:
    return lambda path: restate(path, lambda said: said.update(changes))


def column(**changes: object) -> Callable[[Path], None]:
    return lambda path: restate(path, lambda said: said["columns"][3].update(changes))


def model(**changes: object) -> Callable[[Path], None]:
    return lambda path: restate(path, lambda said: said["models"][0].update(changes))


def one_model_for_two(path: Path) -> None:
    """The same files under two roles."""

    def change(said: Json) -> None:
        said["models"][2].update(fitted="entry_long.skops", trees="entry_long.json")

    restate(path, change)


def copied_model_for_two(path: Path) -> None:
    """The same model in files of its own, the trees written another way: no two hashes are equal."""
    trees = json.loads((path / "entry_long.json").read_bytes())
    probes = json.loads((path / PROBES).read_bytes())
    probes["probabilities"]["exit_long"] = probes["probabilities"]["entry_long"]
    replace_file(path, "exit_long.json", json.dumps(trees, indent=2).encode())
    replace_file(path, "exit_long.skops", (path / "entry_long.skops").read_bytes() + b"\0")
    replace_file(path, PROBES, json.dumps(probes).encode())


def other_trees(path: Path) -> None:
    """The trees of another model, their hash stated: only the probes can tell."""
    replace_file(path, "entry_long.json", (path / "exit_short.json").read_bytes() + b" ")


def no_json(path: Path) -> None:
    (path / MANIFEST).write_text("{")


def longer(path: Path) -> None:
    with (path / "exit_long.skops").open("ab") as file:
        file.write(b"\0")


REFUSED: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "no directory": (shutil.rmtree, "manifest", "cannot be read"),
    "no JSON": (no_json, "manifest", "truncated"),
    "no format": (lambda path: restate(path, lambda said: said.pop("format")), "manifest", "format"),
    "format of tomorrow": (spoiled(format=FORMAT + 1), "manifest", f"format {FORMAT + 1}, and this version"),
    "unknown key": (spoiled(mood="good"), "manifest", "unknown field `mood`"),
    "missing key": (lambda path: restate(path, lambda said: said.pop("columns")), "manifest", "`columns`"),
    "wrong type": (spoiled(interval_ms="5m"), "manifest", r"\$\.interval_ms"),
    "unknown role": (model(role="both"), "manifest", r"\$\.models\[0\]\.role"),
    "changed file": (longer, "files", "exit_long.skops has the hash .* is stated"),
    "missing file": (lambda path: (path / PROBES).unlink(), "files", "probes.json: cannot be read"),
    "unhashed file": (
        lambda path: restate(path, lambda said: said["sha256"].pop("entry_short.json")),
        "files",
        "no hash is stated of entry_short.json",
    ),
    "file elsewhere": (
        lambda path: restate(path, lambda said: said["sha256"].update({"../keys.json": "0" * 64})),
        "files",
        "'../keys.json' is no name",
    ),
    "other features": (spoiled(features_sha256=FEATURES_SHA256), "features", "code 00000000, and this is"),
    "missing column": (column(name="funding_8"), "columns", "funding_8: missing here"),
    "column twice": (column(name="return_1"), "columns", "18 columns, 17 names"),
    "other dtype": (column(dtype="float32"), "columns", "return_12 is float32"),
    "range upside down": (column(low=1.0, high=0.0), "columns", "return_12: a range"),
    "one column less": (
        lambda path: restate(path, lambda said: said["columns"].pop()),
        "trees",
        "asks for column 18, and 17 are stated: one is missing",
    ),
    "other probes": (
        lambda path: replace_file(path, PROBES, b'{"rows": [[1.0]], "probabilities": {}}'),
        "probes",
        "1 rows, not all of 18 columns",
    ),
    "role twice": (model(role="exit"), "roles", "two models for exit_long"),
    "no entry": (
        lambda path: restate(path, lambda said: said.update(models=said["models"][2:])),
        "roles",
        "no model for an entry",
    ),
    "one model, two roles": (one_model_for_two, "roles", "entry_long and exit_long are the same model"),
    "a copy in two roles": (copied_model_for_two, "roles", "entry_long and exit_long are the same model"),
    "low threshold": (model(threshold=0.4), "calibration", "entry_long: a threshold of 0.4"),
    "calibration that falls": (
        model(calibration={"type": "piecewise", "raw": [0, 1], "probability": [1, 0]}),
        "calibration",
        "knots that do not rise",
    ),
    "calibration outside 0 … 1": (
        model(calibration={"type": "piecewise", "raw": [0, 1], "probability": [0, 1.2]}),
        "calibration",
        "a knot outside",
    ),
    "calibration with one knot": (
        model(calibration={"type": "piecewise", "raw": [0], "probability": [0]}),
        "calibration",
        "1 raw values",
    ),
    "calibration upside down": (
        model(calibration={"type": "sigmoid", "slope": -1.0, "intercept": 0.0}),
        "calibration",
        "slope -1",
    ),
    "unknown calibration": (model(calibration={"type": "hope"}), "manifest", "hope"),
    "no time": (spoiled(trained_to_ms=0), "training", "to 0"),
    "no symbol": (spoiled(symbols=[]), "training", "0 symbols"),
    "any and one": (spoiled(symbols=["*", BTC]), "training", "2 symbols"),
    "other trees": (other_trees, "probes", "entry_long: its trees are .* away"),
    "fewer probes": (
        lambda path: replace_file(path, PROBES, b'{"rows": [], "probabilities": {}}'),
        "probes",
        "0 rows",
    ),
    "unanswered probes": (
        lambda path: replace_file(
            path,
            PROBES,
            json.dumps({**json.loads((path / PROBES).read_bytes()), "probabilities": {}}).encode(),
        ),
        "probes",
        "entry_long: 0 probabilities for 32 rows",
    ),
    "trees that are none": (
        lambda path: replace_file(path, "exit_long.json", b"[]"),
        "trees",
        "exit_long.json",
    ),
    "infinite trees": (
        lambda path: replace_file(path, "exit_long.json", b'{"baseline": 1e999, "trees": []}'),
        "trees",
        "exit_long.json",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_M1_a_bundle_that_does_not_match_is_refused_with_the_check_and_a_fix(bundle: Path, case: str) -> None:
    spoil, check, said = REFUSED[case]
    spoil(bundle)
    with pytest.raises(BundleRefused, match=said) as caught:
        read_bundle(bundle)
    assert caught.value.verdict.check == check
    assert caught.value.verdict.fix
    assert str(caught.value).startswith("M1: ")


def test_M1_everything_that_is_stated_wrong_is_told_at_once(bundle: Path) -> None:
    spoiled(features_sha256=FEATURES_SHA256, symbols=[])(bundle)
    model(threshold=0.2)(bundle)
    refused = [one.check for one in examine(bundle).verdicts if not one.holds]
    assert refused == ["features", "calibration", "training"]


TREE = Tree(
    column=(0, -1, -1), threshold=(0.5, 0.0, 0.0), left=(1, 0, 0), right=(2, 0, 0), value=(0.0, -1.0, 1.0)
)


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"column": (2, -1, -1)}, "node 0 asks for column 3, and 2 are stated"),
        ({"column": (-2, -1, -1)}, "asks column -2"),
        ({"left": (0, 0, 0)}, "does not lie behind it"),
        ({"right": (3, 0, 0)}, "does not lie behind it"),
        ({"right": (2, 0, 10**30)}, "node 2 has a child"),
        ({"value": (0.0, 1.0)}, "different lengths"),
        ({"value": (0.0, float("nan"), 0.0)}, "not finite"),
        ({"threshold": (float("inf"), 0.0, 0.0)}, "not finite"),
        (dict.fromkeys(("column", "threshold", "left", "right", "value"), ()), "0 nodes"),
        (
            dict.fromkeys(("column", "threshold", "left", "right", "value"), (-1,) * (NODES_MAX + 1)),
            "nodes; 1",
        ),
    ],
)
def test_M1_trees_that_cannot_be_walked_are_refused(tree: dict[str, tuple[float, ...]], said: str) -> None:
    spoiled_tree = msgspec.structs.replace(TREE, **tree)
    found = fault(Trees(baseline=0.0, trees=(spoiled_tree,)), 2)
    assert found is not None
    assert said in found


def test_a_tree_by_hand() -> None:
    trees = Trees(baseline=0.25, trees=(TREE, TREE))
    assert fault(trees, 1) is None
    assert "0 trees" in str(fault(Trees(baseline=0.0, trees=()), 1))
    assert "baseline" in str(fault(Trees(baseline=float("nan"), trees=(TREE,)), 1))
    given = Forest(trees).probabilities(np.array([[0.5], [0.51]]))
    assert list(given) == pytest.approx([1 / (1 + np.exp(1.75)), 1 / (1 + np.exp(-2.25))])


# -- for this use --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("interval_ms", "symbols", "mode", "checks"),
    [
        (INTERVAL_MS, (BTC,), "paper", []),
        (60_000, (BTC,), "paper", ["interval"]),
        (INTERVAL_MS, (BTC, "ETHUSDT"), "backtest", ["symbols"]),
        (INTERVAL_MS, (BTC,), "testnet", ["environment"]),
        (60_000, ("ETHUSDT",), "live", ["interval", "symbols", "environment"]),
    ],
)
def test_M1_a_bundle_is_for_its_bars_its_symbols_and_its_prices(
    pristine: Path, interval_ms: int, symbols: tuple[str, ...], mode: str, checks: list[str]
) -> None:
    found = list(unfit(read_bundle(pristine).manifest, interval_ms=interval_ms, symbols=symbols, mode=mode))
    assert [one.check for one in found] == checks
    assert all(one.fix for one in found)


@pytest.mark.parametrize(
    ("trained", "modes"),
    [
        (Environment.MAINNET, {"paper", "testnet", "live"}),
        (Environment.TESTNET, {"paper", "testnet"}),
        (Environment.GENERATED, {"paper"}),
    ],
)
def test_prices_that_are_none_open_nothing_real(
    pristine: Path, trained: Environment, modes: set[str]
) -> None:
    of = msgspec.structs.replace(read_bundle(pristine).manifest, environment=trained)
    taken = {
        mode
        for mode in ("paper", "testnet", "live")
        if not list(unfit(of, interval_ms=INTERVAL_MS, symbols=(BTC,), mode=mode))
    }
    assert taken == modes


def test_one_that_is_for_all_is_for_each(tmp_path: Path) -> None:
    found = written(tmp_path / "all", *ENTRIES, symbols=("*",))
    assert found.manifest.is_for("DOGEUSDT")


# -- calibration ---------------------------------------------------------------------------------------------


def test_calibrations_by_hand() -> None:
    raw = np.array([0.0, 0.25, 0.5, 1.0])
    assert list(calibrated(AS_IT_IS, raw)) == list(raw)
    steps = Piecewise(raw=(0.2, 0.6), probability=(0.1, 0.5))
    assert list(calibrated(steps, raw)) == pytest.approx([0.1, 0.15, 0.4, 0.5])
    (half, three) = calibrated(Sigmoid(slope=2.0, intercept=0.0), np.array([0.5, 0.75]))
    assert (half, three) == pytest.approx((0.5, 0.9)), "odds of 3 to 1 become 9 to 1"
    assert all(0 <= one <= 1 for one in calibrated(Sigmoid(slope=50.0, intercept=3.0), raw))


# -- fitted models -------------------------------------------------------------------------------------------


def beside(path: Path) -> Verdict:
    """The first that does not hold, of the fitted models."""
    return next(one for one in compared(read_bundle(path)) if not one.holds)


def test_M1_a_file_that_would_build_something_else_is_never_loaded(bundle: Path) -> None:
    """Pickle has a way to run anything; skops names what it would build, and one name is allowed."""
    replace_file(bundle, "entry_long.skops", dumped(FORBIDDEN))
    assert "would build test_bundle.Forbidden" in beside(bundle).detail.replace("tests.models.", "")


class Forbidden:
    """Nothing that a model is made of."""

    def __init__(self) -> None:
        self.path = "secrets"


FORBIDDEN = Forbidden()


def test_M1_another_kind_of_model_is_refused(bundle: Path) -> None:
    from sklearn.linear_model import LogisticRegression

    replace_file(bundle, "entry_long.skops", dumped(LogisticRegression()))
    assert "holds a LogisticRegression" in beside(bundle).detail


def test_M1_a_damaged_or_a_pickled_one_is_refused(bundle: Path) -> None:
    import pickle

    for content in (b"", pickle.dumps([1]), (bundle / "exit_long.skops").read_bytes()[:2_000]):
        replace_file(bundle, "entry_long.skops", content)
        assert beside(bundle).detail.startswith("entry_long.skops: ")


def test_M1_a_fitted_model_that_is_not_its_trees_is_refused(bundle: Path) -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier

    rising = (trained_rows()[:, 3] > 0).astype(int)
    other = HistGradientBoostingClassifier(max_iter=3, max_leaf_nodes=4).fit(trained_rows(), rising)
    replace_file(bundle, "entry_long.skops", dumped(other))
    assert "does not hold the trees" in beside(bundle).detail


def test_M1_a_fitted_model_that_stands_for_two_roles_is_refused_by_its_hash(bundle: Path) -> None:
    replace_file(bundle, "entry_long.skops", dumped(classifier("exit_short")))
    (found,) = (one for one in examine(bundle).verdicts if not one.holds)
    assert (found.check, found.detail.partition(":")[0]) == (
        "roles",
        "entry_long and exit_short are the same model",
    )


def test_the_same_classifier_is_written_the_same_every_time() -> None:
    """Its file has no address of the process and no time of day in it: the hash of a bundle stands for its models."""
    assert dumped(classifier("entry_long")) == dumped(classifier("entry_long"))
    assert dumped(classifier("entry_long")) == dumped(loaded(dumped(classifier("entry_long")), "copy.skops"))


def test_classes_other_than_no_and_yes_are_refused(tmp_path: Path) -> None:
    from dataclasses import replace

    from sklearn.ensemble import HistGradientBoostingClassifier

    chance = np.random.default_rng(1)
    three = HistGradientBoostingClassifier(max_iter=1, max_leaf_nodes=2).fit(
        training().rows, chance.integers(0, 3, len(training().rows))
    )
    with pytest.raises(BundleRefused, match=r"classes \[0, 1, 2\].*Fix: fit it to 0"):
        write_bundle(tmp_path / "three", [replace(fitted("entry_long"), classifier=three)], training())


@pytest.mark.parametrize("missing", ["sklearn", "skops.io"])
def test_a_missing_library_is_told_with_the_extra_that_brings_it(
    pristine: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    bundle = read_bundle(pristine)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(BundleRefused, match=r"cannot be imported.*Fix: pip install .jackline\[models\]"):
        list(compared(bundle))


def test_other_versions_are_told_and_what_they_give_decides(bundle: Path) -> None:
    restate(bundle, lambda said: said["libraries"].update({"scikit-learn": "0.1"}))
    first, *others = compared(read_bundle(bundle))
    assert "scikit-learn 0.1 then" in first.detail
    assert all(one.holds for one in others)
    assert manifest(bundle)["libraries"]["scikit-learn"] == "0.1"
