"""Every invariant of the promise has a test that owns it, or a line in owed.toml that says why not yet.

A test owns a code by its name (`test_P4_a_stop_never_moves_away`) or by `@pytest.mark.owns("P4")`.
"""

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping

import pytest

from tests.house.source import ROOT, Source, calls, functions, parse, sources


def promised() -> frozenset[str]:
    codes = frozenset(re.findall(r"\*\*([A-Z][0-9])\*\*", (ROOT / "PROMISE.md").read_text(encoding="utf-8")))
    if len(codes) < 30:
        raise LookupError(f"PROMISE.md names only {sorted(codes)}: were the codes written differently?")
    return codes


def owned(files: Iterable[Source]) -> Iterator[str]:
    for source in files:
        for function in functions(source):
            yield from re.findall(
                r"(?<=_)[A-Z][0-9](?=_|$)", function.name if function.name[:5] == "test_" else ""
            )
        for call, name in calls(source):
            if name == "pytest.mark.owns":
                yield from (
                    a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)
                )


def unaccounted(codes: frozenset[str], owners: frozenset[str], owed: Mapping[str, str]) -> Iterator[str]:
    yield from (
        f"{code}: no test owns it and owed.toml gives no reason"
        for code in sorted(codes - owners - owed.keys())
    )
    yield from (f"{code}: owned by a test, so no longer owed" for code in sorted(owners & owed.keys()))
    yield from (f"{code}: not a code of PROMISE.md" for code in sorted((owners | owed.keys()) - codes))
    yield from (f"{code}: owed without a reason" for code, reason in owed.items() if not reason.strip())


def test_every_invariant_is_owned_or_owed() -> None:
    files = [source for source in sources("tests") if not source.name.startswith("tests/house/")]
    owed = tomllib.loads((ROOT / "tests/house/owed.toml").read_text(encoding="utf-8"))
    assert list(unaccounted(promised(), frozenset(owned(files)), owed)) == []


def test_both_ways_of_owning_are_seen() -> None:
    by_name = parse("def test_P4_never_worse(): ...\ndef helper_P5(): ...")
    by_mark = parse("@pytest.mark.owns('K1', 'K2')\ndef test_x(): ...")
    assert sorted(owned([by_name, by_mark])) == ["K1", "K2", "P4"]


@pytest.mark.parametrize(
    ("owners", "owed", "finding"),
    [
        ({"P1"}, {}, "P2: no test owns it"),
        ({"P1", "P2"}, {"P2": "later"}, "P2: owned by a test"),
        ({"P1"}, {"P2": " "}, "P2: owed without"),
        ({"P1", "P2", "P9"}, {}, "P9: not a code"),
    ],
)
def test_the_rule_rejects(owners: set[str], owed: dict[str, str], finding: str) -> None:
    (only,) = unaccounted(frozenset({"P1", "P2"}), frozenset(owners), owed)
    assert only.startswith(finding)
