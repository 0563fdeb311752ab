"""Data sets on disk: one Parquet file and one manifest for each venue, environment, symbol and length of bar."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import polars

from jackline import __version__
from jackline.data.candles import Candles, Floats, Times
from jackline.data.files import read_candles
from jackline.data.intervals import spell
from jackline.data.manifest import (
    ENVIRONMENTS,
    Manifest,
    manifest_path,
    mend,
    next_manifest_path,
    sha256_of,
)
from jackline.data.problems import DataRefused
from jackline.data.sound import check_interval, check_rows, gaps

CANDLES: Final = "candles"
FUNDING: Final = "funding"

GAPS_LISTED_MAX: Final = 1_000
"""In a manifest; a set with more has them counted."""

_VENUE: Final = re.compile(r"[a-z0-9]{2,20}")
_SYMBOL: Final = re.compile(r"[A-Z0-9]{2,30}")


class SetManifest(Manifest, frozen=True, kw_only=True):
    """Of a set in a store. What a plain manifest lacks is told as unknown.

    Attributes:
        kind: `candles` or `funding`.
        gaps: (open of the first missing bar, how many), oldest first, at most GAPS_LISTED_MAX.
        gap_bars: all that are missing.
        revised: bars or rates that the venue told otherwise later, and that were taken knowingly.
        source: where the rows are from, in words.
        created_ms: when they were written, by the clock of the host.
        tool: what wrote them.
    """

    kind: str = CANDLES
    rows: int = 0
    columns: tuple[str, ...] = ()
    gaps: tuple[tuple[int, int], ...] = ()
    gap_bars: int = 0
    revised: int = 0
    source: str = "unknown"
    created_ms: int = 0
    tool: str = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which set is meant. `series` is a length of bar ("5m"), or "funding"."""

    directory: Path
    venue: str
    environment: str
    symbol: str
    series: str

    def __post_init__(self) -> None:
        for name, value, right, fix in (
            ("venue", self.venue, _VENUE.fullmatch(self.venue), "small letters and digits, e.g. binance"),
            ("symbol", self.symbol, _SYMBOL.fullmatch(self.symbol), "capitals and digits, e.g. BTCUSDT"),
            (
                "environment",
                self.environment,
                self.environment in ENVIRONMENTS,
                f"one of {', '.join(ENVIRONMENTS)}",
            ),
        ):
            if not right:
                raise DataRefused(what=f"no {name}", where="data set", value=repr(value), fix=fix)

    @property
    def path(self) -> Path:
        name = f"{self.venue}-{self.environment}-{self.symbol}-{self.series}.parquet"
        return self.directory / name


def place_of(directory: Path, candles: Candles) -> Place:
    """Where candles belong. Raises DataRefused where they do not say of which venue and environment they are."""
    return Place(
        directory=directory,
        venue=candles.venue or "",
        environment=candles.environment or "",
        symbol=candles.symbol,
        series=spell(candles.interval_ms),
    )


def open_set(place: Place, *, now_ms: int) -> Candles:
    """The candles of a set, its hash compared first. Raises DataRefused; also where there is none."""
    return read_candles(place.path, environment=place.environment, now_ms=now_ms)


def write_set(
    directory: Path, candles: Candles, *, source: str, now_ms: int, revised: int = 0
) -> SetManifest:
    """Put a whole set in place of what stands there, at once for every reader. The caller holds `locked`.

    Raises DataRefused where the rows are no candles.
    """
    place = place_of(directory, candles)
    check_rows(candles, lambda row: f"{place.path.name}, row {row + 1}")
    check_interval(candles.open_ms, candles.interval_ms, lambda row: f"{place.path.name}, row {row + 1}")
    missing = [(gap.first_ms, gap.bars) for gap in gaps(candles)]
    return write_rows(
        place,
        times_ms=candles.open_ms,
        columns={
            "open": candles.open,
            "high": candles.high,
            "low": candles.low,
            "close": candles.close,
            "volume": candles.volume,
        },
        about=SetManifest(
            venue=place.venue,
            environment=place.environment,
            symbol=place.symbol,
            interval=place.series,
            first_ms=int(candles.open_ms[0]),
            last_ms=int(candles.open_ms[-1]),
            sha256="",
            gaps=tuple(missing[:GAPS_LISTED_MAX]),
            gap_bars=sum(bars for _, bars in missing),
            revised=revised,
            source=source,
            created_ms=now_ms,
        ),
    )


def write_rows(
    place: Place, *, times_ms: Times, columns: Mapping[str, Floats], about: SetManifest
) -> SetManifest:
    """The file first under another name, then what will be its manifest, then both under their own: a crash between
    any two leaves the old set or the new one (`mend`)."""
    path = place.path
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.fresh")
    frame = polars.DataFrame({"timestamp": np.asarray(times_ms, dtype=np.int64), **columns})
    frame.write_parquet(fresh, compression="zstd")
    about = msgspec.structs.replace(
        about,
        rows=len(frame),
        columns=tuple(frame.columns),
        sha256=sha256_of(fresh),
        tool=f"jackline {__version__}",
    )
    _sync(fresh)
    half = next_manifest_path(path).with_suffix(".half")
    half.write_bytes(msgspec.json.format(msgspec.json.encode(about), indent=1) + b"\n")
    _sync(half)
    half.replace(next_manifest_path(path))
    fresh.replace(path)
    with suppress(FileNotFoundError):  # a reader that came between has done it
        next_manifest_path(path).replace(manifest_path(path))
    _sync(path.parent)
    return about


def manifest_of(path: Path) -> SetManifest | None:
    """What is known of a set; None where there is none. Raises DataRefused where it cannot be read."""
    mend(path)
    beside = manifest_path(path)
    if not beside.exists():
        return None
    try:
        return msgspec.json.decode(beside.read_bytes(), type=SetManifest)
    except msgspec.MsgspecError as error:
        raise DataRefused(
            what="unreadable manifest",
            where=str(beside),
            value=str(error),
            fix="restore it, or remove the set and fetch it again",
        ) from error


def list_sets(directory: Path) -> Iterator[tuple[Path, SetManifest]]:
    """Every set of a directory by its manifest, by name; hashes are compared when a set is opened. Raises DataRefused
    at a manifest that cannot be read, or where there is no such directory."""
    if not directory.is_dir():
        raise DataRefused(
            what="no such directory",
            where="data",
            value=str(directory),
            fix="name one with --directory, or fill it with jackline data download or import",
        )
    for waiting in sorted(directory.glob(".*.parquet.next")):
        mend(waiting.with_name(waiting.name.removeprefix(".").removesuffix(".next")))
    for beside in sorted(directory.glob("*.manifest.json")):
        path = beside.with_name(beside.name.removesuffix(".manifest.json"))
        manifest = manifest_of(path)
        if manifest is not None:
            yield path, manifest


@contextmanager
def locked(place: Place) -> Iterator[None]:
    """Held by whoever writes a set; it ends with the process, whatever kills it. Raises DataRefused while another
    holds it."""
    place.directory.mkdir(parents=True, exist_ok=True)
    path = place.path.with_name(f".{place.path.name}.lock")
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataRefused(
                what="another process writes this set",
                where=str(place.path),
                value="it holds the lock",
                fix="wait for it, or stop it",
            ) from None
        yield


def _sync(path: Path) -> None:
    """To the disk itself, file or directory."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
