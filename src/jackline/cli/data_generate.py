"""`jackline data generate`: candles of no market, for whoever has no file yet and for tests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from jackline.cli.data_time import host_ms, read_ms
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.data.candles import Candles
from jackline.data.importing import keep_candles
from jackline.data.intervals import parse, spell
from jackline.data.keeping import Kept
from jackline.data.manifest import plain
from jackline.data.store import Place, manifest_of
from jackline.exchange.feeds.generator import GeneratedFeed

VENUE: Final = "local"
"""Whose prices they are: those of the local exchange, which serves the same walk for the same seed."""

ENVIRONMENT: Final = "generated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The options of the command as given."""

    symbols: tuple[str, ...]
    interval: str
    bars: int
    seed: int
    start: str
    directory: Path


def generate(wanted: Wanted) -> list[Kept]:
    """A set a symbol; all symbols of one call move together. The same call again changes nothing.

    Raises CommandFailed, DataRefused.
    """
    interval_ms = parse(wanted.interval)
    start_ms = read_ms(wanted.start, "--from")
    end_ms = start_ms + wanted.bars * interval_ms
    now_ms = host_ms()
    if start_ms % interval_ms:
        text = f"--from {wanted.start}: no bar of {spell(interval_ms)} opens then. Fix: 2024-01-01 is midnight UTC"
        raise CommandFailed(ExitCode.BAD_INPUT, text)
    if end_ms > now_ms:
        most = max(0, (now_ms - start_ms) // interval_ms)
        text = f"--bars {wanted.bars}: more than have ended since {wanted.start}. Fix: at most {most}"
        raise CommandFailed(ExitCode.BAD_INPUT, text)
    symbols = tuple(plain(symbol) for symbol in wanted.symbols)
    for symbol in symbols:
        _refuse_another(wanted, symbol, spell(interval_ms))
    try:
        # Its history is the walk itself, without the flash crash that a served market has in its middle.
        feed = GeneratedFeed(
            symbols, wanted.seed, interval_ms, bars=1, history_bars=wanted.bars, start_ms=end_ms
        )
    except ValueError as error:
        raise CommandFailed(ExitCode.BAD_INPUT, str(error)) from error
    return [_kept(feed, symbol, wanted, now_ms) for symbol in symbols]


def _said(wanted: Wanted) -> str:
    return f"generated from {wanted.start}, seed {wanted.seed}: no market had these prices"


def _refuse_another(wanted: Wanted, symbol: str, series: str) -> None:
    """Raises CommandFailed where a set of another walk has the name."""
    place = Place(
        directory=wanted.directory, venue=VENUE, environment=ENVIRONMENT, symbol=symbol, series=series
    )
    before = manifest_of(place.path)
    if before is not None and before.source != _said(wanted):
        text = (
            f"{place.path}: another set stands there, {before.source}. Fix: another --directory, or remove it"
        )
        raise CommandFailed(ExitCode.BAD_INPUT, text)


def _kept(feed: GeneratedFeed, symbol: str, wanted: Wanted, now_ms: int) -> Kept:
    candles = _candles(feed, symbol)
    return keep_candles(candles, wanted.directory, now_ms=now_ms, accept_changes=False, said=_said(wanted))


def _candles(feed: GeneratedFeed, symbol: str) -> Candles:
    bars = feed.history(symbol)

    def column(name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array([float(getattr(bar, name)) for bar in bars], dtype=np.float64)

    return Candles(
        symbol=symbol,
        interval_ms=feed.interval_ms,
        venue=VENUE,
        environment=ENVIRONMENT,
        open_ms=np.array([bar.open_ms for bar in bars], dtype=np.int64),
        open=column("open"),
        high=column("high"),
        low=column("low"),
        close=column("close"),
        volume=column("volume"),
    )
