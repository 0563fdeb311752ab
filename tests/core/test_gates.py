"""The fourteen gates through `step`: every reason is reached, the first denial wins, and the journal names its gate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from jackline.core import deciding
from jackline.core.asked import Asked
from jackline.core.bots import Bot
from jackline.core.effects import NoteDenied
from jackline.core.events import Now, Signalled
from jackline.core.gate_settings import OpportunityForm, OpportunitySettings, RegimeSettings, Rule
from jackline.core.gates import EQUITY_AGE_MS_MAX, GATES, Gate
from jackline.core.heat import heat_loss, heat_notional
from jackline.core.machine import Phase
from jackline.core.money import NOTHING, Balance, Books, Day, Gap, Money
from jackline.core.opportunity import Probabilities
from jackline.core.outcomes import Denied, Reason
from jackline.core.plan import Rung
from jackline.core.settings import SizeMode
from jackline.core.state import KillLevel, MarketState, State
from jackline.core.step import step
from jackline.core.trade import Trade
from jackline.core.turn import Turn
from jackline.core.values import Fraction, MarketMs, Price, Quantity, Quote, Side, Symbol, WireMs, fraction
from tests.core.making import RISK, START_MS, TRADE, at, cold_state, instrument, planned
from tests.core.small_venue import ATTACHING_TRAITS, BTC, EQUITY

D = Decimal
ETH = Symbol("ETHUSDT")
BAR_MS = 300_000


def ready() -> State:
    """An account on which a signal passes every gate."""
    market = MarketState(
        symbol=BTC, mark=Price(D(50_000)), mark_wire_ms=WireMs(START_MS), rung=Rung.STOP_FIRST
    )
    return replace(cold_state(), stream_up=True, equity_quote=EQUITY, markets={BTC: market}, bar_ms=BAR_MS)


def signal(side: Side = Side.LONG, *, price: str | None = "50000", sure: str | None = None) -> Signalled:
    return Signalled(
        symbol=BTC,
        side=side,
        reason="test",
        market_ms=MarketMs(START_MS),
        price=None if price is None else Price(D(price)),
        confidence=None if sure is None else Fraction(D(sure)),
    )


def denied(state: State, event: Signalled, now: Now | None = None) -> Denied | None:
    """What `step` journals about the signal; None when it became a trade."""
    after, effects = step(state, event, now or at())
    notes = [effect.denied for effect in effects if isinstance(effect, NoteDenied)]
    assert len(notes) + len(after.trades) - len(state.trades) == 1, "denied or planned, and never both"
    return notes[0] if notes else None


def with_risk(**changes: object) -> State:
    return replace(ready(), risk=replace(RISK, **changes))  # type: ignore[arg-type]  # the table's own keys


def with_market(**changes: object) -> State:
    state = ready()
    market = replace(state.markets[BTC], **changes)  # type: ignore[arg-type]  # the table's own keys
    return replace(state, markets={BTC: market})


def trade(symbol: Symbol = BTC, *, quantity: str = "0.1", phase: Phase = Phase.PROTECTED) -> Trade:
    """A long that filled at 50,000 with its D at 49,622.5, one per cent under the collar."""
    plan = planned()
    turn = Turn(ready(), at())
    blank = deciding.blank_trade(
        turn, trade_id=TRADE, symbol=symbol, mode=plan.mode, stop=plan.stop, entry=plan, entry_slot=None
    )
    return replace(blank, phase=phase, quantity=Quantity(D(quantity)), entry_price=Price(D(50_000)))


def holding(one: Trade) -> State:
    return replace(ready(), trades={one.trade_id: one})


def with_bots(*trades: Trade) -> State:
    """One bot, `trend`, that may bind a thousandth of the equity."""
    trend = Bot(name="trend", symbols=None, risk=RISK, budget_fraction=fraction("0.001"))
    return replace(ready(), bots={trend.name: trend}, trades={one.trade_id: one for one in trades})


OF_TREND = replace(signal(), bot="trend")


def losing(*, day: Day, equity: str = "10000", **changes: object) -> State:
    """An account that was read with this equity on such a day."""
    balance = Balance(
        wallet_quote=Quote(D(equity)),
        equity_quote=Quote(D(equity)),
        asked_ms=WireMs(START_MS),
        legs=(),
        gap_quote=NOTHING,
    )
    state = with_risk(**changes)
    return replace(state, money=Money(balance=balance, day=day), equity_quote=Quote(D(equity)))


TODAY = Day(number=START_MS // 86_400_000, equity_quote=Quote(D(10_000)), capital_quote=NOTHING)


def old_balance() -> State:
    state = losing(day=TODAY)
    balance = state.money.balance
    assert balance is not None
    old = replace(balance, asked_ms=WireMs(START_MS - EQUITY_AGE_MS_MAX - 1))
    return replace(state, money=replace(state.money, balance=old))


def unexplained() -> State:
    books = Books(
        explained_quote=EQUITY,
        income_from_ms=WireMs(0),
        income_known={},
        income_due_ms=WireMs(START_MS * 2),
        gap=Gap(amount_quote=Quote(D(5)), since_ms=WireMs(START_MS)),
    )
    return replace(ready(), money=Money(books=books))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A state and a signal, and the words that deny it."""

    reason: Reason
    gate: str
    state: Callable[[], State]
    event: Signalled = signal()
    figure: str = ""


REGIME_ON = RegimeSettings(gate=Rule.ON)
BOTH = Probabilities(long=fraction("0.5"), short=fraction("0.3"))

CASES = (
    Case(
        reason=Reason.BAD_INPUT,
        gate="input",
        state=ready,
        event=replace(signal(), symbol=ETH),
        figure="ETHUSDT",
    ),
    Case(reason=Reason.BAD_INPUT, gate="input", state=ready, event=signal(sure="1.01"), figure="1.01"),
    Case(reason=Reason.BAD_INPUT, gate="input", state=ready, event=signal(price="NaN"), figure="NaN"),
    Case(reason=Reason.BAD_INPUT, gate="input", state=ready, event=signal(price="0"), figure="above 0"),
    Case(
        reason=Reason.KILL_LEVEL,
        gate="account",
        state=lambda: replace(ready(), kill_level=KillLevel.NO_NEW_RISK),
        figure="no_new_risk",
    ),
    Case(
        reason=Reason.FROZEN,
        gate="account",
        state=lambda: replace(ready(), frozen=frozenset({"why"})),
        figure="why",
    ),
    Case(reason=Reason.EQUITY_UNEXPLAINED, gate="account", state=unexplained, figure="+5"),
    Case(reason=Reason.JOURNAL, gate="account", state=lambda: replace(ready(), journal_ok=False)),
    Case(
        reason=Reason.ORDERS_SCARCE,
        gate="account",
        state=lambda: replace(holding(trade(ETH, phase=Phase.CLOSING)), traits=ATTACHING_TRAITS),
        figure="closing",
    ),
    Case(reason=Reason.BOT, gate="account", state=with_bots, figure="no bot of this account"),
    Case(
        reason=Reason.BOT_STOPPED,
        gate="account",
        state=lambda: replace(with_bots(), bots_stopped=frozenset({"trend"})),
        event=OF_TREND,
        figure="trend is stopped",
    ),
    Case(
        reason=Reason.SYMBOL_OWNED,
        gate="account",
        state=lambda: with_bots(replace(trade(), bot="other")),
        event=OF_TREND,
        figure="bot other",
    ),
    Case(reason=Reason.BLIND, gate="account", state=lambda: replace(ready(), stream_up=False)),
    Case(reason=Reason.BLIND, gate="account", state=old_balance, figure="10001"),
    Case(reason=Reason.COLD, gate="account", state=lambda: replace(ready(), equity_quote=None)),
    Case(
        reason=Reason.STALE_MARK,
        gate="freshness",
        state=lambda: with_market(mark_wire_ms=WireMs(START_MS - 5_001)),
        figure="5001",
    ),
    Case(
        reason=Reason.STALE_BAR,
        gate="freshness",
        state=ready,
        event=replace(signal(), market_ms=MarketMs(START_MS - 2 * BAR_MS - 1)),
        figure="600001",
    ),
    Case(
        reason=Reason.EQUITY_TOO_SMALL,
        gate="equity",
        state=lambda: replace(ready(), equity_quote=Quote(D("99.99"))),
        figure="99.99",
    ),
    Case(
        reason=Reason.DAILY_LOSS,
        gate="daily_loss",
        state=lambda: losing(day=TODAY, equity="9500"),
        figure="-500.00",
    ),
    Case(
        reason=Reason.DRAWDOWN,
        gate="daily_loss",
        state=lambda: losing(day=replace(TODAY, peak_quote=Quote(D(12_500)))),
        figure="0.2000",
    ),
    Case(
        reason=Reason.LOSING_STREAK,
        gate="losing_streak",
        state=lambda: losing(day=replace(TODAY, losing_streak=3)),
        figure="3 closed",
    ),
    Case(
        reason=Reason.REGIME,
        gate="regime",
        state=lambda: with_risk(regime=REGIME_ON),
        event=signal(Side.SHORT),
        figure="no bars yet",
    ),
    Case(
        reason=Reason.OPPORTUNITY,
        gate="opportunity",
        state=ready,
        event=replace(signal(), probabilities=BOTH),
        figure="p = 0.5",
    ),
    Case(
        reason=Reason.SYMBOL_BUSY,
        gate="symbol",
        state=lambda: holding(trade()),
        figure="protected",
    ),
    Case(
        reason=Reason.SYMBOL_BUSY,
        gate="symbol",
        state=lambda: holding(trade()),
        event=signal(Side.SHORT),
        figure="no short against it",
    ),
    Case(
        reason=Reason.SYMBOL_BUSY,
        gate="symbol",
        state=lambda: replace(ready(), in_flight={"abc": BTC}),
        figure="in flight",
    ),
    Case(
        reason=Reason.SWEEP_PENDING,
        gate="symbol",
        state=lambda: holding(trade(quantity="0", phase=Phase.SWEEPING)),
        figure="sweeping",
    ),
    Case(
        reason=Reason.SWEEP_PENDING,
        gate="symbol",
        state=lambda: with_market(leftover_ms=WireMs(START_MS)),
        figure="without a trade",
    ),
    Case(
        reason=Reason.COOLDOWN,
        gate="symbol",
        state=lambda: with_market(cooldown_until_ms=MarketMs(START_MS + 1)),
    ),
    Case(
        reason=Reason.CONFIDENCE,
        gate="size",
        state=lambda: with_risk(size_mode=SizeMode.SIGNAL),
        event=signal(sure="0.49"),
        figure="0.49",
    ),
    Case(reason=Reason.BUDGET, gate="heat", state=with_bots, event=OF_TREND, figure="of its 10.00"),
    Case(
        reason=Reason.HEAT_LOSS,
        gate="heat",
        state=lambda: holding(replace(trade(ETH, quantity="6"), mode=planned().mode)),
        figure="0.30 of equity is 3000.00",
    ),
    Case(
        reason=Reason.HEAT_NOTIONAL,
        gate="heat",
        state=lambda: holding(trade(ETH, quantity="0.8")),
        figure="4 of equity is 40000.00",
    ),
    Case(reason=Reason.SLIPPAGE, gate="slippage", state=ready, event=signal(price="49750"), figure="0.0050"),
    Case(
        reason=Reason.MINIMUM_ORDER,
        gate="venue_minimums",
        state=lambda: replace(ready(), equity_quote=Quote(D(400))),
        figure="0.001",
    ),
    Case(
        reason=Reason.LEVERAGE,
        gate="venue_minimums",
        state=lambda: with_risk(leverage=25),
        figure="25",
    ),
    Case(
        reason=Reason.STOP_DISTANCE,
        gate="protection",
        state=lambda: with_risk(stop=replace(RISK.stop, value_fraction=fraction("0.0009"))),
        figure="0.0009",
    ),
    Case(
        reason=Reason.STOP_SIDE,
        gate="protection",
        state=lambda: replace(ready(), instruments={BTC: instrument(tick="1000")}),
        figure="50000",
    ),
    Case(
        reason=Reason.STOP_REACHED,
        gate="protection",
        state=lambda: with_risk(stop=replace(RISK.stop, value_fraction=fraction("0.0022"))),
        figure="beyond the stop",
    ),
    Case(
        reason=Reason.LIQUIDATION,
        gate="protection",
        state=lambda: with_risk(stop=replace(RISK.stop, value_fraction=fraction("0.05")), leverage=20),
        figure="20x",
    ),
    Case(
        reason=Reason.RUNG,
        gate="protection",
        state=lambda: with_market(rung=None, rung_detail="because"),
        figure="because",
    ),
)

ELSEWHERE = {
    Reason.STRATEGY: "engine/bars.py denies in the engine's name: tests/engine/test_bars.py",
    Reason.STOP_OUTSIDE: "asked of what is added to an open trade: tests/core/test_adding_denied.py",
}


def test_an_account_without_a_reason_against_it_plans_the_trade() -> None:
    assert denied(ready(), signal()) is None
    assert denied(ready(), signal(Side.SHORT)) is None


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.gate}-{case.reason}-{case.figure}")
def test_every_denial_is_reached_and_tells_its_gate_and_figures(case: Case) -> None:
    told = denied(case.state(), case.event)
    assert told is not None
    assert (told.reason, told.gate) == (case.reason, case.gate), told.detail
    assert case.figure in told.detail


def test_no_reason_is_without_a_case() -> None:
    assert {case.reason for case in CASES} | ELSEWHERE.keys() == set(Reason)


def test_no_gate_is_without_a_case_and_there_are_fourteen() -> None:
    assert [gate.name for gate in GATES] == list(dict.fromkeys(case.gate for case in CASES))
    assert len(GATES) == 14


@pytest.mark.parametrize("later", range(1, len(CASES)))
def test_the_first_denial_wins(later: int) -> None:
    """A state that fails an early gate too is denied by the early one: the kill level, before all but the input."""
    case = CASES[later]
    told = denied(replace(case.state(), kill_level=KillLevel.NO_NEW_RISK), case.event)
    assert told is not None
    assert told.gate == ("input" if case.gate == "input" else "account")


# -- heat ----------------------------------------------------------------------------------------------------


def test_heat_is_the_loss_at_the_disaster_stop_with_fees_and_stressed_slippage() -> None:
    one = trade(quantity="2")
    stop = one.stop.disaster_price
    by_hand = 2 * ((50_000 - stop) + D("0.0005") * (50_000 + stop) + D("0.002") * stop)
    assert heat_loss([one], RISK) == by_hand
    assert heat_notional([one]) == 100_000


def test_heat_counts_an_entry_that_may_still_fill_as_filled() -> None:
    waiting = replace(trade(quantity="0", phase=Phase.ARMING), entry_price=None)
    plan = planned()
    assert heat_notional([waiting]) == plan.quantity * plan.collar_price
    assert heat_loss([waiting], RISK) == plan.risk_quote


def test_heat_takes_nothing_off_for_a_stop_in_profit() -> None:
    winner = replace(trade(quantity="5"), entry_price=Price(D(40_000)))
    assert heat_loss([winner], RISK) == 0
    assert heat_loss([winner, trade()], RISK) == heat_loss([trade()], RISK)


def test_heat_does_not_depend_on_the_order_of_trades() -> None:
    some = [trade(quantity=str(n)) for n in range(1, 5)]
    assert heat_loss(some, RISK) == heat_loss(some[::-1], RISK)
    assert heat_notional(some) == heat_notional(some[::-1])


@pytest.mark.parametrize("share", ["0.30", "0.010", "0.0012", "0.0001"])
def test_P8_heat_denies_or_leaves_the_size_as_planned(share: str) -> None:
    state = with_risk(heat_loss_max_fraction=Fraction(D(share)))
    after, _ = step(state, signal(), at())
    free, _ = step(ready(), signal(), at())
    sizes = [one.entry.quantity for one in after.trades.values() if one.entry is not None]
    (whole,) = [one.entry.quantity for one in free.trades.values() if one.entry is not None]
    assert sizes in ([], [whole])
    assert bool(sizes) is (D(share) >= D("0.0015")), "0.13 % of equity are lost at this stop"


# -- slippage and freshness ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("side", "price", "passes"),
    [
        (Side.LONG, "49800", True),
        (Side.LONG, "49700", False),
        (Side.LONG, "60000", True),
        (Side.SHORT, "50200", True),
        (Side.SHORT, "50300", False),
        (Side.SHORT, "40000", True),
    ],
)
def test_adverse_slippage_is_denied_and_favourable_never(side: Side, price: str, passes: bool) -> None:
    told = denied(ready(), signal(side, price=price))
    assert (told is None) is passes
    assert told is None or told.reason is Reason.SLIPPAGE


def test_a_signal_without_a_close_is_not_asked_for_slippage() -> None:
    assert denied(ready(), signal(price=None)) is None


@pytest.mark.parametrize(("late_ms", "passes"), [(2 * BAR_MS, True), (2 * BAR_MS + 1, False)])
def test_a_bar_may_be_two_bars_old(late_ms: int, passes: bool) -> None:
    event = replace(signal(), market_ms=MarketMs(START_MS - late_ms))
    assert (denied(ready(), event) is None) is passes


# -- what no gate may do -------------------------------------------------------------------------------------


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.name)
def test_a_gate_is_pure(gate: Gate) -> None:
    for case in (one for one in CASES if one.gate != "input"):
        turn = Turn(case.state(), at())
        before = (turn.state, dict(turn.trades), list(turn.effects))
        asked = Asked(turn=turn, signal=case.event)
        assert gate.denial(asked) == gate.denial(asked)
        assert (turn.state, turn.trades, turn.effects) == before


def test_an_opportunity_that_is_off_denies_nothing() -> None:
    off = OpportunitySettings(form=OpportunityForm.OFF)
    assert denied(with_risk(opportunity=off), replace(signal(), probabilities=BOTH)) is None


def test_a_cool_down_holds_for_a_bar_that_closed_before_the_trade_ended() -> None:
    cooling = with_market(cooldown_until_ms=MarketMs(START_MS + RISK.cooldown_ms))
    told = denied(cooling, replace(signal(), market_ms=MarketMs(START_MS - 60_000)))
    assert told is not None
    assert told.reason is Reason.COOLDOWN
