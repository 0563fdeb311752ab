"""Draws the section "On the wire" of docs/small-worlds.md.

`python -m tests.world.exhaustive_page` from the root of the repository; some ten minutes of one core, on two.
Run it after `tests.core.exhaustive_page`, which draws the rest of the page and nothing of this.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from jackline.core.plan import Rung
from jackline.venue.profile import BINANCE_USDM
from tests.world.exhaustive_crashes import Crashes, Death, sweep
from tests.world.exhaustive_orders import Orders, search
from tests.world.exhaustive_tally import Tally
from tests.world.exhaustive_world import Ending, Script

TARGET = Path(__file__).resolve().parent.parent.parent / "docs" / "small-worlds.md"
TITLE = "## On the wire"
HELD_MS, HELD_LONG_MS = 50.0, 400.0
"""Short beside every deadline; and so long that the messages of one entry together take more than P1's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One complete search on one rung."""

    name: str
    rung: Rung
    of: Crashes | Orders

    @property
    def id(self) -> str:
        """Its name in test reports."""
        return f"{self.rung}-{self.name}".replace(", ", "-").replace(" ", "_")

    def run(self, *, stride: int = 1) -> Tally:
        """All of it, or with a stride a part of its crash points."""
        return sweep(self.of, stride=stride) if isinstance(self.of, Crashes) else search(self.of)


def _crashes(rung: Rung) -> list[Case]:
    gap = Script(rung=rung, watchdog=False)
    close = Script(rung=rung, watchdog=False, ending=Ending.CLOSE, end_s=7.0)
    hedge = Script(rung=rung, watchdog=False, hedge=True)
    cases = [
        ("kill, with watchdog", Script(rung=rung), Death.KILL),
        ("kill", gap, Death.KILL),
        ("kill, closed by operator", close, Death.KILL),
        ("kill, hedge mode", hedge, Death.KILL),
        ("power cut", gap, Death.POWER),
        ("cancelled", gap, Death.CANCEL),
    ]
    return [
        Case(name=name, rung=rung, of=Crashes(script=script, death=death)) for name, script, death in cases
    ]


def _orders(rung: Rung) -> list[Case]:
    script = Script(rung=rung, end_s=9.0, one_way_ms=1.0)
    cases = [
        ("every order", HELD_MS, 0),
        ("every order, one lost", HELD_MS, 1),
        ("every order, slowly", HELD_LONG_MS, 0),
    ]
    return [
        Case(name=name, rung=rung, of=Orders(script=script, hold_ms=hold_ms, losses=losses))
        for name, hold_ms, losses in cases
    ]


CRASHES = [case for rung in BINANCE_USDM.rungs for case in _crashes(rung)]
ORDERS = [case for rung in BINANCE_USDM.rungs for case in _orders(rung)]
LATE = Case(
    name="every order, slowly, one lost",
    rung=Rung.AFTER_FILL,
    of=Orders(script=Script(rung=Rung.AFTER_FILL, end_s=9.0, one_way_ms=1.0), hold_ms=HELD_LONG_MS, losses=1),
)
"""The one search that may have findings: see the page."""
HEAD = f"""{TITLE}

Drawn by `python -m tests.world.exhaustive_page`; the tests named in `tests/world/test_exhaustive_wire.py` search the
same spaces again under `python3 x.py test --long`, and a coarse part of them in every test run.

One trade again, but nothing is a model: the shipped engine and watchdog, the transport with ccxt's signing, SQLite on
the simulated disk, the local exchange, all judges of the simulation. No noise, one wish, every message equally long
on its way; the trade ends by a gap of five stop distances, or by an operator's order.

**Crashes.** The engine dies after *every* scheduling step from the wish until the trade is flat and swept, and is
started again a second later: killed, killed with the power (nothing that was not synced is left), or with all its
tasks cancelled, so that clean-up code runs. A death between two steps after which nothing outside the process has
changed leads to the same world, so such neighbours are run once and counted (a test compares their hashes); where
clean-up code runs, each is run. **Orders.** The request and the answer of the entry and of its stop, and what the user
stream says of each, are held; whenever everything else has come to rest, every one of those held may be next
({HELD_MS:.0f} ms apart, or slowly: {HELD_LONG_MS:.0f} ms), or, once a world, lost for ever.

Each world must end flat and swept, every trade done, every process up, without a finding of any judge. *No entry*:
worlds in which none was executed. *Naked*: the longest of any world, while somebody was able to act, and raw.
"""
COLUMNS = (
    "| search | rung | points or schedules | worlds run | no entry | naked able, ms | naked raw, ms | findings |\n"
    "|---|---|---:|---:|---:|---:|---:|---:|"
)
FOOT = f"""
In the last row the first evidence of the fill can be held for {HELD_LONG_MS:.0f} ms and the first stop request be lost
as well. The deadline of P1 runs from that evidence; the judge grants nothing for its travel and counts from the fill,
so a finding of P1 is possible there. The test subtracts that travel, and nothing else.
"""


def row(case: Case, seen: Tally) -> str:
    """One line of the table."""
    counts = (seen.points, seen.worlds, seen.untraded, round(seen.naked_able_ms_max))
    told = " | ".join(f"{count:,}" for count in (*counts, round(seen.naked_raw_ms_max), len(seen.bad)))
    return f"| {case.name} | `{case.rung}` | {told} |"


def section(rows: list[str]) -> str:
    """The whole section."""
    return "\n".join([HEAD, COLUMNS, *rows, FOOT])


def _draw(case: Case) -> str:
    return row(case, case.run())


if __name__ == "__main__":
    with ProcessPoolExecutor(max_workers=2) as pool:
        found = list(pool.map(_draw, [*CRASHES, *ORDERS, LATE]))
    before = TARGET.read_text(encoding="utf-8").partition(TITLE)[0].rstrip()
    TARGET.write_text(f"{before}\n\n{section(found)}", encoding="utf-8")
