"""Events as a diagram for people: time at the left, one lane for each who acts, text from its lane to the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from jackline.world.trace import Noted

LANES = ("world", "venue", "engine", "watchdog")
TIME_COLUMNS, NARROW_COLUMNS = 9, 10
LANE_FRACTION = 0.1
"""A lane is as wide as its name at least; what its event has to say runs over the empty lanes at its right."""
_WORLDLY = ("world", "operator", "person")
_PREFIXES = (
    *(f"/fapi/v{version}/" for version in (1, 2, 3)),
    *(f"/openApi/swap/v{version}/" for version in (1, 2, 3)),
    "/openApi/user/auth/",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which events are shown: so many before and after a moment.

    Attributes:
        at_ms: the moment of a breach; None shows the end.
        reads: whether answered reads and log lines are shown too; they are most of all events.
    """

    at_ms: float | None
    before: int
    after: int
    reads: bool


def diagram(events: Sequence[Noted], window: Window, *, columns: int) -> list[str]:
    """Lines of at most `columns` characters. One event a line, oldest first."""
    shown = [event for event in events if window.reads or not _is_log(event)]
    if not window.reads:
        shown = _without_reads(shown)
    width = max(NARROW_COLUMNS, int(columns * LANE_FRACTION))
    lines = [_head(width)]
    at_ms = window.at_ms
    if at_ms is None:
        return [*lines, *(_line(event, width, columns) for event in shown[-window.before :])]
    earlier = [event for event in shown if event.at_ms <= at_ms]
    later = [event for event in shown if event.at_ms > at_ms]
    lines += [_line(event, width, columns) for event in earlier[-window.before :]]
    lines.append(f"{at_ms / 1_000:{TIME_COLUMNS}.3f} {'━━ the breach ':━<{columns - TIME_COLUMNS - 1}}")
    lines += [_line(event, width, columns) for event in later[: window.after]]
    return lines


def _head(width: int) -> str:
    return f"{'seconds':>{TIME_COLUMNS}} " + "".join(f"{lane:<{width}}" for lane in LANES).rstrip()


def _line(event: Noted, width: int, columns: int) -> str:
    role, _, life = event.lane.partition("-")
    lane = 0 if role in _WORLDLY else LANES.index(role) if role in LANES else 0
    bars = f"{'│':<{width}}" * lane
    text = _short(event.text)
    if life and not text.startswith("["):
        text = f"{life}: {text}"
    if role == "operator":
        text = f"operator: {text}"
    room = columns - TIME_COLUMNS - 1 - len(bars)
    text = text if len(text) <= room else text[: room - 1] + "…"
    return f"{event.at_ms / 1_000:{TIME_COLUMNS}.3f} {bars}{text}".rstrip()


def _short(text: str) -> str:
    for prefix in _PREFIXES:
        text = text.replace(prefix, "")
    return " ".join(text.split())


def _is_log(event: Noted) -> bool:
    return event.text.startswith("[")


def _without_reads(events: Sequence[Noted]) -> list[Noted]:
    """Less the reads; of those that were refused the answer stays, and says what it answers."""
    reads: dict[str, str] = {}
    shown = []
    for event in events:
        number = _number(event)
        if number and " GET " in event.text:
            reads[number] = event.text.split(" GET ", 1)[1]
        elif number not in reads:
            shown.append(event)
        elif event.text.split()[1:] != ["200"]:
            shown.append(replace(event, text=f"{event.text} to GET {reads[number]}"))
    return shown


def _number(event: Noted) -> str:
    return event.text.split(" ", 1)[0] if event.text.startswith("#") else ""
