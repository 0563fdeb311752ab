"""`jackline train`: the models of a configuration, from candles, asked out of fold before they are believed.

Only what reads the command line is imported here: the rest comes when the command runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.train_options import DATA, Options, Source

if TYPE_CHECKING:
    from jackline.cli.config import Config
    from jackline.data.candles import Candles
    from jackline.models.leak import LeakReport
    from jackline.models.pipeline import Trained, Wanted


ConfigArgument = Annotated[Path, typer.Argument(metavar="CONFIG", help="Configuration file (TOML).")]
DataOption = Annotated[
    list[Path],
    typer.Option("--data", help="Candles: a file, or a set's name in --directory. Once for each market."),
]
DirectoryOption = Annotated[Path, typer.Option(help="Where sets are kept.")]
OutOption = Annotated[Path | None, typer.Option(help="A new directory for the bundle. [strategy.bundle]")]
EnvironmentOption = Annotated[
    str | None, typer.Option(help="production, testnet or generated. [the data's own word]")
]
SymbolOption = Annotated[str | None, typer.Option(help="Where the file does not tell it, e.g. BTCUSDT.")]
FromOption = Annotated[str | None, typer.Option("--from", help="First bar: UTC time or epoch ms.")]
ToOption = Annotated[
    str | None, typer.Option("--to", help="Bars that end by then; what comes after stays unseen.")
]
LabelOption = Annotated[str, typer.Option(help="Class 1: target (reached first) or earned (costs paid).")]
BarriersOption = Annotated[
    str, typer.Option(help="What --stop and --target count in: fraction (of price) or atr.")
]
StopOption = Annotated[float | None, typer.Option(help="Distance of the stop. [the configuration's]")]
TargetOption = Annotated[
    float | None, typer.Option(help="Of the target. [the configuration's, else the stop's]")
]
HoldOption = Annotated[int | None, typer.Option(min=1, help="Bars that a trade may last. [risk.hold_max_ms]")]
SidesOption = Annotated[str, typer.Option(help="both, long or short.")]
ExitsOption = Annotated[bool, typer.Option(help="Train exits too.")]
ExitEntriesOption = Annotated[
    float | None,
    typer.Option(
        min=0.001, max=0.5, help="Teach exits on this share of best-liked bars. [entries of the gate]"
    ),
]
TrainerOption = Annotated[str, typer.Option(help="sklearn or lightgbm.")]
TreesOption = Annotated[int, typer.Option(min=1, max=2_000, help="Of each model.")]
LeavesOption = Annotated[int, typer.Option(min=2, max=256, help="Of each tree.")]
LeafRowsOption = Annotated[int, typer.Option(min=1, help="Rows that a leaf stands on.")]
CalibrationOption = Annotated[str, typer.Option(help="sigmoid or isotonic.")]
FoldsOption = Annotated[int, typer.Option(min=2, max=50, help="Blocks asked out of fold.")]
EmbargoOption = Annotated[
    int | None, typer.Option(min=0, help="Bars between a past and its test. [the longest trade]")
]
BestOption = Annotated[
    float, typer.Option(min=0.001, max=0.5, help="Share of bars that the report trades beside the gate.")
]
SeedOption = Annotated[int, typer.Option(min=0, help="Of the trainer.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Write a bundle whose answers are too good.")]
LeakOption = Annotated[
    bool, typer.Option("--show-leak", help="Also ask the wrong way, and show what that claims.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]


def train(
    config: ConfigArgument,
    *,
    data: DataOption,
    directory: DirectoryOption = DATA,
    out: OutOption = None,
    environment: EnvironmentOption = None,
    symbol: SymbolOption = None,
    start: FromOption = None,
    end: ToOption = None,
    label: LabelOption = "target",
    barriers: BarriersOption = "fraction",
    stop: StopOption = None,
    target: TargetOption = None,
    hold_bars: HoldOption = None,
    sides: SidesOption = "both",
    exits: ExitsOption = True,
    exit_entries: ExitEntriesOption = None,
    trainer: TrainerOption = "sklearn",
    trees: TreesOption = 100,
    leaves: LeavesOption = 8,
    leaf_rows: LeafRowsOption = 100,
    calibration: CalibrationOption = "sigmoid",
    folds: FoldsOption = 5,
    embargo_bars: EmbargoOption = None,
    best_share: BestOption = 0.05,
    seed: SeedOption = 0,
    force: ForceOption = False,
    show_leak: LeakOption = False,
    json: JsonOption = False,
) -> None:
    """Train entry and exit models on past candles and write a bundle that an engine takes.

    Labels are trades: entered at the next open, stop before target, costs paid. What is told was asked out of fold, of
    models of the past alone. Exit codes: 0 written, 2 bad input, or answers too good to be true.
    """
    options = Options(
        label=label,
        stop=stop,
        target=target,
        unit=barriers,
        hold_bars=hold_bars,
        sides=sides,
        has_exits=exits,
        exit_entries=exit_entries,
        trainer=trainer,
        trees=trees,
        leaves=leaves,
        leaf_rows=leaf_rows,
        calibration=calibration,
        folds=folds,
        embargo_bars=embargo_bars,
        seed=seed,
        best_share=best_share,
        is_forced=force,
    )
    if symbol is not None and len(data) > 1:
        raise CommandFailed(
            ExitCode.BAD_INPUT,
            "--symbol is for one file. Fix: name each market in its file's name, or jackline data import",
        )
    sources = [
        Source(path=one, directory=directory, symbol=symbol, environment=environment, start=start, end=end)
        for one in data
    ]
    _train(config, sources, out, options, with_leak=show_leak, json=json)


def _train(
    file: Path, sources: list[Source], out: Path | None, options: Options, *, with_leak: bool, json: bool
) -> None:
    from jackline.cli.config import load_config
    from jackline.cli.train_page import print_json, print_page

    config = load_config(file)
    directory = _directory(out, config)
    markets = [read(one) for one in sources]
    for candles in markets:
        _fits(candles, config)
    from jackline.cli.train_wanted import wanted_of  # it needs the libraries that `read` has asked for

    wanted = wanted_of(config, options, markets[0].interval_ms)
    trained, leak = _taught(markets, wanted, with_leak=with_leak)
    sha256 = _written(directory, trained)
    shown = print_json if json else print_page
    shown(directory, sha256, trained, leak)


def read(source: Source) -> Candles:
    """Candles without a gap, cut to the times given.

    Raises:
        BundleRefused: libraries are missing.
        DataRefused: what must not be believed.
        CommandFailed: no time, or nothing left between the two.
    """
    from dataclasses import replace

    _need_libraries()
    import numpy as np

    from jackline.cli.data_named import named
    from jackline.cli.data_time import host_ms, read_ms
    from jackline.data.files import read_candles

    candles = read_candles(
        named(source.path, source.directory),
        symbol=source.symbol,
        environment=source.environment,
        now_ms=host_ms(),
        gapless=True,
    )
    if candles.environment is None:
        candles = replace(candles, environment=source.environment)
    first, last = 0, len(candles)
    if source.start is not None:
        first = int(np.searchsorted(candles.open_ms, read_ms(source.start, "--from")))
    if source.end is not None:
        ends = candles.open_ms + candles.interval_ms
        last = int(np.searchsorted(ends, read_ms(source.end, "--to"), side="right"))
    if first >= last:
        window = f"from {source.start or 'its begin'} to {source.end or 'its end'}"
        text = f"{source.path}: no bar {window}. Fix: other --from and --to"
        raise CommandFailed(ExitCode.BAD_INPUT, text)
    return candles.part(first, last)


def _need_libraries() -> None:
    from importlib.util import find_spec

    from jackline.models.libraries import FITTING, require

    require(FITTING)
    if find_spec("polars") is None:
        text = "candles are read by polars, which is not installed. Fix: pip install 'jackline[research]'"
        raise CommandFailed(ExitCode.BAD_INPUT, text)


def _directory(out: Path | None, config: Config) -> Path:
    """Where the bundle goes; refused before minutes are spent where something is in the way."""
    bundle = config.strategy_section.bundle
    if out is None and bundle is None:
        text = "--out: where shall the bundle go? Fix: --out DIR, or strategy.bundle in the configuration"
        raise CommandFailed(ExitCode.BAD_INPUT, text)
    directory = out if out is not None else config.path.parent / str(bundle)
    if directory.exists():
        text = f"{directory}: something of that name is there. Fix: a new directory, or move that one away"
        raise CommandFailed(ExitCode.BAD_INPUT, text)
    return directory


def _fits(candles: Candles, config: Config) -> None:
    """The bars are those that the configuration trades. Raises CommandFailed."""
    from jackline.cli.section_types import BAR_INTERVALS_MS

    configured = BAR_INTERVALS_MS[config.venue.bar_interval]
    if candles.interval_ms != configured:
        text = (
            f"--data: bars of {candles.interval_ms} ms, and venue.bar_interval is {config.venue.bar_interval}. "
            "Fix: other data, or another interval in the configuration"
        )
        raise CommandFailed(ExitCode.BAD_INPUT, text)
    if config.symbols and candles.symbol not in config.symbols:
        text = (
            f"--data: {candles.symbol}, and the configuration trades {', '.join(config.symbols[:10])}. "
            "Fix: its own market, or add this one to venue.symbols"
        )
        raise CommandFailed(ExitCode.BAD_INPUT, text)
    if candles.environment is None:
        text = (
            "--data: it does not say whose prices these are, and a bundle must (D3). "
            "Fix: --environment production, testnet or generated, or jackline data import"
        )
        raise CommandFailed(ExitCode.BAD_INPUT, text)


def _taught(every: list[Candles], wanted: Wanted, *, with_leak: bool) -> tuple[Trained, LeakReport | None]:
    """Train, with a line for each fit on standard error."""
    from rich.console import Console

    from jackline.models.leak import leak_report
    from jackline.models.pipeline import lessons_of, trained_of

    console = Console(stderr=True)
    with console.status("features and labels") as shown:

        def tell(text: str) -> None:
            shown.update(text)
            if not console.is_terminal:
                console.print(text, markup=False, highlight=False)

        markets, entries = lessons_of(every, wanted, tell)
        trained = trained_of(markets, entries, wanted, tell)
        leak = None
        if with_leak:
            leak = leak_report(markets, entries, wanted.gate, wanted.method, wanted.best_share, tell)
    return trained, leak


def _written(directory: Path, trained: Trained) -> str:
    from jackline.models.pipeline import write

    return write(directory, trained).sha256
