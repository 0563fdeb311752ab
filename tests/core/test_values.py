"""Rounding never increases risk; values that make no sense are refused."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.core.values import (
    OrderSide,
    Price,
    Side,
    ceil_to,
    exact,
    floor_to,
    fraction,
    price,
    quantity,
    tighter,
    tightest,
    truncate_to,
)
from tests.core.making import instrument
from tests.core.test_bare_entry import mypy_errors

PRICES = st.decimals("0.01", "900000", places=6)
GRIDS = st.sampled_from(["0.01", "0.1", "0.5", "1", "25"])
SIDES = st.sampled_from(list(Side))


@pytest.mark.owns("P8")
@given(raw=PRICES, tick=GRIDS, side=SIDES)
def test_P8_rounding_a_stop_never_moves_it_away_from_the_market(raw: Decimal, tick: str, side: Side) -> None:
    rounded = instrument(tick=tick).stop_price(raw, side)
    assert (rounded - raw) * side.sign >= 0
    assert abs(rounded - raw) < Decimal(tick)
    assert rounded % Decimal(tick) == 0


@pytest.mark.owns("P8")
@given(raw=PRICES, tick=GRIDS, side=SIDES)
def test_P8_rounding_a_collar_never_accepts_a_worse_fill(raw: Decimal, tick: str, side: Side) -> None:
    rounded = instrument(tick=tick).collar_price(raw, side)
    assert (raw - rounded) * side.sign >= 0
    assert abs(rounded - raw) < Decimal(tick)


@given(raw=PRICES, tick=GRIDS, side=SIDES)
def test_a_target_is_never_nearer_than_planned(raw: Decimal, tick: str, side: Side) -> None:
    assert (instrument(tick=tick).target_price(raw, side) - raw) * side.sign >= 0


@pytest.mark.owns("P8")
@given(raw=st.decimals(0, 1000, places=8), step=st.sampled_from(["0.001", "0.01", "1", "10"]))
def test_P8_a_quantity_only_shrinks(raw: Decimal, step: str) -> None:
    cut = instrument(step=step).quantity_down(raw)
    assert 0 <= cut <= raw
    assert raw - cut < Decimal(step)
    assert cut % Decimal(step) == 0


def test_rounding_by_example() -> None:
    assert floor_to(Decimal("1.27"), Decimal("0.1")) == Decimal("1.2")
    assert ceil_to(Decimal("1.21"), Decimal("0.1")) == Decimal("1.3")
    assert truncate_to(Decimal("1.29"), Decimal("0.1")) == Decimal("1.2")


@pytest.mark.parametrize("text", ["0", "-1", "NaN", "Infinity", "-Infinity"])
def test_a_price_is_finite_and_above_zero(text: str) -> None:
    with pytest.raises(ValueError, match="price"):
        price(text)


@pytest.mark.parametrize("text", ["-0.1", "NaN", "Infinity"])
def test_a_quantity_is_finite_and_not_negative(text: str) -> None:
    with pytest.raises(ValueError, match="quantity"):
        quantity(text)
    assert quantity(0) == 0


@pytest.mark.parametrize("text", ["NaN", "Infinity"])
def test_a_fraction_is_finite(text: str) -> None:
    with pytest.raises(ValueError, match="fraction"):
        fraction(text)


@pytest.mark.owns("P8")
@pytest.mark.parametrize("parse", [price, quantity, fraction, exact])
def test_P8_a_float_is_refused_where_numbers_come_in(parse: Callable[[float], Decimal]) -> None:
    """0.3 * 3 is 0.8999999999999999: a stop sized from it would be one step short of the position."""
    assert parse("0.9") == Decimal("0.9")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="float"):
        parse(0.3 * 3)


FLOATS = """
from jackline.core.instrument import Instrument
from jackline.core.values import Price, Quantity, Side, exact, price, quantity
from jackline.venue.binance.requests import plain

def bad(grid: Instrument) -> object:
    Price(0.3 * 3)
    Quantity(0.3 * 3)
    price(0.3 * 3)
    quantity(0.3 * 3)
    exact(0.3 * 3)
    grid.stop_price(0.3 * 3, Side.LONG)
    grid.quantity_down(0.3 * 3)
    plain(0.3 * 3)
    return exact("1") * 0.3
"""


@pytest.mark.owns("P8")
def test_P8_a_float_fails_the_type_checker_at_every_door(tmp_path: Path) -> None:
    file = tmp_path / "floats.py"
    file.write_text(FLOATS, encoding="utf-8")
    lines = FLOATS.splitlines()
    wanted = {number for number, line in enumerate(lines, start=1) if "0.3" in line}
    found = mypy_errors(file)
    assert set(found) == wanted, found
    assert all("float" in found[line] for line in wanted), found


def test_sides() -> None:
    assert (Side.LONG.sign, Side.SHORT.sign) == (1, -1)
    assert Side.LONG.opens_with is Side.SHORT.closes_with is OrderSide.BUY
    assert Side.SHORT.opens_with is Side.LONG.closes_with is OrderSide.SELL


@pytest.mark.owns("P4")
@given(one=PRICES, other=PRICES, side=SIDES)
def test_P4_the_tightest_stop_limits_the_loss_most(one: Decimal, other: Decimal, side: Side) -> None:
    best = tightest(side, Price(one), Price(other))
    assert best in {one, other}
    assert not tighter(side, Price(one), best)
    assert not tighter(side, Price(other), best)
