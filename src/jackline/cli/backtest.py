"""`jackline backtest`: what a configuration would have done on past candles, decided by the engine that trades."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jackline.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from jackline.data.candles import Candles
    from jackline.research.backtest.result import BacktestResult
    from jackline.research.backtest.settings import BacktestSettings

REPORT, JSON = "backtest.html", "backtest.json"
BAR_COLUMNS = 30
TOLD_BARS = 64
"""Between two words of progress."""


def backtest(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="Configuration file (TOML).")],
    *,
    data: Annotated[
        list[Path],
        typer.Option(
            "--data", help="Candles: a file (CSV, CSV.gz, Parquet, feather) or a set's name. Once a symbol."
        ),
    ],
    symbol: Annotated[
        str | None, typer.Option(help="Market of a single file that does not tell it.", show_default=False)
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="Trade from: UTC time or epoch ms. [as soon as warm]")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="Trade until: UTC time or epoch ms. [the end]")
    ] = None,
    balance: Annotated[str, typer.Option(help="Wallet at the start, in quote.")] = "10000",
    fee: Annotated[
        str | None, typer.Option(help="Taker fee, fraction of notional, each way. [0.0005]")
    ] = None,
    slippage_bps: Annotated[str | None, typer.Option(help="Of price, each fill at the market. [1]")] = None,
    funding_fraction: Annotated[
        str | None, typer.Option(help="Of notional, every 8 h; longs pay it. [0.0001]")
    ] = None,
    funding: Annotated[
        Path | None, typer.Option(help="File of funding rates, for a single symbol.", show_default=False)
    ] = None,
    jump_leg_fraction: Annotated[
        str | None, typer.Option(help="A move inside a bar beyond this is a jump. [0.01]")
    ] = None,
    resets: Annotated[
        bool, typer.Option(help="Reset a tripped kill switch at the next midnight, UTC.")
    ] = True,
    allow_training_overlap: Annotated[
        bool,
        typer.Option("--allow-training-overlap", help="Play a model on its own training, marked in sample."),
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write an HTML report and the JSON into this directory.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the JSON; - is standard output.")
    ] = None,
) -> None:
    """Play a configuration on past candles: the engine and the local exchange that ship, on virtual time.

    Signals decide at a bar's close and fill at the next open; inside a bar the price goes against
    the open position first, and stops are filled where the market was. Nothing is sent anywhere.
    Exit codes: 0 played, 1 it does not add up, 2 bad input.
    """
    _before(report, json_file)
    settings = _settings(
        balance=balance,
        fee=fee,
        slippage_bps=slippage_bps,
        funding_fraction=funding_fraction,
        jump=jump_leg_fraction,
        window=(_time_ms("--from", start), _time_ms("--to", end)),
        resets=resets,
        overlap=allow_training_overlap,
    )
    candles = _read(data, symbol)
    result = _play(config, candles, settings, funding)
    _tell(result, candles, report, json_file)
    if result.ledger_gap_quote or result.fills_outside:
        raise typer.Exit(ExitCode.BREACH)


def _need_libraries(report: Path | None) -> None:
    """Said at once, and not after the minutes of a backtest."""
    needed = ("numpy", "polars", *(("plotly",) if report is not None else ()))
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        text = f"a backtest needs {' and '.join(missing)}. Fix: pip install 'jackline[research]'"
        raise CommandFailed(ExitCode.BAD_INPUT, text)


def _read(paths: list[Path], symbol: str | None) -> tuple[Candles, ...]:
    from jackline.cli.data_named import read_named

    if symbol is not None and len(paths) > 1:
        raise CommandFailed(ExitCode.BAD_INPUT, "--symbol is for one file. Fix: give one --data")
    return tuple(read_named(path, symbol=symbol, gapless=True) for path in paths)


def _play(
    config: Path, candles: tuple[Candles, ...], settings: BacktestSettings, funding: Path | None
) -> BacktestResult:
    """Run it, with a bar on a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    from jackline.cli.config import load_config
    from jackline.research.backtest.run import run_backtest

    if funding is not None and len(candles) > 1:
        raise CommandFailed(ExitCode.BAD_INPUT, "--funding is for one symbol. Fix: give one --data")
    options = load_config(config, load_strategy_file=True).engine_options()
    rates = None if funding is None else {candles[0].symbol: _rates(funding, candles[0].symbol)}
    console = Console(stderr=True)
    with Progress(
        BarColumn(bar_width=BAR_COLUMNS),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} bars"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task("", total=max(len(one) for one in candles))

        def tell(done: int, total: int) -> None:
            if done % TOLD_BARS == 0 or done == total:
                bar.update(task, completed=done, total=total)

        return run_backtest(
            options,
            candles,
            settings=settings,
            funding=rates,
            progress=tell,
        )


def _rates(path: Path, symbol: str) -> list[tuple[int, Decimal]]:
    import time

    from jackline.data.funding import read_funding

    found = read_funding(path, symbol=symbol, now_ms=int(time.time() * 1_000))
    rows = zip(found.time_ms.tolist(), found.rate_fraction.tolist(), strict=True)
    return [(at_ms, Decimal(repr(rate))) for at_ms, rate in rows]


def _tell(
    result: BacktestResult, candles: tuple[Candles, ...], report: Path | None, json_file: Path | None
) -> None:
    """Table, files."""
    from jackline.cli.backtest_page import summary
    from jackline.research.backtest.document import encoded
    from jackline.research.backtest.figures import figures

    found = figures(result)
    content = encoded(result, found)
    if json_file == Path("-"):
        typer.echo(content.decode())
    else:
        typer.echo(summary(result, found))
    if json_file is not None and json_file != Path("-"):
        json_file.write_bytes(content)
        typer.echo(f"JSON: {json_file}", err=True)
    if report is not None:
        from jackline.research.backtest.fitting import played_part
        from jackline.research.backtest.page import page

        report.mkdir(parents=True, exist_ok=True)
        (report / JSON).write_bytes(content)
        text = page(result, found, played_part(result, candles))
        (report / REPORT).write_text(text, encoding="utf-8")
        typer.echo(f"Report: {report / REPORT}", err=True)


def _settings(
    *,
    balance: str,
    fee: str | None,
    slippage_bps: str | None,
    funding_fraction: str | None,
    jump: str | None,
    window: tuple[int | None, int | None],
    resets: bool,
    overlap: bool,
) -> BacktestSettings:
    """What was typed, checked. Raises CommandFailed with the option, the value and the range."""
    from dataclasses import replace

    from jackline.research.backtest.settings import BacktestSettings
    from jackline.research.costs import JUMP_LEG_FRACTION, Costs

    costs = Costs()
    if fee is not None:
        costs = replace(costs, taker_fraction=_number("--fee", fee, "0", "0.01"))
    if slippage_bps is not None:
        costs = replace(costs, slippage_bps=_number("--slippage-bps", slippage_bps, "0", "500"))
    if funding_fraction is not None:
        rate = _number("--funding-fraction", funding_fraction, "-0.01", "0.01")
        costs = replace(costs, funding_fraction=rate)
    leg = JUMP_LEG_FRACTION if jump is None else _number("--jump-leg-fraction", jump, "0.0001", "1")
    from_ms, to_ms = window
    if from_ms is not None and to_ms is not None and to_ms <= from_ms:
        raise CommandFailed(ExitCode.BAD_INPUT, "--to is not after --from. Fix: turn them round")
    return BacktestSettings(
        balance_quote=_number("--balance", balance, "100", "1000000000"),
        costs=costs,
        jump_leg_fraction=leg,
        from_ms=from_ms,
        to_ms=to_ms,
        resets_next_day=resets,
        allows_training_overlap=overlap,
    )


def _number(option: str, text: str, low: str, high: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not Decimal(low) <= value <= Decimal(high):
        raise CommandFailed(ExitCode.BAD_INPUT, f"{option}: {text!r}. Fix: a number from {low} to {high}")
    return value


def _time_ms(option: str, text: str | None) -> int | None:
    """Epoch milliseconds of a time in UTC."""
    if text is None:
        return None
    if text.isdecimal():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fix = "write it as 2025-10-10T08:00, in UTC, or as epoch milliseconds"
        raise CommandFailed(ExitCode.BAD_INPUT, f"{option} {text}: no time. Fix: {fix}") from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return int(moment.timestamp() * 1_000)


def _before(report: Path | None, json_file: Path | None) -> None:
    """What can be refused before minutes have passed."""
    _need_libraries(report)
    if report is not None and report.exists() and not report.is_dir():
        raise CommandFailed(ExitCode.BAD_INPUT, f"--report {report}: a file. Fix: name a directory")
    if json_file is None or json_file == Path("-"):
        return
    if json_file.is_dir() or not json_file.parent.is_dir():
        text = f"--json {json_file}: no file can be made there. Fix: a file in a directory that exists"
        raise CommandFailed(ExitCode.BAD_INPUT, text)
