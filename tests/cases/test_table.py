"""The table of docs/cases says no more and no less than the tests do."""

from __future__ import annotations

import re

import pytest

from tests.cases.table import (
    HELD,
    OPEN,
    PAGE,
    ROOT,
    Case,
    Scenario,
    exists,
    expand,
    read_table,
    scenarios,
)

INCIDENTS = {
    "A": "1–17 19 20 22–32 34 35 37",
    "B": "1 2 6–15 17–22",
    "C": "1–6 8–10 12–16 19 20 22–27 29 30",
    "D": "1–5 7–10 12–15",
    "E": "1–8 10–12 14–26 28–32",
    "F": "1–7 11 12 14–19 21–26",
    "G": "1–55",
}
"""Everything that is known to have gone wrong in these classes."""
VERDICTS = re.compile(rf"{HELD}|{OPEN}|issue [4-8]")


def wanted() -> list[str]:
    return [
        f"{letter}{code[1:]}"
        for letter, text in INCIDENTS.items()
        for part in text.split()
        for code in expand("A" + part)
    ]


def untrue(cases: list[Case], played: list[Scenario], promised: str) -> list[str]:
    """What the table says and the tests do not, and the other way round."""
    known = {scenario.name: scenario for scenario in played}
    found = []
    for case in cases:
        found += [f"{case.incident}: no test {test}" for test in case.tests if not exists(test)]
        found += [
            f"{case.incident}: {code} is not promised"
            for code in case.invariants
            if f"**{code}**" not in promised
        ]
        if not VERDICTS.fullmatch(case.verdict):
            found.append(f"{case.incident}: verdict {case.verdict!r}")
        if case.verdict.startswith("issue") is bool(case.tests):
            found.append(f"{case.incident}: a test or an issue, and not both")
        broken = any(test in known and known[test].expected_to_fail for test in case.tests)
        if case.tests and (case.verdict == OPEN) is not broken:
            found.append(f"{case.incident}: {case.verdict}, and its scenario says otherwise")
    for scenario in played:
        rows = [case for case in cases if scenario.name in case.tests]
        if {case.incident for case in rows} != scenario.incidents or not rows:
            found.append(
                f"{scenario.name}: names {sorted(scenario.incidents)}, stands at {[case.incident for case in rows]}"
            )
        if not any(scenario.invariants & set(case.invariants) for case in rows):
            found.append(
                f"{scenario.name}: none of its invariants {sorted(scenario.invariants)} is in its rows"
            )
    return found


def test_the_table_is_true() -> None:
    promised = (ROOT / "PROMISE.md").read_text(encoding="utf-8")
    assert untrue(read_table(PAGE.read_text(encoding="utf-8")), scenarios(), promised) == []


def test_every_incident_stands_in_the_table_once() -> None:
    assert [case.incident for case in read_table(PAGE.read_text(encoding="utf-8"))] == wanted()


def test_the_pages_name_code_that_exists() -> None:
    missing = []
    for page in sorted(PAGE.parent.glob("*.md")):
        for file, name in re.findall(r"`([a-z_/]+\.py)(?::([a-z_A-Z]+))?`", page.read_text(encoding="utf-8")):
            source = ROOT / "src/jackline" / file
            text = source.read_text(encoding="utf-8") if source.is_file() else ""
            if not text or (name and not re.search(rf"\b(def|class) {name}\b|^{name}\b", text, re.M)):
                missing.append(f"{page.name}: {file} {name}")
    assert missing == []


GOOD = Case(
    incident="A1",
    what="x",
    tests=("cases/test_table.py::test_the_rule_rejects",),
    invariants=("P1",),
    verdict=HELD,
)
PLAYED = Scenario(
    name="cases/test_table.py::test_the_rule_rejects",
    incidents=frozenset({"A1"}),
    invariants=frozenset({"P1"}),
    expected_to_fail=False,
)


@pytest.mark.parametrize(
    ("case", "played"),
    [
        pytest.param({"tests": ("cases/test_table.py::test_nobody_wrote",)}, {}, id="no such test"),
        pytest.param({"invariants": ("P9",)}, {}, id="not promised"),
        pytest.param({"verdict": "fine"}, {}, id="a word of its own"),
        pytest.param({"verdict": "issue 5"}, {}, id="a test and an issue"),
        pytest.param({"verdict": OPEN}, {}, id="worse than it is"),
        pytest.param({}, {"expected_to_fail": True}, id="better than it is"),
        pytest.param({}, {"incidents": frozenset({"A1", "A2"})}, id="a scenario that is not told"),
        pytest.param({}, {"invariants": frozenset({"P2"})}, id="another invariant"),
    ],
)
def test_the_rule_rejects(case: dict[str, object], played: dict[str, object]) -> None:
    def changed(of: Case | Scenario, by: dict[str, object]) -> dict[str, object]:
        return {name: getattr(of, name) for name in of.__slots__} | by

    row, scene = Case(**changed(GOOD, case)), Scenario(**changed(PLAYED, played))  # type: ignore[arg-type]
    assert untrue([row], [scene], "**P1**")
    assert untrue([GOOD], [PLAYED], "**P1**") == []
