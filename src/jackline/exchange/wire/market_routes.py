"""Public market data over REST."""

from collections.abc import Callable
from typing import Final

from jackline.exchange.errors import VenueError
from jackline.exchange.market import Market
from jackline.exchange.wire import market_payloads
from jackline.exchange.wire.call import Access, Call, Route
from jackline.exchange.wire.json import Json
from jackline.exchange.wire.order_routes import read_span
from jackline.exchange.wire.params import Params, need

KLINES_DEFAULT: Final = 500
KLINES_MAX: Final = 1_500
FUNDINGS_DEFAULT: Final = 100
FUNDINGS_MAX: Final = 1_000


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
    return {"serverTime": call.wire_ms}


def exchange_info(call: Call) -> Json:
    call.finish()
    return market_payloads.exchange_info(list(call.venue.state.markets.values()), wire_ms=call.wire_ms)


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


def funding_rates(call: Call) -> Json:
    """The rate at each boundary that the kept bars cover, oldest first; times are market time."""
    params = call.params
    symbol = params.symbol()
    anchored = params.text("startTime") is not None
    span = read_span(params)
    limit = params.limit(default=FUNDINGS_DEFAULT, largest=FUNDINGS_MAX)
    call.finish()
    state = call.venue.state
    markets = list(state.markets.values()) if symbol is None else [state.market(symbol)]
    rows = [one for market in markets for one in market_payloads.fundings(market) if one[0] in span]
    rows.sort(key=lambda one: one[0])
    return [row for _, row in (rows[:limit] if anchored else rows[-limit:])]


def _by_limit(*steps: tuple[int, int], default: int) -> Callable[[Params], int]:
    """The weight of a listing from what it asks for: (largest limit, weight) in rising order. What cannot be read
    counts as the default and is refused later."""

    def weigh(params: Params) -> int:
        asked = params.peek("limit")
        limit = int(asked) if asked.isascii() and asked.isdigit() else default
        return next((weight for largest, weight in steps if limit <= largest), steps[-1][1])

    return weigh


_BARS: Final = _by_limit((99, 1), (499, 2), (1_000, 5), (KLINES_MAX, 10), default=KLINES_DEFAULT)
_LEVELS: Final = _by_limit((50, 2), (100, 5), (500, 10), (1_000, 20), default=500)

ROUTES: Final = tuple(
    Route(
        method="GET", path=path, handler=handler, access=Access.PUBLIC, weight=weight, weight_all=weight_all
    )
    for path, handler, weight, weight_all in (
        ("/fapi/v1/ping", ping, 1, None),
        ("/fapi/v1/time", time, 1, None),
        ("/fapi/v1/exchangeInfo", exchange_info, 1, None),
        ("/fapi/v1/premiumIndex", premium_index, 1, 10),
        ("/fapi/v1/fundingRate", funding_rates, 1, None),
        ("/fapi/v1/ticker/24hr", ticker, 1, 40),
        ("/fapi/v1/ticker/bookTicker", book_ticker, 2, 5),
        ("/fapi/v1/ticker/price", price, 1, 2),
        ("/fapi/v2/ticker/price", price, 1, 2),
    )
) + tuple(
    Route(method="GET", path=path, handler=handler, access=Access.PUBLIC, weigh=weigh)
    for path, handler, weigh in (
        ("/fapi/v1/klines", klines, _BARS),
        ("/fapi/v1/markPriceKlines", klines, _BARS),
        ("/fapi/v1/depth", depth, _LEVELS),
    )
)
