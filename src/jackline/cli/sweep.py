"""`jackline sweep`: many settings of a strategy over the same candles, and how many were tried."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jackline.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from jackline.cli.sweep_input import Asked

BAR_COLUMNS = 30

SignalsOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="In place of a strategy: columns timestamp, side.")
]
GridOption = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=…", help="stop=0.005:0.03:0.0025 or hold=4h,8h; once a name."),
]
SearchOption = Annotated[
    int | None,
    typer.Option("--optuna", metavar="N", help="Try N settings of the grid, chosen by a search."),
]
MeasureOption = Annotated[str, typer.Option(help="What is best: t (t value), net (mean of a trade), equity.")]
SymbolOption = Annotated[
    str | None, typer.Option(help="Market of a file that does not tell it.", show_default=False)
]
TickOption = Annotated[
    str | None, typer.Option(help="Least step of a price. [that of the local exchange, or the data's]")
]
FeeOption = Annotated[
    str | None, typer.Option("--fee", help="Taker fee, fraction of notional, each way. [0.0005]")
]
SlippageOption = Annotated[str | None, typer.Option(help="Of price, each fill at the market. [1]")]
FundingOption = Annotated[str | None, typer.Option(help="Of notional, every 8 h; longs pay it. [0.0001]")]
RatesOption = Annotated[
    Path | None, typer.Option("--funding", help="File of funding rates, in place of the fraction.")
]
JumpOption = Annotated[str | None, typer.Option(help="A move inside a bar beyond this is a jump. [0.01]")]
RayOption = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Every machine of a Ray cluster: HOST:PORT, or local.")
]
OutOption = Annotated[
    Path | None, typer.Option(help="Write results (Parquet), manifest and maps into this directory.")
]
LedgerOption = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Counts trials. [research/ in the state directory]")
]


def sweep(
    config: Annotated[
        Path | None, typer.Argument(metavar="[CONFIG]", help="Configuration (TOML).", show_default=False)
    ] = None,
    *,
    data: Annotated[Path, typer.Option("--data", help="Candles: a file, or the name of a set.")],
    signals: SignalsOption = None,
    grid: GridOption = None,
    search: SearchOption = None,
    seed: Annotated[int, typer.Option(help="Of the search.")] = 0,
    measure: MeasureOption = "t",
    symbol: SymbolOption = None,
    start: Annotated[str | None, typer.Option("--from", help="Bars from: UTC time or epoch ms.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Bars until: UTC time or epoch ms.")] = None,
    tick: TickOption = None,
    fee: FeeOption = None,
    slippage_bps: SlippageOption = None,
    funding_fraction: FundingOption = None,
    funding: RatesOption = None,
    jump_leg_fraction: JumpOption = None,
    over: Annotated[str, typer.Option(help="Of this machine: threads or processes.")] = "threads",
    workers: Annotated[int, typer.Option(help="Processes; -1 takes every core.")] = -1,
    ray: RayOption = None,
    out: OutOption = None,
    daily: Annotated[bool, typer.Option("--daily", help="Keep each setting's days, for validation.")] = False,
    ledger: LedgerOption = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Try many settings by the rules that trade, compiled; every one is counted as a trial.

    Within its scope (docs/sweep.md) each gives the trades of `jackline backtest`, bar for bar.
    Exit codes: 0 swept, 2 bad input.
    """
    from jackline.cli.sweep_costs import CostsAsked
    from jackline.cli.sweep_input import Asked, checked

    asked = checked(
        Asked(
            config=config,
            data=data,
            signals=signals,
            grid=tuple(grid or ()),
            search=search,
            seed=seed,
            measure=measure,
            symbol=symbol,
            start=start,
            end=end,
            tick=tick,
            costs=CostsAsked(
                fee=fee,
                slippage_bps=slippage_bps,
                funding_fraction=funding_fraction,
                funding=funding,
                jump_leg_fraction=jump_leg_fraction,
            ),
            over=over,
            workers=workers,
            ray=ray,
            out=out,
            daily=daily,
            ledger=ledger,
        )
    )
    _run(asked, json=json)


def _run(asked: Asked, *, json: bool) -> None:
    from jackline.cli.sweep_input import loaded, noted
    from jackline.cli.sweep_page import as_json, as_text
    from jackline.research.sweep.run import Measure, Over, run_grid
    from jackline.research.sweep.run import search as searched

    measure = Measure(asked.measure)
    with _Progress() as progress:
        job, points, axes, base, known = loaded(asked, progress.signals)
        # On record before the first is tried: who stops a sweep half way has seen what it showed.
        trials = len(points) if asked.search is None else asked.search
        manifest, ledger = noted(asked, job, points, known, trials=trials)
        if asked.search is None:
            over = Over(asked.over) if asked.ray is None else Over.RAY
            results = run_grid(
                job,
                points,
                over=over,
                workers=asked.workers,
                address=asked.ray or "",
                tell=progress.points,
            )
        else:
            results = searched(
                job, axes, base, trials=trials, seed=asked.seed, measure=measure, tell=progress.points
            )
    if asked.out is not None:
        from jackline.research.sweep.files import PAGE, write_results
        from jackline.research.sweep.page import page

        manifest = write_results(asked.out, results, manifest)
        (asked.out / PAGE).write_text(page(results, manifest, measure), encoding="utf-8")
    typer.echo(as_json(results, manifest, measure) if json else as_text(results, manifest, measure))
    typer.echo(f"Trials are counted in {ledger}.", err=True)
    if asked.out is not None:
        typer.echo(f"Results: {asked.out}", err=True)
    if not results.tallies[:, 0].any():
        raise CommandFailed(
            ExitCode.NOTHING,
            f"{len(results.points):,} settings, and none of them made a trade. Fix: see that the strategy has"
            " signals on these bars, and that its thresholds can be reached",
        )


class _Progress:
    """Two bars on a terminal, nothing elsewhere: what the strategy was asked, and what was tried."""

    def __enter__(self) -> _Progress:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(stderr=True)
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=BAR_COLUMNS),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._bars.start()
        self._tasks = {
            name: self._bars.add_task(name, total=1, visible=False) for name in ("bars", "settings")
        }
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def signals(self, done: int, total: int) -> None:
        """Bars that the strategy has seen."""
        self._bars.update(self._tasks["bars"], completed=done, total=total, visible=True)

    def points(self, done: int, total: int) -> None:
        """Settings that were tried."""
        self._bars.update(self._tasks["settings"], completed=done, total=total, visible=True)
