"""`jackline sweep`: what it refuses, what it writes, and that every trial is counted."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from jackline.cli.errors import CommandFailed, ExitCode, explain
from jackline.cli.main import load
from jackline.cli.sweep_costs import CostsAsked, costs_of, jump_of
from jackline.cli.sweep_input import Asked, checked
from jackline.data.files import read_candles
from jackline.data.store import write_set
from jackline.research.refusal import ResearchRefused
from jackline.research.trials import read_trials
from tests.research.kernel_making import drawn

pytestmark = pytest.mark.timeout(420)
BARS = 400
NOW_MS = 1_800_000_000_000
"""Behind every bar."""
CONFIG = """
[account]
name = "main"
mode = "paper"
state_dir = "state"
[venue]
name = "binance"
url = "http://127.0.0.1:8090"
symbols = ["BTCUSDT"]
bar_interval = "5m"
[strategy]
name = "ema_cross"
[strategy.parameters]
fast_period = 5
slow_period = 15
[regime]
ema_period_bars = 10
[exits]
stages = "{stages}"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


Sweep = Callable[..., Done]


@pytest.fixture
def sweep(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Sweep:
    """The command in this process: what it imports and compiles is paid for once."""
    monkeypatch.chdir(place)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: str) -> Done:
        code, text = 0, ""
        try:
            load("sweep")(args=list(arguments), prog_name="jackline sweep")
        except SystemExit as ended:
            code = int(ended.code or 0)
        except (CommandFailed, ResearchRefused) as error:
            text, code = explain(error)
        said = capsys.readouterr()
        return Done(returncode=int(code), stdout=said.out, stderr=said.err + text)

    return run


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Candles, wishes and two configurations."""
    candles = drawn(12, BARS).candles
    rows = zip(candles.open_ms.tolist(), *candles.table.tolist(), strict=True)
    lines = ["timestamp,open,high,low,close,volume", *(",".join(map(str, row)) for row in rows)]
    (tmp_path / "BTCUSDT-5m.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    wishes = [f"{at},{1 if number % 14 else -1}" for number, at in enumerate(candles.open_ms.tolist()[5::7])]
    (tmp_path / "wishes.csv").write_text("\n".join(["timestamp,side", *wishes]) + "\n", encoding="utf-8")
    for name, stages in (("staged", "on"), ("off", "off")):
        (tmp_path / f"{name}.toml").write_text(CONFIG.format(stages=stages), encoding="utf-8")
    return tmp_path


GRID = ("--grid", "stop=0.003:0.012:0.003", "--grid", "hold=15m,1h")
DATA = ("--data", "BTCUSDT-5m.csv", "--symbol", "BTCUSDT")


def test_a_grid_is_swept_written_and_counted(place: Path, sweep: Sweep) -> None:
    wished = ("--signals", "wishes.csv", "--ledger", "trials")
    done = sweep(*wished, *DATA, *GRID, "--out", "out", "--daily", "--json")
    assert done.returncode == ExitCode.DONE, done.stderr
    told = json.loads(done.stdout)
    assert told["manifest"]["trials"] == 8
    assert told["manifest"]["trials_before"] == 0
    assert told["manifest"]["fixed"]["cooldown"] == "5m"
    assert {"stop", "hold_ms", "trades", "net_mean_bps", "t_value"} <= set(told["best"][0])
    assert {path.name for path in (place / "out").iterdir()} == {
        "results.parquet",
        "daily.parquet",
        "sweep.json",
        "sweep.html",
    }
    again = sweep(*wished, *DATA, "--grid", "stop=0.003:0.012:0.0001", "--optuna", "5", "--measure", "net")
    assert again.returncode == ExitCode.DONE, again.stderr
    assert max(map(len, again.stdout.splitlines())) <= 80
    assert "13 settings have been tried" in " ".join(again.stdout.split())
    assert [row.trials for row in read_trials(place / "trials")] == [8, 5]


def test_other_wishes_under_the_old_name_and_another_hold_in_the_file_are_other_trials(
    place: Path, sweep: Sweep
) -> None:
    """Whoever draws wishes anew into one file, or changes what is not swept, tries more than the grid says."""
    wished = ("--signals", "wishes.csv", "--ledger", "trials")
    for _ in range(2):
        assert sweep(*wished, *DATA, "--grid", "stop=0.01").returncode == ExitCode.DONE
    lines = (place / "wishes.csv").read_text(encoding="utf-8").splitlines()
    (place / "wishes.csv").write_text("\n".join(lines[:-9]) + "\n", encoding="utf-8")
    assert sweep(*wished, *DATA, "--grid", "stop=0.01").returncode == ExitCode.DONE
    first, same, other = read_trials(place / "trials")
    assert first.settings == same.settings != other.settings

    assert sweep("off.toml", *DATA, "--grid", "stop=0.01").returncode == ExitCode.DONE
    text = (place / "off.toml").read_text(encoding="utf-8")
    (place / "off.toml").write_text(
        text.replace("[regime]", "[risk]\nhold_max_ms = 3_600_000\n[regime]"), encoding="utf-8"
    )
    assert sweep("off.toml", *DATA, "--grid", "stop=0.01").returncode == ExitCode.DONE
    eight_hours, one_hour = read_trials(place / "state" / "research")
    assert eight_hours.what == one_hour.what
    assert eight_hours.settings != one_hour.settings


def test_a_strategy_is_swept_and_its_ledger_lies_in_the_state_directory(place: Path, sweep: Sweep) -> None:
    done = sweep("off.toml", *DATA, "--grid", "stop=0.003,0.01")
    assert done.returncode == ExitCode.DONE, done.stderr
    assert "ema_cross(fast_period=5, slow_period=15)" in done.stdout
    (row,) = read_trials(place / "state" / "research")
    assert (row.trials, row.symbol, row.what) == (2, "BTCUSDT", "stop=0.003,0.01")


def test_a_set_is_known_by_its_name_and_costs_by_the_options_of_a_backtest(place: Path, sweep: Sweep) -> None:
    """The set's manifest tells what it is. A fee more than the default's by 5 bps each way costs 10 a trade."""
    candles = read_candles(place / "BTCUSDT-5m.csv", symbol="BTCUSDT", now_ms=NOW_MS)
    whose = replace(candles, venue="binance", environment="production")
    write_set(place / "data", whose, source="a test", now_ms=NOW_MS)
    wished = ("--signals", "wishes.csv", "--ledger", "trials", "--data", "binance-production-BTCUSDT-5m")
    means = []
    for fee in ("0.0005", "0.001"):
        done = sweep(*wished, "--grid", "stop=0.01", "--fee", fee, "--slippage-bps", "0", "--json")
        assert done.returncode == ExitCode.DONE, done.stderr
        told = json.loads(done.stdout)
        assert told["manifest"]["costs"]["taker_fraction"] == fee
        means.append(told["best"][0]["net_mean_bps"])
    assert means[0] - means[1] == pytest.approx(10, abs=0.2)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"fee": "0.02"}, "--fee"),
        ({"slippage_bps": "-1"}, "--slippage-bps"),
        ({"funding_fraction": "much"}, "--funding-fraction"),
        ({"jump_leg_fraction": "0"}, "--jump-leg-fraction"),
    ],
)
def test_costs_out_of_range_are_refused(changed: dict[str, str], said: str) -> None:
    given = CostsAsked(**changed)  # type: ignore[arg-type] # texts alone
    reader = jump_of if "jump_leg_fraction" in changed else costs_of
    with pytest.raises(CommandFailed, match=said) as refused:
        reader(given)
    assert refused.value.code is ExitCode.BAD_INPUT


def test_a_rule_that_the_kernel_does_not_know_is_refused(place: Path, sweep: Sweep) -> None:
    done = sweep("staged.toml", *DATA, *GRID)
    assert done.returncode == ExitCode.BAD_INPUT
    assert "exits.stages" in done.stderr
    assert not (place / "state").exists()


def asked(**changed: object) -> Asked:
    plain: dict[str, object] = {
        "config": Path("c.toml"),
        "data": Path("d.csv"),
        "signals": None,
        "grid": ("stop=0.01",),
        "search": None,
        "seed": 0,
        "measure": "t",
        "symbol": None,
        "start": None,
        "end": None,
        "tick": None,
        "costs": CostsAsked(),
        "over": "threads",
        "workers": -1,
        "ray": None,
        "out": None,
        "daily": False,
        "ledger": None,
    }
    return Asked(**(plain | changed))  # type: ignore[arg-type] # a test names fields of it


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"config": None}, "Whose signals"),
        ({"signals": Path("w.csv")}, "Whose signals"),
        ({"config": None, "signals": Path("w.csv")}, "Where are trials counted"),
        ({"grid": ()}, "Nothing to sweep"),
        ({"search": 0}, "--optuna 0"),
        ({"measure": "luck"}, "--measure luck"),
        ({"over": "moon"}, "--over moon"),
        ({"over": "ray"}, "--over ray"),
        ({"ray": "everywhere"}, "--ray 'everywhere'"),
        ({"ray": "local", "over": "processes"}, "leave one of them out"),
        ({"ray": "local", "search": 5}, "leave one of them out"),
        ({"workers": 0}, "--workers 0"),
        ({"out": Path(__file__)}, "a file"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_read(
    changed: dict[str, object], said: str
) -> None:
    with pytest.raises(CommandFailed, match=said) as refused:
        checked(asked(**changed))
    assert refused.value.code is ExitCode.BAD_INPUT


def test_what_can_be_meant_is_taken() -> None:
    assert checked(asked()) == asked()
