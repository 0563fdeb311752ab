"""Prices, money and durations as people read them."""

from decimal import Decimal

import pytest

from jackline.cli.demo.words import Tone, exit_words, moment, money, price, span, trade_event
from jackline.core.machine import Phase
from jackline.core.trade import ExitReason
from tests.demo.making import MARKET_MS, trade


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("112123.4", "112,123.4"),
        ("64611.10", "64,611.1"),
        ("50000", "50,000"),
        ("49000.33333333", "49,000.33"),
        ("133.640", "133.64"),
        ("0.61235", "0.61235"),
    ],
)
def test_a_price_shows_the_digits_that_matter(value: str, shown: str) -> None:
    assert price(Decimal(value)) == shown


def test_what_is_not_known_is_a_dash() -> None:
    assert (price(None), span(None)) == ("–", "–")


@pytest.mark.parametrize(
    ("ms", "shown"), [(0, "0 ms"), (0.34, "0.3 ms"), (4, "4 ms"), (812.4, "812 ms"), (2_400, "2.4 s")]
)
def test_durations(ms: float, shown: str) -> None:
    assert span(ms) == shown


def test_money_has_a_sign_unless_it_is_nothing() -> None:
    assert [money(Decimal(text)) for text in ("1234.567", "-0.001", "0", "-3.2")] == [
        "+1,234.57",
        "0.00",
        "0.00",
        "-3.20",
    ]


def test_moments_are_utc() -> None:
    assert moment(MARKET_MS) == "10 Oct 21:15"


def test_every_reason_has_words() -> None:
    assert all(exit_words(reason) for reason in ExitReason)
    assert exit_words("something new") == "something new"


def test_only_news_is_told() -> None:
    done = trade()
    assert trade_event(done, done, market_ms=MARKET_MS) is None
    event = trade_event(None, done, market_ms=MARKET_MS)
    assert event is not None
    assert event.text == "BTCUSDT long: flat and swept (stop)"
    assert event.tone is Tone.CALM
    assert done.phase is Phase.DONE
