"""docs/out-of-process.md: one row a scenario, kept by its name, so that parallel workers may write in any order."""

from __future__ import annotations

import fcntl
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "out-of-process.md"
HEAD = """# Out of process: kills and cut networks

Real processes, real sockets on loopback, judged from the local exchange's witness and the ledger. Each row is written
by its test in the last long run (`python3 x.py test --long`). Naked time *while able* is what P1 limits; *raw* counts
every millisecond without a covering stop, also those in which every process was dead or the exchange unreachable.
*Converged* is the time from the end of the last fault to everything protected or flat and nothing in doubt (L1).
All three are the longest seen, in milliseconds. P1 allows 1,500 after an entry's fill and 5,000 after a stop ceased to
work; a row above that is a known breach, whose test is expected to fail, strictly, until it is mended.

| scenario | rung | kills | cuts | entries | naked able ms | naked raw ms | converged ms | seed | commit |
|---|---|---:|---:|---:|---:|---:|---:|---:|---|
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one scenario measured; milliseconds."""

    kills: int
    cuts: int
    entries: int
    naked_raw_ms_max: float
    naked_able_ms_max: float
    converged_ms_max: float


def record(scenario: str, *, rung: str, seed: int, figures: Figures) -> None:
    """Replace this scenario's row, or add it."""
    row = (
        f"| {scenario} | {rung} | {figures.kills} | {figures.cuts} | {figures.entries} | "
        f"{figures.naked_able_ms_max:.0f} | {figures.naked_raw_ms_max:.0f} | {figures.converged_ms_max:.0f} | "
        f"{seed} | {_commit()} |"
    )
    with PAGE.open("a+", encoding="utf-8") as page:
        fcntl.flock(page, fcntl.LOCK_EX)
        page.seek(0)
        rows = [
            line for line in page.read().splitlines() if line.startswith("| ") and line[2:10] != "scenario"
        ]
        kept = [line for line in rows if not line.startswith(f"| {scenario} | {rung} |")]
        page.truncate(0)
        page.write(HEAD + "\n".join(sorted([*kept, row])) + "\n")


def _commit() -> str:
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return done.stdout.strip()
