"""Recorded candles that lie beside the repository, where they do; a test that needs them says loudly where not."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT.parent / "shared" / "data"
FIVE_MINUTES = "bingx-BTC-USDT-5m-2025-08-06_2025-10-20.csv.gz"
FIFTEEN_MINUTES = "bingx-BTC-USDT-15m-2024-12-26_2025-10-20.csv.gz"


def recorded(name: str) -> Path:
    """The file, or a skip that names it."""
    path = PLACE / name
    if not path.is_file():
        pytest.skip(f"needs the recorded candles {name} in {PLACE}")
    return path
