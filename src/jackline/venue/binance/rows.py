"""Rows of Binance's answers and stream events, as typed structures. A missing or mistyped field fails here.

Prices and quantities arrive as strings; msgspec reads them into `Decimal` without passing a float. ``mt``
is market time, an extra that only the local exchange sends; elsewhere market time is the venue's own time.
"""

from __future__ import annotations

from decimal import Decimal

from jackline.core.values import OrderSide
from jackline.venue.transport.rows import Leg, Row


class OrderRow(Row, frozen=True):
    """``/fapi/v1/order`` and ``/openOrders``. Live placement answers may lack ``avgPrice``."""

    orderId: int
    symbol: str
    status: str
    clientOrderId: str
    price: Decimal
    origQty: Decimal
    executedQty: Decimal
    type: str
    side: OrderSide
    updateTime: int
    avgPrice: Decimal | None = None
    reduceOnly: bool = False
    closePosition: bool = False
    positionSide: Leg = Leg.BOTH
    stopPrice: Decimal | None = None
    workingType: str | None = None
    priceProtect: bool = False
    origType: str | None = None


class AlgoRow(Row, frozen=True):
    """``/fapi/v1/algoOrder`` and ``/openAlgoOrders``."""

    algoId: int
    clientAlgoId: str
    orderType: str
    symbol: str
    side: OrderSide
    algoStatus: str
    triggerPrice: Decimal
    workingType: str
    closePosition: bool
    reduceOnly: bool
    priceProtect: bool
    updateTime: int
    quantity: Decimal | None = None
    price: Decimal | None = None
    positionSide: Leg = Leg.BOTH
    actualOrderId: str | None = None
    actualPrice: str | None = None
    actualQty: str | None = None
    callbackRate: str | None = None


class StrangeRow(Row, frozen=True):
    """The least that an order in a listing must say of itself to be shown."""

    symbol: str
    side: OrderSide
    orderId: int | None = None
    algoId: int | None = None
    clientOrderId: str = ""
    clientAlgoId: str = ""
    positionSide: Leg = Leg.BOTH


class PositionRow(Row, frozen=True):
    """``/fapi/v3/positionRisk``."""

    symbol: str
    positionSide: Leg
    positionAmt: Decimal
    entryPrice: Decimal
    markPrice: Decimal
    liquidationPrice: Decimal
    updateTime: int
    notional: Decimal = Decimal(0)
    positionInitialMargin: Decimal = Decimal(0)


class AccountRow(Row, frozen=True):
    """``/fapi/v3/account``."""

    totalMarginBalance: Decimal
    totalWalletBalance: Decimal
    availableBalance: Decimal


class KeyRow(Row, frozen=True):
    """``/sapi/v1/account/apiRestrictions``."""

    enableWithdrawals: bool
    enableInternalTransfer: bool
    permitsUniversalTransfer: bool
    ipRestrict: bool
    enableFutures: bool | None = None


class ModeRow(Row, frozen=True):
    """``/fapi/v1/accountConfig``, as far as a start asks."""

    dualSidePosition: bool


class SymbolConfigRow(Row, frozen=True):
    """``/fapi/v1/symbolConfig``."""

    symbol: str
    marginType: str
    leverage: int


class TradeRow(Row, frozen=True):
    """``/fapi/v1/userTrades``."""

    id: int
    orderId: int
    symbol: str
    side: OrderSide
    price: Decimal
    qty: Decimal
    realizedPnl: Decimal
    commission: Decimal
    commissionAsset: str
    time: int
    maker: bool
    positionSide: Leg = Leg.BOTH
    mt: int | None = None


class IncomeRow(Row, frozen=True):
    """``/fapi/v1/income``. A transfer has no symbol."""

    incomeType: str
    income: Decimal
    asset: str
    time: int
    tranId: int
    symbol: str = ""
    mt: int | None = None


class FilterRow(Row, frozen=True):
    """One filter of a symbol; only the keys we use."""

    filterType: str
    tickSize: Decimal | None = None
    minPrice: Decimal | None = None
    maxPrice: Decimal | None = None
    stepSize: Decimal | None = None
    minQty: Decimal | None = None
    maxQty: Decimal | None = None
    notional: Decimal | None = None


class SymbolRow(Row, frozen=True):
    """A symbol of ``/fapi/v1/exchangeInfo``."""

    symbol: str
    contractType: str
    filters: list[FilterRow]


class ExchangeInfoRow(Row, frozen=True):
    """``/fapi/v1/exchangeInfo``."""

    symbols: list[SymbolRow]


class BracketRow(Row, frozen=True):
    """One margin tier."""

    initialLeverage: int
    notionalFloor: Decimal
    maintMarginRatio: Decimal
    cum: Decimal


class BracketsRow(Row, frozen=True):
    """A symbol of ``/fapi/v1/leverageBracket``."""

    symbol: str
    brackets: list[BracketRow]


class TimeRow(Row, frozen=True):
    """``/fapi/v1/time``."""

    serverTime: int


class PremiumRow(Row, frozen=True):
    """``/fapi/v1/premiumIndex``."""

    markPrice: Decimal
    time: int
    mt: int | None = None


class ListenKeyRow(Row, frozen=True):
    """``/fapi/v1/listenKey``."""

    listenKey: str
