"""Candles as the research commands are given them: a file, or a set of `jackline data` by its name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from jackline.cli.page import fitted

if TYPE_CHECKING:
    from jackline.data.candles import Candles

SETS: Final = Path("data")
"""Where `jackline data` keeps its sets unless told otherwise."""
GENERATED: Final = "generated"


def named(data: Path, directory: Path = SETS) -> Path:
    """The file itself, or where a set of this name is kept."""
    kept = directory / f"{data.name}.parquet"
    return kept if kept.is_file() and not data.exists() else data


def read_named(data: Path, *, symbol: str | None, gapless: bool) -> Candles:
    """Candles of a real market, or of none, which is then said. Those of a test network are refused (D3).

    Raises DataRefused.
    """
    from jackline.cli.data_time import host_ms
    from jackline.data.files import read_candles
    from jackline.data.store import manifest_of

    path = named(data)
    manifest = manifest_of(path)
    is_generated = manifest is not None and manifest.environment == GENERATED
    candles = read_candles(
        path,
        symbol=symbol,
        environment=GENERATED if is_generated else "production",
        now_ms=host_ms(),
        gapless=gapless,
    )
    if is_generated:
        typer.echo(fitted(f"{path.stem}: prices that no market had; evidence of nothing."), err=True)
    return candles
