"""Manifests and names: a file must be what it, or its caller, says it is."""

import hashlib
import json
from pathlib import Path

import pytest

from jackline.exchange.feeds.candles import load_candles
from jackline.exchange.feeds.errors import FeedError
from jackline.exchange.feeds.manifest import manifest_path
from tests.exchange.feeds.support import FIRST_MS, INTERVAL_MS, NOW_MS, csv_rows, plain_candles, write_csv


def data_with_manifest(tmp_path: Path, **changes: object) -> Path:
    path = write_csv(tmp_path / "bars.csv", csv_rows(plain_candles(3)))
    manifest = {
        "venue": "bingx",
        "environment": "production",
        "symbol": "ETHUSDT",
        "interval": "5m",
        "first_ms": FIRST_MS,
        "last_ms": FIRST_MS + 2 * INTERVAL_MS,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "written_by": "a later version",
    }
    manifest_path(path).write_text(json.dumps(manifest | changes))
    return path


def test_a_matching_manifest_names_symbol_and_environment(tmp_path: Path) -> None:
    file = load_candles(data_with_manifest(tmp_path), now_ms=NOW_MS, symbol="ETHUSDT")
    assert (file.symbol, file.environment) == ("ETHUSDT", "production")


def test_testnet_data_is_served_only_where_testnet_is_asked_for(tmp_path: Path) -> None:
    path = data_with_manifest(tmp_path, environment="testnet")
    assert load_candles(path, now_ms=NOW_MS, environment="testnet").environment == "testnet"
    with pytest.raises(FeedError) as caught:
        load_candles(path, now_ms=NOW_MS)
    assert caught.value.what == "data of another environment"
    assert caught.value.value == "environment 'testnet', expected 'production'"
    assert caught.value.where == str(manifest_path(path))


@pytest.mark.parametrize(
    ("changes", "what", "value"),
    [
        ({"sha256": "00" * 32}, "file differs from its manifest", "00" * 32),
        ({"symbol": "BTCUSDT"}, "data of another symbol", "symbol 'BTCUSDT', expected 'ETHUSDT'"),
        ({"interval": "15m"}, "manifest key 'interval' does not match the rows", "900000 ms ('15m')"),
        ({"interval": "soon"}, "manifest key 'interval' does not match the rows", "'soon'"),
        ({"first_ms": 1}, "manifest key 'first_ms' does not match the rows", f"manifest 1, rows {FIRST_MS}"),
        ({"last_ms": 1}, "manifest key 'last_ms' does not match the rows", "manifest 1"),
        ({"environment": None}, "unreadable manifest", "environment"),
    ],
    ids=["sha256", "symbol", "interval", "no-interval", "first", "last", "type"],
)
def test_D3_a_contradicting_manifest_is_refused(
    tmp_path: Path, changes: dict[str, object], what: str, value: str
) -> None:
    path = data_with_manifest(tmp_path, **changes)
    with pytest.raises(FeedError) as caught:
        load_candles(path, now_ms=NOW_MS, symbol="ETHUSDT")
    assert caught.value.what == what
    assert value in caught.value.value
    assert caught.value.fix


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("bingx-BTC-USDT-5m-2025.csv", "BTCUSDT"),
        ("ETHUSDT-15m.csv", "ETHUSDT"),
        ("1000PEPE_USDC.csv", "1000PEPEUSDC"),
    ],
)
def test_symbol_is_read_off_the_name(tmp_path: Path, name: str, symbol: str) -> None:
    path = write_csv(tmp_path / name, csv_rows(plain_candles(2)))
    assert load_candles(path, now_ms=NOW_MS).symbol == symbol
    assert load_candles(path, now_ms=NOW_MS, symbol="XRPUSDT").symbol == "XRPUSDT"


def test_a_name_without_a_symbol_needs_it_said(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "ftx-BTC-PERP-1m.csv", csv_rows(plain_candles(2)))
    with pytest.raises(FeedError) as caught:
        load_candles(path, now_ms=NOW_MS)
    assert caught.value.what == "no symbol"
    assert "ftx-BTC-PERP-1m.csv" in caught.value.value
    assert load_candles(path, now_ms=NOW_MS, symbol="BTCUSDT").symbol == "BTCUSDT"
