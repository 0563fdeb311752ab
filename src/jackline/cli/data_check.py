"""`jackline data check` and `resample`: what stored sets, or files, look like when they are read to the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from jackline.cli.data_time import host_ms
from jackline.data.candles import Candles
from jackline.data.environment import Comparison, check_environment
from jackline.data.files import read_candles
from jackline.data.funding import read_funding
from jackline.data.intervals import parse, spell
from jackline.data.problems import DataRefused, counted
from jackline.data.references import comparisons, references
from jackline.data.report import Report, report
from jackline.data.resample import resampled
from jackline.data.store import (
    FUNDING,
    SetManifest,
    list_sets,
    locked,
    manifest_of,
    place_of,
    write_set,
)

VOLUME_TOLERANCE: Final = 1e-12
"""Relative: a sum of floats and a sum of the decimals in a file differ in the last bit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One set or file: what was found, or why it cannot be believed."""

    name: str
    manifest: SetManifest | None
    report: Report | None
    settlements: int
    comparisons: tuple[Comparison, ...]
    refusal: DataRefused | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengthened:
    """Bars that were made, or compared with those that were there."""

    name: str
    rows: int
    made: bool
    compared: int
    differing: int
    first_difference_ms: int | None


def examine(names: Sequence[str], directory: Path, *, strict: bool, symbol: str | None) -> list[Checked]:
    """Every set that is named, or all. What is refused is in the answer; raises DataRefused for a name of nothing."""
    paths = [_found(name, directory) for name in names] or [path for path, _ in list_sets(directory)]
    if not paths:
        raise DataRefused(
            what="no sets",
            where="data",
            value=str(directory),
            fix="fill it with jackline data download or import",
        )
    return [_one(path, directory, strict=strict, symbol=symbol) for path in paths]


def _found(name: str, directory: Path) -> Path:
    stored = directory / f"{name.removesuffix('.parquet')}.parquet"
    path = stored if stored.exists() else Path(name)
    if not path.exists():
        raise DataRefused(
            what="no such set or file",
            where=str(directory),
            value=name,
            fix="jackline data list shows the sets there are",
        )
    return path


def _one(path: Path, directory: Path, *, strict: bool, symbol: str | None) -> Checked:
    manifest: SetManifest | None = None
    found: Report | None = None
    compared: tuple[Comparison, ...] = ()
    settlements = 0
    refusal: DataRefused | None = None
    try:
        manifest = manifest_of(path)
        now_ms = max(host_ms(), 0 if manifest is None else manifest.created_ms)
        if manifest is not None and manifest.kind == FUNDING:
            settlements = len(read_funding(path, symbol=symbol, environment=None, now_ms=now_ms))
        else:
            candles = read_candles(path, symbol=symbol, environment=None, now_ms=now_ms)
            found = report(candles)
            known = tuple(references(directory, candles.symbol, but=path, now_ms=now_ms))
            compared = comparisons(candles, known)
            check_environment(candles, compared, where=str(path))
            if strict:
                _check_strictly(found, path)
    except DataRefused as refused:
        refusal = refused
    return Checked(
        name=path.name,
        manifest=manifest,
        report=found,
        settlements=settlements,
        comparisons=compared,
        refusal=refusal,
    )


def _check_strictly(found: Report, path: Path) -> None:
    missing = sum(gap.bars for gap in found.gaps)
    if missing or found.counts["frozen"]:
        raise DataRefused(
            what="gaps or frozen prices",
            where=str(path),
            value=f"{counted(missing, 'bar')} missing, {counted(found.counts['frozen'], 'frozen stretch')}",
            fix="fetch what is missing, or use another stretch",
        )


def lengthen(name: str, interval: str, directory: Path) -> Lengthened:
    """Make the set of longer bars, or compare with the one that is there. Raises DataRefused."""
    path = _found(name, directory)
    candles = read_candles(path, environment=None, now_ms=host_ms())
    longer = resampled(candles, parse(interval))
    place = place_of(directory, longer)
    with locked(place):
        if not place.path.exists():
            write_set(
                directory, longer, source=f"resampled from {spell(candles.interval_ms)}", now_ms=host_ms()
            )
            return Lengthened(
                name=place.path.stem,
                rows=len(longer),
                made=True,
                compared=0,
                differing=0,
                first_difference_ms=None,
            )
        there = read_candles(place.path, environment=None, now_ms=host_ms())
        return _against(longer, there, name=place.path.stem)


def _against(longer: Candles, there: Candles, *, name: str) -> Lengthened:
    """Prices to the last bit, volume to VOLUME_TOLERANCE."""
    at, ours, theirs = np.intersect1d(longer.open_ms, there.open_ms, assume_unique=True, return_indices=True)
    prices = (longer.table[:4, ours] != there.table[:4, theirs]).any(axis=0)
    ours_volume, their_volume = longer.volume[ours], there.volume[theirs]
    volumes = np.abs(ours_volume - their_volume) > VOLUME_TOLERANCE * np.maximum(ours_volume, their_volume)
    differing = np.flatnonzero(prices | volumes)
    return Lengthened(
        name=name,
        rows=len(longer),
        made=False,
        compared=len(at),
        differing=len(differing),
        first_difference_ms=int(at[differing[0]]) if len(differing) else None,
    )
