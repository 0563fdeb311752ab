"""Frames of the user stream, told apart by their ``e``; only the fields we use. Order names are the
venue's. ``T`` is when it happened, ``E`` when it was told: only the first is the same on every socket."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct


class TradeLite(Struct, frozen=True, tag_field="e", tag="TRADE_LITE"):
    """The earliest word of a fill."""

    s: str
    i: int
    t: int
    c: str
    l: Decimal  # noqa: E741 # last filled quantity, the venue's letter
    L: Decimal
    T: int
    mt: int | None = None


class OrderPart(Struct, frozen=True):
    """``o`` of ORDER_TRADE_UPDATE: symbol, order id, trade id, client id, execution type, state, last
    fill."""

    s: str
    i: int
    c: str
    x: str
    X: str
    T: int
    t: int = 0
    l: Decimal = Decimal(0)  # noqa: E741 # last filled quantity, the venue's letter
    L: Decimal = Decimal(0)
    mt: int | None = None


class OrderTradeUpdate(Struct, frozen=True, tag_field="e", tag="ORDER_TRADE_UPDATE"):
    """An order changed or filled."""

    o: OrderPart
    T: int = 0


class AlgoPart(Struct, frozen=True):
    """``o`` of ALGO_UPDATE: client id, algo id, symbol, state, child order id, whether a trailing stop is active."""

    caid: str
    aid: int
    s: str
    X: str
    ai: str = ""
    ia: bool | None = None


class AlgoUpdate(Struct, frozen=True, tag_field="e", tag="ALGO_UPDATE"):
    """A conditional order changed. Comes from another service, in no order with the rest."""

    o: AlgoPart
    T: int = 0


class PositionPart(Struct, frozen=True):
    """A position that changed: symbol, side and amount."""

    s: str
    ps: str = ""
    pa: str = ""


class AccountPart(Struct, frozen=True):
    """``a`` of ACCOUNT_UPDATE: why, and the positions that changed."""

    m: str = ""
    P: list[PositionPart] = []


class AccountUpdate(Struct, frozen=True, tag_field="e", tag="ACCOUNT_UPDATE"):
    """Balances or positions changed."""

    a: AccountPart
    T: int = 0


class LeveragePart(Struct, frozen=True):
    """``ac``: symbol and leverage."""

    s: str
    l: int  # noqa: E741 # leverage, the venue's letter


class AccountConfigUpdate(Struct, frozen=True, tag_field="e", tag="ACCOUNT_CONFIG_UPDATE"):
    """Leverage of a symbol changed, or (without `ac`) something else of the account."""

    ac: LeveragePart | None = None
    T: int = 0
    E: int = 0


class MarginCall(Struct, frozen=True, tag_field="e", tag="MARGIN_CALL"):
    """The venue is worried."""

    E: int = 0


class ListenKeyExpired(Struct, frozen=True, tag_field="e", tag="listenKeyExpired"):
    """This stream is dead: no event follows."""

    listenKey: str | None = None
    E: int = 0


UserFrame = (
    TradeLite
    | OrderTradeUpdate
    | AlgoUpdate
    | AccountUpdate
    | AccountConfigUpdate
    | MarginCall
    | ListenKeyExpired
)
