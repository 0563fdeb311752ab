"""Public market data over REST, and the empty lists that clients ask for before anything else."""

from typing import Final

from jackline.exchange.bingx.call import Call, Route
from jackline.exchange.bingx.errors import wrong
from jackline.exchange.bingx.names import read_market, read_market_or_all, spelled
from jackline.exchange.market import Market
from jackline.exchange.ports import Candle
from jackline.exchange.symbols import QUOTE
from jackline.exchange.values import SymbolStatus, text
from jackline.exchange.wire import market_payloads
from jackline.exchange.wire.call import Access
from jackline.exchange.wire.json import Json
from jackline.exchange.wire.order_payloads import price_text
from jackline.exchange.wire.order_routes import read_span
from jackline.exchange.wire.params import need

KLINES_DEFAULT: Final = 500
KLINES_MAX: Final = 1_440
FUNDINGS_DEFAULT: Final = 100
FUNDINGS_MAX: Final = 1_000


def time(call: Call) -> Json:
    call.finish()
    return {"serverTime": call.wire_ms}


def contracts(call: Call) -> Json:
    market = read_market_or_all(call.venue, call.params)
    call.finish()
    shown = list(call.venue.state.markets.values()) if market is None else [market]
    return [_contract(call, one) for one in shown]


def _contract(call: Call, market: Market) -> Json:
    symbol, rules = market.symbol, call.venue.state.rules
    trading = market.standing is SymbolStatus.TRADING
    leaving = market.standing is not SymbolStatus.BREAK
    return {
        "contractId": symbol.name,
        "symbol": spelled(symbol.name),
        "displayName": spelled(symbol.name),
        "size": text(symbol.step),
        "quantityPrecision": -int(symbol.step.as_tuple().exponent),
        "pricePrecision": -int(symbol.tick.as_tuple().exponent),
        "feeRate": float(rules.taker_fraction),
        "makerFeeRate": float(rules.maker_fraction),
        "takerFeeRate": float(rules.taker_fraction),
        "tradeMinLimit": 0,
        "tradeMinQuantity": float(symbol.step),
        "tradeMinUSDT": float(symbol.notional_min),
        "maxLongLeverage": symbol.leverage_max,
        "maxShortLeverage": symbol.leverage_max,
        "currency": QUOTE,
        "asset": symbol.base,
        "status": 1 if trading else 25,
        "apiStateOpen": str(trading).lower(),
        "apiStateClose": str(leaving).lower(),
        "ensureTrigger": False,
        "triggerFeeRate": "0.00000000",
        "brokerState": False,
        "launchTime": 0,
        "maintainTime": 0,
        "offTime": 0,
    }


def nothing(call: Call) -> Json:
    """A list of which this venue has no entry: spot symbols, coin-margined contracts, currencies."""
    call.finish()
    return []


def no_spot(call: Call) -> Json:
    call.finish()
    return {"symbols": []}


def klines(call: Call) -> Json:
    """Bars by market time, newest first as BingX has them, the forming one included."""
    params = call.params
    market = read_market(call.venue, params)
    interval_ms = market_payloads.INTERVALS.get(need(params.text("interval"), "interval"))
    if interval_ms is None or interval_ms % market.interval_ms:
        raise wrong("interval")
    anchored = params.text("startTime") is not None
    span = read_span(params)
    limit = params.limit(default=KLINES_DEFAULT, largest=KLINES_MAX)
    call.finish()
    bars = [one for one in market.bars(interval_ms, len(market.candles) + 1) if one.open_ms in span]
    return [_kline(one) for one in reversed(bars[:limit] if anchored else bars[-limit:])]


def _kline(bar: Candle) -> Json:
    return {
        "open": text(bar.open),
        "close": text(bar.close),
        "high": text(bar.high),
        "low": text(bar.low),
        "volume": text(bar.volume),
        "time": bar.open_ms,
    }


def funding_rates(call: Call) -> Json:
    """The rate at each boundary that the kept bars cover, newest first; times are market time."""
    params = call.params
    market = read_market(call.venue, params)
    anchored = params.text("startTime") is not None
    span = read_span(params)
    limit = params.limit(default=FUNDINGS_DEFAULT, largest=FUNDINGS_MAX)
    call.finish()
    times = [at_ms for at_ms, _ in market_payloads.fundings(market) if at_ms in span]
    return [
        {
            "symbol": spelled(market.symbol.name),
            "fundingRate": text(market.funding_fraction),
            "fundingTime": at_ms,
        }
        for at_ms in reversed(times[:limit] if anchored else times[-limit:])
    ]


def premium_index(call: Call) -> Json:
    market = read_market_or_all(call.venue, call.params)
    call.finish()
    if market is not None:
        return _premium(market)
    return [_premium(one) for one in call.venue.state.markets.values()]


def _premium(market: Market) -> Json:
    """`mt` is our own: market time, which the venue has no other word for."""
    mark = price_text(market.symbol.name, market.mark)
    return {
        "symbol": spelled(market.symbol.name),
        "markPrice": mark,
        "indexPrice": mark,
        "lastFundingRate": text(market.funding_fraction),
        "nextFundingTime": market_payloads.next_funding_ms(market),
        "mt": market.market_ms,
    }


def ticker(call: Call) -> Json:
    market = read_market_or_all(call.venue, call.params)
    call.finish()
    if market is not None:
        return _ticker(call, market)
    return [_ticker(call, one) for one in call.venue.state.markets.values()]


def _ticker(call: Call, market: Market) -> Json:
    span = market_payloads.day(market)
    bid, ask = market_payloads.quotes(market)
    change = span.close - span.open
    return {
        "symbol": spelled(market.symbol.name),
        "priceChange": text(change),
        "priceChangePercent": f"{change / span.open * 100:.2f}%",
        "lastPrice": price_text(market.symbol.name, market.last),
        "lastQty": text(market.symbol.step),
        "highPrice": text(span.high),
        "lowPrice": text(span.low),
        "volume": text(span.volume),
        "quoteVolume": text(market_payloads.turnover(span)),
        "openPrice": text(span.open),
        "openTime": span.open_ms,
        "closeTime": call.wire_ms,
        "bidPrice": bid,
        "bidQty": "100",
        "askPrice": ask,
        "askQty": "100",
    }


def depth(call: Call) -> Json:
    """One price on either side: there is no book."""
    market = read_market(call.venue, call.params)
    call.params.limit(default=20, largest=1_000)
    call.finish()
    bid, ask = market_payloads.quotes(market)
    return {"T": call.wire_ms, "bids": [[bid, "100"]], "asks": [[ask, "100"]]}


ROUTES: Final = (
    *(
        Route(method="GET", path=path, handler=handler, access=Access.PUBLIC)
        for path, handler in (
            ("/openApi/swap/v2/server/time", time),
            ("/openApi/swap/v2/quote/contracts", contracts),
            ("/openApi/swap/v2/quote/premiumIndex", premium_index),
            ("/openApi/swap/v2/quote/fundingRate", funding_rates),
            ("/openApi/swap/v2/quote/ticker", ticker),
            ("/openApi/swap/v2/quote/depth", depth),
            ("/openApi/swap/v3/quote/klines", klines),
            ("/openApi/swap/v2/quote/klines", klines),
            ("/openApi/cswap/v1/market/contracts", nothing),
            ("/openApi/spot/v1/common/symbols", no_spot),
        )
    ),
    Route(method="GET", path="/openApi/wallets/v1/capital/config/getall", handler=nothing),
)
