"""Phases: where an account stands, what its evidence is bound to, and what breaks it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.core.gates import account_denial
from jackline.core.machine import Phase
from jackline.core.money import Books, Gap, Money
from jackline.core.phases import (
    Breach,
    Cause,
    Stage,
    Standing,
    allowed_loss,
    changed_keys,
    demoted,
    identity_of,
    mode_denial,
    settle,
    trade_breaches,
    unclean,
    unknown_orders,
)
from jackline.core.plan import ProtectedEntry
from jackline.core.requests import CloseShape
from jackline.core.state import KillLevel
from jackline.core.trade import CloseSlot, ExitReason, SlotState, Trade
from jackline.core.values import Quote, WireMs
from tests.core.making import cold_state, planned
from tests.core.test_drill import stop_slot
from tests.store.making import adopted

BOUND = {"risk.leverage": "4", "strategy.name": "rsi_trend", "model": "none"}
PLAN = planned()


def ended(
    *, late_ms: int = 4, lost: Decimal = Decimal(0), reason: ExitReason = ExitReason.STOP, **changes: object
) -> Trade:
    """A planned trade that is done: its stop read back after `late_ms`."""
    assert isinstance(PLAN, ProtectedEntry)
    known = {
        "entry": PLAN,
        "first_exposed_ms": WireMs(1_000),
        "first_protected_ms": WireMs(1_000 + late_ms),
        "result_quote": Quote(-lost),
        "exit_reason": reason,
        "phase": Phase.DONE,
        "balance": Decimal(0),
    }
    return replace(adopted(1), **{**known, **changes})  # type: ignore[arg-type]  # fields by name


def codes(trade: Trade) -> list[str]:
    return [breach.code for breach in trade_breaches(trade, deadline_ms=1_500)]


@pytest.mark.owns("C2")
def test_C2_each_mode_needs_its_phase() -> None:
    allowed = {stage: [mode for mode in MODES if mode_denial(mode, stage) is None] for stage in Stage}
    assert allowed == {
        Stage.BACKTEST: ["backtest"],
        Stage.PAPER: ["backtest", "paper"],
        Stage.TESTNET: ["backtest", "paper", "testnet"],
        Stage.LIVE_CANARY: ["backtest", "paper", "testnet", "live"],
        Stage.LIVE: ["backtest", "paper", "testnet", "live"],
    }
    assert (
        mode_denial("testnet", Stage.PAPER) == "mode testnet needs the phase testnet; the account is in paper"
    )
    assert mode_denial("a mode nobody knows", Stage.LIVE_CANARY) is not None


MODES = ("backtest", "paper", "testnet", "live")


def test_phases_follow_each_other() -> None:
    chain = [stage.after for stage in Stage]
    assert chain == [Stage.PAPER, Stage.TESTNET, Stage.LIVE_CANARY, Stage.LIVE, None]


def test_a_first_start_is_on_paper_and_says_nothing_the_second_time() -> None:
    standing, change = settle(None, BOUND)
    assert change is not None
    assert (standing.stage, change.cause) == (Stage.PAPER, Cause.BEGUN)
    assert settle(standing, BOUND) == (standing, None)


@pytest.mark.parametrize("stage", [Stage.PAPER, Stage.TESTNET, Stage.LIVE])
def test_other_settings_put_the_account_back_on_paper_and_name_the_key(stage: Stage) -> None:
    now = {**BOUND, "risk.leverage": "5"}
    standing, change = settle(Standing(stage=stage, bound=BOUND), now)
    assert standing == Standing(stage=Stage.PAPER, bound=now)
    assert change is not None
    assert (change.before, change.cause, change.details) == (stage, Cause.CHANGED, ("risk.leverage",))


settings = st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=4)


@given(settings, settings)
def test_an_identity_is_one_of_its_settings(one: dict[str, str], other: dict[str, str]) -> None:
    assert (identity_of(one) == identity_of(other)) is (one == other)
    assert bool(changed_keys(one, other)) is (one != other)
    assert identity_of(dict(reversed(one.items()))) == identity_of(one)


@pytest.mark.owns("P1")
def test_P1_a_late_stop_and_a_close_for_the_deadline_are_breaches() -> None:
    assert codes(ended(late_ms=1_500)) == []
    assert codes(ended(late_ms=1_501)) == ["P1"]
    for reason in (ExitReason.DEADLINE, ExitReason.STOP_FAILED, ExitReason.TARGET):
        close = CloseSlot(
            reason=reason,
            shape=CloseShape.REDUCE_ONLY_MARKET,
            client_id=None,
            attempts=0,
            in_flight=False,
            wanted_ms=WireMs(0),
            next_ms=WireMs(0),
            order_ids=(),
        )
        assert codes(ended(close=close)) == ([] if reason is ExitReason.TARGET else ["P1"])


@pytest.mark.owns("P8")
def test_P8_a_loss_beyond_plan_and_stressed_slippage_is_a_breach() -> None:
    allowed = allowed_loss(ended())
    assert allowed == PLAN.risk_quote
    assert codes(ended(lost=PLAN.risk_quote)) == []
    assert codes(ended(lost=PLAN.risk_quote + Decimal("0.01"))) == ["P8"]
    assert codes(ended(lost=PLAN.risk_quote * 2, phase=Phase.CLOSING)) == [], (
        "judged at its end, by all its fills"
    )
    assert codes(ended(lost=Decimal(10**9), entry=None)) == [], "nobody planned an adopted position"
    assert codes(ended(reason=ExitReason.LIQUIDATION)) == ["P7"]


def test_a_breach_demotes_to_paper_from_everywhere_and_names_what_it_was() -> None:
    breach = Breach(code="K5", subject="limit", detail="daily loss")
    for stage in (Stage.PAPER, Stage.TESTNET, Stage.LIVE_CANARY, Stage.LIVE):
        fell, change = demoted(Standing(stage=stage, bound=BOUND), (breach,))
        assert fell == Standing(stage=Stage.PAPER, bound=BOUND)
        assert (change.before, change.cause, change.details) == (
            stage,
            Cause.BREACH,
            ("K5 limit: daily loss",),
        )


def test_what_is_no_clean_monitoring() -> None:
    blind = cold_state()
    assert unclean(blind) == "the user stream is down"
    up = replace(blind, stream_up=True)
    assert unclean(up) == "no look at the account"
    clean = replace(up, equity_quote=Quote(Decimal(1_000)))
    assert unclean(clean) is None
    assert (
        unclean(replace(clean, kill_level=KillLevel.NO_NEW_RISK)) == "kill_level: kill level is no_new_risk"
    )
    assert unclean(replace(clean, frozen=frozenset({"why"}))) == "frozen: why"
    gap = Gap(amount_quote=Quote(Decimal(3)), since_ms=WireMs(1))
    books = Books(
        explained_quote=Quote(Decimal(1)),
        income_from_ms=WireMs(1),
        income_known={},
        gap=gap,
        unexplained=False,
    )
    booking = replace(clean, money=Money(books=books))
    assert account_denial(booking) is not None
    assert unclean(booking) is None, "a fill that is being booked is a gap for a moment"
    assert unclean(replace(clean, money=Money(books=replace(books, unexplained=True)))) is not None


def test_unknown_orders_are_named() -> None:
    slot = stop_slot("d")
    known = ended(disaster=slot)
    lost = ended(disaster=replace(slot, state=SlotState.UNKNOWN))
    assert unknown_orders((known,)) == ()
    assert unknown_orders((known, lost)) == ("d",)
