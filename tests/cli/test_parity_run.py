"""`jackline parity`: a run played again as a backtest is the same; a run that somebody has bent is not."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jackline.cli.page import WIDTH
from jackline.core.trade import ExitReason
from tests.cli.test_ledger import Ran, run
from tests.research.parity_making import (
    BARS,
    Kept,
    candle_file,
    configured,
    run_of,
    with_price,
    without_trade,
    write_run,
)


@dataclass(frozen=True, kw_only=True)
class Made:
    kept: Kept
    config: Path
    data: Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """One run for all tests: it is read, and what is changed of it is a copy."""
    directory = tmp_path_factory.mktemp("run")
    config, data = configured(directory), candle_file(directory)
    return Made(kept=run_of(config, data), config=config, data=data)


def parity(made: Made, kept: Kept, directory: Path, *more: str) -> Ran:
    write_run(directory / "run", kept)
    wanted = ("parity", str(directory / "run"), "--config", str(made.config), "--data", str(made.data))
    return run(*wanted, *more)


def as_json(made: Made, kept: Kept, directory: Path, *more: str) -> dict[str, Any]:
    told = parity(made, kept, directory, "--json", *more)
    assert told.exception is None, told.exception
    return dict(json.loads(told.output))


@pytest.mark.owns("D4")
def test_D4_a_run_and_its_backtest_decide_and_fill_the_same(made: Made, tmp_path: Path) -> None:
    found = as_json(made, made.kept, tmp_path)
    assert found["within_bounds"] is True
    assert found["differing"] == 0
    assert [one for one in found["differences"] if one["beyond_bounds"]] == []
    assert found["equal_trades"] >= 5
    assert found["equal_decisions"] > found["equal_trades"], "denials are decisions too"
    assert found["entry_bps"]["worst"] == "0.000"
    assert found["run_net_quote"] == found["backtest_net_quote"]
    assert found["bars"] > BARS / 2


@pytest.mark.owns("D4")
def test_D4_a_fill_that_somebody_bent_is_found_in_bps(made: Made, tmp_path: Path) -> None:
    bent = with_price(made.kept, 0, lambda price: price * Decimal("1.002"))
    found = as_json(made, bent, tmp_path)
    (one,) = [one for one in found["differences"] if one["beyond_bounds"]]
    assert one["kind"] == "entry price"
    assert abs(abs(float(one["bps"])) - 20) < 0.1
    assert found["differing"] == 1


@pytest.mark.owns("D4")
def test_D4_a_trade_that_somebody_removed_is_found(made: Made, tmp_path: Path) -> None:
    found = as_json(made, without_trade(made.kept, 1), tmp_path)
    kinds = [one["kind"] for one in found["differences"] if one["beyond_bounds"]]
    assert sorted(kinds) == ["decision", "only in backtest"]


@pytest.mark.owns("D4")
def test_D4_another_exit_reason_is_found(made: Made, tmp_path: Path) -> None:
    first, *rest = made.kept.trades
    bent = replace(made.kept, trades=(replace(first, exit_reason=ExitReason.OPERATOR), *rest))
    found = as_json(made, bent, tmp_path)
    (one,) = [one for one in found["differences"] if one["beyond_bounds"]]
    assert (one["kind"], one["run"]) == ("exit reason", "operator")


def test_other_settings_trade_otherwise_and_that_is_exit_code_1(made: Made, tmp_path: Path) -> None:
    other = configured(tmp_path, risk__cooldown_ms="3600000")
    write_run(tmp_path / "state", made.kept)
    told = run("parity", str(other), "--data", str(made.data))
    assert told.exit_code == 1
    assert "DRIFTS" in told.output
    assert all(len(line) <= WIDTH for line in told.output.splitlines())


def test_a_part_of_a_run_can_be_looked_at(made: Made, tmp_path: Path) -> None:
    found = as_json(made, made.kept, tmp_path, "--from", "2025-08-27T18:00", "--to", "2025-08-27T22:00")
    assert 20 < found["bars"] <= 48
    assert found["differing"] == 0
    assert any("a position was open then" in note for note in found["notes"])


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        pytest.param(["nowhere"], "no such file", id="no run"),
        pytest.param(["STATE"], "give --config FILE too", id="directory alone"),
        pytest.param(["CONFIG", "--config", "CONFIG"], "RUN is a configuration already", id="twice"),
        pytest.param(["CONFIG"], "no engine has written here yet", id="never ran"),
        pytest.param(["CONFIG", "--record", "--price-bps", "50"], "the usual bounds", id="own bounds"),
        pytest.param(["CONFIG", "--nightly", "--from", "2025-10-10"], "the usual bounds", id="own window"),
        pytest.param(["CONFIG", "--from", "tomorrow"], "no time", id="no time"),
    ],
)
def test_a_refusal_says_what_and_the_fix(tmp_path: Path, arguments: list[str], what: str) -> None:
    (tmp_path / "state").mkdir()
    places = {"CONFIG": str(configured(tmp_path)), "STATE": str(tmp_path / "state")}
    told = run("parity", *(places.get(one, one) for one in arguments))
    assert what in str(told.exception)
    assert "Fix:" in str(told.exception)


def test_a_run_without_bars_is_told_what_to_give(made: Made, tmp_path: Path) -> None:
    write_run(tmp_path / "run", made.kept)
    told = run("parity", str(tmp_path / "run"), "--config", str(made.config))
    assert "no bars of BTCUSDT" in str(told.exception)
    assert "--data" in str(told.exception)
