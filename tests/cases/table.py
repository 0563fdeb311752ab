"""The table of docs/cases/README.md as data, and the scenarios as their own docstrings name them.

`python3 -m tests.cases.table` runs every test that the table names and writes what came of it into the last column.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/cases/README.md"
HELD, OPEN, BREACHED = "held", "open", "**breached**"
CODES = re.compile(r"[A-G]\d+(?:–[A-G]?\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One line: an incident, the tests that reproduce it or own its rule, the invariants, and what came of it."""

    incident: str
    what: str
    tests: tuple[str, ...]
    invariants: tuple[str, ...]
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A test of tests/cases. `expected_to_fail`: it shows a defect that is not mended yet."""

    name: str
    incidents: frozenset[str]
    invariants: frozenset[str]
    expected_to_fail: bool


def read_table(text: str) -> list[Case]:
    """The rows whose first cell is an incident."""
    cases = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 5 and re.fullmatch(r"[A-G]\d+", cells[0]):
            incident, what, tests, invariants, verdict = cells
            named = tuple(re.findall(r"`([^`]+::[^`]+)`", tests))
            cases.append(
                Case(
                    incident=incident,
                    what=what,
                    tests=named,
                    invariants=tuple(invariants.replace("–", "").split()),
                    verdict=verdict,
                )
            )
    return cases


def scenarios() -> list[Scenario]:
    """Every scenario, by its source: incidents from the docstring's head, invariants from name and mark."""
    found = []
    for path in sorted((ROOT / "tests/cases").glob("test_[a-g]_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
                continue
            head = (ast.get_docstring(node) or "").partition(":")[0]
            marks = " ".join(ast.unparse(mark) for mark in node.decorator_list)
            found.append(
                Scenario(
                    name=f"cases/{path.name}::{node.name}",
                    incidents=frozenset(code for text in CODES.findall(head) for code in expand(text)),
                    invariants=frozenset(re.findall(r"'([A-Z]\d)'", marks)) | {node.name[5:7]},
                    expected_to_fail="xfail" in marks,
                )
            )
    return found


def expand(text: str) -> list[str]:
    """`G1–G5` as its five codes; a single code as itself."""
    first, _, last = text.partition("–")
    if not last:
        return [first]
    return [f"{first[0]}{number}" for number in range(int(first[1:]), int(last.lstrip("ABCDEFG")) + 1)]


def exists(test: str) -> bool:
    """Whether a test of this name stands in its file."""
    file, _, name = test.partition("::")
    path = ROOT / "tests" / file
    return (
        path.is_file()
        and re.search(rf"^(async )?def {name}\(", path.read_text(encoding="utf-8"), re.M) is not None
    )


def write_verdicts() -> None:
    """Run what the table names; write the last column."""
    text = PAGE.read_text(encoding="utf-8")
    cases = read_table(text)
    outcomes = _run(sorted({test for case in cases for test in case.tests}))
    for case in cases:
        if case.tests:
            worst = max(
                (outcomes.get(test, BREACHED) for test in case.tests), key=(HELD, OPEN, BREACHED).index
            )
            row = re.compile(rf"^(\| {case.incident} \|.*\| )[^|]+( \|)$", re.M)
            text = row.sub(rf"\g<1>{worst}\g<2>", text)
    PAGE.write_text(text, encoding="utf-8")


def _run(tests: list[str]) -> dict[str, str]:
    with TemporaryDirectory() as directory:
        report = Path(directory) / "report.xml"
        ids = [f"tests/{test}" for test in tests]
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", f"--junitxml={report}", *ids]
        subprocess.run(command, cwd=ROOT, check=False)
        outcomes: dict[str, str] = {}
        for case in ET.parse(report).getroot().iter("testcase"):
            file = case.attrib["classname"].removeprefix("tests.").replace(".", "/") + ".py"
            name = f"{file}::{case.attrib['name'].partition('[')[0]}"
            bad = case.find("failure") is not None or case.find("error") is not None
            verdict = BREACHED if bad else OPEN if case.find("skipped") is not None else HELD
            outcomes[name] = max(outcomes.get(name, HELD), verdict, key=(HELD, OPEN, BREACHED).index)
    return outcomes


if __name__ == "__main__":
    write_verdicts()
