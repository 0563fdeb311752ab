"""Signals from outside: who may speak for a bot, how old a word may be, and what the gates answered."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from jackline.core.bots import Bot, SignalSource
from jackline.core.events import Signalled
from jackline.core.settings import RiskSettings
from jackline.core.values import Fraction, MarketMs, Price, Side, Symbol, WireMs
from jackline.engine.bars import REASON_CHARS_MAX
from jackline.engine.outside import heard
from jackline.store.alert_commands import AHEAD_MS_MAX
from jackline.store.commands import Command, CommandKind

NOW = WireMs(1_790_000_000_000)
AGE_MS_MAX = 60_000
BTC = Symbol("BTCUSDT")
NEWEST = (MarketMs(NOW - 7_000), Price(Decimal(50_000)))
BOTS = {
    name: Bot(name=name, symbols=(BTC,), risk=RiskSettings(), source=source)
    for name, source in (
        ("hand", SignalSource.MANUAL),
        ("alerts", SignalSource.WEBHOOK),
        ("trend", SignalSource.BARS),
    )
}
BY_HAND = Command(
    command_id="1",
    created_ms=WireMs(NOW - 10),
    actor="cli:test",
    kind=CommandKind.SIGNAL,
    symbol=BTC,
    side=Side.SHORT,
    reason="a hunch",
    bot="hand",
    confidence=Fraction(Decimal("0.6")),
)
ALERT = replace(BY_HAND, kind=CommandKind.ALERT, bot="alerts", told_ms=WireMs(NOW - 500))


def take(command: Command, newest: tuple[MarketMs, Price] | None = NEWEST) -> Signalled | str:
    return heard(command, bots=BOTS, newest=newest, now_ms=NOW, age_ms_max=AGE_MS_MAX)


def test_D1_it_is_taken_to_know_the_newest_complete_bar() -> None:
    assert take(BY_HAND) == Signalled(
        symbol=BTC,
        side=Side.SHORT,
        reason="manual: a hunch",
        market_ms=NEWEST[0],
        confidence=Fraction(Decimal("0.6")),
        price=NEWEST[1],
        bot="hand",
    )
    long = take(replace(ALERT, reason="x" * 1_000))
    assert isinstance(long, Signalled)
    assert len(long.reason) == REASON_CHARS_MAX
    assert long.reason.startswith("webhook: x")


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (replace(BY_HAND, bot="nobody"), "no bot 'nobody' here"),
        (replace(BY_HAND, bot="trend"), "from bars, not from manual"),
        (replace(BY_HAND, bot="alerts"), "from webhook, not from manual"),
        (replace(ALERT, bot="hand"), "from manual, not from webhook"),
        (replace(BY_HAND, created_ms=WireMs(NOW - AGE_MS_MAX - 1)), "60001 ms old"),
        (replace(ALERT, told_ms=WireMs(NOW - AGE_MS_MAX - 1)), "60001 ms old"),
        (replace(ALERT, told_ms=WireMs(NOW + AHEAD_MS_MAX + 1)), "at most 60000"),
    ],
    ids=["nobody", "bars", "webhook-by-hand", "hand-by-webhook", "waited", "old", "of-the-future"],
)
def test_a_word_that_was_not_meant_now_is_refused(command: Command, says: str) -> None:
    answer = take(command)
    assert isinstance(answer, str)
    assert answer.startswith("refused: ")
    assert says in answer


def test_an_alert_counts_from_when_it_was_made_and_not_from_when_it_was_posted() -> None:
    assert isinstance(take(replace(ALERT, told_ms=WireMs(NOW - AGE_MS_MAX))), Signalled)
    assert isinstance(take(replace(ALERT, created_ms=NOW, told_ms=WireMs(NOW - AGE_MS_MAX - 1))), str)


def test_D1_without_a_complete_bar_nothing_is_taken() -> None:
    assert take(BY_HAND, None) == "refused: no complete bar of BTCUSDT is known yet"
