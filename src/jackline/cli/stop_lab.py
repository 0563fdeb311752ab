"""`jackline stop-lab`: what a stop of each kind would have cost on candles and on ticks. Reads files, asks no venue."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jackline.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from jackline.data.candles import Candles
    from jackline.research.stop_lab.kinds import Assumed, Measured

REPORT_FILE = "stop-lab.html"
NO_SYMBOL = "no symbol"

DataOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--data", metavar="FILE", help="Candles: .csv, .csv.gz, .parquet, .feather. Once for each file."
    ),
]
TicksOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Raw market frames with trades and best bids and asks.")
]
MarkOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Candles of the mark price beside those of a single --data."),
]
StopOption = Annotated[
    float,
    typer.Option(min=0.001, max=0.1, help="Distance of the stop, share of the entry price; on candles."),
]
TickStopOption = Annotated[
    float,
    typer.Option(min=0.00001, max=0.1, help="The same on ticks: minutes reach no stop of one per cent."),
]
LeverageOption = Annotated[float, typer.Option(min=1, max=125, help="Times the margin.")]
HoldOption = Annotated[float, typer.Option(min=0.25, max=168, help="Hours after which an entry ends.")]
EntriesOption = Annotated[
    int | None, typer.Option(min=1, help="Enter at so many bars drawn by the seed. [every bar]")
]


def stop_lab(
    data: DataOption = None,
    ticks: TicksOption = None,
    mark: MarkOption = None,
    stop: StopOption = 0.01,
    tick_stop: TickStopOption = 0.0001,
    leverage: LeverageOption = 4.0,
    hold: HoldOption = 8.0,
    entries: EntriesOption = None,
    seed: Annotated[int, typer.Option(min=0, help="Of every draw: same seed, same figures.")] = 1,
    report: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the plots there, as one HTML file.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Measure what each kind of stop would have lost beyond its price, on real prices.

    A stop-market that rests at the venue, a program that looks every 10 s or 5 min, stop-limits, mark and last trigger.
    """
    from jackline.cli.stop_lab_page import as_json, as_text
    from jackline.research.stop_lab.kinds import Assumed

    if not data and ticks is None:
        raise CommandFailed(
            ExitCode.BAD_INPUT, "No prices. Fix: give --data FILE with candles, --ticks FILE, or both"
        )
    if mark is not None and len(data or []) != 1:
        raise CommandFailed(
            ExitCode.BAD_INPUT,
            "--mark is of one market. Fix: give the candles of its last price with one --data",
        )
    assumed = Assumed(
        stop_fraction=stop,
        tick_stop_fraction=tick_stop,
        leverage=leverage,
        hold_ms=round(hold * 3_600_000),
        entries=entries,
        seed=seed,
    )
    measured = tuple(_measured(data or [], ticks, mark, assumed))
    typer.echo(as_json(measured, assumed) if json else as_text(measured, assumed))
    if report is not None:
        from jackline.research.stop_lab.report import page

        report.mkdir(parents=True, exist_ok=True)
        (report / REPORT_FILE).write_text(page(measured, assumed), encoding="utf-8")
        typer.echo(f"Plots: {report / REPORT_FILE}", err=True)


def _measured(data: list[Path], ticks: Path | None, mark: Path | None, assumed: Assumed) -> list[Measured]:
    from jackline.data.problems import DataRefused
    from jackline.research.stop_lab.candles import measure_candles
    from jackline.research.stop_lab.frames import read_ticks
    from jackline.research.stop_lab.kinds import NothingTouched
    from jackline.research.stop_lab.marked import aligned
    from jackline.research.stop_lab.ticks import measure_ticks

    try:
        found = []
        for path in data:
            candles = _candles(path)
            beside = None if mark is None else aligned(_candles(mark), candles, name=str(mark))
            found.append(measure_candles(candles, assumed, name=path.name, mark=beside))
        if ticks is not None:
            found.append(measure_ticks(read_ticks(ticks), assumed, name=ticks.name))
    except DataRefused as refused:
        raise CommandFailed(ExitCode.BAD_INPUT, str(refused)) from None
    except NothingTouched as nothing:
        raise CommandFailed(ExitCode.NOTHING, str(nothing)) from None
    return found


def _candles(path: Path) -> Candles:
    """The candles of a file. No figure here depends on the symbol: a file that does not name it is taken too."""
    from jackline.cli.data_named import read_named
    from jackline.data.problems import DataRefused

    try:
        return read_named(path, symbol=None, gapless=False)
    except DataRefused as refused:
        if refused.what != NO_SYMBOL:
            raise
        return read_named(path, symbol=path.name, gapless=False)
