"""Filters from the wire to the wire: what we plan on a contract's grid, the exchange takes, and it risks no more.

The exchange's own records are given the filters of a contract; we read them from its exchange information, plan, write
our requests and send them to its REST surface. The bounds are computed in fractions, which round nothing.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction as Ratio
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.core.closing import IOC_BAND_FRACTION
from jackline.core.guard import adopted_stop
from jackline.core.ids import Role, client_id
from jackline.core.instrument import Instrument
from jackline.core.orders import PositionMode, PositionView, PriceSource
from jackline.core.outcomes import Denied, Reason
from jackline.core.plan import PlanContext, ProtectedEntry, plan_trade
from jackline.core.requests import CloseShape, Mutation, SendClose, SendEntry, SendStop, SendTarget, StopShape
from jackline.core.rules import is_beyond
from jackline.core.settings import RiskSettings, StopSettings
from jackline.core.values import Fraction, Price, Quantity, Quote, Side, Symbol, WireMs, fraction
from jackline.exchange.account import AccountSpec
from jackline.exchange.ports import Tick
from jackline.exchange.wire.exchange import Exchange, ExchangeConfig, open_exchange
from jackline.exchange.wire.messages import Inbound
from jackline.venue.binance.parse import instrument
from jackline.venue.binance.requests import plain, wire_request
from jackline.venue.binance.rows import BracketsRow, ExchangeInfoRow
from jackline.venue.transport.rows import typed
from tests.core.making import START_MS, TRADE, context
from tests.core.making import request as wish
from tests.exchange.worlds import HandClock
from tests.venue.contracts import CONTRACTS, Contract

D = Decimal
PLAIN = re.compile(r"[0-9]+(\.[0-9]+)?")
"""A number on the wire: no sign, no exponent, no bare point."""
PUBLIC = {"/fapi/v1/exchangeInfo"}
NUMBERS = ("quantity", "price", "triggerPrice")
BALANCE = D(10_000_000)
DISTANCE, CAP = D("0.015"), D("0.1")
DECODE = msgspec.json.Decoder(float_hook=D).decode
FILTER_DENIALS = {Reason.MINIMUM_ORDER, Reason.STOP_DISTANCE, Reason.STOP_SIDE, Reason.STOP_REACHED}
"""What filters may make of a wish; everything else is settings that this file keeps out of the way."""

contracts = st.sampled_from(CONTRACTS)
sides = st.sampled_from(list(Side))
modes = st.sampled_from(list(PositionMode))
shifts = st.decimals("0.5", "2", places=8)
"""A mark is an average: it lies between ticks."""
distances = st.decimals("0.002", "0.05", places=4)


@dataclass
class Bourse:
    """The local exchange with one contract, without a server: requests go to its REST surface, signed."""

    contract: Contract
    mark: Decimal
    hedge: bool = False
    leverage: int = 4
    clock: HandClock = field(default_factory=lambda: HandClock(now_ms=float(START_MS)))
    exchange: Exchange = field(init=False)

    def __post_init__(self) -> None:
        contract = self.contract
        account = AccountSpec(name="main", key="k", secret="s", balance=BALANCE, hedge=self.hedge)
        config = ExchangeConfig(
            accounts=(account,), symbols=(contract.name,), interval_ms=60_000, draw=lambda: 0.0
        )
        self.exchange = open_exchange(config, self.clock)
        market = self.exchange.venue.state.markets[contract.name]
        market.symbol = replace(
            market.symbol,
            tick=contract.tick,
            step=contract.step,
            notional_min=contract.notional_min,
            quantity_max=contract.quantity_max,
            market_quantity_max=contract.market_quantity_max,
        )
        self.exchange.venue.on_tick(
            Tick(
                symbol=contract.name,
                market_ms=START_MS,
                last=self.mark,
                mark=self.mark,
                volume=D(1),
                closes=None,
            )
        )
        self.ask("POST", "/fapi/v1/leverage", symbol=contract.name, leverage=str(self.leverage))

    def ask(self, method: str, path: str, **fields: str) -> Any:
        """The answer's JSON; a refusal is a failure that shows the request."""
        query = urlencode({**fields, "timestamp": str(self.clock.wire_ms())})
        signature = hmac.new(b"s", query.encode(), "sha256").hexdigest()
        signed = "" if path in PUBLIC else f"{query}&signature={signature}"
        inbound = Inbound(method=method, path=path, query=signed, headers={"x-mbx-apikey": "k"})
        answer = self.exchange.rest.respond(inbound)
        assert answer.status == 200, f"{answer.body.decode()}: {fields}"
        return DECODE(answer.body)

    def instrument(self) -> Instrument:
        """As we read it."""
        info = typed(self.ask("GET", "/fapi/v1/exchangeInfo"), ExchangeInfoRow)
        tables = typed(self.ask("GET", "/fapi/v1/leverageBracket"), list[BracketsRow])
        return instrument(info.symbols[0], tables[0])

    def send(self, request: Mutation) -> Any:
        """Our words for a request, judged before they leave and then by the exchange."""
        wired = wire_request(request)
        for name in NUMBERS:
            if name in wired.params:
                assert PLAIN.fullmatch(wired.params[name]), wired.params
        return self.ask(wired.method, f"/fapi/v1/{wired.path}", **wired.params)

    def amount(self) -> Decimal:
        rows = self.ask("GET", "/fapi/v3/positionRisk")
        return sum((abs(D(row["positionAmt"])) for row in rows), D(0))


def asked(
    bourse: Bourse,
    *,
    mode: PositionMode = PositionMode.NETTING,
    equity: Decimal = BALANCE,
    distance: Decimal = DISTANCE,
    cap: Decimal = CAP,
) -> PlanContext:
    """What a plan on this contract depends on."""
    risk = RiskSettings(
        stop=StopSettings(value_fraction=fraction(distance)),
        leverage=bourse.leverage,
        size_cap_fraction=fraction(cap),
        target_fraction=fraction("0.05"),
    )
    base = context(risk=risk, of=bourse.instrument())
    return replace(base, mark=Price(bourse.mark), mode=mode, equity_quote=Quote(equity))


def planned_on(bourse: Bourse, of: PlanContext, side: Side) -> ProtectedEntry | Denied:
    return plan_trade(replace(wish(side), symbol=Symbol(bourse.contract.name)), of)


def on_grid(number: Decimal, grid: Decimal) -> bool:
    return (Ratio(number) / Ratio(grid)).denominator == 1


def stop_request(plan: ProtectedEntry, *, of: Quantity | None, trigger: Price) -> SendStop:
    return SendStop(
        client_id=client_id(TRADE, Role.DISASTER if of is None else Role.WORKING, 1),
        trade_id=TRADE,
        symbol=plan.symbol,
        side=plan.side,
        mode=plan.mode,
        shape=StopShape.WHOLE_POSITION if of is None else StopShape.QUANTITY,
        quantity=of,
        trigger_price=trigger,
        price_source=PriceSource.MARK,
    )


def close_request(plan: ProtectedEntry, size: Quantity, number: int, limit: Price | None = None) -> SendClose:
    return SendClose(
        client_id=client_id(TRADE, Role.CLOSE, number),
        trade_id=TRADE,
        symbol=plan.symbol,
        side=plan.side,
        mode=plan.mode,
        shape=CloseShape.REDUCE_ONLY_MARKET if limit is None else CloseShape.IOC_1_PERCENT,
        quantity=size,
        limit_price=limit,
    )


def play(bourse: Bourse, plan: ProtectedEntry, of: Instrument) -> bool:
    """A whole trade on the wire: D before the entry, the entry, a W, a target, a close by limit, the rest by market.

    False where the entry was taken and did not fill: its collar lies less than a tick from the market.
    """
    bourse.send(stop_request(plan, of=None, trigger=plan.stop.disaster_price))
    entered = bourse.send(SendEntry(client_id=client_id(TRADE, Role.ENTRY, 1), entry=plan))
    filled = D(entered["executedQty"])
    assert filled == plan.quantity or (filled == 0 and entered["status"] == "EXPIRED"), entered
    if not filled:
        return False
    tighter = of.stop_price((plan.stop.disaster_price * 3 + bourse.mark) / 4, plan.side)
    if not is_beyond(Price(bourse.mark), tighter, plan.side.sign):
        bourse.send(stop_request(plan, of=plan.quantity, trigger=tighter))
    assert plan.target_price is not None
    bourse.send(
        SendTarget(
            client_id=client_id(TRADE, Role.TARGET, 1),
            trade_id=TRADE,
            symbol=plan.symbol,
            side=plan.side,
            mode=plan.mode,
            quantity=plan.quantity,
            trigger_price=plan.target_price,
            price_source=PriceSource.LAST,
        )
    )
    band = IOC_BAND_FRACTION[CloseShape.IOC_1_PERCENT]
    limit = of.collar_price(bourse.mark * (1 - plan.side.sign * band), plan.side)
    bourse.send(close_request(plan, of.quantity_down(plan.quantity / 2) or plan.quantity, 1, limit))
    number = 2
    while left := bourse.amount():
        bourse.send(close_request(plan, Quantity(min(left, of.market_quantity_max)), number))
        number += 1
    return True


@pytest.mark.parametrize("contract", CONTRACTS, ids=[one.name for one in CONTRACTS])
@pytest.mark.parametrize("side", list(Side))
def test_every_contract_can_be_traded_whole(contract: Contract, side: Side) -> None:
    """With plain settings no row of the table is denied: what the other tests say of plans, they say of something."""
    bourse = Bourse(contract, contract.price)
    of = asked(bourse)
    plan = planned_on(bourse, of, side)
    assert isinstance(plan, ProtectedEntry), plan
    assert play(bourse, plan, of.instrument)


@pytest.mark.owns("P8")
@given(
    contract=contracts,
    shift=shifts,
    distance=distances,
    equity=st.decimals(100, BALANCE, places=8),
    cap=st.decimals("0.001", "2", places=4),
    side=sides,
    mode=modes,
)
def test_P8_no_plan_is_larger_or_looser_than_asked_and_the_exchange_takes_all_of_it(
    contract: Contract, shift: D, distance: D, equity: D, cap: D, side: Side, mode: PositionMode
) -> None:
    bourse = Bourse(contract, contract.price * shift, hedge=mode is PositionMode.HEDGE)
    of = asked(bourse, mode=mode, equity=equity, distance=distance, cap=cap)
    plan = planned_on(bourse, of, side)
    if isinstance(plan, Denied):
        assert plan.reason in FILTER_DENIALS, plan
        return
    judge(plan, of)
    play(bourse, plan, of.instrument)


def judge(plan: ProtectedEntry, of: PlanContext) -> None:
    """Size, collar and stop against what was asked, in fractions."""
    grid, sign = of.instrument, plan.side.sign
    mark, worst, stop = Ratio(of.mark), Ratio(plan.collar_price), Ratio(plan.stop.disaster_price)
    raw_stop = worst * (1 - sign * Ratio(plan.stop.distance_fraction))
    assert on_grid(plan.stop.disaster_price, grid.price_tick)
    assert 0 <= (stop - raw_stop) * sign < Ratio(grid.price_tick), (
        "rounded towards the market, by less than a tick"
    )
    assert (mark - stop) * sign > 0, "mark has not reached it"
    assert on_grid(plan.collar_price, grid.price_tick)
    assert (worst - mark * (1 + sign * Ratio(of.risk.collar_fraction))) * sign <= 0
    fees = Ratio(of.risk.taker_fraction) * (worst + stop) + Ratio(of.risk.slippage_fraction) * stop
    loss = Ratio(plan.quantity) * (abs(worst - stop) + fees)
    assert on_grid(plan.quantity, grid.quantity_step)
    assert loss <= Ratio(of.equity_quote) * Ratio(of.risk.risk_per_trade_fraction)
    assert Ratio(plan.quantity) * worst <= Ratio(of.equity_quote) * Ratio(of.risk.size_cap_fraction)


@pytest.mark.owns("P8")
@given(
    contract=contracts,
    shift=shifts,
    distance=distances,
    moved=st.decimals("0.95", "1.05", places=6),
    side=sides,
)
def test_P8_the_stop_of_a_position_found_open_is_rounded_towards_the_market(
    contract: Contract, shift: D, distance: D, moved: D, side: Side
) -> None:
    entry = contract.price * shift
    mark = entry * moved
    found = PositionView(
        symbol=Symbol(contract.name),
        side=side,
        mode=PositionMode.NETTING,
        quantity=Quantity(contract.step),
        entry_price=Price(entry),
        mark=Price(mark),
        liquidation_price=None,
        updated_ms=WireMs(0),
    )
    grid = Bourse(contract, contract.price).instrument()
    risk = RiskSettings(stop=StopSettings(value_fraction=Fraction(distance)))
    stop = adopted_stop(found, grid, risk).disaster_price
    assert on_grid(stop, contract.tick)
    raws = [Ratio(price) * (1 - side.sign * Ratio(distance)) for price in (entry, mark)]
    assert any(0 <= (Ratio(stop) - raw) * side.sign < Ratio(contract.tick) for raw in raws)


# -- no float ------------------------------------------------------------------------------------------------

FLOATS = (0.3 * 3, 1e-8, 57_000.05)
"""0.8999999999999999, 1e-08, and a price between two ticks."""


@pytest.mark.parametrize("number", FLOATS)
def test_a_float_never_reaches_the_wire(number: float) -> None:
    with pytest.raises(TypeError, match="float"):
        plain(number)  # type: ignore[arg-type]


def test_a_number_of_the_venue_is_never_a_float() -> None:
    """Even where it writes one: leverage brackets come as JSON numbers."""
    bourse = Bourse(CONTRACTS[0], CONTRACTS[0].price)
    tier = bourse.instrument().tiers[1]
    assert isinstance(tier.maintenance_fraction, D)
    assert (tier.maintenance_fraction, tier.maintenance_amount) == (D("0.005"), D(50))


@pytest.mark.parametrize("contract", CONTRACTS, ids=[one.name for one in CONTRACTS])
def test_filters_are_read_as_they_are_published(contract: Contract) -> None:
    read = Bourse(contract, contract.price).instrument()
    assert (read.price_tick, read.quantity_step) == (contract.tick, contract.step)
    assert (read.quantity_max, read.market_quantity_max) == (
        contract.quantity_max,
        contract.market_quantity_max,
    )
    assert read.notional_min == contract.notional_min
