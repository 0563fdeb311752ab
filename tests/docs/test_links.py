"""Every link of every page arrives, its anchor included."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.reading import ROOT, anchors, links, pages


def lost(page: Path) -> list[str]:
    """Links of a page that lead nowhere."""
    found = []
    for target in links(page):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and there.suffix == ".md" and anchor not in anchors(there)):
            found.append(target)
    return found


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_its_links_arrive(page: Path) -> None:
    assert [target for target in lost(page) if not _is_written_by_code(page, target)] == []


def _is_written_by_code(page: Path, target: str) -> bool:
    """A page of the site that the build writes; the build itself fails where it is missing."""
    there = (page.parent / target.partition("#")[0]).resolve()
    return there.parent == ROOT / "docs" / "reference"


def test_a_link_that_leads_nowhere_would_be_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# One\n\n[a](gone.md) [b](#one) [c](#two) `[d](gone.md)`\n\n```\n[e](gone.md)\n```\n",
        encoding="utf-8",
    )
    assert lost(page) == ["gone.md", "#two"]
