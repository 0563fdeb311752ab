"""What an answer is worth: an acknowledgement of another order, of no leg, or of nothing is unknown."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from jackline.core.ids import Role, client_id
from jackline.core.orders import OrderKind, OrderState, PositionMode
from jackline.core.outcomes import Absent, Acked, Outcome, Refusal, Refused, Unknown
from jackline.core.plan import Rung
from jackline.core.requests import CancelOrder, Mutation, ReadOrder, SendEntry, SendStop
from jackline.core.values import price
from jackline.venue.bingx.parse import listed_order
from jackline.venue.bingx.requests import stop_leg
from jackline.venue.net import HttpAnswer
from jackline.venue.profile import BINGX_SWAP
from tests.venue.cards import entry, stop
from tests.venue.makers import BTC_DASH, TRADE, at_venue, send_close
from tests.venue.memory_net import Sent, answered
from tests.venue.test_golden import NOW_MS, sender

NETTING = PositionMode.NETTING
Answers = Callable[[Sent], dict[str, Any]]


def bingx(request: Mutation) -> Mutation:
    return at_venue(request, BTC_DASH, NETTING)


def attached() -> SendEntry:
    request = bingx(entry(Rung.ATTACHED))
    assert isinstance(request, SendEntry)
    return request


def a_stop() -> SendStop:
    request = bingx(stop())
    assert isinstance(request, SendStop)
    return request


ENTRY = {
    "orderId": 11,
    "symbol": "BTC-USDT",
    "side": "BUY",
    "positionSide": "BOTH",
    "type": "LIMIT",
    "clientOrderID": entry(Rung.ATTACHED).client_id,
    "status": "FILLED",
    "quantity": 0.01,
    "executedQty": "0.01",
    "avgPrice": "60000",
    "stopLoss": stop_leg(entry(Rung.ATTACHED).entry),
}
STOP = {
    "orderId": 12,
    "symbol": "BTC-USDT",
    "side": "SELL",
    "positionSide": "BOTH",
    "type": "STOP_MARKET",
    "status": "NEW",
    "stopPrice": 59000,
    "quantity": 0.01,
    "clientOrderID": "",
    "workingType": "MARK_PRICE",
    "reduceOnly": True,
}


def fine(data: object) -> dict[str, Any]:
    return {"code": 0, "msg": "", "data": data}


def no(code: int) -> dict[str, Any]:
    return {"code": code, "msg": "said in words that nobody reads", "data": {}}


def always(answer: dict[str, Any]) -> Callable[[Sent], HttpAnswer]:
    return lambda _: answered(json.dumps(answer))


def shows(row: dict[str, Any]) -> Answers:
    return lambda _: fine({"order": row})


async def sent(request: Mutation, answer: Answers) -> tuple[Outcome, list[Sent]]:
    """The outcome of a request whose order routes are answered so, and all that left for it."""
    one = await sender("bingx")
    one.net.respond = lambda asked: answered(
        json.dumps(fine({"serverTime": NOW_MS}) if "/time" in asked.url else answer(asked))
    )
    one.net.sent.clear()
    outcome = await one.venue.send(request)
    return outcome, [asked for asked in one.net.sent if "/time" not in asked.url]


async def test_an_entry_is_acknowledged_with_its_name_and_its_leg() -> None:
    outcome, left = await sent(attached(), lambda _: fine({"order": ENTRY}))
    assert isinstance(outcome, Acked)
    assert (outcome.order.state, outcome.order.average_price) == (OrderState.FILLED, price(60_000))
    assert len(left) == 1


@pytest.mark.owns("O1")
@pytest.mark.parametrize(
    "changes",
    [
        {"clientOrderID": "jsomebodyelse"},
        {"clientOrderID": ""},
        {"stopLoss": ""},
        {"stopLoss": "{}"},
        {"stopLoss": '{"type":"STOP_MARKET","stopPrice":5000}'},
        {"stopLoss": '{"type":"STOP","stopPrice":59548.5}'},
        {"orderId": None},
    ],
)
async def test_O1_an_entry_acknowledged_otherwise_is_unknown_and_not_sent_again(
    changes: dict[str, Any],
) -> None:
    outcome, left = await sent(attached(), lambda _: fine({"order": ENTRY | changes}))
    assert isinstance(outcome, Unknown)
    assert len(left) == 1


@pytest.mark.parametrize(
    "answer", [{}, {"code": 0}, {"code": 0, "data": {}}, fine({"order": {}}), no(110500)]
)
async def test_no_whole_acknowledgement_is_unknown(answer: dict[str, Any]) -> None:
    for request in (attached(), a_stop(), bingx(send_close())):
        outcome, left = await sent(request, lambda _: answer)
        assert isinstance(outcome, Unknown)
        assert len(left) == 1, "what carries no id of ours must not be sent twice"


async def test_a_stops_acknowledgement_is_this_requests_own() -> None:
    outcome, _ = await sent(a_stop(), lambda _: fine({"order": STOP}))
    assert isinstance(outcome, Acked)
    key = outcome.order.key
    assert (key.client_id, key.venue_id, key.conditional) == (stop().client_id, 12, True)


@pytest.mark.parametrize(
    "changes",
    [
        {"symbol": "ETH-USDT"},
        {"side": "BUY"},
        {"positionSide": "LONG"},
        {"stopPrice": 58_000},
        {"quantity": 0.02},
        {"type": "LIMIT"},
    ],
)
async def test_an_acknowledgement_of_another_stop_is_unknown(changes: dict[str, Any]) -> None:
    outcome, _ = await sent(a_stop(), lambda _: fine({"order": STOP | changes}))
    assert isinstance(outcome, Unknown)


@pytest.mark.owns("O2")
@pytest.mark.parametrize("code", [100410, 100421])
async def test_O2_what_the_venue_did_not_take_is_sent_again(code: int) -> None:
    answers = [no(code), fine({"order": STOP})]
    outcome, left = await sent(a_stop(), lambda _: answers.pop(0))
    assert isinstance(outcome, Acked)
    bodies = [parse_qs(urlsplit(one.url).query)["stopPrice"] for one in left]
    assert bodies == [["59000"]] * 2


@pytest.mark.owns("O1")
@pytest.mark.parametrize("code", [100410, 100421, 101204, 110411])
async def test_O1_an_entry_that_was_refused_is_not_sent_again(code: int) -> None:
    outcome, left = await sent(attached(), lambda _: no(code))
    assert isinstance(outcome, Refused)
    assert outcome.code == code
    assert len(left) == 1


@pytest.mark.parametrize(
    ("mode", "kind"), [("true", Refusal.WRONG_MODE), ("false", Refusal.OTHER), ("", Refusal.OTHER)]
)
async def test_the_number_of_all_parameters_is_explained_by_the_mode(mode: str, kind: Refusal) -> None:
    outcome, left = await sent(
        a_stop(), lambda asked: fine({"dualSidePosition": mode}) if asked.method == "GET" else no(109400)
    )
    assert isinstance(outcome, Refused)
    assert (outcome.kind, outcome.code) == (kind, 109400)
    assert [one.method for one in left][:2] == ["POST", "GET"]


@pytest.mark.parametrize(
    ("shown", "kind"),
    [
        (no(109421), Refusal.OTHER),
        (fine({"order": ENTRY | {"origQty": "0.01"}}), Refusal.DUPLICATE_ID),
        (no(100500), Refusal.DUPLICATE_ID),
    ],
)
async def test_the_number_of_ids_and_minima_is_explained_by_a_query(
    shown: dict[str, Any], kind: Refusal
) -> None:
    """In doubt the id is taken: then it is asked about, and nothing is assumed to be gone."""
    outcome, _ = await sent(attached(), lambda asked: shown if asked.method == "GET" else no(101400))
    assert isinstance(outcome, Refused)
    assert outcome.kind is kind


async def test_a_query_by_the_venues_id_believes_that_order_only() -> None:
    one = await sender("bingx")
    question = ReadOrder(symbol=BTC_DASH, client_id=stop().client_id, conditional=True, venue_id=12)
    for shown, expected in ((12, OrderState.NEW), (13, None)):
        row = STOP | {"orderId": shown, "origQty": "0.01"}
        one.net.respond = always(fine({"order": row}))
        found = await one.venue.read_order(question)
        assert getattr(found, "state", None) is expected
    one.net.respond = lambda _: answered(json.dumps(no(109421)))
    assert await one.venue.read_order(question) == Absent()


async def test_a_cancel_believes_the_order_that_was_named_and_only_once_it_is_over() -> None:
    key = replace(listed_order(STOP | {"origQty": "0.01"}).key, client_id=stop().client_id)
    request = CancelOrder(trade_id=TRADE, key=key, why="test")
    for changes, acknowledged in (
        ({"status": "CANCELLED"}, True),
        ({"status": "NEW"}, False),
        ({"status": "CANCELLED", "orderId": 13}, False),
    ):
        row = STOP | {"origQty": "0.01"} | changes
        outcome, _ = await sent(request, shows(row))
        assert isinstance(outcome, Acked) is acknowledged


@pytest.mark.parametrize(
    ("changes", "kind", "state"),
    [
        ({}, OrderKind.STOP_MARKET, OrderState.NEW),
        ({"status": "PENDING"}, OrderKind.STOP_MARKET, OrderState.TRIGGERING),
        ({"type": "LIMIT", "status": "PENDING"}, OrderKind.LIMIT, OrderState.NEW),
        ({"type": "TRIGGER_MARKET"}, OrderKind.OTHER, OrderState.NEW),
        ({"type": "NEWLY_INVENTED", "status": "ODD"}, OrderKind.OTHER, OrderState.OTHER),
        ({"stopPrice": "soon"}, OrderKind.OTHER, OrderState.OTHER),
        ({"status": "FAILED"}, OrderKind.STOP_MARKET, OrderState.REJECTED),
    ],
)
def test_what_is_listed_is_shown_and_counts_only_where_it_is_understood(
    changes: dict[str, Any], kind: OrderKind, state: OrderState
) -> None:
    view = listed_order(STOP | {"origQty": "0.01"} | changes)
    assert (view.kind, view.state, view.key.venue_id) == (kind, state, 12)


def test_our_ids_are_of_the_venues_form() -> None:
    """It lower-cases what it is given: an id with a capital would come back as another."""
    for role in Role:
        assert BINGX_SWAP.client_id_pattern.fullmatch(client_id(TRADE, role, 35_000))
