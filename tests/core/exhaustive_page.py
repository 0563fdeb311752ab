"""Draws docs/small-worlds.md: which spaces are searched completely, and what each search saw.

`python -m tests.core.exhaustive_page` from the root of the repository; two to six minutes of one core. The page loses
the part that `python -m tests.world.exhaustive_page` puts behind it: draw that anew, or put it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jackline.core.plan import Rung
from tests.core.exhaustive_search import Figures, explore
from tests.core.exhaustive_world import Budget

TARGET = Path(__file__).resolve().parent.parent.parent / "docs" / "small-worlds.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """A set of worlds that is searched whole."""

    name: str
    meaning: str
    budget: Budget
    long: bool = False


SPACES = (
    Space(
        name="every order",
        meaning="whatever is on its way may be next, in every order; one message lost, anywhere or nowhere; one crash "
        "at every step or none, every unsynced write landing or not, every request on the wire arriving or not; "
        "after the crash what is oldest comes first, and a message may still be lost",
        budget=Budget(crashes=1, losses=1, any_order=True),
    ),
    Space(
        name="a gap",
        meaning="mark falls through every stop at every step; one crash at every step; what is oldest comes first",
        budget=Budget(crashes=1, gaps=True),
    ),
    Space(
        name="held up",
        meaning="mark falls through every stop at every step; at any one step everything on its way is held up, "
        "briefly or past every deadline; what is oldest comes first otherwise",
        budget=Budget(delays=1, stalls=1, gaps=True),
    ),
    Space(
        name="every order twice",
        meaning="every order, before a crash at every step and after it",
        budget=Budget(crashes=1, any_order=True, any_order_again=True),
        long=True,
    ),
    Space(
        name="a gap in every order",
        meaning="mark falls at every step of every order",
        budget=Budget(any_order=True, gaps=True),
        long=True,
    ),
    Space(
        name="held up in every order",
        meaning="at any one step of every order everything on its way is held up, briefly or past every deadline",
        budget=Budget(delays=1, stalls=1, any_order=True),
        long=True,
    ),
    Space(
        name="two crashes",
        meaning="a crash at every step, and another at every step of what follows; mark falls at every step",
        budget=Budget(crashes=2, gaps=True),
        long=True,
    ),
)
HEAD = """# Small worlds

Drawn by `python -m tests.core.exhaustive_page`; a test searches each space again and compares its row. *Long* spaces
are searched by `python3 x.py test --long`.

One trade, from its signal until it is flat and swept, on the engine's own `step` and a venue model without wire or
SQL. Every world has a list of what may happen next: a message arrives (a request at the venue, a read, an answer, a
word of the user stream or of market data, the intent at the disk) or is lost, mark falls, the process dies, time
passes. The search takes **every** one, in every world it can reach within the bounds of its space, to the end of the
trade; nothing is sampled. Worlds with equal futures are merged: times are told relative to now, ids follow from the
trade. *Orders* is the number of different schedules that the merged search stands for.

Judged in every world, from what leaves the engine and from the venue's books: P1 (never naked while the stop rests
first and was not consumed; else at most 2 s while able to act), P2, P3, P4, P5, P6, O1, O4, and L1: each schedule
ends flat, balanced, with nothing of ours left, and none goes round in circles.

Not in these worlds: refusals by the venue, reads that lag behind writes, a second symbol, a trailing stop, strangers.
`tests/core/test_random_worlds.py` and the simulation have them. While everything on its way is held up the venue
answers nothing and nobody is able to act; that time is not counted as naked, except where the stop rests first.
"""
COLUMNS = (
    "| space | rung | worlds | moves | merged | orders | crash points | ends | on their way at once | naked, ms |\n"
    "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|"
)


def row(space: Space, rung: Rung, seen: Figures) -> str:
    """One line of the table."""
    counts = (seen.worlds, seen.moves, seen.merged, seen.orders, seen.crash_points, seen.endings)
    told = " | ".join(f"{count:,}" for count in (*counts, seen.flying_max, seen.naked_ms_max))
    return f"| {space.name} | `{rung}` | {told} |"


def page(rows: Mapping[tuple[str, Rung], str]) -> str:
    """The whole page."""
    lines = [HEAD, "| space | what may happen | |", "|---|---|---|"]
    lines += [f"| {space.name} | {space.meaning} | {'long' if space.long else ''} |" for space in SPACES]
    lines += ["", COLUMNS]
    lines += [rows[space.name, rung] for space in SPACES for rung in Rung]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    found = {
        (space.name, rung): row(space, rung, explore(rung, space.budget)) for space in SPACES for rung in Rung
    }
    TARGET.write_text(page(found), encoding="utf-8")
