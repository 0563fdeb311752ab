"""What a venue's words need besides the request: the market and how the account stands in it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from jackline.core.orders import MarginType
from jackline.core.values import Price, Symbol


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """One market.

    Attributes:
        symbol: the venue's own name, e.g. ``BTC-USDT-SWAP``.
        contract_size: base units in one unit of the venue's quantity; 1 where it counts base units.
        margin: said in every order on venues where an order chooses it.
        price_tick: step of prices; used where a worst price has to be computed.
        asset: index of the market, on venues that number them.
        user: address of the account, on venues that ask by it.
        mark: needed for a market close on venues that have no market orders.
    """

    symbol: Symbol
    contract_size: Decimal
    margin: MarginType
    price_tick: Decimal
    asset: int | None = None
    user: str | None = None
    mark: Price | None = None
