"""Who is asked for an opinion on an open trade, what one is, and what a user's code cannot do by failing (M2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from jackline.core.bots import Bot
from jackline.core.effects import NoteDenied
from jackline.core.events import ExitSignalled
from jackline.core.machine import Phase
from jackline.core.orders import Bar
from jackline.core.outcomes import Reason
from jackline.core.plan import Rung
from jackline.core.ports import ExitStrategy, Signal, Strategy
from jackline.core.settings import RiskSettings
from jackline.core.state import State
from jackline.core.values import Fraction, MarketMs, Price, Quantity, Side
from jackline.engine.exit_wishes import exit_wishes
from jackline.engine.options import BotOptions
from jackline.strategies.registry import STRATEGIES, build_strategy
from tests.core.driver import Driver
from tests.core.small_venue import BTC

INTERVAL_MS = 60_000
NO_CONFIDENCE = (0.9, 1, True, "0.9", *map(Decimal, ("1.1", "-0.1", "NaN", "sNaN")))


@dataclass(frozen=True)
class Sure:
    """Says what `says` gives."""

    says: Callable[[Sequence[Bar], Side], Any]
    name: str = "sure"
    warmup_bars: int = 2

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        return None

    def exit_confidence(self, bars: Sequence[Bar], side: Side) -> Fraction | None:
        said: Fraction | None = self.says(bars, side)
        return said


def bars(count: int) -> list[Bar]:
    price = Price(Decimal(50_000))
    return [
        Bar(
            symbol=BTC,
            open_ms=MarketMs(index * INTERVAL_MS),
            interval_ms=INTERVAL_MS,
            open=price,
            high=price,
            low=price,
            close=price,
            volume=Quantity(Decimal(1)),
        )
        for index in range(count)
    ]


@pytest.fixture(scope="module")
def opened() -> State:
    driver = Driver().start(Rung.STOP_FIRST)
    driver.signal()
    return driver.reach(Phase.PROTECTED).state


def asked(
    strategy: Strategy, state: State, *, count: int = 3, bot: str = "trend"
) -> list[ExitSignalled | NoteDenied]:
    speaker = BotOptions(bot=Bot(name=bot, symbols=None, risk=RiskSettings()), strategy=strategy)
    return list(exit_wishes(speaker, bars(count), INTERVAL_MS, state))


def test_a_bot_is_asked_about_its_own_trades_alone(opened: State) -> None:
    owned = replace(opened, trades={key: replace(one, bot="trend") for key, one in opened.trades.items()})
    sure = Sure(lambda _bars, _side: Decimal("0.9"))
    assert len(asked(sure, owned)) == 1
    assert asked(sure, owned, bot="other") == []
    assert len(asked(sure, opened, bot="other")) == 1, "of before trades had owners"


def test_an_opinion_is_on_the_bar_that_closed_and_the_side_that_is_open(opened: State) -> None:
    seen: list[tuple[int, Side]] = []

    def says(shown: Sequence[Bar], side: Side) -> Decimal:
        seen.append((len(shown), side))
        return Decimal("0.731")

    (found,) = asked(Sure(says), opened)
    assert found == ExitSignalled(
        symbol=BTC,
        side=Side.LONG,
        confidence=Fraction(Decimal("0.731")),
        market_ms=MarketMs(3 * INTERVAL_MS),
        bar_ms=INTERVAL_MS,
    )
    assert seen == [(2, Side.LONG)], "the last `warmup_bars`, as for a signal"


@pytest.mark.owns("M2")
@pytest.mark.parametrize("said", NO_CONFIDENCE, ids=repr)
def test_M2_what_is_no_confidence_is_journalled_and_is_no_opinion(opened: State, said: object) -> None:
    (found,) = asked(Sure(lambda *_: said), opened)
    assert isinstance(found, NoteDenied)
    assert (found.side, found.denied.reason) == (Side.LONG, Reason.STRATEGY)
    assert "no opinion" in found.denied.detail
    assert "from 0 to 1" in found.denied.detail


@pytest.mark.owns("M2")
@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt, RecursionError])
def test_M2_what_is_raised_is_journalled_and_closes_nothing(
    opened: State, error: type[BaseException]
) -> None:
    def says(*_: object) -> Decimal:
        raise error("mine")

    (found,) = asked(Sure(says), opened)
    assert isinstance(found, NoteDenied)
    assert f"no opinion: {error.__name__}" in found.denied.detail


def test_nobody_is_asked_without_an_open_trade_of_ours_or_enough_bars(opened: State) -> None:
    def says(*_: object) -> Decimal:
        raise AssertionError("asked")

    strategy = Sure(says)
    (key, trade), *_ = opened.trades.items()
    adopted = replace(opened, trades={key: replace(trade, entry=None)})
    closing = replace(opened, trades={key: replace(trade, phase=Phase.CLOSING)})
    assert asked(strategy, replace(opened, trades={})) == []
    assert asked(strategy, adopted) == []
    assert asked(strategy, closing) == []
    assert asked(strategy, opened, count=1) == []
    assert asked(Sure(lambda *_: None), opened) == []


@pytest.mark.parametrize("name", sorted(STRATEGIES))
def test_the_built_in_strategies_have_no_exit_and_need_none(opened: State, name: str) -> None:
    strategy = build_strategy(name, {})
    assert not isinstance(strategy, ExitStrategy)
    assert asked(strategy, opened, count=600) == []
