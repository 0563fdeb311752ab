"""Looks at another market become ticks: nothing it reached is left out, nothing goes backwards, bars are its own."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.exchange.feeds.errors import FeedError
from jackline.exchange.feeds.mirror import BAR_MS, Mirror
from jackline.exchange.market import Market
from jackline.exchange.ports import Candle, Seen, Tick
from jackline.exchange.symbols import symbol_named

START_MS = 1_700_006_400_000
NAME = "BTCUSDT"


def bar(number: int, opened: int, high: int, low: int, close: int, volume: int = 1) -> Candle:
    return Candle(
        open_ms=START_MS + number * BAR_MS,
        open=Decimal(opened),
        high=Decimal(high),
        low=Decimal(low),
        close=Decimal(close),
        volume=Decimal(volume),
    )


def mirror(*bars: Candle) -> Mirror:
    return Mirror({NAME: bars or (bar(-1, 100, 100, 100, 100), bar(0, 100, 102, 99, 101))})


def look(*bars: Candle, mark: int | None = None, stamp_ms: int | None = None) -> Seen:
    return Seen(symbol=NAME, bars=bars, mark=None if mark is None else Decimal(mark), stamp_ms=stamp_ms)


def prices(ticks: list[Tick]) -> list[int]:
    return [int(tick.last) for tick in ticks]


def flat(_: str) -> int:
    return 0


@pytest.mark.parametrize(("side", "path"), [(1, [95, 108, 103]), (0, [95, 108, 103]), (-1, [108, 95, 103])])
def test_a_spike_between_two_looks_is_lived_through_against_the_position_first(
    side: int, path: list[int]
) -> None:
    seen = look(bar(0, 100, 108, 95, 103), mark=104)
    ticks = mirror().ticks(seen, now_ms=START_MS + 9_000, net_side=lambda _: side)
    assert prices(ticks) == path
    assert [int(tick.mark) for tick in ticks] == [101, 101, 104]  # a mark does not follow a spike
    assert ticks[-1].market_ms == START_MS + 9_000


def test_what_was_lived_through_once_is_not_again() -> None:
    one = mirror()
    assert prices(one.ticks(look(bar(0, 100, 108, 95, 103)), now_ms=START_MS, net_side=flat)) == [
        95,
        108,
        103,
    ]
    assert prices(one.ticks(look(bar(0, 100, 108, 95, 104)), now_ms=START_MS, net_side=flat)) == [104]


def test_a_complete_bar_is_closed_as_the_source_says_and_the_next_one_opens_where_it_opened() -> None:
    one = mirror()
    ticks = one.ticks(
        look(bar(0, 100, 102, 98, 99, volume=7), bar(1, 90, 91, 90, 91)),
        now_ms=START_MS + BAR_MS,
        net_side=flat,
    )
    closing = [tick for tick in ticks if tick.closes is not None]
    assert [tick.closes for tick in closing] == [bar(0, 100, 102, 98, 99, volume=7)]
    assert closing[0].market_ms == START_MS + BAR_MS - 1
    assert prices(ticks) == [98, 99, 99, 90, 90, 91, 91]
    assert sum(tick.volume for tick in ticks) == 6 + 1  # one was there at the start


def test_a_look_that_begins_too_late_is_known_as_such() -> None:
    one = mirror()
    assert one.misses(look(bar(1, 1, 1, 1, 1)))
    assert not one.misses(look(bar(0, 1, 1, 1, 1), bar(1, 1, 1, 1, 1)))


def test_news_is_another_stamp_or_without_stamps_another_price() -> None:
    one = mirror()
    same = bar(0, 100, 102, 99, 101)
    assert one.is_news(look(same, stamp_ms=5))
    one.ticks(look(same, mark=101, stamp_ms=5), now_ms=START_MS, net_side=flat)
    assert not one.is_news(look(bar(0, 100, 200, 99, 150), stamp_ms=5))
    assert one.is_news(look(same, mark=101, stamp_ms=6))
    assert not one.is_news(look(same, mark=101))
    assert one.is_news(look(same, mark=102))
    assert one.is_news(look(bar(0, 100, 102, 99, 100), mark=101))


def test_a_symbol_without_bars_is_refused() -> None:
    with pytest.raises(FeedError, match=r"no bars: BTCUSDT .*Fix: "):
        Mirror({NAME: ()})


@given(
    closes=st.lists(st.lists(st.integers(50, 150), min_size=1, max_size=6), min_size=2, max_size=5),
    looked=st.lists(st.booleans(), min_size=30, max_size=30),
)
def test_however_it_is_looked_at_the_bars_become_the_sources_and_time_never_runs_back(
    closes: list[list[int]], looked: list[bool]
) -> None:
    """Some looks at a market of a few bars are left out; the last one is not."""
    one = mirror(bar(-1, 100, 100, 100, 100), bar(0, 100, 100, 100, 100, volume=0))
    market = Market(symbol=symbol_named(NAME), interval_ms=BAR_MS)
    market.seed((bar(-1, 100, 100, 100, 100),))
    asked = iter(looked)
    times: list[int] = []
    done: list[Candle] = []
    for number, path in enumerate(closes):
        forming: list[int] = []
        now = done[-1] if done else bar(0, 100, 100, 100, 100)
        for step, price in enumerate(path):
            forming.append(price)
            now = bar(number, forming[0], max(forming), min(forming), price, volume=len(forming))
            last = number == len(closes) - 1 and step == len(path) - 1
            if not (last or next(asked)):
                continue
            ticks = one.ticks(look(*done, now), now_ms=START_MS + number * BAR_MS + step, net_side=flat)
            for tick in ticks:
                times.append(tick.market_ms)
                market.move(tick)
        done.append(now)
    assert times == sorted(times)
    assert list(market.candles)[1:] == done[:-1]
    assert market.forming is not None
    assert (market.forming.high, market.forming.low) == (done[-1].high, done[-1].low)
    assert (market.forming.close, market.forming.volume) == (done[-1].close, done[-1].volume)
