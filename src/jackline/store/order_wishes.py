"""Arguments of commands about the stops of one position, as the desk keeps them and as `step` hears them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from jackline.core.asked_events import OrderAsked, OrderDropped, TightenAsked
from jackline.core.asked_order import AskedTerms
from jackline.core.errors import invariant
from jackline.core.events import Receipt
from jackline.core.values import Price, Side, Symbol


@dataclass(frozen=True, slots=True, kw_only=True)
class DropWish:
    """Take an asked order away. `replace_with`: which other one covers instead; `close`: close its position."""

    order_id: str
    replace_with: str | None = None
    close: bool = False

    def __post_init__(self) -> None:
        invariant(bool(self.order_id), "P5", order_id=self.order_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class TightenWish:
    """Let the stop of a position stand at this price or tighter; None for break-even, its entry and its costs."""

    symbol: Symbol
    side: Side
    price: Price | None = None


Wish = AskedTerms | DropWish | TightenWish


def wish_event(wish: Wish, receipt: Receipt) -> OrderAsked | OrderDropped | TightenAsked:
    """The event that a wish becomes."""
    command_id, position = receipt.command_id, receipt.position
    match wish:
        case AskedTerms():
            return OrderAsked(terms=wish, command_id=command_id, position=position)
        case DropWish():
            return OrderDropped(
                order_id=wish.order_id,
                replace_with=wish.replace_with or "",
                close=wish.close,
                command_id=command_id,
                position=position,
            )
        case TightenWish():
            return TightenAsked(
                symbol=wish.symbol,
                side=wish.side,
                price=wish.price,
                command_id=command_id,
                position=position,
            )
        case _:
            assert_never(wish)
