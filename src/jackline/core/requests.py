"""Requests to the venue, in the core's words. The transport turns each into its wire shape.

Only `SendEntry` can increase exposure, and it holds a `ProtectedEntry` (P2). `mode` is the position mode that a request
is written for: an entry's as configured, everything else's as its position stands at the venue.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from jackline.core.ids import ClientId, TradeId
from jackline.core.orders import OrderKey, PositionMode, PriceSource
from jackline.core.plan import ProtectedEntry
from jackline.core.values import Fraction, Price, Quantity, Side, Symbol, WireMs


class StopShape(StrEnum):
    """Whole position (follows fills without resizing) or a fixed reduce-only quantity."""

    WHOLE_POSITION = "whole_position"
    QUANTITY = "quantity"


class CloseShape(StrEnum):
    """Rungs of the closing ladder, in order."""

    REDUCE_ONLY_MARKET = "reduce_only_market"
    IOC_1_PERCENT = "ioc_1_percent"
    IOC_3_PERCENT = "ioc_3_percent"
    IOC_10_PERCENT = "ioc_10_percent"
    PLAIN_MARKET = "plain_market"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendEntry:
    """Send the one entry of a trade, once, unless the venue's clock is past `latest_ms`."""

    client_id: ClientId
    entry: ProtectedEntry

    @property
    def latest_ms(self) -> WireMs:
        """Last wire time at which the request gate may sign it."""
        return self.entry.entry_latest_ms

    @property
    def mode(self) -> PositionMode:
        """Position mode that it is planned for."""
        return self.entry.mode


@dataclass(frozen=True, slots=True, kw_only=True)
class SendStop:
    """Place a protective stop for the position of `side`. `quantity` is None exactly for a whole-position stop."""

    client_id: ClientId
    trade_id: TradeId
    symbol: Symbol
    side: Side
    mode: PositionMode
    shape: StopShape
    quantity: Quantity | None
    trigger_price: Price
    price_source: PriceSource


@dataclass(frozen=True, slots=True, kw_only=True)
class SendTarget:
    """Place a reduce-only take-profit for the position of `side`."""

    client_id: ClientId
    trade_id: TradeId
    symbol: Symbol
    side: Side
    mode: PositionMode
    quantity: Quantity
    trigger_price: Price
    price_source: PriceSource


@dataclass(frozen=True, slots=True, kw_only=True)
class SendTrailing:
    """Place an order that follows the best price for the position of `side` and reduces it by `quantity`.

    No protection: where it stands, the venue tells nobody. `callback_fraction` (0.01 = 1 %) behind the best price that
    it has seen; from `activate_price` on, or at once.
    """

    client_id: ClientId
    trade_id: TradeId
    symbol: Symbol
    side: Side
    mode: PositionMode
    quantity: Quantity
    callback_fraction: Fraction
    activate_price: Price | None
    price_source: PriceSource


@dataclass(frozen=True, slots=True, kw_only=True)
class SendClose:
    """Reduce the position of `side` by `quantity`; `limit_price` only for the IOC rungs."""

    client_id: ClientId
    trade_id: TradeId
    symbol: Symbol
    side: Side
    mode: PositionMode
    shape: CloseShape
    quantity: Quantity
    limit_price: Price | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder:
    """Cancel one order by id. There is no blanket cancel in this code base (P6)."""

    trade_id: TradeId | None
    key: OrderKey
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOrder:
    """Ask the venue about one order by our client id, or by `venue_id` where it takes none on such orders."""

    symbol: Symbol
    client_id: ClientId
    conditional: bool
    venue_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSnapshot:
    """Read all positions, and both order listings of `symbols` (None: of every symbol, at forty times the cost).

    `asked` numbers the read, so that it can be ordered against mutations (rule 5). `money`: with equity and wallet,
    which no stop depends on.
    """

    asked: int
    symbols: tuple[Symbol, ...] | None
    money: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFills:
    """Read the venue's trade list of a symbol after `after_fill_id`."""

    symbol: Symbol
    after_fill_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadIncome:
    """Read what moved the wallet at or after `after_ms` (the venue's record time), besides fills."""

    after_ms: WireMs


Mutation = SendEntry | SendStop | SendTarget | SendTrailing | SendClose | CancelOrder
"""Requests that change something at the venue."""
Query = ReadOrder | ReadSnapshot | ReadFills | ReadIncome
"""Requests that only ask."""
