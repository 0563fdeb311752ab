"""What each fault of the wire becomes: a refusal only when the venue clearly said no, else unknown."""

from __future__ import annotations

import asyncio
import logging

import pytest

from jackline.core.orders import OrderKind, OrderState, Snapshot
from jackline.core.outcomes import Absent, Acked, NotSent, Outcome, Refusal, Refused, Unknown
from jackline.core.requests import CloseShape, ReadFills, ReadOrder, ReadSnapshot
from jackline.core.values import WireMs
from tests.venue.faulty import API_KEY, SECRET, Answer, drops, faulty_venue, is_silent, says, truncates
from tests.venue.makers import (
    BTC,
    WallClock,
    cancel,
    cancel_plain,
    entry_plan,
    send_close,
    send_entry,
    send_stop,
    send_target,
)
from tests.venue.test_parse import BRACKETS, SYMBOL

STOP = {
    "algoId": 77,
    "clientAlgoId": send_stop().client_id,
    "algoType": "CONDITIONAL",
    "orderType": "STOP_MARKET",
    "symbol": "BTCUSDT",
    "side": "SELL",
    "positionSide": "BOTH",
    "timeInForce": "GTC",
    "quantity": "0",
    "algoStatus": "NEW",
    "triggerPrice": "59000.00",
    "price": "0",
    "workingType": "MARK_PRICE",
    "closePosition": True,
    "priceProtect": False,
    "reduceOnly": False,
    "createTime": 1,
    "updateTime": 2,
}
ORDER = {
    "orderId": 5,
    "symbol": "BTCUSDT",
    "status": "FILLED",
    "clientOrderId": send_entry().client_id,
    "price": "60150.0",
    "origQty": "0.010",
    "executedQty": "0.010",
    "type": "LIMIT",
    "side": "BUY",
    "updateTime": 3,
}


def error(code: int, status: int = 400) -> Answer:
    return says({"code": code, "msg": "the venue's words"}, status=status)


def no(code: int, kind: Refusal) -> Refused:
    return Refused(kind=kind, code=code, text="the venue's words")


HTML = "<html>502 Bad Gateway</html>"

FAULTS: list[tuple[str, Answer, type[Outcome] | Refused]] = [
    ("silence", is_silent, Unknown),
    ("dropped", drops, Unknown),
    ("truncated", truncates, Unknown),
    ("empty", says(""), Unknown),
    ("html", says(HTML), Unknown),
    ("empty-object", says({}), Unknown),
    ("empty-list", says([]), Unknown),
    ("null", says("null"), Unknown),
    ("no-id", says(STOP | {"algoId": None}), Unknown),
    ("text-id", says(STOP | {"algoId": "77"}), Unknown),
    ("other-client-id", says(STOP | {"clientAlgoId": "x-somebody"}), Unknown),
    ("nan", says(STOP | {"triggerPrice": "NaN"}), Unknown),
    ("strange-side", says(STOP | {"side": "UP"}), Unknown),
    ("502-html", says(HTML, status=502), Unknown),
    ("504-html", says(HTML, status=504), Unknown),
    ("404-html", says(HTML, status=404), Unknown),
    ("403-html", says(HTML, status=403), Refused(kind=Refusal.OTHER, code=403, text=HTML)),
    ("503-1000", error(-1000, 503), Unknown),
    ("503-1001", error(-1001, 503), Unknown),
    ("400-1006", error(-1006), Unknown),
    ("400-1007", error(-1007), Unknown),
    ("408-1007", error(-1007, 408), Unknown),
    ("503-other", error(-4000, 503), Unknown),
    ("503-1008", error(-1008, 503), no(-1008, Refusal.OVERLOADED)),
    ("-1021", error(-1021), no(-1021, Refusal.OTHER)),
    ("-2021", error(-2021), no(-2021, Refusal.STOP_REACHED)),
    ("-2022", error(-2022), no(-2022, Refusal.NEEDS_POSITION)),
    ("-4509", error(-4509), no(-4509, Refusal.NEEDS_POSITION)),
    ("-4116", error(-4116), no(-4116, Refusal.DUPLICATE_ID)),
    ("-20132", error(-20132), no(-20132, Refusal.DUPLICATE_ID)),
    ("-4130", error(-4130), no(-4130, Refusal.STOP_EXISTS)),
    ("-1106", error(-1106), no(-1106, Refusal.FLAG_REFUSED)),
    ("-2015", error(-2015, 401), no(-2015, Refusal.OTHER)),
    ("200-with-error", error(-2021, 200), no(-2021, Refusal.STOP_REACHED)),
]


@pytest.mark.owns("O3")
@pytest.mark.parametrize(("answer", "truth"), [pytest.param(*case[1:], id=case[0]) for case in FAULTS])
async def test_o3_a_stop_is_refused_only_by_the_venues_clear_no(
    answer: Answer, truth: type[Outcome] | Refused
) -> None:
    async with faulty_venue() as (faulty, venue):
        faulty.on("POST algoOrder", answer)
        outcome = await venue.send(send_stop())
        assert outcome == truth if isinstance(truth, Refused) else isinstance(outcome, truth)


@pytest.mark.parametrize(("status", "code"), [(429, -1003), (418, -1003), (429, -1015)])
async def test_k2_a_ban_is_not_placed_and_holds_what_follows(status: int, code: int) -> None:
    async with faulty_venue() as (faulty, venue):
        banned = says(
            {"code": code, "msg": "banned until 9999999999999"}, status=status, headers={"Retry-After": "5"}
        )
        faulty.on("POST algoOrder", banned)
        outcome = await venue.send(send_stop())
        again = await venue.send(send_stop(attempt=9))
        assert isinstance(outcome, Refused)
        assert outcome.kind is Refusal.OVERLOADED
        assert isinstance(again, Refused)
        assert again.kind is Refusal.OVERLOADED
        assert faulty.count("POST algoOrder") == 1
        assert isinstance(await venue.send(send_entry()), NotSent)
        assert faulty.count("POST order") == 0


@pytest.mark.parametrize("code", [-1008, -1021, -1015])
async def test_o2_a_stop_that_was_not_taken_is_sent_again_under_the_same_id(code: int) -> None:
    async with faulty_venue() as (faulty, venue):
        faulty.on("POST algoOrder", error(code), error(code), says(STOP))
        outcome = await venue.send(send_stop())
        assert isinstance(outcome, Acked)
        assert outcome.order.key.venue_id == 77
        names = {fields["clientAlgoId"] for name, fields in faulty.asked if name == "POST algoOrder"}
        assert (faulty.count("POST algoOrder"), names) == (3, {send_stop().client_id})
        assert (faulty.count("GET time") > 0) == (code == -1021)


@pytest.mark.owns("O1")
@pytest.mark.parametrize(
    "answer",
    [
        drops,
        truncates,
        says(""),
        error(-1007),
        error(-1008, 503),
        error(-1021),
        error(-4116),
        says(HTML, status=502),
    ],
    ids=["drop", "cut", "empty", "-1007", "-1008", "-1021", "-4116", "502"],
)
async def test_o1_an_entry_is_sent_once_whatever_the_answer(answer: Answer) -> None:
    async with faulty_venue() as (faulty, venue):
        faulty.on("POST order", answer)
        outcome = await venue.send(send_entry())
        assert isinstance(outcome, Unknown | Refused)
        assert faulty.count("POST order") == 1


async def test_an_entry_acknowledged_as_ours_is_acked_even_without_an_average_price() -> None:
    async with faulty_venue() as (faulty, venue):
        faulty.on("POST order", says(ORDER))
        outcome = await venue.send(send_entry())
        assert isinstance(outcome, Acked)
        assert (outcome.order.state, outcome.order.average_price) == (OrderState.FILLED, None)
        faulty.on("POST order", says(ORDER | {"clientOrderId": "x-other"}))
        assert isinstance(await venue.send(send_entry()), Unknown)


async def test_o1_a_late_entry_never_reaches_the_wire() -> None:
    async with faulty_venue() as (faulty, venue):
        outcome = await venue.send(send_entry(entry_plan(latest_ms=WireMs(1))))
        assert isinstance(outcome, NotSent)
        assert faulty.count("POST order") == 0


async def test_a_close_on_a_flat_position_has_nothing_to_reduce() -> None:
    async with faulty_venue() as (faulty, venue):
        faulty.on("POST order", error(-2022))
        assert await venue.send(send_close()) == no(-2022, Refusal.NOTHING_TO_REDUCE)


async def test_p3_a_close_without_flags_is_sized_by_a_fresh_read_or_not_sent() -> None:
    position = {
        "symbol": "BTCUSDT",
        "positionSide": "BOTH",
        "positionAmt": "0.004",
        "entryPrice": "60000",
        "markPrice": "60000",
        "liquidationPrice": "0",
        "updateTime": 1,
    }
    closing = send_close(shape=CloseShape.PLAIN_MARKET)
    filled = ORDER | {"clientOrderId": closing.client_id, "type": "MARKET", "side": "SELL"}
    async with faulty_venue() as (faulty, venue):
        faulty.on("GET positionRisk", says([position]), says([]), says(HTML))
        faulty.on("POST order", says(filled))
        assert isinstance(await venue.send(closing), Acked)
        assert [fields["quantity"] for name, fields in faulty.asked if name == "POST order"] == ["0.004"]
        flat = await venue.send(closing)
        assert isinstance(flat, Refused)
        assert flat.kind is Refusal.NOTHING_TO_REDUCE
        assert isinstance(await venue.send(closing), NotSent)
        assert faulty.count("POST order") == 1


async def test_a_cancel_is_believed_when_it_is_read_back() -> None:
    gone = STOP | {"algoStatus": "CANCELED"}
    done = {"algoId": 77, "clientAlgoId": send_stop().client_id, "code": "200", "msg": "success"}
    async with faulty_venue() as (faulty, venue):
        faulty.on("DELETE algoOrder", says(done))
        faulty.on("GET algoOrder", says(gone), error(-2013))
        outcome = await venue.send(cancel())
        assert isinstance(outcome, Acked)
        assert outcome.order.state is OrderState.CANCELED
        assert isinstance(await venue.send(cancel()), Unknown)
        faulty.on("GET algoOrder", says(STOP), says(gone | {"clientAlgoId": "another"}))
        assert isinstance(await venue.send(cancel()), Unknown)
        assert isinstance(await venue.send(cancel()), Unknown)
        faulty.on("DELETE algoOrder", error(-2011))
        assert await venue.send(cancel()) == no(-2011, Refusal.ORDER_GONE)
        faulty.on("DELETE algoOrder", drops)
        before = faulty.count("DELETE algoOrder")
        assert isinstance(await venue.send(cancel()), Unknown)
        assert faulty.count("DELETE algoOrder") == before + 1


async def test_o3_only_the_code_for_it_makes_an_order_absent() -> None:
    asked = ReadOrder(symbol=BTC, client_id=send_stop().client_id, conditional=True)
    async with faulty_venue() as (faulty, venue):
        faulty.on(
            "GET algoOrder",
            error(-2013),
            says(STOP),
            error(-1003, 429),
            drops,
            says(STOP | {"clientAlgoId": "y"}),
        )
        assert await venue.read_order(asked) == Absent()
        found = await venue.read_order(asked)
        assert not isinstance(found, Absent | Unknown)
        assert (found.kind, found.state, found.close_position) == (
            OrderKind.STOP_MARKET,
            OrderState.NEW,
            True,
        )
        assert [type(await venue.read_order(asked)) for _ in range(3)] == [Unknown] * 3


@pytest.mark.parametrize("part", ["GET positionRisk", "GET openOrders", "GET openAlgoOrders"])
@pytest.mark.parametrize("answer", [drops, says(""), error(-1000, 503)], ids=["drop", "empty", "503"])
async def test_half_a_snapshot_is_no_snapshot(part: str, answer: Answer) -> None:
    async with faulty_venue() as (faulty, venue):
        for listing in ("GET positionRisk", "GET openOrders", "GET openAlgoOrders"):
            faulty.on(listing, says([]))
        whole = await venue.read_snapshot(ReadSnapshot(asked=4, symbols=(BTC,)))
        assert not isinstance(whole, Unknown)
        assert (whole.asked, whole.symbols) == (4, frozenset({BTC}))
        faulty.on(part, answer)
        assert isinstance(await venue.read_snapshot(ReadSnapshot(asked=5, symbols=None)), Unknown)


@pytest.mark.owns("P1")
@pytest.mark.parametrize("weight", [100, 1_500])
async def test_P1_a_lost_part_of_a_look_is_asked_again_also_when_weight_is_spared(weight: int) -> None:
    """Of a look at three symbols seven parts must come: at four lost in a hundred, one in four lost a part."""
    async with faulty_venue() as (faulty, venue):
        told = says([], headers={"X-MBX-USED-WEIGHT-1M": str(weight)})
        for listing in ("GET positionRisk", "GET openOrders", "GET openAlgoOrders"):
            faulty.on(listing, told)
        first = await venue.read_snapshot(ReadSnapshot(asked=1, symbols=(BTC,), money=False))
        assert isinstance(first, Snapshot)
        faulty.on("GET openAlgoOrders", is_silent, told)
        async with asyncio.timeout(3):  # the part's own deadline is later
            look = await venue.read_snapshot(ReadSnapshot(asked=2, symbols=(BTC,), money=False))
        assert isinstance(look, Snapshot)
        assert faulty.count("GET openAlgoOrders") == 3


@pytest.mark.owns("P1")
async def test_P1_a_look_does_not_wait_for_money_and_a_recent_balance_serves_again() -> None:
    """Equity only sizes the next trade and costs as much as the positions: it may be seconds old."""
    async with faulty_venue() as (faulty, venue):
        for listing in ("GET positionRisk", "GET openOrders", "GET openAlgoOrders"):
            faulty.on(listing, says([]))
        told = faulty.answers.pop("GET account")
        faulty.on("GET account", says(""), *told)

        async def look(asked: int, *, money: bool = True) -> Snapshot | Unknown:
            return await venue.read_snapshot(ReadSnapshot(asked=asked, symbols=(BTC,), money=money))

        poor, rich = await look(2), await look(3)
        assert isinstance(poor, Snapshot)
        assert (poor.equity_quote, poor.balance) == (None, None)
        assert isinstance(rich, Snapshot)
        assert rich.balance is not None
        assert rich.equity_quote == rich.balance.equity_quote
        asked = faulty.count("GET account")
        again, unasked = await look(4), await look(5, money=False)
        assert isinstance(again, Snapshot)
        assert isinstance(unasked, Snapshot)
        assert (again.balance, unasked.balance) == (rich.balance, None)
        assert faulty.count("GET account") == asked


async def test_P1_a_part_of_a_look_that_fails_is_asked_again() -> None:
    async with faulty_venue() as (faulty, venue):
        for listing in ("GET positionRisk", "GET openAlgoOrders"):
            faulty.on(listing, says([]))
        faulty.on("GET openOrders", says(""), says(""), says([]))
        assert not isinstance(await venue.read_snapshot(ReadSnapshot(asked=1, symbols=(BTC,))), Unknown)


@pytest.mark.owns("P1")
async def test_P1_one_odd_symbol_or_a_halted_one_keeps_no_other_unprotected() -> None:
    """What is on its way in or out may lack a filter; a start that fails on it protects nobody."""
    odd = SYMBOL | {"symbol": "ODDUSDT", "filters": []}
    bare = SYMBOL | {"symbol": "BAREUSDT"}
    halted = SYMBOL | {"symbol": "ETHUSDT", "status": "BREAK"}
    brackets = [BRACKETS | {"symbol": row["symbol"]} for row in (SYMBOL, odd, halted)]
    async with faulty_venue() as (faulty, venue):
        faulty.on("GET exchangeInfo", drops, says({"symbols": [SYMBOL, odd, bare, halted]}))
        faulty.on("GET leverageBracket", says([*brackets, BRACKETS | {"symbol": "BAREUSDT", "brackets": []}]))
        found = await venue.read_instruments(None)
        assert isinstance(found, dict)
        assert sorted(found) == ["BTCUSDT", "ETHUSDT"]


async def test_a1_a_fee_in_another_coin_is_unresolved_and_not_invented() -> None:
    trade = {
        "id": 3,
        "orderId": 5,
        "symbol": "BTCUSDT",
        "side": "BUY",
        "price": "60000",
        "qty": "0.01",
        "realizedPnl": "0",
        "commission": "0.0004",
        "commissionAsset": "BNB",
        "time": 1,
        "maker": False,
    }
    async with faulty_venue() as (faulty, venue):
        faulty.on("GET userTrades", says([trade]))
        answer = await venue.read_fills(ReadFills(symbol=BTC, after_fill_id=2))
        assert isinstance(answer, Unknown)
        assert "BNB" in answer.cause
        assert faulty.asked[-1][1]["fromId"] == "3"


async def test_a_target_is_refused_as_a_target() -> None:
    async with faulty_venue() as (faulty, venue):
        faulty.on("POST algoOrder", error(-2021))
        assert await venue.send(send_target()) == no(-2021, Refusal.STOP_REACHED)


async def test_a_cancelled_plain_order_must_be_the_one_that_was_named() -> None:
    named = cancel_plain(venue_id=5)
    gone = ORDER | {"clientOrderId": named.key.client_id, "status": "CANCELED", "executedQty": "0"}
    async with faulty_venue() as (faulty, venue):
        faulty.on("DELETE order", says(gone), says(gone | {"orderId": 6}), says(gone | {"status": "NEW"}))
        assert [type(await venue.send(named)) for _ in range(3)] == [Acked, Unknown, Unknown]


async def test_rule_3_no_entry_leaves_on_a_clock_that_differs_too_much() -> None:
    async with faulty_venue() as (faulty, venue):
        faulty.on("POST order", says(ORDER))
        faulty.on("GET time", says({"serverTime": WallClock().now().wire_ms + 5_000}))
        offset = await venue.read_clock_offset_ms()
        assert isinstance(offset, int)
        assert offset > 4_000
        outcome = await venue.send(send_entry())
        assert isinstance(outcome, NotSent)
        assert "clock" in outcome.why
        assert faulty.count("POST order") == 0


@pytest.mark.owns("S1")
async def test_s1_no_key_and_no_signature_in_logs_or_causes(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with faulty_venue() as (faulty, venue):
        faulty.on("DELETE algoOrder", drops)
        faulty.on("POST algoOrder", drops)
        told = f"{await venue.send(cancel())} {await venue.send(send_stop())}"
    for word in ("signature", "X-MBX-APIKEY", API_KEY, SECRET):
        assert word not in caplog.text
        assert word not in told
