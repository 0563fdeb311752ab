"""Rows of the venue → views of the core."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.core.orders import IncomeKind, OrderKind, OrderState, PriceSource
from jackline.core.values import MarketMs, OrderSide, Side
from jackline.venue.binance.parse import (
    KlineRow,
    algo_view,
    completed_bars,
    fill_view,
    income_view,
    instrument,
    listed_algo,
    listed_order,
    order_view,
    position_view,
)
from jackline.venue.binance.rows import (
    AlgoRow,
    BracketsRow,
    IncomeRow,
    OrderRow,
    PositionRow,
    SymbolRow,
    TradeRow,
)
from jackline.venue.transport.failures import Garbled
from jackline.venue.transport.rows import typed
from tests.venue.makers import BTC

money = st.decimals(min_value="0.00000001", max_value="9999999", places=8)

ALGO: dict[str, Any] = {
    "algoId": 77,
    "clientAlgoId": "jstop",
    "orderType": "STOP_MARKET",
    "symbol": "BTCUSDT",
    "side": "SELL",
    "positionSide": "LONG",
    "algoStatus": "TRIGGERED",
    "triggerPrice": "59000.10",
    "quantity": "0.010",
    "price": "0",
    "workingType": "CONTRACT_PRICE",
    "closePosition": False,
    "priceProtect": True,
    "reduceOnly": True,
    "updateTime": 2,
    "actualOrderId": "91",
    "actualPrice": "58990.5",
    "actualQty": "0.010",
}
POSITION: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "positionSide": "BOTH",
    "positionAmt": "0.010",
    "entryPrice": "60000",
    "markPrice": "60100",
    "liquidationPrice": "45000.5",
    "updateTime": 1,
}
ORDER: dict[str, Any] = {
    "orderId": 5,
    "symbol": "BTCUSDT",
    "status": "EXPIRED",
    "clientOrderId": "jentry",
    "price": "60150",
    "avgPrice": "60010.5",
    "origQty": "0.010",
    "executedQty": "0.004",
    "type": "LIMIT",
    "side": "BUY",
    "updateTime": 3,
}
SYMBOL: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "status": "TRADING",
    "contractType": "PERPETUAL",
    "filters": [
        {"filterType": "PRICE_FILTER", "minPrice": "100", "maxPrice": "900000", "tickSize": "0.10"},
        {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "1000", "stepSize": "0.001"},
        {"filterType": "MARKET_LOT_SIZE", "minQty": "0.001", "maxQty": "120", "stepSize": "0.001"},
        {"filterType": "MIN_NOTIONAL", "notional": "100"},
        {"filterType": "SOMETHING_NEW", "limit": 3},
    ],
}
BRACKETS: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "brackets": [
        {
            "bracket": 2,
            "initialLeverage": 50,
            "notionalFloor": 50_000,
            "maintMarginRatio": 0.005,
            "cum": 50.0,
        },
        {"bracket": 1, "initialLeverage": 125, "notionalFloor": 0, "maintMarginRatio": 0.004, "cum": 0},
    ],
}


def test_a_conditional_order_is_read_with_its_child() -> None:
    view = algo_view(typed(ALGO, AlgoRow))
    assert (view.key.client_id, view.key.venue_id, view.key.conditional) == ("jstop", 77, True)
    assert (view.kind, view.state, view.child_id) == (OrderKind.STOP_MARKET, OrderState.TRIGGERED, 91)
    assert (view.side, view.position_side, view.price_source) == (OrderSide.SELL, Side.LONG, PriceSource.LAST)
    assert (view.quantity, view.filled) == (Decimal("0.01"), Decimal("0.01"))
    assert (view.trigger_price, view.limit_price) == (Decimal("59000.1"), None)
    assert (view.reduce_only, view.close_position, view.price_protect) == (True, False, True)
    resting = algo_view(typed(ALGO | {"actualOrderId": "", "actualPrice": "", "actualQty": ""}, AlgoRow))
    assert (resting.child_id, resting.average_price) == (None, None)
    assert resting.filled == 0


def test_a_plain_order_is_read_and_its_average_may_be_missing() -> None:
    view = order_view(typed(ORDER, OrderRow))
    assert (view.state, view.filled, view.average_price) == (
        OrderState.EXPIRED,
        Decimal("0.004"),
        Decimal("60010.5"),
    )
    assert (view.trigger_price, view.position_side, view.key.conditional) == (None, None, False)
    bare = {key: value for key, value in ORDER.items() if key != "avgPrice"}
    assert order_view(typed(bare, OrderRow)).average_price is None


@pytest.mark.parametrize("word", ["STOP_LOSS_GUARANTEED", "", "stop_market", "LIQUIDATION"])
def test_an_order_we_do_not_understand_is_kept_as_other(word: str) -> None:
    assert algo_view(typed(ALGO | {"orderType": word}, AlgoRow)).kind is OrderKind.OTHER
    state = algo_view(typed(ALGO | {"algoStatus": word}, AlgoRow)).state
    assert state is OrderState.OTHER
    assert not state.is_open
    order = order_view(typed(ORDER | {"type": word, "status": word}, OrderRow))
    assert (order.kind, order.state) == (OrderKind.OTHER, OrderState.OTHER)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("algoId", None),
        ("algoId", "77"),
        ("clientAlgoId", 5),
        ("triggerPrice", "five"),
        ("triggerPrice", "Infinity"),
        ("closePosition", "true"),
        ("side", "LONG"),
        ("positionSide", "UP"),
        ("quantity", "-1"),
        ("actualQty", "x"),
    ],
)
def test_a_mistyped_field_is_garbled(key: str, value: object) -> None:
    with pytest.raises(Garbled):
        algo_view(typed(ALGO | {key: value}, AlgoRow))


@pytest.mark.parametrize(
    "key", ["algoId", "clientAlgoId", "algoStatus", "triggerPrice", "workingType", "symbol"]
)
def test_a_missing_field_is_garbled(key: str) -> None:
    with pytest.raises(Garbled):
        typed({name: value for name, value in ALGO.items() if name != key}, AlgoRow)


@given(money, st.booleans(), st.sampled_from(["BOTH", "LONG", "SHORT"]))
def test_a_position_keeps_its_size_and_takes_its_side(size: Decimal, short: bool, leg: str) -> None:
    amount = -size if short else size
    row = typed(POSITION | {"positionAmt": str(amount), "positionSide": leg}, PositionRow)
    view = position_view(row)
    assert view is not None
    assert view.quantity == size
    by_sign = Side.SHORT if short else Side.LONG
    assert view.side is (by_sign if leg == "BOTH" else Side[leg])


def test_a_strangers_order_that_we_cannot_read_blinds_no_snapshot() -> None:
    """A trailing order without a trigger, a type of next year: shown, never counted, never in the way."""
    for change in ({"triggerPrice": ""}, {"triggerPrice": None}, {"workingType": None}, {"quantity": "lots"}):
        view = listed_algo(ALGO | change)
        assert (view.kind, view.state) == (OrderKind.OTHER, OrderState.OTHER)
        assert (view.key.venue_id, view.key.client_id, view.position_side) == (77, "jstop", Side.LONG)
        assert not view.close_position
        assert not view.reduce_only
    assert listed_algo(ALGO).kind is OrderKind.STOP_MARKET
    assert listed_order(ORDER).kind is OrderKind.LIMIT
    assert listed_order({"symbol": "BTCUSDT", "side": "BUY", "orderId": 4}).key.venue_id == 4
    with pytest.raises(Garbled):
        listed_order({"orderId": 4})


def test_flat_rows_are_absent_and_no_liquidation_price_is_none() -> None:
    assert position_view(typed(POSITION | {"positionAmt": "0.000", "entryPrice": "0.0"}, PositionRow)) is None
    view = position_view(typed(POSITION | {"liquidationPrice": "0"}, PositionRow))
    assert view is not None
    assert view.liquidation_price is None


@given(money, money, money)
def test_a_fill_is_exact(fill_price: Decimal, size: Decimal, fee: Decimal) -> None:
    row = {
        "id": 3,
        "orderId": 5,
        "symbol": "BTCUSDT",
        "side": "SELL",
        "price": f"{fill_price:f}",
        "qty": f"{size:f}",
        "realizedPnl": f"-{fee:f}",
        "commission": f"{fee:f}",
        "commissionAsset": "USDT",
        "time": 10,
        "maker": False,
        "positionSide": "BOTH",
    }
    view = fill_view(typed(row, TradeRow))
    assert (view.price, view.quantity, view.fee_quote, view.realised_quote) == (fill_price, size, fee, -fee)
    assert (view.wire_ms, view.market_ms) == (10, 10)
    assert fill_view(typed(row | {"mt": 77}, TradeRow)).market_ms == 77


@pytest.mark.owns("A3")
@pytest.mark.parametrize(
    ("word", "kind", "key"),
    [
        ("TRANSFER", IncomeKind.TRANSFER, "transfer:7"),
        ("FUNDING_FEE", IncomeKind.FUNDING, "funding:BTCUSDT:7"),
        ("REALIZED_PNL", IncomeKind.TRADE, "trade:BTCUSDT:7"),
        ("A_NEW_WORD", IncomeKind.OTHER, "other:BTCUSDT:7"),
    ],
)
def test_every_kind_of_income_is_told_apart(word: str, kind: IncomeKind, key: str) -> None:
    row = {"incomeType": word, "income": "-0.5", "asset": "USDT", "time": 5, "tranId": 7, "symbol": BTC}
    if kind is IncomeKind.TRANSFER:
        row["symbol"] = ""
    view = income_view(typed(row, IncomeRow))
    assert (view.kind, view.key, view.amount_quote) == (kind, key, Decimal("-0.5"))


def test_an_instrument_has_its_filters_and_its_tiers_in_order() -> None:
    found = instrument(typed(SYMBOL, SymbolRow), typed(BRACKETS, BracketsRow))
    assert (found.price_tick, found.quantity_step, found.market_quantity_max) == (
        Decimal("0.1"),
        Decimal("0.001"),
        Decimal(120),
    )
    assert [tier.leverage_max for tier in found.tiers] == [125, 50]
    assert found.tiers[1].maintenance_fraction == Decimal("0.005")


@pytest.mark.parametrize("position", range(4))
def test_a_missing_filter_is_not_guessed(position: int) -> None:
    filters = [one for number, one in enumerate(SYMBOL["filters"]) if number != position]
    with pytest.raises(Garbled):
        instrument(typed(SYMBOL | {"filters": filters}, SymbolRow), typed(BRACKETS, BracketsRow))


@pytest.mark.owns("D1")
@given(st.integers(min_value=1, max_value=20), st.integers(min_value=-600, max_value=1_300))
def test_d1_a_forming_bar_never_passes(count: int, now: int) -> None:
    one = Decimal(1)
    rows: list[KlineRow] = [
        (number * 60, one, one, one, one, one, number * 60 + 59, "0", 1, "0", "0", "0")
        for number in range(count)
    ]
    bars = completed_bars(rows, symbol=BTC, interval_ms=60, venue_market_ms=now)
    assert all(bar.open_ms + 60 <= now for bar in bars)
    assert [bar.open_ms for bar in bars] == [
        MarketMs(number * 60) for number in range(count) if number * 60 + 60 <= now
    ]
