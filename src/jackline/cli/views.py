"""What the account commands show: rows, as a table of 80 columns or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from jackline.cli.page import WIDTH, without_padding
from jackline.core.coverage import coverage, stop_fault
from jackline.core.ids import is_ours
from jackline.core.machine import Phase
from jackline.core.orders import OrderView, PositionView, PriceSource, Snapshot
from jackline.core.trade import OrderSlot, SlotState, Trade
from jackline.core.values import ZERO, Price, tightest

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionRow:
    """One position. `covered` is the quantity that working stops would close; `state` says so in a word. `bot` is whose
    it is by the engine's records; a venue knows nothing of that, and an adopted position is nobody's.

    `opened_by` is "jackline", or "others" where it was adopted, and `plan` the price its stop was planned at: only
    the engine's records know them.
    """

    symbol: str
    side: str
    quantity: Decimal
    entry: Decimal | None
    mark: Decimal | None
    stop: Decimal | None
    covered: Decimal
    state: str
    bot: str | None = None
    opened_by: str | None = None
    plan: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """One resting order. `protects` says whether it is a working stop, or why not."""

    symbol: str
    kind: str
    side: str
    trigger: Decimal | None
    quantity: Decimal | None
    owner: str
    protects: str
    client_id: str


def positions_at_venue(snapshot: Snapshot, source: PriceSource) -> list[PositionRow]:
    """Positions with what really covers them."""
    rows = []
    for position in snapshot.positions:
        cover = coverage(position, snapshot.orders, source)
        if cover.quantity >= position.quantity:
            state = "protected"
        else:
            state = "stop is firing" if cover.triggering else "NAKED"
        rows.append(
            PositionRow(
                symbol=position.symbol,
                side=position.side.value,
                quantity=position.quantity,
                entry=position.entry_price,
                mark=position.mark,
                stop=cover.tightest_price,
                covered=cover.quantity,
                state=state,
            )
        )
    return rows


def orders_at_venue(snapshot: Snapshot, source: PriceSource, tag: str) -> list[OrderRow]:
    """Both listings."""
    return [
        OrderRow(
            symbol=order.key.symbol,
            kind=order.kind.value,
            side=order.side.value.lower(),
            trigger=order.trigger_price or order.limit_price,
            quantity=None if order.close_position else order.quantity,
            owner="ours" if is_ours(order.key.client_id, tag) else "foreign",
            protects=_protects(order, snapshot.positions, source),
            client_id=order.key.client_id,
        )
        for order in snapshot.orders
    ]


def positions_in_store(trades: Sequence[Trade]) -> list[PositionRow]:
    """Positions as the engine last wrote them down."""
    rows = []
    for trade in trades:
        if trade.quantity == ZERO:
            continue
        best: Price | None = None
        for slot in _working(trade):
            best = slot.trigger_price if best is None else tightest(trade.side, slot.trigger_price, best)
        covers = sum((slot.quantity or trade.quantity for slot in _working(trade)), ZERO)
        rows.append(
            PositionRow(
                symbol=trade.symbol,
                side=trade.side.value,
                quantity=trade.quantity,
                entry=trade.entry_price,
                mark=None,
                stop=best,
                covered=min(covers, trade.quantity),
                state=_state(trade),
                bot=trade.bot or None,
                opened_by="others" if trade.entry is None else "jackline",
                plan=trade.stop.disaster_price,
            )
        )
    return rows


def orders_in_store(trades: Sequence[Trade]) -> list[OrderRow]:
    """Stops and targets that the engine believes may rest."""
    return [
        OrderRow(
            symbol=trade.symbol,
            kind=slot.role.name.lower(),
            side=trade.side.closes_with.value.lower(),
            trigger=slot.trigger_price if slot.callback_fraction is None else None,
            quantity=slot.quantity,
            owner="ours",
            protects=slot.state.value,
            client_id=slot.client_id,
        )
        for trade in trades
        for slot in trade.slots
        if slot.state.may_be_live
    ]


def show(rows: Sequence[DataclassInstance], *, empty: str, note: str) -> None:
    """Print a table, or one line when there is nothing. `note` says whose word this is."""
    console = Console(width=WIDTH, highlight=False)
    with console.capture() as shown:
        if rows:
            every = [field.name for field in fields(rows[0])]
            # A column that nobody fills takes the room of one that is read.
            names = [name for name in every if any(getattr(row, name) is not None for row in rows)]
            table = Table(box=SIMPLE_HEAD, padding=0, pad_edge=False, show_edge=False)
            for name in names:
                figures = any(isinstance(getattr(row, name), Decimal) for row in rows)
                heading = name.replace("_", " ")
                table.add_column(heading, overflow="fold", justify="right" if figures else "left")
            for row in rows:
                table.add_row(*(_cell(getattr(row, name)) for name in names))
            console.print(table)
        else:
            console.print(empty)
        console.print(note, style="dim")
    print(without_padding(shown.get()), end="")


def print_json(**facts: object) -> None:
    """One JSON object; decimals as strings, so that no digit is lost."""
    print(json.dumps(facts, default=_plain))


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{type(value)} is not shown")


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if not isinstance(value, Decimal):
        return str(value)
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _protects(order: OrderView, positions: Iterable[PositionView], source: PriceSource) -> str:
    here = [position for position in positions if position.symbol == order.key.symbol]
    if not here:
        return "no position"
    faults = [stop_fault(order, position, source) for position in here]
    return "yes" if None in faults else str(faults[0]).replace("_", " ")


def _state(trade: Trade) -> str:
    """The phase, why it closes where it does, and of how many entries it is where that is more than one."""
    closing = trade.phase is Phase.CLOSING and trade.exit_words
    state = f"{trade.phase.value}: {trade.exit_words}" if closing else trade.phase.value
    entered = trade.entries_filled
    return state if entered < 2 else f"{state}, {entered} entries"


def _working(trade: Trade) -> list[OrderSlot]:
    return [slot for slot in trade.stops if slot.state is SlotState.WORKING]
