"""The live view: what is open, what protects it, and what happens, on a terminal of 80 by 24."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from jackline.cli.demo.observer import Observer, cover, episode_of
from jackline.cli.demo.words import Event, Tone, counted, moment, price, span

if TYPE_CHECKING:
    from jackline.cli.demo.stage import Run

REFRESH_S: Final = 0.1
WIDTH_MAX: Final = 100
HEIGHT_MIN: Final = 16
POSITIONS_MIN: Final = 3
"""Rows kept for positions, so that the page does not jump when one closes."""

BARS: Final = "▁▂▃▄▅▆▇█"
QUIET: Final = "dim"

_COLUMNS: Final = (
    ("position", 15),
    ("quantity", 8),
    ("entry", 10),
    ("stop", 10),
    ("away", 8),
    ("covered", 7),
    ("naked", 7),
    ("open", 7),
)
"""Name and least width: the page keeps its columns whether or not something is open."""

_TONES = {Tone.CALM: "default", Tone.GOOD: "green", Tone.WARNING: "yellow", Tone.NARRATION: "cyan"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketRow:
    symbol: str
    last: Decimal
    prices: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionRow:
    """`stop_bps` is the way from mark to the stop; `naked_ms` the exposure clock of this position so far."""

    symbol: str
    side: str
    quantity: Decimal
    entry_price: Decimal
    stop_price: Decimal | None
    stop_bps: float | None
    covered_fraction: float
    naked_ms: float
    exposed_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One frame of the view, as values."""

    market_ms: int
    progress_fraction: float
    ratio: float
    held: bool
    processes: tuple[tuple[str, bool], ...]
    markets: tuple[MarketRow, ...]
    positions: tuple[PositionRow, ...]
    events: tuple[Event, ...]
    trades: int
    stops_fired: int
    naked_ms_max: float | None


@contextlib.asynccontextmanager
async def show_live(run: Run, console: Console) -> AsyncIterator[None]:
    """Draw the run until the block is left."""
    with Live(console=console, screen=True, auto_refresh=False, transient=True) as live:

        async def draw() -> None:
            while True:
                size = console.size
                page = render_scene(scene_of(run), width=min(size.width, WIDTH_MAX), height=size.height)
                live.update(page, refresh=True)
                await asyncio.sleep(REFRESH_S)

        drawing = asyncio.create_task(draw())
        try:
            yield
        finally:
            drawing.cancel()
            await asyncio.wait({drawing})


def scene_of(run: Run) -> Scene:
    """The present frame of a run."""
    observer = run.observer
    market, testimony = observer.market, observer.testimony
    done = 0.0 if market is None else (market.market_ms - market.start_ms) / (market.end_ms - market.start_ms)
    return Scene(
        market_ms=observer.market_ms,
        progress_fraction=min(1.0, done),
        ratio=market.ratio if market is not None else run.plan.ratio,
        held=market is None or market.held,
        processes=tuple((one.name, one.is_running) for one in (run.exchange, run.engine, run.watchdog)),
        markets=_markets(observer),
        positions=_positions(observer),
        events=tuple(observer.events),
        trades=len(testimony.episodes) if testimony is not None else 0,
        stops_fired=len(testimony.stop_fills) if testimony is not None else 0,
        naked_ms_max=max((one.naked_ms for one in testimony.episodes), default=None) if testimony else None,
    )


def _markets(observer: Observer) -> tuple[MarketRow, ...]:
    if observer.market is None:
        return ()
    return tuple(
        MarketRow(symbol=symbol, last=prices.last, prices=tuple(observer.prices.get(symbol, ())))
        for symbol, prices in observer.market.symbols.items()
    )


def _positions(observer: Observer) -> tuple[PositionRow, ...]:
    market, testimony = observer.market, observer.testimony
    if market is None or testimony is None:
        return ()
    rows: list[PositionRow] = []
    for position in testimony.account.positions:
        covered, episode = cover(position, testimony.algos), episode_of(position, testimony)
        mark = market.symbols[position.symbol].mark
        distance = None if covered.stop_price is None else float(abs(covered.stop_price / mark - 1) * 10_000)
        rows.append(
            PositionRow(
                symbol=position.symbol,
                side="long" if position.amount > 0 else "short",
                quantity=abs(position.amount),
                entry_price=position.entry_price,
                stop_price=covered.stop_price,
                stop_bps=distance,
                covered_fraction=covered.fraction,
                naked_ms=episode.naked_ms if episode is not None else 0.0,
                exposed_ms=time.time() * 1_000 - episode.opened_wire_ms if episode is not None else 0.0,
            )
        )
    return tuple(rows)


def render_scene(scene: Scene, *, width: int, height: int) -> RenderableType:
    """A page of exactly `height` lines or fewer, `width` columns wide."""
    blank = Text()
    above = [_title(scene, width), _progress(scene, width), blank]
    above += [*(_market(row, width) for row in scene.markets), blank]
    table_lines = 2 + max(POSITIONS_MIN, len(scene.positions))
    room = max(height, HEIGHT_MIN) - 1 - len(above) - table_lines - 3
    events = _events(scene.events, room=max(1, room), width=width)
    return Group(*above, _position_table(scene, width), blank, *events, blank, _tally(scene))


def _title(scene: Scene, width: int) -> Text:
    text = Text("jackline", style="bold")
    text.append("  a stop always rests at the exchange", style=QUIET)
    processes = Text()
    for name, up in scene.processes:
        processes.append("  ● " if up else "  ○ ", style="green" if up else "bold red")
        processes.append(name, style="default" if up else "bold red")
    text.append(" " * max(1, width - text.cell_len - processes.cell_len))
    return text.append_text(processes)


def _progress(scene: Scene, width: int) -> Text:
    pace = "held" if scene.held else f"×{scene.ratio:,.0f}"
    when = f"{moment(scene.market_ms)} UTC  {pace:<7} " if scene.market_ms else "starting "
    room = width - len(when)
    done = round(room * scene.progress_fraction)
    return Text.assemble(when, ("━" * done, "cyan"), ("─" * (room - done), QUIET))


def _market(row: MarketRow, width: int) -> Text:
    line = sparkline(row.prices, columns=width - 36)
    change = row.prices[-1] / row.prices[0] - 1 if row.prices else 0.0
    return Text.assemble(
        f"{row.symbol:<10}{price(row.last):>14}  ", (line, "cyan"), (f"  {change:+8.2%}", QUIET)
    )


def sparkline(prices: Sequence[float], *, columns: int) -> str:
    """The last prices as bars of eight heights, one column for several prices where there are too many."""
    if not prices or columns < 1:
        return " " * max(0, columns)
    step = max(1, -(-len(prices) // columns))
    last = len(prices) - 1
    sampled = [prices[index] for index in range(last % step, len(prices), step)]
    low, high = min(sampled), max(sampled)
    scale = (len(BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(BARS[round((value - low) * scale)] for value in sampled).ljust(columns)


def _position_table(scene: Scene, width: int) -> Table:
    table = Table(
        box=SIMPLE_HEAD, padding=0, pad_edge=False, show_edge=False, width=width, header_style=QUIET
    )
    for name, least in _COLUMNS:
        table.add_column(
            name, justify="left" if name == "position" else "right", no_wrap=True, min_width=least
        )
    for row in scene.positions:
        covered = row.covered_fraction >= 1
        table.add_row(
            f"{row.symbol} {row.side}",
            f"{row.quantity:f}",
            price(row.entry_price),
            Text(
                price(row.stop_price) if row.stop_price else "none", style="bold" if covered else "bold red"
            ),
            f"{row.stop_bps:.0f} bps" if row.stop_bps is not None else "–",
            Text(f"{row.covered_fraction:.0%}", style="green" if covered else "bold red"),
            Text(span(row.naked_ms), style="green" if row.naked_ms == 0 else "yellow"),
            span(row.exposed_ms),
        )
    missing = POSITIONS_MIN - len(scene.positions)
    for index in range(missing):
        empty = "no position" if index == 0 and not scene.positions else ""
        table.add_row(Text(empty, style=QUIET), *[""] * 7)
    return table


def _events(events: Sequence[Event], *, room: int, width: int) -> Iterable[Text]:
    shown = list(events)[-room:]
    for event in shown:
        when = moment(event.market_ms) if event.market_ms else " " * len(moment(0))
        line = Text.assemble((f"{when}  ", QUIET), (event.text, _TONES[event.tone]))
        line.truncate(width, overflow="ellipsis")
        yield line
    for _ in range(room - len(shown)):
        yield Text()


def _tally(scene: Scene) -> Text:
    naked = span(scene.naked_ms_max) if scene.naked_ms_max is not None else "–"
    counts = f"{counted(scene.trades, 'trade')} · {counted(scene.stops_fired, 'stop')} fired"
    return Text(f"{counts} · naked at most {naked} · Ctrl-C ends it early", style=QUIET)
