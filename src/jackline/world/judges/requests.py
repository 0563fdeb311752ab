"""A request as judges see it: which order it is about and what that order could do."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from jackline.exchange.values import PositionSide, Side
from jackline.world.judges.names import CLOSES, OrderName, Role
from jackline.world.watching import Departure


class RequestKind(StrEnum):
    """What a request does, by its method and path."""

    ORDER = "order"
    CONDITIONAL = "conditional"
    CANCEL = "cancel"
    CANCEL_CONDITIONAL = "cancel_conditional"
    CANCEL_EITHER = "cancel_either"
    """Names an order by an id that plain and conditional ones share; the scene says which it is."""
    BLANKET_CANCEL = "blanket_cancel"
    SETTING = "setting"
    OTHER = "other"


_NOT_CONTENT: Final = ("timestamp", "signature", "recvWindow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A stop that travels inside an entry: a stop-market of the closing side, in base units."""

    trigger_price: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A departure in words.

    Attributes:
        client_id: the order it places or names; empty where it names by venue id, and for stops of a wire on which
            they have none.
        venue_id: the venue id a cancel names.
        name: what its client id says; for a stop without one, what the scene knows of whose it is.
        leg: the stop that an order brings along.
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
    leg: Leg | None = None

    @property
    def at_ms(self) -> float:
        return self.departure.at_ms

    @property
    def label(self) -> str:
        """How to tell it from every other one: by its id, or by its number where it has none."""
        return self.client_id or f"#{self.departure.number}"

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
