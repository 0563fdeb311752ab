"""What the board does to requests: what is refused, what is executed behind another answer, and what is spared."""

import copy
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from jackline.exchange.account import Account
from jackline.exchange.values import ZERO, PositionSide
from jackline.exchange.wire.auth import Gatekeeper
from jackline.exchange.wire.call import WireOptions
from jackline.exchange.wire.faults import Answer, Refuse, Risk, Rule, Slow, Stale, ban, revoke
from jackline.exchange.wire.forms import Form
from jackline.exchange.wire.messages import Outbound
from jackline.exchange.wire.rest import Rest
from tests.exchange.served import ACCOUNTS, Unserved

CLOSING = {"algoType": "CONDITIONAL", "symbol": "BTCUSDT", "side": "SELL", "type": "STOP_MARKET"}
STOP = CLOSING | {"triggerPrice": "59000", "closePosition": "true"}

# exchanges.md §2.4 without what only a client can cause; with the status each travels under.
CODES = {
    **dict.fromkeys((-1000, -1006), 500),
    **dict.fromkeys((-1001, -1008), 503),
    -1007: 408,
    **dict.fromkeys((-1003, -1015), 429),
    **dict.fromkeys((-1125, -2014, -2015), 401),
    **dict.fromkeys((-1021, -1022, -1102, -1106, -1111, -2010, -2011, -2013, -2019, -2021, -2022), 400),
    **dict.fromkeys((-4003, -4005, -4014, -4045, -4050, -4061, -4116, -4118, -4120, -4130, -4131), 400),
    **dict.fromkeys((-4136, -4137, -4138, -4140, -4141, -4142, -4164, -4509), 400),
    **dict.fromkeys((-5021, -5022, -5028, -20124, -20132), 400),
}


def said(answer: Outbound) -> Any:
    return msgspec.json.decode(answer.body)


def held(wire: Unserved, account: str = "main") -> Decimal:
    return wire.exchange.venue.state.accounts[account].position("BTCUSDT", PositionSide.BOTH).amount


@pytest.mark.parametrize("code", CODES)
def test_every_code_can_be_said_and_nothing_is_executed(code: int) -> None:
    wire = Unserved()
    wire.board.put_up(Refuse(code=code, paths=("/fapi/v1/order",)))
    answer = wire.buy(quantity="0.05")
    assert (answer.status, said(answer)["code"]) == (CODES[code], code)
    assert said(answer)["msg"]
    assert (answer.taken, answer.code) == (False, code)
    assert held(wire) == ZERO
    assert wire.ask("GET", "v3/account").status == 200


def test_overload_spares_what_reduces() -> None:
    wire = Unserved()
    wire.buy(quantity="0.05")
    wire.board.put_up(Refuse(code=-1008, risk=Risk.ADDING))
    refused = wire.buy(quantity="0.05")
    assert (refused.status, said(refused)["code"]) == (503, -1008)
    assert wire.ask("POST", "v1/algoOrder", **STOP).status == 200
    assert wire.buy(side="SELL", quantity="0.05", reduceOnly="true").status == 200
    assert wire.ask("DELETE", "v1/algoOrder", algoId=2_000_000_000_001).status == 200
    assert held(wire) == ZERO
    assert wire.board.tally == {"refuse -1008": 1}


def test_a_rule_for_what_reduces_means_the_closing_side_in_hedge_mode() -> None:
    wire = Unserved()
    assert wire.ask("POST", "v1/positionSide/dual", dualSidePosition="true").status == 200
    wire.board.put_up(Refuse(code=-1001, risk=Risk.REDUCING))
    assert wire.buy(quantity="0.05", positionSide="LONG").status == 200
    assert said(wire.buy(quantity="0.05", positionSide="LONG", side="SELL"))["code"] == -1001
    assert said(wire.buy(quantity="0.05", positionSide="SHORT"))["code"] == -1001


def test_a_ban_refuses_everything_until_its_end_and_says_when_that_is() -> None:
    wire = Unserved()
    end_ms = wire.clock.wire_ms() + 2_500
    wire.board.put_up(ban(until_ms=end_ms))
    for method, path in (("GET", "v1/ping"), ("GET", "v3/positionRisk"), ("POST", "v1/algoOrder")):
        answer = wire.ask(method, path)
        assert (answer.status, said(answer)["code"]) == (418, -1003)
        assert f"banned until {end_ms}." in said(answer)["msg"]
        assert answer.headers["Retry-After"] == "3"
    wire.clock.now_ms = end_ms
    assert wire.ask("GET", "v3/positionRisk").status == 200
    assert wire.board.calm


def test_too_many_requests_carry_the_seconds_to_wait() -> None:
    wire = Unserved()
    wire.board.put_up(Refuse(code=-1003, retry_after_s=7))
    answer = wire.ask("GET", "v1/openOrders")
    assert (answer.status, answer.headers["Retry-After"]) == (429, "7")


def test_a_revoked_key_is_refused_and_the_neighbour_is_served() -> None:
    wire = Unserved()
    number = wire.board.put_up(revoke("main"))
    assert (wire.ask("GET", "v3/account").status, said(wire.ask("GET", "v3/account"))["code"]) == (401, -2015)
    assert wire.ask("GET", "v3/account", key="other-key").status == 200
    assert wire.board.take_down(number)
    assert wire.ask("GET", "v3/account").status == 200
    assert not wire.board.take_down(number)


STATUSES = {
    Form.TIMEOUT: 408,
    Form.UNKNOWN: 503,
    Form.UNAVAILABLE: 503,
    Form.MAINTENANCE: 503,
    Form.BAD_GATEWAY: 502,
    Form.GATEWAY_TIMEOUT: 504,
    Form.FIREWALL: 403,
    **dict.fromkeys((Form.EMPTY, Form.HTML, Form.OBJECT, Form.TRUNCATED), 200),
}


@pytest.mark.parametrize("executed", [True, False])
@pytest.mark.parametrize("form", [one for one in Form if one is not Form.FIREWALL])
def test_an_answer_in_any_form_leaves_no_trace_of_whether_it_was_executed(form: Form, executed: bool) -> None:
    wire = Unserved()
    wire.board.put_up(Answer(form=form, executed=executed, methods=("POST",), count=1))
    answer = wire.buy(quantity="0.05")
    assert answer.status == STATUSES[form]
    assert (answer.taken, answer.code) == (executed, None)
    assert held(wire) == (Decimal("0.05") if executed else ZERO)
    assert b"orderId" not in answer.body or form is Form.TRUNCATED
    if form is Form.TRUNCATED:
        with pytest.raises(msgspec.DecodeError):
            said(answer)
    assert wire.buy(quantity="0.05").status == 200, "the rule was for one case"


def test_a_hidden_refusal_is_still_the_venues_own_for_whoever_judges() -> None:
    wire = Unserved()
    wire.board.put_up(Answer(form=Form.TIMEOUT, executed=True))
    answer = wire.ask("POST", "v1/algoOrder", **STOP | {"triggerPrice": "60000"})
    assert (said(answer)["code"], answer.taken, answer.code) == (-1007, True, -2021)


def test_delays_add_up_and_the_request_is_executed_at_once() -> None:
    wire = Unserved()
    wire.board.put_up(Slow(delay_ms=300, methods=("POST",)))
    wire.board.put_up(Slow(delay_ms=40.5))
    assert wire.buy(quantity="0.05").delay_ms == 340.5
    assert held(wire) == Decimal("0.05")
    assert wire.ask("GET", "v1/openOrders").delay_ms == 40.5
    wire.board.put_up(Refuse(code=-1001))
    assert wire.buy(quantity="0.05").delay_ms == 340.5


def test_a_count_an_end_and_a_draw_each_end_a_rule_and_the_first_rule_decides() -> None:
    wire = Unserved(draws=[0.3, 0.2999])
    wire.board.put_up(Refuse(code=-1001, probability=0.3))
    wire.board.put_up(Refuse(code=-4045, count=1))
    wire.board.put_up(Refuse(code=-2019, for_ms=1_000, paths=("/fapi/v1/order",)))
    assert [said(wire.buy(quantity="0.05"))["code"] for _ in range(2)] == [-4045, -1001]
    wire.board.take_down(1)
    assert said(wire.buy(quantity="0.05"))["code"] == -2019
    assert wire.ask("GET", "v1/openOrders").status == 200
    wire.clock.now_ms += 1_000
    assert wire.buy(quantity="0.05").status == 200
    assert wire.draws == [], "a draw that nothing depends on would shift every later one"


def test_a_draw_is_taken_only_where_everything_else_fits() -> None:
    wire = Unserved(draws=[])
    wire.board.put_up(Refuse(code=-1001, probability=0.5, account="other"))
    wire.board.put_up(Refuse(code=-1001, probability=0.5, risk=Risk.REDUCING))
    wire.board.put_up(Refuse(code=-1001, probability=0.5, paths=("/fapi/v1/algoOrder",)))
    assert wire.buy(quantity="0.05").status == 200


@dataclass(slots=True)
class Memory:
    """A past of one moment."""

    then: Account
    asked_ms: list[int]

    def account_as_of(self, name: str, wire_ms: int) -> Account:
        assert name == self.then.name
        self.asked_ms.append(wire_ms)
        return self.then


def test_read_lag_of_the_venue_itself_ends_when_the_lag_has_passed() -> None:
    wire = Unserved()
    wire.exchange.floor.put_up(Stale(lag_ms=400, paths=("/fapi/v3/positionRisk", "/fapi/v1/order")))
    wire.clock.now_ms += 100
    wire.buy(quantity="0.05", newClientOrderId="e1")
    seen: list[tuple[float, int, int]] = []
    for _ in range(2):
        positions = said(wire.ask("GET", "v3/positionRisk"))
        entry = said(wire.ask("GET", "v1/order", symbol="BTCUSDT", origClientOrderId="e1"))
        seen.append((wire.clock.now_ms, len(positions), entry.get("code", 0)))
        wire.clock.now_ms += 400
    assert [one[1:] for one in seen] == [(0, -2013), (1, 0)]
    assert len(said(wire.ask("GET", "v3/account"))["positions"]) == 1, "not among the paths"


def test_read_lag_shows_the_account_as_it_was_and_not_yet_the_orders_since() -> None:
    wire = Unserved()
    accounts = wire.exchange.venue.state.accounts
    memory = Memory(copy.deepcopy(accounts["main"]), [])
    gatekeeper = Gatekeeper(ACCOUNTS, accounts)
    rest = Rest(wire.exchange.floor, gatekeeper, WireOptions(), past=memory)
    wire.clock.now_ms += 100
    wire.buy(quantity="0.05", newClientOrderId="e1")
    wire.ask("POST", "v1/algoOrder", **STOP, clientAlgoId="s1")
    reads = (
        wire.request("GET", "v3/positionRisk"),
        wire.request("GET", "v1/openAlgoOrders"),
        wire.request("GET", "v1/order", symbol="BTCUSDT", origClientOrderId="e1"),
        wire.request("GET", "v1/algoOrder", clientAlgoId="s1"),
    )
    number = wire.board.put_up(Stale(lag_ms=400))
    positions, stops, entry, stop = (said(rest.respond(one)) for one in reads)
    assert (positions, stops, entry["code"], stop["code"]) == ([], [], -2013, -2013)
    assert memory.asked_ms == [wire.clock.wire_ms() - 400] * 4
    again = rest.respond(wire.request("POST", "v1/algoOrder", **STOP, clientAlgoId="s1"))
    assert said(again)["code"] == -20132, "a placement sees the present"
    wire.board.take_down(number)
    positions, stops, entry, stop = (said(rest.respond(one)) for one in reads)
    assert (len(positions), len(stops)) == (1, 1)
    assert (entry["status"], stop["algoStatus"]) == ("FILLED", "NEW")


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        (Refuse(code=-1), "code -1 is none"),
        (Refuse(code=-1001, status=200), "status 200"),
        (Refuse(code=-1003, status=418), "ban"),
        (Refuse(code=-1001, status=418, for_ms=5), "ban"),
        (Refuse(code=-1003, retry_after_s=-1), "retry_after_s -1"),
        (Refuse(code=-1001, count=0), "count 0"),
        (Refuse(code=-1001, for_ms=0), "for_ms 0"),
        (Refuse(code=-1001, for_ms=5, until_ms=5), "exclude"),
        (Refuse(code=-1001, probability=0.0), "probability 0.0"),
        (Refuse(code=-1001, probability=1.01), "probability 1.01"),
        (Refuse(code=-1001, methods=("get",)), "methods get"),
        (Refuse(code=-1001, paths=("fapi",)), "'fapi'"),
        (Answer(form=Form.FIREWALL, executed=True), "firewall"),
        (Slow(delay_ms=0), "delay_ms 0"),
        (Stale(lag_ms=0), "lag_ms 0"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_what_is_wrong(rule: Rule, complaint: str) -> None:
    wire = Unserved()
    with pytest.raises(ValueError, match=complaint):
        wire.board.put_up(rule)
    assert wire.board.calm


def test_unknown_routes_are_not_found() -> None:
    wire = Unserved()
    assert wire.ask("GET", "v1/nothing").status == 404
    assert wire.ask("PATCH", "v1/order").status == 404
