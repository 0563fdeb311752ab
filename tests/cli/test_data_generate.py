"""`jackline data generate`: the same bars for the same options, and nobody takes them for a market's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jackline.cli.data_named import read_named
from jackline.data.manifest import manifest_path
from jackline.data.problems import DataRefused
from tests.cli.test_data import facts, flat, said

NAME = "local-generated-BTCUSDT-15m"
SET = Path(f"data/{NAME}.parquet")


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def made(capsys: pytest.CaptureFixture[str], *options: str) -> Any:
    return facts(capsys, "generate", "--bars", "300", *options)["sets"]


def test_D3_the_same_options_make_the_same_bars_and_they_say_what_they_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    first, _ = made(capsys, "--symbol", "BTCUSDT,ethusdt")
    assert (first["set"], first["added"]) == (NAME, 300)
    assert first["manifest"]["environment"] == "generated"
    written = SET.read_bytes()
    assert [one["added"] for one in made(capsys, "--symbol", "BTCUSDT,ETHUSDT")] == [0, 0]
    assert SET.read_bytes() == written
    (longer,) = facts(capsys, "generate", "--symbol", "ETHUSDT", "--bars", "400", "-d", "alone")["sets"]
    assert longer["added"] == 400
    assert "300 bars" in said(capsys, "check", NAME)


def test_more_of_the_same_market_is_joined_on(capsys: pytest.CaptureFixture[str]) -> None:
    made(capsys)
    (longer,) = facts(capsys, "generate", "--bars", "350")["sets"]
    assert (longer["added"], longer["changed"]) == (50, [])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--seed", "2"], "another set stands there, generated from 2024-01-01, seed 1"),
        (["--from", "2024-02-01"], "Fix: another --directory"),
        (["--symbol", "BTC"], "quoted in USDT"),
        (["--interval", "7m"], "no bar of 7m opens then"),
        (["--bars", "1000000"], "more than have ended since 2024-01-01. Fix: at most"),
    ],
)
def test_what_cannot_be_made_says_why(
    capsys: pytest.CaptureFixture[str], options: list[str], told: str
) -> None:
    made(capsys)
    before = SET.read_bytes()
    assert told in flat(said(capsys, "generate", *options, code=2))
    assert SET.read_bytes() == before


def test_D3_a_research_command_says_that_no_market_had_them_and_refuses_a_test_network(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made(capsys)
    capsys.readouterr()
    by_name, by_path = (read_named(Path(one), symbol=None, gapless=True) for one in (NAME, str(SET)))
    assert len(by_name) == len(by_path) == 300
    assert by_name.environment == "generated"
    assert capsys.readouterr().err.count("prices that no market had") == 2
    beside = manifest_path(SET)
    beside.write_text(beside.read_text().replace('"generated"', '"testnet"'))
    with pytest.raises(DataRefused, match="testnet"):
        read_named(Path(NAME), symbol=None, gapless=True)
