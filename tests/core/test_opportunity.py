"""Gate 8 by the figures of policy: thresholds, the short's edge, and the expected value with its costs."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.core.gate_settings import OpportunityForm, OpportunitySettings
from jackline.core.opportunity import Probabilities, expected_value, short_edge, shortcoming
from jackline.core.values import Fraction, Side, fraction

D = Decimal
THRESHOLDS = OpportunitySettings(form=OpportunityForm.THRESHOLDS)
VALUE = OpportunitySettings()
COSTS = D("0.001")
probabilities = st.decimals(0, 1, places=3)


def said(long: str, short: str) -> Probabilities:
    return Probabilities(long=fraction(long), short=fraction(short))


@pytest.mark.parametrize(
    ("long", "short", "side", "passes"),
    [
        ("0.65", "0", Side.LONG, True),
        ("0.649", "0", Side.LONG, False),
        ("0.65", "0.99", Side.SHORT, False),
        ("0.55", "0.70", Side.SHORT, True),
        ("0.558", "0.70", Side.SHORT, True),
        ("0.56", "0.70", Side.SHORT, False),
        ("0.1", "0.699", Side.SHORT, False),
    ],
)
def test_thresholds(long: str, short: str, side: Side, passes: bool) -> None:
    assert (shortcoming(said(long, short), side, THRESHOLDS, COSTS) is None) is passes


def test_the_edge_and_the_value_by_hand() -> None:
    assert short_edge(D("0.70"), D("0.5"), D("0.0047"), D("0.0041")) == D("0.00124")
    assert expected_value(D("0.6"), D("0.0047"), D("0.0041"), D("0.001")) == D("0.00018")


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize(("p", "passes"), [("0.58", True), ("0.579", False), ("0", False), ("1", True)])
def test_the_expected_value_pays_its_costs_on_each_side(side: Side, p: str, passes: bool) -> None:
    both = said(p, "0") if side is Side.LONG else said("0", p)
    assert (shortcoming(both, side, VALUE, COSTS) is None) is passes


@given(p=probabilities, more=probabilities, other=probabilities, side=st.sampled_from(Side))
@pytest.mark.parametrize("settings", [VALUE, THRESHOLDS], ids=lambda one: one.form)
def test_a_better_chance_is_never_a_reason_to_deny(
    settings: OpportunitySettings, p: Decimal, more: Decimal, other: Decimal, side: Side
) -> None:
    def judged(own: Decimal) -> str | None:
        mine, theirs = Fraction(own), Fraction(other)
        pair = (mine, theirs) if side is Side.LONG else (theirs, mine)
        return shortcoming(Probabilities(long=pair[0], short=pair[1]), side, settings, COSTS)

    if judged(p) is None:
        assert judged(max(p, more)) is None


@given(long=probabilities, short=probabilities)
def test_thresholds_never_let_both_sides_pass(long: Decimal, short: Decimal) -> None:
    both = Probabilities(long=Fraction(long), short=Fraction(short))
    told = [shortcoming(both, side, THRESHOLDS, COSTS) for side in Side]
    assert told.count(None) <= 1


@pytest.mark.parametrize("bad", [D("1.01"), D("-0.01"), 0.5, D("NaN")])
def test_what_is_no_probability_is_refused(bad: object) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        Probabilities(long=bad, short=fraction("0.5"))  # type: ignore[arg-type]  # a user's own value
