"""Draws the trade state machine into docs/trade-states.md from the one table in `core/machine.py`."""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise
from pathlib import Path

from jackline.core import machine
from jackline.core.machine import TABLE, Phase

TARGET = Path(__file__).resolve().parent.parent / "docs" / "trade-states.md"


def drawing() -> str:
    """The page: a diagram, what each phase means, and every row of the table."""
    meanings = _meanings()
    lines = [
        "# The states of a trade",
        "",
        "Drawn from `src/jackline/core/machine.py` by `python tools/draw_states.py`; a test keeps it current. A pair",
        "without a row is news that the phase already contains: the trade stays where it is.",
        "",
        "```mermaid",
        "stateDiagram-v2",
        f"    [*] --> {Phase.INTENDED}",
    ]
    lines += [
        f"    {phase} --> {after}: {trigger}"
        for phase, rows in TABLE.items()
        for trigger, after in rows.items()
    ]
    lines += [f"    {Phase.DONE} --> [*]", "```", "", "| phase | meaning |", "|---|---|"]
    lines += [f"| `{phase}` | {meanings[phase.name]} |" for phase in Phase]
    lines += ["", "| in | on | to |", "|---|---|---|"]
    lines += [
        f"| `{phase}` | `{trigger}` | `{after}` |"
        for phase, rows in TABLE.items()
        for trigger, after in rows.items()
    ]
    return "\n".join(lines) + "\n"


def _meanings() -> dict[str, str]:
    """The text under each member of `Phase`, which Python itself does not keep."""
    tree = ast.parse(inspect.getsource(machine))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Phase")
    found: dict[str, str] = {}
    for member, text in pairwise(body):
        if (
            isinstance(member, ast.Assign)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
        ):
            name = member.targets[0]
            if isinstance(name, ast.Name):
                found[name.id] = " ".join(str(text.value.value).split())
    return found


if __name__ == "__main__":
    TARGET.write_text(drawing(), encoding="utf-8")
