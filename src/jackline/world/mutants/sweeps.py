"""Mutants of what is believed: one flat snapshot, an unresolved entry, an old snapshot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from jackline.core import observing, sweeping
from jackline.core.ids import Role, parse_client_id
from jackline.core.machine import Phase, Trigger
from jackline.core.orders import OrderView, Snapshot
from jackline.core.trade import Trade
from jackline.core.turn import Turn
from jackline.core.values import ZERO, Quantity, Symbol, WireMs
from jackline.world.mutants.patching import Patch

OnFlat = Callable[[Turn, Trade, Snapshot], None]


def _one_is_enough(original: OnFlat) -> OnFlat:
    def on_flat(turn: Turn, trade: Trade, snapshot: Snapshot) -> None:
        earlier = WireMs(snapshot.asked_ms - turn.state.protection.sweep_gap_ms)
        original(turn, turn.put(replace(trade, flat_ms=earlier)), snapshot)

    return on_flat


def _seen_at_once(_: object) -> Any:
    def is_unseen(_: Trade) -> bool:
        return False

    return is_unseen


def _balanced(original: OnFlat) -> OnFlat:
    def on_flat(turn: Turn, trade: Trade, snapshot: Snapshot) -> None:
        slot = trade.entry_slot
        nothing = None if slot is None else replace(slot, filled=Quantity(ZERO))
        original(turn, turn.put(replace(trade, balance=ZERO, entry_slot=nothing)), snapshot)

    return on_flat


def _settled(_: object) -> Any:
    def fills_settled(_: Turn, __: Symbol) -> bool:
        return True

    return fills_settled


def _always_resolved(_: object) -> Any:
    def is_resolved(_: Trade) -> bool:
        return True

    return property(is_resolved)


def _unanswered_too(original: OnFlat) -> OnFlat:
    def on_flat(turn: Turn, trade: Trade, snapshot: Snapshot) -> None:
        if trade.phase in {Phase.ENTERING, Phase.DOUBTFUL}:
            trade = turn.put(trade.on(Trigger.ENTRY_DEAD))
        original(turn, trade, snapshot)

    return on_flat


def _always_fresh(_: object) -> Any:
    def is_fresh(_: Turn, snapshot: Snapshot, symbol: Symbol) -> bool:
        return snapshot.lists(symbol)

    return is_fresh


IsLeftover = Callable[[Turn, Trade, OrderView], bool]


def _entry_left_open(original: IsLeftover) -> IsLeftover:
    def is_leftover(turn: Turn, trade: Trade, order: OrderView) -> bool:
        name = parse_client_id(order.key.client_id)
        entry = name is not None and name.role is Role.ENTRY
        return not entry and original(turn, trade, order)

    return is_leftover


ENTRY_CANCELLED = (Patch(owner=sweeping, name="_is_leftover", make=_entry_left_open),)
ONE_SNAPSHOT = (Patch(owner=sweeping, name="on_flat", make=_one_is_enough),)
SECOND_LOOK = (Patch(owner=observing, name="_is_unseen", make=_seen_at_once),)
FILLS_BALANCE = (
    Patch(owner=sweeping, name="on_flat", make=_balanced),
    Patch(owner=Turn, name="fills_settled", make=_settled),
)
OPEN_INTENTS = (
    Patch(owner=Trade, name="is_resolved", make=_always_resolved),
    Patch(owner=observing, name="_on_flat", make=_unanswered_too),
)
OLD_SNAPSHOT = (Patch(owner=Turn, name="is_fresh", make=_always_fresh),)
