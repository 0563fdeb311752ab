"""The core's requests in a venue's own words: exactly one shape for each, or a reason why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from jackline.core.errors import invariant
from jackline.core.orders import OrderKey, PositionMode
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
    StopShape,
)
from jackline.core.values import Side
from jackline.venue.recorded.shape import Action, Shape
from jackline.venue.recorded.slots import Name, Values
from jackline.venue.recorded.terms import Terms
from jackline.venue.recorded.values import (
    close_values,
    conditional_values,
    entry_values,
    key_values,
    market_values,
    order_name,
)
from jackline.venue.recorded.venue import RecordedVenue
from jackline.venue.recorded.wire import NotWired, WireRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveStop:
    """Move the quantity stop named by `key` to where `stop` says, in one request. P4 is the caller's to keep."""

    key: OrderKey
    stop: SendStop


def write(venue: RecordedVenue, request: Mutation, terms: Terms) -> WireRequest:
    """The one form in which this request may leave. Raises NotWired where the venue has none."""
    match request:
        case SendEntry(entry=entry):
            _offered(venue, request)
            values = entry_values(venue, request, terms)
            return _written(venue, Action.ENTRY, values, entry.mode, entry.side)
        case SendStop():
            whole = request.shape is StopShape.WHOLE_POSITION
            invariant(
                whole == (request.quantity is None), "P3", shape=request.shape, quantity=request.quantity
            )
            action = Action.STOP_WHOLE if whole else Action.STOP_QUANTITY
            return _written(
                venue, action, conditional_values(venue, request, terms), request.mode, request.side
            )
        case SendTarget():
            values = conditional_values(venue, request, terms)
            return _written(venue, Action.TARGET, values, request.mode, request.side)
        case SendTrailing():
            raise NotWired(f"nothing that follows the price is sent: {request.symbol}")
        case SendClose():
            values = close_values(venue, request, terms)
            return _written(venue, _closing(venue, request), values, request.mode, request.side)
        case CancelOrder(key=key):
            action = Action.CANCEL_CONDITIONAL if key.conditional else Action.CANCEL_PLAIN
            return _written(venue, action, key_values(venue, key, terms))
        case _:
            assert_never(request)


def move(venue: RecordedVenue, request: MoveStop, terms: Terms) -> WireRequest:
    """One request that moves a stop. Raises NotWired where a stop moves by placing another one."""
    values = conditional_values(venue, request.stop, terms) | key_values(venue, request.key, terms)
    return _written(venue, Action.MOVE_STOP, values, request.stop.mode, request.stop.side)


def read_order(venue: RecordedVenue, request: ReadOrder, terms: Terms) -> WireRequest:
    """Ask about one order by our id. Raises NotWired where only a listing can tell."""
    action = Action.READ_CONDITIONAL if request.conditional else Action.READ_PLAIN
    return _written(venue, action, order_name(venue, request.client_id, terms))


def listings(venue: RecordedVenue, terms: Terms) -> tuple[WireRequest, ...]:
    """All listings of open orders of a market: with one left out, a stop can be invisible."""
    values = market_values(venue, terms)
    written = [shape.write(values) for action in _LISTINGS for shape in venue.of(action)]
    return tuple(request for place, request in enumerate(written) if request not in written[:place])


def positions(venue: RecordedVenue, terms: Terms) -> WireRequest:
    """Read the open positions."""
    return _written(venue, Action.READ_POSITIONS, market_values(venue, terms))


def settings(venue: RecordedVenue, terms: Terms) -> tuple[WireRequest, ...]:
    """Read leverage, margin type and position mode, as far as requests for them are recorded."""
    return tuple(shape.write(market_values(venue, terms)) for shape in venue.of(Action.READ_SETTINGS))


def prepare(
    venue: RecordedVenue, terms: Terms, *, leverage: int, mode: PositionMode
) -> tuple[WireRequest, ...]:
    """Set leverage and margin type. The position mode is read and never set: it is the account's, for all markets."""
    values = market_values(venue, terms) | {Name.LEVERAGE: str(leverage)}
    wanted = [*venue.of(Action.SET_LEVERAGE), *venue.of(Action.SET_MARGIN)]
    fitting = [shape for shape in wanted if shape.mode in (None, mode)]
    if not fitting:
        raise NotWired(f"{venue.profile.name}: no request sets leverage in {mode} mode")
    return tuple(_fill(venue, shape, values) for shape in fitting)


_LISTINGS = (Action.LIST_PLAIN, Action.LIST_CONDITIONAL)


def _offered(venue: RecordedVenue, request: SendEntry) -> None:
    profile, rung = venue.profile, request.entry.rung
    if not profile.rungs:
        raise NotWired(f"{profile.name} offers no rung: {profile.no_rung}")
    if rung not in profile.rungs:
        raise NotWired(f"{profile.name} offers {', '.join(profile.rungs)}, and the plan stands on {rung}")


def _closing(venue: RecordedVenue, request: SendClose) -> Action:
    match request.shape:
        case CloseShape.REDUCE_ONLY_MARKET:
            return Action.CLOSE_MARKET
        case CloseShape.IOC_1_PERCENT | CloseShape.IOC_3_PERCENT | CloseShape.IOC_10_PERCENT:
            invariant(request.limit_price is not None, "P1", shape=request.shape)
            return Action.CLOSE_LIMIT
        case CloseShape.PLAIN_MARKET:
            # Without a flag it could open, and no read of a recorded venue is fresh enough to stand in for one.
            raise NotWired(f"{venue.profile.name}: a close without its flag has no shape")
        case _:
            assert_never(request.shape)


def _written(
    venue: RecordedVenue,
    action: Action,
    values: Values,
    mode: PositionMode | None = None,
    side: Side | None = None,
) -> WireRequest:
    shapes = [*_candidates(venue, action, mode, side)]
    for shape in shapes:
        if set(shape.slots()) <= values.keys():
            return _fill(venue, shape, values)
    if not shapes:
        where = f" in {mode} mode" if mode is not None else ""
        raise NotWired(f"{venue.profile.name}: no request does {action}{where}")
    lacking = sorted(name.value for name in set(shapes[0].slots()) - values.keys())
    raise NotWired(f"{venue.profile.name}: {action} cannot be said without {', '.join(lacking)}")


def _candidates(
    venue: RecordedVenue, action: Action, mode: PositionMode | None, side: Side | None
) -> Iterator[Shape]:
    for shape in venue.of(action):
        if shape.mode in (None, mode) and shape.side in (None, side):
            yield shape


def _fill(venue: RecordedVenue, shape: Shape, values: Values) -> WireRequest:
    try:
        return shape.write(values)
    except (
        KeyError,
        ValueError,
    ) as missing:  # no such word, or part of a contract where only whole ones are sold
        raise NotWired(f"{venue.profile.name}: {shape.action} has no word for {missing}") from None
