"""A wire whose stops carry no id: what judges read of its requests, and how they know whose an order is."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from jackline.exchange.conditions import Algo, AlgoRequest
from jackline.exchange.orders import OrderRequest
from jackline.exchange.values import OrderType, PositionSide, Side, TimeInForce, WorkingType
from jackline.world.judges.cancels import CancelJudge, SweepJudge
from jackline.world.judges.deadlines import SWEEP_MS
from jackline.world.judges.entries import EntryJudge
from jackline.world.judges.exposure import Cause, Exposure, ExposureJudge
from jackline.world.judges.identity import ExplainedJudge
from jackline.world.judges.names import OrderName, Role, spell
from jackline.world.judges.ratchet import RatchetJudge
from jackline.world.judges.reading import read_request
from jackline.world.judges.requests import Leg, RequestKind
from jackline.world.judges.scene import LEG_ATTEMPT, StopEnd
from jackline.world.watching import Departure
from tests.exchange.worlds import BOTH, BUY, SELL, World
from tests.world.judges.court import ENGINE, QUANTITY, STOP_AT, TRADE, Court

ROOT = "/openApi/swap/v2/trade/"
SYMBOL = "BTC-USDT"
WATCHDOG = "watchdog-2"


def leg_text(trigger: object = STOP_AT, quantity: str = QUANTITY) -> str:
    return f'{{"type":"STOP_MARKET","stopPrice":{trigger},"workingType":"MARK_PRICE","quantity":{quantity}}}'


@dataclass(kw_only=True)
class Stall:
    """Requests of this wire before a court, carried out at the venue by hand."""

    court: Court
    entries: list[Departure] = field(default_factory=list)

    def enter(
        self,
        *,
        leg: str | None = None,
        arms: bool = True,
        role: Role = Role.ENTRY,
        price: str = "60500",
        fills: bool = True,
    ) -> Departure:
        """An entry with its stop inside; `arms`: whether the venue remembers the stop."""
        client_id = spell(TRADE, role, 0)
        departure = self.court.leaves(
            "POST",
            "order",
            {
                "symbol": SYMBOL,
                "side": "BUY",
                "positionSide": "BOTH",
                "type": "LIMIT",
                "timeInForce": "IOC",
                "quantity": QUANTITY,
                "price": price,
                "clientOrderID": client_id,
                "stopLoss": leg,
            },
        )
        legs = (algo_request(),) if arms and leg is not None else ()
        entry = OrderRequest(
            symbol="BTCUSDT",
            side=BUY,
            position_side=BOTH,
            type=OrderType.LIMIT,
            quantity=Decimal(QUANTITY),
            price=Decimal(price),
            time_in_force=TimeInForce.IOC,
            reduce_only=False,
            client_id=client_id,
        )
        world = self.court.world
        if fills:
            self.court.arrives(departure, lambda: world.venue.place_entry(world.account, entry, legs))
        return departure

    def stop(
        self,
        trigger: object = STOP_AT,
        *,
        process: str = ENGINE,
        kind: str = "STOP_MARKET",
        side: Side = SELL,
    ) -> Algo:
        """A stop of its own, without a name."""
        departure = self.court.leaves(
            "POST",
            "order",
            {
                "symbol": SYMBOL,
                "side": side.value,
                "positionSide": "BOTH",
                "type": kind,
                "stopPrice": trigger,
                "quantity": QUANTITY,
                "reduceOnly": "true",
            },
            process,
        )
        world = self.court.world
        self.court.arrives(
            departure,
            lambda: world.stop(side, trigger, quantity=QUANTITY, reduce_only=True, kind=OrderType(kind)),
        )
        return list(self.court.scene.stops.values())[-1].algo

    def cancel(self, algo: Algo) -> None:
        departure = self.court.leaves("DELETE", "order", {"symbol": SYMBOL, "orderId": algo.algo_id})
        world = self.court.world
        self.court.arrives(departure, lambda: world.venue.cancel_algo(world.account, algo))


def algo_request(trigger: object = STOP_AT) -> AlgoRequest:
    return AlgoRequest(
        symbol="BTCUSDT",
        side=SELL,
        position_side=BOTH,
        type=OrderType.STOP_MARKET,
        quantity=Decimal(QUANTITY),
        price=None,
        trigger_price=Decimal(str(trigger)),
        activate_price=None,
        callback_fraction=None,
        time_in_force=TimeInForce.GTC,
        working_type=WorkingType.MARK_PRICE,
        close_position=False,
        reduce_only=True,
        price_protect=False,
        client_id=None,
    )


def sat(*judges: type, world: World | None = None) -> Stall:
    return Stall(court=Court(*judges, world=world, root=ROOT))


def intend(stall: Stall, *, stop: object = STOP_AT, rung: str = "attached") -> None:
    entry = {"quantity": QUANTITY, "symbol": SYMBOL, "rung": rung}
    stall.court.journal.add(
        "intent", {"phase": "intended", "entry": entry, "stop": {"disaster_price": str(stop)}}
    )


def departure(method: str, path: str, **params: str) -> Departure:
    return Departure(number=1, at_ms=0.0, process=ENGINE, method=method, path=path, params=params)


# -- reading -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "params", "kind"),
    [
        ("POST", "v2/trade/order", {"type": "LIMIT"}, RequestKind.ORDER),
        ("POST", "v2/trade/order", {"type": "MARKET"}, RequestKind.ORDER),
        ("POST", "v2/trade/order", {"type": "STOP_MARKET"}, RequestKind.CONDITIONAL),
        ("POST", "v2/trade/order", {"type": "TRIGGER_MARKET"}, RequestKind.CONDITIONAL),
        ("DELETE", "v2/trade/order", {"clientOrderID": "a"}, RequestKind.CANCEL),
        ("DELETE", "v2/trade/order", {"orderId": "7"}, RequestKind.CANCEL_EITHER),
        ("DELETE", "v2/trade/allOpenOrders", {}, RequestKind.BLANKET_CANCEL),
        ("POST", "v2/trade/cancelAllAfter", {}, RequestKind.BLANKET_CANCEL),
        ("POST", "v2/trade/closeAllPositions", {}, RequestKind.BLANKET_CANCEL),
        ("POST", "v1/trade/cancelReplace", {}, RequestKind.BLANKET_CANCEL),
        ("POST", "v2/trade/leverage", {"side": "LONG"}, RequestKind.SETTING),
        ("GET", "v2/trade/order", {}, RequestKind.OTHER),
    ],
)
def test_what_a_request_does(method: str, path: str, params: dict[str, str], kind: RequestKind) -> None:
    assert read_request(departure(method, f"/openApi/swap/{path}", **params)).kind is kind


def test_an_order_with_its_leg() -> None:
    request = read_request(
        departure(
            "POST",
            f"{ROOT}order",
            symbol=SYMBOL,
            side="BUY",
            positionSide="LONG",
            type="LIMIT",
            quantity="0.01",
            stopLoss=leg_text("59400.5"),
            clientOrderID=spell(TRADE, Role.ENTRY, 0),
        )
    )
    assert (request.symbol, request.position_side, request.side) == ("BTCUSDT", PositionSide.LONG, BUY)
    assert request.leg == Leg(trigger_price=Decimal("59400.5"), quantity=Decimal("0.01"))
    assert request.is_entry
    assert not request.reducing


@pytest.mark.parametrize(
    "text", ["", "{}", '{"type":"STOP","stopPrice":1,"quantity":1}', '{"type":"STOP_MARKET","quantity":1}']
)
def test_what_is_no_stop_inside_an_entry(text: str) -> None:
    assert read_request(departure("POST", f"{ROOT}order", type="LIMIT", stopLoss=text)).leg is None


@pytest.mark.parametrize(
    ("params", "reducing"),
    [
        ({"positionSide": "BOTH", "side": "SELL"}, False),
        ({"positionSide": "BOTH", "side": "SELL", "reduceOnly": "true"}, True),
        ({"positionSide": "LONG", "side": "SELL"}, True),
        ({"positionSide": "SHORT", "side": "SELL"}, False),
    ],
)
def test_what_can_only_reduce(params: dict[str, str], reducing: bool) -> None:
    assert read_request(departure("POST", f"{ROOT}order", type="MARKET", **params)).reducing is reducing


# -- whose it is -------------------------------------------------------------------------------------------


def test_a_leg_is_its_entrys_and_leaves_no_moment_without_cover() -> None:
    stall = sat(ExposureJudge, EntryJudge)
    intend(stall)
    stall.enter(leg=leg_text())
    (leg,) = stall.court.scene.stops.values()
    assert leg.name == OrderName(trade_id=TRADE, role=Role.DISASTER, attempt=LEG_ATTEMPT)
    stall.court.passing(5_000)
    (exposure,) = exposures(stall)
    assert exposure.naked_ms == 0
    assert stall.court.codes == []


def test_P1_a_leg_that_the_venue_forgot_is_called_so() -> None:
    stall = sat(ExposureJudge)
    intend(stall)
    stall.enter(leg=leg_text(), arms=False)
    stall.court.passing(2_000)
    (exposure,) = exposures(stall)
    assert exposure.spans[0].cause is Cause.LEG_LOST
    assert stall.court.codes == ["P1"]


def exposures(stall: Stall) -> list[Exposure]:
    judge = next(judge for judge in stall.court.judges if isinstance(judge, ExposureJudge))
    return list(judge.exposures)


@pytest.mark.parametrize(
    ("process", "kind", "role"),
    [
        (ENGINE, "STOP_MARKET", Role.DISASTER),
        (ENGINE, "TAKE_PROFIT_MARKET", Role.TARGET),
        (WATCHDOG, "STOP_MARKET", Role.WATCHDOG_STOP),
    ],
)
def test_a_stop_is_of_whose_request_created_it(process: str, kind: str, role: Role) -> None:
    stall = sat()
    stall.enter()
    algo = stall.stop(61_000 if role is Role.TARGET else STOP_AT, process=process, kind=kind)
    name = stall.court.scene.stops[algo.algo_id].name
    assert name is not None
    assert (name.trade_id, name.role) == (TRADE, role)


def test_a_strangers_stop_has_no_name_and_P6_is_not_cancelled() -> None:
    stall = sat(CancelJudge)
    stall.enter()
    algo = stall.court.world.stop(SELL, STOP_AT, quantity=QUANTITY, reduce_only=True)
    stall.court.look()
    assert stall.court.scene.stops[algo.algo_id].name is None
    stall.cancel(algo)
    assert "P6" in stall.court.codes


def test_P5_a_cancel_by_the_venues_id_that_uncovers() -> None:
    stall = sat(CancelJudge)
    stall.enter()
    algo = stall.stop()
    stall.cancel(algo)
    assert stall.court.scene.stops[algo.algo_id].end is StopEnd.CANCELLED_BY_US
    assert stall.court.codes == ["P5"]


def test_P6_a_stop_left_behind_and_one_whose_record_was_lost() -> None:
    stall = sat(SweepJudge)
    stall.enter()
    stall.stop()
    stall.court.close()
    stall.court.passing(SWEEP_MS / 2)
    stall.court.journal.epoch += 1
    stall.court.passing(SWEEP_MS)
    assert stall.court.codes == []
    again = sat(SweepJudge)
    again.enter()
    again.stop()
    again.court.close()
    again.court.passing(SWEEP_MS + 1_000)
    assert again.court.codes == ["P6"]


# -- the stop inside the entry -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "leg", [None, leg_text(59_300), leg_text(quantity="0.005"), '{"type":"STOP","stopPrice":1,"quantity":1}']
)
def test_P2_an_attached_entry_without_the_stop_of_its_plan(leg: str | None) -> None:
    stall = sat(EntryJudge)
    intend(stall)
    stall.enter(leg=leg, fills=False)
    assert stall.court.codes == ["P2"]


def test_an_entry_of_another_rung_needs_no_leg() -> None:
    stall = sat(EntryJudge)
    intend(stall, rung="after_fill")
    stall.enter(fills=False)
    assert stall.court.codes == []


def test_a_canary_is_told_of_before_and_carries_its_stop() -> None:
    stall = sat(EntryJudge)
    stall.court.journal.add("canary", {"client_id": spell(TRADE, Role.CANARY, 0), "verb": "SendEntry"})
    stall.enter(leg=leg_text(55_000), role=Role.CANARY, price="57600", fills=False)
    assert stall.court.codes == []


@pytest.mark.parametrize(
    ("leg", "told", "codes"),
    [
        (leg_text(55_000), False, ["O4"]),
        (leg_text(58_000), True, ["P2"]),
        (leg_text(55_000, "0.001"), True, ["P2"]),
        (None, True, ["P2"]),
    ],
)
def test_P2_O4_a_canary_that_is_bare_or_untold(leg: str | None, told: bool, codes: list[str]) -> None:
    stall = sat(EntryJudge)
    if told:
        stall.court.journal.add("canary", {"client_id": spell(TRADE, Role.CANARY, 0), "verb": "SendEntry"})
    stall.enter(leg=leg, role=Role.CANARY, price="57600", fills=False)
    assert stall.court.codes == codes


# -- prices and records ------------------------------------------------------------------------------------


def test_P4_a_stop_without_a_name_is_held_to_its_trades_plan() -> None:
    stall = sat(RatchetJudge)
    intend(stall)
    stall.enter()
    stall.stop(STOP_AT - 1)
    assert stall.court.codes == ["P4"]


def test_O4_a_stop_without_a_name_that_no_row_tells_of() -> None:
    stall = sat(ExplainedJudge)
    stall.enter()
    stall.stop()
    stall.court.finish()
    assert sorted(stall.court.codes) == ["O4", "O4"], "the entry and its stop"
    told = sat(ExplainedJudge)
    intend(told)
    told.enter()
    told.stop()
    told.court.finish()
    assert told.court.codes == []


def test_a_row_with_symbol_and_trigger_explains_a_stop_of_nobodys_trade() -> None:
    stall = sat(ExplainedJudge)
    stall.court.world.order(BUY, QUANTITY)
    stall.court.look()
    stall.stop()
    request = {"symbol": SYMBOL, "trigger_price": str(STOP_AT)}
    stall.court.journal.add("request", {"client_id": "x", "verb": "SendStop", "request": request})
    stall.court.finish()
    assert stall.court.codes == []
