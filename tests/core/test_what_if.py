"""A supposed order meets every rule; the examples of the source documents hold."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.core.risk_limits import LEAST_IS_LOOSE, NAMES, limits_of, loosened, tightest, with_limits
from jackline.core.settings import RiskSettings
from jackline.core.values import Fraction, Price, Quantity, Quote, Side, Symbol
from jackline.core.what_if import Held, Standing, Supposed, adverse_slippage_fraction, verdict

BTC = Symbol("BTCUSDT")
LIMITS = limits_of(RiskSettings())
CALM = Standing(
    denied="",
    day_result_quote=Quote(Decimal(0)),
    day_start_quote=Quote(Decimal(10_000)),
    losing_streak=0,
    stop_fraction=Fraction(Decimal("0.015")),
    symbols=frozenset({BTC}),
)


def order(
    quantity: str = "0.5", *, side: Side = Side.LONG, held: str = "0", balance: str = "10000"
) -> Supposed:
    quote = Quote(abs(Decimal(held)) * 50_000)
    return Supposed(
        symbol=BTC,
        side=side,
        quantity=Quantity(Decimal(quantity)),
        price=Price(Decimal(50_000)),
        balance_quote=Quote(Decimal(balance)),
        positions={BTC: Held(value_quote=quote, quantity=Decimal(held))} if Decimal(held) else {},
    )


def test_twenty_five_thousand_on_ten_thousand_shrinks_to_a_thousand() -> None:
    found = verdict(order("0.5"), CALM, LIMITS)
    assert found.is_valid
    assert found.quantity * 50_000 == 1_000


@pytest.mark.parametrize(
    ("standing", "word"),
    [
        (replace(CALM, denied="kill_level: kill level is flatten"), "kill_level"),
        (replace(CALM, day_result_quote=Quote(Decimal(-500))), "daily_loss"),
        (replace(CALM, losing_streak=3), "losing_streak"),
        (replace(CALM, symbols=frozenset({Symbol("ETHUSDT")})), "unknown_symbol"),
    ],
    ids=["level", "day", "streak", "symbol"],
)
@pytest.mark.parametrize("quantity", ["0.001", "0.5"], ids=["small", "oversize"])
def test_a_size_that_could_be_shrunk_hides_no_denial(standing: Standing, word: str, quantity: str) -> None:
    found = verdict(order(quantity), standing, LIMITS)
    assert not found.is_valid
    assert found.quantity == 0
    assert found.reason.startswith(word)


def test_a_loss_just_inside_the_limit_denies_nothing() -> None:
    assert verdict(order(), replace(CALM, day_result_quote=Quote(Decimal("-499.99"))), LIMITS).is_valid


@pytest.mark.owns("K2")
@pytest.mark.parametrize("held", ["0.5", "-0.5"], ids=["long", "short"])
def test_K2_what_reduces_passes_every_rule(held: str) -> None:
    side = Side.SHORT if Decimal(held) > 0 else Side.LONG
    locked = replace(
        CALM, denied="kill_level: locked", losing_streak=9, day_result_quote=Quote(Decimal(-9_999))
    )
    found = verdict(order("0.5", side=side, held=held, balance="1"), locked, LIMITS)
    assert found.is_valid
    assert found.quantity == Decimal("0.5")
    assert not verdict(order("0.6", side=side, held=held, balance="1"), locked, LIMITS).is_valid, (
        "it turns it over"
    )


def test_poverty_and_both_heats_are_denied() -> None:
    assert verdict(order(balance="99.99"), CALM, LIMITS).reason.startswith("equity_too_small")
    assert verdict(order(held="0.9"), CALM, LIMITS).reason.startswith("heat_notional")
    wide = replace(CALM, stop_fraction=Fraction(Decimal("0.10")))
    assert verdict(order(held="0.7"), wide, LIMITS).reason.startswith("heat_loss")


@pytest.mark.parametrize(
    ("side", "actual", "adverse"),
    [
        (Side.LONG, "100.5", "0.005"),
        (Side.LONG, "99", "-0.01"),
        (Side.SHORT, "99", "0.01"),
        (Side.SHORT, "101", "-0.01"),
    ],
)
def test_only_adverse_slippage_counts(side: Side, actual: str, adverse: str) -> None:
    found = adverse_slippage_fraction(expected=Price(Decimal(100)), actual=Price(Decimal(actual)), side=side)
    assert found == Decimal(adverse)


@given(st.sampled_from(NAMES), st.decimals(min_value="0.01", max_value="0.99", places=4))
def test_the_tightest_is_never_looser_than_either(name: str, share: Decimal) -> None:
    value: Any = getattr(LIMITS, name)
    smaller: Any = {name: int(value * share) if isinstance(value, int) else value * share}
    other = replace(LIMITS, **smaller)
    both = tightest(LIMITS, other)
    assert loosened(LIMITS, both) == loosened(other, both) == ()
    assert loosened(LIMITS, other) == ((name,) if name in LEAST_IS_LOOSE else ())
    assert limits_of(with_limits(RiskSettings(), other)) == other
