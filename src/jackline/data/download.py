"""A download: what a set lacks is asked for page by page, judged, and written as it comes.

Wherever it is cut off, what stands on the disk is a whole set, and the next download goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jackline.data.candles import Candles
from jackline.data.intervals import offset_ms, spell
from jackline.data.keeping import Keeper, Kept
from jackline.data.problems import DataRefused
from jackline.data.sound import gaps
from jackline.data.source import Source
from jackline.data.store import Place, locked, open_set

AGAIN_BARS: Final = 60
"""The last bars of a set are asked for again: a completed bar never changes, and one that does is told (D5)."""
GAPS_ASKED_MAX: Final = 100
"""Holes in a set that are asked for again; a venue that has nothing there will have nothing next time either."""

Show = Callable[[int, int], None]
"""(done, of all), in bars or settlement windows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is wanted: bars that open from `first_ms` on, and end by `end_ms` where that is given."""

    symbol: str
    interval_ms: int
    first_ms: int
    end_ms: int | None = None
    accept_changes: bool = False


async def download_candles(
    source: Source, directory: Path, wish: Wish, *, host_ms: Callable[[], int], show: Show
) -> Kept:
    """Bring a set up to date. Raises DataRefused, VenueSilent; what was good before either is kept, as at Ctrl-C."""
    place = Place(
        directory=directory,
        venue=source.venue,
        environment=source.environment,
        symbol=wish.symbol,
        series=spell(wish.interval_ms),
    )
    with locked(place):
        # Asked once, before the first page: what is complete by then is complete in every page that follows.
        venue_ms = await source.now_ms(wish.symbol)
        stored = stored_set(place, now_ms=max(venue_ms, host_ms()))
        keeper = Keeper(
            place,
            stored,
            interval_ms=wish.interval_ms,
            host_ms=host_ms,
            accept_changes=wish.accept_changes,
            said=f"public candles of {source.venue}, {source.environment}",
        )
        spans = tuple(_spans(wish, stored, end_ms=min(venue_ms, wish.end_ms or venue_ms)))
        of_all = sum(end - first for first, end in spans) // wish.interval_ms
        done = 0
        try:
            for first_ms, end_ms in _pages(spans, source.page_bars * wish.interval_ms):
                rows = await source.candles(wish.symbol, wish.interval_ms, first_ms=first_ms, end_ms=end_ms)
                keeper.take(rows, venue_ms=venue_ms)
                done += (end_ms - first_ms) // wish.interval_ms
                show(done, of_all)
        finally:
            keeper.keep()
        return keeper.kept(asked_ms=(wish.first_ms, venue_ms))


def stored_set(place: Place, *, now_ms: int) -> Candles | None:
    """What stands there already; None where nothing does. Raises DataRefused where it is damaged."""
    return open_set(place, now_ms=now_ms) if place.path.exists() else None


def _spans(wish: Wish, stored: Candles | None, *, end_ms: int) -> Iterator[tuple[int, int]]:
    """(first open, end) of what is to be asked for, in bars of the wish."""
    interval_ms = wish.interval_ms
    shift_ms = offset_ms(interval_ms)
    first_ms = -((shift_ms - wish.first_ms) // interval_ms) * interval_ms + shift_ms
    if first_ms >= end_ms:
        raise DataRefused(
            what="an empty span",
            where=wish.symbol,
            value=f"from {wish.first_ms} to {end_ms}",
            fix="begin before it ends, and in the past",
        )
    if stored is None:
        yield first_ms, end_ms
        return
    begins_ms = int(stored.open_ms[0])
    if first_ms < begins_ms:
        yield first_ms, min(begins_ms, end_ms)
    for gap in list(gaps(stored))[:GAPS_ASKED_MAX]:
        if first_ms <= gap.first_ms < end_ms:
            yield gap.first_ms, min(gap.first_ms + gap.bars * interval_ms, end_ms)
    tail_ms = max(begins_ms, int(stored.open_ms[-1]) - (AGAIN_BARS - 1) * interval_ms)
    if tail_ms < end_ms:
        yield tail_ms, end_ms


def _pages(spans: tuple[tuple[int, int], ...], page_ms: int) -> Iterator[tuple[int, int]]:
    for first_ms, end_ms in spans:
        for page_first_ms in range(first_ms, end_ms, page_ms):
            yield page_first_ms, min(page_first_ms + page_ms, end_ms)
