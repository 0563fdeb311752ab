"""The venue's vocabulary: closed word lists as the wire spells them, and exact decimal arithmetic."""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Final, Protocol

ZERO: Final = Decimal(0)
UNIT: Final = Decimal("1e-8")
"""The smallest amount of money the venue keeps. Everything booked in the wallet is a multiple of it."""


class Side(StrEnum):
    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> int:
        return 1 if self is Side.BUY else -1


class PositionSide(StrEnum):
    """BOTH is the one net position of one-way mode; LONG and SHORT exist in hedge mode."""

    BOTH = "BOTH"
    LONG = "LONG"
    SHORT = "SHORT"


class OrderType(StrEnum):
    LIMIT = "LIMIT"
    MARKET = "MARKET"
    STOP = "STOP"
    STOP_MARKET = "STOP_MARKET"
    TAKE_PROFIT = "TAKE_PROFIT"
    TAKE_PROFIT_MARKET = "TAKE_PROFIT_MARKET"
    TRAILING_STOP_MARKET = "TRAILING_STOP_MARKET"

    @property
    def conditional(self) -> bool:
        return self not in {OrderType.LIMIT, OrderType.MARKET}

    @property
    def takes_profit(self) -> bool:
        return self in {OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_MARKET}

    @property
    def limited(self) -> bool:
        """Carries a limit price, itself or its child."""
        return self in {OrderType.LIMIT, OrderType.STOP, OrderType.TAKE_PROFIT}


class TimeInForce(StrEnum):
    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    GTX = "GTX"
    GTE_GTC = "GTE_GTC"


class WorkingType(StrEnum):
    MARK_PRICE = "MARK_PRICE"
    CONTRACT_PRICE = "CONTRACT_PRICE"


class MarginType(StrEnum):
    CROSSED = "CROSSED"
    ISOLATED = "ISOLATED"


class OrderStatus(StrEnum):
    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"

    @property
    def open(self) -> bool:
        return self in {OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED}


class AlgoStatus(StrEnum):
    """Life of a conditional order. Only NEW protects; TRIGGERED is not filled."""

    NEW = "NEW"
    TRIGGERING = "TRIGGERING"
    TRIGGERED = "TRIGGERED"
    FINISHED = "FINISHED"
    REJECTED = "REJECTED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"


class StopWhileFlat(StrEnum):
    """Whether a stop that can only reduce is accepted while there is nothing to reduce (unsettled at the
    real venue)."""

    ACCEPT = "accept"
    REFUSE = "refuse"


class SymbolStatus(StrEnum):
    """Whether a symbol may be traded: always, only to get out, or not at all."""

    TRADING = "TRADING"
    SETTLING = "SETTLING"
    BREAK = "BREAK"


class WireClock(Protocol):
    """Wire time: whole milliseconds for stamps, and an exact one that never runs backwards for durations."""

    def wire_ms(self) -> int: ...

    def exact_ms(self) -> float: ...


def money(amount: Decimal) -> Decimal:
    """The amount in the venue's smallest unit."""
    return amount.quantize(UNIT, ROUND_HALF_EVEN)


def to_step(value: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of `step` not beyond `value` (towards zero)."""
    return (value / step).to_integral_value(ROUND_DOWN) * step


def to_nearest(value: Decimal, step: Decimal) -> Decimal:
    return ((value / step).to_integral_value(ROUND_HALF_EVEN) * step).quantize(step)


def is_multiple(value: Decimal, step: Decimal) -> bool:
    return value % step == 0


def text(value: Decimal) -> str:
    """Plain notation, never an exponent."""
    return format(value, "f")
