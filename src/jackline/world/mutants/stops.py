"""Mutants of protection: the emergency close, the order of a move, the ratchet, the disk, and sizes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from jackline.core import adopting, closing, entering, observing, protecting, slots
from jackline.core.ids import Role, parse_client_id
from jackline.core.orders import OrderKey, OrderView, PositionView
from jackline.core.requests import CancelOrder, Mutation, SendEntry, StopShape
from jackline.core.trade import ExitReason, OrderSlot, Trade
from jackline.core.turn import Turn
from jackline.core.values import Price, WireMs
from jackline.engine.protector import Protector
from jackline.engine.runner import Runner
from jackline.world.mutants.patching import Patch

EMERGENCIES = {ExitReason.STOP_REACHED, ExitReason.STOP_FAILED, ExitReason.DEADLINE}

Want = Callable[[Turn, Trade, ExitReason], Trade]


def _no_emergency(original: Want) -> Want:
    def want(turn: Turn, trade: Trade, reason: ExitReason) -> Trade:
        return trade if reason in EMERGENCIES else original(turn, trade, reason)

    return want


def _watchdog_blind(_: object) -> Any:
    def judge(*_: object) -> tuple[()]:
        return ()

    return judge


def _old_goes_first(original: Callable[..., tuple[Trade, OrderSlot]]) -> Any:
    def place(turn: Turn, trade: Trade, *, role: Role, **named: Any) -> tuple[Trade, OrderSlot]:
        for slot in trade.working if role is Role.WORKING else ():
            key = OrderKey(
                symbol=trade.symbol, client_id=slot.client_id, venue_id=slot.venue_id, conditional=True
            )
            turn.send(CancelOrder(trade_id=trade.trade_id, key=key, why="out of the way"), trade.symbol)
            trade = turn.put(trade.with_slot(replace(slot, cancelling=True)))
        return original(turn, trade, role=role, **named)

    return place


Send = Callable[[Runner, Mutation, object], Awaitable[None]]


def _disk_first(original: Send) -> Send:
    async def send(self: Any, request: Mutation, recorded: object) -> None:
        if not isinstance(request, SendEntry):
            await self._recorder.canary(request)
        await original(self, request, recorded)

    return send


TakeUp = Callable[[Trade, OrderView], Trade]


def _working_stop_unknown(original: TakeUp) -> TakeUp:
    def take_up_order(trade: Trade, order: OrderView) -> Trade:
        name = parse_client_id(order.key.client_id)
        return trade if name is not None and name.role is Role.WORKING else original(trade, order)

    return take_up_order


TrailingPrice = Callable[[Turn, Trade], Price | None]


def _journal_is_enough(original: TrailingPrice) -> TrailingPrice:
    def trailing_price(turn: Turn, trade: Trade) -> Price | None:
        return original(turn, replace(trade, quantity_ms=trade.quantity_ms or WireMs(0)))

    return trailing_price


Observe = Callable[[Turn, PositionView, WireMs], Trade]


def _ordered_quantity(original: Observe) -> Observe:
    def observe_position(turn: Turn, position: PositionView, asked_ms: WireMs) -> Trade:
        trade = original(turn, position, asked_ms)
        return trade if trade.entry is None else turn.put(replace(trade, quantity=trade.entry.quantity))

    return observe_position


def _ordered_exposure(original: Callable[..., Trade]) -> Any:
    def expose(turn: Turn, trade: Trade, **named: Any) -> Trade:
        trade = original(turn, trade, **named)
        return trade if trade.entry is None else turn.put(replace(trade, quantity=trade.entry.quantity))

    return expose


def _first_quantity(original: Observe) -> Observe:
    def observe_position(turn: Turn, position: PositionView, asked_ms: WireMs) -> Trade:
        before = turn.trade_of(position.symbol, position.side)
        trade = original(turn, position, asked_ms)
        if before is None or before.entry is not None:
            return trade
        return turn.put(replace(trade, quantity=before.quantity))

    return observe_position


OnNaked = Callable[[Turn, Trade, PositionView], None]


def _not_topped_up(original: OnNaked) -> OnNaked:
    def on_naked(turn: Turn, trade: Trade, position: PositionView) -> None:
        if trade.entry is not None or trade.disaster is None:
            original(turn, trade, position)

    return on_naked


def _adopted_by_quantity(original: Callable[..., Trade]) -> Any:
    def place_disaster(turn: Turn, trade: Trade, shape: StopShape) -> Trade:
        return original(turn, trade, StopShape.QUANTITY if trade.entry is None else shape)

    return place_disaster


NO_EMERGENCY_CLOSE = (Patch(owner=closing, name="want", make=_no_emergency),)
WATCHDOG = (Patch(owner=Protector, name="judge", make=_watchdog_blind),)
CANCEL_FIRST = (Patch(owner=slots, name="place", make=_old_goes_first),)
DISK_FIRST = (Patch(owner=Runner, name="_send", make=_disk_first),)
JOURNAL_RATCHET = (
    Patch(owner=adopting, name="take_up_order", make=_working_stop_unknown),
    Patch(owner=protecting, name="_trailing_price", make=_journal_is_enough),
    Patch(owner=observing, name="_heed", make=lambda _: lambda _turn, trade, _snapshot: trade),
)
ORDERED_SIZE = (
    Patch(owner=observing, name="_observe_position", make=_ordered_quantity),
    Patch(owner=entering, name="expose", make=_ordered_exposure),
)
NOT_RESIZED = (
    Patch(owner=observing, name="_observe_position", make=_first_quantity),
    Patch(owner=observing, name="_on_naked", make=_not_topped_up),
)
WHOLE_POSITION = (Patch(owner=protecting, name="_place_disaster", make=_adopted_by_quantity),)
