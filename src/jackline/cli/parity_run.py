"""`jackline parity`: a run of an engine played again as a backtest, and every decision and fill that differs.

Reads the tape, the journal and candle files; changes nothing, and asks no venue. Only what reads the command line is
imported here: the rest comes when the command runs.
"""

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jackline.cli.errors import CommandFailed, ExitCode
from jackline.research.parity.bounds import DRIFT_FRACTION, PRICE_BPS, Bounds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from decimal import Decimal

    from jackline.cli.config import Config
    from jackline.data.candles import Candles
    from jackline.research.parity.run import Parity

SHOWN = 20
"""Differences on one page; --json has all of them."""

RunArgument = Annotated[
    Path, typer.Argument(metavar="RUN", help="Configuration of the run, or its state directory.")
]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", metavar="FILE", help="Its configuration, where RUN is a directory."),
]
DataOption = Annotated[
    list[Path] | None,
    typer.Option("--data", metavar="FILE", help="Candles of before the run, too. Once for each file."),
]


def parity(
    run: RunArgument,
    config: ConfigOption = None,
    data: DataOption = None,
    begin: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Begin there: 2025-10-10T08:00, UTC.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="End there.")] = None,
    price_bps: Annotated[
        float, typer.Option(min=0, max=1_000, help="How far a fill may be off, in bps of its price.")
    ] = float(PRICE_BPS),
    drift: Annotated[
        float, typer.Option(min=0, max=1, help="Share of decisions and trades that may differ.")
    ] = float(DRIFT_FRACTION),
    record: Annotated[
        bool, typer.Option("--record", help="Hand the verdict to the engine: evidence of the phase.")
    ] = False,
    nightly: Annotated[
        bool, typer.Option("--nightly", help="Stay, and measure and record after every midnight UTC.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Play a run again as a backtest on the bars it heard: which decisions and fills differ?

    With --record the verdict becomes evidence of the account's phase, whatever it is.
    Exit code 0: the same within bounds. 1: it drifts. 3: there is nothing to compare.
    """
    loaded, state_dir = _chosen(run, config)
    if nightly:
        from jackline.cli.parity_nightly import keep_measuring

        _refuse_parts("--nightly", begin, end, price_bps, drift)
        keep_measuring(loaded.path, data or [])
    since_ms = _time_ms("--from", begin)
    if record:
        from jackline.cli.parity import phase_on_record

        _refuse_parts("--record", begin, end, price_bps, drift)
        since_ms = phase_on_record(loaded)[2]
    from jackline.cli.parity_page import as_json, as_text

    bounds = Bounds(price_bps=_exact(price_bps), drift_fraction=_exact(drift))
    found = _measured(loaded, state_dir, data or [], (since_ms, _time_ms("--to", end)), bounds)
    typer.echo(as_json(found) if json else as_text(found, shown=SHOWN))
    if record:
        from jackline.cli.parity import hand_in_backtest

        typer.echo(hand_in_backtest(loaded, found), err=True)
    if not found.comparison.is_within:
        raise typer.Exit(ExitCode.BREACH)


def _refuse_parts(option: str, begin: str | None, end: str | None, price_bps: float, drift: float) -> None:
    """Evidence is of a whole run, within the bounds of everybody."""
    if (
        begin is not None
        or end is not None
        or (price_bps, drift) != (float(PRICE_BPS), float(DRIFT_FRACTION))
    ):
        raise CommandFailed(
            ExitCode.BAD_INPUT,
            f"{option} is for the whole run and the usual bounds. Fix: leave out --from, --to and the bounds",
        )


def _chosen(run: Path, config: Path | None) -> "tuple[Config, Path]":
    """The configuration, and the state directory."""
    from jackline.cli.config import load_config

    if not run.exists():
        text = f"{run}: no such file or directory. Fix: name the configuration of the run, or its state directory"
        raise CommandFailed(ExitCode.BAD_INPUT, text)
    if run.is_dir():
        if config is None:
            text = f"{run}: a journal does not say what was configured. Fix: give --config FILE too"
            raise CommandFailed(ExitCode.BAD_INPUT, text)
        return load_config(config, load_strategy_file=True), run
    if config is not None:
        text = "RUN is a configuration already. Fix: leave out --config, or name the state directory as RUN"
        raise CommandFailed(ExitCode.BAD_INPUT, text)
    loaded = load_config(run, load_strategy_file=True)
    return loaded, loaded.state_dir


def _measured(
    loaded: "Config",
    state_dir: Path,
    data: list[Path],
    window_ms: tuple[int | None, int | None],
    bounds: Bounds,
) -> "Parity":
    from jackline.data.problems import DataRefused
    from jackline.research.backtest.fitting import spelled_as_traded
    from jackline.research.parity.bars import read_heard
    from jackline.research.parity.run import measure
    from jackline.research.refusal import BacktestRefused
    from jackline.store.boot import ENGINE_FILE
    from jackline.store.host_disk import HostDisk
    from jackline.store.reader import StoreReader

    path = state_dir / ENGINE_FILE
    if not path.exists():
        text = f"{path}: no engine has written here yet. Fix: see account.state_dir of the run"
        raise CommandFailed(ExitCode.NOTHING, text)
    disk = HostDisk()
    try:
        options = loaded.engine_options()
        files = {one.symbol: one for one in spelled_as_traded(options, [*map(_candles, data)])}
        heard = read_heard(disk, state_dir)
        with StoreReader(disk, path) as reader, _told() as tell:
            return measure(reader, options, heard, files, bounds=bounds, window_ms=window_ms, progress=tell)
    except DataRefused as refused:
        raise CommandFailed(ExitCode.BAD_INPUT, str(refused)) from None
    except BacktestRefused as refused:
        raise CommandFailed(ExitCode.NOTHING, str(refused)) from None


@contextmanager
def _told() -> "Iterator[Callable[[int, int], None]]":
    """A bar of progress, where somebody looks."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    words = TextColumn("{task.completed:,.0f} of {task.total:,.0f} bars")
    with Progress(
        BarColumn(bar_width=30),
        words,
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task("", total=1)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _candles(path: Path) -> "Candles":
    from jackline.cli.data_named import read_named

    return read_named(path, symbol=None, gapless=False)


def _time_ms(option: str, text: str | None) -> int | None:
    """A moment in UTC."""
    if text is None:
        return None
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandFailed(
            ExitCode.BAD_INPUT, f"{option} {text}: no time. Fix: write it as 2025-10-10T08:00, in UTC"
        ) from None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000)


def _exact(value: float) -> "Decimal":
    from decimal import Decimal

    return Decimal(repr(value))
