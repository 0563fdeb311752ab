"""`jackline stop-lab`: a table of 80 columns, one JSON object, one HTML file that asks nobody, clear refusals."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from jackline.cli.page import WIDTH
from tests.cli.test_ledger import run

START_MS = 1_700_006_400_000


def candle_file(directory: Path, *, bars: int = 900, step: float = 0.002) -> Path:
    """Minutes of a random walk that reach a stop of one per cent often."""
    rng = np.random.default_rng(7)
    closes = np.round(50_000 * np.exp(np.cumsum(rng.normal(0, step, bars))), 1)
    opens = np.concatenate(([50_000.0], closes[:-1]))
    path = directory / "made-BTCUSDT-1m.csv"
    lines = ["timestamp,open,high,low,close,volume"]
    for number, (opened, close) in enumerate(zip(opens, closes, strict=True)):
        high, low = max(opened, close) + 10, min(opened, close) - 10
        lines.append(f"{START_MS + number * 60_000},{opened},{high:.1f},{low:.1f},{close},1")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_table_fits_the_page_and_says_both_sides(tmp_path: Path) -> None:
    told = run("stop-lab", "--data", str(candle_file(tmp_path)), "--hold", "2")
    assert told.exit_code == 0, told.exception
    assert all(len(line) <= WIDTH for line in told.output.splitlines())
    for part in ("venue stop-market", "polled every 5 min", "stop-limit at trigger"):
        assert part in told.output
    assert "were spared the stop" in told.output.replace("\n  ", " ")
    assert "-0.0 " not in told.output


def test_json_says_the_same_twice_and_margin_is_price_times_leverage(tmp_path: Path) -> None:
    wanted = ("stop-lab", "--data", str(candle_file(tmp_path)), "--hold", "2", "--leverage", "5", "--json")
    first, again = run(*wanted), run(*wanted)
    assert first.output == again.output
    (one,) = json.loads(first.output)["sets"]
    rows = {row["kind"]: row for row in one["rows"]}
    poll = rows["slow_poll"]
    assert poll["beyond_margin_percent"]["max"] == pytest.approx(poll["beyond"]["max"] * 5 / 100)
    assert one["touched"] == poll["touched"] > 0
    assert set(rows) == {
        "venue_stop_market", "poll", "slow_poll", "stop_limit_at_trigger", "stop_limit_through",
    }  # fmt: skip


def test_the_report_is_one_file_that_asks_nobody(tmp_path: Path) -> None:
    told = run(
        "stop-lab", "--data", str(candle_file(tmp_path)), "--hold", "2", "--report", str(tmp_path / "r")
    )
    assert told.exit_code == 0, told.exception
    text = (tmp_path / "r" / "stop-lab.html").read_text(encoding="utf-8")
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)\s*=", text)
    assert text.count("Plotly.newPlot(") >= 3


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        pytest.param([], "No prices", id="nothing"),
        pytest.param(["--data", "none-BTCUSDT.csv"], "none-BTCUSDT.csv", id="no file"),
        pytest.param(["--ticks", "none.jsonl.gz"], "unreadable file", id="no ticks"),
    ],
)
def test_a_refusal_says_what_and_the_fix(arguments: list[str], what: str) -> None:
    told = run("stop-lab", *arguments)
    assert what in str(told.exception)
    assert "Fix:" in str(told.exception)


@pytest.mark.parametrize("more", [["--stop", "0"], ["--leverage", "200"], ["--entries", "0"]])
def test_numbers_out_of_range_are_refused(tmp_path: Path, more: list[str]) -> None:
    assert run("stop-lab", "--data", str(candle_file(tmp_path)), *more).exit_code == 2


def test_a_market_that_touches_nothing_is_told_so(tmp_path: Path) -> None:
    told = run("stop-lab", "--data", str(candle_file(tmp_path, step=0.00001)), "--stop", "0.1")
    assert "a nearer --stop" in str(told.exception)


def test_candles_of_the_mark_price_give_the_mark_a_row_of_its_own(tmp_path: Path) -> None:
    data = candle_file(tmp_path)
    told = run("stop-lab", "--data", str(data), "--mark", str(data), "--hold", "2")
    assert told.exit_code == 0, told.exception
    assert "the same, on mark" in told.output
    assert "modelled" not in told.output
    assert all(len(line) <= WIDTH for line in told.output.splitlines())
    twice = run("stop-lab", "--data", str(data), "--data", str(data), "--mark", str(data))
    assert "--mark is of one market" in str(twice.exception)
