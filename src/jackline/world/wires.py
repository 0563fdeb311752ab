"""Which venue's wire a world speaks, and how that wire spells what the world must read."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from jackline.core.ids import Role, parse_client_id
from jackline.exchange.bingx.names import spelled
from jackline.world.watching import Arrival, Departure

PLAIN_TYPES = ("LIMIT", "MARKET")
"""Orders that meet the market at once. On a wire with one path for all orders only their type tells them apart."""
_CLIENT_IDS = ("newClientOrderId", "clientOrderID")


class Wire(StrEnum):
    """The venues whose wire a world can speak."""

    BINANCE = "binance"
    BINGX = "bingx"

    def spelled(self, name: str) -> str:
        """The venue's word for a symbol that the exchange calls BTCUSDT."""
        return spelled(name) if self is Wire.BINGX else name


def exchange_name(symbol: str) -> str:
    """What the exchange calls a symbol, however a wire spells it."""
    return symbol.replace("-", "")


def order_id(params: Mapping[str, str]) -> str:
    """The client id a placement of a plain order carries; "" without one."""
    return next((params[name] for name in _CLIENT_IDS if name in params), "")


def is_entry(departure: Departure) -> bool:
    """A placement that says it is an entry of ours."""
    name = parse_client_id(order_id(departure.params))
    return departure.method == "POST" and name is not None and name.role is Role.ENTRY


def is_plain_order(departure: Departure) -> bool:
    """A placement that meets the market at once."""
    placed = departure.method == "POST" and departure.path.endswith("/order")
    return placed and departure.params.get("type") in PLAIN_TYPES


def is_taken(arrival: Arrival) -> bool:
    """The venue has taken what arrived. One of these wires puts its no under HTTP 200, the other one never."""
    refused_under_200 = arrival.departure.path.startswith("/openApi") and arrival.code is not None
    return arrival.status == 200 and not refused_under_200
