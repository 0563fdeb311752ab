"""`jackline data download`: the clients, the progress, and what is said at the end or at Ctrl-C."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from jackline.cli import data_page
from jackline.cli.data_time import host_ms, read_ms
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.data.ccxt_source import CcxtSource, open_source, unified
from jackline.data.download import Show, Wish, download_candles
from jackline.data.funding_download import download_funding
from jackline.data.intervals import parse
from jackline.data.keeping import Kept
from jackline.data.manifest import ENVIRONMENTS, plain
from jackline.data.problems import minute
from jackline.data.store import FUNDING, Place, manifest_of
from jackline.venue.transport.endpoint import is_loopback

DAYS_DEFAULT: Final = 30
DAY_MS: Final = 86_400_000
INTERRUPTED: Final = 130
"""The shell's own word for Ctrl-C."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The options of the command as given."""

    venue: str
    symbols: tuple[str, ...]
    interval: str
    start: str | None
    end: str | None
    environment: str
    url: str | None
    funding: bool
    directory: Path
    accept_changes: bool


def fetch(order: Order, *, json: bool) -> None:
    """All symbols of an order, one after the other. Raises CommandFailed, DataRefused, VenueSilent."""
    environment = _environment(order)
    interval_ms = parse(order.interval)
    for symbol in order.symbols:
        unified(plain(symbol))
    for text, option in ((order.start, "--from"), (order.end, "--to")):
        if text is not None:
            read_ms(text, option)
    console = Console(stderr=True, highlight=False, markup=False)
    source = open_source(order.venue, environment, url=order.url, say=console.print)
    try:
        done = asyncio.run(_all(source, order, interval_ms, console))
    except KeyboardInterrupt:
        print("Interrupted. What was fetched is kept; the same command goes on from there.", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    data_page.show_done(done, json=json)


def _environment(order: Order) -> str:
    """A local exchange makes or replays its market: what it tells is no production data, whatever it replays."""
    if order.environment not in ENVIRONMENTS:
        raise CommandFailed(
            ExitCode.BAD_INPUT,
            f"--environment {order.environment}: not known. Fix: one of {', '.join(ENVIRONMENTS)}",
        )
    if order.url is None:
        if order.environment == "generated":
            raise CommandFailed(
                ExitCode.BAD_INPUT,
                "--environment generated: only a local exchange generates. Fix: name it with --url",
            )
        return order.environment
    parts = urlsplit(order.url)
    if parts.scheme not in {"http", "https"} or not is_loopback(parts.hostname) or parts.username:
        raise CommandFailed(
            ExitCode.BAD_INPUT,
            "--url: not a loopback address. Fix: give that of a local exchange, e.g. http://127.0.0.1:8090; "
            "venues are reached without --url",
        )
    return "generated"


async def _all(
    source: CcxtSource, order: Order, interval_ms: int, console: Console
) -> list[dict[str, object]]:
    try:
        done = []
        for symbol in order.symbols:
            with _Bar(console, f"{plain(symbol)} {'funding' if order.funding else order.interval}") as bar:
                done.append(await _one(source, order, plain(symbol), interval_ms, bar.show))
        return done
    finally:
        await source.close()


async def _one(
    source: CcxtSource, order: Order, symbol: str, interval_ms: int, show: Show
) -> dict[str, object]:
    place = Place(
        directory=order.directory,
        venue=source.venue,
        environment=source.environment,
        symbol=symbol,
        series=FUNDING if order.funding else order.interval,
    )
    before = manifest_of(place.path)
    end_ms = None if order.end is None else read_ms(order.end, "--to")
    if order.start is not None:
        first_ms = read_ms(order.start, "--from")
    elif before is not None:
        first_ms = before.first_ms
    else:
        first_ms = (end_ms or await source.now_ms(symbol)) - DAYS_DEFAULT * DAY_MS
    if order.funding:
        return data_page.settled(
            await download_funding(
                source,
                order.directory,
                symbol,
                first_ms=first_ms,
                end_ms=end_ms,
                host_ms=host_ms,
                show=show,
                accept_changes=order.accept_changes,
            )
        )
    wish = Wish(
        symbol=symbol,
        interval_ms=interval_ms,
        first_ms=first_ms,
        end_ms=end_ms,
        accept_changes=order.accept_changes,
    )
    kept = await download_candles(source, order.directory, wish, host_ms=host_ms, show=show)
    return data_page.kept(kept, notes=tuple(begins_later(kept, wish)))


def begins_later(kept: Kept, wish: Wish) -> Iterator[str]:
    """Bars that were asked for and are not there are said: a history that is shorter looks like any other."""
    begins_ms = kept.manifest.first_ms
    if begins_ms >= wish.first_ms + wish.interval_ms:
        yield f"asked for from {minute(wish.first_ms)} UTC; the venue has nothing before {minute(begins_ms)}"


class _Bar:
    """How far a download is: a bar on a terminal, a line at a tenth of the way in a log."""

    def __init__(self, console: Console, name: str) -> None:
        self._console = console
        self._name = name
        self._tenths = 0
        self._progress = Progress(
            TextColumn(name),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task(name, total=None)

    def __enter__(self) -> _Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, done: int, of_all: int) -> None:
        """After every page."""
        self._progress.update(self._task, completed=done, total=of_all)
        tenths = done * 10 // max(1, of_all)
        if not self._console.is_terminal and tenths > self._tenths:
            self._tenths = tenths
            self._console.print(f"{self._name}: {done:,} of {of_all:,}")
