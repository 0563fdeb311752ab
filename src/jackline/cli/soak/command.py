"""`jackline soak`: a long run, and whether anything grew.

Only what reads the command line is imported here: the rest comes when the command runs.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jackline.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from jackline.cli.soak.playing import Wishes
    from jackline.cli.soak.report import Report
    from jackline.cli.soak.samples import Sample

SPEED = 3_600.0
"""An hour of market time a second: the pace that is tried for; a busy machine plays slower, and the report says it."""
SYMBOLS_MAX = 250
HOURS_PER_DAY = 24


def soak(
    *,
    days: Annotated[float, typer.Option(min=0.01, max=400, help="Market days to play.")] = 24.0,
    symbols: Annotated[int, typer.Option(min=1, max=SYMBOLS_MAX, help="How many symbols.")] = 200,
    speed: Annotated[
        float, typer.Option(min=1, max=20_000, help="Market seconds a second, at most.")
    ] = SPEED,
    real: Annotated[bool, typer.Option("--real", help="At the pace of the wall; give --hours.")] = False,
    hours: Annotated[float | None, typer.Option(min=0.01, max=10_000, help="How long, with --real.")] = None,
    bar: Annotated[str, typer.Option(help="Length of a bar: 1m, 5m, 15m, 1h, ...")] = "5m",
    samples: Annotated[int, typer.Option(min=4, max=10_000, help="How many samples in all.")] = 96,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the generated market.")] = 7,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write everything as JSON; - is standard output.")
    ] = None,
    report_file: Annotated[Path | None, typer.Option("--report", help="Write a page as Markdown.")] = None,
    keep: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep configuration, state and logs here: a new directory."),
    ] = None,
) -> None:
    """Run exchange, watchdog and engine for long, and say whether anything grew, lagged or stood naked.

    Ctrl-C ends it early and reports what was measured. Exit codes: 0 every bound held, 1 one was broken, 2 bad input,
    3 no position ever opened, 130 stopped early with every bound held.
    """
    import sys

    for name, file in (("--json", json_file), ("--report", report_file)):
        _writable(name, file)
    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise CommandFailed(
            ExitCode.BAD_INPUT, f"--keep {keep}: the directory is not empty. Fix: name a new one"
        )
    if not Path("/proc/self/status").exists():
        raise CommandFailed(
            ExitCode.BAD_INPUT, "soak reads memory and files from /proc. Fix: run it on Linux"
        )
    wishes = _wishes(
        days=days, symbols=symbols, speed=speed, real=real, hours=hours, samples=samples, seed=seed, bar=bar
    )
    report = _played(wishes, keep)
    from jackline.cli.soak.report import as_json, as_markdown, as_text, write

    if report_file is not None:
        write(report_file, as_markdown(report, command=f"jackline {' '.join(sys.argv[1:])}"))
    if json_file is not None and json_file != Path("-"):
        write(json_file, as_json(report))
    typer.echo(as_json(report) if json_file == Path("-") else as_text(report))
    code = _code(report)
    if code:
        raise typer.Exit(code)


def _wishes(
    *,
    days: float,
    symbols: int,
    speed: float,
    real: bool,
    hours: float | None,
    samples: int,
    seed: int,
    bar: str,
) -> "Wishes":
    from jackline.cli.section_types import BAR_INTERVALS_MS
    from jackline.cli.soak.playing import Wishes

    if bar not in BAR_INTERVALS_MS:
        text = f"--bar {bar}: no such interval. Fix: one of {', '.join(BAR_INTERVALS_MS)}"
        raise CommandFailed(ExitCode.BAD_INPUT, text)

    if real != (hours is not None):
        text = (
            "--real and --hours belong together. Fix: give both, or --days alone for a market that runs ahead"
        )
        raise CommandFailed(ExitCode.BAD_INPUT, text)
    if hours is not None:
        days, speed = hours / HOURS_PER_DAY, 1.0
    return Wishes(days=days, symbols=symbols, speed=speed, samples=samples, seed=seed, bar=bar)


def _played(wishes: "Wishes", keep: Path | None) -> "Report":
    """Play it, in a directory that goes when it ends unless it is to be kept."""
    import asyncio
    import signal
    import tempfile

    from jackline.cli.soak.bounds import bounds, judge
    from jackline.cli.soak.playing import opened
    from jackline.cli.soak.report import Report

    async def play(directory: Path) -> Report:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        async with opened(wishes, directory) as soak:
            await soak.run(stop, lambda sample: _progress(wishes, sample))
            table = bounds(
                tape_mib_max=soak.config.account.tape_mib_max, protection=soak.config.protection_settings()
            )
            return Report(
                wishes=wishes,
                ready_s=soak.ready_s,
                samples=tuple(soak.samples),
                traffic=soak.traffic,
                findings=judge(soak.samples, table),
                stopped=stop.is_set(),
                ended=soak.ended,
            )

    if keep is not None:
        return asyncio.run(play(keep.resolve()))
    with tempfile.TemporaryDirectory(prefix="jackline-soak-") as name:
        return asyncio.run(play(Path(name)))


def _progress(wishes: "Wishes", sample: "Sample") -> None:
    """Standard output is the result; this is not."""
    text = f"day {sample.market_day:6.2f} of {wishes.days:g}  {sample.wall_s:6.0f} s  "
    text += f"engine {sample.engine.rss_kib / 1_024:.0f} MiB {sample.engine.files} files  "
    text += f"lag {sample.loop_lag_ms_max} ms  {sample.entries} positions"
    typer.echo(text, err=True)


def _code(report: "Report") -> int:
    if report.broken:
        return ExitCode.BREACH
    if report.stopped:
        return 130
    return ExitCode.DONE if report.samples and report.samples[-1].entries else ExitCode.NOTHING


def _writable(option: str, file: Path | None) -> None:
    """What can be refused before hours have passed. Raises CommandFailed."""
    if file is None or file == Path("-"):
        return
    if file.is_dir() or not file.parent.is_dir():
        text = f"{option} {file}: no file can be made there. Fix: a file in a directory that exists"
        raise CommandFailed(ExitCode.BAD_INPUT, text)
