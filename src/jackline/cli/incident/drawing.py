"""Rows of the journals as events in lanes: as text, and as a page that is looked at and needs nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import msgspec

from jackline.store.db import Row
from jackline.store.encode import open_body
from jackline.store.errors import BodyUnreadable
from jackline.world.lanes import LANES, Window, diagram
from jackline.world.trace import Noted

COLUMNS = 100
TEXT_CHARS_MAX = 110
_VENUE = frozenset({"outcome", "fills", "income"})
_WORLD = frozenset({"command", "kill", "bot", "limits", "gap", "lease"})
_LANE_PX, _ROW_PX, _TOP_PX, _LEFT_PX = 130, 18, 40, 90


def events(rows: Iterable[Row], watchdog: Iterable[Row]) -> list[Noted]:
    """Both journals by time, milliseconds since the first row."""
    every = [(row[1], _lane(row[3]), _said(row)) for row in rows]
    every += [(row[1], "watchdog", _said(row)) for row in watchdog]
    every.sort(key=lambda one: one[0])
    begins = every[0][0] if every else 0
    return [Noted(at_ms=wire_ms - begins, lane=lane, text=text) for wire_ms, lane, text in every]


def as_text(found: Sequence[Noted]) -> str:
    """One event a line."""
    window = Window(at_ms=None, before=len(found), after=0, reads=True)
    return "\n".join(diagram(found, window, columns=COLUMNS)) + "\n" if found else "nothing\n"


def as_html(found: Sequence[Noted], *, title: str) -> str:
    """A page with the lanes as a drawing; each event is a dot in its lane, and its words at the right."""
    words_px = _LEFT_PX + _LANE_PX * len(LANES)
    height = _TOP_PX + _ROW_PX * (len(found) + 1)
    parts = [
        f'<line x1="{_x(lane)}" y1="{_TOP_PX - 8}" x2="{_x(lane)}" y2="{height}" class="lane"/>'
        f'<text x="{_x(lane)}" y="20" class="name">{lane}</text>'
        for lane in LANES
    ]
    for index, event in enumerate(found):
        y = _TOP_PX + _ROW_PX * (index + 1)
        loud = " loud" if " alert " in event.text else ""
        parts.append(
            f'<text x="{_LEFT_PX - 20}" y="{y + 4}" class="time">{event.at_ms / 1_000:.3f}</text>'
            f'<line x1="{_x(event.lane)}" y1="{y}" x2="{words_px - 10}" y2="{y}" class="lead"/>'
            f'<circle cx="{_x(event.lane)}" cy="{y}" r="4" class="{event.lane}{loud}"/>'
            f'<text x="{words_px}" y="{y + 4}" class="words{loud}">{escape(event.text)}</text>'
        )
    width = words_px + 8 * TEXT_CHARS_MAX
    return (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>\n'
        f"<style>{_STYLE}</style>\n<h1>{escape(title)}</h1><p>Seconds since the first row, wire time.</p>\n"
        f'<svg width="{width}" height="{height}" role="img" aria-label="{escape(title)}">'
        + "\n".join(parts)
        + "</svg></html>\n"
    )


_STYLE = """
:root{color-scheme:light dark;--text:#1a1a1a;--faint:#bbb;--back:#fff;--loud:#b3261e}
@media(prefers-color-scheme:dark){:root{--text:#eee;--faint:#555;--back:#161616;--loud:#ff8a80}}
body{font:14px system-ui,sans-serif;margin:1.5rem;color:var(--text);background:var(--back)}
svg text{font:12px ui-monospace,monospace;fill:var(--text)}
.lane,.lead{stroke:var(--faint)}.lead{stroke-dasharray:1 4}
svg .name{text-anchor:middle;font-weight:bold}svg .time{text-anchor:end}
circle{fill:#3b6fb6}circle.venue{fill:#2e8b57}circle.watchdog{fill:#b8860b}circle.world{fill:#777}
circle.loud{fill:var(--loud)}svg .loud{fill:var(--loud)}
"""


def _x(lane: str) -> int:
    return _LEFT_PX + _LANE_PX * LANES.index(lane) + _LANE_PX // 3


def _lane(kind: str) -> str:
    return "venue" if kind in _VENUE else "world" if kind in _WORLD else "engine"


def _said(row: Row) -> str:
    """Number, kind, trade, and the words of a body that tell most."""
    seq, kind, trade_id, body = row[0], row[3], row[4], row[5]
    try:
        inner = msgspec.json.decode(open_body(body))
    except (BodyUnreadable, msgspec.MsgspecError):
        inner = "(unreadable)"
    text = f"{seq} {kind} {trade_id or ''} {_words(kind, inner)}"
    text = " ".join(text.split())
    return text if len(text) <= TEXT_CHARS_MAX else text[: TEXT_CHARS_MAX - 1] + "…"


def _words(kind: str, body: object) -> str:
    if not isinstance(body, dict):
        return _short(body)
    names: tuple[str, ...] = tuple(body)
    if kind in {"trade", "intent"}:
        names = ("symbol", "side", "phase", "quantity", "exit_reason")
    elif kind in {"request", "outcome", "canary"}:
        names = ("verb", "client_id", "outcome")
    found = (body.get(name) for name in names)
    return " ".join(_short(one) for one in found if one not in (None, "", [], {}))


def _short(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
