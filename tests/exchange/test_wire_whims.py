"""What the wire shows of the venue's own whims: changed filters, halted symbols, a dead service, moved money."""

from decimal import Decimal
from typing import Any

import msgspec

from jackline.exchange.values import SymbolStatus
from jackline.exchange.wire.json import encode
from jackline.exchange.wire.messages import Inbound, Outbound
from jackline.exchange.wire.testimony import witness_report
from tests.exchange.served import Unserved

STOP = {
    "algoType": "CONDITIONAL",
    "symbol": "BTCUSDT",
    "side": "SELL",
    "type": "STOP_MARKET",
    "closePosition": "true",
}


def said(answer: Outbound) -> Any:
    return msgspec.json.decode(answer.body)


def test_exchange_info_shows_status_and_filters_as_they_are_now() -> None:
    wire = Unserved()
    wire.exchange.venue.set_status("ETHUSDT", SymbolStatus.BREAK)
    wire.exchange.venue.set_filters("BTCUSDT", tick=Decimal("0.01"))
    asked = Inbound(method="GET", path="/fapi/v1/exchangeInfo", query="", headers={})
    btc, eth = said(wire.exchange.rest.respond(asked))["symbols"]
    assert (btc["status"], eth["status"]) == ("TRADING", "BREAK")
    assert btc["filters"][0]["tickSize"] == "0.01"


def test_prices_and_sizes_finer_than_usual_are_shown_in_full() -> None:
    wire = Unserved()
    wire.exchange.venue.set_filters("BTCUSDT", tick=Decimal("0.01"), step=Decimal("0.0001"))
    answer = wire.ask("POST", "v1/algoOrder", **STOP, triggerPrice="59000.07")
    assert said(answer)["triggerPrice"] == "59000.07"
    wire.buy(quantity="0.0513")
    (row,) = said(wire.ask("GET", "v3/positionRisk"))
    assert row["positionAmt"] == "0.0513"
    wire.exchange.venue.set_filters("BTCUSDT", tick=Decimal(1), step=Decimal("0.01"))
    (row,) = said(wire.ask("GET", "v3/positionRisk"))
    assert row["positionAmt"] == "0.0513"
    (stop,) = said(wire.ask("GET", "v1/openAlgoOrders"))
    assert stop["triggerPrice"] == "59000.07"


def test_a_dead_conditional_service_answers_no_reads_while_plain_orders_work() -> None:
    wire = Unserved()
    wire.ask("POST", "v1/algoOrder", **STOP, triggerPrice="59000", clientAlgoId="s1")
    wire.exchange.venue.whims.conditional_down = True
    for method, path, params in (
        ("GET", "v1/openAlgoOrders", {}),
        ("GET", "v1/algoOrder", {"clientAlgoId": "s1"}),
        ("GET", "v1/allAlgoOrders", {"symbol": "BTCUSDT"}),
        ("DELETE", "v1/algoOrder", {"clientAlgoId": "s1"}),
        ("POST", "v1/algoOrder", STOP | {"triggerPrice": "58000"}),
    ):
        answer = wire.exchange.rest.respond(wire.request(method, path, **params))
        assert (answer.status, said(answer)["code"]) == (503, -1001), path
    assert wire.buy(quantity="0.05").status == 200


def test_a_deposit_is_an_income_an_event_and_a_line_of_the_testimony() -> None:
    wire = Unserved()
    ear = wire.user_ear()
    venue = wire.exchange.venue
    venue.transfer(venue.state.accounts["main"], Decimal(250))
    wire.exchange.floor.deliver()
    (told,) = ear.heard
    assert (told["a"]["m"], told["a"]["B"][0]["wb"], told["a"]["B"][0]["bc"]) == (
        "DEPOSIT",
        "10250.00000000",
        "250.00000000",
    )
    (row,) = said(wire.ask("GET", "v1/income"))
    assert (row["incomeType"], row["income"], row["symbol"]) == ("TRANSFER", "250.00000000", "")
    report = msgspec.json.decode(encode(witness_report(venue)))
    account = report["accounts"]["main"]
    assert (account["wallet"], account["transferred"], account["realised"]) == (
        "10250.00000000",
        "250.00000000",
        "0",
    )


def test_the_testimony_says_why_cover_ended() -> None:
    wire = Unserved()
    venue = wire.exchange.venue
    wire.ask("POST", "v1/algoOrder", **STOP, triggerPrice="59000", clientAlgoId="s1")
    wire.buy(quantity="0.05")
    wire.clock.now_ms += 10
    account = venue.state.accounts["main"]
    (algo,) = account.open_algos.values()
    venue.drop_algo(account, algo, quietly=True)
    wire.clock.now_ms += 30
    (episode,) = msgspec.json.decode(encode(witness_report(venue)))["episodes"]
    (lapse,) = episode["lapses"]
    assert (lapse["cause"], lapse["algo_id"], lapse["until_wire_ms"]) == ("dropped", algo.algo_id, None)
    assert episode["naked_ms"] == 30
