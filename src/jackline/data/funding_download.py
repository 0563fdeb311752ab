"""Settlements over the years, a window at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import numpy as np

from jackline.data.download import Show
from jackline.data.funding import Funding, check_rates, merged, stored_funding, write_funding
from jackline.data.problems import DataRefused, minute
from jackline.data.source import FundingRow, Source
from jackline.data.store import FUNDING, Place, SetManifest, locked, manifest_of

AGAIN: Final = 10
"""The last settlements of a set are asked for again (D5)."""
WINDOW_MS: Final = 1_000 * 3_600_000
"""What one question covers: venues tell 1,000 settlements at once, and none settles more often than hourly."""
_MINUTE_MS: Final = 60_000


async def download_funding(
    source: Source,
    directory: Path,
    symbol: str,
    *,
    first_ms: int,
    end_ms: int | None,
    host_ms: Callable[[], int],
    show: Show,
    accept_changes: bool = False,
) -> SetManifest:
    """Bring a set of settlements up to date. Raises DataRefused, VenueSilent; what was fetched before is kept."""
    place = Place(
        directory=directory,
        venue=source.venue,
        environment=source.environment,
        symbol=symbol,
        series=FUNDING,
    )
    with locked(place):
        venue_ms = await source.now_ms(symbol)
        end_ms = min(venue_ms, end_ms or venue_ms)
        stored = stored_funding(place, now_ms=max(venue_ms, host_ms()))
        spans = list(_windows(stored, first_ms=first_ms, end_ms=end_ms))
        rows: list[FundingRow] = []
        try:
            for done, (begin_ms, until_ms) in enumerate(spans, start=1):
                rows += await source.funding(symbol, first_ms=begin_ms, end_ms=until_ms)
                show(done, len(spans))
        finally:
            told = _funding(place, rows)
            manifest = _kept(
                place, stored, told, said=source, now_ms=host_ms(), accept_changes=accept_changes
            )
        if manifest is None:
            raise DataRefused(
                what="no settlements",
                where=place.path.stem,
                value=f"{minute(first_ms)} to {minute(end_ms)} UTC",
                fix="ask for a time in which the symbol traded",
            )
        return manifest


def _windows(stored: Funding | None, *, first_ms: int, end_ms: int) -> Iterable[tuple[int, int]]:
    """Before what is there, and after it; a hole in between would have been told."""
    spans = [(first_ms, end_ms)]
    if stored is not None:
        begin = (first_ms, min(int(stored.time_ms[0]), end_ms))
        spans = [begin, (int(stored.time_ms[-AGAIN:][0]), end_ms)]
    for begin_ms, last_ms in spans:
        for window_ms in range(begin_ms, last_ms, WINDOW_MS):
            yield window_ms, min(window_ms + WINDOW_MS, last_ms)


def _funding(place: Place, rows: list[FundingRow]) -> Funding | None:
    if not rows:
        return None
    times, first = np.unique(
        np.array([row[0] for row in rows], dtype=np.int64) // _MINUTE_MS * _MINUTE_MS, return_index=True
    )
    funding = Funding(
        symbol=place.symbol,
        venue=place.venue,
        environment=place.environment,
        time_ms=times,
        rate_fraction=np.array([row[1] for row in rows], dtype=np.float64)[first],
    )
    check_rates(funding, place.venue)
    return funding


def _kept(
    place: Place,
    stored: Funding | None,
    told: Funding | None,
    *,
    said: Source,
    now_ms: int,
    accept_changes: bool,
) -> SetManifest | None:
    before = manifest_of(place.path)
    if told is None:
        return before
    changed = 0
    whole = told
    if stored is not None:
        whole, changed = merged(stored, told)
        if changed and not accept_changes:
            raise DataRefused(
                what="settled rates are told otherwise than before",
                where=str(place.path),
                value=f"{changed} of the last",
                fix="find out which is right; --accept-changes takes the later word",
            )
        if not changed and len(whole) == len(stored):
            return before
    return write_funding(
        place.directory,
        whole,
        source=f"public funding history of {said.venue}, {said.environment}",
        now_ms=now_ms,
        revised=changed + (0 if before is None else before.revised),
    )
