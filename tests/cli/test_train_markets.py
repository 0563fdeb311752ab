"""`jackline train` with several markets: each by its own --data, one bundle for all of them, refusals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jackline.models.bundle import read_bundle
from tests.cli.test_train import SMALL, configured, run, written
from tests.models.market import INTERVAL_MS, market
from tests.models.teaching import MOMENTUM

BARS = 900


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Two markets, the second of which begins later."""
    directory = tmp_path_factory.mktemp("markets")
    found = []
    for symbol, seed, first in (("BTCUSDT", 7, 0), ("ETHUSDT", 11, 200)):
        made = market(BARS, seed=seed, momentum=MOMENTUM)
        made = replace(made, open_ms=made.open_ms + first * INTERVAL_MS)
        found.append(str(written(directory / f"{symbol}-15m.csv", made)))
    return found


@pytest.mark.long
def test_one_bundle_of_two_markets(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = configured(tmp_path, venue__symbols='["BTCUSDT", "ETHUSDT"]')
    given = [word for one in files for word in ("--data", one)]
    assert run("train", str(config), *given, *SMALL, "--no-exits", "--force") == 0
    page = capsys.readouterr().out
    assert "BTCUSDT, ETHUSDT: 1,800 bars of 15m" in page
    manifest = read_bundle(tmp_path / "btc").manifest
    assert manifest.symbols == ("BTCUSDT", "ETHUSDT")
    assert manifest.trained_to_ms - manifest.trained_from_ms > (BARS + 150) * INTERVAL_MS


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ("symbol", "--symbol is for one file"),
        ("twice", "BTCUSDT is given twice"),
        ("stranger", "ETHUSDT, and the configuration trades BTCUSDT"),
    ],
)
def test_what_cannot_be_taught_together_is_refused(
    spoil: str, said: str, files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = configured(tmp_path, venue__symbols='["BTCUSDT"]')
    second = files[0] if spoil == "twice" else files[1]
    more = ("--symbol", "BTCUSDT") if spoil == "symbol" else ()
    assert run("train", str(config), "--data", files[0], "--data", second, *SMALL, *more) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "btc").exists()
