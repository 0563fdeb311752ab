"""Values for the tests of the core: one instrument, one plan, one state."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from jackline.core.events import Now
from jackline.core.gate_settings import RegimeSettings, Rule
from jackline.core.ids import TradeId, mint_trade_id
from jackline.core.instrument import Instrument, MarginTier
from jackline.core.orders import (
    OrderKey,
    OrderKind,
    OrderState,
    OrderView,
    PositionMode,
    PositionView,
    PriceSource,
    Snapshot,
)
from jackline.core.outcomes import Denied
from jackline.core.plan import PlanContext, ProtectedEntry, Rung, TradeRequest, plan_trade
from jackline.core.settings import ProtectionSettings, RiskSettings, StopBasis, StopSettings
from jackline.core.state import KillLevel, State, initial_state
from jackline.core.traits import FULL_TRAITS, VenueTraits
from jackline.core.values import (
    Fraction,
    MarketMs,
    OrderSide,
    Price,
    Quantity,
    Quote,
    Side,
    WireMs,
    fraction,
    price,
    quantity,
)
from tests.core.small_venue import BTC, EQUITY

TAG = "abc"
START_MS = 1_790_000_000_000
TRADE: TradeId = mint_trade_id(tag=TAG, fence=7, ordinal=1)
STOP_1_PERCENT = StopSettings(basis=StopBasis.PRICE, value_fraction=fraction("0.01"))
RISK = RiskSettings(stop=STOP_1_PERCENT, regime=RegimeSettings(gate=Rule.OFF))


def instrument(*, tick: str = "0.1", step: str = "0.001", leverage_max: int = 20) -> Instrument:
    """BTCUSDT with round filters and one margin tier."""
    return Instrument(
        symbol=BTC,
        price_tick=Decimal(tick),
        price_min=price("0.1"),
        price_max=price("1000000"),
        quantity_step=Decimal(step),
        quantity_min=quantity("0.001"),
        quantity_max=quantity("100"),
        market_quantity_max=quantity("50"),
        notional_min=Quote(Decimal(5)),
        tiers=(
            MarginTier(
                notional_floor=Quote(Decimal(0)),
                maintenance_fraction=fraction("0.004"),
                maintenance_amount=Quote(Decimal(0)),
                leverage_max=leverage_max,
            ),
        ),
    )


def at(wire_ms: int = START_MS) -> Now:
    return Now(wire_ms=WireMs(wire_ms), market_ms=MarketMs(wire_ms))


def request(side: Side = Side.LONG) -> TradeRequest:
    return TradeRequest(trade_id=TRADE, symbol=BTC, side=side, reason="test", market_ms=MarketMs(START_MS))


def context(
    *,
    mark: str = "50000",
    equity: str = "10000",
    rung: Rung = Rung.STOP_FIRST,
    risk: RiskSettings = RISK,
    of: Instrument | None = None,
    noise: str = "0",
) -> PlanContext:
    return PlanContext(
        instrument=of or instrument(),
        mode=PositionMode.NETTING,
        mark=price(mark),
        spread_fraction=Fraction(Decimal(0)),
        noise_fraction=fraction(noise),
        equity_quote=Quote(Decimal(equity)),
        rung=rung,
        now_ms=WireMs(START_MS),
        risk=risk,
    )


def planned(
    side: Side = Side.LONG, *, rung: Rung = Rung.STOP_FIRST, risk: RiskSettings = RISK
) -> ProtectedEntry:
    plan = plan_trade(request(side), context(rung=rung, risk=risk))
    if isinstance(plan, Denied):
        raise ValueError(plan.detail)
    return plan


def cold_state(*, risk: RiskSettings = RISK, fence: int = 7, traits: VenueTraits = FULL_TRAITS) -> State:
    """A fresh engine's state."""
    return initial_state(
        tag=TAG,
        mode=PositionMode.NETTING,
        fence=fence,
        risk=risk,
        protection=ProtectionSettings(),
        instruments={BTC: instrument()},
        symbols=(BTC,),
        kill_level=KillLevel.NORMAL,
        books_from_ms=WireMs(START_MS),
        traits=traits,
    )


def position(
    side: Side = Side.LONG,
    *,
    size: str = "0.1",
    entry: str = "50000",
    mark: str = "50000",
    mode: PositionMode = PositionMode.NETTING,
) -> PositionView:
    return PositionView(
        symbol=BTC,
        side=side,
        mode=mode,
        quantity=quantity(size),
        entry_price=price(entry),
        mark=price(mark),
        liquidation_price=None,
        updated_ms=WireMs(START_MS),
    )


def stop(
    client_id: str, *, side: Side = Side.LONG, trigger: str = "49500", size: str | None = None
) -> OrderView:
    """A working stop of a position of `side`: whole-position, or reduce-only of `size`."""
    return OrderView(
        key=OrderKey(symbol=BTC, client_id=client_id, venue_id=1, conditional=True),
        kind=OrderKind.STOP_MARKET,
        state=OrderState.NEW,
        side=OrderSide.SELL if side is Side.LONG else OrderSide.BUY,
        position_side=None,
        quantity=Quantity(Decimal(size or 0)),
        filled=quantity(0),
        average_price=None,
        limit_price=None,
        trigger_price=price(trigger),
        price_source=PriceSource.MARK,
        reduce_only=size is not None,
        close_position=size is None,
        price_protect=False,
        child_id=None,
        updated_ms=WireMs(START_MS),
    )


def snapshot(
    *, positions: tuple[PositionView, ...] = (), orders: tuple[OrderView, ...] = (), asked: int = 1
) -> Snapshot:
    return Snapshot(
        asked=asked,
        symbols=None,
        asked_ms=WireMs(START_MS),
        received_ms=WireMs(START_MS),
        positions=positions,
        orders=orders,
        equity_quote=EQUITY,
    )


def with_trailing(trailing: str) -> RiskSettings:
    return replace(RISK, trailing_fraction=fraction(trailing))


def as_price(value: Decimal) -> Price:
    return Price(value)
