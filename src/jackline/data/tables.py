"""Files of rows, read as they stand: CSV, gzipped CSV, Parquet and Feather. What they mean is judged elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
import polars

from jackline.data.candles import Floats, Times
from jackline.data.problems import DataRefused, counted

ENDINGS: Final = (".csv", ".csv.gz", ".parquet", ".feather")

TIMES: Final = ("timestamp", "open_ms", "open_time", "date", "calc_time", "fundingTime")
"""What a column of times may be called; the first that is there is read."""

_MS_MIN, _MS_MAX = 10**11, 10**14
"""Between 1973 and 5138. Seconds and microseconds, the usual mistakes, fall outside."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """Rows as texts, numbers or times, in the order of the file; each column under its bare name."""

    path: Path
    frame: polars.DataFrame
    line_of_first: int
    """What the first row is called: line 2 of a CSV, row 1 of the others."""

    def where(self, row: int) -> str:
        """A row as a reader finds it."""
        return f"{self.path}, {'line' if self.line_of_first > 1 else 'row'} {row + self.line_of_first}"

    def numbers(self, name: str) -> Floats:
        """A column as finite float64, shape (rows,). Raises DataRefused."""
        column = self.frame[name]
        if not (column.dtype == polars.String or column.dtype.is_numeric()):
            raise self._not_numbers(name, 0)
        text = column.str.strip_chars() if column.dtype == polars.String else column
        values = text.cast(polars.Float64, strict=False).fill_null(float("nan")).to_numpy()
        bad = np.flatnonzero(~np.isfinite(values))
        if len(bad):
            raise self._not_numbers(name, int(bad[0]), len(bad))
        return np.ascontiguousarray(values, dtype=np.float64)

    def _not_numbers(self, name: str, row: int, count: int = 1) -> DataRefused:
        shown = self.frame[name][row]
        return DataRefused(
            what=f"column {name!r} holds no number",
            where=self.where(row),
            value=("nothing" if shown is None else repr(shown)) + _among(count),
            fix="write plain finite decimals in every row; a row that is not known is left out, never filled",
        )

    def times_ms(self) -> Times:
        """The column of times as epoch ms, shape (rows,). Times without a zone are refused: nobody knows what they
        mean."""
        name = next(one for one in TIMES if one in self.frame.columns)
        column = self.frame[name]
        if column.dtype == polars.Datetime:
            return self._zoned(name)
        if column.dtype == polars.String and _is_date(column.drop_nulls().head(1)):
            return self._dates(name)
        values = self.numbers(name)
        bad = np.flatnonzero((values < _MS_MIN) | (values >= _MS_MAX) | (values != np.floor(values)))
        if len(bad):
            raise self._not_ms(int(bad[0]), float(values[bad[0]]), len(bad))
        return values.astype(np.int64)

    def _zoned(self, name: str) -> Times:
        column = self.frame[name]
        if getattr(column.dtype, "time_zone", None) is None:
            raise self._no_zone(0, str(column[0]))
        if column.null_count():
            raise self._not_numbers(name, int(column.is_null().arg_max() or 0))
        return np.array(column.dt.epoch("ms").to_numpy(), dtype=np.int64)

    def _dates(self, name: str) -> Times:
        found = np.empty(len(self.frame), dtype=np.int64)
        for row, text in enumerate(self.frame[name]):
            try:
                moment = datetime.fromisoformat((text or "").strip())
            except ValueError:
                raise self._not_numbers(name, row) from None
            if moment.tzinfo is None:
                raise self._no_zone(row, text)
            found[row] = round(moment.timestamp() * 1_000)
        return found

    def _no_zone(self, row: int, text: str) -> DataRefused:
        return DataRefused(
            what="time without a zone",
            where=self.where(row),
            value=repr(text),
            fix="write epoch milliseconds, or add the offset from UTC: 2025-10-10 21:15:00+00:00",
        )

    def _not_ms(self, row: int, value: float, count: int) -> DataRefused:
        unit = next(
            (
                unit
                for unit, per_ms in (("seconds", 1e-3), ("microseconds", 1e3), ("nanoseconds", 1e6))
                if _MS_MIN <= value / per_ms < _MS_MAX
            ),
            None,
        )
        return DataRefused(
            what="timestamp is not in epoch milliseconds",
            where=self.where(row),
            value=f"{value:.15g}" + _among(count) + (f"; it looks like {unit}" if unit else ""),
            fix="write times as whole milliseconds since 1970, UTC",
        )


def read_table(path: Path, columns: tuple[str, ...], *, either: tuple[str, ...] = ()) -> Table:
    """All rows of a file that has these columns, one of TIMES and one of `either`, blank lines at its end left out.
    Raises DataRefused."""
    ending = next((one for one in reversed(ENDINGS) if path.name.endswith(one)), None)
    if ending is None or not path.is_file():
        what = "a file of a kind that is not read" if path.exists() else "no such file or set"
        raise DataRefused(
            what="no such file" if ending else what,
            where="data",
            value=str(path),
            fix=f"name a file that ends in {', '.join(ENDINGS)}, or a set that jackline data list shows",
        )
    if path.stat().st_size == 0:
        raise DataRefused(what="empty file", where=str(path), value="0 bytes", fix=_GIVE)
    frame = _frame(path, ending)
    _check_columns(path, frame.columns, columns, either)
    table = Table(path=path, frame=_without_blank_end(frame), line_of_first=2 if "csv" in ending else 1)
    if not len(table.frame):
        raise DataRefused(what="no rows", where=str(path), value="a header and nothing else", fix=_GIVE)
    return table


_GIVE: Final = "give a file with candles; if it was being written, write it again"


def _frame(path: Path, ending: str) -> polars.DataFrame:
    try:
        match ending:
            case ".parquet":
                frame = polars.read_parquet(path, hive_partitioning=False)
            case ".feather":
                frame = polars.read_ipc(path)
            case _:
                # As texts: what a cell says is told to the reader as it stands.
                frame = polars.read_csv(path, infer_schema=False)
    except (polars.exceptions.PolarsError, OSError) as error:
        raise DataRefused(
            what="unreadable file",
            where=str(path),
            value=str(error).strip().split("\n", maxsplit=1)[0],
            fix="give an undamaged file with as many cells in every row as its header has; if it was being "
            "copied, copy it again",
        ) from error
    # The library renames the second of two columns instead of refusing it.
    bare = [name.split("_duplicated_")[0].strip() for name in frame.columns]
    twice = sorted({name for name in bare if bare.count(name) > 1})
    if twice:
        raise DataRefused(
            what="two columns of one name",
            where=str(path),
            value=_begun(", ".join(twice)),
            fix="leave one of each",
        )
    return frame.rename(dict(zip(frame.columns, bare, strict=True)))


def _without_blank_end(frame: polars.DataFrame) -> polars.DataFrame:
    """A blank line reads as a row of nothing. At the end it is harmless; in between it stays, and is refused."""
    while len(frame) and all(value is None for value in frame.row(-1)):
        frame = frame.head(-1)
    return frame


def _check_columns(path: Path, found: list[str], wanted: tuple[str, ...], either: tuple[str, ...]) -> None:
    missing = [name for name in wanted if name not in found]
    if either and not any(name in found for name in either):
        missing.append(" or ".join(either))
    if not any(name in found for name in TIMES):
        missing.insert(0, " or ".join(TIMES))
    if missing:
        other = (
            next((mark for mark in (";", "\t", "|") if mark in found[0]), None) if len(found) == 1 else None
        )
        raise DataRefused(
            what="missing column",
            where=str(path),
            value=f"no {', '.join(missing)} among {_begun(', '.join(found))}",
            fix=f"name the columns in the first line: {', '.join((TIMES[0], *wanted, *either[:1]))}"
            + (f"; between them stands {other!r}, and only commas are read" if other else ""),
        )


def _begun(text: str) -> str:
    return text[:120] + ("…" if len(text) > 120 else "")


def _is_date(first: polars.Series) -> bool:
    return len(first) == 1 and "-" in str(first[0])[1:]


def _among(count: int) -> str:
    return "" if count == 1 else f" (and {counted(count - 1, 'row')} more)"
