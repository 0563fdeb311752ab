"""`jackline train` and `jackline model drift`: from a file of candles to a bundle that an engine takes; refusals."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from jackline.cli.config import load_config
from jackline.cli.errors import ExitCode, explain
from jackline.cli.main import load
from jackline.cli.page import WIDTH
from jackline.cli.train_page import verdict
from jackline.core.orders import Bar
from jackline.core.values import MarketMs, Price, Quantity, Symbol
from jackline.data.candles import Candles
from jackline.models.bundle import read_bundle
from jackline.models.features import WINDOW_BARS
from jackline.models.gated import Earned
from jackline.models.report import report_of
from jackline.strategies.model import ModelDriven
from tests.models.market import market
from tests.models.teaching import BARS, MOMENTUM, SEED, trained
from tests.processes import write_config

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("JACKLINE_DATA", ROOT.parent / "shared" / "data"))
QUARTERS = DATA / "bingx-BTC-USDT-15m-2024-12-26_2025-10-20.csv.gz"
SMALL = ("--environment", "generated", "--trees", "12", "--leaves", "6", "--leaf-rows", "20", "--folds", "3")
LATER_BARS = 500


def whole() -> Candles:
    return market(BARS + LATER_BARS, seed=SEED, momentum=MOMENTUM)


@pytest.fixture(scope="module")
def candles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CSV as anybody writes one."""
    return written(tmp_path_factory.mktemp("data") / "BTCUSDT-15m.csv", whole())


def written(path: Path, bars: Candles) -> Path:
    table = np.column_stack((bars.open_ms, bars.table.T))
    lines = [f"{int(row[0])},{','.join(f'{value:.4f}' for value in row[1:])}" for row in table]
    path.write_text("timestamp,open,high,low,close,volume\n" + "\n".join(lines) + "\n")
    return path


def configured(directory: Path, **changes: str) -> Path:
    return write_config(
        directory,
        "http://127.0.0.1:1",
        **{
            "strategy__name": '"model"',
            "strategy__bundle": '"btc"',
            "venue__symbols": '["BTCUSDT"]',
            "venue__bar_interval": '"15m"',
            "risk__stop_value_fraction": "0.01",
            "risk__hold_max_ms": "7_200_000",
            **changes,
        },
    )


def run(command: str, *args: str) -> int:
    """Its exit code; what it raises is explained on standard error, as the program does it."""
    try:
        load(command)(args=list(args), prog_name=f"jackline {command}")
    except SystemExit as ended:
        return int(ended.code or 0)
    except Exception as error:  # noqa: BLE001 # as the program does: what it raises is explained
        text, code = explain(error)
        sys.stderr.write(text)
        return code
    return 0


def train(config: Path, data: Path, *options: str) -> int:
    return run("train", str(config), "--data", str(data), *SMALL, *options)


# -- written -------------------------------------------------------------------------------------------------


def test_a_bundle_is_written_where_the_configuration_looks_and_the_engine_takes_it(
    candles: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = configured(tmp_path)
    end_ms = int(whole().open_ms[BARS])
    assert train(config, candles, "--exit-entries", "0.5", "--to", str(end_ms)) == 0
    page = capsys.readouterr().out
    assert max(len(line) for line in page.splitlines() if str(tmp_path) not in line) <= WIDTH
    for said in (
        "entry_long",
        "entry_short",
        "Brier",
        "came",
        "through the gate",
        "purged",
        "Not",
        "2,000 bars",
    ):
        assert said in page
    bundle = read_bundle(tmp_path / "btc")
    assert bundle.manifest.trained_to_ms <= end_ms
    assert report_of(bundle).barriers.hold_bars == 8, "two hours of 15 minutes"
    assert report_of(bundle).barriers.stop == 0.01
    assert run("model", "check", str(tmp_path / "btc")) == 0
    strategy = load_config(config, environment={}, load_strategy_file=True).strategy
    assert isinstance(strategy, ModelDriven)
    bars = bars_of(whole())
    model = strategy.model
    assert model is not None
    asked = [model.entry(bars[: at + 1]) for at in range(BARS + 10, BARS + 110)]
    assert sum(one is not None for one in asked) > 80, (
        "after its training it has an opinion on nearly every bar"
    )
    assert all(0 < one.long < 1 for one in asked if one is not None)


def bars_of(candles: Candles) -> list[Bar]:
    return [
        Bar(
            symbol=Symbol(candles.symbol),
            open_ms=MarketMs(int(candles.open_ms[at])),
            interval_ms=candles.interval_ms,
            open=Price(Decimal(f"{candles.open[at]:.4f}")),
            high=Price(Decimal(f"{candles.high[at]:.4f}")),
            low=Price(Decimal(f"{candles.low[at]:.4f}")),
            close=Price(Decimal(f"{candles.close[at]:.4f}")),
            volume=Quantity(Decimal(f"{candles.volume[at]:.4f}")),
        )
        for at in range(len(candles))
    ]


def test_json_has_everything_and_drift_reads_it(
    candles: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, end_ms = configured(tmp_path), int(whole().open_ms[BARS])
    out = tmp_path / "other"
    assert train(config, candles, "--no-exits", "--to", str(end_ms), "--out", str(out), "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["bundle"], said["sha256"]) == (str(out), read_bundle(out).sha256)
    assert [one["key"] for one in said["report"]["models"]] == ["entry_long", "entry_short"]
    assert said["leak"] is None
    assert "roven" in said["verdict"] or "chance" in said["verdict"]
    assert run("model", "drift", str(out), "--data", str(candles), "--json") == 0
    drift = json.loads(capsys.readouterr().out)
    assert drift["state"] in ("holds", "moving", "drifted")
    assert drift["bars"] >= LATER_BARS
    assert len(drift["columns"]) == 18
    assert run("model", "drift", str(out), "--data", str(candles)) == 0
    page = capsys.readouterr().out
    assert "bars after the training" in page
    assert max(len(line) for line in page.splitlines() if str(out) not in line) <= WIDTH


def test_the_long_alone_with_barriers_of_the_market_s_own_range(
    candles: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--sides", "long", "--no-exits", "--barriers", "atr", "--stop", "2", "--target", "2")
    assert train(configured(tmp_path), candles, *options, "--calibration", "isotonic", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert [one["key"] for one in said["report"]["models"]] == ["entry_long"]
    assert (said["report"]["barriers"]["unit"], said["report"]["barriers"]["target"]) == ("atr", 2)


def test_a_set_is_named_as_jackline_data_keeps_it_and_says_whose_prices_it_holds(
    candles: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sets = tmp_path / "sets"
    kept = ("--venue", "binance", "--environment", "generated", "--directory", str(sets))
    assert run("data", "import", str(candles), *kept) == 0
    name = next(sets.glob("*.parquet")).stem
    options = ("--directory", str(sets), "--sides", "short", "--no-exits", "--json", *SMALL[2:])
    capsys.readouterr()
    assert run("train", str(configured(tmp_path)), "--data", name, *options) == 0
    assert json.loads(capsys.readouterr().out)["report"]["symbol"] == "BTCUSDT"
    assert read_bundle(tmp_path / "btc").manifest.environment == "generated"
    wrong = ("--environment", "production", "--out", str(tmp_path / "wrong"))
    assert run("train", str(configured(tmp_path)), "--data", name, *options, *wrong) == ExitCode.BAD_INPUT
    assert "generated" in capsys.readouterr().err, "D3: a set of other prices than those asked for"


# -- refused -------------------------------------------------------------------------------------------------


def told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, data: Path, *options: str, config: Path | None = None
) -> str:
    """What a refused training says on one line; it has written nothing."""
    assert train(config or configured(tmp_path), data, *options) == ExitCode.BAD_INPUT
    assert not (tmp_path / "btc").exists()
    return " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--trainer", "forest"), "--trainer: 'forest' is not known. Fix: one of sklearn, lightgbm"),
        (("--sides", "up"), "--sides: 'up' is not known. Fix: one of both, long, short"),
        (("--label", "peak"), "--label: 'peak' is not known. Fix: one of target, earned"),
        (("--calibration", "none"), "--calibration: 'none' is not known"),
        (("--barriers", "bps"), "--barriers: 'bps' is not known. Fix: one of fraction, atr"),
        (("--barriers", "atr"), "--barriers atr: how many? Fix: --stop 2"),
        (("--stop", "1.5"), "stop = 1.5; allowed: above 0 … 1"),
        (("--target", "0"), "target = 0; allowed: above 0"),
        (("--from", "yesterday"), "--from yesterday: no time"),
        (("--to", "2001-01-01"), "no bar from its begin to 2001-01-01"),
        (("--folds", "1"), "--folds"),
        (("--to", "2023-11-17"), "are needed"),
    ],
)
def test_an_option_that_says_nothing_is_refused_with_what_is_allowed(
    options: tuple[str, ...], said: str, candles: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in told(capsys, tmp_path, candles, *options)


def test_D3_a_file_that_says_nothing_of_its_environment_needs_it_said(
    candles: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("train", str(configured(tmp_path)), "--data", str(candles)) == ExitCode.BAD_INPUT
    assert "--environment production, testnet or generated" in " ".join(capsys.readouterr().err.split())
    assert run("train", str(configured(tmp_path)), "--data", str(candles), "--environment", "real") == 2


def test_other_bars_another_market_and_a_directory_in_the_way_are_refused(
    candles: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    five = configured(tmp_path, venue__bar_interval='"5m"')
    assert "bars of 900000 ms, and venue.bar_interval is 5m" in told(capsys, tmp_path, candles, config=five)
    eth = configured(tmp_path, venue__symbols='["ETHUSDT"]')
    assert "BTCUSDT, and the configuration trades ETHUSDT" in told(capsys, tmp_path, candles, config=eth)
    (tmp_path / "there").mkdir()
    text = told(capsys, tmp_path, candles, "--out", str(tmp_path / "there"), config=configured(tmp_path))
    assert "something of that name is there" in text
    rules = write_config(tmp_path, "http://127.0.0.1:1", venue__bar_interval='"15m"')
    assert "--out: where shall the bundle go?" in told(capsys, tmp_path, candles, config=rules)


def test_bars_with_a_gap_teach_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bars = whole()
    kept = np.delete(np.arange(len(bars)), 700)
    gappy = replace(
        bars,
        **{name: getattr(bars, name)[kept] for name in ("open_ms", "open", "high", "low", "close", "volume")},
    )
    assert "gap" in told(capsys, tmp_path, written(tmp_path / "BTCUSDT.csv", gappy)).lower()


def test_without_scikit_learn_the_extra_is_named(
    candles: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert "pip install 'jackline[models]'" in told(capsys, tmp_path, candles)


def test_a_bundle_without_a_report_has_no_drift(
    candles: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("model", "drift", str(tmp_path), "--data", str(candles)) == ExitCode.BAD_INPUT
    assert "manifest.json: cannot be read" in " ".join(capsys.readouterr().err.split())


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom jackline.cli.main import load\n"
        "try:\n    load('train')(args=['--help'], prog_name='jackline train')\nexcept SystemExit:\n    pass\n"
        "print(*[name for name in ('numpy', 'polars', 'sklearn', 'skops') if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stderr.split() == []
    assert "--show-leak" in done.stdout


# -- the last line -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trades", "net_bps", "error_bps", "said"),
    [
        (100, -5.0, 2.0, "lose: -5.0 ± 2.0 bps each, costs paid (100 trades). Not proven"),
        (100, 3.0, 2.0, "Not told apart from chance"),
        (100, 9.0, 2.0, "Not proven until jackline validate says so"),
        (3, 90.0, 2.0, "The gate let 3 trades through out of fold, too few to say anything"),
    ],
)
def test_the_last_line_is_honest(trades: int, net_bps: float, error_bps: float, said: str) -> None:
    gate = Earned(trades=trades, net_bps=net_bps, error_bps=error_bps, won_fraction=0.5, total_fraction=0.1)
    report = trained().report
    from msgspec.structs import replace as changed

    assert said in verdict(changed(report, gate=gate))


# -- the example ---------------------------------------------------------------------------------------------


def test_the_source_rules_are_an_example_that_loads() -> None:
    config = load_config(ROOT / "examples" / "source-rules.toml", environment={})
    risk = config.risk_settings()
    assert (risk.leverage, risk.stop.value_fraction, risk.hold_max_ms) == (4, Decimal("0.01"), 28_800_000)
    gate = risk.opportunity
    assert (gate.long_probability_min, gate.short_probability_min) == (Decimal("0.65"), Decimal("0.70"))
    assert gate.edge_min_fraction == Decimal("0.001")
    assert (risk.exits.model_exit_long_fraction, risk.exits.model_exit_short_fraction) == (
        Decimal("0.70"),
        Decimal("0.72"),
    )
    assert config.strategy.warmup_bars <= WINDOW_BARS


@pytest.mark.long
@pytest.mark.timeout(1_800)
@pytest.mark.skipif(not QUARTERS.exists(), reason=f"no {QUARTERS.name} in {DATA}; set JACKLINE_DATA")
def test_the_source_rules_on_real_bars_prove_nothing_and_shuffled_folds_claim_a_fortune(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The figures of docs/training.md."""
    options = ("--environment", "production", "--exit-entries", "0.05", "--out", str(tmp_path / "one"))
    example = str(ROOT / "examples" / "source-rules.toml")
    assert run("train", example, "--data", str(QUARTERS), *options, "--show-leak", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    for one in said["report"]["models"][:2]:
        assert 0.57 < one["area"] < 0.63
    honest, _, remembering = said["leak"]["claims"]
    for side in ("long", "short"):
        assert honest["best"][side]["net_bps"] < 0
        assert remembering["area"][side] > 0.75
        assert 0.65 < said["leak"]["touch_area"][side] < 0.70
        assert 0.48 < said["leak"]["direction_area"][side] < 0.53
    assert remembering["gate"]["total_fraction"] > 5, "more than six times the money, by asking the wrong way"
    assert "Not proven" in said["verdict"]
    assert run("model", "check", str(tmp_path / "one")) == 0
