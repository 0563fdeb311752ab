"""Whose prices a file holds, where nobody said it: its manifest, its name and the directories it lies in tell."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jackline.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from jackline.data.importing import Label

VENUES: Final = (
    "binance",
    "bingx",
    "bitget",
    "bitmex",
    "bybit",
    "deribit",
    "ftx",
    "gate",
    "hyperliquid",
    "kraken",
    "kucoin",
    "okx",
)
"""Looked for in a path; --venue takes any name."""
PARENTS: Final = 2
"""freqtrade keeps a file in data/binance/futures."""


def label_of(path: Path, *, venue: str | None, environment: str, symbol: str | None) -> Label:
    """Raises CommandFailed where the venue cannot be told, DataRefused for a symbol that cannot be read."""
    from jackline.data.importing import Label
    from jackline.data.manifest import plain, read_manifest

    manifest = read_manifest(path) if path.is_file() else None
    named = venue or (manifest.venue if manifest is not None else _venue_in(path))
    if named is None:
        raise CommandFailed(
            ExitCode.BAD_INPUT,
            f"{path}: whose prices are these? Its path names no venue. Fix: --venue binance, or whose they are",
        )
    return Label(
        venue=named.lower(), environment=environment, symbol=None if symbol is None else plain(symbol)
    )


def _venue_in(path: Path) -> str | None:
    places = [path.name, *(parent.name for parent in path.absolute().parents[:PARENTS])]
    words = [word for place in places for word in re.split(r"[^a-z0-9]+", place.lower())]
    return next((word for word in words if word in VENUES), None)
