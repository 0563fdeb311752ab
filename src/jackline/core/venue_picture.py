"""Positions by the venue's word alone: what is seen while no engine tells more."""

from __future__ import annotations

from jackline.core.coverage import coverage
from jackline.core.orders import OrderView, PositionView, PriceSource, Snapshot
from jackline.core.picture import PositionPicture, StopPicture
from jackline.core.trade import SlotState
from jackline.core.values import ZERO, Price, Quote


def venue_positions(look: Snapshot, source: PriceSource) -> tuple[PositionPicture, ...]:
    """Positions by the venue's word alone, where no engine tells more."""
    return tuple(_venue_position(position, look.orders, look.asked_ms, source) for position in look.positions)


def _venue_position(
    position: PositionView, orders: tuple[OrderView, ...], asked_ms: int, source: PriceSource
) -> PositionPicture:
    cover = coverage(position, orders, source)
    working = [order for order in orders if order.key.client_id in cover.working]
    return PositionPicture(
        trade_id="",
        symbol=position.symbol,
        side=position.side.value,
        bot="",
        adopted=True,
        phase="protected" if cover.quantity >= position.quantity else "exposed",
        quantity=position.quantity,
        entry_price=position.entry_price,
        mark=position.mark,
        liquidation_price=position.losing_liquidation_price,
        notional_quote=Quote(position.mark * position.quantity),
        unrealised_quote=Quote(
            (position.mark - position.entry_price) * position.quantity * position.side.sign
        ),
        intended_price=cover.tightest_price or Price(ZERO),
        sent_price=cover.tightest_price,
        confirmed_price=cover.tightest_price,
        target_price=None,
        covered_quantity=cover.quantity,
        stops=tuple(
            StopPicture(
                client_id=order.key.client_id,
                role="stop",
                state=SlotState.WORKING.value,
                trigger_price=order.trigger_price or Price(ZERO),
                quantity=None if order.close_position else order.quantity,
                venue_id=order.key.venue_id,
                confirmed_ms=asked_ms,
            )
            for order in working
        ),
        naked_since_ms=None if cover.quantity >= position.quantity else asked_ms,
        first_exposed_ms=None,
        confirm_ms=None,
        opened_market_ms=None,
        heat_quote=Quote(ZERO),
        exit_reason="",
        close_attempts=0,
    )
