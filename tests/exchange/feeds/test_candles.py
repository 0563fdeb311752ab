"""Candle files: what is read, and every refusal with its message."""

import gzip
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import polars
import pytest

from jackline.exchange.feeds.candles import infer_tick_size, load_candles
from jackline.exchange.feeds.errors import FeedError
from tests.exchange.feeds.support import (
    FIRST_MS,
    INTERVAL_MS,
    NOW_MS,
    candle,
    csv_rows,
    plain_candles,
    write_csv,
)

ROWS = csv_rows(plain_candles(4))


def refusal(path: Path, *, now_ms: int = NOW_MS) -> FeedError:
    with pytest.raises(FeedError) as caught:
        load_candles(path, now_ms=now_ms)
    error = caught.value
    assert error.fix
    assert str(error) == f"{error.what}: {error.value} ({error.where}). Fix: {error.fix}"
    return error


@pytest.mark.parametrize("name", ["x-BTC-USDT-5m.csv", "x-BTC-USDT-5m.csv.gz"])
def test_csv_is_read_to_the_digit(tmp_path: Path, name: str) -> None:
    bars = [
        candle(FIRST_MS, open="1.10", high="2", low="0.00000001", close="1.3", volume="0.123456789012"),
        candle(FIRST_MS + INTERVAL_MS, open="1.3", high="1.3", low="1.3", close="1.3", volume="0"),
    ]
    file = load_candles(write_csv(tmp_path / name, csv_rows(bars)), now_ms=NOW_MS)
    assert file.candles == tuple(bars)
    assert [str(bar.open) for bar in file.candles] == ["1.10", "1.3"]
    assert (file.symbol, file.interval_ms, file.environment) == ("BTCUSDT", INTERVAL_MS, None)
    assert (file.first_ms, file.end_ms) == (FIRST_MS, FIRST_MS + 2 * INTERVAL_MS)


def test_columns_may_stand_in_any_order_beside_others(tmp_path: Path) -> None:
    rows = [f"x,9,{FIRST_MS + index * INTERVAL_MS},2,3,1,2.5" for index in range(2)]
    path = write_csv(
        tmp_path / "BTCUSDT.csv", [*rows, ""], header="note,volume,timestamp,open,high,low,close"
    )
    file = load_candles(path, now_ms=NOW_MS)
    assert file.candles[0] == candle(FIRST_MS, open="2", high="3", low="1", close="2.5", volume="9")


def test_parquet_floats_become_their_shortest_decimal(tmp_path: Path) -> None:
    path = tmp_path / "BTC-USDT.parquet"
    polars.DataFrame(
        {
            "timestamp": [FIRST_MS, FIRST_MS + INTERVAL_MS],
            "open": [0.1, 0.2],
            "high": [0.3, 0.3],
            "low": [1e-05, 0.1],
            "close": [0.15, 0.25],
            "volume": [12, 13],
        }
    ).write_parquet(path)
    file = load_candles(path, now_ms=NOW_MS)
    first = file.candles[0]
    assert first == candle(FIRST_MS, open="0.1", high="0.3", low="0.00001", close="0.15", volume="12")


def test_the_last_bar_may_end_now_and_not_later(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "BTCUSDT.csv", ROWS)
    end_ms = FIRST_MS + 4 * INTERVAL_MS
    assert load_candles(path, now_ms=end_ms).end_ms == end_ms
    error = refusal(path, now_ms=end_ms - 1)
    assert error.what == "unfinished last bar"
    assert error.fix == "drop the last row"
    assert str(end_ms - INTERVAL_MS) in error.value


def swap(column: int, text: str) -> Callable[[list[str]], list[str]]:
    """Puts `text` into a column of the third row."""

    def spoil(rows: list[str]) -> list[str]:
        cells = rows[2].split(",")
        cells[column] = text
        return [*rows[:2], ",".join(cells), *rows[3:]]

    return spoil


@pytest.mark.parametrize(
    ("spoil", "what", "value"),
    [
        pytest.param(swap(1, "many"), "column 'open' is not a number", "'many'", id="word"),
        pytest.param(swap(4, ""), "column 'close' is not a number", "''", id="empty"),
        pytest.param(swap(2, "NaN"), "column 'high' is not a number", "'NaN'", id="nan"),
        pytest.param(swap(5, "Infinity"), "column 'volume' is not a number", "'Infinity'", id="infinite"),
        pytest.param(swap(0, "soon"), "column 'timestamp' is not a number", "'soon'", id="time-word"),
        pytest.param(swap(3, "0"), "non-positive price", "100.0, 101.0, 0, 100.5, 1", id="zero"),
        pytest.param(swap(3, "-1"), "non-positive price", "100.0, 101.0, -1, 100.5, 1", id="negative"),
        pytest.param(swap(5, "-1"), "negative volume", "100.0, 101.0, 99.0, 100.5, -1", id="volume"),
        pytest.param(swap(2, "100.4"), "high and low do not span the bar", "high 100.4", id="high"),
        pytest.param(swap(3, "100.1"), "high and low do not span the bar", "low 100.1", id="low"),
        pytest.param(swap(0, "1700000700"), "timestamp is not in epoch milliseconds", "1700000700", id="sec"),
        pytest.param(
            swap(0, f"{FIRST_MS}.5"), "timestamp is not in epoch milliseconds", f"{FIRST_MS}.5", id="fraction"
        ),
        pytest.param(
            swap(0, str(FIRST_MS + INTERVAL_MS)),
            "duplicate timestamp",
            str(FIRST_MS + INTERVAL_MS),
            id="twice",
        ),
        pytest.param(swap(0, str(FIRST_MS)), "timestamps descend", f"[{FIRST_MS}] after", id="descending"),
        pytest.param(lambda rows: [*rows[:2], "1,2", *rows[3:]], "short row", "2 of 6 columns", id="short"),
    ],
)
def test_a_bad_row_is_refused_with_its_line_and_value(
    tmp_path: Path, spoil: Callable[[list[str]], list[str]], what: str, value: str
) -> None:
    error = refusal(write_csv(tmp_path / "BTCUSDT.csv", spoil(ROWS)))
    assert error.what == what
    assert value in error.value
    assert error.where.endswith("BTCUSDT.csv line 4")  # the header is line 1


def test_missing_columns_are_named(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "BTCUSDT.csv", ROWS, header="time,open,high,low,close,vol")
    error = refusal(path)
    assert error.what == "missing column"
    assert error.value == "timestamp, volume not among time, open, high, low, close, vol"
    parquet = tmp_path / "BTCUSDT.parquet"
    polars.DataFrame({"open": [1.0]}).write_parquet(parquet)
    assert refusal(parquet).value == "timestamp, high, low, close, volume not among open"


@pytest.mark.parametrize("rows", [[], ROWS[:1]], ids=["none", "one"])
def test_too_few_rows_have_no_interval(tmp_path: Path, rows: list[str]) -> None:
    error = refusal(write_csv(tmp_path / "BTCUSDT.csv", rows))
    assert (error.what, error.value) == ("too few rows to tell the interval", str(len(rows)))


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    whole = gzip.compress("\n".join(["timestamp,open,high,low,close,volume", *ROWS]).encode())
    for name, content in (
        ("BTCUSDT-cut.csv.gz", whole[: len(whole) // 2]),
        ("BTCUSDT-not.csv.gz", b"timestamp,open"),
        ("BTCUSDT.parquet", b"PAR1 but not really"),
        ("BTCUSDT.csv", b"\xff\xfe\x00"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        error = refusal(path)
        assert (error.what, error.where) == ("unreadable data file", str(path))


def test_an_absent_file_is_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path / "BTCUSDT.csv")
    assert (error.what, error.value) == ("no such file", str(tmp_path / "BTCUSDT.csv"))


@pytest.mark.parametrize(
    ("closes", "tick_size"),
    [(["1.5", "2.25", "2.26"], "0.01"), (["46411.0", "46377.0", "46385.125"], "0.1"), (["5", "6"], "1")],
)
def test_tick_size_is_the_commonest_precision(closes: list[str], tick_size: str) -> None:
    bars = [candle(FIRST_MS, open=close, high=close, low=close, close=close) for close in closes]
    assert infer_tick_size(bars) == Decimal(tick_size)
