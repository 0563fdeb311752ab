"""Candles of a file that anybody may have written: read, checked bar by bar, refused with a reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from jackline.data.candles import Candles
from jackline.data.intervals import spell
from jackline.data.manifest import Manifest, check_expected, manifest_path, read_manifest, symbol_in_name
from jackline.data.problems import DataRefused, counted, utc
from jackline.data.sound import (
    check_gapless,
    check_interval,
    check_rows,
    finished,
    infer_interval_ms,
)
from jackline.data.tables import read_table

COLUMNS: Final = ("open", "high", "low", "close", "volume")

_NO_TRADES: Final = ("-mark.", "-index.", "-funding_rate.")
"""In the name of a file of freqtrade that looks like candles and is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What a file held, and what was left out of it."""

    candles: Candles
    notes: tuple[str, ...]


def read_candles(
    path: Path,
    *,
    symbol: str | None = None,
    environment: str | None = "production",
    now_ms: int,
    gapless: bool = False,
) -> Candles:
    """The candles of a .csv, .csv.gz, .parquet or .feather file, all of them completed bars of one length.

    Columns `timestamp` (epoch ms of the open; or `date` with a zone), `open`, `high`, `low`, `close`, `volume`;
    others are left alone.

    Args:
        path: of the file; a manifest beside it is believed only if its hash agrees.
        symbol: where neither a manifest nor the name of the file tells it; must agree with a manifest.
        environment: what a manifest must say, where there is one; None takes any. A file without one has None.
        now_ms: a bar that has not ended by then is refused.
        gapless: refuse missing bars too.

    Raises:
        DataRefused: with what, where, the value and the fix.
    """
    manifest = _manifest_of(path, symbol=symbol, environment=environment)
    candles = _all_rows(path, manifest=manifest, symbol=symbol)
    ended = finished(candles, now_ms)
    if ended < len(candles):
        raise DataRefused(
            what="unfinished bar",
            where=str(path),
            value=_unfinished(candles, ended, now_ms),
            fix="leave it out; `jackline data import` does",
        )
    if manifest is not None:
        _check_extent(manifest, path, candles)
    if gapless:
        check_gapless(candles, str(path))
    return candles


def import_candles(
    path: Path, *, symbol: str | None, environment: str | None = None, now_ms: int
) -> Imported:
    """As `read_candles`, but bars that have not ended are left out, with a note. Raises DataRefused if none is left."""
    manifest = _manifest_of(path, symbol=symbol, environment=environment)
    candles = _all_rows(path, manifest=manifest, symbol=symbol)
    if manifest is not None:
        _check_extent(manifest, path, candles)
    ended = finished(candles, now_ms)
    if ended == len(candles):
        return Imported(candles=candles, notes=())
    note = (
        f"left out {counted(len(candles) - ended, 'unfinished bar')}: {_unfinished(candles, ended, now_ms)}"
    )
    if ended == 0:
        raise DataRefused(
            what="no finished bar",
            where=str(path),
            value=_unfinished(candles, ended, now_ms),
            fix="wait for a bar to end; times must be in UTC",
        )
    return Imported(candles=candles.part(0, ended), notes=(note,))


def _unfinished(candles: Candles, ended: int, now_ms: int) -> str:
    return f"{utc(int(candles.open_ms[ended]))} ends after now, {utc(now_ms)}"


def _manifest_of(path: Path, *, symbol: str | None, environment: str | None) -> Manifest | None:
    manifest = read_manifest(path) if path.is_file() else None
    if manifest is not None:
        check_expected(manifest, path, symbol=symbol, environment=environment)
    return manifest


def _all_rows(path: Path, *, manifest: Manifest | None, symbol: str | None) -> Candles:
    other = next((word for word in _NO_TRADES if word in path.name), None)
    if other is not None:
        raise DataRefused(
            what="no candles of trades",
            where=str(path),
            value=f"{other.strip('-.')} in the name of the file",
            fix="give the file of trade prices; funding is imported with --funding",
        )
    table = read_table(path, COLUMNS)
    name = symbol or (manifest.symbol if manifest is not None else symbol_in_name(path))
    numbers = {column: table.numbers(column) for column in COLUMNS}
    rows = Candles(
        symbol=name,
        interval_ms=0,
        venue=None if manifest is None else manifest.venue,
        environment=None if manifest is None else manifest.environment,
        open_ms=table.times_ms(),
        **numbers,
    )
    check_rows(rows, table.where)
    interval_ms = infer_interval_ms(rows.open_ms, str(path))
    check_interval(rows.open_ms, interval_ms, table.where)
    return replace(rows, interval_ms=interval_ms)


def _check_extent(manifest: Manifest, path: Path, candles: Candles) -> None:
    for key, said, found in (
        ("interval", manifest.interval, spell(candles.interval_ms)),
        ("first_ms", manifest.first_ms, int(candles.open_ms[0])),
        ("last_ms", manifest.last_ms, int(candles.open_ms[-1])),
    ):
        if said != found:
            raise DataRefused(
                what=f"{key} of the manifest is not that of the rows",
                where=str(manifest_path(path)),
                value=f"manifest {said}, rows {found}",
                fix="import the file again",
            )
