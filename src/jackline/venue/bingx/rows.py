"""Rows of BingX's answers, as typed structures. A missing or mistyped field fails here.

The venue writes numbers now as text, now as numbers, and an absent one as "": `filled_in` takes those away before a row
is read. ``mt`` is market time, an extra that only the local exchange sends.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from jackline.core.orders import PositionMode
from jackline.core.values import OrderSide
from jackline.venue.transport.rows import Leg, Row


def filled_in(tree: Any) -> Any:
    """The same tree without fields that are empty text."""
    if isinstance(tree, dict):
        return {name: filled_in(value) for name, value in tree.items() if value != ""}
    return [filled_in(one) for one in tree] if isinstance(tree, list) else tree


class OrderRow(Row, frozen=True):
    """An order as ``trade/order`` and ``trade/openOrders`` show it. Conditional ones have no client id."""

    orderId: int
    symbol: str
    type: str
    side: OrderSide
    status: str
    positionSide: Leg
    origQty: Decimal = Decimal(0)
    executedQty: Decimal = Decimal(0)
    clientOrderID: str = ""
    clientOrderId: str = ""
    price: Decimal | None = None
    avgPrice: Decimal | None = None
    stopPrice: Decimal | None = None
    workingType: str = ""
    reduceOnly: bool = False
    closePosition: bool = False
    updateTime: int = 0


class PlacedRow(Row, frozen=True):
    """``data.order`` of a placement. `quantity` is what was asked for; the venue repeats it in either field."""

    orderId: int
    symbol: str
    type: str
    side: OrderSide
    positionSide: Leg
    status: str = ""
    origQty: Decimal | None = None
    quantity: Decimal | None = None
    executedQty: Decimal = Decimal(0)
    clientOrderID: str = ""
    clientOrderId: str = ""
    price: Decimal | None = None
    avgPrice: Decimal | None = None
    stopPrice: Decimal | None = None
    workingType: str = ""
    reduceOnly: bool = False
    closePosition: bool = False
    stopLoss: str = ""


class PlacedAnswer(Row, frozen=True):
    """``data`` of a placement."""

    order: PlacedRow


class OrderAnswer(Row, frozen=True):
    """``data`` of a query or a cancel."""

    order: OrderRow


class OpenOrders(Row, frozen=True):
    """``data`` of ``trade/openOrders``; each is read by itself."""

    orders: list[Any]


class StrangeRow(Row, frozen=True):
    """The least that an order in a listing must say of itself to be shown."""

    orderId: int
    symbol: str
    side: OrderSide
    clientOrderID: str = ""
    positionSide: Leg = Leg.BOTH


class PositionRow(Row, frozen=True):
    """``user/positions``: the amount has no sign, and one-way positions name their side too."""

    symbol: str
    positionSide: Leg
    positionAmt: Decimal
    onlyOnePosition: bool
    avgPrice: Decimal
    markPrice: Decimal
    updateTime: int
    liquidationPrice: Decimal | None = None
    leverage: Decimal | None = None


class BalanceRow(Row, frozen=True):
    """A row of ``v3/user/balance``."""

    asset: str
    balance: Decimal
    equity: Decimal
    availableMargin: Decimal


class ModeRow(Row, frozen=True):
    """``v1/positionSide/dual``: the answer is a word."""

    dualSidePosition: str | bool

    @property
    def mode(self) -> PositionMode:
        """What the word means."""
        return PositionMode.HEDGE if self.dualSidePosition in {True, "true"} else PositionMode.NETTING


class LeverageRow(Row, frozen=True):
    """``trade/leverage``."""

    longLeverage: int
    shortLeverage: int


class MarginTypeRow(Row, frozen=True):
    """``trade/marginType``."""

    marginType: str


class ContractRow(Row, frozen=True):
    """A contract of ``quote/contracts``."""

    symbol: str
    currency: str
    pricePrecision: int
    quantityPrecision: int
    tradeMinQuantity: Decimal
    tradeMinUSDT: Decimal
    maxLongLeverage: int
    maxShortLeverage: int


class TierRow(Row, frozen=True):
    """A tier of ``v1/maintMarginRatio``."""

    minPositionVal: Decimal
    maintMarginRatio: Decimal
    maintAmount: Decimal


class FillRow(Row, frozen=True):
    """A row of ``trade/allFillOrders``."""

    tradeId: str
    orderId: str
    symbol: str
    side: OrderSide
    positionSide: Leg
    volume: Decimal
    price: Decimal
    commission: Decimal
    currency: str
    filledTime: str
    role: str
    realisedPNL: Decimal = Decimal(0)
    mt: int | None = None


class FillRows(Row, frozen=True):
    """``data`` of ``trade/allFillOrders``."""

    fill_orders: list[FillRow] | None = None


class IncomeRow(Row, frozen=True):
    """``user/income``. A transfer has no symbol."""

    incomeType: str
    income: Decimal
    asset: str
    time: int
    tranId: str
    symbol: str = ""
    mt: int | None = None


class PremiumRow(Row, frozen=True):
    """``quote/premiumIndex``."""

    markPrice: Decimal
    mt: int | None = None


class KlineRow(Row, frozen=True):
    """A candle of ``v3/quote/klines``; `time` is its open."""

    time: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


class TimeRow(Row, frozen=True):
    """``server/time``."""

    serverTime: int


class ListenKeyRow(Row, frozen=True):
    """The flat answer of ``userDataStream``."""

    listenKey: str
