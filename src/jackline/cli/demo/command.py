"""`jackline demo`: the promise being kept, on one screen and in one report."""

from __future__ import annotations

import os
import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from jackline.cli.demo.plan import Wishes

SYMBOL = re.compile(r"[A-Z0-9]{2,40}")


class RungChoice(StrEnum):
    """`auto` takes the best rung that the canary proves."""

    AUTO = "auto"
    STOP_FIRST = "stop_first"
    CONCURRENT = "concurrent"
    AFTER_FILL = "after_fill"


def demo(
    *,
    data: Annotated[
        Path | None,
        typer.Option(help="Candle file (CSV, CSV.gz, Parquet) to replay; without one a market is generated."),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", help="Replay from: UTC time or epoch ms. [48 h, largest bar inside]"),
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="Replay to: UTC time or epoch ms.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the generated market.")] = 7,
    speed: Annotated[
        float | None,
        typer.Option(
            min=1.0, max=20_000.0, help="Market seconds per wall second. [about two minutes in all]"
        ),
    ] = None,
    kill: Annotated[bool, typer.Option(help="Kill the engine while a position is open.")] = True,
    headless: Annotated[bool, typer.Option(help="No live view: lines, then the report.")] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the report as JSON; - is standard output.")
    ] = None,
    rung: Annotated[RungChoice, typer.Option(help="How stop and entry meet.")] = RungChoice.AUTO,
    symbols: Annotated[
        str | None,
        typer.Option(help="Symbols to generate, by comma, or the one of --data. [BTCUSDT,ETHUSDT,SOLUSDT]"),
    ] = None,
    hedge: Annotated[bool, typer.Option(help="Hedge mode instead of netting.")] = False,
    keep: Annotated[
        Path | None,
        typer.Option(help="Keep the run's files (configuration, journal, logs) in this directory."),
    ] = None,
) -> None:
    """Watch the promise being kept: a market, an engine, a kill -9 while a position is open, and a report.

    Exit codes: 0 kept, 1 broken, 2 bad input, 3 no position ever opened.
    """
    import asyncio

    from jackline.cli.demo.plan import Wishes
    from jackline.cli.demo.showing import show
    from jackline.core.plan import Rung

    wishes = Wishes(
        data=data,
        start=start,
        end=end,
        seed=seed,
        speed=speed,
        kill=kill,
        headless=headless,
        rung=None if rung is RungChoice.AUTO else Rung(rung.value),
        symbols=None if symbols is None else tuple(name.strip().upper() for name in symbols.split(",")),
        hedge=hedge,
        keep=keep,
    )
    _check(wishes, json_file)
    code = asyncio.run(show(wishes, json_file))
    if code:
        raise typer.Exit(code)


def _check(wishes: Wishes, json_file: Path | None) -> None:
    """What can be refused before two minutes have passed. Raises CommandFailed."""
    from jackline.cli.errors import CommandFailed, ExitCode

    if wishes.data is None and (wishes.start or wishes.end):
        text = "--from and --to choose a window of a file. Fix: give the file with --data, or leave them out"
        raise CommandFailed(ExitCode.BAD_INPUT, text)
    for name in wishes.symbols or ():
        if SYMBOL.fullmatch(name) is None:
            text = f"--symbols: {name!r} is not a symbol. Fix: as the venue writes it, e.g. BTCUSDT,ETHUSDT"
            raise CommandFailed(ExitCode.BAD_INPUT, text)
    if wishes.symbols is not None and len(set(wishes.symbols)) < len(wishes.symbols):
        raise CommandFailed(ExitCode.BAD_INPUT, "--symbols names one twice. Fix: name each once")
    if wishes.data is not None and wishes.symbols is not None and len(wishes.symbols) > 1:
        raise CommandFailed(ExitCode.BAD_INPUT, "--symbols: a file has one symbol. Fix: name that one")
    if json_file is not None and json_file != Path("-"):
        if json_file.is_dir():
            text = f"--json {json_file}: a directory. Fix: name a file in it"
            raise CommandFailed(ExitCode.BAD_INPUT, text)
        if not os.access(json_file.parent, os.W_OK):
            text = f"--json {json_file}: no file can be made there. Fix: a directory that exists and is yours"
            raise CommandFailed(ExitCode.BAD_INPUT, text)
    if wishes.keep is not None and wishes.keep.exists() and any(wishes.keep.iterdir()):
        text = f"--keep {wishes.keep}: the directory is not empty. Fix: name a new one"
        raise CommandFailed(ExitCode.BAD_INPUT, text)
