"""Sets on disk: whole at every moment, read back to the last bit, and replayed by the local exchange as they stand."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from jackline.data.candles import Candles
from jackline.data.manifest import manifest_path
from jackline.data.problems import DataRefused
from jackline.data.store import Place, list_sets, locked, manifest_of, open_set, place_of, write_set
from jackline.exchange.feeds.candles import load_candles
from tests.data.making import NOW_MS, same, wandering, without

BARS = wandering(300)
SHORTER = BARS.part(0, 200)


def place(directory: Path) -> Place:
    return place_of(directory, BARS)


def put(directory: Path, candles: Candles) -> None:
    write_set(directory, candles, source="a test", now_ms=NOW_MS)


def test_a_set_reads_back_to_the_last_bit_and_says_what_it_is(tmp_path: Path) -> None:
    put(tmp_path, without(BARS, 10, 13))
    read = open_set(place(tmp_path), now_ms=NOW_MS)
    assert same(read, without(BARS, 10, 13))
    assert (read.symbol, read.venue, read.environment) == ("BTCUSDT", "binance", "production")
    ((path, manifest),) = list_sets(tmp_path)
    assert path.name == "binance-production-BTCUSDT-5m.parquet"
    assert (manifest.rows, manifest.gap_bars, manifest.interval) == (297, 3, "5m")
    assert manifest.gaps == ((int(BARS.open_ms[10]), 3),)
    assert manifest.columns == ("timestamp", "open", "high", "low", "close", "volume")
    assert (manifest.source, manifest.created_ms) == ("a test", NOW_MS)
    assert manifest.tool.startswith("jackline ")


def test_the_local_exchange_replays_a_set_as_it_stands(tmp_path: Path) -> None:
    """It reads with code of its own: the file and its manifest mean the same to both."""
    put(tmp_path, BARS)
    replayed = load_candles(place(tmp_path).path, now_ms=NOW_MS)
    assert (replayed.symbol, replayed.interval_ms, replayed.environment) == (
        "BTCUSDT",
        300_000,
        "production",
    )
    assert [bar.open_ms for bar in replayed.candles] == BARS.open_ms.tolist()
    assert [bar.close for bar in replayed.candles] == [Decimal(repr(price)) for price in BARS.close.tolist()]


@pytest.mark.parametrize("moment", range(4))
def test_a_crash_at_any_moment_of_a_write_leaves_a_whole_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    """Before each of the three renames, and after the last."""
    put(tmp_path, SHORTER)
    renames = 0
    rename = Path.replace

    def cut_off(path: Path, target: Path) -> Path:
        nonlocal renames
        if renames == moment:
            raise KeyboardInterrupt
        renames += 1
        return rename(path, target)

    with monkeypatch.context() as crashing:
        crashing.setattr(Path, "replace", cut_off)
        if moment < 3:
            with pytest.raises(KeyboardInterrupt):
                put(tmp_path, BARS)
        else:
            put(tmp_path, BARS)
    read = open_set(place(tmp_path), now_ms=NOW_MS)
    assert same(read, SHORTER if moment < 2 else BARS)
    ((_, manifest),) = list_sets(tmp_path)
    assert manifest.rows == len(read)
    put(tmp_path, BARS)
    assert same(open_set(place(tmp_path), now_ms=NOW_MS), BARS)


def test_a_changed_byte_is_refused(tmp_path: Path) -> None:
    put(tmp_path, BARS)
    path = place(tmp_path).path
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataRefused, match="changed hash"):
        open_set(place(tmp_path), now_ms=NOW_MS)


def test_a_manifest_that_was_edited_is_refused(tmp_path: Path) -> None:
    put(tmp_path, BARS)
    beside = manifest_path(place(tmp_path).path)
    beside.write_text(json.dumps(json.loads(beside.read_text()) | {"environment": "testnet"}))
    with pytest.raises(DataRefused, match="data of another environment"):
        open_set(place(tmp_path), now_ms=NOW_MS)
    beside.write_text("{")
    with pytest.raises(DataRefused, match="unreadable manifest"):
        manifest_of(place(tmp_path).path)


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    with (
        locked(place(tmp_path)),
        pytest.raises(DataRefused, match="another process writes this set"),
        locked(place(tmp_path)),
    ):
        pass
    with locked(place(tmp_path)):
        pass


@pytest.mark.parametrize(
    "nameless",
    [
        replace(BARS, venue=None),
        replace(BARS, venue="a/b"),
        replace(BARS, environment=None),
        replace(BARS, environment="mainnet"),
        replace(BARS, symbol="BTC-USDT"),
        replace(BARS, symbol="../BTC"),
    ],
    ids=["no venue", "a path", "no environment", "another word", "as BingX spells it", "a way out"],
)
def test_a_set_must_say_where_it_is_from(tmp_path: Path, nameless: Candles) -> None:
    with pytest.raises(DataRefused, match=r"^no (venue|environment|symbol)"):
        put(tmp_path, nameless)
    assert list(tmp_path.iterdir()) == []


def test_nothing_unsound_is_ever_written(tmp_path: Path) -> None:
    put(tmp_path, BARS)
    for unsound in (
        replace(BARS, high=BARS.low),
        replace(BARS, close=-BARS.close),
        replace(BARS, open_ms=BARS.open_ms[::-1].copy()),
        replace(BARS, open_ms=np.zeros_like(BARS.open_ms)),
        replace(BARS, open_ms=BARS.open_ms + 1),
    ):
        with pytest.raises(DataRefused):
            put(tmp_path, unsound)
    assert same(open_set(place(tmp_path), now_ms=NOW_MS), BARS)
