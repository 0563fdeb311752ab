"""Public streams by `dataType`: ticker, trades, candles and prices, thinned as on the Binance wire."""

from typing import Final

from jackline.exchange.bingx.names import spelled
from jackline.exchange.market import Market
from jackline.exchange.ports import Candle, Tick
from jackline.exchange.values import text
from jackline.exchange.wire import market_payloads
from jackline.exchange.wire.json import Json
from jackline.exchange.wire.market_streams import FORMING_PERIOD_MS, PRICE_PERIOD_MS, REPEAT_MS
from jackline.exchange.wire.order_payloads import price_text
from jackline.exchange.wire.streams import Hub

KINDS: Final = frozenset(
    {"ticker", "trade", "lastPrice", "markPrice", *(f"kline_{name}" for name in market_payloads.INTERVALS)}
)
"""What may be asked for of a symbol."""


class BingxStreams:
    """Publishes what ticks did: closed candles at once, everything else when `flush` is due."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._changed: set[str] = set()
        self._price_sent_ms: dict[str, float] = {}
        self._forming_sent_ms: dict[str, float] = {}

    def on_tick(self, tick: Tick, market: Market) -> None:
        self._changed.add(tick.symbol)
        if tick.closes is not None:
            end_ms = tick.closes.open_ms + market.interval_ms
            self._klines(market, end_ms=end_ms)

    def flush(self, markets: list[Market], *, exact_ms: float, wire_ms: int, force: bool) -> None:
        """Sends what is due. `force` sends every change now: before the market stands still."""
        for market in markets:
            name = market.symbol.name
            age_ms = exact_ms - self._price_sent_ms.get(name, 0.0)
            due = (name in self._changed and (force or age_ms >= PRICE_PERIOD_MS)) or age_ms >= REPEAT_MS
            if not due:
                continue
            self._changed.discard(name)
            self._price_sent_ms[name] = exact_ms
            self._prices(market, wire_ms=wire_ms)
            if force or exact_ms - self._forming_sent_ms.get(name, 0.0) >= FORMING_PERIOD_MS:
                self._forming_sent_ms[name] = exact_ms
                if market.forming is not None:
                    self._klines(market, end_ms=None)

    def _prices(self, market: Market, *, wire_ms: int) -> None:
        name, symbol = spelled(market.symbol.name), market.symbol.name
        last, mark = price_text(symbol, market.last), price_text(symbol, market.mark)
        trade: Json = [
            {"q": text(market.symbol.step), "p": last, "T": wire_ms, "m": False, "s": name},
        ]
        self._say(f"{name}@trade", trade)
        self._say(f"{name}@lastPrice", {"e": "lastPriceUpdate", "E": wire_ms, "s": name, "p": last})
        # `mt` is our own: market time, which differs from `E` only where the market runs faster.
        mark_said: Json = {"e": "markPriceUpdate", "E": wire_ms, "s": name, "p": mark, "mt": market.market_ms}
        self._say(f"{name}@markPrice", mark_said)
        if self._hub.heard(f"{name}@ticker"):
            self._say(f"{name}@ticker", _ticker(market, wire_ms=wire_ms))

    def _klines(self, market: Market, *, end_ms: int | None) -> None:
        """The last bar of every interval that is heard; with `end_ms` of those alone that end there."""
        name = spelled(market.symbol.name)
        for interval, interval_ms in market_payloads.INTERVALS.items():
            stream = f"{name}@kline_{interval}"
            whole = interval_ms % market.interval_ms == 0 and (end_ms is None or end_ms % interval_ms == 0)
            if whole and self._hub.heard(stream):
                bars: Json = [_kline(market.bars(interval_ms, 1)[-1])]
                self._hub.publish(stream, {"code": 0, "dataType": stream, "s": name, "data": bars})

    def _say(self, stream: str, data: Json) -> None:
        if self._hub.heard(stream):
            self._hub.publish(stream, {"code": 0, "dataType": stream, "data": data})


def _kline(bar: Candle) -> Json:
    """`T` is the open, on this wire."""
    return {
        "c": text(bar.close),
        "o": text(bar.open),
        "h": text(bar.high),
        "l": text(bar.low),
        "v": text(bar.volume),
        "T": bar.open_ms,
    }


def _ticker(market: Market, *, wire_ms: int) -> Json:
    span = market_payloads.day(market)
    bid, ask = market_payloads.quotes(market)
    change = span.close - span.open
    return {
        "e": "24hTicker",
        "E": wire_ms,
        "s": spelled(market.symbol.name),
        "p": text(change),
        "P": f"{change / span.open * 100:.2f}",
        "c": text(span.close),
        "L": text(market.symbol.step),
        "h": text(span.high),
        "l": text(span.low),
        "v": text(span.volume),
        "q": text(market_payloads.turnover(span)),
        "o": text(span.open),
        "O": span.open_ms,
        "C": wire_ms,
        "A": ask,
        "a": "100",
        "B": bid,
        "b": "100",
    }
