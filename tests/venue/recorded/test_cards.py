"""The twelve cards, played on every recorded venue as far as shapes can tell; the page says no more than they show."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jackline.core.ids import Role, client_id
from jackline.core.orders import PositionMode
from jackline.core.outcomes import Refusal
from jackline.core.plan import Rung
from jackline.core.requests import CloseShape
from jackline.core.values import Side, price, quantity
from jackline.venue.profile import LegScope
from jackline.venue.recorded.cards import Card, Proof, standing
from jackline.venue.recorded.refusals import CODES
from jackline.venue.recorded.registry import VENUES
from jackline.venue.recorded.shape import Action
from jackline.venue.recorded.slots import Name, Values
from jackline.venue.recorded.venue import RecordedVenue
from jackline.venue.recorded.wire import NotWired, WireRequest
from jackline.venue.recorded.writer import listings, move, positions, prepare, read_order, write
from tests.venue.makers import TRADE
from tests.venue.recorded.gates import gate_of, offer, refusal, tickets
from tests.venue.recorded.samples import (
    HEDGE,
    LEVERAGE,
    NAMES,
    NETTING,
    SIZE,
    cancel,
    close,
    entry,
    moving,
    reading,
    stop,
    target,
    terms_of,
)


def proof(venue: RecordedVenue, card: Card) -> Proof:
    return standing(venue, card).proof


def said(venue: RecordedVenue, action: Action, request: WireRequest) -> Values:
    """What the request says, read back through the shapes of one action."""
    for shape in venue.of(action):
        found: Values = {}
        if shape.is_at(request) and not shape.differences(request, found):
            return found
    raise AssertionError(f"{request} is no {action}")


@pytest.mark.parametrize("name", NAMES)
def test_A01_place(name: str) -> None:
    venue = VENUES[name]
    expiring = venue.profile.expiry is not None
    for side in Side:
        request = entry(venue, side)
        made = write(venue, request, terms_of(venue))
        told = said(venue, Action.ENTRY, made)
        assert told[Name.CLIENT_ID] == venue.profile.client_id(request.client_id)
        assert told[Name.PRICE] == f"{request.entry.collar_price.normalize():f}"
        assert offer_with_ticket(venue, made, side) is Action.ENTRY
        assert expiring == (Name.EXPIRY_MS in told or Name.WINDOW_MS in told)
    assert ("do not leave" in standing(venue, Card.A01).note) == (not expiring)


def offer_with_ticket(venue: RecordedVenue, made: WireRequest, side: Side) -> Action:
    gate = gate_of(venue)
    with tickets(gate, venue, entry(venue, side)):
        return offer(gate, made)


@pytest.mark.parametrize("name", NAMES)
def test_A02_read(name: str) -> None:
    venue, terms = VENUES[name], terms_of(VENUES[name])
    assert (
        offer(gate_of(venue), read_order(venue, reading(venue, conditional=False), terms))
        is Action.READ_PLAIN
    )
    assert offer(gate_of(venue), positions(venue, terms)) in (Action.READ_POSITIONS, Action.READ_SETTINGS)
    try:
        asked = read_order(venue, reading(venue, conditional=True), terms)
    except NotWired:
        assert "in its listing alone" in standing(venue, Card.A02).note
    else:
        assert offer(gate_of(venue), asked) in (Action.READ_CONDITIONAL, Action.READ_PLAIN)


@pytest.mark.parametrize("name", NAMES)
def test_A03_amend(name: str) -> None:
    venue, terms = VENUES[name], terms_of(VENUES[name])
    moved = moving(venue)
    try:
        made = move(venue, moved, terms)
    except NotWired:
        assert proof(venue, Card.A03) is Proof.MISSING
        return
    assert proof(venue, Card.A03) is Proof.RECORDED
    told = said(venue, Action.MOVE_STOP, made)
    assert (told[Name.TRIGGER], told[Name.SOURCE]) == ("59500", "mark")
    assert told[Name.CLIENT_ID] == venue.profile.client_id(moved.stop.client_id)


@pytest.mark.parametrize("name", NAMES)
def test_A04_cancel(name: str) -> None:
    venue, terms = VENUES[name], terms_of(VENUES[name])
    named = 0
    for conditional in (False, True):
        for venue_id in (None, 7):
            request = cancel(venue, conditional=conditional, venue_id=venue_id)
            try:
                made = write(venue, request, terms)
            except NotWired:
                continue
            told = said(venue, Action.CANCEL_CONDITIONAL if conditional else Action.CANCEL_PLAIN, made)
            assert (Name.ORDER_ID in told) != (Name.CLIENT_ID in told)
            named += 1
    assert named >= 3  # Gate's stops have a name that only the venue gives


@pytest.mark.parametrize("name", NAMES)
def test_A05_attached(name: str) -> None:
    venue = VENUES[name]
    request = entry(venue)
    told = said(venue, Action.ENTRY, write(venue, request, terms_of(venue)))
    attached = Rung.ATTACHED in venue.profile.rungs
    assert attached == (proof(venue, Card.A05) is Proof.RECORDED) == (Name.LEG_TRIGGER in told)
    if attached:
        assert told[Name.LEG_TRIGGER] == f"{request.entry.stop.disaster_price.normalize():f}"
        assert (Name.LEG_ID in told) == venue.profile.leg_has_id
        if name != "hyperliquid":  # mark and nothing else: there is no word for it
            assert (told.get(Name.LEG_SOURCE) == "mark") == venue.profile.mark_on_leg


@pytest.mark.parametrize("name", NAMES)
def test_A06_partial_fill(name: str) -> None:
    """Less filled than planned: the stop is sized to it, in the venue's unit and exactly, or closes the position."""
    venue, terms = VENUES[name], terms_of(VENUES[name])
    filled = replace(stop(venue, size=SIZE), quantity=quantity("0.004"))
    told = said(venue, Action.STOP_QUANTITY, write(venue, filled, terms))
    assert terms.contract_size * quantity(told[Name.QUANTITY]) == quantity("0.004")
    assert ("quantity" in standing(venue, Card.A06).note) == (venue.profile.leg_scope is LegScope.QUANTITY)
    if venue.of(Action.STOP_WHOLE):
        whole = said(venue, Action.STOP_WHOLE, write(venue, stop(venue), terms))
        assert Name.QUANTITY not in whole


@pytest.mark.parametrize("name", NAMES)
def test_A07_reduce_only_clash(name: str) -> None:
    """A target and a close of the whole size stand side by side: both can only reduce, and neither loses its flag."""
    venue, terms = VENUES[name], terms_of(VENUES[name])
    for request in (target(venue), close(venue), close(venue, shape=CloseShape.IOC_3_PERCENT)):
        assert offer(gate_of(venue), write(venue, request, terms)) in (
            Action.TARGET,
            Action.CLOSE_MARKET,
            Action.CLOSE_LIMIT,
        )
    with pytest.raises(NotWired):
        write(venue, close(venue, shape=CloseShape.PLAIN_MARKET), terms)


@pytest.mark.parametrize("name", NAMES)
def test_A08_ambiguous_submit(name: str) -> None:
    """A stop is said again to the letter; an entry leaves on its ticket, and there is one."""
    venue, terms = VENUES[name], terms_of(VENUES[name])
    for again in (stop(venue, size=SIZE), close(venue), target(venue)):
        assert write(venue, again, terms) == write(venue, again, terms)
    request = entry(venue)
    made = write(venue, request, terms)
    gate = gate_of(venue)
    with tickets(gate, venue, request):
        offer(gate, made)
    assert "no protected entry is behind it" in refusal(gate, made)
    assert offer(gate, read_order(venue, reading(venue, conditional=False), terms)) is Action.READ_PLAIN
    assert len(listings(venue, terms)) >= 1


@pytest.mark.parametrize("name", NAMES)
def test_A09_listing_completeness(name: str) -> None:
    venue, terms = VENUES[name], terms_of(VENUES[name])
    look = listings(venue, terms)
    assert str(len(look)) in standing(venue, Card.A09).note
    for shape in (*venue.of(Action.LIST_PLAIN), *venue.of(Action.LIST_CONDITIONAL)):
        assert any(shape.is_at(one) and not shape.differences(one, {}) for one in look)
    for one in look:
        offer(gate_of(venue), one)
        for key in one.query:
            blind = replace(one, query={other: value for other, value in one.query.items() if other != key})
            assert blind in look or refusal(gate_of(venue), blind), f"{name}: a listing without {key} left"


@pytest.mark.parametrize("name", NAMES)
def test_A10_duplicate_id(name: str) -> None:
    venue = VENUES[name]
    spelled = [venue.profile.client_id(client_id(TRADE, role, n)) for role in Role for n in range(200)]
    assert len(set(spelled)) == len(spelled)
    known = Refusal.DUPLICATE_ID in CODES[name].meanings.values()
    assert (proof(venue, Card.A10) is Proof.RECORDED) == known


@pytest.mark.parametrize("name", NAMES)
def test_A11_mode_mismatch(name: str) -> None:
    venue, terms = VENUES[name], terms_of(VENUES[name])
    if not venue.profile.hedge:
        with pytest.raises(NotWired, match="hedge mode"):
            write(venue, entry(venue, mode=HEDGE), terms)
        return
    for other, mine in ((NETTING, HEDGE), (HEDGE, NETTING)):
        made, plan = write(venue, entry(venue, mode=other), terms), entry(venue, mode=mine)
        assert made != write(venue, plan, terms)
        gate = gate_of(venue)
        with tickets(gate, venue, plan):
            assert "its plan" in refusal(gate, made)


@pytest.mark.parametrize("name", NAMES)
def test_A12_canary(name: str) -> None:
    """Place far away, look, remove by name or number, look again: every step has its request."""
    venue, terms = VENUES[name], terms_of(VENUES[name])
    far = replace(
        stop(venue, size=SIZE), client_id=client_id(TRADE, Role.CANARY, 1), trigger_price=price("30000")
    )
    assert offer(gate_of(venue), write(venue, far, terms)) is Action.STOP_QUANTITY
    looked = [offer(gate_of(venue), one) for one in listings(venue, terms)]
    assert {*looked} & {Action.LIST_CONDITIONAL, Action.LIST_PLAIN}
    named = cancel(venue, conditional=True, venue_id=7 if name != "bybit" else None)
    gone = write(venue, replace(named, key=replace(named.key, client_id=far.client_id)), terms)
    assert offer(gate_of(venue), gone) in (Action.CANCEL_CONDITIONAL, Action.CANCEL_PLAIN)
    set_up = prepare(venue, terms, leverage=LEVERAGE, mode=PositionMode.NETTING)
    assert {offer(gate_of(venue), one) for one in set_up} <= {Action.SET_LEVERAGE, Action.SET_MARGIN}


def test_mexc_stands_on_no_card_and_says_why() -> None:
    for card in Card:
        stands = standing(VENUES["mexc"], card)
        assert stands.proof is Proof.MISSING
        assert "immediate market order" in stands.note
