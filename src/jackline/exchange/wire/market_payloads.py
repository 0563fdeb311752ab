"""Contracts, candles and prices as the wire spells them."""

from decimal import Decimal
from typing import Final

from jackline.exchange.funding import FUNDING_INTERVAL_MS
from jackline.exchange.market import Market
from jackline.exchange.ports import Candle
from jackline.exchange.symbols import QUOTE
from jackline.exchange.values import OrderType, TimeInForce, money, text
from jackline.exchange.wire import limits
from jackline.exchange.wire.json import Json

MINUTE_MS: Final = 60_000
_UNIT_MINUTES: Final = {"m": 1, "h": 60, "d": 1_440}
INTERVALS: Final[dict[str, int]] = {
    name: int(name[:-1]) * _UNIT_MINUTES[name[-1]] * MINUTE_MS
    for name in ("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d")
}
"""Interval name to milliseconds. A venue serves those that are multiples of its feed's bars."""

DAY_MS: Final = INTERVALS["1d"]
_TOP_OF_BOOK: Final = "100.000"
"""Size shown at bid and ask: there is no book, a taker of any size fills at one price."""


def symbol_payload(market: Market) -> Json:
    """An entry of exchangeInfo.symbols."""
    symbol = market.symbol
    tick, step = text(symbol.tick), text(symbol.step)
    return {
        "symbol": symbol.name,
        "pair": symbol.name,
        "contractType": "PERPETUAL",
        "deliveryDate": 4_133_404_800_000,
        "onboardDate": 1_569_398_400_000,
        "status": market.status.value,
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": symbol.base,
        "quoteAsset": QUOTE,
        "marginAsset": QUOTE,
        "pricePrecision": -int(symbol.tick.as_tuple().exponent),
        "quantityPrecision": max(0, -int(symbol.step.as_tuple().exponent)),
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "triggerProtect": text(symbol.trigger_protect_fraction),
        "liquidationFee": "0.012500",
        "marketTakeBound": text(symbol.price_band_fraction),
        "maxMoveOrderLimit": 10_000,
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": tick,
                "maxPrice": text(symbol.price_max),
                "tickSize": tick,
            },
            {"filterType": "LOT_SIZE", "minQty": step, "maxQty": text(symbol.quantity_max), "stepSize": step},
            {
                "filterType": "MARKET_LOT_SIZE",
                "minQty": step,
                "maxQty": text(symbol.market_quantity_max),
                "stepSize": step,
            },
            {"filterType": "MAX_NUM_ORDERS", "limit": 200},
            {"filterType": "MIN_NOTIONAL", "notional": text(symbol.notional_min)},
            {
                "filterType": "PERCENT_PRICE",
                "multiplierUp": text(1 + symbol.price_band_fraction),
                "multiplierDown": text(1 - symbol.price_band_fraction),
                "multiplierDecimal": "4",
            },
        ],
        "orderTypes": [kind.value for kind in OrderType],
        "timeInForce": [kind.value for kind in TimeInForce],
    }


def exchange_info(markets: list[Market], *, wire_ms: int) -> Json:
    windows = (
        ("REQUEST_WEIGHT", "MINUTE", 1, limits.WEIGHT_PER_MINUTE),
        ("ORDERS", "MINUTE", 1, limits.ORDERS_PER_MINUTE),
        ("ORDERS", "SECOND", 10, limits.ORDERS_PER_TEN_SECONDS),
    )
    return {
        "timezone": "UTC",
        "serverTime": wire_ms,
        "futuresType": "U_MARGINED",
        "rateLimits": [
            {"rateLimitType": kind, "interval": unit, "intervalNum": count, "limit": limit}
            for kind, unit, count, limit in windows
        ],
        "exchangeFilters": [],
        "assets": [{"asset": QUOTE, "marginAvailable": True, "autoAssetExchange": "-10000"}],
        "symbols": [symbol_payload(market) for market in markets],
    }


def turnover(candle: Candle) -> Decimal:
    """Quote volume estimated from the typical price; feeds carry base volume only."""
    return money(candle.volume * (candle.high + candle.low + candle.close) / 3)


def kline_row(candle: Candle, *, interval_ms: int) -> Json:
    return [
        candle.open_ms,
        text(candle.open),
        text(candle.high),
        text(candle.low),
        text(candle.close),
        text(candle.volume),
        candle.open_ms + interval_ms - 1,
        text(turnover(candle)),
        1,
        text(money(candle.volume / 2)),
        text(money(turnover(candle) / 2)),
        "0",
    ]


def next_funding_ms(market: Market) -> int:
    return (market.market_ms // FUNDING_INTERVAL_MS + 1) * FUNDING_INTERVAL_MS


def premium_index(market: Market, *, wire_ms: int) -> Json:
    """`time` is wire time, `nextFundingTime` and our own `mt` are market time."""
    mark = text(money(market.mark))
    return {
        "symbol": market.symbol.name,
        "markPrice": mark,
        "indexPrice": mark,
        "estimatedSettlePrice": mark,
        "lastFundingRate": text(market.funding_fraction),
        "interestRate": text(market.funding_fraction),
        "nextFundingTime": next_funding_ms(market),
        "time": wire_ms,
        "mt": market.market_ms,
    }


def fundings(market: Market) -> list[tuple[int, Json]]:
    """(market time, row) of each funding boundary among the kept bars, oldest first."""
    return [
        (
            bar.open_ms,
            {
                "symbol": market.symbol.name,
                "fundingTime": bar.open_ms,
                "fundingRate": text(market.funding_fraction),
                "markPrice": text(money(bar.open)),
            },
        )
        for bar in market.candles
        if bar.open_ms % FUNDING_INTERVAL_MS == 0
    ]


def day(market: Market) -> Candle:
    """The last 24 hours of market time as one bar."""
    count = max(1, DAY_MS // market.interval_ms)
    bars = market.bars(market.interval_ms, count)
    if not bars:
        price = market.last
        return Candle(
            open_ms=market.market_ms, open=price, high=price, low=price, close=price, volume=Decimal(0)
        )
    return Candle(
        open_ms=bars[0].open_ms,
        open=bars[0].open,
        high=max(bar.high for bar in bars),
        low=min(bar.low for bar in bars),
        close=market.last,
        volume=sum((bar.volume for bar in bars), Decimal(0)),
    )


def ticker(market: Market) -> Json:
    span = day(market)
    change = span.close - span.open
    return {
        "symbol": market.symbol.name,
        "priceChange": text(change),
        "priceChangePercent": text((change / span.open * 100).quantize(Decimal("0.001"))),
        "weightedAvgPrice": text(money((span.high + span.low + span.close) / 3)),
        "lastPrice": text(market.last),
        "lastQty": "0.001",
        "openPrice": text(span.open),
        "highPrice": text(span.high),
        "lowPrice": text(span.low),
        "volume": text(span.volume),
        "quoteVolume": text(turnover(span)),
        "openTime": span.open_ms,
        "closeTime": market.market_ms,
        "firstId": 1,
        "lastId": 1,
        "count": 1,
    }


def quotes(market: Market) -> tuple[str, str]:
    """Bid and ask: what a seller and a buyer would get."""
    half = market.last * market.half_spread_fraction
    tick = market.symbol.tick
    return text((market.last - half).quantize(tick)), text((market.last + half).quantize(tick))


def book_ticker(market: Market, *, wire_ms: int) -> Json:
    bid, ask = quotes(market)
    return {
        "symbol": market.symbol.name,
        "bidPrice": bid,
        "bidQty": _TOP_OF_BOOK,
        "askPrice": ask,
        "askQty": _TOP_OF_BOOK,
        "time": wire_ms,
    }


def price(market: Market, *, wire_ms: int) -> Json:
    last = text(market.last.quantize(market.symbol.tick))
    return {"symbol": market.symbol.name, "price": last, "time": wire_ms}


def depth(market: Market, *, wire_ms: int) -> Json:
    bid, ask = quotes(market)
    return {
        "lastUpdateId": wire_ms,
        "E": wire_ms,
        "T": wire_ms,
        "bids": [[bid, _TOP_OF_BOOK]],
        "asks": [[ask, _TOP_OF_BOOK]],
    }
