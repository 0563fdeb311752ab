"""Core requests as orders of the local exchange, without a wire; and its refusals as outcomes."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from jackline.core.orders import OrderKey, OrderView, PositionMode, PriceSource
from jackline.core.outcomes import Absent, Acked, OrderAnswer, Outcome, Refusal, Refused
from jackline.core.requests import (
    CancelOrder,
    CloseShape,
    Mutation,
    ReadOrder,
    SendClose,
    SendEntry,
    SendStop,
    SendTarget,
    SendTrailing,
)
from jackline.core.values import ZERO
from jackline.core.values import Side as PositionOf
from jackline.exchange.account import Account
from jackline.exchange.conditions import AlgoRequest
from jackline.exchange.errors import VenueError
from jackline.exchange.orders import OrderRequest
from jackline.exchange.values import OrderType, PositionSide, Side, TimeInForce, WorkingType
from jackline.exchange.venue import Venue
from jackline.research.backtest.port_views import algo_view, order_view
from jackline.venue.binance.refusals import refused


def carry_out(venue: Venue, account: Account, request: Mutation) -> Outcome:
    """One mutation, as the wire would take it."""
    try:
        match request:
            case SendEntry():
                return Acked(order=order_view(venue.place_order(account, _entry(request))))
            case SendClose():
                return Acked(order=order_view(venue.place_order(account, _close(request))))
            case SendStop() | SendTarget() | SendTrailing():
                return Acked(order=algo_view(venue.place_algo(account, _conditional(request))))
            case CancelOrder(key=key):
                return Acked(order=_cancelled(venue, account, key))
            case _:
                assert_never(request)
    except VenueError as refusal:
        return _meant(request, refused(refusal.code, refusal.text))


def look_up(account: Account, request: ReadOrder) -> OrderAnswer:
    """One order by our own client id."""
    if request.conditional:
        algo = account.algos.get(account.algo_ids.get(request.client_id, 0))
        return Absent() if algo is None else algo_view(algo)
    order = account.orders.get(account.order_ids.get(request.client_id, 0))
    return Absent() if order is None else order_view(order)


def _entry(request: SendEntry) -> OrderRequest:
    entry = request.entry
    return OrderRequest(
        symbol=entry.symbol,
        side=Side(entry.side.opens_with.value),
        position_side=_leg(entry.side, entry.mode),
        type=OrderType.LIMIT,
        quantity=entry.quantity,
        price=entry.collar_price,
        time_in_force=TimeInForce.IOC,
        reduce_only=False,
        client_id=request.client_id,
    )


def _close(request: SendClose) -> OrderRequest:
    market = request.shape in {CloseShape.PLAIN_MARKET, CloseShape.REDUCE_ONLY_MARKET}
    flagged = request.shape is not CloseShape.PLAIN_MARKET and request.mode is PositionMode.NETTING
    return OrderRequest(
        symbol=request.symbol,
        side=Side(request.side.closes_with.value),
        position_side=_leg(request.side, request.mode),
        type=OrderType.MARKET if market else OrderType.LIMIT,
        quantity=request.quantity,
        price=None if market else request.limit_price,
        time_in_force=TimeInForce.GTC if market else TimeInForce.IOC,
        reduce_only=flagged,
        client_id=request.client_id,
    )


def _conditional(request: SendStop | SendTarget | SendTrailing) -> AlgoRequest:
    trails = isinstance(request, SendTrailing)
    kind = OrderType.TRAILING_STOP_MARKET if trails else OrderType.TAKE_PROFIT_MARKET
    whole = isinstance(request, SendStop) and request.quantity is None
    return AlgoRequest(
        symbol=request.symbol,
        side=Side(request.side.closes_with.value),
        position_side=_leg(request.side, request.mode),
        type=OrderType.STOP_MARKET if isinstance(request, SendStop) else kind,
        quantity=request.quantity or ZERO,
        price=None,
        trigger_price=None if isinstance(request, SendTrailing) else request.trigger_price,
        activate_price=request.activate_price if isinstance(request, SendTrailing) else None,
        callback_fraction=request.callback_fraction if isinstance(request, SendTrailing) else None,
        time_in_force=TimeInForce.GTC,
        working_type=(
            WorkingType.MARK_PRICE if request.price_source is PriceSource.MARK else WorkingType.CONTRACT_PRICE
        ),
        close_position=whole,
        reduce_only=not whole and request.mode is PositionMode.NETTING,
        price_protect=False,
        client_id=request.client_id,
    )


def _cancelled(venue: Venue, account: Account, key: OrderKey) -> OrderView:
    """Raises VenueError for an order that is not there any more."""
    if key.conditional:
        algo = account.algos.get(key.venue_id or account.algo_ids.get(key.client_id, 0))
        if algo is None:
            raise VenueError(-20124)
        return algo_view(venue.cancel_algo(account, algo))
    order = account.orders.get(key.venue_id or account.order_ids.get(key.client_id, 0))
    if order is None:
        raise VenueError(-2011)
    return order_view(venue.cancel_order(account, order))


def _leg(side: PositionOf, mode: PositionMode) -> PositionSide:
    return PositionSide(side.name) if mode is PositionMode.HEDGE else PositionSide.BOTH


def _meant(request: Mutation, outcome: Refused) -> Outcome:
    """As the transport reads it: a stop that has nothing to reduce needs a position; a close has met a flat one."""
    standing = isinstance(request, SendStop | SendTarget | SendTrailing)
    if standing and outcome.kind is Refusal.NOTHING_TO_REDUCE:
        return replace(outcome, kind=Refusal.NEEDS_POSITION)
    return outcome
