"""The verdict on a promotion: each requirement alone can refuse it, and order never matters."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.core.ids import mint_trade_id
from jackline.core.phases import (
    Against,
    Breach,
    ClosedTrade,
    DrillNote,
    Evidence,
    Needs,
    Parity,
    Stage,
    Standing,
    Validation,
    Watched,
)
from jackline.core.promotion import clean_ms, judge, promotion_denial
from jackline.core.trade import ExitReason
from jackline.core.values import Quote

HOUR_MS = 3_600_000
NEEDS = Needs()


def closed(number: int, **changes: Any) -> ClosedTrade:
    one = ClosedTrade(
        trade_id=mint_trade_id(tag="abc", fence=1, ordinal=number),
        reason=ExitReason.STOP,
        confirm_ms=12,
        lost_quote=Quote(Decimal(7)),
        allowed_quote=Quote(Decimal(8)),
    )
    return replace(one, **changes)


WHOLE = Evidence(
    closed=tuple(closed(number) for number in range(5)),
    watched=tuple(
        Watched(from_ms=hour * HOUR_MS, to_ms=(hour + 1) * HOUR_MS, trouble="") for hour in range(24)
    ),
    drills=(DrillNote(drill_id="d1", positions=1, failed=()),),
    validations=(Validation(identity="x", proven=True, detail="walked forward"),),
    parities=(Parity(identity="x", drift_fraction=Decimal("0.001"), allowed_fraction=Decimal("0.01")),),
)
PLAYED = Parity(
    identity="x",
    drift_fraction=Decimal("0.01"),
    allowed_fraction=Decimal("0.05"),
    turns=100,
    last_ms=2,
    against=Against.BACKTEST,
)
PAPER = Standing(stage=Stage.PAPER, bound={})


def lacking(evidence: Evidence) -> list[str]:
    return [check.name for check in judge(evidence, NEEDS).checks if not check.passed]


def test_whole_evidence_promotes_by_one_phase_and_never_further() -> None:
    assert lacking(WHOLE) == []
    assert promotion_denial(PAPER, Stage.TESTNET, WHOLE, NEEDS) == ()
    for to in (Stage.PAPER, Stage.BACKTEST, Stage.LIVE_CANARY, Stage.LIVE):
        assert promotion_denial(PAPER, to, WHOLE, NEEDS) == ("the account is in paper; next is testnet",)
    top = Standing(stage=Stage.LIVE, bound={})
    assert promotion_denial(top, Stage.LIVE, WHOLE, NEEDS) == ("the account is in live; nothing follows",)


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("strategy validated", {"validations": ()}),
    (
        "strategy validated",
        {"validations": (replace(WHOLE.validations[0], proven=False), *WHOLE.validations)},
    ),
    ("closed trades", {"closed": WHOLE.closed[:4]}),
    ("closed trades", {"closed": (*WHOLE.closed[:4], WHOLE.closed[0])}),
    ("monitoring", {"watched": WHOLE.watched[1:]}),
    ("monitoring", {"watched": (*WHOLE.watched[1:], replace(WHOLE.watched[0], trouble="blind"))}),
    ("monitoring", {"watched": (*WHOLE.watched[1:], WHOLE.watched[5])}),
    ("stops read back", {"closed": (*WHOLE.closed, closed(9, confirm_ms=1_501))}),
    ("stops read back", {"closed": (*WHOLE.closed, closed(9, confirm_ms=None))}),
    ("losses within plan", {"closed": (*WHOLE.closed, closed(9, lost_quote=Quote(Decimal("8.00000001"))))}),
    ("no unknown order", {"unknown": ("jabc",)}),
    ("parity", {"parities": ()}),
    ("parity", {"parities": (replace(WHOLE.parities[0], drift_fraction=Decimal("0.02")),)}),
    ("parity", {"parities": (PLAYED,)}),
    ("parity", {"parities": (*WHOLE.parities, replace(PLAYED, drift_fraction=Decimal("0.06")))}),
    ("kill-switch drill", {"drills": ()}),
    ("kill-switch drill", {"drills": (replace(WHOLE.drills[0], failed=("a stop went",)),)}),
    ("kill-switch drill", {"drills": (replace(WHOLE.drills[0], positions=0),)}),
    ("no breach", {"breaches": (Breach(code="K5", subject="limit", detail="daily loss"),)}),
]


@pytest.mark.parametrize(("name", "changes"), REFUSED)
def test_each_requirement_refuses_alone_and_is_named(name: str, changes: dict[str, Any]) -> None:
    evidence = replace(WHOLE, **changes)
    assert lacking(evidence) == [name]
    (said,) = promotion_denial(PAPER, Stage.TESTNET, evidence, NEEDS)
    assert said.startswith(f"{name}: ")


def test_the_newest_backtest_counts_and_every_replay() -> None:
    drifted = replace(PLAYED, drift_fraction=Decimal("0.5"), last_ms=1)
    assert lacking(replace(WHOLE, parities=(PLAYED, *WHOLE.parities, drifted))) == []
    bent = replace(WHOLE.parities[0], drift_fraction=Decimal("0.02"), last_ms=1)
    assert lacking(replace(WHOLE, parities=(bent, *WHOLE.parities, PLAYED))) == ["parity"]


def test_every_requirement_is_in_the_table() -> None:
    assert {check.name for check in judge(WHOLE, NEEDS).checks} == {name for name, _ in REFUSED}


KINDS = ("closed", "watched", "drills", "validations", "parities")


@given(st.randoms(use_true_random=False), st.sets(st.sampled_from(KINDS)), st.integers(0, 40))
def test_order_does_not_matter_and_missing_evidence_never_promotes(
    chance: Any, missing: set[str], dropped: int
) -> None:
    changes: dict[str, Any] = {}
    for kind in KINDS:
        facts = [] if kind in missing else list(getattr(WHOLE, kind))
        chance.shuffle(facts)
        changes[kind] = tuple(facts)
    shuffled = replace(WHOLE, **changes)
    assert judge(shuffled, NEEDS).passed is (not missing)
    fewer = list(shuffled.closed + shuffled.watched)
    if dropped < len(fewer):
        gone = fewer[dropped]
        less = replace(
            shuffled,
            closed=tuple(one for one in shuffled.closed if one is not gone),
            watched=tuple(one for one in shuffled.watched if one is not gone),
        )
        assert not judge(less, NEEDS).passed


spans = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 30), st.booleans()), max_size=12)


@given(spans)
def test_clean_time_is_the_union_of_clean_spans(drawn: list[tuple[int, int, bool]]) -> None:
    watched = [
        Watched(from_ms=start, to_ms=start + length, trouble="" if clean else "blind")
        for start, length, clean in drawn
    ]
    covered = {ms for one in watched if not one.trouble for ms in range(one.from_ms, one.to_ms)}
    assert clean_ms(watched) == len(covered)


def test_needs_can_be_raised() -> None:
    more = replace(NEEDS, trades_min=6, monitoring_min_ms=25 * HOUR_MS)
    assert [one.split(":")[0] for one in judge(WHOLE, more).lacking] == ["closed trades", "monitoring"]
