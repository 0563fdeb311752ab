"""Mutants of the entry: its intent, its one sending, its signal, its fence, its window, its end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from jackline.core import entering, market_gates
from jackline.core.effects import SaveTrade
from jackline.core.events import BarClosed, IntentDurable, Signalled
from jackline.core.orders import Bar, OrderView
from jackline.core.outcomes import Absent, Denied, Outcome, Reason, Unknown
from jackline.core.requests import SendEntry
from jackline.core.trade import SlotState, Trade
from jackline.core.turn import Turn
from jackline.core.values import WireMs
from jackline.engine.runner import Runner
from jackline.venue.binance import orders, requests
from jackline.venue.binance.gate import RequestGate
from jackline.venue.binance.market_stream import MarketStream
from jackline.venue.binance.orders import OrderDesk
from jackline.venue.transport.gate import GateRefused
from jackline.world.mutants.patching import Patch

LONG_WINDOW_MS = 60_000
"""The longest the venue grants."""
FENCED_WINDOW_MS = 4_000
"""As long as an entry's fence: with the fence on, nothing arrives that was written off."""
HASTY_S = 0.6
"""Shorter than the receive window: an entry is called unknown while it may still execute."""
_BUSY = {Reason.SYMBOL_BUSY, Reason.SWEEP_PENDING, Reason.COOLDOWN}

Enter = Callable[[OrderDesk, SendEntry], Awaitable[Outcome]]


def _intent_not_awaited(_: object) -> Callable[[Runner, SaveTrade], None]:
    def save(self: Any, effect: SaveTrade) -> None:
        self._recorder.trade(effect)
        if effect.intent:
            self._inbox.put(IntentDurable(trade_id=effect.trade.trade_id))

    return save


def _sent_again(original: Enter) -> Enter:
    async def enter(self: OrderDesk, request: SendEntry) -> Outcome:
        outcome = await original(self, request)
        return await original(self, request) if isinstance(outcome, Unknown) else outcome

    return enter


def _told_again(_: object) -> Callable[[MarketStream, Bar], None]:
    def tell(self: Any, bar: Bar) -> None:
        last = self._last.get(bar.symbol)
        self._last[bar.symbol] = bar.open_ms if last is None else max(last, bar.open_ms)
        self._sink(BarClosed(bar=bar))

    return tell


def _not_busy(
    original: Callable[[Turn, Signalled], Denied | None],
) -> Callable[[Turn, Signalled], Denied | None]:
    def gate(turn: Turn, event: Signalled) -> Denied | None:
        denied = original(turn, event)
        if denied is None or denied.reason not in _BUSY:
            return denied
        entries = [trade.entry for trade in turn.trades.values() if trade.symbol == event.symbol]
        same = any(entry is not None and entry.signal_market_ms == event.market_ms for entry in entries)
        return None if same else denied

    return gate


Read = Callable[[Turn, Trade, OrderView | Absent], None]


def _unfenced(original: Read) -> Read:
    def on_entry_read(turn: Turn, trade: Trade, answer: OrderView | Absent) -> None:
        slot = trade.entry_slot
        if slot is not None and isinstance(answer, Absent):
            trade = replace(trade, entry_slot=replace(slot, fence_ms=WireMs(0)))
        original(turn, trade, answer)

    return on_entry_read


def _hasty(_: object) -> float:
    return HASTY_S


def _window(window_ms: int) -> Callable[[Callable[[SendEntry], dict[str, str]]], Any]:
    def make(original: Callable[[SendEntry], dict[str, str]]) -> Any:
        def entry(request: SendEntry) -> dict[str, str]:
            return original(request) | {"recvWindow": str(window_ms)}

        return entry

    return make


def _window_unchecked(original: Callable[[RequestGate, SendEntry, dict[str, str]], None]) -> Any:
    def check_entry(self: RequestGate, request: SendEntry, fields: dict[str, str]) -> None:
        original(self, request, fields | {"recvWindow": str(request.entry.receive_window_ms)})

    return check_entry


def _ticket_never_expires(original: Callable[[RequestGate, SendEntry, dict[str, str]], None]) -> Any:
    def check_entry(self: RequestGate, request: SendEntry, fields: dict[str, str]) -> None:
        try:
            original(self, request, fields)
        except GateRefused as refused:
            if refused.code != "O1":
                raise

    return check_entry


def _done_at_first_fill(original: Callable[[Turn, Trade, OrderView], None]) -> Any:
    def on_entry_view(turn: Turn, trade: Trade, order: OrderView) -> None:
        original(turn, trade, order)
        after = turn.trades.get(trade.trade_id)
        if after is not None and after.entry_slot is not None and order.filled > 0:
            turn.put(replace(after, entry_slot=replace(after.entry_slot, state=SlotState.GONE)))

    return on_entry_view


NO_INTENT = (Patch(owner=Runner, name="_save", make=_intent_not_awaited),)
RESEND = (Patch(owner=OrderDesk, name="_enter", make=_sent_again),)
BARS_TOLD_AGAIN = (Patch(owner=MarketStream, name="_tell", make=_told_again),)
ONE_TRADE_A_SYMBOL = (Patch(owner=market_gates, name="_market_gates", make=_not_busy),)
NO_FENCE = (Patch(owner=entering, name="on_entry_read", make=_unfenced),)
_UNCHECKED = Patch(owner=RequestGate, name="_check_entry", make=_window_unchecked)
LONG_WINDOW = (Patch(owner=requests, name="_entry", make=_window(LONG_WINDOW_MS)), _UNCHECKED)
FENCED_WINDOW = (Patch(owner=requests, name="_entry", make=_window(FENCED_WINDOW_MS)), _UNCHECKED)
PATIENT_WAIT = (Patch(owner=orders, name="ENTRY_DEADLINE_S", make=_hasty),)
TICKET_EXPIRY = (Patch(owner=RequestGate, name="_check_entry", make=_ticket_never_expires),)
DONE_AT_FIRST_FILL = (Patch(owner=entering, name="_on_entry_view", make=_done_at_first_fill),)
