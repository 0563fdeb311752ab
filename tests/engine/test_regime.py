"""The regime service: the same candles, warm-up counted, a gap that fails closed, and a reference that is only read."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from jackline.cli.config import load_config
from jackline.core.events import AverageMoved, BarClosed, Event, MarkMoved
from jackline.core.gate_settings import RegimeSettings, Rule
from jackline.core.orders import Bar, PositionMode
from jackline.core.settings import RiskSettings
from jackline.core.values import MarketMs, Price, Quantity, Quote, Symbol, WireMs
from jackline.engine.options import StartRefused
from jackline.engine.regime import RegimeBook, memory_bars
from jackline.engine.startup import FirstLook, VenueFacts, check_fit
from jackline.venue.port import AccountFacts
from tests.core.making import instrument
from tests.processes import write_config

BTC, ETH = Symbol("BTCUSDT"), Symbol("ETHUSDT")
BAR_MS = 300_000
ON = RiskSettings(regime=RegimeSettings(gate=Rule.ON, ema_period_bars=5))


def bar(number: int, close: str = "100", symbol: Symbol = BTC) -> Bar:
    price = Price(Decimal(close))
    return Bar(
        symbol=symbol,
        open_ms=MarketMs(number * BAR_MS),
        interval_ms=BAR_MS,
        open=price,
        high=price,
        low=price,
        close=price,
        volume=Quantity(Decimal(1)),
    )


def value(moved: AverageMoved | None) -> Decimal | None:
    assert moved is not None
    return moved.average.value


def test_it_warms_up_over_twice_its_period_and_counts() -> None:
    book = RegimeBook(ON, {BTC}.__contains__)
    moved = [book.add(bar(number)) for number in range(10)]
    assert [value(one) for one in moved] == [None] * 9 + [Decimal(100)]
    assert [one.average.bars for one in moved if one is not None] == list(range(1, 11))
    last = moved[-1]
    assert last is not None
    assert (last.average.bars_needed, last.average.close_ms) == (10, 10 * BAR_MS)


def test_history_and_stream_give_the_same_average_whenever_the_engine_started() -> None:
    closes = [str(100 + number % 7) for number in range(40)]
    bars = [bar(number, close) for number, close in enumerate(closes)]
    whole, late = RegimeBook(ON, {BTC}.__contains__), RegimeBook(ON, {BTC}.__contains__)
    whole.load(BTC, bars[:39])
    late.load(BTC, bars[20:30])
    for one in bars[30:39]:
        late.add(one)
    assert whole.add(bars[39]) == late.add(bars[39]), f"both are made of {memory_bars(ON)} bars and no other"


def test_a_gap_begins_anew_and_a_bar_that_is_known_says_nothing() -> None:
    book = RegimeBook(ON, {BTC}.__contains__)
    assert value(book.load(BTC, [bar(number) for number in range(10)])) == 100
    assert book.add(bar(9)) is None
    assert value(book.add(bar(11))) is None


def test_while_nothing_asks_for_it_it_costs_nothing() -> None:
    off = RiskSettings(regime=RegimeSettings(gate=Rule.OFF))
    book = RegimeBook(off, {ETH}.__contains__)
    assert book.only_read == ()
    assert book.load(BTC, [bar(1)]) is None
    assert book.add(bar(2)) is None
    assert memory_bars(off) == 0
    assert memory_bars(replace(off, size_weights=Rule.ON)) == memory_bars(RiskSettings()) == 600


def test_a_reference_that_nobody_trades_goes_no_further_than_its_average() -> None:
    book = RegimeBook(ON, {ETH}.__contains__)
    assert book.only_read == (BTC,)
    seen: list[Event] = []
    sink = book.between(seen.append)
    mark = Price(Decimal(100))
    sink(BarClosed(bar=bar(1)))
    sink(MarkMoved(symbol=BTC, mark=mark, market_ms=MarketMs(1)))
    sink(BarClosed(bar=bar(1, symbol=ETH)))
    sink(MarkMoved(symbol=ETH, mark=mark, market_ms=MarketMs(1)))
    assert [type(event) for event in seen] == [AverageMoved, BarClosed, MarkMoved]
    assert isinstance(seen[0], AverageMoved)
    assert seen[0].average.symbol == BTC


def test_a_reference_that_the_venue_does_not_have_stops_the_start_only_where_it_is_asked(
    tmp_path: Path,
) -> None:
    """It would never warm up, and deny for ever."""
    path = write_config(tmp_path, "http://127.0.0.1:1", venue__symbols='["BTCUSDT"]')
    options = load_config(path, environment={}).engine_options()
    wallet = Quote(Decimal(10_000))
    account = AccountFacts(
        mode=PositionMode.NETTING,
        asked_ms=WireMs(1),
        equity_quote=wallet,
        wallet_quote=wallet,
        available_quote=wallet,
    )
    facts = VenueFacts(account=account, instruments={BTC: instrument()})
    first = FirstLook(holds_nothing=True, actions=())
    elsewhere = RegimeSettings(gate=Rule.ON, reference_symbol=ETH)
    check_fit(options, facts, first)
    off = replace(options, risk=replace(options.risk, regime=replace(elsewhere, gate=Rule.OFF)))
    check_fit(off, facts, first)
    with pytest.raises(StartRefused, match=r"regime\.reference_symbol: ETHUSDT is not traded"):
        check_fit(replace(options, risk=replace(options.risk, regime=elsewhere)), facts, first)
