"""From the core's requests to the values that a shape's slots take. The same for every venue."""

from __future__ import annotations

from decimal import Decimal

from jackline.core.orders import OrderKey
from jackline.core.requests import SendClose, SendEntry, SendStop, SendTarget
from jackline.core.values import OrderSide, Price, Quantity, ceil_to, floor_to
from jackline.venue.recorded.ids import leg_id, role_of
from jackline.venue.recorded.slots import Name, Values
from jackline.venue.recorded.terms import Terms
from jackline.venue.recorded.venue import RecordedVenue
from jackline.venue.recorded.wire import NotWired, plain


def market_values(venue: RecordedVenue, terms: Terms) -> Values:
    """What every request about this market may name."""
    values = {Name.SYMBOL: str(terms.symbol), Name.MARGIN: terms.margin.value}
    if terms.asset is not None:
        values[Name.ASSET] = str(terms.asset)
    if terms.user is not None:
        values[Name.USER] = terms.user
    return values


def entry_values(venue: RecordedVenue, request: SendEntry, terms: Terms) -> Values:
    """An entry with its stop. `expiry_ms` is the last moment at which the venue may still execute it."""
    entry = request.entry
    spell = venue.profile.client_id
    values = market_values(venue, terms) | {
        Name.QUANTITY: contracts(entry.quantity, terms),
        Name.PRICE: _price(venue, entry.collar_price),
        Name.CLIENT_ID: spell(request.client_id),
        Name.LEG_TRIGGER: _price(venue, entry.stop.disaster_price),
        Name.LEG_SOURCE: entry.stop.price_source.value,
        Name.LEVERAGE: str(entry.leverage),
        Name.WINDOW_MS: str(entry.receive_window_ms),
        Name.EXPIRY_MS: str(entry.entry_latest_ms + entry.receive_window_ms),
    }
    leg = leg_id(request)
    if leg is not None:
        values[Name.LEG_ID] = spell(leg)
    if venue.slippage_fraction is not None:
        values[Name.LEG_LIMIT] = _worst(venue, entry.stop.disaster_price, entry.side.closes_with, terms)
    return values


def conditional_values(venue: RecordedVenue, request: SendStop | SendTarget, terms: Terms) -> Values:
    """A stop or a target."""
    values = market_values(venue, terms) | {
        Name.CLIENT_ID: venue.profile.client_id(request.client_id),
        Name.TRIGGER: _price(venue, request.trigger_price),
        Name.SOURCE: request.price_source.value,
    }
    if request.quantity is not None:
        values[Name.QUANTITY] = contracts(request.quantity, terms)
    if venue.slippage_fraction is not None:
        values[Name.LIMIT] = _worst(venue, request.trigger_price, request.side.closes_with, terms)
    return values


def close_values(venue: RecordedVenue, request: SendClose, terms: Terms) -> Values:
    """A close, at market or by limit."""
    values = market_values(venue, terms) | {
        Name.CLIENT_ID: venue.profile.client_id(request.client_id),
        Name.QUANTITY: contracts(request.quantity, terms),
    }
    if request.limit_price is not None:
        values[Name.PRICE] = _price(venue, request.limit_price)
    if venue.slippage_fraction is not None and terms.mark is not None:
        values[Name.LIMIT] = _worst(venue, terms.mark, request.side.closes_with, terms)
    return values


def key_values(venue: RecordedVenue, key: OrderKey, terms: Terms) -> Values:
    """How an order is named: by the venue's id where there is one, and by ours."""
    values = market_values(venue, terms) | order_name(venue, key.client_id, terms)
    if key.venue_id is not None:
        values[Name.ORDER_ID] = str(key.venue_id)
    return values


def order_name(venue: RecordedVenue, ours: str, terms: Terms) -> Values:
    """Our own id in the venue's form, and what kind of order it stands for."""
    values = market_values(venue, terms) | {Name.CLIENT_ID: venue.profile.client_id(ours)}
    role = role_of(ours)
    return values if role is None else values | {Name.PLAN: role.value}


def contracts(quantity: Quantity, terms: Terms) -> str:
    """A quantity in the venue's unit. Raises NotWired rather than round: a smaller stop covers less."""
    number = quantity / terms.contract_size
    if number * terms.contract_size != quantity:
        raise NotWired(f"{quantity} {terms.symbol} is no number of contracts of {terms.contract_size}")
    return plain(number)


def _price(venue: RecordedVenue, price: Price) -> str:
    """A price as text. Raises NotWired rather than round: where a stop stands is the plan's to decide."""
    digits = len(price.normalize().as_tuple().digits)
    most = venue.price_digits_max
    if most is not None and digits > most and price != price.to_integral_value():
        raise NotWired(
            f"{venue.profile.name} takes {most} significant digits of a price, and {price} has {digits}"
        )
    return plain(price)


def _worst(venue: RecordedVenue, base: Price, side: OrderSide, terms: Terms) -> str:
    """The worst price of a market order, rounded outwards so that the venue's steps never narrow it."""
    slip, digits = venue.slippage_fraction or Decimal(0), venue.price_digits_max
    buys = side is OrderSide.BUY
    raw = base * (1 + slip if buys else 1 - slip)
    coarse = Decimal(1) if digits is None else Decimal(1).scaleb(raw.adjusted() - digits + 1)
    step = max(min(coarse, Decimal(1)), terms.price_tick)
    return plain(ceil_to(raw, step) if buys else floor_to(raw, step))
