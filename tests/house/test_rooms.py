"""Every room on disk has an import contract, and the contract's name is true of what it forbids."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from tests.house.source import ROOT

COMPOSITION_ROOT = "cli"  # may import every room, and no room may import it

Contract = Mapping[str, Any]


def contracts() -> Sequence[Contract]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: Sequence[Contract] = settings["tool"]["importlinter"]["contracts"]
    return found


def rooms_on_disk() -> set[str]:
    found = {path.parent.name for path in (ROOT / "src/jackline").glob("*/__init__.py")}
    if not found:
        raise FileNotFoundError("src/jackline holds no package: this rule would pass by seeing nothing")
    return found


def disagreements(rooms: set[str], listed: Sequence[Contract]) -> Iterator[str]:
    """A room without a contract, a contract without a room, a name that says other than the list forbids."""
    may_import: dict[str, set[str]] = {}
    for contract in listed:
        room, _, allowed = contract["name"].partition(": ")
        may_import[room] = set() if allowed == "nothing" else set(allowed.split(", "))
        if contract["source_modules"] != [f"jackline.{room}"]:
            yield f"{contract['name']}: is about {contract['source_modules']}"
        forbidden = {
            name.split(".")[1] for name in contract["forbidden_modules"] if name.startswith("jackline.")
        }
        expected = rooms - {room} - may_import[room]
        if forbidden != expected:
            yield f"{contract['name']}: forbids {sorted(forbidden)}, should forbid {sorted(expected)}"
    for room in rooms - {COMPOSITION_ROOT} - set(may_import):
        yield f"{room}: no contract"
    for room in set(may_import) - rooms:
        yield f"{room}: no such room"


def test_each_room_has_a_true_contract() -> None:
    assert list(disagreements(rooms_on_disk(), contracts())) == []


def contract(name: str, *forbidden: str) -> Contract:
    room = name.partition(":")[0]
    return {
        "name": name,
        "source_modules": [f"jackline.{room}"],
        "forbidden_modules": [f"jackline.{other}" for other in forbidden],
    }


GOOD = [contract("core: nothing", "cli", "venue"), contract("venue: core", "cli")]


def test_the_rule_accepts_a_true_list() -> None:
    assert list(disagreements({"core", "venue", "cli"}, GOOD)) == []


@pytest.mark.parametrize(
    ("rooms", "listed"),
    [
        pytest.param({"core", "venue", "cli", "web"}, GOOD, id="room without contract"),
        pytest.param({"core", "cli"}, [*GOOD], id="contract without room"),
        pytest.param({"core", "venue", "cli"}, [GOOD[0], contract("venue: core")], id="forbids too little"),
        pytest.param(
            {"core", "venue", "cli"}, [contract("core: venue", "cli", "venue"), GOOD[1]], id="untrue name"
        ),
    ],
)
def test_the_rule_rejects(rooms: set[str], listed: Sequence[Contract]) -> None:
    assert list(disagreements(rooms, listed))
