"""Public market data over REST."""

from typing import Final

from jackline.exchange.errors import VenueError
from jackline.exchange.market import Market
from jackline.exchange.wire import market_payloads
from jackline.exchange.wire.call import Access, Call, Route
from jackline.exchange.wire.json import Json
from jackline.exchange.wire.order_routes import read_span
from jackline.exchange.wire.params import need

KLINES_DEFAULT: Final = 500
KLINES_MAX: Final = 1_500


def _wire_ms(call: Call) -> int:
    return call.venue.state.clock.wire_ms()


def _market(call: Call) -> Market:
    symbol = need(call.params.symbol(), "symbol")
    return call.venue.state.market(symbol)


def _one_or_all(call: Call) -> Market | None:
    symbol = call.params.symbol()
    call.finish()
    return None if symbol is None else call.venue.state.market(symbol)


def ping(call: Call) -> Json:
    call.finish()
    return {}


def time(call: Call) -> Json:
    call.finish()
    return {"serverTime": _wire_ms(call)}


def exchange_info(call: Call) -> Json:
    call.finish()
    return market_payloads.exchange_info(list(call.venue.state.markets.values()), wire_ms=_wire_ms(call))


def klines(call: Call) -> Json:
    """Bars by market time, the forming one included; the mark price has no bars of its own here."""
    params = call.params
    market = _market(call)
    interval_ms = market_payloads.INTERVALS.get(need(params.text("interval"), "interval"))
    if interval_ms is None or interval_ms % market.interval_ms:
        raise VenueError(-1120)
    anchored = params.text("startTime") is not None
    span = read_span(params)
    limit = params.limit(default=KLINES_DEFAULT, largest=KLINES_MAX)
    call.finish()
    newest_first = params.text("endTime") is None and not anchored
    count = limit if newest_first else len(market.candles) + 1
    bars = [bar for bar in market.bars(interval_ms, count) if bar.open_ms in span]
    return [
        market_payloads.kline_row(bar, interval_ms=interval_ms)
        for bar in (bars[:limit] if anchored else bars[-limit:])
    ]


def premium_index(call: Call) -> Json:
    market, wire_ms = _one_or_all(call), _wire_ms(call)
    if market is not None:
        return market_payloads.premium_index(market, wire_ms=wire_ms)
    return [market_payloads.premium_index(one, wire_ms=wire_ms) for one in call.venue.state.markets.values()]


def ticker(call: Call) -> Json:
    market = _one_or_all(call)
    if market is not None:
        return market_payloads.ticker(market)
    return [market_payloads.ticker(one) for one in call.venue.state.markets.values()]


def book_ticker(call: Call) -> Json:
    market, wire_ms = _one_or_all(call), _wire_ms(call)
    if market is not None:
        return market_payloads.book_ticker(market, wire_ms=wire_ms)
    return [market_payloads.book_ticker(one, wire_ms=wire_ms) for one in call.venue.state.markets.values()]


def price(call: Call) -> Json:
    market, wire_ms = _one_or_all(call), _wire_ms(call)
    if market is not None:
        return market_payloads.price(market, wire_ms=wire_ms)
    return [market_payloads.price(one, wire_ms=wire_ms) for one in call.venue.state.markets.values()]


def depth(call: Call) -> Json:
    market = _market(call)
    call.params.limit(default=500, largest=1_000)
    call.finish()
    return market_payloads.depth(market, wire_ms=_wire_ms(call))


ROUTES: Final = tuple(
    Route(method="GET", path=path, handler=handler, access=Access.PUBLIC, weight=weight)
    for path, handler, weight in (
        ("/fapi/v1/ping", ping, 1),
        ("/fapi/v1/time", time, 1),
        ("/fapi/v1/exchangeInfo", exchange_info, 1),
        ("/fapi/v1/klines", klines, 5),
        ("/fapi/v1/markPriceKlines", klines, 5),
        ("/fapi/v1/premiumIndex", premium_index, 1),
        ("/fapi/v1/ticker/24hr", ticker, 1),
        ("/fapi/v1/ticker/bookTicker", book_ticker, 2),
        ("/fapi/v1/ticker/price", price, 1),
        ("/fapi/v2/ticker/price", price, 1),
        ("/fapi/v1/depth", depth, 5),
        # What clients of the spot market ask for before anything else, futures or not.
        ("/api/v3/ping", ping, 1),
        ("/api/v3/time", time, 1),
    )
)
