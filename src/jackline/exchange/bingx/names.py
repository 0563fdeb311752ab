"""Symbols as BingX spells them: `BTC-USDT` for what the venue calls BTCUSDT."""

from jackline.exchange.bingx.errors import refusal, wrong
from jackline.exchange.market import Market
from jackline.exchange.symbols import QUOTE
from jackline.exchange.venue import Venue
from jackline.exchange.wire.params import Params


def spelled(name: str) -> str:
    return f"{name.removesuffix(QUOTE)}-{QUOTE}"


def read_market(venue: Venue, params: Params) -> Market:
    """The market a request must name. Raises BingxError: 109400 without a name, 109425 for one not traded here."""
    market = read_market_or_all(venue, params)
    if market is None:
        raise wrong("Field validation for 'Symbol' failed on the 'required' tag")
    return market


def read_market_or_all(venue: Venue, params: Params) -> Market | None:
    """None where no symbol is named, which means all of them. Raises BingxError 109425."""
    sent = params.symbol()
    if sent is None:
        return None
    market = venue.state.markets.get(sent.replace("-", "", 1))
    if market is None or "-" not in sent:
        raise refusal(109425, symbol=sent)
    return market
