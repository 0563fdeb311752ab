"""A departure read as a request: which order it is about and what that order could do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from jackline.exchange.values import PositionSide, Side
from jackline.world.judges.names import CLOSES, OrderName, Role, parse
from jackline.world.watching import Departure


class RequestKind(StrEnum):
    """What a request does, by its method and path."""

    ORDER = "order"
    CONDITIONAL = "conditional"
    CANCEL = "cancel"
    CANCEL_CONDITIONAL = "cancel_conditional"
    BLANKET_CANCEL = "blanket_cancel"
    SETTING = "setting"
    OTHER = "other"


_KINDS: Final = {
    ("POST", "order"): RequestKind.ORDER,
    ("POST", "algoOrder"): RequestKind.CONDITIONAL,
    ("DELETE", "order"): RequestKind.CANCEL,
    ("DELETE", "algoOrder"): RequestKind.CANCEL_CONDITIONAL,
    ("DELETE", "allOpenOrders"): RequestKind.BLANKET_CANCEL,
    ("DELETE", "algoOpenOrders"): RequestKind.BLANKET_CANCEL,
    ("DELETE", "batchOrders"): RequestKind.BLANKET_CANCEL,
    ("POST", "countdownCancelAll"): RequestKind.BLANKET_CANCEL,
    ("POST", "leverage"): RequestKind.SETTING,
    ("POST", "marginType"): RequestKind.SETTING,
}
_CLOSING: Final = {("LONG", "SELL"), ("SHORT", "BUY")}
_NOT_CONTENT: Final = ("timestamp", "signature", "recvWindow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A departure in words.

    Attributes:
        client_id: the order it places or names; empty where it names by venue id.
        venue_id: the venue id a cancel names.
        reducing: by its own flags it can only make a position smaller.
    """

    departure: Departure
    kind: RequestKind
    client_id: str
    venue_id: int | None
    name: OrderName | None
    symbol: str
    side: Side | None
    position_side: PositionSide
    quantity: Decimal | None
    trigger_price: Decimal | None
    reducing: bool

    @property
    def at_ms(self) -> float:
        return self.departure.at_ms

    @property
    def is_entry(self) -> bool:
        """An order that says it is an entry of ours."""
        return self.kind is RequestKind.ORDER and self.name is not None and self.name.role is Role.ENTRY

    @property
    def is_close(self) -> bool:
        """An order that says it is a close of ours."""
        return self.kind is RequestKind.ORDER and self.name is not None and self.name.role in CLOSES

    @property
    def content(self) -> tuple[tuple[str, str], ...]:
        """Everything that makes the order what it is: all but time, window and signature."""
        return tuple(
            sorted((key, text) for key, text in self.departure.params.items() if key not in _NOT_CONTENT)
        )


def read_request(departure: Departure) -> Request:
    """Classify a departure. Nothing in it is trusted to be well formed except its numbers."""
    params = departure.params
    kind = _KINDS.get((departure.method, departure.path.rsplit("/", 1)[-1]), RequestKind.OTHER)
    client_id = _first(params, "newClientOrderId", "clientAlgoId", "origClientOrderId")
    venue_id = _first(params, "orderId", "algoId")
    side = Side(params["side"]) if "side" in params else None
    closing = (params.get("positionSide", ""), params.get("side", "")) in _CLOSING
    flagged = params.get("reduceOnly") == "true" or params.get("closePosition") == "true"
    return Request(
        departure=departure,
        kind=kind,
        client_id=client_id,
        venue_id=int(venue_id) if venue_id else None,
        name=parse(client_id),
        symbol=params.get("symbol", ""),
        side=side,
        position_side=PositionSide(params.get("positionSide", "BOTH")),
        quantity=Decimal(params["quantity"]) if "quantity" in params else None,
        trigger_price=Decimal(params["triggerPrice"]) if "triggerPrice" in params else None,
        reducing=flagged or closing,
    )


def _first(params: Mapping[str, str], *names: str) -> str:
    return next((params[name] for name in names if name in params), "")
