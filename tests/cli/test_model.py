"""`jackline model check`, and a model in a configuration: taken, refused, bound, and never opened by others."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import structlog.testing

from jackline.cli.config import Config, load_config
from jackline.cli.effective import effective
from jackline.cli.main import load
from jackline.cli.model_bundle import OpinionLog
from jackline.cli.page import WIDTH
from jackline.cli.problems import ConfigError, Problem
from jackline.core.phases import Cause, Stage, Standing, settle
from jackline.models.digest import MANIFEST, manifest_sha256
from jackline.models.features import WINDOW_BARS
from jackline.models.inference import Doubt, NoOpinion
from jackline.strategies.model import ModelDriven
from tests.models.making import ALL, restate, written
from tests.processes import write_config

MODEL = {"strategy__name": '"model"', "strategy__bundle": '"btc"', "venue__symbols": '["BTCUSDT"]'}


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("models") / "btc"
    written(directory)
    return directory


@pytest.fixture
def bundle(pristine: Path, tmp_path: Path) -> Path:
    """Beside the configuration."""
    return Path(shutil.copytree(pristine, tmp_path / "btc"))


def configured(directory: Path, **changes: str) -> Path:
    return write_config(directory, "http://127.0.0.1:1", **{**MODEL, **changes})


def taken(path: Path) -> Config:
    return load_config(path, environment={}, load_strategy_file=True)


def problems(path: Path) -> dict[str, Problem]:
    with pytest.raises(ConfigError) as caught:
        taken(path)
    return {problem.key: problem for problem in caught.value.problems}


def checked(path: Path, *options: str) -> int:
    try:
        load("model")(args=["check", str(path), *options], prog_name="jackline model")
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


# -- the command ---------------------------------------------------------------------------------------------


def test_check_prints_what_the_bundle_says_and_every_verdict(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(bundle) == 0
    page = capsys.readouterr().out
    words = " ".join(page.split())
    for said in (*ALL, "BTCUSDT", "300_000 ms, generated", "2020-09-13 12:30", "rsi_14", "scikit-learn"):
        assert said in words
    assert "REFUSED" not in page
    assert f"would be taken, as model@{manifest_sha256(bundle)[:8]}" in words
    assert max(len(line) for line in page.splitlines() if str(bundle) not in line) <= WIDTH


def test_check_of_a_spoiled_one_says_what_is_wrong_and_the_fix(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    restate(bundle, lambda said: said["models"][1].update(threshold=0.1))
    assert checked(bundle) == 2
    words = " ".join(capsys.readouterr().out.split())
    assert "REFUSED calibration: entry_short: a threshold of 0.1 Fix: allowed: 0.5 … 1" in words
    assert "would be refused (M1)" in words


def test_check_for_programs(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(bundle, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["taken"], said["sha256"]) == (True, manifest_sha256(bundle))
    assert [one["check"] for one in said["verdicts"] if one["holds"]][-1] == "fitted"
    assert said["manifest"]["interval_ms"] == 300_000
    (bundle / MANIFEST).unlink()
    assert checked(bundle, "--json") == 2
    said = json.loads(capsys.readouterr().out)
    assert (said["taken"], said["sha256"], said["manifest"]) == (False, None, None)
    assert said["verdicts"][0]["check"] == "manifest"


# -- in a configuration --------------------------------------------------------------------------------------


def test_the_bundle_beside_the_configuration_drives_the_strategy(bundle: Path, tmp_path: Path) -> None:
    config = taken(configured(tmp_path))
    options = config.engine_options()
    assert isinstance(options.strategy, ModelDriven)
    assert options.strategy.name == f"model@{manifest_sha256(bundle)[:8]}"
    assert options.history_bars == WINDOW_BARS + 100
    shown = {one.entry.key: one.value for one in effective(config)}
    assert shown["strategy.bundle"] == Path("btc")
    assert shown["strategy.parameters.model_age_days_max"] == 30
    assert "strategy.parameters.model" not in shown


@pytest.mark.parametrize(
    ("changes", "key", "what"),
    [
        ({"strategy__bundle": '"eth"'}, "strategy.bundle", "manifest: .*cannot be read"),
        ({"venue__bar_interval": '"1m"'}, "strategy.bundle", "interval: it was trained on bars of 300000 ms"),
        (
            {"venue__symbols": '["BTCUSDT", "ETHUSDT"]'},
            "strategy.bundle",
            "symbols: .* not trained for ETHUSDT",
        ),
        ({"strategy__name": '"rsi_trend"'}, "strategy.bundle", 'only name = "model" reads it'),
    ],
)
@pytest.mark.usefixtures("bundle")
def test_M1_a_bundle_that_does_not_fit_stops_the_start_with_the_key(
    tmp_path: Path, changes: dict[str, str], key: str, what: str
) -> None:
    found = problems(configured(tmp_path, **changes))
    assert set(found) == {key}
    assert re.search(what, found[key].what)
    assert found[key].fix
    assert str(found[key].value).endswith(changes.get("strategy__bundle", "btc").strip('"'))


def test_M1_a_spoiled_bundle_stops_the_start_beside_everything_else(bundle: Path, tmp_path: Path) -> None:
    with (bundle / "entry_long.json").open("ab") as file:
        file.write(b" ")
    found = problems(configured(tmp_path, risk__leverge="3"))
    assert set(found) == {"strategy.bundle", "risk.leverge"}
    assert "M1: files: entry_long.json has the hash" in found["strategy.bundle"].what


def test_a_model_needs_a_bundle_and_parameters_in_their_ranges(tmp_path: Path) -> None:
    path = configured(tmp_path)
    path.write_text(path.read_text().replace('bundle = "btc"\n', ""))
    assert 'name = "model" needs one' in problems(path)["strategy.bundle"].what
    path = configured(tmp_path, strategy__parameters__long_probability_min="0.3")
    path.write_text(path.read_text())
    assert problems(path)["strategy.parameters.long_probability_min"].fix == "allowed: 0.5 … 1"


@pytest.mark.usefixtures("bundle")
def test_without_numpy_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    (problem,) = problems(configured(tmp_path)).values()
    assert (problem.key, problem.fix) == ("strategy.bundle", "pip install 'jackline[models]'")
    assert "numpy cannot be imported" in problem.what


def test_each_bot_has_a_bundle_of_its_own(bundle: Path, tmp_path: Path) -> None:
    path = configured(tmp_path, venue__symbols='["BTCUSDT", "ETHUSDT"]')
    head = path.read_text().partition("[strategy]")[0]
    bot = '[bot.{0}]\nstrategy = "model"\nbundle = "btc"\nsymbols = ["{1}"]\n'
    path.write_text(head + bot.format("one", "BTCUSDT"))
    (made,) = taken(path).bots
    assert made.strategy.name == f"model@{manifest_sha256(bundle)[:8]}"
    path.write_text(head + bot.format("one", "BTCUSDT") + bot.format("two", "ETHUSDT"))
    found = problems(path)
    assert set(found) == {"bot.two.bundle"}
    assert "not trained for ETHUSDT" in found["bot.two.bundle"].what
    path.write_text(head + bot.format("one", "BTCUSDT").replace('"btc"', '"eth"'))
    assert set(problems(path)) == {"bot.one.bundle"}


# -- who opens it --------------------------------------------------------------------------------------------


def imported(path: Path, *, loading: bool) -> set[str]:
    """What of the libraries a process has that loads the configuration."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom jackline.cli.config import load_config\n"
        f"load_config(Path({str(path)!r}), environment={{}}, load_strategy_file={loading})\n"
        "print(*[name for name in ('numpy', 'scipy', 'sklearn', 'skops') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.usefixtures("bundle")
def test_only_an_engine_opens_a_bundle_and_none_imports_what_only_training_needs(tmp_path: Path) -> None:
    """Importing scikit-learn takes seconds, in which a restarted engine looks at no position."""
    path = configured(tmp_path)
    assert imported(path, loading=False) == set()
    assert imported(path, loading=True) == {"numpy"}


def test_a_watchdog_and_a_close_work_beside_a_bundle_that_is_gone(tmp_path: Path) -> None:
    config = load_config(configured(tmp_path), environment={})
    assert config.strategy.name == "model"
    assert config.strategy.signal([]) is None


# -- what evidence is bound to -------------------------------------------------------------------------------


def test_another_bundle_is_another_identity_and_the_account_is_back_on_paper(
    bundle: Path, tmp_path: Path
) -> None:
    path = configured(tmp_path)
    before = load_config(path, environment={}).phase_options().bound
    assert before["model"] == manifest_sha256(bundle)
    assert len(before["strategy.source_sha256"].split("+")) == 5, "the strategy, and what it asks"
    assert "unreadable" not in before["strategy.source_sha256"]
    assert before == taken(path).phase_options().bound, "a process that opens no bundle binds the same"
    standing = Standing(stage=Stage.LIVE_CANARY, bound=before)
    assert settle(standing, before) == (standing, None)
    restate(bundle, lambda said: said["models"][0].update(threshold=0.66))
    after, change = settle(standing, taken(path).phase_options().bound)
    assert after.stage is Stage.PAPER
    assert change is not None
    assert (change.cause, change.details) == (Cause.CHANGED, ("model", "strategy.bundle.manifest_sha256"))
    shutil.rmtree(bundle)
    assert load_config(path, environment={}).phase_options().bound["model"] == "unreadable"
    other = write_config(tmp_path, "http://127.0.0.1:1")
    assert load_config(other, environment={}).phase_options().bound["model"] == "none"


# -- no opinion, told once -----------------------------------------------------------------------------------


def test_M2_no_opinion_is_told_once_for_each_change() -> None:
    stale = NoOpinion(doubt=Doubt.STALE, detail="old")
    strange = NoOpinion(doubt=Doubt.RANGE, detail="far")
    heard = OpinionLog()
    with structlog.testing.capture_logs() as logs:
        for symbol, doubt in (
            ("BTC", None),
            ("BTC", strange),
            ("BTC", strange),
            ("ETH", strange),
            ("BTC", None),
            ("ETH", stale),
            ("BTC", stale),
            ("ETH", strange),
            ("ETH", None),
        ):
            heard.tell(symbol, doubt)
    assert [(one["event"], one["symbol"], one.get("doubt", one.get("after"))) for one in logs] == [
        ("model_no_opinion", "BTC", "out_of_range"),
        ("model_no_opinion", "ETH", "out_of_range"),
        ("model_opinion_again", "BTC", "out_of_range"),
        ("model_no_opinion", "ETH", "stale"),
        ("model_opinion_again", "ETH", "stale"),
        ("model_opinion_again", "ETH", "out_of_range"),
    ]
    assert {one["code"] for one in logs} == {"M2"}
