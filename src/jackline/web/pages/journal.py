"""Rows of the journal in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from jackline.core.trade import SlotState, Trade
from jackline.core.values import Price, tightest
from jackline.store.batch import JournalKind
from jackline.store.encode import decode, open_body
from jackline.store.errors import StoreError
from jackline.store.reader import JournalEntry, StoreReader
from jackline.web.history import outcome_word
from jackline.web.pages.words import figure, plural, spaced

ROWS_BACK: Final = 4_000
"""Of the journal so much is looked through for the rows of one trade."""
BODY_CHARS_MAX: Final = 4_000
TEXT_CHARS_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row: number, wire time, kind, whose, what it says in a line, and its body for whoever wants it all."""

    seq: int
    wire_ms: int
    kind: str
    trade_id: str
    text: str
    body: str


def of_trade(trade_id: str) -> Callable[[StoreReader], tuple[JournalEntry, ...]]:
    """A question to the store: every row of this trade among the newest ones, oldest first."""

    def read(store: StoreReader) -> tuple[JournalEntry, ...]:
        rows = store.journal_after(max(0, store.head().seq - ROWS_BACK), ROWS_BACK)
        return tuple(row for row in rows if row.trade_id == trade_id)

    return read


def around(seq: int, before: int, after: int) -> Callable[[StoreReader], tuple[JournalEntry, ...]]:
    """A question to the store: the rows about this one."""

    def read(store: StoreReader) -> tuple[JournalEntry, ...]:
        return store.journal_after(max(0, seq - before - 1), before + after + 1)

    return read


def lines(rows: Sequence[JournalEntry]) -> list[Line]:
    """Rows in words. One that this program cannot read says so."""
    return [_line(row) for row in rows]


def trades(rows: Sequence[JournalEntry]) -> list[tuple[int, Trade]]:
    """The states of a trade with the wire time of each."""
    found = []
    for row in rows:
        if row.kind in {JournalKind.TRADE, JournalKind.INTENT}:
            try:
                found.append((int(row.wire_ms), decode(row.body, Trade)))
            except StoreError:
                continue  # of another version: the others tell enough
    return found


def confirmed_price(trade: Trade) -> Price | None:
    """Of its tightest stop that was read back; None while there is none."""
    best: Price | None = None
    for slot in trade.stops:
        if slot.state is SlotState.WORKING:
            price = slot.trigger_price
            best = price if best is None else tightest(trade.side, price, best)
    return best


def _line(row: JournalEntry) -> Line:
    try:
        body = msgspec.json.decode(open_body(row.body))
        shown = msgspec.json.format(open_body(row.body), indent=1).decode()[:BODY_CHARS_MAX]
        text = _text(row, body)
    except (StoreError, msgspec.MsgspecError) as error:
        shown, text = "", f"unreadable: {error}"
    return Line(
        seq=row.seq,
        wire_ms=int(row.wire_ms),
        kind=row.kind,
        trade_id=row.trade_id or "",
        text=text[:TEXT_CHARS_MAX],
        body=shown,
    )


def _text(row: JournalEntry, body: Any) -> str:
    if not isinstance(body, dict):
        return str(body) if isinstance(body, str | int) else plural(len(body or ()), "row")
    match row.kind:
        case JournalKind.TRADE | JournalKind.INTENT:
            return _trade(decode(row.body, Trade))
        case JournalKind.REQUEST | JournalKind.CANARY:
            return f"{body.get('verb', '')} {body.get('client_id', '')}"
        case JournalKind.OUTCOME:
            outcome = body.get("outcome") or {}
            code = outcome.get("code")
            told = f", code {code}" if code is not None else ""
            return f"{body.get('verb', '')} {body.get('client_id', '')}: {outcome_word(outcome)}{told}"
        case JournalKind.ALERT:
            return f"{body.get('code', '')} {body.get('text', '')}"
        case JournalKind.KILL:
            moved = f"{spaced(str(body.get('before')))} → {spaced(str(body.get('level')))}"
            return f"{moved} by {body.get('actor')}: {body.get('reason')}"
        case JournalKind.DENIED:
            denied = body.get("denied") or {}
            return f"{body.get('symbol', '')} {denied.get('reason', '')}: {denied.get('detail', '')}"
        case JournalKind.ENDED:
            return str(body.get("reason", ""))
        case _:
            return ", ".join(f"{key} {value}" for key, value in body.items() if isinstance(value, str | int))


def _trade(trade: Trade) -> str:
    stop = confirmed_price(trade)
    held = f"{figure(trade.quantity)} held" if trade.quantity else "nothing held"
    return f"{trade.phase.value}, {held}, " + (
        f"stop confirmed at {figure(stop)}" if stop else "no stop confirmed"
    )
