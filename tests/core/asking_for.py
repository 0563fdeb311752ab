"""Wishes for tests: what somebody asks for, and what they were told."""

from __future__ import annotations

from decimal import Decimal

from jackline.core.asked_events import OrderAsked, OrderDropped, TightenAsked
from jackline.core.asked_order import AskedKind, AskedOrder, AskedTerms
from jackline.core.effects import AnswerCommand
from jackline.core.values import Fraction, Price, Quantity, Side
from tests.core.driver import Driver
from tests.core.small_venue import BTC

PREFIX = {AskedKind.STOP: "sl", AskedKind.TARGET: "tp", AskedKind.TRAILING: "ts"}


def terms(
    kind: AskedKind,
    figure: str | Decimal,
    *,
    order_id: str = "",
    side: Side = Side.LONG,
    quantity: str | None = None,
) -> AskedTerms:
    """`figure`: trigger price, or of a trailing one its distance as a fraction."""
    trails = kind is AskedKind.TRAILING
    return AskedTerms(
        order_id=order_id or f"{PREFIX[kind]}_pos_1",
        kind=kind,
        symbol=BTC,
        side=side,
        quantity=None if quantity is None else Quantity(Decimal(quantity)),
        trigger_price=None if trails else Price(Decimal(figure)),
        trailing_fraction=Fraction(Decimal(figure)) if trails else None,
        position_id="pos_1",
        user_id="somebody",
    )


def ask(driver: Driver, wish: AskedTerms, *, command: str = "") -> str:
    """The id of the command that asks."""
    command_id = command or f"ask {wish.order_id} at {driver.now_ms}"
    driver.feed(OrderAsked(terms=wish, command_id=command_id, position=7))
    return command_id


def drop(
    driver: Driver, order_id: str, *, replace_with: str = "", close: bool = False, command: str = ""
) -> str:
    command_id = command or f"drop {order_id} at {driver.now_ms}"
    driver.feed(
        OrderDropped(
            order_id=order_id, replace_with=replace_with, close=close, command_id=command_id, position=8
        )
    )
    return command_id


def tighten(driver: Driver, price: str | None, *, side: Side = Side.LONG, command: str = "") -> str:
    command_id = command or f"tighten to {price} at {driver.now_ms}"
    wanted = None if price is None else Price(Decimal(price))
    driver.feed(TightenAsked(symbol=BTC, side=side, price=wanted, command_id=command_id, position=9))
    return command_id


def told(driver: Driver, command_id: str) -> str | None:
    """The first answer of a command, for no later one is kept; None while there is none."""
    for effect in driver.effects:
        if isinstance(effect, AnswerCommand) and effect.command_id == command_id and effect.result:
            return effect.result
    return None


def asked(driver: Driver, order_id: str) -> AskedOrder:
    (found,) = [order for order in driver.trade.asked if order.terms.order_id == order_id]
    return found


def asked_at_venue(driver: Driver) -> list[Decimal]:
    """Triggers of the asked orders that rest, by the venue's own books, in the order they were placed."""
    letters = ("a", "b", "l")
    return [
        order.trigger_price or Decimal(0)
        for order in driver.venue.live
        if len(order.key.client_id) == 20 and order.key.client_id[14] in letters
    ]
