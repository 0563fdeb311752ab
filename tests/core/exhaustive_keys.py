"""Names for equal worlds: the same name for two states exactly when nothing that follows can tell them apart.

Times are told relative to now, and what is past by more than any deadline is simply past. What only reports read
(when a trade opened, when a mark came) is left out. Every other field of the engine's memory is in the name, a new
one too, so that a forgotten field costs merges and never soundness; `test_equal_names_have_equal_futures` checks
it against the successors themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any

from jackline.core.orders import FillView, OrderView, Snapshot
from jackline.core.state import MarketState, State
from jackline.core.trade import CloseSlot, EntrySlot, OrderSlot, Trade
from tests.core.small_venue import SmallVenue

PAST_MS = -10_000
"""Longer ago than every period and deadline that a trade of these worlds meets."""
ASKED_PAST = -6
"""Snapshots are numbered; more than this many are never on their way at once."""

IGNORED: dict[type[Any], set[str]] = {
    # Settings, bots and filters never change here; no second trade is minted; money is unknown to this venue.
    State: {
        "tag",
        "fence",
        "ordinal",
        "traits",
        "risk",
        "protection",
        "bots",
        "instruments",
        "markets",
        "trades",
        "in_flight",
    }
    | {"asked", "taken", "equity_quote", "books_from_ms"}
    # They gate signals only, and there is one.
    | {"averages", "bar_ms", "bots", "bots_stopped", "limits_of_file"},
    # The mark's age and the cooldown gate signals only, and there is one signal. A gap that is over is no gap.
    MarketState: {"mark_wire_ms", "mark_market_ms", "cooldown_until_ms", "mutated", "fills_gap_ms"},
    # The plan follows from the trade id; the rest is for reports, or for a maximum hold of hours.
    Trade: {"entry", "entry_slot", "disaster", "working", "target", "close", "opened_market_ms"}
    | {"first_exposed_ms", "first_protected_ms"}
    # Three trades that lost in a row stop new risk, and there is one; the number behind an exit is for reports.
    | {"result_quote", "exit_parameter"},
    EntrySlot: {"sent_ms"},
    OrderSlot: set(),
    CloseSlot: {"wanted_ms"},
}
"""What a name leaves out, or `Names` tells in a way of its own."""


class Shape:
    """How one class is told: its plain fields as they are, its times relative to now."""

    def __init__(self, kind: type[Any]) -> None:
        names = [one.name for one in fields(kind) if one.name not in IGNORED[kind]]
        times = [name for name in names if name.endswith("_ms")]
        plain = [name for name in names if name not in times]
        self.plain: Callable[[Any], Any] = attrgetter(*plain)
        self.times: Callable[[Any], Any] = attrgetter(*times)
        self.several = len(times) > 1

    def tell(self, value: Any, now_ms: int) -> Hashable:
        times = self.times(value)
        return self.plain(value), tuple(since(one, now_ms) for one in (times if self.several else (times,)))


def since(time_ms: int | None, now_ms: int) -> int | None:
    """A time as seen from now: negative is past, at most so far."""
    return None if time_ms is None else max(time_ms - now_ms, PAST_MS)


SHAPES = {kind: Shape(kind) for kind in IGNORED}


@dataclass(slots=True, kw_only=True)
class Names:
    """Small numbers for equal things. One instance a search."""

    known: dict[Hashable, int] = field(default_factory=dict)
    _trades: dict[int, tuple[Trade, int, int]] = field(default_factory=dict)
    _venues: dict[int, tuple[SmallVenue, int]] = field(default_factory=dict)

    def name(self, thing: Hashable) -> int:
        """The number of a thing: equal things have one."""
        return self.known.setdefault(thing, len(self.known))

    def state(self, state: State, now_ms: int) -> int:
        """The engine's memory."""
        asked = state.asked
        markets = tuple(
            (
                SHAPES[MarketState].tell(market, now_ms),
                max(market.mutated - asked, ASKED_PAST),
                max(market.fills_gap_ms - now_ms, 0),
            )
            for market in state.markets.values()
        )
        trades = tuple(self.trade(trade, now_ms) for trade in state.trades.values())
        flights = tuple(sorted(state.in_flight))
        taken = max(state.taken - asked, ASKED_PAST)
        return self.name((SHAPES[State].tell(state, now_ms), asked == 0, taken, markets, trades, flights))

    def trade(self, trade: Trade, now_ms: int) -> int:
        """One trade, in memory or on disk."""
        kept = self._trades.get(id(trade))
        if kept is not None and kept[1] == now_ms:
            return kept[2]
        told = (
            SHAPES[Trade].tell(trade, now_ms),
            trade.first_exposed_ms is None,
            trade.entry is None,
            _told(EntrySlot, trade.entry_slot, now_ms),
            trade.entry_slot is None or trade.entry_slot.sent_ms is None,
            tuple(SHAPES[OrderSlot].tell(slot, now_ms) for slot in trade.stops),
            trade.disaster is None,
            _told(OrderSlot, trade.target, now_ms),
            _told(CloseSlot, trade.close, now_ms),
        )
        number = self.name(told)
        if len(self._trades) > 50_000:
            self._trades.clear()
        self._trades[id(trade)] = (trade, now_ms, number)
        return number

    def venue(self, venue: SmallVenue) -> int:
        """The venue's books: open orders in the order of their listing, the others in any."""
        kept = self._venues.get(id(venue))
        if kept is not None:
            return kept[1]
        told = (
            (venue.position, venue.average, venue.mark),
            tuple(venue.live),
            frozenset(order for order in venue.orders.values() if not order.state.is_open),
            fills_told(venue.fills),
            (*venue.entries, "", *venue.opened_by_reduction),
        )
        number = self.name(told)
        if len(self._venues) > 50_000:
            self._venues.clear()
        self._venues[id(venue)] = (venue, number)
        return number


def fills_told(fills: Iterable[FillView]) -> Hashable:
    """Executions without their times."""
    return tuple((fill.fill_id, fill.order_id, fill.side, fill.quantity, fill.price) for fill in fills)


def snapshot_told(snapshot: Snapshot) -> Hashable:
    """A snapshot without its times and its number."""
    orders: tuple[OrderView, ...] = snapshot.orders
    positions = tuple((one.side, one.quantity, one.entry_price, one.mark) for one in snapshot.positions)
    return snapshot.symbols, orders, positions


def _told(kind: type[Any], value: Any, now_ms: int) -> Hashable:
    return None if value is None else SHAPES[kind].tell(value, now_ms)
