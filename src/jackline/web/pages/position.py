"""One position: how it came about to the millisecond, what protects it, and the ways out of it.

There is no button that removes a stop: a position without one is what this program exists to prevent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from fastapi import Request, Response

from jackline.core.picture import PositionPicture
from jackline.core.trade import Trade
from jackline.store.ledger import Totals
from jackline.store.published import Opinion
from jackline.store.reader import JournalEntry
from jackline.web.access import Reader
from jackline.web.history import Window
from jackline.web.pages import journal
from jackline.web.pages.chart import POSITIONS, chosen
from jackline.web.pages.now import row_of
from jackline.web.pages.rendering import View
from jackline.web.pages.route import router, show
from jackline.web.pages.sight import Sight
from jackline.web.passed import OVERDUE_MS
from jackline.web.problems import Problem
from jackline.web.routes.positions import PositionId

pages = router()

WIDTH: Final = 1_000
"""Of the strip, in the units of its drawing."""
LABEL_WIDTH: Final = 240
LABEL_ROWS: Final = (26, 76, 4, 98)
"""Of the ladder's labels, nearest to its line first: two above, two below."""
LINES: Final = 60
"""Rows that are shown, and rows in which a position comes about."""
AFTER_FRACTION: Final = Decimal("0.12")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One moment of the opening, from the journal. `x`: where it stands in the strip."""

    name: str
    wire_ms: int
    offset_ms: int
    x: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """The opening to scale. `naked_x`, `naked_width`: the time without a confirmed stop; None where it is unknown."""

    steps: tuple[Step, ...]
    length_ms: int
    naked_x: int | None
    naked_width: int
    naked_ms: int
    runs_on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A price on the ladder; `x` from the lowest to the highest, `y` of its label, which covers no other."""

    name: str
    price: Decimal
    kind: str
    x: int
    y: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A stop that was read back at another price than before."""

    wire_ms: int
    price: Decimal


def strip(rows: Sequence[JournalEntry], now_ms: int) -> Strip | None:
    """How the position came about; None where the journal does not tell."""
    states = journal.trades(rows)
    if not states:
        return None
    last = states[-1][1]
    moments = _moments(rows, states)
    if not moments:
        return None
    begin_ms = min(at_ms for _, at_ms in moments)
    naked_from, naked_to = last.first_exposed_ms, last.first_protected_ms
    runs_on = naked_from is not None and naked_to is None and last.quantity > 0
    end_ms = max([at_ms for _, at_ms in moments] + ([now_ms] if runs_on else []))
    length_ms = max(1, int((end_ms - begin_ms) * (1 + AFTER_FRACTION)))

    def place(at_ms: int) -> int:
        return int(WIDTH * (at_ms - begin_ms) / length_ms)

    until = naked_to if naked_to is not None else now_ms if runs_on else None
    is_known = naked_from is not None and until is not None
    return Strip(
        steps=tuple(
            Step(name=name, wire_ms=at_ms, offset_ms=at_ms - begin_ms, x=place(at_ms))
            for name, at_ms in sorted(moments, key=lambda one: one[1])
        ),
        length_ms=length_ms,
        naked_x=place(int(naked_from or 0)) if is_known else None,
        naked_width=max(2, place(int(until or 0)) - place(int(naked_from or 0))) if is_known else 0,
        naked_ms=int(until or 0) - int(naked_from or 0) if is_known else 0,
        runs_on=runs_on,
    )


def ladder(one: PositionPicture) -> list[Level]:
    """Its prices in their order and to scale."""
    named = (
        ("liquidation", one.liquidation_price, "liquidation"),
        ("stop", one.confirmed_price, "stop"),
        ("entry", one.entry_price, "entry"),
        ("mark", one.mark, "mark"),
        ("target", one.target_price, "target"),
    )
    known = [(name, price, kind) for name, price, kind in named if price]
    if len(known) < 2:
        return []
    low, high = min(price for _, price, _ in known), max(price for _, price, _ in known)
    room = (high - low) or Decimal(1)
    found: list[Level] = []
    for name, price, kind in sorted(known, key=lambda level: level[1]):
        x = int(40 + (WIDTH - 80) * (price - low) / room)
        taken = {level.y for level in found if x - level.x < LABEL_WIDTH}
        y = next((row for row in LABEL_ROWS if row not in taken), LABEL_ROWS[0])
        found.append(Level(name=name, price=price, kind=kind, x=x, y=y))
    return found


def moves(states: Sequence[tuple[int, Trade]]) -> list[Move]:
    """Where its stop has stood, newest first."""
    found: list[Move] = []
    for wire_ms, trade in states:
        price = journal.confirmed_price(trade)
        if price is not None and (not found or found[-1].price != price):
            found.append(Move(wire_ms=wire_ms, price=price))
    return found[::-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitAsked:
    """An exit that was decided, with what decided it."""

    wire_ms: int
    words: str


def exits(states: Sequence[tuple[int, Trade]]) -> list[ExitAsked]:
    """Which exits were decided, newest first; ``model_exit(0.731)`` is the model's, with how sure it was."""
    found: list[ExitAsked] = []
    for wire_ms, trade in states:
        if trade.exit_words and (not found or found[-1].words != trade.exit_words):
            found.append(ExitAsked(wire_ms=wire_ms, words=trade.exit_words))
    return found[::-1]


def opinions(sight: Sight, one: PositionPicture) -> list[Opinion]:
    """What its model said of it, newest first."""
    shown = sight.seen.published
    said = () if shown is None else shown.opinions
    return [found for found in reversed(said) if (found.symbol, found.side) == (one.symbol, one.side)]


async def _costs(sight: Sight, trade_id: str) -> Totals | None:
    """What it has earned and paid so far, by the ledger; None where it is not in it."""
    try:
        stated = (await sight.account.stated()).statement.trades
    except Problem:
        return None
    return next((one.sums for one in stated if one.trade_id == trade_id), None)


async def view(sight: Sight, query: Mapping[str, str]) -> View:
    """The page of the position that `query` names."""
    wanted = query.get("id", "")
    one = chosen(sight, POSITIONS + wanted, {})
    if one is None:
        facts: dict[str, object] = {"wanted": wanted, "one": None}
        return View(name="position", title=wanted, facts=facts, live=("position",))
    rows: tuple[JournalEntry, ...] = ()
    trouble = ""
    if one.trade_id:
        try:
            rows = await sight.trade_rows.of(one.trade_id)
        except Problem as problem:
            trouble = problem.detail
    states = journal.trades(rows)
    equity = None if sight.seen.account is None else sight.seen.account.equity_quote
    windows: list[Window] = [found for found in sight.past.windows if found.trade_id == one.trade_id]
    facts = {
        "wanted": wanted,
        "one": one,
        "row": row_of(one, sight.seen, sight.deadline_ms),
        "deadline_ms": sight.deadline_ms,
        "now_ms": sight.seen.now_ms,
        "voice": sight.voice,
        "strip": strip(rows, sight.seen.now_ms),
        "ladder": ladder(one),
        "moves": moves(states),
        "windows": windows[::-1] if one.trade_id else [],
        "fills": journal.fills(rows)[:LINES],
        "lines": journal.lines(rows[-LINES:])[::-1],
        "passed_ms": sight.series.passed.age_ms(one, sight.seen.now_ms),
        "overdue_ms": OVERDUE_MS,
        "costs": await _costs(sight, one.trade_id) if one.trade_id else None,
        "exits": exits(states),
        "opinions": opinions(sight, one),
        "planned": states[-1][1].stop.distance_fraction if states else None,
        "of_equity": one.heat_quote / equity if equity else None,
        "trouble": trouble,
    }
    return View(
        name="position", title=f"{one.symbol} {one.side}", facts=facts, live=("position", "strip", "story")
    )


@pages.get("/positions/{position_id}")
async def position_page(request: Request, grant: Reader, position_id: PositionId) -> Response:
    """One position, or that it is closed."""
    return await show(request, grant, view, query={"id": position_id})


def _moments(rows: Sequence[JournalEntry], states: Sequence[tuple[int, Trade]]) -> list[tuple[str, int]]:
    """The first of each kind of moment."""
    last = states[-1][1]
    found: dict[str, int] = {}
    for row, line in zip(rows[:LINES], journal.lines(rows[:LINES]), strict=True):
        name = _moment(row, line.text)
        if name:
            found.setdefault(name, int(row.wire_ms))
    if last.first_exposed_ms is not None:
        found["first fill known"] = int(last.first_exposed_ms)
    if last.first_protected_ms is not None:
        found["stop confirmed"] = int(last.first_protected_ms)
    # What came after the stop was confirmed has a list of its own: here it would squeeze the opening to nothing.
    end_ms = found.get("stop confirmed")
    return [(name, at_ms) for name, at_ms in found.items() if end_ms is None or at_ms <= end_ms]


def _moment(row: JournalEntry, text: str) -> str:
    verb = text.partition(" ")[0]
    if row.kind == "intent":
        return "plan written down"
    names = {"SendEntry": "entry", "SendStop": "stop"}
    if verb in names and row.kind == "request":
        return f"{names[verb]} sent"
    if verb in names and row.kind == "outcome":
        return f"{names[verb]} answered"
    return ""
