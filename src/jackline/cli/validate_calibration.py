"""`jackline validate --calibrate`: the gate itself on trial."""

from __future__ import annotations

from pathlib import Path

import typer

from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.validate import STDOUT, read, say, write
from jackline.cli.validate_candidate import told_bars
from jackline.cli.validate_page import calibration_text
from jackline.research.validation.calibrating import calibrate
from jackline.research.validation.document import calibration_document
from jackline.research.validation.libraries import LibraryMissing

NOISE_MAX = 0.05
PAGE, DOCUMENT = "calibration.html", "calibration.json"


def calibrated(
    strategies: int,
    *,
    data: Path | None,
    symbol: str | None,
    seed: int,
    jobs: int,
    json: Path | None,
    report: Path | None,
) -> ExitCode:
    """Send them through the gate, and tell what passed. On generated candles, or on those of a file."""
    candles = None if data is None else read(data, symbol)
    try:
        with told_bars() as told:
            found = calibrate(
                strategies,
                seed=seed,
                jobs=jobs,
                candles=candles,
                progress=lambda done, total: told("strategies", done, total),
            )
    except (LibraryMissing, ValueError) as refused:
        raise CommandFailed(ExitCode.BAD_INPUT, str(refused)) from None
    plain = calibration_document(found)
    if json != STDOUT:
        typer.echo(calibration_text(plain))
    write(plain, json)
    if report is not None:
        from jackline.research.validation.page import calibration_page

        report.mkdir(parents=True, exist_ok=True)
        (report / PAGE).write_text(calibration_page(plain), encoding="utf-8")
        write(plain, report / DOCUMENT)
        say(f"Report: {report / PAGE}")
    holds = found.noise_accept_fraction <= NOISE_MAX and all(found.leaks_caught.values())
    return ExitCode.DONE if holds else ExitCode.BREACH
