"""Files of candles: each kind reads to the same bars, and each thing that can be wrong is refused by name."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import polars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackline.data.files import import_candles, read_candles
from jackline.data.intervals import parse, spell
from jackline.data.manifest import manifest_path, sha256_of
from jackline.data.problems import DataRefused
from tests.data.making import MINUTE_MS, NOW_MS, START_MS, frame_of, lines_of, same, wandering, write

BARS = wandering(60)


def spoilt(directory: Path, lines: list[str]) -> Path:
    path = directory / "BTCUSDT-5m.csv"
    path.write_text("\n".join(lines) + ("\n" if lines else ""))
    return path


def refusal(path: Path, **options: object) -> DataRefused:
    with pytest.raises(DataRefused) as refused:
        read_candles(path, now_ms=NOW_MS, **options)  # type: ignore[arg-type] # wrong ones too
    found = refused.value
    assert found.what
    assert found.value
    assert found.fix
    assert str(path) in str(found)
    return found


@pytest.mark.parametrize(
    "name",
    [
        "BTCUSDT-5m.csv",
        "bingx-BTC-USDT-5m.csv.gz",
        "binance-BTCUSDT.parquet",
        "BTC_USDT_USDT-5m-futures.feather",
    ],
)
def test_every_kind_of_file_reads_to_the_same_bars(tmp_path: Path, name: str) -> None:
    read = read_candles(write(tmp_path / name, BARS), now_ms=NOW_MS, gapless=True)
    assert read.symbol == "BTCUSDT"
    assert (read.venue, read.environment) == (None, None)
    assert same(read, BARS)


def test_other_columns_and_a_blank_end_are_left_alone(tmp_path: Path) -> None:
    lines = [f"{line},x" for line in lines_of(BARS)]
    assert same(read_candles(spoilt(tmp_path, [*lines, "", ""]), now_ms=NOW_MS), BARS)


def test_another_mark_between_the_cells_is_named(tmp_path: Path) -> None:
    found = refusal(spoilt(tmp_path, [one.replace(",", ";") for one in lines_of(BARS)]))
    assert found.what == "missing column"
    assert "between them stands ';'" in found.fix


def test_columns_of_one_name_are_shown_as_far_as_a_line_goes(tmp_path: Path) -> None:
    """A file whose lines end in another way is one line, and every number of it a name."""
    found = refusal(spoilt(tmp_path, [",".join(["timestamp", *["50000.1"] * 9, *["50000.2"] * 9] * 40)]))
    assert found.what == "two columns of one name"
    assert len(found.value) <= 121


@pytest.mark.parametrize(
    ("lines", "what", "value"),
    [
        ([], "empty file", "0 bytes"),
        (lines_of(BARS)[:1], "no rows", "a header and nothing else"),
        (
            lines_of(BARS)[1:],
            "missing column",
            "no timestamp or open_ms or open_time or date or calc_time or fundingTime, open",
        ),
        (["timestamp,open,high,low,close", "1,2,3,4,5"], "missing column", "no volume among timestamp"),
        (["timestamp,open,open,high,low,close,volume", "1,2,3,4,5,6,7"], "two columns of one name", "open"),
        ([*lines_of(BARS)[:3], "1,2"], "column 'high' holds no number", "nothing"),
        ([*lines_of(BARS)[:3], "1,2,3,4,5,6,7"], "unreadable file", "found more fields"),
        (lines_of(BARS)[:2], "too few rows to tell the length of a bar", "1 row"),
    ],
    ids=[
        "empty",
        "header only",
        "no header",
        "wrong columns",
        "a column twice",
        "short row",
        "long row",
        "one row",
    ],
)
def test_a_file_that_is_no_table_of_candles(tmp_path: Path, lines: list[str], what: str, value: str) -> None:
    found = refusal(spoilt(tmp_path, lines))
    assert found.what == what
    assert value in found.value


@pytest.mark.parametrize("cell", ["NaN", "inf", "-inf", "", "n/a", "1e999", "1,5"])
def test_what_is_no_finite_number_is_shown_with_its_line(tmp_path: Path, cell: str) -> None:
    lines = lines_of(BARS)
    cells = lines[7].split(",")
    cells[4] = f'"{cell}"' if "," in cell else cell
    lines[7] = ",".join(cells)
    found = refusal(spoilt(tmp_path, lines))
    assert found.what == "column 'close' holds no number"
    assert found.where.endswith("line 8")
    assert cell in found.value or found.value == "nothing"


@pytest.mark.parametrize(
    ("column", "cell", "what"),
    [
        (1, "0", "price is not above zero"),
        (3, "-5", "price is not above zero"),
        (5, "-1", "negative volume"),
        (2, "1", "high and low do not span the bar"),
        (3, "99999", "high and low do not span the bar"),
    ],
)
def test_prices_that_no_bar_has(tmp_path: Path, column: int, cell: str, what: str) -> None:
    lines = lines_of(BARS)
    cells = lines[7].split(",")
    cells[column] = cell
    lines[7] = ",".join(cells)
    found = refusal(spoilt(tmp_path, lines))
    assert found.what == what
    assert found.where.endswith("line 8")


def test_rows_out_of_order_or_twice(tmp_path: Path) -> None:
    lines = lines_of(BARS)
    twice = refusal(spoilt(tmp_path, [*lines[:9], lines[8], *lines[9:]]))
    assert (twice.what, twice.where[-7:]) == ("duplicate timestamp", "line 10")
    back = refusal(spoilt(tmp_path, [*lines[:9], lines[3], *lines[9:]]))
    assert back.what == "timestamps go back"
    newest_first = refusal(spoilt(tmp_path, [lines[0], *reversed(lines[1:])]))
    assert newest_first.what == "timestamps go back"
    assert "(and 58 rows more)" in newest_first.value


@pytest.mark.parametrize(
    ("unit", "per_ms"), [("seconds", 0.001), ("microseconds", 1_000), ("nanoseconds", 1_000_000)]
)
def test_times_in_another_unit_are_told_by_name(tmp_path: Path, unit: str, per_ms: float) -> None:
    scaled = [int(ms * per_ms) for ms in BARS.open_ms.tolist()]
    path = tmp_path / "BTCUSDT.csv"
    frame_of(BARS).with_columns(timestamp=polars.Series(scaled)).write_csv(path)
    found = refusal(path)
    assert found.what == "timestamp is not in epoch milliseconds"
    assert found.value.endswith(f"it looks like {unit}")


def test_a_date_needs_a_zone_and_any_zone_will_do(tmp_path: Path) -> None:
    rows = [line.split(",", 1)[1] for line in lines_of(BARS)[1:]]
    moments = [np.datetime64(int(ms), "ms").item() for ms in BARS.open_ms]
    header = "date,open,high,low,close,volume"
    naive = [header, *(f"{moment},{row}" for moment, row in zip(moments, rows, strict=True))]
    assert refusal(spoilt(tmp_path, naive)).what == "time without a zone"
    seoul = polars.Series(BARS.open_ms + 9 * 60 * MINUTE_MS).cast(polars.Datetime("ms"))
    aware = [header, *(f"{at}+09:00,{row}" for at, row in zip(seoul.dt.to_string(), rows, strict=True))]
    assert same(read_candles(spoilt(tmp_path, aware), now_ms=NOW_MS), BARS)
    path = tmp_path / "BTCUSDT.parquet"
    date = polars.col("timestamp").cast(polars.Datetime("ms")).alias("date")
    frame_of(BARS).with_columns(date).drop("timestamp").write_parquet(path)
    assert refusal(path).what == "time without a zone"


@pytest.fixture(params=["UTC", "Asia/Seoul", "America/New_York"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", str(request.param))
    time.tzset()
    yield str(request.param)
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("name", ["BTCUSDT.csv", "BTCUSDT.parquet", "BTC_USDT_USDT-5m-futures.feather"])
def test_the_zone_of_the_machine_changes_nothing(tmp_path: Path, zone: str, name: str) -> None:
    """D3: one look at the local clock shifted every feature by nine hours."""
    assert os.environ["TZ"] == zone
    assert same(read_candles(write(tmp_path / name, BARS), now_ms=NOW_MS), BARS)


def test_intervals_must_not_mix(tmp_path: Path) -> None:
    tail_ms = int(BARS.open_ms[-1]) // (15 * MINUTE_MS) * 15 * MINUTE_MS + 15 * MINUTE_MS
    longer = lines_of(wandering(20, interval_ms=15 * MINUTE_MS, start_ms=tail_ms))[1:]
    found = refusal(spoilt(tmp_path, [*lines_of(BARS), *longer]))
    assert found.what == "mixed intervals"
    assert "most bars are 5m" in found.value
    minute = lines_of(wandering(20, interval_ms=MINUTE_MS, start_ms=int(BARS.open_ms[-1]) + MINUTE_MS))[1:]
    assert refusal(spoilt(tmp_path, [*lines_of(BARS), *minute])).what == "mixed intervals"


def test_bars_open_on_their_interval(tmp_path: Path) -> None:
    closes = wandering(60, start_ms=START_MS + 5 * MINUTE_MS - 1)
    assert refusal(write(tmp_path / "BTCUSDT.csv", closes)).what == "bar does not open on its interval"


def test_a_week_opens_on_a_monday(tmp_path: Path) -> None:
    monday_ms = 1_750_032_000_000
    week_ms = parse("1w")
    weeks = wandering(10, interval_ms=week_ms, start_ms=monday_ms)
    read = read_candles(write(tmp_path / "BTCUSDT.csv", weeks), now_ms=NOW_MS)
    assert spell(read.interval_ms) == "1w"


def test_a_gap_is_legal_until_somebody_needs_none(tmp_path: Path) -> None:
    lines = lines_of(BARS)
    path = spoilt(tmp_path, [*lines[:10], *lines[13:30], *lines[31:]])
    assert len(read_candles(path, now_ms=NOW_MS)) == 56
    found = refusal(path, gapless=True)
    assert found.what == "gap"
    assert found.value.startswith("4 bars missing in 2 places, the first 3 bars from 2025-06-15 16:00 UTC")


def test_an_unfinished_bar_is_refused_and_left_out_of_an_import(tmp_path: Path) -> None:
    """D1: complete only once open + interval has passed."""
    path = write(tmp_path / "BTCUSDT.csv", BARS)
    end_ms = int(BARS.open_ms[-1]) + BARS.interval_ms
    assert len(read_candles(path, now_ms=end_ms)) == 60
    with pytest.raises(DataRefused, match="unfinished bar"):
        read_candles(path, now_ms=end_ms - 1)
    imported = import_candles(path, symbol=None, now_ms=end_ms - 1)
    assert len(imported.candles) == 59
    assert imported.notes[0].startswith("left out 1 unfinished bar: 2025-06-15 20:10 UTC")
    assert import_candles(path, symbol=None, now_ms=end_ms).notes == ()
    with pytest.raises(DataRefused, match="no finished bar"):
        import_candles(path, symbol=None, now_ms=START_MS)


def manifested(path: Path, **changes: object) -> Path:
    known = {
        "venue": "binance",
        "environment": "production",
        "symbol": "BTCUSDT",
        "interval": "5m",
        "first_ms": int(BARS.open_ms[0]),
        "last_ms": int(BARS.open_ms[-1]),
        "sha256": sha256_of(path),
    }
    manifest_path(path).write_bytes(msgspec.json.encode(known | changes))
    return path


def test_a_manifest_says_what_it_is(tmp_path: Path) -> None:
    path = manifested(write(tmp_path / "candles.csv", BARS), source="somewhere")
    read = read_candles(path, now_ms=NOW_MS)
    assert (read.symbol, read.venue, read.environment) == ("BTCUSDT", "binance", "production")


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"environment": "testnet"}, "data of another environment"),
        ({"symbol": "ETHUSDT"}, "data of another symbol"),
        ({"sha256": "0" * 64}, "changed hash: the file is not the one its manifest describes"),
        ({"interval": "15m"}, "interval of the manifest is not that of the rows"),
        ({"first_ms": 1}, "first_ms of the manifest is not that of the rows"),
        ({"venue": 3}, "unreadable manifest"),
    ],
)
def test_a_manifest_that_says_something_else(tmp_path: Path, changes: dict[str, object], what: str) -> None:
    path = manifested(write(tmp_path / "candles.csv", BARS), **changes)
    assert refusal(path, symbol="BTCUSDT").what == what


def test_a_file_of_no_name_kind_or_sense(tmp_path: Path) -> None:
    assert refusal(write(tmp_path / "candles.csv", BARS)).what == "no symbol"
    assert read_candles(tmp_path / "candles.csv", symbol="BTCUSD", now_ms=NOW_MS).symbol == "BTCUSD"
    assert refusal(tmp_path / "absent.csv").what == "no such file"
    absent = refusal(tmp_path / "bingx-production-BTCUSDT-5m")
    assert absent.what == "no such file or set"
    assert "jackline data list" in absent.fix
    other = tmp_path / "candles.xlsx"
    other.write_bytes(b"x")
    assert refusal(other).what == "a file of a kind that is not read"
    for ending in ("csv.gz", "parquet", "feather"):
        damaged = tmp_path / f"BTCUSDT.{ending}"
        whole = write(tmp_path / f"whole.{ending}", BARS).read_bytes()
        damaged.write_bytes(whole[: len(whole) // 2])
        assert refusal(damaged).what == "unreadable file"


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_whatever_stands_in_a_file_is_refused_or_sound(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Cells, lines and bytes at random: never another error, and never a bar that is none."""
    lines = lines_of(BARS.part(0, 12))
    for _ in range(data.draw(st.integers(0, 3))):
        row = data.draw(st.integers(0, len(lines) - 1))
        cells = lines[row].split(",")
        cell = data.draw(st.integers(0, len(cells) - 1))
        cells[cell] = data.draw(
            st.sampled_from(["", "NaN", "inf", "-1", "0", "x", '"', "1e400", "1750000800000", "1,1", "\x00"])
            | st.floats(allow_nan=True).map(repr)
            | st.text(max_size=4)
        )
        lines[row] = ",".join(cells)
    path = tmp_path_factory.mktemp("fuzz", numbered=True) / "BTCUSDT.csv"
    content = "\n".join(lines).encode("utf-8", "surrogatepass")
    cut = data.draw(st.integers(0, len(content)) | st.none())
    path.write_bytes(content[:cut])
    try:
        read = read_candles(path, now_ms=NOW_MS)
    except DataRefused:
        return
    assert np.isfinite(read.table).all()
    assert (np.diff(read.open_ms) > 0).all()
    assert (np.diff(read.open_ms) % read.interval_ms == 0).all()
    assert (read.low > 0).all()
    assert (read.low <= np.minimum(read.open, read.close)).all()
    assert (read.high >= np.maximum(read.open, read.close)).all()
    assert (read.volume >= 0).all()
