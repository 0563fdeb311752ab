"""The documentation site builds in strict mode, and asks nobody on the network for anything."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.reading import ROOT

ASKS = re.compile(r"""<(?:script|img|iframe)[^>]+src=["'](?:https?:)?//|<link[^>]+href=["'](?:https?:)?//""")
WRITTEN = ("configuration", "commands", "calls", "codes")


@pytest.mark.long
@pytest.mark.timeout(300)
def test_the_site_builds_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    pages = tuple(tmp_path.rglob("*.html"))
    assert len(pages) > 60
    asking = [
        str(page.relative_to(tmp_path)) for page in pages if ASKS.search(page.read_text(encoding="utf-8"))
    ]
    assert asking == []
    for name in WRITTEN:
        assert (tmp_path / "reference" / f"{name}.html").stat().st_size > 10_000
