"""Core requests and clocks for the tests of the venue room."""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal

from jackline.core.events import Now
from jackline.core.ids import Role, TradeId, client_id, mint_trade_id
from jackline.core.instrument import Instrument, MarginTier
from jackline.core.orders import OrderKey, PositionMode, PriceSource
from jackline.core.plan import ProtectedEntry, Rung, StopPlan
from jackline.core.requests import (
    CancelOrder,
    CloseShape,
    Mutation,
    SendClose,
    SendEntry,
    SendStop,
    SendTarget,
    SendTrailing,
    StopShape,
)
from jackline.core.values import (
    Fraction,
    MarketMs,
    Price,
    Quantity,
    Quote,
    Side,
    Symbol,
    WireMs,
    fraction,
    price,
    quantity,
)

BTC = Symbol("BTCUSDT")
BTC_DASH = Symbol("BTC-USDT")
TRADE: TradeId = mint_trade_id(tag="abc", fence=1_790_000_000, ordinal=1)
NEVER_LATE = WireMs(9_999_999_999_999)


class WallClock:
    """Wire and market time are the wall's."""

    def now(self) -> Now:
        now_ms = int(time.time() * 1_000)
        return Now(wire_ms=WireMs(now_ms), market_ms=MarketMs(now_ms))

    def steady_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000


def entry_plan(
    side: Side = Side.LONG,
    *,
    mark: str = "60000",
    size: str = "0.010",
    trade_id: TradeId = TRADE,
    latest_ms: WireMs = NEVER_LATE,
) -> ProtectedEntry:
    """A plan with a collar of 0.25 % and a stop 1 % beyond it."""
    worst = price((Decimal(mark) * (1 + side.sign * Decimal("0.0025"))).quantize(Decimal("0.1")))
    stop = price((worst * (1 - side.sign * Decimal("0.01"))).quantize(Decimal("0.1")))
    return ProtectedEntry(
        trade_id=trade_id,
        symbol=BTC,
        side=side,
        mode=PositionMode.NETTING,
        quantity=quantity(size),
        signal_price=price(mark),
        collar_price=worst,
        stop=StopPlan(
            side=side, distance_fraction=fraction("0.01"), disaster_price=stop, price_source=PriceSource.MARK
        ),
        target_price=None,
        trailing_fraction=None,
        hold_max_ms=3_600_000,
        leverage=4,
        rung=Rung.STOP_FIRST,
        risk_quote=Quote(Decimal(10)),
        entry_latest_ms=latest_ms,
        receive_window_ms=1_500,
        signal_reason="test",
        signal_market_ms=MarketMs(0),
    )


def send_entry(plan: ProtectedEntry | None = None) -> SendEntry:
    plan = plan or entry_plan()
    return SendEntry(client_id=client_id(plan.trade_id, Role.ENTRY, 1), entry=plan)


def send_stop(
    side: Side = Side.LONG, *, size: str | None = None, trigger: str = "59000", attempt: int = 2
) -> SendStop:
    whole = size is None
    return SendStop(
        client_id=client_id(TRADE, Role.DISASTER if whole else Role.WORKING, attempt),
        trade_id=TRADE,
        symbol=BTC,
        side=side,
        mode=PositionMode.NETTING,
        shape=StopShape.WHOLE_POSITION if whole else StopShape.QUANTITY,
        quantity=None if size is None else quantity(size),
        trigger_price=price(trigger),
        price_source=PriceSource.MARK,
    )


def send_target(side: Side = Side.LONG, *, trigger: str = "63000", attempt: int = 3) -> SendTarget:
    return SendTarget(
        client_id=client_id(TRADE, Role.TARGET, attempt),
        trade_id=TRADE,
        symbol=BTC,
        side=side,
        mode=PositionMode.NETTING,
        quantity=quantity("0.010"),
        trigger_price=price(trigger),
        price_source=PriceSource.LAST,
    )


def send_trailing(
    side: Side = Side.LONG, *, callback: str = "0.0125", activate: str | None = None, attempt: int = 5
) -> SendTrailing:
    return SendTrailing(
        client_id=client_id(TRADE, Role.TRAILING, attempt),
        trade_id=TRADE,
        symbol=BTC,
        side=side,
        mode=PositionMode.NETTING,
        quantity=quantity("0.010"),
        callback_fraction=fraction(callback),
        activate_price=None if activate is None else price(activate),
        price_source=PriceSource.MARK,
    )


def send_close(
    side: Side = Side.LONG,
    shape: CloseShape = CloseShape.REDUCE_ONLY_MARKET,
    *,
    limit: str | None = None,
    size: str = "0.010",
    attempt: int = 4,
) -> SendClose:
    return SendClose(
        client_id=client_id(TRADE, Role.CLOSE, attempt),
        trade_id=TRADE,
        symbol=BTC,
        side=side,
        mode=PositionMode.NETTING,
        shape=shape,
        quantity=quantity(size),
        limit_price=None if limit is None else price(limit),
    )


def cancel(stop: SendStop | SendTarget | None = None, *, venue_id: int | None = None) -> CancelOrder:
    named = stop or send_stop()
    key = OrderKey(symbol=BTC, client_id=named.client_id, venue_id=venue_id, conditional=True)
    return CancelOrder(trade_id=TRADE, key=key, why="test")


def cancel_plain(*, venue_id: int | None = None) -> CancelOrder:
    named = cancel()
    return replace(named, key=replace(named.key, conditional=False, venue_id=venue_id))


def instrument() -> Instrument:
    tier = MarginTier(
        notional_floor=Quote(Decimal(0)),
        maintenance_fraction=Fraction(Decimal("0.004")),
        maintenance_amount=Quote(Decimal(0)),
        leverage_max=125,
    )
    return Instrument(
        symbol=BTC,
        price_tick=Decimal("0.1"),
        price_min=Price(Decimal(100)),
        price_max=Price(Decimal(9_999_999)),
        quantity_step=Decimal("0.001"),
        quantity_min=Quantity(Decimal("0.001")),
        quantity_max=Quantity(Decimal(1000)),
        market_quantity_max=Quantity(Decimal(120)),
        notional_min=Quote(Decimal(100)),
        tiers=(tier,),
    )


def in_mode(request: Mutation, mode: PositionMode) -> Mutation:
    """The same request, written for this position mode; a cancel names none."""
    match request:
        case CancelOrder():
            return request
        case SendEntry(entry=entry):
            return replace(request, entry=replace(entry, mode=mode))
        case _:
            return replace(request, mode=mode)


def at_venue(request: Mutation, symbol: Symbol, mode: PositionMode) -> Mutation:
    """The same request for another symbol, written for this position mode."""
    match request:
        case SendEntry(entry=entry):
            return replace(request, entry=replace(entry, symbol=symbol, mode=mode))
        case CancelOrder(key=key):
            return replace(request, key=replace(key, symbol=symbol))
        case _:
            return replace(request, symbol=symbol, mode=mode)
