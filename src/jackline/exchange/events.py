"""What the venue tells its clients: a closed union of facts, each with the state as it was at that moment."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from jackline.exchange.conditions import Algo
from jackline.exchange.orders import Fill, Order
from jackline.exchange.values import MarginType, PositionSide


class Execution(StrEnum):
    NEW = "NEW"
    TRADE = "TRADE"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    CALCULATED = "CALCULATED"
    AMENDMENT = "AMENDMENT"


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionView:
    symbol: str
    side: PositionSide
    amount: Decimal
    entry_price: Decimal
    unrealised: Decimal
    margin_type: MarginType
    isolated_margin: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent:
    account: str
    order: Order
    execution: Execution
    fill: Fill | None
    wire_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEvent:
    """A change of wallet or positions. `change` is the wallet change that is not profit or fee (quote)."""

    account: str
    reason: str
    wallet: Decimal
    cross_wallet: Decimal
    change: Decimal
    positions: tuple[PositionView, ...]
    wire_ms: int
    market_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgoEvent:
    account: str
    algo: Algo
    wire_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeverageEvent:
    account: str
    symbol: str
    leverage: int
    wire_ms: int


Event = OrderEvent | AccountEvent | AlgoEvent | LeverageEvent
