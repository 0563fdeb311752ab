"""Decision records are numbered without holes and answer the four questions, each on half a page."""

import re
from collections.abc import Iterator, Mapping

import pytest

from tests.house.source import ROOT

HEADINGS = [
    "## Context",
    "## Decision",
    "## The tempting alternative",
    "## How we would notice that we were wrong",
]
LINES_MAX = 40  # more is an essay; the reasons that matter fit


def irregular(records: Mapping[str, str]) -> Iterator[str]:
    """`records` maps file names to their text."""
    for expected, (name, text) in enumerate(sorted(records.items()), start=1):
        if not re.fullmatch(rf"{expected:04}-[a-z0-9-]+[.]md", name):
            yield f"{name}: expected number {expected:04}"
        if [line for line in text.splitlines() if line.startswith("## ")] != HEADINGS:
            yield f"{name}: its headings are not {HEADINGS}"
        if text.count("\n") > LINES_MAX:
            yield f"{name}: longer than {LINES_MAX} lines"


def test_the_records_are_regular() -> None:
    records = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs/decisions").glob("*.md")}
    assert records
    assert list(irregular(records)) == []


GOOD = "\n".join(HEADINGS)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param({"0001-a.md": GOOD, "0003-b.md": GOOD}, id="hole"),
        pytest.param({"0001-a.md": GOOD, "0001-b.md": GOOD}, id="same number"),
        pytest.param({"0001-a.md": "## Context"}, id="headings"),
        pytest.param({"0001-a.md": GOOD + "\n" * (LINES_MAX + 1)}, id="long"),
    ],
)
def test_the_rule_rejects(bad: dict[str, str]) -> None:
    assert len(list(irregular(bad))) == 1
