"""The gate of recorded venues against everything that must not leave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from jackline.core.errors import InvariantBroken
from jackline.core.orders import PositionMode, PriceSource
from jackline.core.plan import Rung
from jackline.core.requests import CloseShape
from jackline.core.values import Side, price, quantity
from jackline.venue.recorded.registry import VENUES
from jackline.venue.recorded.shape import REDUCING, Action, Reduces, Shape
from jackline.venue.recorded.slots import Name, decimal, text
from jackline.venue.recorded.wire import NotWired, ShapeRefused, WireRequest
from jackline.venue.recorded.writer import write
from tests.venue.recorded.edits import changed, flipped, floated, with_each_leak, without_each
from tests.venue.recorded.gates import gate_of, offer, refusal, tickets
from tests.venue.recorded.samples import (
    LATEST,
    NAMES,
    NETTING,
    SIZE,
    cancel,
    close,
    entry,
    stop,
    target,
    terms_of,
)

ATTACHED = [name for name in NAMES if VENUES[name].profile.leg_scope is not None]
MODES = [
    (name, mode) for name in NAMES for mode in PositionMode if mode is NETTING or VENUES[name].profile.hedge
]
LEG_KEYS = {
    "bybit": "stopLoss",
    "okx": "attachAlgoOrds",
    "bitget": "presetStopLossPrice",
    "kucoin-futures": "triggerStopDownPrice",
    "htx": "sl_trigger_price",
}


def reductions(name: str) -> Iterator[tuple[Action, WireRequest]]:
    """Every stop, target and close that the venue has, on both sides and in both modes."""
    venue, terms = VENUES[name], terms_of(VENUES[name])
    for mode in PositionMode:
        for side in Side:
            for action, request in (
                (Action.STOP_WHOLE, stop(venue, side, mode)),
                (Action.STOP_QUANTITY, stop(venue, side, mode, SIZE)),
                (Action.TARGET, target(venue, side, mode)),
                (Action.CLOSE_MARKET, close(venue, side, mode)),
                (Action.CLOSE_LIMIT, close(venue, side, mode, CloseShape.IOC_1_PERCENT)),
            ):
                try:
                    yield action, write(venue, request, terms)
                except NotWired:
                    continue


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("side", list(Side))
def test_P2_an_entry_passes_on_its_ticket_and_only_then(name: str, side: Side) -> None:
    venue, gate = VENUES[name], gate_of(VENUES[name])
    request = entry(venue, side)
    made = write(venue, request, terms_of(venue))
    with pytest.raises(ShapeRefused, match="no protected entry is behind it"):
        offer(gate, made)
    with tickets(gate, venue, request):
        assert offer(gate, made) is Action.ENTRY
    with pytest.raises(ShapeRefused, match="P2"):
        offer(gate, made)


@pytest.mark.parametrize(("name", "mode"), MODES)
def test_P2_an_entry_with_anything_left_out_does_not_leave(name: str, mode: PositionMode) -> None:
    venue, gate = VENUES[name], gate_of(VENUES[name])
    request = entry(venue, mode=mode)
    made = write(venue, request, terms_of(venue))
    with tickets(gate, venue, request):
        for place, less in without_each(made):
            assert refusal(gate, less), f"{name} let an entry without {place} through"


@pytest.mark.parametrize("name", NAMES)
def test_P2_nothing_with_a_leak_leaves(name: str) -> None:
    venue, gate = VENUES[name], gate_of(VENUES[name])
    request = entry(venue)
    all_requests = [write(venue, request, terms_of(venue)), *(made for _, made in reductions(name))]
    with tickets(gate, venue, request):
        for made in all_requests:
            for place, more in with_each_leak(made):
                assert refusal(gate, more), f"{name} let {place} through"


@pytest.mark.parametrize("name", NAMES)
def test_P2_no_number_leaves_as_a_float(name: str) -> None:
    venue, gate = VENUES[name], gate_of(VENUES[name])
    request = entry(venue)
    tried = 0
    with tickets(gate, venue, request):
        for made in (write(venue, request, terms_of(venue)), *(made for _, made in reductions(name))):
            for _, bad in floated(made):
                with pytest.raises(ShapeRefused, match="leave as text"):
                    offer(gate, bad)
                tried += 1
    assert tried > 5


@pytest.mark.parametrize("name", ATTACHED)
def test_P2_an_entry_with_another_stop_than_planned_does_not_leave(name: str) -> None:
    venue, gate = VENUES[name], gate_of(VENUES[name])
    request = entry(venue)
    looser = replace(request.entry.stop, disaster_price=price("59000"))
    by_last = replace(request.entry.stop, price_source=PriceSource.LAST)
    others = [
        replace(request.entry, stop=looser),
        replace(request.entry, quantity=quantity("0.020")),
        replace(request.entry, collar_price=price("60151")),
    ]
    if venue.profile.mark_on_leg and name != "hyperliquid":  # there is no word for the source there
        others.append(replace(request.entry, stop=by_last))
    with tickets(gate, venue, request):
        for plan in others:
            with pytest.raises(ShapeRefused, match="differs from its plan"):
                offer(gate, write(venue, replace(request, entry=plan), terms_of(venue)))


@pytest.mark.parametrize("name", sorted(LEG_KEYS))
def test_P2_an_entry_without_its_leg_names_what_is_missing(name: str) -> None:
    venue, gate = VENUES[name], gate_of(VENUES[name])
    request = entry(venue)
    made = write(venue, request, terms_of(venue))
    assert isinstance(made.body, dict)
    bare = replace(made, body={key: value for key, value in made.body.items() if key != LEG_KEYS[name]})
    with tickets(gate, venue, request), pytest.raises(ShapeRefused, match=f"{LEG_KEYS[name]} is missing"):
        offer(gate, bare)


@pytest.mark.parametrize("name", NAMES)
def test_P3_a_reduction_with_anything_left_out_reduces_still_or_does_not_leave(name: str) -> None:
    """What is left may be the netting form of the same action: it reduces as much."""
    gate = gate_of(VENUES[name])
    tried = 0
    for action, made in reductions(name):
        for place, less in without_each(made):
            tried += 1
            try:
                left = offer(gate, less)
            except ShapeRefused:
                continue
            assert (left, place) in {(action, "positionSide"), (action, "position_side")}
    assert tried > 30


@pytest.mark.parametrize("name", NAMES)
def test_P3_no_flag_of_a_reduction_can_be_turned_round(name: str) -> None:
    gate = gate_of(VENUES[name])
    for action, made in reductions(name):
        for place, bad in flipped(made):
            other_side = (
                place[-1] == "b"
            )  # Hyperliquid's word for "buys": the same reduction, of the other side
            assert refusal(gate, bad) or other_side, f"{name} let {action} with {place} turned through"


@pytest.mark.parametrize("name", NAMES)
def test_P3_the_stop_of_one_side_is_not_the_stop_of_the_other(name: str) -> None:
    venue = VENUES[name]
    made = {side: write(venue, stop(venue, side, size=SIZE), terms_of(venue)) for side in Side}
    assert made[Side.LONG].body != made[Side.SHORT].body


@pytest.mark.parametrize(
    ("name", "place", "right", "wrong"),
    [
        ("bybit", ("triggerDirection",), 2, 1),
        ("kucoin-futures", ("stop",), "down", "up"),
        ("gate", ("trigger", "rule"), 2, 1),
    ],
)
def test_P3_a_stop_whose_trigger_looks_the_other_way_passes_as_a_target_alone(
    name: str, place: tuple[str, ...], right: object, wrong: object
) -> None:
    """The direction is all that tells the two apart: it is written for the side, and pinned for it."""
    venue = VENUES[name]
    made = write(venue, stop(venue, size=SIZE), terms_of(venue))
    assert offer(gate_of(venue), changed(made, place, right)) is Action.STOP_QUANTITY
    assert offer(gate_of(venue), changed(made, place, wrong)) is Action.TARGET
    assert offer(gate_of(venue), made) is Action.STOP_QUANTITY


@pytest.mark.parametrize("name", NAMES)
def test_P3_a_close_without_its_flag_has_no_shape(name: str) -> None:
    venue = VENUES[name]
    with pytest.raises(NotWired, match="without its flag"):
        write(venue, close(venue, shape=CloseShape.PLAIN_MARKET), terms_of(venue))


@pytest.mark.parametrize("name", NAMES)
def test_P6_no_cancel_without_a_name_leaves(name: str) -> None:
    venue, gate = VENUES[name], gate_of(VENUES[name])
    for conditional in (False, True):
        made = write(venue, cancel(venue, conditional=conditional, venue_id=7), terms_of(venue))
        assert offer(gate, made) in (Action.CANCEL_PLAIN, Action.CANCEL_CONDITIONAL)
        for _, less in without_each(made):
            with pytest.raises(ShapeRefused):
                offer(gate, less)


BLANKETS = {
    "bybit": ("POST", "/v5/order/cancel-all"),
    "okx": ("POST", "/api/v5/trade/cancel-all-after"),
    "bitget": ("POST", "/api/v2/mix/order/cancel-all-orders"),
    "kucoin-futures": ("DELETE", "/api/v1/stopOrders"),
    "hyperliquid": ("POST", "/exchange"),
    "htx": ("POST", "/v5/trade/cancel_all_orders"),
    "gate": ("DELETE", "/api/v4/futures/usdt/price_orders"),
}


@pytest.mark.parametrize("name", NAMES)
def test_P6_blanket_cancels_and_dead_mans_switches_have_no_shape(name: str) -> None:
    method, path = BLANKETS[name]
    body: dict[str, object] = (
        {"symbol": "BTCUSDT"} if name != "hyperliquid" else {"action": {"type": "scheduleCancel"}}
    )
    request = WireRequest(method=method, path=path, body=body)  # type: ignore[arg-type]  # what a stranger might send
    with pytest.raises(ShapeRefused):
        offer(gate_of(VENUES[name]), request)


@pytest.mark.parametrize("name", NAMES)
def test_O1_a_late_entry_and_one_that_could_be_late_do_not_leave(name: str) -> None:
    venue = VENUES[name]
    request = entry(venue)
    made = write(venue, request, terms_of(venue))
    late = gate_of(venue, now=LATEST + 1)
    with tickets(late, venue, request), pytest.raises(ShapeRefused, match="O1: entry is 1 ms past"):
        offer(late, made)
    if venue.profile.expiry is None:
        unmeasured = gate_of(venue, measured=False)
        with (
            tickets(unmeasured, venue, request),
            pytest.raises(ShapeRefused, match="late execution there is not"),
        ):
            offer(unmeasured, made)


def test_K3_the_permit_has_the_last_word_on_entries_and_none_on_stops() -> None:
    for name in NAMES:
        venue, terms = VENUES[name], terms_of(VENUES[name])
        gate, request = gate_of(venue, denial="kill level is no_new_risk"), entry(venue)
        with tickets(gate, venue, request), pytest.raises(ShapeRefused, match="K3: kill level"):
            offer(gate, write(venue, request, terms))
        offer(gate, write(venue, stop(venue, size=SIZE), terms))


def test_a_field_or_parameter_given_twice_does_not_leave() -> None:
    gate = gate_of(VENUES["bybit"])
    twice = '{"category": "linear", "category": "linear"}'
    with pytest.raises(ShapeRefused, match="given twice"):
        gate.check(method="POST", url="https://venue.invalid/v5/order/create", headers={}, body=twice)
    with pytest.raises(ShapeRefused, match="given twice"):
        gate.check(method="GET", url="https://venue.invalid/v5/order/realtime?a=1&a=2", headers={}, body=None)


def test_nothing_at_all_leaves_for_mexc() -> None:
    mexc = VENUES["mexc"]
    for method, path in (
        ("POST", "/api/v1/private/order/create"),
        ("GET", "/api/v1/private/position/open_positions"),
    ):
        with pytest.raises(ShapeRefused, match="immediate market order"):
            offer(gate_of(mexc), WireRequest(method=method, path=path))


@pytest.mark.parametrize("name", NAMES)
def test_P2_a_plan_for_a_rung_that_the_venue_does_not_offer_is_not_written(name: str) -> None:
    venue = VENUES[name]
    request = entry(venue)
    other = replace(request, entry=replace(request.entry, rung=Rung.STOP_FIRST))
    with pytest.raises(NotWired, match="the plan stands on stop_first"):
        write(venue, other, terms_of(venue))


def test_P3_a_quantity_that_is_no_number_of_contracts_is_not_rounded() -> None:
    for name in ("kucoin-futures", "htx", "gate"):
        venue = VENUES[name]
        odd = replace(stop(venue, size=SIZE), quantity=quantity("0.0100001"))
        with pytest.raises(NotWired):
            write(venue, odd, terms_of(venue))


def test_P3_a_price_beyond_the_venues_digits_is_not_rounded() -> None:
    venue = VENUES["hyperliquid"]
    odd = replace(stop(venue, size=SIZE), trigger_price=price("59000.5"))
    with pytest.raises(NotWired, match="5 significant digits"):
        write(venue, odd, terms_of(venue))


def test_P1_a_worst_price_too_near_its_trigger_does_not_leave() -> None:
    venue = VENUES["hyperliquid"]
    for side, near in ((Side.LONG, "56050"), (Side.SHORT, "64050")):  # the 5 % of ccxt
        made = write(venue, stop(venue, side, size=SIZE), terms_of(venue))
        assert not refusal(gate_of(venue), made)
        nearer = changed(made, ("action", "orders", 0, "p"), near)
        assert "worst price" in refusal(gate_of(venue), nearer)


def test_shapes_that_could_open_or_not_protect_cannot_be_made() -> None:
    body = {"symbol": text(Name.SYMBOL), "qty": decimal(Name.QUANTITY)}
    with pytest.raises(InvariantBroken, match="P2"):
        Shape(action=Action.ENTRY, method="POST", path="/order", mode=NETTING, side=Side.LONG, body={**body})
    with pytest.raises(InvariantBroken, match="P3"):
        Shape(action=Action.STOP_QUANTITY, method="POST", path="/order", body={**body}, reduces=Reduces.FLAG)
    for action in REDUCING:
        with pytest.raises(InvariantBroken, match="P3"):
            Shape(action=action, method="POST", path="/order", body={"at": decimal(Name.TRIGGER)})
