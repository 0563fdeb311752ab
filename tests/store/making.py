"""Values for the store's tests, and the stores that hold them."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

from jackline.core.ids import TradeId, mint_trade_id
from jackline.core.machine import Phase
from jackline.core.orders import FillView, PositionMode, PriceSource
from jackline.core.plan import StopPlan
from jackline.core.trade import Trade
from jackline.core.values import (
    ZERO,
    Fraction,
    MarketMs,
    OrderSide,
    Price,
    Quantity,
    Quote,
    Side,
    Symbol,
    WireMs,
)
from jackline.store.batch import AccountKey, Batch, CommandAnswer, JournalKind, JournalRow, prepare
from jackline.store.boot import open_store
from jackline.store.db import open_writer
from jackline.store.encode import encode
from jackline.store.host_disk import HostDisk
from jackline.store.journal import EMPTY, link, write
from jackline.store.ledger import fill_entries, opening_entry

SYMBOL = Symbol("BTCUSDT")
NOW = WireMs(1_760_000_000_000)
MARKET = MarketMs(1_760_000_000_000)


def trade_id(ordinal: int) -> TradeId:
    return mint_trade_id(tag="abc", fence=1_760_000_000, ordinal=ordinal)


def adopted(ordinal: int, phase: Phase = Phase.PROTECTED) -> Trade:
    stop = StopPlan(
        side=Side.LONG,
        distance_fraction=Fraction(Decimal("0.01")),
        disaster_price=Price(Decimal("99.10")),
        price_source=PriceSource.MARK,
    )
    known: dict[str, Any] = {
        "trade_id": trade_id(ordinal),
        "symbol": SYMBOL,
        "side": Side.LONG,
        "mode": PositionMode.NETTING,
        "phase": phase,
        "stop": stop,
        "quantity": Quantity(Decimal("0.010")),
        "balance": Quantity(Decimal("0.010")),
    }
    rest: dict[str, Any] = {field.name: _empty(str(field.type)) for field in fields(Trade)}
    return Trade(**(rest | known))


def _empty(annotation: str) -> object:
    """The value of a field the store does not care about, so that a new field of a trade needs no new
    test.
    """
    if annotation.endswith("| None"):
        return None
    if annotation.startswith("tuple"):
        return ()
    empty = {"int": 0, "bool": False, "str": "", "Quote": Quote(ZERO), "Quantity": Quantity(ZERO)}
    return empty.get(annotation)


def fill(number: int, side: OrderSide, quantity: Decimal, price: Decimal, realised: Decimal) -> FillView:
    return FillView(
        symbol=SYMBOL,
        fill_id=number,
        order_id=7,
        side=side,
        position_side=None,
        quantity=Quantity(quantity),
        price=Price(price),
        fee_quote=Quote(Decimal("0.05")),
        realised_quote=Quote(realised),
        maker=False,
        wire_ms=NOW,
        market_ms=MARKET,
    )


def row(text: str, kind: JournalKind = JournalKind.TRADE) -> JournalRow:
    return JournalRow(kind=kind, trade_id=None, wire_ms=NOW, market_ms=MARKET, body=encode(text))


def batch(ordinal: int, *, text: str = "saved") -> Batch:
    """A trade, a fill of it and an account fact, with the row that explains them."""
    bought = fill(ordinal, OrderSide.BUY, Decimal("0.010"), Decimal("100.25"), ZERO)
    return Batch(
        rows=(row(text), row(f"{text} {ordinal}")),
        trades=(adopted(ordinal),),
        ledger=fill_entries(bought, trade_id(ordinal)),
        account=((AccountKey.FENCE, str(ordinal)),),
    )


def filled_store(path: Path, count: int = 20) -> None:
    """A closed store of `count` batches at `path`, written without a thread."""
    open_store(HostDisk(), path).close()
    opening = opening_entry(balance_quote=Quote(Decimal(1_000)), wire_ms=NOW, market_ms=MARKET)
    answer = CommandAnswer(command_id="c1", wire_ms=NOW, result=encode("done"))
    first = Batch(rows=(row("first"),), ledger=(opening,), answers=(answer,))
    linked = link(EMPTY, [prepare(first), *(prepare(batch(number)) for number in range(1, count))])
    db = open_writer(HostDisk(), path)
    write(db, linked)
    db.close()
