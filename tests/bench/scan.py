"""The command behind docs/scan.md: `.venv/bin/python -m tests.bench.scan [--shots 12] [--page]`.

First what a close of 222 symbols costs on one core, for each built-in strategy; then, with real processes and sockets
on this machine, how soon an entry's stop is read back while such a close is scanned, and while nothing is computed.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from jackline.core.events import Ticked
from jackline.core.orders import Bar
from jackline.core.plan import Rung
from jackline.core.ports import Strategy
from jackline.core.values import MarketMs, Price, Quantity, Symbol
from jackline.engine.bars import BarBook
from jackline.engine.inbox import Inbox
from jackline.engine.scan import Scan
from jackline.strategies.registry import STRATEGIES
from tests.bench import modelled
from tests.bench.scanned import Shot, shots
from tests.bench.ten_at_once import share
from tests.conftest import ROOT, git

PAGE = ROOT / "docs" / "scan.md"
SYMBOLS = tuple(Symbol(f"S{number:03}USDT") for number in range(222))
MINUTE_MS = 60_000
CLOSES = 5
TRAINED_BARS = 5_000
HEAD = """# A scan at the close of a bar

222 symbols of one engine whose bars close at the same moment: each bar is kept, and then the strategy is asked about
every symbol, features and decision in one pass over the bars it declares. `.venv/bin/python -m tests.bench.scan --page`
writes this page.

## What a close costs

Seconds of one core, median and slowest of five closes. *Held* is the longest that nobody else had the loop: strategies
are asked in slices of 3 ms, and whatever the sockets bring goes first. Features are computed anew at each close: plain,
they stay so far below the second that a close may take, that a second way of computing them, to be proven equal, would
only add something that can be wrong. The model is one of 200 trees of 31 leaves for each role and side, asked
through its bundle ([models.md](models.md)).

| strategy | bars asked for | seconds a close | slowest | ms a symbol | held, ms |
|---|---:|---:|---:|---:|---:|
"""
LATENCY = """
## What a stop waits for

Engine and local exchange as processes on loopback, 222 symbols. At the close of a bar the strategy wants six of them,
the first to be asked, and either computes as `supertrend` for all 222 at that close, or for none, in turns, in one run;
everything else is the same. *Read back* is from the entry's first fill, by the exchange's record, to the engine's
read-back of the stop with the position open; *naked* is the exchange's record of the position without a live covering
stop. *In it* is the share of entries whose first fill came between the first and the last question of the scan. All in
milliseconds. An entry that does not leave for want of request weight is not counted. Other work shares the cores, and
the canaries of the other symbols go on meanwhile, one a second.

| rung | at the close | entries | read back p50 | p99 | max | naked p50 | max | scan p50 | in it |
|---|---|---:|---:|---:|---:|---:|---:|---:|---:|
"""


def history(symbol: Symbol, count: int) -> list[Bar]:
    """A walk, the same at every run."""
    chance = random.Random(symbol)  # prices, no secret
    price, bars = 100.0, []
    for number in range(count):
        opened, price = price, price * (1 + chance.gauss(0, 0.003))
        low, high = min(opened, price) * 0.999, max(opened, price) * 1.001
        bars.append(
            Bar(
                symbol=symbol,
                open_ms=MarketMs(number * MINUTE_MS),
                interval_ms=MINUTE_MS,
                open=Price(Decimal(f"{opened:.4f}")),
                high=Price(Decimal(f"{high:.4f}")),
                low=Price(Decimal(f"{low:.4f}")),
                close=Price(Decimal(f"{price:.4f}")),
                volume=Quantity(Decimal(5)),
            )
        )
    return bars


async def close(book: BarBook, bars: Sequence[Bar]) -> tuple[float, float]:
    """Keep one bar of every symbol and ask about each, as an engine does: seconds, and the longest hold of the loop."""
    held_s, since_s, over = 0.0, time.process_time(), False

    async def listen() -> None:
        """Somebody who wants the loop all the time."""
        nonlocal held_s, since_s
        while not over:
            held_s = max(held_s, time.process_time() - since_s)
            since_s = time.process_time()
            await asyncio.sleep(0)

    def ask(symbol: Symbol) -> None:
        book.wish(symbol)
        if not scan:
            inbox.put(Ticked())

    inbox = Inbox()
    scan = Scan(ask, now_s=time.process_time)
    listener = asyncio.create_task(listen())
    await asyncio.sleep(0)
    began_s = since_s = time.process_time()
    for bar in bars:
        book.add(bar)
        scan.add(bar.symbol)
    await scan.event(inbox)
    took_s = time.process_time() - began_s
    await asyncio.sleep(0)
    over = True
    await listener
    return took_s, held_s


def row(strategy: Strategy, name: str) -> str:
    """One line of the first table."""
    histories = [history(symbol, strategy.warmup_bars + CLOSES) for symbol in SYMBOLS]
    book = BarBook(strategy, MINUTE_MS)
    for bars in histories:
        book.load(bars[0].symbol, bars[:-CLOSES])
    found = [
        asyncio.run(close(book, [bars[-CLOSES + number] for bars in histories])) for number in range(CLOSES)
    ]
    took_s, held_s = [one[0] for one in found], max(one[1] for one in found)
    median_s = statistics.median(took_s)
    return (
        f"| {name} | {strategy.warmup_bars} | {median_s:.3f} | {max(took_s):.3f} | "
        f"{median_s / len(SYMBOLS) * 1_000:.2f} | {held_s * 1_000:.1f} |"
    )


def latency(rung: Rung, name: str, found: Sequence[Shot]) -> str:
    """One line of the second."""
    naked = [one.naked_ms for one in found]
    read = [one.read_back_ms for one in found]
    figures = [share(read, 0.5), share(read, 0.99), max(read), share(naked, 0.5), max(naked)]
    figures.append(statistics.median(one.scan_ms for one in found))
    inside = sum(one.in_scan for one in found) / len(found)
    cells = " | ".join(f"{figure:.0f}" for figure in figures)
    return f"| {rung} | {name} | {len(found)} | {cells} | {inside:.0%} |"


async def measure(count: int, rungs: Sequence[Rung]) -> list[str]:
    """The second table."""
    rows = []
    for rung in rungs:
        with tempfile.TemporaryDirectory() as directory:
            idle, scanned = await shots(Path(directory), SYMBOLS, rung, count)
        rows.append(latency(rung, "nothing computed", idle))
        rows.append(latency(rung, "222 scanned", scanned))
        sys.stdout.write("\n".join(rows[-2:]) + "\n")
        sys.stdout.flush()
    return rows


def main() -> None:
    """Both tables, the second only where shots are asked for."""
    parser = argparse.ArgumentParser(description=f"a scan of {len(SYMBOLS)} symbols")
    parser.add_argument(
        "--shots", type=int, default=12, help="entries a rung, with a scan and without; 0 for none"
    )
    parser.add_argument("--after-fill", action="store_true", help="that rung too: twice the minutes")
    parser.add_argument("--page", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    chosen = parser.parse_args()
    rungs = (Rung.STOP_FIRST, Rung.AFTER_FILL) if chosen.after_fill else (Rung.STOP_FIRST,)
    rows = [row(kind(), name) for name, kind in sorted(STRATEGIES.items())]
    with tempfile.TemporaryDirectory() as directory:
        model = modelled.driven(Path(directory), history(Symbol("BTCUSDT"), TRAINED_BARS))
        rows.append(row(model, f"model, {modelled.TREES} trees a side"))
    sys.stdout.write("\n".join(rows) + "\n")
    sys.stdout.flush()
    waits = asyncio.run(measure(chosen.shots, rungs)) if chosen.shots else []
    if chosen.page:
        commit = git("describe", "--always", "--dirty")
        made = f"\nCommit {commit}, Python {platform.python_version()}, {os.cpu_count()} shared cores.\n"
        latency_part = LATENCY + "\n".join(waits) + "\n" if waits else ""
        PAGE.write_text(HEAD + "\n".join(rows) + "\n" + latency_part + made, encoding="utf-8")


if __name__ == "__main__":
    main()
