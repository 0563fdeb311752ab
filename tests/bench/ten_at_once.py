"""The command behind docs/ten-at-once.md: `.venv/bin/python -m tests.bench.ten_at_once [--rounds 20] [--page]`.

Real processes and sockets on this machine. `--page` writes the figures to the page.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from jackline.core.plan import Rung
from jackline.venue.profile import BINANCE_USDM
from tests.bench.volley import SYMBOLS, Shot, shooting_range
from tests.conftest import ROOT, git

PAGE = ROOT / "docs" / "ten-at-once.md"
HEAD = """# Ten entries at once

Ten symbols whose strategy wants all of them at the close of the same bar: the engine as a process, the local exchange
as another, sockets on loopback. *Naked* is the exchange's own record of a position without a live covering stop, per
entry; *protected* is from the engine's signal to its read-back of the stop with the position open. Milliseconds.

`.venv/bin/python -m tests.bench.ten_at_once --rounds 20 --page` writes this page. That none of the ten
waits for what another one reads, and that each stays within its rung's bound, is tested on virtual time in
`tests/bench/test_volley.py`.

| rung | entries | naked p50 | p99 | max | protected p50 | p99 | max |
|---|---:|---:|---:|---:|---:|---:|---:|
"""


def share(values: Sequence[float], fraction: float) -> float:
    """The value that this share of all does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-int(fraction * 100) * len(ordered) // 100) - 1)]


def row(rung: Rung, shots: Sequence[Shot]) -> str:
    """One line of the table."""
    figures = []
    for values in ([shot.naked_ms for shot in shots], [shot.protected_ms for shot in shots]):
        figures += [share(values, 0.5), share(values, 0.99), max(values)]
    return f"| {rung} | {len(shots)} | " + " | ".join(f"{figure:.0f}" for figure in figures) + " |"


async def measure(rung: Rung, rounds: int) -> list[Shot]:
    """All shots of all rounds, of which the first warms up and is left out."""
    with tempfile.TemporaryDirectory() as directory:
        async with shooting_range(Path(directory), rung=rung, rounds=rounds + 1) as of:
            await of.volley()
            return [shot for _ in range(rounds) for shot in await of.volley()]


def main() -> None:
    """Measure every rung, best first."""
    parser = argparse.ArgumentParser(description=f"{len(SYMBOLS)} entries at once, on every rung")
    parser.add_argument("--rounds", type=int, default=20, help="volleys per rung")
    parser.add_argument("--page", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    chosen = parser.parse_args()
    rows = []
    for rung in BINANCE_USDM.rungs:
        rows.append(row(rung, asyncio.run(measure(rung, chosen.rounds))))
        sys.stdout.write(rows[-1] + "\n")
        sys.stdout.flush()
    if chosen.page:
        commit = git("describe", "--always", "--dirty")
        made = f"\nCommit {commit}, Python {platform.python_version()}, {os.cpu_count()} shared cores.\n"
        PAGE.write_text(HEAD + "\n".join(rows) + "\n" + made, encoding="utf-8")


if __name__ == "__main__":
    main()
