"""A bare entry cannot be built: not for the type checker, not at run time (P2). The gate's part: tests/venue."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from jackline.core.errors import InvariantBroken
from jackline.core.plan import StopPlan
from jackline.core.values import Side, price, quantity
from tests.core.making import planned

ROOT = Path(__file__).resolve().parents[2]

GOOD = """
from jackline.core.ids import Role, client_id
from jackline.core.instrument import Instrument
from jackline.core.plan import ProtectedEntry, StopPlan
from jackline.core.requests import SendEntry, SendStop, StopShape
from jackline.core.values import Fraction, Price, Quantity, Side, Symbol

def send(plan: ProtectedEntry) -> SendEntry:
    return SendEntry(client_id=client_id(plan.trade_id, Role.ENTRY, 0), entry=plan)
"""
BAD = {
    "an entry without a plan": (
        "SendEntry(client_id=client_id(plan.trade_id, Role.ENTRY, 0))",
        'Missing named argument "entry"',
    ),
    "an entry with something else than a plan": (
        "SendEntry(client_id=client_id(plan.trade_id, Role.ENTRY, 0), entry=plan.stop)",
        'expected "ProtectedEntry"',
    ),
    "an entry with perhaps a plan": (
        "SendEntry(client_id=client_id(plan.trade_id, Role.ENTRY, 0), entry=plan if plan.leverage else None)",
        'expected "ProtectedEntry"',
    ),
    "a plan without its stop": (
        "ProtectedEntry(trade_id=plan.trade_id, symbol=plan.symbol, side=plan.side, quantity=plan.quantity)",
        'Missing named argument "stop"',
    ),
    "a plan whose stop may be missing": (
        "StopPlan(side=plan.side, distance_fraction=plan.stop.distance_fraction, disaster_price=None, "
        "price_source=plan.stop.price_source)",
        'expected "Price"',
    ),
    "a fraction for a price": (
        "StopPlan(side=plan.side, distance_fraction=plan.stop.distance_fraction, "
        "disaster_price=plan.stop.distance_fraction, price_source=plan.stop.price_source)",
        'expected "Price"',
    ),
    "a price for a fraction": (
        "StopPlan(side=plan.side, distance_fraction=plan.collar_price, "
        "disaster_price=plan.collar_price, price_source=plan.stop.price_source)",
        'expected "Fraction"',
    ),
    "a bare number for a price": (
        "StopPlan(side=plan.side, distance_fraction=plan.stop.distance_fraction, disaster_price=49_000, "
        "price_source=plan.stop.price_source)",
        'expected "Price"',
    ),
    "a stop without its shape": (
        "SendStop(client_id=client_id(plan.trade_id, Role.DISASTER, 1), trade_id=plan.trade_id, "
        "symbol=plan.symbol, side=plan.side, mode=plan.mode, quantity=None, trigger_price=plan.stop.disaster_price, "
        "price_source=plan.stop.price_source)",
        'Missing named argument "shape"',
    ),
    "a plan stripped of its stop": ("setattr_(plan)", "is read-only"),
}
STRIP = """
def setattr_(plan: ProtectedEntry) -> None:
    plan.stop = plan.stop
"""


@pytest.mark.owns("P2")
def test_P2_a_bare_entry_fails_the_type_checker(tmp_path: Path) -> None:
    """One run of mypy over all snippets, each in a function of its own: every error on its line, no other."""
    lines = (GOOD + STRIP).splitlines()
    expected: dict[int, str] = {}
    expected[len(lines)] = BAD["a plan stripped of its stop"][1]
    for number, (name, (snippet, error)) in enumerate(BAD.items()):
        if name == "a plan stripped of its stop":
            continue
        lines += [f"def bad_{number}(plan: ProtectedEntry) -> object:", f"    return {snippet}"]
        expected[len(lines)] = error
    file = tmp_path / "bare.py"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = mypy_errors(file)
    assert set(found) == set(expected), found
    assert all(error in found[line] for line, error in expected.items()), found


def mypy_errors(file: Path) -> dict[int, str]:
    """Line → messages."""
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--hide-error-context"]
    done = subprocess.run(
        [*command, "--cache-dir", str(file.parent / "cache"), str(file)],
        cwd=file.parent,
        env={"MYPYPATH": str(ROOT / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.stderr == ""
    found: dict[int, str] = {}
    for line in done.stdout.splitlines():
        place, _, message = line.partition(": error: ")
        if message:
            row = int(place.rsplit(":", 1)[1])
            found[row] = found.get(row, "") + message
    return found


@pytest.mark.owns("P2")
def test_P2_a_bare_entry_fails_at_run_time() -> None:
    plan = planned()
    wrong_side = replace(plan.stop, side=Side.SHORT)
    winning = replace(plan.stop, disaster_price=price(50_200))
    touching = replace(plan.stop, disaster_price=plan.collar_price)
    for stop in (None, "49000", wrong_side, winning, touching):
        with pytest.raises(InvariantBroken, match="P2"):
            replace(plan, stop=stop)  # type: ignore[arg-type]
    with pytest.raises(InvariantBroken, match="P2"):
        replace(plan, quantity=quantity(0))
    assert isinstance(plan.stop, StopPlan)


def test_P2_a_plan_cannot_be_changed_after_it_was_made() -> None:
    plan = planned()
    with pytest.raises(AttributeError):
        plan.stop = plan.stop  # type: ignore[misc]
