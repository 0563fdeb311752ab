"""`jackline model`: what a bundle says of itself, whether it would be taken, and whether its market has moved away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jackline.cli.errors import ExitCode

if TYPE_CHECKING:
    from jackline.models.manifest import Manifest
    from jackline.models.refusal import Verdict

HELP = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True, context_settings=HELP)


@app.callback()
def model() -> None:
    """Model bundles: what a model-driven strategy is driven by."""


@app.command()
def check(
    path: Annotated[Path, typer.Argument(help="The directory of a bundle.", show_default=False)],
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Check a bundle as an engine does, and its fitted models beside their trees.

    Exit code 0 where an engine would take it, or 2 with what is wrong and the fix.
    """
    manifest, sha256, verdicts = _examined(path)
    taken = all(one.holds for one in verdicts)
    if json:
        _print_json(manifest, sha256, verdicts, taken=taken)
    else:
        _print_page(path, manifest, sha256, verdicts, taken=taken)
    if not taken:
        raise typer.Exit(ExitCode.BAD_INPUT)


@app.command()
def drift(
    path: Annotated[Path, typer.Argument(help="The directory of a bundle.", show_default=False)],
    data: Annotated[
        Path, typer.Option("--data", help="Candles that reach beyond its training: file or set.")
    ],
    symbol: Annotated[
        str | None, typer.Option(help="Where the file does not tell it, e.g. BTCUSDT.", show_default=False)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Compare later bars with the training: columns, answers, and how often an answer came true.

    Exit code 0 whatever it finds, or 2 where bundle and data cannot be compared.
    """
    from jackline.cli.model_drift import drift_of

    drift_of(path, data, symbol=symbol, json=json)


def _examined(path: Path) -> tuple[Manifest | None, str, tuple[Verdict, ...]]:
    """Every check; those of the fitted models last, as they need the libraries of training."""
    from jackline.models.libraries import READING, require
    from jackline.models.refusal import BundleRefused

    try:
        require(READING)
        from jackline.models.bundle import examine
        from jackline.models.fitted import compared

        found = examine(path)
        if found.bundle is None:
            return found.manifest, "", found.verdicts
        return found.manifest, found.bundle.sha256, (*found.verdicts, *compared(found.bundle))
    except BundleRefused as refused:
        return None, "", (refused.verdict,)


def _print_json(
    manifest: Manifest | None, sha256: str, verdicts: tuple[Verdict, ...], *, taken: bool
) -> None:
    from msgspec import to_builtins

    from jackline.cli.views import print_json

    print_json(
        taken=taken,
        sha256=sha256 or None,
        manifest=to_builtins(manifest),
        verdicts=[
            {"check": one.check, "holds": one.holds, "detail": one.detail, "fix": one.fix or None}
            for one in verdicts
        ],
    )


def _print_page(
    path: Path, manifest: Manifest | None, sha256: str, verdicts: tuple[Verdict, ...], *, taken: bool
) -> None:
    from jackline.cli.page import fitted

    if manifest is not None:
        print("\n".join(fitted(line) for line in _lines(manifest)))
        print()
    for one in verdicts:
        print(fitted(f"  {'holds  ' if one.holds else 'REFUSED'}  {one.check}: {one.detail}"))
        if not one.holds:
            print(fitted(f"           Fix: {one.fix}"))
    end = f"would be taken, as model@{sha256[:8]}" if taken else "would be refused (M1)"
    print(fitted(f"\n{path}: {end}."))


def _lines(manifest: Manifest) -> list[str]:
    from datetime import UTC, datetime

    first, last = (
        datetime.fromtimestamp(ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M")
        for ms in (manifest.trained_from_ms, manifest.trained_to_ms)
    )
    models = ", ".join(f"{one.key} (from {one.threshold:g})" for one in manifest.models)
    libraries = ", ".join(f"{name} {version}" for name, version in sorted(manifest.libraries.items()))
    return [
        f"  models: {models}",
        f"  symbols: {', '.join(manifest.symbols)}",
        f"  bars: {manifest.interval_ms:_} ms, {manifest.environment}",
        f"  training: {first} to {last} UTC",
        f"  columns: {', '.join(one.name for one in manifest.columns)}",
        f"  made by: {libraries}",
    ]
