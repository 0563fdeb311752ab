"""What a sweep is asked to do, checked and read: configuration, candles, signals, grid, and the ledger of trials."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.sweep_costs import CostsAsked

if TYPE_CHECKING:
    from jackline.core.settings import RiskSettings
    from jackline.data.candles import Candles
    from jackline.engine.options import EngineOptions
    from jackline.research.sweep.files import SweepManifest
    from jackline.research.sweep.points import Points
    from jackline.research.sweep.run import Job
    from jackline.research.sweep.signals import Signals

SEARCH_MAX = 100_000
_ADDRESS = re.compile(r"local|(ray://)?[A-Za-z0-9_.\-\[\]:]+:\d{1,5}")
Axes = list[tuple[str, tuple[int, ...]]]
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The command line of a sweep."""

    config: Path | None
    data: Path
    signals: Path | None
    grid: tuple[str, ...]
    search: int | None
    seed: int
    measure: str
    symbol: str | None
    start: str | None
    end: str | None
    tick: str | None
    costs: CostsAsked
    over: str
    workers: int
    ray: str | None
    out: Path | None
    daily: bool
    ledger: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Where the trials of this sweep are counted, and what else its manifest says."""

    ledger: Path
    base: Mapping[str, int]
    swept: Mapping[str, int]


def checked(asked: Asked) -> Asked:
    """What can be refused before anything is read. Raises CommandFailed."""
    if (asked.config is None) == (asked.signals is None):
        raise _bad("Whose signals? Fix: give CONFIG, whose strategy is asked, or --signals FILE")
    if asked.config is None and asked.ledger is None:
        raise _bad("Where are trials counted? Fix: give --ledger DIR; with CONFIG it is its state directory")
    if not asked.grid:
        raise _bad("Nothing to sweep. Fix: give --grid NAME=FROM:TO:STEP, once for each name")
    if asked.search is not None and not 1 <= asked.search <= SEARCH_MAX:
        raise _bad(f"--optuna {asked.search}. Fix: from 1 to {SEARCH_MAX:,} settings")
    for option, value, allowed in (
        ("--measure", asked.measure, ("t", "net", "equity")),
        ("--over", asked.over, ("threads", "processes")),
    ):
        if value not in allowed:
            raise _bad(f"{option} {value}. Fix: one of {', '.join(allowed)}")
    if asked.ray is not None and (asked.over != "threads" or asked.search is not None):
        raise _bad(
            "--ray shares a grid out to machines; --over is of this one, and a search goes step by step. Fix: leave"
            " one of them out"
        )
    if asked.ray is not None and not _ADDRESS.fullmatch(asked.ray):
        raise _bad(f"--ray {asked.ray!r}. Fix: HOST:PORT of a running cluster, as 10.0.0.5:6379, or local")
    if asked.workers != -1 and not 1 <= asked.workers <= 1_024:
        raise _bad(f"--workers {asked.workers}. Fix: -1 for every core, or from 1 to 1024")
    if asked.out is not None and asked.out.exists() and not asked.out.is_dir():
        raise _bad(f"--out {asked.out}: a file. Fix: name a directory")
    return asked


def loaded(asked: Asked, tell: Tell) -> tuple[Job, Points, Axes, dict[str, int], Known]:
    """Everything that a sweep computes with. Raises what its parts raise."""
    from jackline.cli.sweep_costs import costs_of, jump_of, rates_of
    from jackline.core.plan import stop_distance
    from jackline.core.settings import ProtectionSettings, RiskSettings
    from jackline.core.sizing import cap_share
    from jackline.research.sweep.market import prepare
    from jackline.research.sweep.points import base_of, check_points, grid_of, read_axis
    from jackline.research.sweep.regime_mask import with_regime
    from jackline.research.sweep.run import Job

    axes = [read_axis(one) for one in asked.grid]
    candles = _candles(asked)
    options, ledger = _options(asked, candles)
    risk = options.risk if options is not None else RiskSettings()
    protection = options.protection if options is not None else ProtectionSettings()
    if options is not None:
        in_scope(risk)
    stop = stop_distance(stop=risk.stop, leverage=risk.leverage, notional_share=cap_share(risk))
    prepared = prepare(
        candles,
        tick=_tick(asked, candles),
        risk=risk,
        protection=protection,
        costs=costs_of(asked.costs),
        jump_leg_fraction=jump_of(asked.costs),
        funding=rates_of(asked.costs, candles.symbol),
    )
    signals = _signals(asked, options, candles, tell)
    if options is not None:
        signals = with_regime(signals, candles, risk)
    base = base_of(risk, stop=stop)
    _with_thresholds(base, options)
    _sensible(axes, signals)
    points = grid_of(axes, base)
    check_points(points, risk, candles.interval_ms)
    known = Known(ledger=ledger, base=base, swept={name: len(values) for name, values in axes})
    return Job(prepared=prepared, signals=signals, risk=risk, daily=asked.daily), points, axes, base, known


def noted(asked: Asked, job: Job, points: Points, known: Known, *, trials: int) -> tuple[SweepManifest, Path]:
    """Put the sweep on record as so many trials; the manifest of its results, and the ledger's path."""
    from jackline import __version__
    from jackline.research.sweep.files import SweepManifest
    from jackline.research.sweep.kernel import rules_sha256
    from jackline.research.sweep.market import bars_sha256
    from jackline.research.sweep.points import fixed_of, fraction_of, shown
    from jackline.research.trials import NAME, TrialRow, note_trials, read_trials, settings_sha256, trials_of

    candles = job.prepared.candles
    begin, end = int(candles.open_ms[0]), int(candles.open_ms[-1]) + candles.interval_ms
    before = trials_of(read_trials(known.ledger), symbol=candles.symbol, from_ms=begin, to_ms=end)
    what = " ".join(asked.grid)
    row = TrialRow(
        at_ms=int(time.time() * 1_000),
        data_sha256=bars_sha256(candles),
        symbol=candles.symbol,
        interval_ms=candles.interval_ms,
        from_ms=begin,
        to_ms=end,
        trials=trials,
        strategy=job.signals.name,
        what=what,
        settings_sha256=settings_sha256(
            what,
            *fixed_of(known.base, job.risk, known.swept),
            job.prepared.frame.step,
            None if asked.search is None else (trials, asked.seed, asked.measure),
        ),
    )
    note_trials(known.ledger, row)
    costs = job.prepared.costs
    manifest = SweepManifest(
        symbol=candles.symbol,
        interval_ms=candles.interval_ms,
        from_ms=begin,
        to_ms=end,
        bars=len(candles),
        tick=str(job.prepared.tick),
        data_sha256=row.data_sha256,
        rules_sha256=rules_sha256(),
        settings_sha256=row.settings_sha256,
        strategy=job.signals.name,
        trials=trials,
        trials_before=before,
        method="grid" if asked.search is None else "optuna",
        seed=None if asked.search is None else asked.seed,
        swept=known.swept,
        fixed={name: shown(name, value) for name, value in known.base.items() if name not in known.swept},
        costs={
            "taker_fraction": str(costs.taker_fraction),
            "slippage_bps": str(costs.slippage_bps),
            "funding_fraction": str(costs.funding_fraction)
            if asked.costs.funding is None
            else f"of {asked.costs.funding.name}",
            "jump_leg_fraction": f"{fraction_of(job.prepared.frame.jump).normalize():f}",
        },
        jackline=__version__,
    )
    return manifest, known.ledger / NAME


# -- what is read --------------------------------------------------------------------------------------------


def _candles(asked: Asked) -> Candles:
    import numpy as np

    from jackline.cli.backtest import _time_ms
    from jackline.cli.data_named import read_named

    candles = read_named(asked.data, symbol=asked.symbol, gapless=False)
    begin, end = _time_ms("--from", asked.start), _time_ms("--to", asked.end)
    first = 0 if begin is None else int(np.searchsorted(candles.open_ms, begin))
    last = len(candles) if end is None else int(np.searchsorted(candles.open_ms, end))
    return candles.part(first, last)


def _options(asked: Asked, candles: Candles) -> tuple[EngineOptions | None, Path]:
    """The configuration as the engine takes it, and the directory of the ledger."""
    from jackline.cli.config import load_config

    if asked.config is None:
        if asked.ledger is None:
            raise _bad("Where are trials counted? Fix: give --ledger DIR")
        return None, asked.ledger
    config = load_config(asked.config, load_strategy_file=True)
    options = config.engine_options()
    if options.interval_ms != candles.interval_ms:
        raise _bad(
            f"{asked.data}: bars of {candles.interval_ms} ms, and venue.bar_interval is {options.interval_ms} ms."
            " Fix: give data of this interval, or resample it: jackline data resample"
        )
    return options, asked.ledger or config.state_dir / "research"


def _signals(asked: Asked, options: EngineOptions | None, candles: Candles, tell: Tell) -> Signals:
    """Of the first bot's strategy, or of the file."""
    from jackline.research.sweep.model_signals import model_signals
    from jackline.research.sweep.signal_file import read_signals
    from jackline.research.sweep.signals import rule_signals
    from jackline.strategies.model import ModelDriven
    from jackline.strategies.registry import OUTSIDE

    if asked.signals is not None:
        return read_signals(asked.signals, candles)
    if options is None:
        raise _bad("Whose signals? Fix: give CONFIG or --signals FILE")
    bots = [one for one in options.every_bot if one.bot.trades(candles.symbol)]  # type: ignore[arg-type] # spelt so
    if len(bots) != 1:
        raise _bad(
            f"{len(bots)} bots trade {candles.symbol}; a sweep is of one. Fix: name its symbol in one bot's"
            " symbols, or give another --data"
        )
    strategy = bots[0].strategy
    if strategy.name in OUTSIDE:
        raise _bad(
            f"the strategy {strategy.name} waits for signals from outside. Fix: give them: --signals FILE"
        )
    if isinstance(strategy, ModelDriven):
        return model_signals(strategy, candles)
    return rule_signals(strategy, candles, progress=tell)


def _with_thresholds(base: dict[str, int], options: EngineOptions | None) -> None:
    """The least probabilities of a strategy that a model drives, where they are not swept."""
    from jackline.research.sweep.market import parts
    from jackline.strategies.model import ModelDriven

    for one in () if options is None else options.every_bot:
        if isinstance(one.strategy, ModelDriven):
            base["long"] = parts(Decimal(str(one.strategy.long_probability_min)))
            base["short"] = parts(Decimal(str(one.strategy.short_probability_min)))


def _sensible(axes: Axes, signals: Signals) -> None:
    """Refuse to sweep what the signals do not know: every value would give the same, and count as a trial."""
    from jackline.research.sweep.points import NAMES

    idle = [name for name, _ in axes if NAMES[name].of_models]
    if idle and not signals.is_model:
        raise _bad(
            f"--grid {', '.join(idle)}: {signals.name} says no probabilities, so nothing would change. Fix: sweep stop,"
            " target, trail, hold or cooldown"
        )


def in_scope(risk: RiskSettings) -> None:
    """Refuse rules that the kernel does not know (docs/sweep.md). Raises CommandFailed."""
    from jackline.core.exit_settings import TrailingBy

    unknown = {
        "exits.stages": risk.exits.stages is not None,
        "exits.no_progress": risk.exits.no_progress_ms is not None,
        'exits.trailing_by = "venue"': risk.exits.trailing_by is TrailingBy.VENUE
        and bool(risk.trailing_fraction),
    }
    found = [key for key, holds in unknown.items() if holds]
    if found:
        raise _bad(
            f"{', '.join(found)}: the sweep does not know this rule, and its trades would be others than the engine's."
            " Fix: switch it off for the sweep, and judge it by jackline backtest"
        )


def _tick(asked: Asked, candles: Candles) -> Decimal | None:
    """What was given; else what the local exchange has for the symbol; None takes the data's own."""
    from jackline.exchange.symbols import symbol_named

    if asked.tick is not None:
        try:
            value = Decimal(asked.tick)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite() or value <= 0:
            raise _bad(f"--tick {asked.tick!r}. Fix: a number above 0, as 0.1")
        return value
    try:
        return symbol_named(candles.symbol).tick
    except ValueError:
        return None


def _bad(text: str) -> CommandFailed:
    return CommandFailed(ExitCode.BAD_INPUT, text)
