"""Frames of BingX's sockets; only the fields we use, under the venue's names. Empty text stands for no number."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct


class Head(Struct, frozen=True):
    """What a private frame is about; "" for one that says nothing, which the venue sends too."""

    e: str = ""


class OrderPart(Struct, frozen=True):
    """``o`` of ORDER_TRADE_UPDATE: symbol, order id, client id, type, execution, state, last fill, trade id.

    A stop keeps its id when it triggers, and has no client id before or after.
    """

    s: str
    i: int
    x: str
    X: str
    o: str = ""
    c: str = ""
    T: int = 0
    t: int = 0
    l: Decimal = Decimal(0)  # noqa: E741 # last filled quantity, the venue's letter
    L: Decimal = Decimal(0)
    z: Decimal = Decimal(0)
    mt: int | None = None


class OrderTradeUpdate(Struct, frozen=True):
    """An order changed or filled."""

    o: OrderPart
    E: int = 0


class PositionPart(Struct, frozen=True):
    """A position that changed."""

    s: str


class AccountPart(Struct, frozen=True):
    """``a`` of ACCOUNT_UPDATE: why, and the positions that changed."""

    m: str = ""
    P: list[PositionPart] = []


class AccountUpdate(Struct, frozen=True):
    """Balances or positions changed."""

    a: AccountPart


class SettingPart(Struct, frozen=True):
    """``ac``: symbol and the leverage of its two sides."""

    s: str
    l: int  # noqa: E741 # leverage of the long side, the venue's letter
    S: int


class AccountConfigUpdate(Struct, frozen=True):
    """Leverage of a symbol, repeated every few seconds whether it changed or not."""

    ac: SettingPart


class CandlePart(Struct, frozen=True):
    """A candle of ``@kline_*``; ``T`` is its open. Nothing says whether it is complete."""

    T: int


class MarkPart(Struct, frozen=True):
    """``@markPrice``; ``mt`` is market time at the local exchange, elsewhere ``E`` is both."""

    s: str
    p: Decimal
    E: int
    mt: int | None = None


class MarketHead(Struct, frozen=True):
    """The envelope of a public frame; the answer to a subscription has no `dataType`."""

    code: int = 0
    dataType: str = ""
    msg: str = ""


class CandleFrame(Struct, frozen=True):
    """The last candles of an interval."""

    data: list[CandlePart]


class MarkFrame(Struct, frozen=True):
    """A mark price."""

    data: MarkPart
