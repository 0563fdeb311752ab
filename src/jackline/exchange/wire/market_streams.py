"""Public streams: prices and candles, thinned so that a fast market cannot drown its listeners."""

from typing import Final

from jackline.exchange.market import Market
from jackline.exchange.ports import Candle, Tick
from jackline.exchange.values import money, text
from jackline.exchange.wire import market_payloads
from jackline.exchange.wire.json import Json
from jackline.exchange.wire.streams import Hub

PRICE_PERIOD_MS: Final = 20.0
"""At most one price message per symbol in this wire time; the latest wins. A stop engine reads 50 marks a
second of one symbol; of hundreds in a market that runs ahead it would read nothing else, so it can be turned."""

FORMING_PERIOD_MS: Final = 100.0
REPEAT_MS: Final = 1_000.0
"""An unchanged price is said again after this long, as the venue's 1 s stream does; silence means a dead
socket."""

DEPTH_TAILS: Final = tuple(
    f"{levels}{pace}" for levels in ("", "5", "10", "20") for pace in ("", "@100ms", "@500ms")
)
"""Streams of the book, which has one level here."""

_ALL_MARKS: Final = "!markPrice@arr"


class MarketStreams:
    """Publishes what ticks did. Closed candles go out at once and exactly once, everything else when
    `flush` is due."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.price_period_ms = PRICE_PERIOD_MS
        self._changed: set[str] = set()
        self._price_sent_ms: dict[str, float] = {}
        self._forming_sent_ms: dict[str, float] = {}
        self._trades = 0
        self._books: dict[str, tuple[int, tuple[str, str]]] = {}

    def on_tick(self, tick: Tick, market: Market, *, wire_ms: int) -> None:
        self._changed.add(tick.symbol)
        if tick.closes is None:
            return
        end_ms = tick.closes.open_ms + market.interval_ms
        for name, interval_ms in market_payloads.INTERVALS.items():
            if interval_ms % market.interval_ms == 0 and end_ms % interval_ms == 0:
                self._bar(market, name, interval_ms, closed=True, wire_ms=wire_ms)

    def flush(self, markets: list[Market], *, exact_ms: float, wire_ms: int, force: bool = False) -> None:
        """Sends what is due. `force` sends every change now: before the market stands still."""
        told: list[Market] = []
        for market in markets:
            if market.silent_since_ms is not None:
                continue  # an old price said again would look like a living market
            name = market.symbol.name
            age_ms = exact_ms - self._price_sent_ms.get(name, 0.0)
            changed = name in self._changed
            if (changed and (force or age_ms >= self.price_period_ms)) or age_ms >= REPEAT_MS:
                self._changed.discard(name)
                self._price_sent_ms[name] = exact_ms
                told.append(market)
                self._prices(market, wire_ms=wire_ms)
                if force or exact_ms - self._forming_sent_ms.get(name, 0.0) >= FORMING_PERIOD_MS:
                    self._forming_sent_ms[name] = exact_ms
                    self._forming(market, wire_ms=wire_ms)
        if told:
            for stream in (_ALL_MARKS, f"{_ALL_MARKS}@1s"):
                if self._hub.heard(stream):
                    self._hub.publish(stream, [_mark(market, wire_ms=wire_ms) for market in told])

    def _prices(self, market: Market, *, wire_ms: int) -> None:
        symbol = market.symbol.name.lower()
        self._trades += 1
        for name in ("markPrice", "markPrice@1s"):
            if self._hub.heard(f"{symbol}@{name}"):
                self._hub.publish(f"{symbol}@{name}", _mark(market, wire_ms=wire_ms))
        if self._hub.heard(f"{symbol}@bookTicker"):
            self._hub.publish(f"{symbol}@bookTicker", _book(market, update=self._trades, wire_ms=wire_ms))
        self._depth(market, wire_ms=wire_ms)
        if self._hub.heard(f"{symbol}@miniTicker"):
            self._hub.publish(f"{symbol}@miniTicker", _mini(market, wire_ms=wire_ms))
        for kind in ("trade", "aggTrade"):
            if self._hub.heard(f"{symbol}@{kind}"):
                self._hub.publish(
                    f"{symbol}@{kind}", _trade(market, kind, number=self._trades, wire_ms=wire_ms)
                )

    def _forming(self, market: Market, *, wire_ms: int) -> None:
        if market.forming is None:
            return
        for name, interval_ms in market_payloads.INTERVALS.items():
            if interval_ms % market.interval_ms == 0:
                self._bar(market, name, interval_ms, closed=False, wire_ms=wire_ms)

    def _bar(self, market: Market, name: str, interval_ms: int, *, closed: bool, wire_ms: int) -> None:
        """The latest bar, under both names that it has."""
        symbol = market.symbol.name.lower()
        plain, continuous = f"{symbol}@kline_{name}", f"{symbol}_perpetual@continuousKline_{name}"
        heard = [stream for stream in (plain, continuous) if self._hub.heard(stream)]
        if not heard:
            return
        told = _kline(market, market.bars(interval_ms, 1)[-1], name, closed=closed, wire_ms=wire_ms)
        for stream in heard:
            self._hub.publish(stream, told if stream == plain else _continuous(told))

    def _depth(self, market: Market, *, wire_ms: int) -> None:
        """The book of one level, as a whole and as a difference; both numbered by wire time, so that a snapshot over
        REST fits in."""
        symbol = market.symbol.name
        heard = [
            f"{symbol.lower()}@depth{tail}"
            for tail in DEPTH_TAILS
            if self._hub.heard(f"{symbol.lower()}@depth{tail}")
        ]
        if not heard:
            self._books.pop(symbol, None)
            return
        quotes = market_payloads.quotes(market)
        before_ms, gone = self._books.get(symbol, (wire_ms - 1, quotes))
        self._books[symbol] = (wire_ms, quotes)
        told = _depth(market, before_ms=before_ms, gone=gone, wire_ms=wire_ms)
        for stream in heard:
            self._hub.publish(stream, told)


def _mark(market: Market, *, wire_ms: int) -> Json:
    mark = text(money(market.mark))
    return {
        "e": "markPriceUpdate",
        "E": wire_ms,
        "s": market.symbol.name,
        "p": mark,
        "ap": mark,
        "P": mark,
        "i": mark,
        "r": text(market.funding_fraction),
        "T": market_payloads.next_funding_ms(market),
        "mt": market.market_ms,
    }


def _kline(market: Market, bar: Candle, name: str, *, closed: bool, wire_ms: int) -> dict[str, Json]:
    return {
        "e": "kline",
        "E": wire_ms,
        "s": market.symbol.name,
        "k": {
            "t": bar.open_ms,
            "T": bar.open_ms + market_payloads.INTERVALS[name] - 1,
            "s": market.symbol.name,
            "i": name,
            "f": 1,
            "L": 1,
            "o": text(bar.open),
            "c": text(bar.close),
            "h": text(bar.high),
            "l": text(bar.low),
            "v": text(bar.volume),
            "n": 1,
            "x": closed,
            "q": text(market_payloads.turnover(bar)),
            "V": text(bar.volume / 2),
            "Q": text(market_payloads.turnover(bar) / 2),
            "B": "0",
        },
    }


def _continuous(told: dict[str, Json]) -> Json:
    """The same bar of the perpetual among a pair's contracts."""
    return {
        "e": "continuous_kline",
        "E": told["E"],
        "ps": told["s"],
        "ct": "PERPETUAL",
        "k": told["k"],
    }


def _depth(market: Market, *, before_ms: int, gone: tuple[str, str], wire_ms: int) -> Json:
    """What changed in the book since `before_ms`: levels that are gone have no quantity."""
    bid, ask = market_payloads.quotes(market)
    bids = [[bid, "100.000"], *([] if gone[0] == bid else [[gone[0], "0.000"]])]
    asks = [[ask, "100.000"], *([] if gone[1] == ask else [[gone[1], "0.000"]])]
    return {
        "e": "depthUpdate",
        "E": wire_ms,
        "T": wire_ms,
        "s": market.symbol.name,
        "U": before_ms + 1,
        "u": wire_ms,
        "pu": before_ms,
        "b": bids,
        "a": asks,
    }


def _book(market: Market, *, update: int, wire_ms: int) -> Json:
    bid, ask = market_payloads.quotes(market)
    return {
        "e": "bookTicker",
        "u": update,
        "E": wire_ms,
        "T": wire_ms,
        "s": market.symbol.name,
        "b": bid,
        "B": "100.000",
        "a": ask,
        "A": "100.000",
    }


def _mini(market: Market, *, wire_ms: int) -> Json:
    span = market_payloads.day(market)
    return {
        "e": "24hrMiniTicker",
        "E": wire_ms,
        "s": market.symbol.name,
        "c": text(market.last),
        "o": text(span.open),
        "h": text(span.high),
        "l": text(span.low),
        "v": text(span.volume),
        "q": text(market_payloads.turnover(span)),
    }


def _trade(market: Market, kind: str, *, number: int, wire_ms: int) -> Json:
    return {
        "e": kind,
        "E": wire_ms,
        "T": wire_ms,
        "s": market.symbol.name,
        "t" if kind == "trade" else "a": number,
        "f": number,
        "l": number,
        "p": text(market.last),
        "q": text(market.symbol.step),
        "X": "MARKET",
        "m": False,
    }
