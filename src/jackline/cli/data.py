"""`jackline data`: candles and funding as checked sets on disk.

Only what reads the command line is imported here: the rest comes when a command runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jackline.cli.errors import CommandFailed, ExitCode

HELP = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True, context_settings=HELP)

DirectoryOption = Annotated[Path, typer.Option("--directory", "-d", help="Where the sets are kept.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
FundingOption = Annotated[bool, typer.Option("--funding", help="Funding settlements instead of candles.")]
ChangesOption = Annotated[
    bool,
    typer.Option("--accept-changes", help="Take the later word where a completed bar is told otherwise."),
]
EnvironmentOption = Annotated[
    str, typer.Option(help="production, testnet or generated: a set is of one, and says so.")
]
SymbolOption = Annotated[
    str | None, typer.Option(help="As BTCUSDT; unset: by the manifest or the name of the file.")
]
DATA = Path("data")


@app.callback()
def data() -> None:
    """Data sets: candles and funding of real markets, each with a manifest that says what it is."""


@app.command()
def download(
    *,
    venue: Annotated[str, typer.Option(help="binance (USD-M futures) or bingx (perpetual swaps).")],
    symbol: Annotated[str, typer.Option(help="Linear perpetuals, by comma: BTCUSDT,ETHUSDT.")],
    interval: Annotated[str, typer.Option(help="Length of a bar.")] = "5m",
    start: Annotated[
        str | None,
        typer.Option("--from", help="UTC time or epoch ms. [30 days ago; of a set that is there, its begin]"),
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="UTC time or epoch ms. [now]")] = None,
    environment: EnvironmentOption = "production",
    url: Annotated[
        str | None, typer.Option(help="A local exchange instead, e.g. http://127.0.0.1:8090; loopback only.")
    ] = None,
    funding: FundingOption = False,
    directory: DirectoryOption = DATA,
    accept_changes: ChangesOption = False,
    json: JsonOption = False,
) -> None:
    """Fetch what a set lacks; no key is needed.

    Up to the last bar that has ended. Cut off at any moment, it goes on from there the next time. Exit code 0
    when up to date, 2 where the venue tells what cannot be believed, 4 where it does not answer, 130 after
    Ctrl-C.
    """
    from jackline.cli.data_download import Order, fetch

    _require()
    fetch(
        Order(
            venue=venue,
            symbols=tuple(symbol.split(",")),
            interval=interval,
            start=start,
            end=end,
            environment=environment,
            url=url,
            funding=funding,
            directory=directory,
            accept_changes=accept_changes,
        ),
        json=json,
    )


@app.command()
def generate(
    *,
    symbol: Annotated[str, typer.Option(help="Names by comma; they move together.")] = "BTCUSDT",
    interval: Annotated[str, typer.Option(help="Length of a bar.")] = "15m",
    bars: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many.")] = 35_040,
    seed: Annotated[int, typer.Option(help="Another number is another market.")] = 1,
    start: Annotated[str, typer.Option("--from", help="Open of the first bar, UTC.")] = "2024-01-01",
    directory: DirectoryOption = DATA,
    json: JsonOption = False,
) -> None:
    """Make candles of no market, to try the research commands without a file.

    The same options make the same bars, everywhere. They trend, rest and turn wild by design: a strategy that
    earns on them has found the generator. Exit code 0 when made, or there already; 2 where another set stands.
    """
    from jackline.cli import data_page

    _require()
    from jackline.cli.data_generate import Wanted
    from jackline.cli.data_generate import generate as make

    wanted = Wanted(
        symbols=tuple(symbol.upper().split(",")),
        interval=interval,
        bars=bars,
        seed=seed,
        start=start,
        directory=directory,
    )
    data_page.show_done([data_page.kept(one) for one in make(wanted)], json=json)


@app.command("import")
def import_(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="CSV, gzipped CSV, Parquet or Feather.", show_default=False),
    ],
    *,
    venue: Annotated[
        str | None,
        typer.Option(help="Whose prices they are; unset: by the manifest or the path of the file."),
    ] = None,
    environment: EnvironmentOption = "production",
    symbol: SymbolOption = None,
    funding: FundingOption = False,
    directory: DirectoryOption = DATA,
    accept_changes: ChangesOption = False,
    json: JsonOption = False,
) -> None:
    """Check files bar by bar and make sets of them.

    Where a set is there already they are joined on to it. The bar that has not ended is left out. Exit code
    0, or 2 with the reason; a file that is refused changes nothing.
    """
    from jackline.cli import data_page
    from jackline.cli.data_label import label_of
    from jackline.cli.data_time import host_ms

    _require()
    from jackline.data.importing import import_file, import_funding

    done: list[dict[str, object]] = []
    try:
        for path in files:
            label = label_of(path, venue=venue, environment=environment, symbol=symbol)
            if funding:
                manifest = import_funding(
                    path, directory, label, now_ms=host_ms(), accept_changes=accept_changes
                )
                done.append(data_page.settled(manifest))
            else:
                made = import_file(path, directory, label, now_ms=host_ms(), accept_changes=accept_changes)
                done.append(data_page.kept(made.kept, notes=made.notes))
    finally:
        # A file that is refused ends the command; those before it are sets, and are told.
        data_page.show_done(done, json=json)


@app.command("list")
def list_(directory: DirectoryOption = DATA, json: JsonOption = False) -> None:
    """List the sets by what their manifests say."""
    from jackline.cli import data_page

    _require()
    from jackline.data.store import list_sets

    data_page.show_list(directory, list(list_sets(directory)), json=json)


@app.command()
def check(
    sets: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SET...]", help="Names of sets, or files; unset: all.", show_default=False),
    ] = None,
    *,
    directory: DirectoryOption = DATA,
    strict: Annotated[bool, typer.Option("--strict", help="Gaps and frozen prices are refused too.")] = False,
    symbol: SymbolOption = None,
    json: JsonOption = False,
) -> None:
    """Read sets to the last bar and say what is odd.

    Hash, rules of a bar, gaps, outliers, and what other sets say of the same market. Exit code 0 where
    everything holds; outliers are shown and judged by nobody, for a crash is one. 2 where a set cannot be
    believed, or with --strict has gaps or stands still.
    """
    from jackline.cli import data_page
    from jackline.cli.data_check import examine

    _require()
    found = examine(sets or (), directory, strict=strict, symbol=symbol)
    data_page.show_checks(found, json=json)
    if any(one.refusal for one in found):
        raise typer.Exit(ExitCode.BAD_INPUT)


@app.command()
def resample(
    source: Annotated[str, typer.Argument(metavar="SET", help="Name of a set, or a file.")],
    interval: Annotated[str, typer.Argument(help="A longer bar, e.g. 15m.")],
    *,
    directory: DirectoryOption = DATA,
    json: JsonOption = False,
) -> None:
    """Make longer bars of a set, whole ones only.

    Where the set of longer bars is there already, it is compared and left alone. Exit code 0 when made, or
    equal; 2 where it differs or cannot be made.
    """
    from jackline.cli import data_page
    from jackline.cli.data_check import lengthen

    _require()
    outcome = lengthen(source, interval, directory)
    data_page.show_resampled(outcome, json=json)
    if outcome.differing:
        raise typer.Exit(ExitCode.BAD_INPUT)


def _require() -> None:
    """Raise CommandFailed that names the extra where its libraries are missing."""
    from importlib.util import find_spec

    missing = [name for name in ("numpy", "polars") if find_spec(name) is None]
    if missing:
        raise CommandFailed(
            ExitCode.BAD_INPUT,
            f"data sets need {' and '.join(missing)}. Fix: pip install 'jackline[research]'",
        )
