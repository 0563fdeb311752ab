"""Trigger prices: which price an order watches, and on which side of it the trigger must lie."""

from decimal import Decimal
from typing import Final

from jackline.exchange.bingx.errors import refusal, wrong
from jackline.exchange.values import OrderType, Side, WorkingType

_WORKING_TYPES: Final = {
    "MARK_PRICE": WorkingType.MARK_PRICE,
    "CONTRACT_PRICE": WorkingType.CONTRACT_PRICE,
    "INDEX_PRICE": WorkingType.MARK_PRICE,
}
"""There is no index of its own here; mark stands for it."""


def read_working_type(sent: object) -> WorkingType:
    """The reference names two defaults; MARK_PRICE is the one of its parameter table. Raises BingxError 109400."""
    if sent is None or sent == "":
        return WorkingType.MARK_PRICE
    found = _WORKING_TYPES.get(str(sent))
    if found is None:
        raise wrong(f"workingType: {sent!r}")
    return found


def check_trigger_side(kind: OrderType, side: Side, *, trigger_price: Decimal, price: Decimal) -> None:
    """A stop lies beyond the price in the order's direction, a target against it. Raises BingxError 110411 to
    110414."""
    rising = (side is Side.BUY) is not kind.takes_profit
    if trigger_price > price if rising else trigger_price < price:
        return
    closes_long = side is Side.SELL
    if kind.takes_profit:
        raise refusal(110413 if closes_long else 110414)
    raise refusal(110411 if closes_long else 110412)
