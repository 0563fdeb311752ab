"""The bar book of several bots: each is asked about its own symbols, and what one breaks is its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from jackline.core.bots import Bot
from jackline.core.effects import NoteDenied
from jackline.core.events import Signalled
from jackline.core.orders import Bar
from jackline.core.outcomes import Reason
from jackline.core.ports import Signal, Strategy
from jackline.core.settings import RiskSettings
from jackline.core.values import MarketMs, Price, Quantity, Side, Symbol
from jackline.engine.bars import BarBook
from jackline.engine.options import BotOptions
from jackline.strategies.outside import Manual

INTERVAL_MS = 60_000
BTC, ETH = Symbol("BTCUSDT"), Symbol("ETHUSDT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanting:
    """Wants one side at every bar."""

    side: Side
    name: str = "wanting"
    warmup_bars: int = 1

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        return Signal(side=self.side, reason=f"{len(bars)} bars")


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    name: str = "broken"
    warmup_bars: int = 1

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        raise SystemExit("no")


def bot(name: str, strategy: Strategy, *symbols: Symbol) -> BotOptions:
    return BotOptions(bot=Bot(name=name, symbols=symbols or None, risk=RiskSettings()), strategy=strategy)


def book(*bots: BotOptions) -> BarBook:
    made = BarBook(bots[0].strategy, INTERVAL_MS, bots)
    price = Price(Decimal(100))
    bar = Bar(
        symbol=BTC,
        open_ms=MarketMs(0),
        interval_ms=INTERVAL_MS,
        open=price,
        high=price,
        low=price,
        close=Price(Decimal("100.5")),
        volume=Quantity(Decimal(1)),
    )
    made.load(BTC, [bar])
    made.load(ETH, [replace(bar, symbol=ETH)])
    return made


LONG = bot("trend", Wanting(side=Side.LONG), BTC)
SHORT = bot("fade", Wanting(side=Side.SHORT), ETH)


def test_each_is_asked_about_its_own_symbols_and_signs_with_its_name() -> None:
    made = book(LONG, SHORT, bot("hand", Manual()))
    (wish,) = made.wishes(BTC, frozenset())
    assert isinstance(wish, Signalled)
    assert (wish.bot, wish.side, wish.market_ms, wish.price) == ("trend", Side.LONG, 60_000, Decimal("100.5"))
    (other,) = made.wishes(ETH, frozenset())
    assert (other.bot, other.side) == ("fade", Side.SHORT)
    assert made.newest(BTC) == (60_000, Decimal("100.5"))
    assert made.newest(Symbol("SOLUSDT")) is None


def test_one_that_is_stopped_is_not_asked() -> None:
    made = book(LONG, SHORT)
    assert made.wishes(BTC, frozenset({"trend"})) == ()
    assert len(made.wishes(ETH, frozenset({"trend"}))) == 1


def test_P1_one_that_raises_is_denied_by_its_name_and_the_others_of_the_symbol_go_on() -> None:
    broken, wish = book(bot("bad", Broken()), LONG).wishes(BTC, frozenset())
    assert isinstance(broken, NoteDenied)
    assert (broken.bot, broken.denied.reason) == ("bad", Reason.STRATEGY)
    assert isinstance(wish, Signalled)
    assert wish.bot == "trend"
