"""Rows of the journal in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from jackline.core.orders import FillView
from jackline.core.trade import SlotState, Trade
from jackline.core.values import Price, tightest
from jackline.store.batch import JournalKind
from jackline.store.encode import decode, open_body
from jackline.store.errors import StoreError
from jackline.store.reader import JournalEntry, StoreReader
from jackline.web.account import Account
from jackline.web.history import outcome_word
from jackline.web.pages.words import figure, plural, spaced

ROWS_BACK: Final = 4_000
"""Of the journal so much is looked through for the rows of one trade."""
TRADES_KEPT: Final = 20
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


class TradeRows:
    """The rows of trades that are looked at, followed: each look reads what is new, and no row twice."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._known: dict[str, tuple[int, tuple[JournalEntry, ...]]] = {}

    async def of(self, trade_id: str) -> tuple[JournalEntry, ...]:
        """Oldest first, from among the newest ROWS_BACK of the journal on. Raises Problem."""
        read_to, rows = self._known.get(trade_id, (-1, ()))

        def read(store: StoreReader) -> tuple[int, tuple[JournalEntry, ...]]:
            head = store.head().seq
            is_new = read_to < 0 or head < read_to  # or another journal stands in the place of ours
            first = max(0, head - ROWS_BACK) if is_new else read_to
            found = store.journal_after(first, ROWS_BACK)
            mine = tuple(row for row in found if row.trade_id == trade_id)
            return (found[-1].seq if found else first), (mine if is_new else (*rows, *mine))

        if len(self._known) > TRADES_KEPT:
            self._known.clear()
        self._known[trade_id] = await self._account.ask(read)
        return self._known[trade_id][1][-ROWS_BACK:]


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


def fills(rows: Sequence[JournalEntry]) -> list[FillView]:
    """Its executions, newest first, by the venue's own list; each once, however often it was booked."""
    found: dict[int, FillView] = {}
    for row in rows:
        if row.kind == JournalKind.FILLS:
            try:
                found.update({one.fill_id: one for one in decode(row.body, tuple[FillView, ...])})
            except StoreError:
                continue
    return sorted(found.values(), key=lambda one: -one.wire_ms)


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
