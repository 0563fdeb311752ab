"""A placement as BingX reads it: one parameter list for every type of order, and what it refuses before the venue is
asked."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from jackline.exchange.account import Account
from jackline.exchange.bingx import legs as attached
from jackline.exchange.bingx.book import AttachedTexts
from jackline.exchange.bingx.call import Call
from jackline.exchange.bingx.errors import refusal, wrong
from jackline.exchange.bingx.order_head import Head, Kind, available, read_head
from jackline.exchange.bingx.prices import read_working_type
from jackline.exchange.bingx.standing import standing_request
from jackline.exchange.conditions import AlgoRequest
from jackline.exchange.orders import OrderRequest
from jackline.exchange.values import (
    OrderType,
    TimeInForce,
)

CLIENT_ID_LENGTH_MAX: Final = 40


class Tif(StrEnum):
    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    POST_ONLY = "PostOnly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A MARKET or LIMIT order with what travels with it."""

    request: OrderRequest
    legs: tuple[AlgoRequest, ...]
    texts: AttachedTexts


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A conditional order of its own."""

    request: AlgoRequest
    kind: Kind


def read_placement(call: Call) -> Entry | Standing:
    """Reads every parameter of a placement. Raises BingxError."""
    params, account = call.params, call.account
    head = read_head(call)
    client_id = _read_client_id(call, head.kind)
    tif = params.word("timeInForce", Tif, code=-1115) or Tif.GTC
    if params.text("stopGuaranteed") not in {None, "false"}:
        raise wrong("stopGuaranteed: not served here")
    stop_loss = attached.read_leg(params, "stopLoss", strict=call.strict)
    take_profit = attached.read_leg(params, "takeProfit", strict=call.strict)
    working_type = read_working_type(params.text("workingType"))
    if not head.kind.plain:
        if stop_loss is not None or take_profit is not None:
            raise wrong("stopLoss and takeProfit go with MARKET and LIMIT only")
        return Standing(request=standing_request(params, account, head, working_type), kind=head.kind)
    if head.close_position:
        raise wrong("closePosition: STOP_MARKET and TAKE_PROFIT_MARKET only")
    if head.reducing and (stop_loss is not None or take_profit is not None):
        raise wrong("stopLoss and takeProfit go with orders that open")
    _check_reducible(account, head)
    entry = OrderRequest(
        symbol=head.market.symbol.name,
        side=head.side,
        position_side=head.position_side,
        type=OrderType(head.kind.value),
        quantity=head.quantity,
        price=head.price,
        time_in_force=TimeInForce.GTX if tif is Tif.POST_ONLY else TimeInForce(tif.value),
        reduce_only=head.reduce_only,
        client_id=client_id,
    )
    legs = tuple(
        attached.leg_request(head.market, entry, leg, hedge=account.hedge)
        for leg in (stop_loss, take_profit)
        if leg is not None
    )
    texts = AttachedTexts(
        stop_loss=params.peek("stopLoss") if stop_loss else "",
        take_profit=params.peek("takeProfit") if take_profit else "",
    )
    return Entry(request=entry, legs=legs, texts=texts)


def _read_client_id(call: Call, kind: Kind) -> str | None:
    """Lower-cased, as BingX does; only plain orders have one. A lenient venue drops that of another order."""
    sent = call.params.text("clientOrderID") or call.params.text("clientOrderId")
    if sent is None:
        return None
    if len(sent) > CLIENT_ID_LENGTH_MAX:
        raise wrong(f"clientOrderID: more than {CLIENT_ID_LENGTH_MAX} characters")
    if not kind.plain:
        if call.strict:
            raise wrong("clientOrderID: MARKET and LIMIT only")
        return None
    client_id = sent.lower()
    if client_id in call.account.order_ids:
        raise refusal(101400, reason="clientOrderID unique check failed")
    return client_id


def _check_reducible(account: Account, head: Head) -> None:
    """101290 for a reduce-only order without a position, 101205 for the closing side of none, 110424 for more than
    there is in hedge mode."""
    if not head.reducing:
        return
    held = available(account, head)
    if held == 0:
        raise refusal(101205 if account.hedge else 101290)
    if account.hedge and head.quantity > held:
        raise refusal(110424)
