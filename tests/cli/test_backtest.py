"""`jackline backtest`: from a file of candles to a table, a JSON and a report; and what bad input is told."""

from __future__ import annotations

import importlib.util
import json
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from jackline.cli.errors import ExitCode, explain
from jackline.cli.main import load
from jackline.cli.page import WIDTH
from tests.processes import write_config

BEGIN_MS, INTERVAL_MS = 1_735_689_600_000, 300_000
BARS = 700


def ended(*arguments: str | Path | int) -> tuple[int, str, str]:
    """The command, ended as `main` ends it: code, standard output, error text."""
    printed = StringIO()
    try:
        with redirect_stdout(printed):
            code = load("backtest")(args=[str(one) for one in arguments], standalone_mode=False)
    except Exception as error:  # noqa: BLE001 # as `main` does
        text, code = explain(error)
        return code, printed.getvalue(), text
    return code or 0, printed.getvalue(), ""


def candle_file(
    directory: Path, *, name: str = "BTCUSDT-5m.csv", header: bool = True, bars: int = BARS
) -> Path:
    """A generated market that trends, so that a rule of the registry trades it."""
    draws = np.random.default_rng(5)
    price, lines = 50_000.0, ["timestamp,open,high,low,close,volume"] if header else []
    for bar in range(bars):
        end = round(price * (1 + 0.0006 * np.sin(bar / 40) + 0.0008 * draws.standard_normal()), 1)
        high, low = round(max(price, end) * 1.0005, 1), round(min(price, end) * 0.9995, 1)
        lines.append(f"{BEGIN_MS + bar * INTERVAL_MS},{price},{high},{low},{end},1.5")
        price = end
    path = directory / name
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_config(
        tmp_path, "http://127.0.0.1:1", venue__symbols='["BTCUSDT"]', strategy__name='"ema_cross"'
    )


def test_a_table_a_json_and_a_report_come_of_a_file(tmp_path: Path, config: Path) -> None:
    data, out, target = candle_file(tmp_path), tmp_path / "report", tmp_path / "result.json"
    code, told, why = ended(config, "--data", data, "--report", out, "--json", target)
    assert (code, why) == (ExitCode.DONE, "")
    assert max(map(len, told.splitlines())) <= WIDTH
    for word in ("result", "drawdown", "trades", "costs", "naked", "signals", "month"):
        assert word in told
    found = json.loads(target.read_bytes())
    assert found["format"] == 1
    assert found["sample"] == "not known to be in sample"
    assert found["ledger_gap_quote"] in {"0", "0.00000000"}
    assert len(found["trades"]) > 2
    assert len(found["equity"]) == found["bars"]
    assert found["figures"]["trades"] == len(found["trades"])
    assert target.read_bytes() == (out / "backtest.json").read_bytes()
    page = (out / "backtest.html").read_text(encoding="utf-8")
    assert "<script src" not in page
    assert "<link" not in page
    for trade in found["trades"]:
        assert trade["trade_id"] in page


def test_the_same_twice_is_the_same_to_the_byte(tmp_path: Path, config: Path) -> None:
    data = candle_file(tmp_path)
    first, second = (ended(config, "--data", data, "--json", "-") for _ in range(2))
    assert first == second


def test_a_window_is_traded_and_what_lies_before_it_warms_up(tmp_path: Path, config: Path) -> None:
    data = candle_file(tmp_path)
    from_ms = BEGIN_MS + 400 * INTERVAL_MS
    code, told, why = ended(
        config, "--data", data, "--from", from_ms, "--to", "2025-01-02T20:00", "--json", "-"
    )
    found = json.loads(told)
    assert (code, why) == (ExitCode.DONE, "")
    assert found["first_ms"] == from_ms
    assert found["end_ms"] == BEGIN_MS + (24 + 20) * 3_600_000


def test_a_missing_library_is_said_before_anything_is_played(
    tmp_path: Path, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "jackline.cli.backtest.find_spec", lambda name: None if name == "plotly" else found(name)
    )
    code, told, why = ended(config, "--data", candle_file(tmp_path), "--report", tmp_path / "out")
    assert (code, told) == (ExitCode.BAD_INPUT, "")
    assert why == "a backtest needs plotly. Fix: pip install 'jackline[research]'"


def test_a_set_is_found_by_its_name(tmp_path: Path, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sets = tmp_path / "data"
    sets.mkdir()
    name = "binance-production-BTCUSDT-5m"
    frame = pl.read_csv(candle_file(tmp_path))
    frame.write_parquet(sets / f"{name}.parquet")
    monkeypatch.chdir(tmp_path)
    code, told, why = ended(config, "--data", name, "--symbol", "BTCUSDT", "--json", "-")
    assert (code, why) == (ExitCode.DONE, "")
    assert json.loads(told)["bars"] > 0
    assert ended(config, "--data", "nothing-of-the-kind")[0] is ExitCode.BAD_INPUT


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--balance", "ten"), "--balance: 'ten'. Fix: a number from 100"),
        (("--slippage-bps", "-1"), "--slippage-bps: '-1'. Fix: a number from 0"),
        (("--from", "yesterday"), "no time. Fix: write it as"),
        (("--from", "2025-02-01", "--to", "2025-01-01"), "--to is not after --from"),
        (("--from", "2026-01-01"), "too few bars of BTCUSDT"),
        (("--json", "/nowhere/at/all.json"), "no file can be made there"),
    ],
)
def test_what_was_typed_wrong_is_told_with_its_fix(
    tmp_path: Path, config: Path, arguments: tuple[str, ...], said: str
) -> None:
    code, told, why = ended(config, "--data", candle_file(tmp_path), *arguments)
    assert (code, told) == (ExitCode.BAD_INPUT, "")
    assert said in why
    assert "Fix:" in why


def test_data_that_do_not_fit_are_refused(tmp_path: Path, config: Path) -> None:
    fifteen = write_config(
        tmp_path, "http://127.0.0.1:1", venue__symbols='["BTCUSDT"]', venue__bar_interval='"15m"'
    )
    data = candle_file(tmp_path)
    assert "venue.bar_interval" in ended(fifteen, "--data", data)[2]
    two = write_config(tmp_path, "http://127.0.0.1:1")
    assert "venue.symbols: no data of a symbol that is traded (ETHUSDT)" in ended(two, "--data", data)[2]
    gated = write_config(
        tmp_path,
        "http://127.0.0.1:1",
        venue__symbols='["BTCUSDT"]',
        regime__gate='"on"',
        regime__reference_symbol='"ETHUSDT"',
    )
    assert "regime.reference_symbol" in ended(gated, "--data", data)[2]


@pytest.mark.parametrize("kind", ["empty", "header only", "no header", "nan", "gap", "descending"])
def test_a_file_that_holds_no_market_is_refused(tmp_path: Path, config: Path, kind: str) -> None:
    path = candle_file(tmp_path, header=kind != "no header")
    lines = path.read_text().splitlines()
    match kind:
        case "empty":
            lines = []
        case "header only":
            lines = lines[:1]
        case "nan":
            lines[9] = lines[9].replace("1.5", "nan")
        case "gap":
            del lines[300]
        case "descending":
            lines[5], lines[6] = lines[6], lines[5]
        case _:
            pass
    path.write_text("\n".join(lines) + ("\n" if lines else ""))
    code, told, why = ended(config, "--data", path)
    assert (code, told) == (ExitCode.BAD_INPUT, ""), why
    assert "Fix:" in why
