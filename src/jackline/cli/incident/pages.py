"""The words of the archive: what happened, for a reader who was not there, and the test that plays it again."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import UTC, datetime

from jackline.cli.incident.choosing import Chosen
from jackline.cli.incident.turns import Turns
from jackline.cli.page import WIDTH
from jackline.core.codes import page
from jackline.world.trace import Noted

TIMELINE_MAX = 60
"""A few screens; all of it is in the lanes."""

_FILES = """\
| file | what it is |
|---|---|
| journal.jsonl | the rows, a JSON array each: number, wire time, market time, kind, trade, body, seals, hash of the \
row before, own hash. The first and the last are the neighbours that link the slice |
| watchdog.jsonl | the watchdog's rows of that time, in the same form |
| lanes.html, lanes.txt | who did what, when: engine, venue, watchdog, world |
| listings.jsonl | what the venue listed, as the engine read it |
| turns.jsonl | the engine's decisions: a state, then every event and the effects decided on |
| test_incident.py | plays those turns again: `pytest test_incident.py` in a checkout |
| configuration.toml | what was in force when this was packed |
| versions.json | program, Python, packages |
"""


def readme(chosen: Chosen, turns: Turns, found: Sequence[Noted], notes: Sequence[str], *, hides: bool) -> str:
    """The first page."""
    codes = list(dict.fromkeys(code for _, code in turns.faults)) or _codes(found)
    lines = [f"# Incident: row {chosen.seq}, {_utc(chosen.at_ms)}", ""]
    lines += [
        f"Asked for: `{chosen.wanted}`. {len(chosen.rows)} rows of the journal, {turns.count} decisions."
    ]
    lines += ["", "## What it touches", ""]
    for code in codes:
        told = page(code)
        if told is not None:
            lines += [_filled(f"**{code}** {told.title}. {told.meaning} At risk: {told.risk}"), ""]
            lines += [_filled(f"To do: {told.to_do} `jackline explain {code}` says the same."), ""]
    if not codes:
        lines += ["No alert was raised in it.", ""]
    lines += ["## Timeline", "", "```"]
    shown = found[-TIMELINE_MAX:]
    lines += [f"{one.at_ms / 1_000:>9.3f} {one.lane:<8} {one.text}"[:WIDTH] for one in shown]
    lines += ["```", "", "## Decided again", "", _verdict(turns), "", "## Files", "", _FILES]
    lines += ["## What is not in it", "", _filled(_hidden(hides=hides)), ""]
    lines += [_filled(f"- {note}", "  ") for note in notes]
    return "\n".join(lines).rstrip() + "\n"


def test_file(turns: Turns, seq: int) -> str:
    """A test that replays the turns by today's code; it needs nothing but `turns.jsonl` beside it."""
    faults = "".join(f"    ({number}, {code!r}),\n" for number, code in turns.faults)
    listed = f"[\n{faults}]" if faults else "[]"
    return _TEST.format(seq=seq, turns=turns.count, faults=listed)


_TEST = '''"""Incident at row {seq} of a journal: the same state and the same events must be decided alike (D4)."""

import json
from pathlib import Path

from jackline.engine.replay import Replay
from jackline.store.tape import FIRST_LINE, as_block

LINES = (Path(__file__).parent / "turns.jsonl").read_bytes().splitlines()
FAULTS: list[tuple[int, str]] = {faults}
"""Turn and code of every alert that was raised."""


def test_the_same_is_decided() -> None:
    replay = Replay()
    replay.play("turns.jsonl", FIRST_LINE + as_block(LINES))
    assert replay.report.damage == []
    assert replay.report.turns == {turns}
    assert [one.first for one in replay.report.differences] == []


def test_the_same_alerts_are_raised() -> None:
    turns = [json.loads(line) for line in LINES[1:]]
    raised = [
        (turn["number"], effect["Alert"]["code"])
        for turn in turns
        for effect in turn.get("effects", [])
        if "Alert" in effect
    ]
    assert raised == FAULTS
'''


def _verdict(turns: Turns) -> str:
    if not turns.count:
        return "There are no decisions to replay; test_incident.py is left out."
    if turns.identical:
        return _filled(
            f"Today's code decides the same in all {turns.count} turns: what was wrong then is wrong now."
            " test_incident.py holds it fast; it is green until the rule that decided is another one."
        )
    return "Today's code decides otherwise: test_incident.py is red, and says where first."


def _hidden(*, hides: bool) -> str:
    names = "Names of accounts and people are hidden, and a row in which one was does not match its own hash any more."
    kept = "Names were kept: give it to nobody who should not know them."
    return f"Secrets: none is kept in a journal, and what has the shape of one is hidden. {names if hides else kept}"


def _codes(found: Sequence[Noted]) -> list[str]:
    """Of alerts in the rows, where no turns tell of them."""
    words = (one.text.split() for one in found if " alert " in one.text)
    return list(dict.fromkeys(word for text in words for word in text if page(word) is not None))


def _filled(text: str, indent: str = "") -> str:
    return textwrap.fill(text, 120, subsequent_indent=indent, break_long_words=False)


def _utc(wire_ms: int) -> str:
    return f"{datetime.fromtimestamp(wire_ms / 1_000, UTC):%Y-%m-%d %H:%M:%S}.{wire_ms % 1_000:03d} UTC"
