"""Drills one after the other in one house, and the report of them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jackline.cli.config import Config
from jackline.cli.drill.acts import DRILLS, Seen
from jackline.cli.drill.opening import house
from jackline.cli.errors import CommandFailed
from jackline.cli.page import WIDTH

LEFT = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One drill. `seen` is None where it could not be played to its end, for what `failed` says."""

    name: str
    seen: Seen | None
    failed: str = ""

    @property
    def passed(self) -> bool:
        return self.seen is not None and self.seen.passed


async def play(
    config: Config, names: Sequence[str], *, kept: Path | None, say: Callable[[str], None]
) -> list[Played]:
    """Every one of them, a new position each. One that does not come to its end is the last: the house is in doubt.

    Raises CommandFailed where the house does not stand, or no position can be opened.
    """
    done: list[Played] = []
    async with house(config, kept=kept, say=say) as place:
        for name in names:
            subject = await place.position()
            say(f"{name}: {DRILLS[name].did}")
            try:
                seen = await DRILLS[name].play(place, subject)
                await place.flat()
            except CommandFailed as failed:
                done.append(Played(name=name, seen=None, failed=str(failed)))
                break
            done.append(Played(name=name, seen=seen))
    return done


def report(done: Sequence[Played]) -> Iterator[str]:
    """For people: what was done, expected and seen, and how long the position was naked."""
    for one in done:
        drill = DRILLS[one.name]
        yield f"{'passed' if one.passed else 'FAILED':<{LEFT}}{one.name}"
        yield from _told("did", drill.did)
        yield from _told("expected", drill.expected)
        yield from _told(
            "seen", one.failed if one.seen is None else "; ".join((one.seen.told, *one.seen.wrong))
        )
        if one.seen is not None:
            naked = f"{one.seen.naked_ms:.0f} ms by the exchange's witness, allowed {one.seen.allowed_ms}"
            yield from _told("naked", naked)


def facts(done: Sequence[Played]) -> list[dict[str, object]]:
    """The same for programs; durations are wire milliseconds."""
    return [
        {
            "drill": one.name,
            "passed": one.passed,
            "did": DRILLS[one.name].did,
            "expected": DRILLS[one.name].expected,
            "seen": one.failed if one.seen is None else one.seen.told,
            "wrong": [] if one.seen is None else list(one.seen.wrong),
            "naked_ms": None if one.seen is None else one.seen.naked_ms,
            "allowed_ms": None if one.seen is None else one.seen.allowed_ms,
            "took_ms": None if one.seen is None else one.seen.took_ms,
        }
        for one in done
    ]


def _told(what: str, text: str) -> list[str]:
    return textwrap.wrap(
        " ".join(text.split()),
        WIDTH,
        initial_indent=f"  {what:<{LEFT - 2}}",
        subsequent_indent=" " * LEFT,
        break_long_words=False,
    )
