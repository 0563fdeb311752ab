"""Funding of one market: when it was settled, and at which rate."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from jackline.data.candles import Floats, Times
from jackline.data.intervals import UNIT_MS, spell
from jackline.data.manifest import check_expected, read_manifest, symbol_in_name
from jackline.data.problems import DataRefused, utc
from jackline.data.sound import check_times
from jackline.data.store import FUNDING, Place, SetManifest, write_rows
from jackline.data.tables import read_table

RATES: Final = ("rate", "funding_rate", "fundingRate", "last_funding_rate")
"""What a column of rates may be called; the first that is there is read."""
RATE_MAX: Final = 0.05
"""Of a single settlement. No venue charges so much at once; a larger number is something else."""
MEDIAN_MAX: Final = 0.003
"""Rates hover about 0.0001; a median above this is a rate in per cent."""

_OF_FREQTRADE: Final = "-funding_rate."
_MINUTE_MS: Final = 60_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Funding:
    """Settlements, oldest first; each array has shape (settlements,).

    Attributes:
        time_ms: UTC epoch ms, on whole minutes: venues stamp a settlement some milliseconds late.
        rate_fraction: of the notional, paid by longs to shorts where it is positive.
    """

    symbol: str
    venue: str | None = None
    environment: str | None = None
    time_ms: Times
    rate_fraction: Floats

    def __len__(self) -> int:
        return len(self.time_ms)

    def between(self, begin_ms: int, end_ms: int) -> Funding:
        """Settlements at or after `begin_ms` and before `end_ms`."""
        first, last = np.searchsorted(self.time_ms, (begin_ms, end_ms))
        return Funding(
            symbol=self.symbol,
            venue=self.venue,
            environment=self.environment,
            time_ms=self.time_ms[first:last],
            rate_fraction=self.rate_fraction[first:last],
        )


def read_funding(
    path: Path, *, symbol: str | None = None, environment: str | None = "production", now_ms: int
) -> Funding:
    """The settlements of a .csv, .csv.gz, .parquet or .feather file: a time and a rate as a fraction.

    Columns `timestamp` (or `date` with a zone) and `rate`, under the names of Binance and freqtrade too. Raises
    DataRefused.
    """
    manifest = read_manifest(path) if path.is_file() else None
    if manifest is not None:
        check_expected(manifest, path, symbol=symbol, environment=environment)
    # freqtrade keeps a rate where a candle has its open.
    table = read_table(path, (), either=("open",) if _OF_FREQTRADE in path.name else RATES)
    column = next(name for name in ("open", *RATES) if name in table.frame.columns)
    funding = Funding(
        symbol=symbol or (manifest.symbol if manifest is not None else symbol_in_name(path)),
        venue=None if manifest is None else manifest.venue,
        environment=None if manifest is None else manifest.environment,
        time_ms=table.times_ms() // _MINUTE_MS * _MINUTE_MS,
        rate_fraction=table.numbers(column),
    )
    check_times(funding.time_ms, table.where)
    check_rates(funding, str(path))
    if funding.time_ms[-1] > now_ms:
        raise DataRefused(
            what="a settlement in the future",
            where=str(path),
            value=f"{utc(int(funding.time_ms[-1]))} is after now, {utc(now_ms)}",
            fix="leave out what has not been settled; times must be in UTC",
        )
    return funding


def check_rates(funding: Funding, where: str) -> None:
    """Raise DataRefused where rates cannot be fractions of a notional."""
    sizes = np.abs(funding.rate_fraction)
    at = int(sizes.argmax())
    if sizes[at] > RATE_MAX or np.median(sizes) > MEDIAN_MAX:
        raise DataRefused(
            what="funding rates are no fractions",
            where=where,
            value=f"median {np.median(sizes):.6g}, largest {funding.rate_fraction[at]:.6g} at "
            f"{utc(int(funding.time_ms[at]))}",
            fix=f"write 0.0001 for 0.01 %; a rate is at most {RATE_MAX}, the median at most {MEDIAN_MAX}",
        )


def stored_funding(place: Place, *, now_ms: int) -> Funding | None:
    """What stands there already; None where nothing does. Raises DataRefused where it is damaged."""
    if not place.path.exists():
        return None
    return read_funding(place.path, environment=place.environment, now_ms=now_ms)


def merged(stored: Funding, told: Funding) -> tuple[Funding, int]:
    """Both together, oldest first, and how many settlements are told otherwise; there the later word stands."""
    _, ours, theirs = np.intersect1d(stored.time_ms, told.time_ms, assume_unique=True, return_indices=True)
    changed = int(np.count_nonzero(stored.rate_fraction[ours] != told.rate_fraction[theirs]))
    alone = np.ones(len(stored), dtype=bool)
    alone[ours] = False
    time_ms = np.concatenate((stored.time_ms[alone], told.time_ms))
    order = np.argsort(time_ms, kind="stable")
    rates = np.concatenate((stored.rate_fraction[alone], told.rate_fraction))
    return replace(stored, time_ms=time_ms[order], rate_fraction=rates[order]), changed


def funding_place(directory: Path, funding: Funding) -> Place:
    """Where settlements belong. Raises DataRefused where they do not say of which venue and environment they are."""
    return Place(
        directory=directory,
        venue=funding.venue or "",
        environment=funding.environment or "",
        symbol=funding.symbol,
        series=FUNDING,
    )


def write_funding(
    directory: Path, funding: Funding, *, source: str, now_ms: int, revised: int = 0
) -> SetManifest:
    """Put a whole set in place of what stands there. The caller holds `store.locked`. Raises DataRefused."""
    place = funding_place(directory, funding)
    check_times(funding.time_ms, lambda row: f"{place.path.name}, row {row + 1}")
    check_rates(funding, place.path.name)
    return write_rows(
        place,
        times_ms=funding.time_ms,
        columns={"rate": funding.rate_fraction},
        about=SetManifest(
            kind=FUNDING,
            venue=place.venue,
            environment=place.environment,
            symbol=place.symbol,
            interval=spell(_commonest_ms(funding.time_ms)),
            first_ms=int(funding.time_ms[0]),
            last_ms=int(funding.time_ms[-1]),
            sha256="",
            revised=revised,
            source=source,
            created_ms=now_ms,
        ),
    )


def _commonest_ms(time_ms: Times) -> int:
    """Between settlements; eight hours where there is only one."""
    if len(time_ms) < 2:
        return 8 * UNIT_MS["h"]
    distances, counts = np.unique(np.diff(time_ms), return_counts=True)
    return int(distances[counts.argmax()])
