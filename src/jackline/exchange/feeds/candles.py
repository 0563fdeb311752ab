"""Candle files: CSV (plain or gzip) and Parquet, read as exact decimals and refused when they are not
candles.
"""

import csv
import gzip
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path

from jackline.exchange.feeds.errors import FeedError, utc
from jackline.exchange.feeds.manifest import check_extent, read_manifest, symbol_of
from jackline.exchange.ports import Candle

COLUMNS = ("timestamp", "open", "high", "low", "close", "volume")

# Between 1973 and 5138. Seconds and microseconds, the two usual mistakes, fall outside.
_TIMESTAMP_MS_MIN = 10**11
_TIMESTAMP_MS_MAX = 10**14

_Row = tuple[str, list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleFile:
    """A whole file: candles ascending, without duplicates. `environment` is None where no manifest states
    it.
    """

    path: Path
    symbol: str
    interval_ms: int
    environment: str | None
    candles: tuple[Candle, ...]

    @property
    def first_ms(self) -> int:
        return self.candles[0].open_ms

    @property
    def end_ms(self) -> int:
        """The end of the last bar."""
        return self.candles[-1].open_ms + self.interval_ms


def load_candles(
    path: Path, *, now_ms: int, symbol: str | None = None, environment: str = "production"
) -> CandleFile:
    """Reads and checks a file with the columns timestamp (epoch ms of the bar's open), open, high, low,
    close, volume.

    Gaps are legal in a file and checked in the part that is used (`window.select_bars`). Raises FeedError.
    """
    if not path.is_file():
        raise FeedError(
            what="no such file", where="data", value=str(path), fix="give the path of a candle file"
        )
    manifest = read_manifest(path, symbol=symbol, environment=environment)
    name = symbol_of(path, manifest=manifest, symbol=symbol)
    candles: list[Candle] = []
    previous_ms = -1
    for where, row in _rows(path):
        candle = _candle(row, where=where)
        if candle.open_ms <= previous_ms:
            raise FeedError(
                what="duplicate timestamp" if candle.open_ms == previous_ms else "timestamps descend",
                where=where,
                value=f"{utc(candle.open_ms)} after {utc(previous_ms)}",
                fix="sort the rows by timestamp and keep one row a bar",
            )
        previous_ms = candle.open_ms
        candles.append(candle)
    interval_ms = infer_interval_ms(candles, where=str(path))
    last_ms = candles[-1].open_ms
    if last_ms + interval_ms > now_ms:
        raise FeedError(
            what="unfinished last bar",
            where=str(path),
            value=f"opens {utc(last_ms)}, ends after now, {utc(now_ms)}",
            fix="drop the last row",
        )
    if manifest is not None:
        check_extent(manifest, path, interval_ms=interval_ms, first_ms=candles[0].open_ms, last_ms=last_ms)
    return CandleFile(
        path=path,
        symbol=name,
        interval_ms=interval_ms,
        environment=None if manifest is None else manifest.environment,
        candles=tuple(candles),
    )


def infer_interval_ms(candles: Sequence[Candle], *, where: str) -> int:
    """The commonest distance between neighbours. Raises FeedError on fewer than two rows."""
    if len(candles) < 2:
        raise FeedError(
            what="too few rows to tell the interval",
            where=where,
            value=str(len(candles)),
            fix="give a file with at least two candles",
        )
    return Counter(b.open_ms - a.open_ms for a, b in pairwise(candles)).most_common(1)[0][0]


def infer_tick_size(candles: Sequence[Candle]) -> Decimal:
    """The grid most prices are written on: 10^-d for the commonest count d of decimals. A file that drops
    trailing zeros still shows its full precision in nine rows of ten; a few odd prices do not refine the
    grid.
    """
    exponents = Counter(candle.close.as_tuple().exponent for candle in candles)
    exponent = exponents.most_common(1)[0][0]
    return Decimal(1).scaleb(min(int(exponent), 0))


def _rows(path: Path) -> Iterator[_Row]:
    """Every row as (where, texts in the order of COLUMNS)."""
    source = _parquet_rows(path) if path.name.endswith(".parquet") else _csv_rows(path)
    try:
        yield from source
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise FeedError(
            what="unreadable data file",
            where=str(path),
            value=str(error),
            fix="give an undamaged .csv, .csv.gz or .parquet file",
        ) from error


def _csv_rows(path: Path) -> Iterator[_Row]:
    with gzip.open(path, "rt", newline="") if path.name.endswith(".gz") else path.open(newline="") as file:
        reader = csv.reader(file)
        header = [name.strip() for name in next(reader, [])]
        _check_columns(header, where=str(path))
        places = [header.index(name) for name in COLUMNS]
        for row in reader:
            where = f"{path} line {reader.line_num}"
            if not row:  # a blank line, usually the last
                continue
            if len(row) < len(header):
                raise FeedError(
                    what="short row",
                    where=where,
                    value=f"{len(row)} of {len(header)} columns",
                    fix="complete or drop the row; the file may be truncated",
                )
            yield where, [row[place] for place in places]


def _parquet_rows(path: Path) -> Iterator[_Row]:
    try:
        import polars  # noqa: PLC0415 - heavy, an extra, and only Parquet needs it
    except ImportError as error:
        raise FeedError(
            what="Parquet cannot be read here",
            where=str(path),
            value=str(error),
            fix="pip install 'jackline[parquet]', or give the file as CSV",
        ) from error
    try:
        frame = polars.read_parquet(path)
    except polars.exceptions.PolarsError as error:
        raise OSError(str(error)) from error
    _check_columns(frame.columns, where=str(path))
    for number, values in enumerate(frame.select(COLUMNS).iter_rows(), start=1):
        # repr of a float is the shortest text that reads back to it: 0.1 becomes Decimal("0.1").
        yield (
            f"{path} row {number}",
            [repr(value) if isinstance(value, float) else str(value) for value in values],
        )


def _check_columns(header: list[str], *, where: str) -> None:
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise FeedError(
            what="missing column",
            where=where,
            value=f"{', '.join(missing)} not among {', '.join(header) or 'no columns'}",
            fix=f"name the columns {', '.join(COLUMNS)}",
        )


def _candle(row: list[str], *, where: str) -> Candle:
    values = [_number(text, column=column, where=where) for column, text in zip(COLUMNS, row, strict=True)]
    timestamp, open_, high, low, close, volume = values
    if not (_TIMESTAMP_MS_MIN <= timestamp < _TIMESTAMP_MS_MAX) or timestamp != int(timestamp):
        raise FeedError(
            what="timestamp is not in epoch milliseconds",
            where=where,
            value=row[0],
            fix="write the bar's open as whole milliseconds since 1970 UTC",
        )
    if min(open_, high, low, close) <= 0 or volume < 0:
        raise FeedError(
            what="non-positive price" if volume >= 0 else "negative volume",
            where=where,
            value=", ".join(row[1:]),
            fix="drop or correct the row",
        )
    if not low <= min(open_, close) <= max(open_, close) <= high:
        raise FeedError(
            what="high and low do not span the bar",
            where=where,
            value=f"open {open_}, high {high}, low {low}, close {close}",
            fix="correct the row: low <= open, close <= high",
        )
    return Candle(open_ms=int(timestamp), open=open_, high=high, low=low, close=close, volume=volume)


def _number(text: str, *, column: str, where: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise FeedError(
            what=f"column {column!r} is not a number",
            where=where,
            value=repr(text),
            fix="write plain decimal numbers",
        )
    return number
