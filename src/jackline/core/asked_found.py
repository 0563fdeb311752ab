"""Asked orders that rest at the venue and whose record is gone: their ids still say what they are (O2)."""

from __future__ import annotations

from dataclasses import replace

from jackline.core.asked_order import AskedKind, AskedOrder, AskedStatus, AskedTerms
from jackline.core.ids import OrderName, Role
from jackline.core.orders import OrderKind, OrderView
from jackline.core.trade import OrderSlot, Trade

_KINDS = {
    Role.ASKED_STOP: AskedKind.STOP,
    Role.ASKED_TARGET: AskedKind.TARGET,
    # How far it trailed is lost with its record: it stays where it stands.
    Role.ASKED_TRAIL: AskedKind.STOP,
}

CLOCKS_APART_MS = 2_000
"""So much the clocks of the venue and of whoever asked may differ: an order that is older is of another wish."""


def asked_kind(name: OrderName, order: OrderView) -> AskedKind | None:
    """What was asked for with an order of this name; None where it is none, or of another type."""
    kind = _KINDS.get(name.role)
    wanted = OrderKind.TARGET_MARKET if kind is AskedKind.TARGET else OrderKind.STOP_MARKET
    return kind if order.kind is wanted else None


def with_found(trade: Trade, name: OrderName, order: OrderView, slot: OrderSlot) -> Trade:
    """The trade with an order that its records do not name: of a wish that waits for one, or a wish without words."""
    kind = asked_kind(name, order)
    if kind is None:
        return trade
    slots = (*trade.asked_slots, slot)
    for asked in trade.asked:
        younger = order.updated_ms >= asked.terms.created_ms - CLOCKS_APART_MS
        waits = asked.client_id is None and not asked.status.is_over and younger
        if waits and asked.terms.kind.role is name.role and asked.level_price in {None, slot.trigger_price}:
            known = replace(asked, client_id=slot.client_id, level_price=slot.trigger_price)
            rest = tuple(known if one is asked else one for one in trade.asked)
            return replace(trade, asked=rest, asked_slots=slots)
    terms = AskedTerms(
        order_id=f"found_{slot.client_id}",
        kind=kind,
        symbol=trade.symbol,
        side=trade.side,
        quantity=slot.quantity,
        trigger_price=slot.trigger_price,
        trailing_fraction=None,
        created_ms=order.updated_ms,
    )
    found = AskedOrder(
        terms=terms,
        command_id="",
        status=AskedStatus.ACTIVE,
        owes_answer=False,
        client_id=slot.client_id,
        level_price=slot.trigger_price,
        read_back_ms=order.updated_ms,
    )
    return replace(trade, asked=(*trade.asked, found), asked_slots=slots)
