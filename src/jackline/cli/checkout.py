"""Which code is running: the commit, where the package lies in a checkout."""

from __future__ import annotations

import subprocess
from pathlib import Path

DEADLINE_S = 20
UNKNOWN = "unknown"


def commit() -> str:
    """Short hash, with a plus where files differ from it; "unknown" without git or outside a checkout."""
    head = _git("rev-parse", "--short", "HEAD")
    changed = head != UNKNOWN and _git("status", "--porcelain", "--untracked-files=no") not in ("", UNKNOWN)
    return f"{head}+" if changed else head


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return UNKNOWN
    return done.stdout.strip()
