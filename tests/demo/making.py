"""Fabricated testimony: what a witness might say, so that each rule can be broken on purpose."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import msgspec

from jackline.cli.demo.breaches import Evidence, Span
from jackline.cli.demo.report import Frame, Kill
from jackline.cli.demo.witness import (
    Account,
    Algo,
    Episode,
    Order,
    Orphan,
    Position,
    StopFill,
    Testimony,
)
from jackline.core.ids import Role, TradeId, client_id
from jackline.core.machine import Phase
from jackline.core.plan import ProtectedEntry
from jackline.core.trade import ExitReason, Trade
from jackline.core.values import MarketMs, OrderSide, Price, Quantity, Quote, Symbol, WireMs
from jackline.store.ledger import EntryKind, LedgerEntry, totals
from tests.core.making import TRADE, planned

OPENED_MS = 1_000_000.0
MARKET_MS = 1_760_130_900_000  # 2025-10-10 21:15 UTC
ENTRY = client_id(TRADE, Role.ENTRY, 1)
STOP = client_id(TRADE, Role.DISASTER, 1)
BTC = Symbol("BTCUSDT")
PLAN = planned()
NEVER_DIES = Span(start_ms=0.0, end_ms=1e12)


def trade(entry: ProtectedEntry = PLAN) -> Trade:
    """A finished trade of the plan: in at 50,000, stopped out, confirmed after 4 ms."""
    return Trade(
        trade_id=TRADE,
        symbol=BTC,
        side=entry.side,
        mode=entry.mode,
        phase=Phase.DONE,
        entry=entry,
        stop=entry.stop,
        entry_slot=None,
        disaster=None,
        working=(),
        target=None,
        close=None,
        attempts=2,
        quantity=Quantity(Decimal(0)),
        quantity_ms=None,
        entry_price=Price(Decimal(50_000)),
        exposed_ms=None,
        first_exposed_ms=WireMs(int(OPENED_MS)),
        first_protected_ms=WireMs(int(OPENED_MS) + 4),
        opened_market_ms=MarketMs(MARKET_MS),
        best_price=None,
        floor_price=None,
        ratcheted_ms=None,
        fills_after=0,
        balance=Decimal(0),
        flat_ms=None,
        exit_order_ids=(),
        exit_reason=ExitReason.STOP,
        recovered=False,
    )


def stop_fill(*, gap: bool = True, wire_ms: float = OPENED_MS + 5_000) -> StopFill:
    return StopFill(
        symbol=BTC,
        position_side="BOTH",
        side="SELL",
        client_algo_id=STOP,
        trigger_price=Decimal("49500.5"),
        fill_price=Decimal("49000"),
        quantity=PLAN.quantity,
        slip_bps=101.1,
        gap=gap,
        wire_ms=wire_ms,
        market_ms=MARKET_MS + 60_000,
    )


def episode(
    *, entry_client_id: str = ENTRY, naked: tuple[tuple[float, float], ...] = (), closed: bool = True
) -> Episode:
    """Ten seconds of exposure, with the naked spans given (milliseconds after the opening)."""
    spans = [(OPENED_MS + start, OPENED_MS + end) for start, end in naked]
    return Episode(
        symbol=BTC,
        position_side="BOTH",
        side="BUY",
        entry_client_id=entry_client_id,
        opened_wire_ms=OPENED_MS,
        opened_market_ms=MARKET_MS,
        closed_wire_ms=OPENED_MS + 10_000 if closed else None,
        closed_market_ms=MARKET_MS + 60_000 if closed else None,
        max_quantity=PLAN.quantity,
        exposed_ms=10_000.0,
        naked_ms=sum(end - start for start, end in spans),
        naked_now=False,
        naked_intervals=spans,
        naked_notional_ms=0.0,
        liquidated=False,
        stop_fills=[stop_fill()] if closed else [],
    )


def order(
    name: str = ENTRY,
    *,
    executed: Decimal | None = None,
    reducing: bool = False,
    algo_id: int | None = None,
) -> Order:
    return Order(
        client_id=name,
        algo_id=algo_id,
        symbol=BTC,
        position_side="BOTH",
        reducing=reducing,
        quantity=PLAN.quantity,
        executed=PLAN.quantity if executed is None else executed,
    )


def algo(*, trigger: str = "49500.5", quantity: str = "0", status: str = "NEW", side: str = "SELL") -> Algo:
    return Algo(
        client_id=STOP,
        symbol=BTC,
        side=side,
        position_side="BOTH",
        type="STOP_MARKET",
        status=status,
        reducing=True,
        close_position=quantity == "0",
        quantity=Decimal(quantity),
        trigger_price=Decimal(trigger),
    )


def position(amount: str = "0.1") -> Position:
    return Position(symbol=BTC, position_side="BOTH", amount=Decimal(amount), entry_price=Decimal(50_000))


def orphan(name: str = STOP) -> Orphan:
    return Orphan(client_id=name, symbol=BTC, type="STOP_MARKET", since_wire_ms=0)


LEDGER = tuple(
    LedgerEntry(
        entry_id=entry_id,
        kind=kind,
        symbol=BTC,
        trade_id=TRADE if kind in {EntryKind.FILL, EntryKind.FEE} else None,
        side=side,
        position_side=None,
        quantity=PLAN.quantity if side is not None else None,
        price=Price(Decimal(price)) if side is not None else None,
        amount_quote=Quote(Decimal(amount)),
        order_id=None,
        wire_ms=WireMs(0),
        market_ms=MarketMs(MARKET_MS),
    )
    for entry_id, kind, side, price, amount in (
        ("opening", EntryKind.OPENING, None, "0", "10000"),
        ("fill:1", EntryKind.FILL, OrderSide.BUY, "50000", "0"),
        ("fee:1", EntryKind.FEE, None, "0", "-0.5"),
        ("fill:2", EntryKind.FILL, OrderSide.SELL, "49000", "-20"),
        ("fee:2", EntryKind.FEE, None, "0", "-0.49"),
        ("funding:1", EntryKind.FUNDING, None, "0", "0.00000001"),
    )
)


def account(*, positions: tuple[Position, ...] = (), fees: str = "0.99") -> Account:
    """What the exchange booked; the default agrees with LEDGER."""
    return Account(
        wallet_at_start=Decimal(10_000),
        wallet=Decimal("9979.01000001"),
        realised=Decimal(-20),
        fees=Decimal(fees),
        funding=Decimal("0.00000001"),
        positions=list(positions),
    )


def witnessed(
    *,
    episodes: tuple[Episode, ...] | None = None,
    orders: tuple[Order, ...] | None = None,
    orphans: tuple[Orphan, ...] = (),
    of: Account | None = None,
) -> Testimony:
    """One flawless trade, unless told otherwise."""
    told = (episode(),) if episodes is None else episodes
    return Testimony(
        wire_exact_ms=OPENED_MS + 60_000,
        accounts={"main": account() if of is None else of},
        episodes=list(told),
        stop_fills=[fill for one in told for fill in one.stop_fills],
        orders=[order()] if orders is None else list(orders),
        algos=[],
        orphans=list(orphans),
    )


def evidence(
    told: Testimony | None = None,
    *,
    lives: tuple[Span, ...] = (NEVER_DIES,),
    trades: dict[TradeId, Trade] | None = None,
) -> Evidence:
    return Evidence(
        testimony=witnessed() if told is None else told,
        trades={TRADE: trade()} if trades is None else trades,
        totals=totals(LEDGER),
        lives=lives,
    )


def kill(*, fired: bool = True, recovered_ms: int | None = 812) -> Kill:
    return Kill(
        market_ms=MARKET_MS,
        killed_wire_ms=int(OPENED_MS) + 4_000,
        restarted_wire_ms=int(OPENED_MS) + 7_500,
        symbol=BTC,
        side="long",
        position_open=True,
        stop_price=Decimal("49500.5"),
        stop_working_during_outage=True,
        stop_fired_during_outage=fired,
        recovered_ms=recovered_ms,
    )


FRAME = Frame(
    source="seed 7",
    symbols=("BTCUSDT", "ETHUSDT"),
    start_ms=MARKET_MS - 3_600_000,
    end_ms=MARKET_MS + 3_600_000,
    ratio=1_728.0,
    wall_s=121.4,
)


def changed(one: Episode, **fields: object) -> Episode:
    """The episode with some fields replaced."""
    return msgspec.structs.replace(one, **fields)


def adopted() -> Trade:
    """A trade without a plan."""
    return replace(trade(), entry=None)
