"""`jackline validate`: whether a strategy may be believed, by a gate that says so only where it must.

With --calibrate the gate itself is on trial. Only what reads the command line is imported here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jackline.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from jackline.cli.config import Config
    from jackline.data.candles import Candles
    from jackline.research.validation.running import Validated

STDOUT = Path("-")
STRATEGIES_MIN = 2
STRATEGIES_MAX = 100_000
LEDGERS = "research"
"""Directory of the ledgers in the state directory."""


def validate(
    config: Annotated[
        Path | None, typer.Argument(metavar="CONFIG", help="Configuration file (TOML).", show_default=False)
    ] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Candles: a file, or a set's name.")
    ] = None,
    symbol: Annotated[str | None, typer.Option(help="Of the file, where it does not say.")] = None,
    folds: Annotated[
        int | None, typer.Option(min=3, max=50, help="Train the model anew, out of fold, so many times.")
    ] = None,
    sweep: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="What jackline sweep --daily --out left: its trials count."),
    ] = None,
    holdout: Annotated[float, typer.Option(help="Share of the days kept for the last word.")] = 0.2,
    ledger: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Ledgers of trials and looks. [state_dir/research]")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of every resampling.")] = 1,
    json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write JSON there; - is standard output.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write an HTML report and the JSON there.")
    ] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Hand the verdict to the engine: evidence of the phase.")
    ] = False,
    calibrate: Annotated[
        int | None, typer.Option(metavar="N", help="Try the gate on N strategies without an edge.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes of a calibration.")] = 2,
) -> None:
    """Say whether a strategy is proven, with every number beside its threshold.

    Exit code 0: proven. 1: not proven, and why. 2: bad input. 6: a damaged ledger. With --calibrate: 0 where no more
    than 5 % of the strategies without an edge pass, and every planted leak is caught.
    """
    if (calibrate is None) == (config is None):
        raise CommandFailed(
            ExitCode.BAD_INPUT,
            "What is to be validated? Fix: jackline validate CONFIG --data FILE, or --calibrate N",
        )
    if config is None or calibrate is not None:
        from jackline.cli.validate_calibration import calibrated

        _alone(calibrate_with={"--record": record, "--folds": folds, "--ledger": ledger, "--sweep": sweep})
        code = calibrated(
            _count(calibrate), data=data, symbol=symbol, seed=seed, jobs=jobs, json=json, report=report
        )
    else:
        code = _judged(
            config,
            data,
            symbol,
            folds=folds,
            sweep=sweep,
            holdout=holdout,
            ledger=ledger,
            seed=seed,
            json=json,
            report=report,
            record=record,
        )
    if code is not ExitCode.DONE:
        raise typer.Exit(code)


def _alone(*, calibrate_with: dict[str, object]) -> None:
    """Refuse what says nothing of a calibration."""
    given = [name for name, value in calibrate_with.items() if value]
    if given:
        raise CommandFailed(
            ExitCode.BAD_INPUT, f"{given[0]} says nothing with --calibrate. Fix: leave it out"
        )


def _count(strategies: int | None) -> int:
    if strategies is None or not STRATEGIES_MIN <= strategies <= STRATEGIES_MAX:
        raise CommandFailed(
            ExitCode.BAD_INPUT,
            f"--calibrate {strategies}: {STRATEGIES_MIN} … {STRATEGIES_MAX:_} strategies are allowed."
            " Fix: 1000 take minutes",
        )
    return strategies


def _judged(
    path: Path,
    data: Path | None,
    symbol: str | None,
    *,
    folds: int | None,
    sweep: Path | None,
    holdout: float,
    ledger: Path | None,
    seed: int,
    json: Path | None,
    report: Path | None,
    record: bool,
) -> ExitCode:
    """Validate a configuration, and tell."""
    from jackline.cli.config import load_config
    from jackline.cli.validate_page import as_text

    if data is None:
        raise CommandFailed(ExitCode.BAD_INPUT, "On which candles? Fix: give --data FILE")
    if not 0.05 <= holdout <= 0.5:
        raise CommandFailed(
            ExitCode.BAD_INPUT, f"--holdout {holdout:g}: allowed 0.05 … 0.5. Fix: 0.2 keeps a fifth"
        )
    # Where the model is trained anew, the bundle need not be there yet.
    loaded = load_config(path, load_strategy_file=folds is None)
    found = validated(
        loaded, data, symbol, folds=folds, sweep=sweep, holdout=holdout, ledger=ledger, seed=seed
    )
    from jackline.research.validation.document import document

    plain = document(found)
    if json != STDOUT:
        typer.echo(as_text(plain))
    write(plain, json)
    if report is not None:
        from jackline.research.validation.page import page

        report.mkdir(parents=True, exist_ok=True)
        (report / "validation.html").write_text(page(found, plain), encoding="utf-8")
        write(plain, report / "validation.json")
        say(f"Report: {report / 'validation.html'}")
    if record:
        from jackline.cli.validate_record import hand_in

        say(hand_in(loaded, found))
    return ExitCode.DONE if found.verdict.proven else ExitCode.BREACH


def validated(
    config: Config,
    data: Path,
    symbol: str | None,
    *,
    folds: int | None,
    sweep: Path | None,
    holdout: float,
    ledger: Path | None,
    seed: int,
) -> Validated:
    """Raises CommandFailed for what cannot be validated."""
    import time
    from dataclasses import replace

    from jackline.cli.validate_candidate import candidate_of, told_bars, with_sweep
    from jackline.core.phases import identity_of
    from jackline.research.refusal import ResearchRefused
    from jackline.research.sweep.market import prepare
    from jackline.research.validation.libraries import LibraryMissing
    from jackline.research.validation.running import TooLittle, Wanted, validate
    from jackline.research.validation.trading import Desk

    now_ms = time.time_ns() // 1_000_000
    wanted = Wanted(
        ledger=ledger or config.state_dir / LEDGERS,
        at_ms=now_ms,
        identity=identity_of(config.phase_options().bound),
        seed=seed,
        fraction=holdout,
    )
    try:
        candles = read(data, symbol)
        with told_bars() as told:
            candidate, candles, findings = candidate_of(config, candles, folds=folds, say=told)
        if sweep is not None:
            candidate, swept = with_sweep(candidate, sweep, candles)
            wanted = replace(wanted, swept=swept)
        desk = Desk(
            prepared=prepare(candles, risk=config.risk_settings(), protection=config.protection_settings()),
            risk=config.risk_settings(),
        )
        return validate(candidate, desk, wanted, findings)
    except (TooLittle, ResearchRefused, LibraryMissing) as refused:
        raise CommandFailed(ExitCode.BAD_INPUT, str(refused)) from None


def read(data: Path, symbol: str | None) -> Candles:
    """The candles of a file or set. Raises CommandFailed that says what is wrong with it."""
    from jackline.cli.data_named import read_named
    from jackline.data.problems import DataRefused

    try:
        return read_named(data, symbol=symbol, gapless=True)
    except DataRefused as refused:
        raise CommandFailed(ExitCode.BAD_INPUT, str(refused)) from None


def write(plain: dict[str, Any], where: Path | None) -> None:
    """A document as JSON, to a file or to standard output."""
    if where is None:
        return
    from json import dumps

    text = dumps(plain, indent=2, ensure_ascii=False) + "\n"
    if where == STDOUT:
        typer.echo(text, nl=False)
    else:
        where.write_text(text, encoding="utf-8")


def say(text: str) -> None:
    """Progress goes to standard error: standard output is the result."""
    typer.echo(text, err=True)
