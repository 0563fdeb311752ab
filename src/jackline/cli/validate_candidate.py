"""What a validation judges: the strategy of a configuration, asked on candles, with its neighbours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from jackline.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from jackline.cli.config import Config
    from jackline.core.ports import Strategy
    from jackline.data.candles import Candles
    from jackline.research.validation.candidate import Candidate
    from jackline.research.validation.findings import Finding

Say = Callable[[str, int, int], None]
BAR_COLUMNS = 30


def candidate_of(
    config: Config, candles: Candles, *, folds: int | None, say: Say
) -> tuple[Candidate, Candles, tuple[Finding, ...]]:
    """The candidate, the bars that it may be judged on, and what its signals were found to know.

    Raises:
        CommandFailed: bars of another length, no strategy of its own, rules that a sweep does not know.
        ResearchRefused: a model without an opinion.
    """
    from jackline.cli.sweep_input import in_scope
    from jackline.strategies.model import ModelDriven

    options = config.engine_options()
    if options.interval_ms != candles.interval_ms:
        raise bad(
            f"bars of {candles.interval_ms} ms, and venue.bar_interval is {options.interval_ms} ms. Fix: give data of"
            " this interval, or resample it"
        )
    in_scope(config.risk_settings())
    strategy = _strategy(config, candles)
    if isinstance(strategy, ModelDriven):
        from jackline.cli.validate_model import of_bundle, of_folds

        if folds is not None:
            return of_folds(config, strategy, candles, folds, say)
        return of_bundle(config, strategy, candles)
    if folds is not None:
        raise bad(f"--folds trains a model, and {strategy.name} has none. Fix: leave it out")
    from jackline.research.validation.candidate import rule_candidate
    from jackline.research.validation.running import prefix_finding

    found = rule_candidate(strategy, config.risk_settings(), candles, say)
    return found, candles, (prefix_finding(strategy, candles),)


def with_sweep(
    candidate: Candidate, directory: Path, candles: Candles
) -> tuple[Candidate, tuple[str, str, int, str]]:
    """The candidate among the settings of a sweep that kept its days, and how the ledger of trials knows that sweep.

    Raises CommandFailed for a sweep of other bars, or one without days; ResearchRefused where none can be read.
    """
    from dataclasses import replace

    import polars as pl

    from jackline.research.sweep.files import DAILY, RESULTS, read_results

    where = directory.parent if directory.name == RESULTS else directory
    manifest, _ = read_results(where)
    begun = (manifest.symbol, manifest.interval_ms, manifest.from_ms)
    if begun != (candles.symbol, candles.interval_ms, int(candles.open_ms[0])):
        raise bad(
            f"--sweep {where}: of {manifest.symbol} from {manifest.from_ms} on; these bars are of {candles.symbol} from"
            f" {int(candles.open_ms[0])} on. Fix: give the data that was swept"
        )
    if not (where / DAILY).exists():
        raise bad(f"--sweep {where}: it kept no days. Fix: sweep again with --daily")
    days = pl.read_parquet(where / DAILY).to_numpy().T
    known = (manifest.data_sha256, manifest.strategy, manifest.trials, manifest.settings_sha256)
    return replace(candidate, tried=replace(candidate.tried, others=days)), known


def _strategy(config: Config, candles: Candles) -> Strategy:
    """Of the one bot that trades this symbol."""
    from jackline.core.values import Symbol
    from jackline.strategies.registry import OUTSIDE

    every = [one for one in config.engine_options().every_bot if one.bot.trades(Symbol(candles.symbol))]
    if len(every) != 1:
        raise bad(
            f"{len(every)} bots trade {candles.symbol}; one is judged at a time. Fix: name the symbol in one bot's"
            " symbols, or give other data"
        )
    if every[0].strategy.name in OUTSIDE:
        raise bad(
            f"the strategy {every[0].strategy.name} waits for signals from outside; nobody can ask it about the past"
        )
    return every[0].strategy


@contextmanager
def told_bars() -> Iterator[Say]:
    """A bar on a terminal, nothing elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=BAR_COLUMNS),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task("", total=1)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total)


def bad(text: str) -> CommandFailed:
    """Input that cannot be validated."""
    return CommandFailed(ExitCode.BAD_INPUT, text)
