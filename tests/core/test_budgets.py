"""Several bots on one account: whose a symbol is, what a budget allows, and what stopping one does not touch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from jackline.core.bots import Bot
from jackline.core.budgets import bot_denial, bound_quote
from jackline.core.effects import NoteDenied, SaveBots
from jackline.core.events import BotAsked, Receipt, Signalled
from jackline.core.machine import BEFORE_ANSWER, Phase
from jackline.core.orders import PositionMode
from jackline.core.outcomes import Reason
from jackline.core.requests import SendEntry
from jackline.core.settings import RiskSettings, StopSettings
from jackline.core.state import State
from jackline.core.step import step
from jackline.core.turn import Turn
from jackline.core.values import MarketMs, Side, Symbol, fraction
from tests.core.driver import Driver
from tests.core.making import RISK, START_MS, at
from tests.core.small_venue import BTC

ETH = Symbol("ETHUSDT")
RECEIPT = Receipt(command_id="c1", position=1)
TREND = Bot(name="trend", symbols=(BTC,), risk=RISK)
OTHER = Bot(name="other", symbols=(ETH,), risk=RISK)


def started(*bots: Bot) -> Driver:
    driver = Driver().start()
    driver.state = replace(driver.state, bots={bot.name: bot for bot in bots})
    return driver


def wish(bot: str, side: Side = Side.LONG, symbol: Symbol = BTC) -> Signalled:
    return Signalled(symbol=symbol, side=side, reason="test", market_ms=MarketMs(START_MS), bot=bot)


def asked(bot: str, *, runs: bool) -> BotAsked:
    return BotAsked(bot=bot, runs=runs, actor="test", reason="drill", receipt=RECEIPT)


def denials(driver: Driver) -> list[tuple[Reason, str]]:
    return [(one.denied.reason, one.bot) for one in driver.effects if isinstance(one, NoteDenied)]


def entries(driver: Driver) -> list[SendEntry]:
    return [request for _, request in driver.sent if isinstance(request, SendEntry)]


def opened(driver: Driver, bot: str = "trend") -> Driver:
    driver.feed(wish(bot))
    assert driver.run(
        5_000, until=lambda: any(t.phase is Phase.PROTECTED for t in driver.state.trades.values())
    )
    return driver


def test_a_trade_is_of_the_bot_that_asked_for_it_and_planned_with_what_that_bot_sets() -> None:
    wide = replace(RISK, stop=StopSettings(value_fraction=fraction("0.03")))
    driver = opened(started(replace(TREND, risk=wide), OTHER))
    assert driver.trade.bot == "trend"
    assert driver.trade.stop.distance_fraction == Decimal("0.03")
    assert driver.state.risk.stop.value_fraction == Decimal("0.01"), "the account's is its own"


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (wish("nobody"), Reason.BOT),
        (wish(""), Reason.BOT),
        (wish("other"), Reason.BOT),
        (wish("shorts"), Reason.BOT),
    ],
    ids=["not-configured", "nameless", "not-its-symbol", "not-its-side"],
)
def test_nobody_opens_what_is_not_its_own(event: Signalled, reason: Reason) -> None:
    driver = started(TREND, OTHER, replace(TREND, name="shorts", sides=(Side.SHORT,)))
    driver.feed(event)
    driver.run(2_000)
    assert denials(driver) == [(reason, event.bot)]
    assert driver.sent == []


def test_a_core_that_knows_no_bots_asks_no_such_question() -> None:
    driver = started()
    driver.feed(wish("anybody"))
    driver.run(2_000)
    assert denials(driver) == []
    assert len(entries(driver)) == 1


@pytest.mark.parametrize("share", ["0.005", "0.0001"])
def test_an_entry_beyond_the_budget_is_denied_with_the_figures_and_not_made_smaller(share: str) -> None:
    driver = started(replace(TREND, budget_fraction=fraction(share)))
    driver.feed(wish("trend"))
    driver.run(2_000)
    (denied,) = [one.denied for one in driver.effects if isinstance(one, NoteDenied)]
    assert denied.reason is Reason.BUDGET
    assert "binds 0.00 quote" in denied.detail
    assert driver.sent == []


def test_a_budget_counts_what_is_open_by_the_margin_that_it_binds() -> None:
    driver = opened(started(TREND))
    plan = driver.trade.entry
    assert plan is not None
    bound = bound_quote(Turn(driver.state, at()), "trend")
    assert bound == plan.quantity * plan.collar_price / plan.leverage
    assert bound_quote(Turn(driver.state, at()), "other") == 0
    equity = driver.state.equity_quote
    assert equity is not None
    tight = replace(TREND, symbols=None, budget_fraction=fraction(str(bound / equity)))
    eth = replace(driver.state.instruments[BTC], symbol=ETH)
    state = replace(
        driver.state,
        bots={"trend": tight},
        instruments={BTC: driver.state.instruments[BTC], ETH: eth},
        markets={**driver.state.markets, ETH: replace(driver.state.markets[BTC], symbol=ETH)},
    )
    _, effects = step(state, wish("trend", symbol=ETH), driver._now())
    assert [one.denied.reason for one in effects if isinstance(one, NoteDenied)] == [Reason.BUDGET]


def test_the_number_of_open_trades_is_bounded_over_all_symbols() -> None:
    driver = opened(started(replace(TREND, symbols=None, trades_max=1)))
    denied = bot_denial(Turn(driver.state, at()), wish("trend", symbol=ETH))
    assert denied is not None
    assert (denied.reason, denied.detail) == (
        Reason.BUDGET,
        "bot trend has 1 open trades, and may have 1",
    )
    more = replace(driver.state, bots={"trend": replace(TREND, symbols=None, trades_max=2)})
    assert bot_denial(Turn(more, at()), wish("trend", symbol=ETH)) is None


@pytest.mark.parametrize(
    ("change", "side", "reason"),
    [
        (lambda state: state, Side.SHORT, Reason.SYMBOL_OWNED),
        (lambda state: replace(state, mode=PositionMode.HEDGE), Side.LONG, Reason.SYMBOL_OWNED),
        (lambda state: replace(state, mode=PositionMode.HEDGE), Side.SHORT, None),
    ],
    ids=["netting", "hedge-same-side", "hedge-other-side"],
)
def test_a_position_has_one_owner(
    change: Callable[[State], State], side: Side, reason: Reason | None
) -> None:
    driver = opened(started(TREND))
    state = change(replace(driver.state, bots={"new": replace(TREND, name="new")}))
    denied = bot_denial(Turn(state, at()), wish("new", side))
    assert (None if denied is None else denied.reason) is reason


@pytest.mark.owns("K2")
def test_K2_stopping_a_bot_denies_its_entries_and_touches_nothing_that_it_has_open() -> None:
    driver = opened(started(TREND, OTHER))
    before = [trade.disaster for trade in driver.state.trades.values()]
    sent = len(driver.sent)
    driver.feed(asked("trend", runs=False))
    driver.run(10_000)
    assert [trade.disaster for trade in driver.state.trades.values()] == before
    assert len(driver.sent) == sent, "nothing was cancelled, nothing closed"
    driver.move("49400")  # beyond the stop of one per cent
    assert driver.run(30_000, until=lambda: not driver.state.trades), "its stop goes on"
    driver.feed(wish("trend"))
    assert denials(driver)[-1] == (Reason.BOT_STOPPED, "trend")


def test_a_bot_that_is_stopped_while_its_entry_is_on_its_way_does_not_enter() -> None:
    driver = started(TREND, OTHER)
    driver.feed(wish("trend"))
    assert driver.trade.phase in BEFORE_ANSWER
    driver.feed(asked("trend", runs=False))
    driver.run(20_000)
    assert entries(driver) == []
    assert not driver.state.trades, "what rested before the entry is swept"


def test_a_bot_that_is_started_again_opens_again_and_each_order_is_answered_once() -> None:
    driver = started(TREND)
    driver.feed(asked("trend", runs=False))
    driver.feed(asked("trend", runs=False))
    driver.feed(asked("trend", runs=True))
    driver.feed(asked("nobody", runs=False))
    saved = [
        (one.result.partition(":")[0], one.stopped) for one in driver.effects if isinstance(one, SaveBots)
    ]
    assert saved == [
        ("stopped", ("trend",)),
        ("stopped already", ("trend",)),
        ("running", ()),
        ("refused", ()),
    ]
    opened(driver)


@pytest.mark.owns("P1")
def test_P1_a_trade_of_a_bot_that_is_no_longer_configured_is_protected_and_ends_by_its_own_plan() -> None:
    held = replace(TREND, risk=replace(RISK, hold_max_ms=60_000))
    driver = opened(started(held))
    driver.crash()
    driver.recover()
    driver.state = replace(driver.state, bots={"other": OTHER}, risk=RiskSettings())
    assert driver.run(5_000, until=lambda: driver.trade.phase is Phase.PROTECTED)
    assert driver.trade.bot == "trend"
    assert driver.run(120_000, until=lambda: not driver.state.trades), "its own max hold, not the account's"
